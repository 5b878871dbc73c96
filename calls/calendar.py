"""Callable time: when a Japanese office may be called, and why not at other times.

Pure: no Django, no clock. Moments go in and come out with a time zone; the reckoning is done in Japanese wall-clock
time, which has no daylight saving. A block of hours is half open for calling (12:00 of a block 9–12 is no longer
callable), while 12:00 itself is the instant that block closes. Moments are not rounded: whole minutes in, whole minutes
out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import jpholiday

JST = ZoneInfo("Asia/Tokyo")
ONE_DAY = timedelta(days=1)
SEARCH_DAYS = 800
SATURDAY = 5

WEEKEND = "weekend"
DAY_OFF = "day_off"
CLOSURE = "closure"
YEAR_END = "year_end"
OBON = "obon"
HOLIDAY = "holiday"
LUNCH = "lunch"
AFTER_HOURS = "after_hours"

Blocks = tuple[tuple[time, time], ...]
Spans = tuple[tuple[datetime, datetime], ...]

OFFICE_HOURS: Blocks = ((time(9), time(12)), (time(13), time(18)))
OFFICE_WEEK: Mapping[int, Blocks] = dict.fromkeys(range(5), OFFICE_HOURS)
OBON_DAYS = frozenset((8, day) for day in range(13, 17))
YEAR_END_DAYS = frozenset([(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)])


class NoCallableTimeError(ValueError):
    """The calendar has no business day within about two years of the day asked for."""


@dataclass(frozen=True, slots=True)
class ClosedReason:
    """Why a day or a moment is not callable; `name` is the holiday's or the closure's own name, else empty."""

    code: str
    name: str = ""


@lru_cache(maxsize=64)
def public_holidays(year: int) -> Mapping[date, str]:
    """Japanese public holidays of a year with their names, substitute days (振替休日) included."""
    return dict(jpholiday.year_holidays(year))


@dataclass(frozen=True)
class BusinessCalendar:
    """Hours, holidays and closures of one calling team or one kind of customer.

    `hours` maps weekdays (Monday = 0) to blocks in order; a weekday without blocks is a day off. `holidays` replaces
    the built-in public holidays by a table. `closures` are the company's own days off. `works_on` names codes that do
    not close this calendar (banks work through `obon`); `open_dates` are single days that are worked whatever would
    close them. A day worked on a weekday without hours has the hours of the first weekday that has some.
    """

    hours: Mapping[int, Blocks] = field(default_factory=lambda: OFFICE_WEEK)
    holidays: Mapping[date, str] | None = None
    closures: Mapping[date, str] = field(default_factory=dict)
    works_on: frozenset[str] = frozenset()
    open_dates: frozenset[date] = frozenset()
    _spans: dict[date, Spans] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for weekday, blocks in self.hours.items():
            edges = [edge for block in blocks for edge in block]
            if weekday not in range(7) or edges != sorted(edges) or any(start == end for start, end in blocks):
                raise ValueError(f"Hours of weekday {weekday} must be blocks in order, each ending after it starts.")
        if not any(self.hours.values()):
            raise ValueError("A calendar needs hours on at least one weekday.")

    def closed_reason(self, day: date) -> ClosedReason | None:
        """Why the whole day is closed; None for a business day."""
        if day in self.open_dates:
            return None
        return next((reason for reason in self._closers(day) if reason.code not in self.works_on), None)

    def closed_reason_at(self, moment: datetime) -> ClosedReason | None:
        """Why a moment is not callable; None when it is."""
        local = _local(moment)
        if reason := self.closed_reason(local.date()):
            return reason
        spans = self.spans_on(local.date())
        if any(start <= local < end for start, end in spans):
            return None
        between = spans[0][0] <= local < spans[-1][1]
        return ClosedReason(LUNCH if between else AFTER_HOURS)

    def business_day(self, day: date) -> bool:
        return bool(self.spans_on(day))

    def add_business_days(self, day: date, count: int) -> date:
        """The count-th business day after `day` (before it when negative); 0 gives `day` or the next business day."""
        if count == 0:
            return next(self._business_days(day, 1))
        step = 1 if count > 0 else -1
        days = self._business_days(day + step * ONE_DAY, step)
        return [next(days) for _ in range(abs(count))][-1]

    def closing_time(self, day: date) -> datetime:
        """The instant the last block of a business day ends."""
        return self.spans_on(day)[-1][1].replace(tzinfo=JST)

    def minutes_on(self, day: date) -> float:
        return sum((end - start for start, end in self.spans_on(day)), timedelta()) / timedelta(minutes=1)

    def is_callable(self, moment: datetime) -> bool:
        local = _local(moment)
        return any(start <= local < end for start, end in self.spans_on(local.date()))

    def next_callable(self, moment: datetime) -> datetime:
        """The first callable moment at or after `moment`."""
        local = _local(moment)
        for day in self._business_days(local.date(), 1):
            for start, end in self.spans_on(day):
                if local < end:
                    return max(local, start).replace(tzinfo=JST)
        raise NoCallableTimeError(f"No callable time after {moment:%Y-%m-%d}.")

    def last_callable(self, moment: datetime) -> datetime:
        """The last moment at or before `moment` up to which one may call: in a block, or the instant it closes."""
        local = _local(moment)
        for day in self._business_days(local.date(), -1):
            for start, end in reversed(self.spans_on(day)):
                if local > start:
                    return min(local, end).replace(tzinfo=JST)
        raise NoCallableTimeError(f"No callable time before {moment:%Y-%m-%d}.")

    def callable_minutes(self, opens_at: datetime, closes_at: datetime) -> float:
        """Minutes of callable time between two moments; 0 when the second is not later."""
        first, last = _local(opens_at), _local(closes_at)
        total = timedelta()
        day = first.date()
        while day <= last.date():
            for start, end in self.spans_on(day):
                total += max(min(end, last) - max(start, first), timedelta())
            day += ONE_DAY
        return total / timedelta(minutes=1)

    def spans_on(self, day: date) -> Spans:
        """The day's blocks as naive Japanese times; empty when the day is closed. Remembered per day."""
        spans = self._spans.get(day)
        if spans is None:
            blocks = () if self.closed_reason(day) else self._hours_on(day)
            spans = tuple((datetime.combine(day, start), datetime.combine(day, end)) for start, end in blocks)
            self._spans[day] = spans
        return spans

    def _hours_on(self, day: date) -> Blocks:
        usual = (self.hours[weekday] for weekday in sorted(self.hours) if self.hours[weekday])
        return self.hours.get(day.weekday()) or next(usual)

    def _closers(self, day: date) -> Iterator[ClosedReason]:
        """Everything that would close the day, the reason people would give first."""
        if not self.hours.get(day.weekday()):
            yield ClosedReason(WEEKEND if day.weekday() >= SATURDAY else DAY_OFF)
        if day in self.closures:
            yield ClosedReason(CLOSURE, self.closures[day])
        if (day.month, day.day) in YEAR_END_DAYS:
            yield ClosedReason(YEAR_END)
        if (day.month, day.day) in OBON_DAYS:
            yield ClosedReason(OBON)
        holidays = public_holidays(day.year) if self.holidays is None else self.holidays
        if day in holidays:
            yield ClosedReason(HOLIDAY, holidays[day])

    def _business_days(self, day: date, step: int) -> Iterator[date]:
        for offset in range(SEARCH_DAYS):
            candidate = day + step * offset * ONE_DAY
            if self.spans_on(candidate):
                yield candidate
        raise NoCallableTimeError(f"No business day within {SEARCH_DAYS} days of {day}.")


def _local(moment: datetime) -> datetime:
    """Naive Japanese wall-clock time of a moment; a moment without a zone is a mistake of the caller."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    return moment.astimezone(JST).replace(tzinfo=None)
