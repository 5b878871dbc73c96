"""Deciding on a pair: which of the two stays, and for every field they differ in, whose value."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.inputs import BOTH, COMPANY_FIELDS, GONE, JOINED_CHOICES, KEPT, LEAD_CHOICES
from leads.models import Company, Lead, LeadImport, LeadList
from leads.selectors.doubles import company_digest

FIRST, SECOND = "first", "second"
SIDES = [(FIRST, "①"), (SECOND, "②")]


@dataclass(frozen=True)
class Line:
    """One field of both, side by side. `field` is the choice between them, None where there is nothing to choose."""

    name: str
    label: str
    first: str
    second: str
    field: forms.BoundField | None
    chosen: str = ""
    takes_both: bool = False

    @property
    def differs(self) -> bool:
        return self.first != self.second


class MergeForm(forms.Form):
    """`seen` is what the two were when they were shown: a version each, or a digest."""

    kept = forms.ChoiceField(choices=SIDES, label=_("残す方"))
    seen = forms.CharField(max_length=100, widget=forms.HiddenInput)

    def __init__(
        self, data=None, *, pair: tuple[models.Model, models.Model], fields: Sequence[str], seen: str, kept=FIRST
    ):
        super().__init__(data, initial={"seen": seen, "kept": kept})
        self.pair, self.names = pair, fields
        for name in fields:
            if self._is_asked(name):
                sides = [*SIDES, (BOTH, _("両方"))] if name in JOINED_CHOICES else SIDES
                self.fields[name] = forms.ChoiceField(choices=sides, initial=self._proposed(name, kept))

    def _values(self, name: str) -> tuple:
        attribute = self.pair[0]._meta.get_field(name).attname
        return getattr(self.pair[0], attribute), getattr(self.pair[1], attribute)

    def _is_asked(self, name: str) -> bool:
        first, second = self._values(name)
        return first != second and first not in ("", None) and second not in ("", None)

    def _proposed(self, name: str, kept: str) -> str:
        """Both memos, the fuller name, otherwise what the one that stays has."""
        if name in JOINED_CHOICES:
            return BOTH
        first, second = self._values(name)
        if name == "name" and len(first) != len(second):
            return FIRST if len(first) > len(second) else SECOND
        return kept

    def lines(self) -> list[Line]:
        """The fields either has, in order, those to choose from as radios."""
        lines = []
        for name in self.names:
            first, second = (str(value or "") for value in (getattr(row, name) for row in self.pair))
            if first or second:
                field = self[name] if name in self.fields else None
                label = self.pair[0]._meta.get_field(name).verbose_name
                chosen = str(field.value()) if field else ""
                lines.append(Line(name, label, first, second, field, chosen, name in JOINED_CHOICES))
        return lines

    @property
    def merge(self) -> dict:
        """`kept_id`, `gone_id` and `choices` of the service."""
        side = self.cleaned_data["kept"]
        kept, gone = self.pair if side == FIRST else self.pair[::-1]
        chosen = {name: self.cleaned_data[name] for name in self.names if name in self.fields}
        choices = {name: BOTH if which == BOTH else KEPT if which == side else GONE for name, which in chosen.items()}
        return {"kept_id": kept.pk, "gone_id": gone.pk, "choices": choices}


class LeadMergeForm(MergeForm):
    def __init__(self, data=None, *, pair: tuple[Lead, Lead], kept: str = FIRST):
        seen = ",".join(str(lead.version) for lead in pair)
        super().__init__(data, pair=pair, fields=LEAD_CHOICES, seen=seen, kept=kept)

    def clean_seen(self) -> dict[int, int]:
        versions = self.cleaned_data["seen"].split(",")
        if len(versions) != 2 or not all(version.isdecimal() for version in versions):
            raise forms.ValidationError(_("画面を開き直してください。"), code="unreadable")
        return {lead.pk: int(version) for lead, version in zip(self.pair, versions, strict=True)}

    @property
    def merge(self) -> dict:
        return {**super().merge, "versions": self.cleaned_data["seen"]}


class CompanyMergeForm(MergeForm):
    def __init__(self, data=None, *, pair: tuple[Company, Company], kept: str = FIRST):
        super().__init__(data, pair=pair, fields=COMPANY_FIELDS, seen=company_digest(*pair), kept=kept)

    @property
    def merge(self) -> dict:
        return {**super().merge, "seen": self.cleaned_data["seen"]}


class DoubleFilterForm(forms.Form):
    """The filters of the list of pairs of leads; unreadable ones are left out."""

    list = forms.ModelChoiceField(
        LeadList.objects.none(), required=False, label=_("リスト"), empty_label=_("すべてのリスト")
    )
    imported = forms.ModelChoiceField(
        LeadImport.objects.none(), required=False, label=_("取込"), empty_label=_("すべての取込")
    )

    def __init__(self, data=None, *, lists, imports):
        super().__init__(data)
        self.fields["list"].queryset = lists
        self.fields["imported"].queryset = imports
        self.fields["imported"].label_from_instance = lambda row: row.filename
        for field in self.fields.values():
            field.widget.attrs |= {"class": "form-select", "data-autosubmit": ""}

    def wanted(self) -> dict[str, models.Model]:
        self.is_valid()
        return {name: row for name, row in getattr(self, "cleaned_data", {}).items() if row}
