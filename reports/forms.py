"""Filters as they stand in an address: shape and types only; what a person may choose from is what they may see."""

import datetime as dt
from dataclasses import dataclass, replace

from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Team, User
from accounts.permissions import Permission, Scope, scope_of
from calls.models import Call, FollowUp
from leads.models import Lead, LeadList, Tier
from reports.labels import BASIS_NAMES
from reports.periods import TOKYO, Period, Preset, period_for
from reports.selectors import UNASSIGNED, Basis, ReportFilter

EARLIEST, LATEST = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
MAX_DAYS = 366 * 10
CHOICES_KEPT_SECONDS = 300

PRESET_LABELS = {
    Preset.TODAY: _("今日"),
    Preset.THIS_WEEK: _("今週"),
    Preset.THIS_MONTH: _("今月"),
    Preset.LAST_MONTH: _("先月"),
    Preset.LAST_30_DAYS: _("直近30日"),
    Preset.THIS_QUARTER: _("四半期"),
    Preset.THIS_FISCAL_YEAR: _("年度"),
    Preset.CUSTOM: _("期間指定"),
}
TIER_PRESET_LABELS = {
    Preset.LAST_90_DAYS: _("直近90日"),
    Preset.LAST_180_DAYS: _("直近180日"),
    Preset.THIS_FISCAL_YEAR: _("年度"),
    Preset.CUSTOM: _("期間指定"),
}
AGENCY_LABELS = {"in_house": _("自社"), "agency": _("代行会社")}
EVERYTHING = _("すべて")


@dataclass(frozen=True)
class DayInput:
    """One date input of the period form."""

    field: forms.BoundField
    value: str


class ReportFilterForm(forms.Form):
    """The filter of a report page; `report_filter` once valid. An empty address is this month and all one may see."""

    period = forms.ChoiceField(label=_("期間"), required=False, choices=list(PRESET_LABELS.items()))
    basis = forms.ChoiceField(label=_("集計の基準"), required=False, choices=list(BASIS_NAMES.items()))
    team = forms.ModelChoiceField(Team.objects.none(), label=_("チーム"), required=False, empty_label=EVERYTHING)
    rep = forms.CharField(label=_("担当"), required=False, max_length=20)
    tier = forms.ChoiceField(label=_("Tier"), required=False, choices=[("", EVERYTHING), *Tier.choices])
    source = forms.CharField(label=_("流入元"), required=False, max_length=100)
    industry = forms.CharField(label=_("業種"), required=False, max_length=100)
    agency = forms.ChoiceField(
        label=_("自社・代行"), required=False, choices=[("", EVERYTHING), *AGENCY_LABELS.items()]
    )
    as_of = forms.DateTimeField(required=False)

    PRESETS, FIRST_PRESET = PRESET_LABELS, Preset.THIS_MONTH
    CUTS = ("team", "rep", "tier", "list", "source", "industry", "agency")
    OF_WHOLE_TEAMS = ("team", "rep", "agency")

    def __init__(self, data, *, user: User, now: dt.datetime):
        super().__init__(data)
        self.user, self.now = user, now
        # `from` and `list` are words of the language, so these cannot be written above.
        self.fields["from"] = forms.DateField(label=_("開始日"), required=False)
        self.fields["to"] = forms.DateField(label=_("終了日"), required=False)
        if scope_of(user, Permission.SEE_REPORTS) in (Scope.TEAMS, Scope.ALL):
            self.fields["team"].queryset = teams_of(user)
        else:
            for name in self.OF_WHOLE_TEAMS:
                del self.fields[name]
        lists = LeadList.objects.for_user(user).order_by("-created_at", "-pk")
        self.fields["list"] = forms.ModelChoiceField(lists, label=_("リスト"), required=False, empty_label=EVERYTHING)
        self._offer()

    def _offer(self) -> None:
        """What the free-text cuts may be chosen from; an address may name others, which then find nothing."""
        if "rep" in self.fields:
            people = [(person.pk, person.name) for person in reps_of(self.user)]
            self._select("rep", [*people, (UNASSIGNED, _("未割当"))])
        for name, values in lead_words(self.user).items():
            self._select(name, [(value, value) for value in values])
        for name in self.CUTS:
            if name in self.fields:
                self.fields[name].widget.attrs["class"] = "form-select form-select-sm"

    def _select(self, name: str, choices: list[tuple[object, object]]) -> None:
        chosen = self.data.get(name, "")
        known = {str(value) for value, _label in choices}
        extra = [(chosen, chosen)] if chosen and name != "rep" and chosen not in known else []
        self.fields[name].widget = forms.Select(choices=[("", EVERYTHING), *choices, *extra])

    def clean_rep(self) -> int | None:
        """A person one may see, or one who worked in one's teams at some time."""
        text = self.cleaned_data["rep"]
        if not text:
            return None
        if text == str(UNASSIGNED):
            return UNASSIGNED
        person = _rep_in_reach(self.user, int(text)) if text.isascii() and text.isdigit() else None
        if person is None:
            raise ValidationError(_("選択肢から選んでください。"), code="invalid_choice")
        widget = self.fields["rep"].widget
        if person.pk not in {value for value, _label in widget.choices}:
            widget.choices = [*widget.choices, (person.pk, person.name)]
        return person.pk

    def clean_as_of(self) -> dt.datetime:
        moment = self.cleaned_data["as_of"] or self.now
        if moment.date() < EARLIEST or moment.date() > LATEST:
            raise ValidationError(_("日時が正しくありません。"), code="out_of_range")
        return min(moment, self.now)

    def clean(self) -> dict:
        cleaned = super().clean()
        if not self.errors:
            cleaned["days"] = self._period(cleaned)
        return cleaned

    def _period(self, cleaned: dict) -> Period | None:
        first, last, preset = cleaned["from"], cleaned["to"], cleaned["period"]
        if preset != Preset.CUSTOM and (preset or not (first or last)):
            return period_for(Preset(preset or self.FIRST_PRESET), self.now.astimezone(TOKYO).date())
        cleaned["period"] = Preset.CUSTOM
        if not (first and last):
            return self.add_error("to" if first else "from", _("開始日と終了日を入力してください。"))
        if first > last:
            return self.add_error("to", _("終了日は開始日以降の日付にしてください。"))
        if first < EARLIEST or last > LATEST or (last - first).days > MAX_DAYS:
            return self.add_error("to", _("期間は10年以内で指定してください。"))
        return Period(first, last)

    @property
    def report_filter(self) -> ReportFilter:
        cleaned = self.cleaned_data
        team, lead_list = cleaned.get("team"), cleaned["list"]
        return ReportFilter(
            user=self.user,
            period=cleaned["days"],
            as_of=cleaned["as_of"],
            basis=Basis(cleaned["basis"] or Basis.ACTIVITY),
            team_id=team and team.pk,
            rep_id=cleaned.get("rep"),
            tier=cleaned["tier"],
            list_id=lead_list and lead_list.pk,
            source=cleaned["source"],
            industry=cleaned["industry"],
            is_agency={"agency": True, "in_house": False}.get(cleaned.get("agency", "")),
            temperature=cleaned.get("temperature"),
        )

    @property
    def preset(self) -> str:
        return self.cleaned_data["period"] or self.FIRST_PRESET

    @property
    def cut_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.CUTS if name in self.fields]

    @property
    def day_inputs(self) -> tuple[DayInput, ...]:
        """The two date inputs as shown: what was typed, or the days the preset means."""
        days = self.cleaned_data.get("days") if self.is_valid() else None
        shown = {"from": days and days.start.isoformat(), "to": days and days.end.isoformat()}
        return tuple(DayInput(self[name], value or self.data.get(name, "")) for name, value in shown.items())

    def chosen(self) -> dict[str, str]:
        """The cuts in force, name → word, for chips and file names."""
        words = {}
        for field in self.cut_fields:
            value = self.cleaned_data.get(field.name)
            if value not in (None, ""):
                words[field.name] = _word(field, value)
        return words


class RowsFilterForm(ReportFilterForm):
    """The filter of a list of rows, which may be those of some temperatures."""

    temperature = forms.RegexField(r"^[0-9]{1,3}-[0-9]{1,3}\Z", label=_("温度感"), required=False)

    def clean_temperature(self) -> tuple[int, int] | None:
        text = self.cleaned_data["temperature"]
        if not text:
            return None
        low, high = (int(end) for end in text.split("-"))
        return low, high

    def chosen(self) -> dict[str, str]:
        between = self.cleaned_data.get("temperature")
        if not between:
            return super().chosen()
        low, high = between
        return super().chosen() | {"temperature": str(low) if low == high else f"{low}–{high}"}


class TierFilterForm(ReportFilterForm):
    """The filter of the page about tiers: half a year of reactions and what became of them by now."""

    period = forms.ChoiceField(label=_("期間"), required=False, choices=list(TIER_PRESET_LABELS.items()))

    PRESETS, FIRST_PRESET = TIER_PRESET_LABELS, Preset.LAST_180_DAYS
    CUTS = ("team", "list", "source")

    def __init__(self, data, *, user: User, now: dt.datetime):
        super().__init__(data, user=user, now=now)
        for name in set(self.fields) - {"period", "from", "to", "as_of", *self.CUTS}:
            self.fields[name].disabled = True  # an address meant for the funnel cuts nothing here

    @property
    def report_filter(self) -> ReportFilter:
        return replace(super().report_filter, basis=Basis.COHORT)


def teams_of(user: User) -> QuerySet[Team]:
    if scope_of(user, Permission.SEE_REPORTS) is Scope.ALL:
        return Team.objects.order_by("name")
    return Team.objects.filter(pk__in=user.team_ids).order_by("name")


def reps_of(user: User) -> QuerySet[User]:
    return User.objects.for_user(user).reps().order_by("name", "pk")


def lead_words(user: User) -> dict[str, list[str]]:
    """Sources and industries of the leads one may see. Kept for some minutes: it reads every lead."""

    def read() -> dict[str, list[str]]:
        leads = Lead.objects.for_user(user).order_by()
        columns = {"source": "source", "industry": "company__industry"}
        return {
            name: sorted(filter(None, leads.values_list(column, flat=True).distinct()))
            for name, column in columns.items()
        }

    return cache.get_or_set(f"report-words-{user.pk}", read, CHOICES_KEPT_SECONDS)


def _rep_in_reach(user: User, pk: int) -> User | None:
    if pk >= 2**63:
        return None
    person = User.objects.filter(pk=pk).first()
    if person is None or scope_of(user, Permission.SEE_REPORTS) is Scope.ALL:
        return person
    worked_here = {"rep": person, "team_id__in": user.team_ids}
    is_known = (
        User.objects.for_user(user).filter(pk=pk).exists()
        or Call.objects.filter(**worked_here).exists()
        or FollowUp.objects.filter(**worked_here).exists()
    )
    return person if is_known else None


def _word(field: forms.BoundField, value: object) -> str:
    choices = getattr(field.field.widget, "choices", None)
    if isinstance(field.field, forms.ModelChoiceField):
        return str(value)
    return next((str(label) for code, label in choices or () if str(code) == str(value)), str(value))
