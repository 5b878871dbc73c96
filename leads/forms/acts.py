"""Small forms of one act on a lead: a reaction, a block and its lifting, a tier by hand, another owner."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from leads.models import DoNotCall, PhoneNumber, SignalKind, Tier

WHEN = "%Y-%m-%dT%H:%M"


def moment_field(label):
    """A date and time in Japanese wall-clock time, as the browser's own picker sends it."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=WHEN)
    return forms.DateTimeField(label=label, widget=widget, input_formats=[WHEN, "%Y-%m-%d %H:%M"])


class SignalForm(forms.Form):
    """A reaction that came in some other way than a call; a call's own reaction is written by the call."""

    KINDS = [choice for choice in SignalKind.choices if choice[0] != SignalKind.CALL_REACTION]

    kind = forms.ChoiceField(label=_("種類"), choices=KINDS, widget=forms.RadioSelect)
    occurred_at = moment_field(_("日時"))
    note = forms.CharField(label=_("メモ"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class BlockForm(forms.Form):
    """Who asked not to be called, when, in which words, and how far it reaches."""

    scope = forms.ChoiceField(label=_("範囲"), choices=DoNotCall.Scope.choices, widget=forms.RadioSelect)
    number = forms.ModelChoiceField(None, label=_("電話番号"), required=False, empty_label=None, to_field_name="pk")
    requested_by = forms.CharField(label=_("申し出た方"), max_length=100)
    requested_at = moment_field(_("申し出日時"))
    words = forms.CharField(
        label=_("申し出の内容"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("お客様の言葉のまま残してください。"),
    )

    def __init__(self, *args, lead, **kwargs):
        super().__init__(*args, **kwargs)
        numbers = PhoneNumber.objects.filter(lead=lead).exclude(e164="").order_by("position", "pk")
        self.fields["number"].queryset = numbers
        if not numbers:
            del self.fields["number"]
            self.fields["scope"].choices = [c for c in DoNotCall.Scope.choices if c[0] != DoNotCall.Scope.NUMBER]

    def clean(self):
        values = super().clean()
        if values.get("scope") == DoNotCall.Scope.NUMBER and not values.get("number"):
            self.add_error("number" if "number" in self.fields else "scope", _("電話番号を選んでください。"))
        return values


class LiftForm(forms.Form):
    """Why a block is lifted."""

    reason = forms.CharField(
        label=_("解除の理由"), max_length=300, strip=True, widget=forms.Textarea(attrs={"rows": 3})
    )


class OverrideForm(forms.Form):
    """A tier by hand: why, and through which day."""

    tier = forms.ChoiceField(label=_("Tier"), choices=Tier.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("変更の理由"), max_length=200)
    until = forms.DateField(
        label=_("有効期限"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("この日を過ぎると、自動判定のTierに戻ります。"),
    )


class OwnerForm(forms.Form):
    """Who goes on with the lead; nobody is an answer too."""

    owner = forms.ModelChoiceField(User.objects.none(), label=_("担当"), required=False, empty_label=_("担当なし"))

    def __init__(self, *args, candidates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = candidates
