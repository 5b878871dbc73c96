"""Forms of the accounts pages: shapes and types only; whether something is allowed is said by `accounts.services`."""

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from accounts import trail
from accounts.hours import Block, overlapping_weekdays
from accounts.models import Role, Team, User, WorkingHours
from accounts.selectors import SORTS, SYSTEM

FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2099, 12, 31)
MORNING, AFTERNOON = (dt.time(9), dt.time(12)), (dt.time(13), dt.time(18))


def _day(label: str, **options) -> forms.DateField:
    return forms.DateField(
        label=label,
        validators=[MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        **options,
    )


def _time(label: str, **options) -> forms.TimeField:
    widget = forms.TimeInput({"type": "time", "class": "form-control"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, **options)


# --- Users --------------------------------------------------------------------------------------------------------


class FilterForm(forms.Form):
    """Filters of a list: what cannot be read is left out, never an error page."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs.setdefault("class", style)

    def readable(self) -> dict:
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}


class UserFilter(FilterForm):
    q = forms.CharField(
        label=_("検索"),
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "placeholder": _("氏名・メールアドレス")}),
    )
    role = forms.ChoiceField(label=_("役割"), required=False, choices=[("", _("すべての役割")), *Role.choices])
    team = forms.ModelChoiceField(
        label=_("チーム"), required=False, queryset=Team.objects.none(), empty_label=_("すべてのチーム")
    )
    state = forms.ChoiceField(
        label=_("状態"),
        required=False,
        choices=[("", _("すべての状態")), ("active", _("有効")), ("invited", _("招待中")), ("inactive", _("停止中"))],
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[(key, key) for name in SORTS for key in (name, f"-{name}")],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args, teams, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams


class InviteForm(forms.ModelForm):
    managed_teams = forms.ModelMultipleChoiceField(
        label=_("管理するチーム"),
        required=False,
        queryset=Team.objects.order_by("name"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("マネージャーだけに使います。所属チームも管理の対象になります。"),
    )

    class Meta:
        model = User
        fields = ("name", "email", "role", "team", "managed_teams", "language")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.order_by("name")
        self.fields["team"].empty_label = _("なし")

    def validate_unique(self):
        """The service refuses an address that is taken, in our own words."""


class UserForm(InviteForm):
    class Meta(InviteForm.Meta):
        fields = (*InviteForm.Meta.fields, "slots_per_hour")

    slots_per_hour = forms.IntegerField(
        label=_("1時間に予定できる二次架電"),
        min_value=1,
        max_value=20,
        help_text=_("1〜20件。自動で予定を組むときの上限です。"),
    )


class TeamForm(forms.ModelForm):
    class Meta:
        model = Team
        fields = ("name", "is_agency")
        labels = {"is_agency": _("代行会社のチーム")}
        help_texts = {"is_agency": _("代行会社のメンバーには、担当に割り当てたリードだけが表示されます。")}

    def validate_unique(self):
        """The service refuses a name that is taken, in our own words."""


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "language")


# --- Working time -------------------------------------------------------------------------------------------------


class WorkingHoursForm(forms.Form):
    """A week: per weekday up to two blocks, or the business hours as they are."""

    BLOCKS = (1, 2)

    uses_business_hours = forms.BooleanField(
        label=_("営業時間どおりに勤務する"),
        required=False,
        help_text=_("オンにすると、下の表は使わず、会社の営業時間に合わせて予定を組みます。"),
    )

    def __init__(self, *args, rows: Iterable[WorkingHours] = (), **kwargs):
        rows = list(rows)
        super().__init__(*args, initial={"uses_business_hours": not rows, **_week_as_initial(rows)}, **kwargs)
        for weekday, name in WEEKDAYS.items():
            for block in self.BLOCKS:
                values = {"day": name, "n": block}
                self.fields[f"d{weekday}_{block}_from"] = _time(_("%(day)s 時間帯%(n)d 開始") % values)
                self.fields[f"d{weekday}_{block}_to"] = _time(_("%(day)s 時間帯%(n)d 終了") % values)

    def days(self) -> list[dict]:
        """One line of the table a weekday: its name, its pairs of fields, what is wrong with them."""
        return [
            {
                "name": name,
                "blocks": [(self[f"d{weekday}_{block}_from"], self[f"d{weekday}_{block}_to"]) for block in self.BLOCKS],
                "errors": [
                    error
                    for block in self.BLOCKS
                    for end in ("from", "to")
                    for error in self.errors.get(f"d{weekday}_{block}_{end}", [])
                ],
            }
            for weekday, name in WEEKDAYS.items()
        ]

    def clean(self) -> dict:
        values = super().clean()
        if values.get("uses_business_hours"):
            self._refuse_lost_input()
        values["blocks"] = [] if values.get("uses_business_hours") else self._read_blocks()
        return values

    def _refuse_lost_input(self) -> None:
        """Times typed while the box stood ticked all along would be thrown away without a word."""
        if self.changed_data and "uses_business_hours" not in self.changed_data:
            message = _("曜日ごとの時間帯を使うには、「営業時間どおりに勤務する」をオフにしてください。")
            self.add_error("uses_business_hours", ValidationError(message, code="ignored_hours"))

    def _read_blocks(self) -> list[Block]:
        blocks = [self._read_block(weekday, block) for weekday in WEEKDAYS for block in self.BLOCKS]
        blocks = [block for block in blocks if block]
        for weekday in overlapping_weekdays(blocks):
            self.add_error(f"d{weekday}_2_from", ValidationError(_("2つの時間帯が重なっています。"), code="overlap"))
        if not blocks and not self.errors:
            message = _("勤務する曜日の時間帯を入力するか、「営業時間どおりに勤務する」をオンにしてください。")
            raise ValidationError(message, code="no_hours")
        return blocks

    def _read_block(self, weekday: int, block: int) -> Block | None:
        start_name, end_name = f"d{weekday}_{block}_from", f"d{weekday}_{block}_to"
        start, end = self.cleaned_data.get(start_name), self.cleaned_data.get(end_name)
        if start and end and start < end:
            return Block(weekday, start, end)
        if start_name in self.errors or end_name in self.errors:
            return None
        if start and end:
            self.add_error(end_name, ValidationError(_("終了は開始より後にしてください。"), code="order"))
        elif start:
            self.add_error(end_name, ValidationError(_("終了時刻を入力してください。"), code="required"))
        elif end:
            self.add_error(start_name, ValidationError(_("開始時刻を入力してください。"), code="required"))
        return None


def _week_as_initial(rows: list[WorkingHours]) -> dict:
    """The stored week; for somebody without one a usual week as a start to edit from."""
    week: dict[int, list] = {}
    for row in rows:
        week.setdefault(row.weekday, []).append((row.starts_at, row.ends_at))
    if not rows:
        week = {weekday: [MORNING, AFTERNOON] for weekday in range(5)}
    return {
        f"d{weekday}_{place}_{end}": time
        for weekday, blocks in week.items()
        for place, block in enumerate(sorted(blocks), start=1)
        for end, time in zip(("from", "to"), block, strict=True)
    }


class AbsenceForm(forms.Form):
    """From a day, with or without a time, to a day; blanks mean the whole day and the same day."""

    starts_on = _day(_("開始日"))
    starts_time = _time(_("開始時刻"), help_text=_("空欄なら終日"))
    ends_on = _day(_("終了日"), required=False, help_text=_("空欄なら開始日と同じ"))
    ends_time = _time(_("終了時刻"), help_text=_("空欄なら終日"))
    reason = forms.CharField(
        label=_("理由"),
        required=False,
        max_length=200,
        widget=forms.TextInput({"placeholder": _("有給休暇、研修など")}),
    )

    def clean(self) -> dict:
        values = super().clean()
        if self.errors:
            return values
        first, last = values["starts_on"], values["ends_on"] or values["starts_on"]
        start = _moment(first, values["starts_time"] or dt.time.min)
        end = _moment(last, values["ends_time"]) if values["ends_time"] else _moment(last + dt.timedelta(days=1))
        if end <= start:
            field = "ends_on" if last < first else "ends_time"
            self.add_error(field, ValidationError(_("終了は開始より後にしてください。"), code="order"))
        return values | {"starts_at": start, "ends_at": end}


def _moment(day: dt.date, time: dt.time = dt.time.min) -> dt.datetime:
    return dt.datetime.combine(day, time, tzinfo=ZoneInfo(settings.TIME_ZONE))


# --- Audit trail --------------------------------------------------------------------------------------------------


class AuditFilter(FilterForm):
    by = forms.ChoiceField(label=_("変更した人"), required=False)
    verb = forms.ChoiceField(label=_("操作"), required=False)
    target_type = forms.ChoiceField(label=_("対象"), required=False)
    target_id = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        people = User.objects.order_by("name", "pk").values_list("pk", "name")
        self.fields["by"].choices = [("", _("すべての人")), (SYSTEM, _("システム")), *people]
        self.fields["verb"].choices = [("", _("すべての操作")), *trail.VERBS.items()]
        self.fields["target_type"].choices = [("", _("すべての対象")), *trail.TARGETS.items()]
