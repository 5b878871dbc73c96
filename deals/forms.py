"""Forms of the deals pages: shapes and types only; whether something is allowed is said by `deals.services`."""

import datetime as dt

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from deals.models import CallingCost, Deal
from deals.selectors import SORTS

MAX_YEN = 9_000_000_000_000_000  # fits a 64-bit column and a spreadsheet cell


def _yen(label: str, *, required: bool = False, minimum: int = 0) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=required,
        min_value=minimum,
        max_value=MAX_YEN,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "step": "any"}),
    )


def _day(label: str) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


def _moment(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )


class DealFilter(forms.Form):
    """Search and filters of the list; what cannot be read is left out, never an error page."""

    BOXES = [("", _("すべて")), ("new", _("新しい引継ぎ")), ("today", _("今日の商談")), ("waiting", _("結果待ち"))]

    box = forms.ChoiceField(required=False, choices=BOXES, widget=forms.HiddenInput)
    q = forms.CharField(
        label=_("検索"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "placeholder": _("会社・氏名・電話番号")}),
    )
    stage = forms.ChoiceField(label=_("状態"), required=False, choices=[("", _("すべての状態")), *Deal.Stage.choices])
    origin = forms.ChoiceField(label=_("きっかけ"), required=False, choices=[("", _("すべて")), *Deal.Origin.choices])
    owner = forms.ModelChoiceField(
        label=_("営業担当"), required=False, queryset=User.objects.none(), empty_label=_("すべての担当")
    )
    start = _day(_("商談日（から）"))
    end = _day(_("商談日（まで）"))
    sort = forms.ChoiceField(required=False, choices=[(key, key) for key in SORTS], widget=forms.HiddenInput)

    def __init__(self, *args, owners, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners

        for name in ("q", "start", "end"):
            self.fields[name].widget.attrs["class"] = "form-control"
        for name in ("stage", "origin", "owner"):
            self.fields[name].widget.attrs["class"] = "form-select"

    def readable(self) -> dict:
        """The filters that could be read."""
        self.is_valid()
        values = {name: self.cleaned_data.get(name) for name in self.fields}
        if values["end"] == dt.date.max:
            values["end"] = None
        return values


class VersionForm(forms.Form):
    """A button: it carries the version of the page it stood on, so that a stale page cannot act."""

    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)


class ReturnForm(VersionForm):
    reason = forms.CharField(
        label=_("差戻しの理由"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("架電担当にこのまま伝わります。次の二次架電で何を確かめてほしいかを書いてください。"),
    )


class MoveForm(VersionForm):
    """Asks for what the move to `to` needs."""

    note = forms.CharField(label=_("メモ"), required=False, max_length=300)

    def __init__(self, *args, to: str, deal: Deal | None = None, **kwargs):
        super().__init__(*args, auto_id=f"{to}_%s", **kwargs)
        if to == Deal.Stage.LOST:
            self.fields = {"lost_reason": forms.CharField(label=_("失注理由"), max_length=200), **self.fields}
        if to == Deal.Stage.APPOINTMENT:
            self.fields = {"starts_at": _moment(_("新しい商談日時")), **self.fields}
        if to in (Deal.Stage.OPPORTUNITY, Deal.Stage.WON):
            is_won = to == Deal.Stage.WON
            amount = _yen(_("受注金額（円）") if is_won else _("見込金額（円）"), required=is_won, minimum=1)
            close = {} if is_won else {"close_on": _day(_("受注予定日"))}
            self.fields = {"amount_yen": amount, **close, **self.fields}
        if deal:
            self.initial |= {"version": deal.version, "amount_yen": deal.amount_yen, "close_on": deal.close_on}


class EditForm(VersionForm):
    """Amount and close date; the meeting too while it is planned."""

    starts_at = _moment(_("商談日時"))
    is_online = forms.TypedChoiceField(
        label=_("形式"),
        choices=[("1", _("オンライン")), ("0", _("訪問・来社"))],
        coerce=lambda value: value == "1",
        empty_value=None,
    )
    place = forms.CharField(label=_("場所・URL"), max_length=300)
    participants = forms.CharField(label=_("参加者"), max_length=300)
    amount_yen = _yen(_("金額（円）"))
    close_on = _day(_("受注予定日"))

    def __init__(self, *args, deal: Deal, **kwargs):
        values = {field: getattr(deal, field) for field in ("version", "starts_at", "place", "participants")}
        values |= {"amount_yen": deal.amount_yen, "close_on": deal.close_on, "is_online": str(int(deal.is_online))}
        super().__init__(*args, initial=values, auto_id="edit_%s", **kwargs)
        if deal.stage != Deal.Stage.APPOINTMENT:
            for field in ("starts_at", "is_online", "place", "participants"):
                del self.fields[field]


class InboundForm(forms.Form):
    """An inbound appointment on a lead."""

    starts_at = _moment(_("商談日時"))
    is_online = forms.TypedChoiceField(
        label=_("形式"),
        choices=[("1", _("オンライン")), ("0", _("訪問・来社"))],
        coerce=lambda value: value == "1",
        empty_value=None,
    )
    place = forms.CharField(label=_("場所・URL"), max_length=300)
    participants = forms.CharField(label=_("参加者"), max_length=300)
    owner = forms.ModelChoiceField(label=_("営業担当"), queryset=User.objects.none())
    todo = forms.CharField(label=_("次にやること"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3}))

    def __init__(self, *args, owners, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners


class CostForm(forms.Form):
    """Calling costs of one team and month."""

    team = forms.ModelChoiceField(label=_("チーム"), queryset=Team.objects.none(), empty_label=None)
    month = forms.DateField(
        label=_("月"),
        input_formats=["%Y-%m", "%Y-%m-%d"],
        widget=forms.DateInput({"type": "month"}, format="%Y-%m"),
    )
    people_yen = _yen(CallingCost._meta.get_field("people_yen").verbose_name, required=True)
    agency_yen = _yen(CallingCost._meta.get_field("agency_yen").verbose_name, required=True)
    tools_yen = _yen(CallingCost._meta.get_field("tools_yen").verbose_name, required=True)

    def __init__(self, *args, teams, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams
