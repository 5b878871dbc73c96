"""The form of a call: shape and types. Whether a call may be saved like this is decided by `log_call`."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from calls.inputs import AppointmentDetails, BlockRequest, CallInput
from calls.models import FACTS, FactState, NextAction, Outcome
from calls.models.hearing import Budget, DecisionMaker, Timing
from leads.models import DoNotCall, Lead, PhoneNumber

CHOICE_FACTS = {"decision_maker": DecisionMaker, "timing": Timing, "budget": Budget}
FACT_LABELS = {
    "problem": _("課題"),
    "decision_maker": _("意思決定者"),
    "timing": _("検討時期"),
    "budget": _("予算感"),
    "concerns": _("懸念点"),
    "background": _("導入背景"),
    "approval_process": _("決裁プロセス"),
    "competitors": _("競合比較"),
}


def _moment(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 300}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


def _text(label: str, *, rows: int = 1, length: int = 2000) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput()
    return forms.CharField(label=label, required=False, max_length=length, widget=widget)


class MonthField(forms.DateField):
    """A month, kept as its first day; written 2026-07."""

    widget = forms.DateInput(attrs={"type": "month"}, format="%Y-%m")
    input_formats = ("%Y-%m", "%Y/%m")


class CallForm(forms.Form):
    """Everything one call may say; the chosen outcome decides which of it the page shows."""

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    outcome = forms.ModelChoiceField(
        Outcome.objects.none(), label=_("結果"), error_messages={"required": _("結果を選んでください。")}
    )
    phone = forms.ModelChoiceField(PhoneNumber.objects.none(), label=_("かけた番号"), required=False)
    memo = _text(_("メモ"), rows=3, length=5000)
    reason = _text(_("理由・別ルート"), length=200)
    retry_at = _moment(_("再架電"))
    promised_at = _moment(_("お約束の日時"))
    revive_on = forms.DateField(
        label=_("再アプローチ日（任意）"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    problem = _text(FACT_LABELS["problem"])
    decision_maker = forms.ChoiceField(label=FACT_LABELS["decision_maker"], required=False)
    decision_maker_name = _text(_("お名前"), length=100)
    timing = forms.ChoiceField(label=FACT_LABELS["timing"], required=False)
    timing_month = MonthField(label=_("検討月"), required=False)
    budget = forms.ChoiceField(label=FACT_LABELS["budget"], required=False)
    budget_yen = forms.IntegerField(
        label=pgettext_lazy("budget", "金額（円）"), required=False, min_value=0, max_value=10**13
    )
    concerns = _text(FACT_LABELS["concerns"])
    background = _text(FACT_LABELS["background"])
    approval_process = _text(FACT_LABELS["approval_process"])
    competitors = _text(FACT_LABELS["competitors"])

    next_action_kind = forms.ChoiceField(label=_("次アクション"), required=False)
    next_action_due_at = _moment(_("期限"))
    next_action_note = _text(_("内容"), length=300)

    appointment_starts_at = _moment(_("商談日時"))
    appointment_is_online = forms.BooleanField(label=_("オンライン"), required=False, initial=True)
    appointment_place = _text(_("場所・会議URL"), length=300)
    appointment_participants = _text(_("先方の参加者"), length=300)
    appointment_owner = forms.ModelChoiceField(User.objects.none(), label=_("営業担当"), required=False)
    appointment_todo = _text(_("営業への申し送り"))

    block_requested_by = _text(_("申し出た方"), length=100)
    block_requested_at = _moment(_("申し出の日時"))
    block_words = _text(_("おっしゃった内容"), rows=2)
    block_scope = forms.ChoiceField(label=_("禁止の範囲"), required=False, choices=DoNotCall.Scope.choices)

    def __init__(self, *args, lead: Lead, **kwargs):
        super().__init__(*args, **kwargs)
        self.lead = lead
        self.fields["outcome"].queryset = Outcome.objects.filter(is_hidden=False).order_by("position", "pk")
        self.fields["phone"].queryset = PhoneNumber.objects.filter(lead=lead).exclude(label="fax").order_by("position")
        self.fields["appointment_owner"].queryset = User.objects.field_sales().order_by("name")
        for fact, choices in CHOICE_FACTS.items():
            self.fields[fact].choices = [("", "—"), *choices.choices]
        self.fields["next_action_kind"].choices = [("", "—"), *NextAction.Kind.choices]
        for fact in FACTS:
            self.fields[f"{fact}_unknown"] = forms.BooleanField(label=FactState.UNKNOWN.label, required=False)

    def to_input(self, *, started_at: dt.datetime | None = None, script_version=None) -> CallInput:
        """The cleaned form as `log_call` takes it."""
        data = self.cleaned_data
        return CallInput(
            outcome=data["outcome"],
            phone=data["phone"],
            memo=data["memo"],
            reason=data["reason"],
            retry_at=data["retry_at"],
            promised_at=data["promised_at"],
            revive_on=data["revive_on"],
            hearing={fact: self._fact(fact) for fact in FACTS},
            next_action_kind=data["next_action_kind"],
            next_action_due_at=data["next_action_due_at"],
            next_action_note=data["next_action_note"],
            appointment=self._appointment(),
            block=self._block(),
            script_version=script_version,
            started_at=started_at,
        )

    def _fact(self, fact: str) -> dict[str, Any]:
        data = self.cleaned_data
        value = data[fact].strip()
        if not value:
            return {"state": FactState.UNKNOWN if data[f"{fact}_unknown"] else FactState.NOT_ASKED}
        extras = {
            "decision_maker": ("decision_maker_name",),
            "timing": ("timing_month",),
            "budget": ("budget_yen",),
        }.get(fact, ())
        return {"state": FactState.ANSWERED, "value": value, **{extra: data[extra] for extra in extras}}

    def _appointment(self) -> AppointmentDetails | None:
        data = self.cleaned_data
        if data["outcome"].result != "appointment":
            return None
        return AppointmentDetails(
            starts_at=data["appointment_starts_at"],
            is_online=data["appointment_is_online"],
            place=data["appointment_place"],
            participants=data["appointment_participants"],
            owner=data["appointment_owner"],
            todo=data["appointment_todo"],
        )

    def _block(self) -> BlockRequest | None:
        data = self.cleaned_data
        if data["outcome"].result != "do_not_call":
            return None
        return BlockRequest(
            requested_by=data["block_requested_by"],
            requested_at=data["block_requested_at"],
            words=data["block_words"],
            scope=data["block_scope"] or DoNotCall.Scope.NUMBER,
        )

    def add_refusal(self, refusal: ValidationError) -> None:
        """Show at its fields what `log_call` refused."""
        if hasattr(refusal, "error_dict"):
            for name, errors in refusal.error_dict.items():
                self.add_error(name if name in self.fields else None, errors)
        else:
            self.add_error(None, refusal)


class QueueFilterForm(forms.Form):
    """What part of the queue to work on."""

    group = forms.ChoiceField(
        required=False,
        choices=[
            ("", _("すべて")),
            ("promise", _("お約束")),
            ("second", _("二次架電")),
            ("retry", _("再架電")),
            ("first", _("一次架電")),
        ],
    )
    tier = forms.ChoiceField(required=False, choices=[("", _("全Tier")), ("A", "A"), ("B", "B"), ("C", "C")])


class CorrectionForm(forms.Form):
    """What may be put right on a saved call: its words and what was heard, not its outcome."""

    memo = _text(_("メモ"), rows=4, length=5000)
    reason = _text(_("理由"), length=200)


class ReassignForm(forms.Form):
    """Hand a follow-up to a colleague."""

    rep = forms.ModelChoiceField(User.objects.none(), label=_("担当"))

    def __init__(self, *args, user: User, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = User.objects.for_user(user).callers().order_by("name")


def as_local_input(moment: dt.datetime | None) -> str:
    """A moment as a datetime-local input shows it."""
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}" if moment else ""


class CancelForm(forms.Form):
    """Why a second call is no longer wanted."""

    reason = forms.ChoiceField(
        choices=[
            ("not_wanted", _("不要になった")),
            ("duplicate", _("重複")),
            ("contacted_elsewhere", _("別の経路で対応済み")),
            ("wrong_record", _("登録間違い")),
        ]
    )


def _threshold(label: str) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"min": 1, "max": 100, "inputmode": "numeric"})
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=100, widget=widget)


class ThresholdForm(forms.Form):
    """From which learned temperature a lead would be A or B: to look at, before anything is switched on."""

    a_from = _threshold(_("Tier Aの下限"))
    b_from = _threshold(_("Tier Bの下限"))

    def clean(self):
        a_from, b_from = self.cleaned_data.get("a_from"), self.cleaned_data.get("b_from")
        if (a_from is None) != (b_from is None) and not self.errors:
            missing = "a_from" if a_from is None else "b_from"
            self.add_error(missing, ValidationError(_("AとBの両方を入力してください。"), code="both"))
        if a_from is not None and b_from is not None and a_from <= b_from:
            self.add_error("a_from", ValidationError(_("AはBより高い温度にしてください。"), code="order"))
        return self.cleaned_data


class SwitchForm(forms.Form):
    """Why a learned temperature is switched on or off; thresholds come along from where they were looked at."""

    reason = forms.CharField(
        label=_("変更の理由"),
        max_length=300,
        error_messages={"required": _("変更の理由を入力してください。")},
    )
    a_from = forms.IntegerField(required=False, widget=forms.HiddenInput)
    b_from = forms.IntegerField(required=False, widget=forms.HiddenInput)
