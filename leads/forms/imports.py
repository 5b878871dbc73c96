"""Forms of an import: the file with its list, how it is read, where its columns go, what happens to known people."""

from pathlib import Path

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from leads.importing.encoding import LABELS
from leads.importing.limits import DEFAULT_LIMITS, MIB
from leads.importing.tabular import AUTO
from leads.inputs import DROP, EXTRA, Column, NewList, Reading
from leads.labels import DROP_LABEL, EXTRA_LABEL, FIELD_GROUPS, field_label
from leads.models import LeadImport, LeadList

LONGEST_NAME = 200


class UploadForm(forms.Form):
    """A file, and the list it goes to: one that is there or a new one with its provenance."""

    file = forms.FileField(
        label=_("ファイル"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    lead_list = forms.ModelChoiceField(
        LeadList.objects.none(), label=_("取込先のリスト"), required=False, empty_label=_("新しいリストを作る")
    )
    name = forms.CharField(
        label=_("リスト名"), required=False, max_length=LONGEST_NAME, help_text=_("空欄ならファイル名を使います。")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("チーム"), required=False, empty_label=_("選んでください")
    )
    source = forms.CharField(
        label=_("取得元"),
        required=False,
        max_length=200,
        help_text=_("例：展示会名、名刺交換、リスト提供会社の名称"),
    )
    acquired_on = forms.DateField(
        label=_("取得日"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    purpose = forms.CharField(
        label=_("利用目的"), required=False, max_length=300, help_text=_("例：自社サービスのご案内")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        teams = Team.objects.order_by("name")
        self.fields["lead_list"].queryset = LeadList.objects.order_by("name")
        self.fields["team"].queryset = teams
        if len(teams) == 1:
            self.fields["team"].initial = teams[0]

    def clean_file(self):
        file = self.cleaned_data["file"]
        limit = DEFAULT_LIMITS.file_bytes
        if file.size > limit:
            raise ValidationError(
                _("ファイルが大きすぎます（上限 %(limit)s MB）。分割して取り込んでください。"),
                code="file_too_big",
                params={"limit": limit // MIB},
            )
        return file

    def clean(self):
        values = super().clean()
        if values.get("lead_list") or "lead_list" in self.errors:
            return values
        if not values.get("team") and "team" not in self.errors:
            self.add_error("team", ValidationError(_("新しいリストのチームを選んでください。"), code="team_required"))
        if not values.get("name") and values.get("file"):
            values["name"] = Path(values["file"].name).stem[:LONGEST_NAME]
        if values.get("name") and LeadList.objects.filter(name=values["name"]).exists():
            message = _("「%(name)s」というリストがすでにあります。別の名前にするか、取込先として選んでください。")
            self.add_error("name", ValidationError(message, code="list_name_taken", params={"name": values["name"]}))
        return values

    def wanted_list(self) -> LeadList | NewList:
        values = self.cleaned_data
        if values["lead_list"]:
            return values["lead_list"]
        return NewList(values["name"], values["team"], values["source"], values["acquired_on"], values["purpose"])


class ReadingForm(forms.Form):
    """How the file is read, when what was found out is wrong."""

    DELIMITERS = [(",", _("カンマ")), ("\t", _("タブ")), (";", _("セミコロン"))]

    encoding = forms.ChoiceField(label=_("文字コード"), required=False, choices=[("", _("自動判定")), *LABELS.items()])
    delimiter = forms.ChoiceField(label=_("区切り文字"), required=False, choices=[("", _("自動判定")), *DELIMITERS])
    header_line = forms.IntegerField(
        label=_("見出しの行"),
        required=False,
        min_value=0,
        max_value=60,
        help_text=_("見出しがないファイルは 0"),
    )

    def reading(self) -> Reading:
        values, line = self.cleaned_data, self.cleaned_data["header_line"]
        return Reading(values["encoding"], values["delimiter"], AUTO if line is None else line or None)


class MappingForm(forms.Form):
    """One choice for each column of the file; a column that could mean two things starts without one."""

    def __init__(self, *args, columns: list[Column], **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(str(name), [(field, field_label(field)) for field in fields]) for name, fields in _groups()]
        rest = [(EXTRA, _(EXTRA_LABEL)), (DROP, _(DROP_LABEL))]
        for column in columns:
            first = [("", _("選んでください"))] if column.must_ask else []
            self.fields[f"c{column.index}"] = forms.ChoiceField(
                label=column.header,
                choices=[*first, *rest, *choices],
                initial=column.target,
                widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
                error_messages={"required": _("お客様の担当者か自社の担当者かを選んでください。")},
            )

    def rows(self, columns: list[Column]):
        return [(column, self[f"c{column.index}"]) for column in columns]

    def targets(self) -> dict[str, str]:
        return {name.removeprefix("c"): target for name, target in self.cleaned_data.items()}


def _groups():
    return [(_(name), fields) for name, fields in FIELD_GROUPS]


class PolicyForm(forms.Form):
    """What happens to people who are already in the base."""

    policy = forms.ChoiceField(label=_("登録済みのリードの扱い"), choices=LeadImport.Policy.choices)
