"""Periods of the reports as whole days: presets, the period before, the moments at which days begin. Pure."""

import calendar
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")
FISCAL_YEAR_STARTS = 4  # April


class Preset(StrEnum):
    TODAY = "today"
    THIS_WEEK = "this_week"
    THIS_MONTH = "this_month"
    LAST_MONTH = "last_month"
    LAST_30_DAYS = "last_30_days"
    LAST_90_DAYS = "last_90_days"
    LAST_180_DAYS = "last_180_days"
    THIS_QUARTER = "this_quarter"
    THIS_FISCAL_YEAR = "this_fiscal_year"
    CUSTOM = "custom"


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both included, as Tokyo counts days."""

    start: dt.date
    end: dt.date

    @property
    def opens_at(self) -> dt.datetime:
        return _midnight(self.start)

    @property
    def closes_at(self) -> dt.datetime:
        """The first moment after the last day."""
        return _midnight(self.end + dt.timedelta(days=1))

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def previous(self) -> "Period":
        """The period just before: as many calendar months where this one is whole months, else as many days."""
        if self.start.day == 1 and self.end == month_end(self.end):
            months = _month_number(self.end) - _month_number(self.start) + 1
            first = _month_start(_month_number(self.start) - months)
        else:
            first = self.start - dt.timedelta(days=self.days)
        return Period(first, self.start - dt.timedelta(days=1))

    def days_of_month(self, month: dt.date) -> int:
        """How many days of the month that begins on `month` lie in this period."""
        first, last = max(self.start, month), min(self.end, month_end(month))
        return max(0, (last - first).days + 1)


def period_for(preset: Preset, today: dt.date) -> Period:
    """The days a preset means today. Weeks begin on Monday, fiscal years in April."""
    month = _month_number(today)
    fiscal_month = (month - (FISCAL_YEAR_STARTS - 1)) // 12 * 12 + FISCAL_YEAR_STARTS - 1
    monday = today - dt.timedelta(days=today.weekday())
    return {
        Preset.TODAY: Period(today, today),
        Preset.THIS_WEEK: Period(monday, monday + dt.timedelta(days=6)),
        Preset.THIS_MONTH: _months(month, 1),
        Preset.LAST_MONTH: _months(month - 1, 1),
        Preset.LAST_30_DAYS: _last_days(30, today),
        Preset.LAST_90_DAYS: _last_days(90, today),
        Preset.LAST_180_DAYS: _last_days(180, today),
        Preset.THIS_QUARTER: _months(month // 3 * 3, 3),
        Preset.THIS_FISCAL_YEAR: _months(fiscal_month, 12),
    }[preset]


def _last_days(count: int, today: dt.date) -> Period:
    return Period(today - dt.timedelta(days=count - 1), today)


def month_end(day: dt.date) -> dt.date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=TOKYO)


def _month_number(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _month_start(number: int) -> dt.date:
    return dt.date(number // 12, number % 12 + 1, 1)


def _months(number: int, count: int) -> Period:
    return Period(_month_start(number), month_end(_month_start(number + count - 1)))
