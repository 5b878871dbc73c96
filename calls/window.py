"""The window of a second call: from a reaction to the callable time in which it is owed, and why it moved.

Pure: no Django, no clock. The raw window is reaction + 24 h … + 72 h and never changes. The stored window lies on
callable time:

    opens  = first callable moment ≥ raw opening
    closes = last callable moment ≤ raw closing
    if the opening moved to another date, or closes ≤ opens, or less than the minimum lies between:
        closes = the later of closes and the end of the first business day D on or after both dates
                 for which at least the minimum lies between opens and the end of D

A later reaction must never get an earlier deadline. With the same hours every day the rule keeps that by itself; with
hours that differ by weekday a later reaction could just escape the extension an earlier one needed, and then it keeps
the earlier one's deadline. A promise to the customer changes nothing here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from calls.calendar import JST, ONE_DAY, BusinessCalendar

OPENS_LATER = "opens_later"
CLOSES_EARLIER = "closes_earlier"
CLOSES_LATER = "closes_later"

OPENED_ON_A_LATER_DATE = "opened_on_a_later_date"
NO_CALLABLE_TIME = "no_callable_time"
TOO_FEW_HOURS = "too_few_hours"
EARLIER_REACTION = "earlier_reaction"

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WindowRule:
    """How long after a reaction the window opens and closes, and the callable time it must hold."""

    opens_after: timedelta = timedelta(hours=24)
    closes_after: timedelta = timedelta(hours=72)
    min_callable: timedelta = timedelta(hours=4)

    def __post_init__(self) -> None:
        if not timedelta() <= self.opens_after < self.closes_after or self.min_callable < timedelta():
            raise ValueError("A window must close after it opens, and needs a minimum of zero or more.")

    @property
    def min_minutes(self) -> float:
        return self.min_callable / timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class WindowReason:
    """One cause of a move: what it did, its code, the days it covers, a holiday's name or the hours there were."""

    effect: str
    code: str
    dates: tuple[date, ...] = ()
    name: str = ""
    hours: float | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """Raw and stored window of one reaction. Moments carry Japanese time; reasons are empty when nothing moved."""

    reaction_at: datetime
    raw_opens_at: datetime
    raw_closes_at: datetime
    opens_at: datetime
    closes_at: datetime
    callable_hours: float
    reasons: tuple[WindowReason, ...]


def window_for(reaction_at: datetime, calendar: BusinessCalendar, rule: WindowRule | None = None) -> Window:
    """The window of a reaction. Raises NoCallableTimeError when the calendar has no business day to offer."""
    if reaction_at.tzinfo is None:
        raise ValueError("A reaction needs a time zone.")
    rule = rule or WindowRule()
    raw_opens = (reaction_at.astimezone(UTC) + rule.opens_after).astimezone(JST)
    raw_closes = (reaction_at.astimezone(UTC) + rule.closes_after).astimezone(JST)
    opens = calendar.next_callable(raw_opens)
    latest = calendar.last_callable(raw_closes)
    extension = _extension(raw_opens, opens, latest, calendar, rule)
    closes = max(latest, _end_of_enough(opens, latest, calendar, rule)) if extension else latest
    if not extension and (kept := _deadline_of_earlier(raw_opens, latest, calendar, rule)):
        closes, extension = kept, WindowReason(CLOSES_LATER, EARLIER_REACTION)
    reasons = list(_reasons(raw_opens, opens, latest, closes, raw_closes, calendar))
    if extension and closes > latest:
        reasons.append(extension)
    hours = calendar.callable_minutes(opens, closes) / 60
    return Window(reaction_at.astimezone(JST), raw_opens, raw_closes, opens, closes, hours, tuple(reasons))


def _extension(
    raw_opens: datetime, opens: datetime, latest: datetime, calendar: BusinessCalendar, rule: WindowRule
) -> WindowReason | None:
    """Why the closing must be extended; None when the window is good as it is."""
    if opens.date() != raw_opens.date():
        return WindowReason(CLOSES_LATER, OPENED_ON_A_LATER_DATE, (opens.date(),))
    if latest <= opens:
        return WindowReason(CLOSES_LATER, NO_CALLABLE_TIME)
    minutes = calendar.callable_minutes(opens, latest)
    if minutes < rule.min_minutes:
        return WindowReason(CLOSES_LATER, TOO_FEW_HOURS, hours=minutes / 60)
    return None


def _end_of_enough(opens: datetime, latest: datetime, calendar: BusinessCalendar, rule: WindowRule) -> datetime:
    """The end of the first business day, on or after both dates, that gives the window its minimum."""
    day = calendar.add_business_days(max(opens, latest).date(), 0)
    minutes = calendar.callable_minutes(opens, calendar.closing_time(day))
    while minutes < rule.min_minutes:
        day = calendar.add_business_days(day, 1)
        minutes += calendar.minutes_on(day)
    return calendar.closing_time(day)


def _deadline_of_earlier(
    raw_opens: datetime, latest: datetime, calendar: BusinessCalendar, rule: WindowRule
) -> datetime | None:
    """A later deadline that an earlier reaction gets, when this one needs no extension itself; None when there is none.

    Extended deadlines grow with the reaction and are ends of days, and this window's own would be the end of the day it
    closes on. So a window that closes with its day is safe, and otherwise the last moment of the previous date (which
    always moves to this date) and the turning points of this date stand for all earlier reactions.
    """
    if latest == calendar.closing_time(latest.date()):
        return None
    length = rule.closes_after - rule.opens_after
    deadlines = []
    for opening in _turning_points(raw_opens, length, calendar):
        opens, closes = calendar.next_callable(opening), calendar.last_callable(opening + length)
        if _extension(opening, opens, closes, calendar, rule):
            deadlines.append(_end_of_enough(opens, closes, calendar, rule))
    return max((deadline for deadline in deadlines if deadline > latest), default=None)


def _turning_points(raw_opens: datetime, length: timedelta, calendar: BusinessCalendar) -> set[datetime]:
    """Earlier openings between which the callable time of a window changes evenly."""
    midnight = datetime.combine(raw_opens.date(), time(), JST)
    points = {midnight - INSTANT, midnight}
    for shift in (timedelta(), length):
        for day in _days(midnight + shift, raw_opens + shift):
            edges = (edge.replace(tzinfo=JST) - shift for span in calendar.spans_on(day) for edge in span)
            points.update(edge for edge in edges if midnight <= edge < raw_opens)
    return points


def _reasons(
    raw_opens: datetime,
    opens: datetime,
    latest: datetime,
    closes: datetime,
    raw_closes: datetime,
    calendar: BusinessCalendar,
) -> Iterator[WindowReason]:
    """What moved the opening, then what moved the closing and was not said yet."""
    if opens > raw_opens:
        yield from _part_day(OPENS_LATER, raw_opens, calendar)
        yield from _closed_days(OPENS_LATER, raw_opens, opens, calendar)
    if closes < raw_closes:
        yield from _part_day(CLOSES_EARLIER, raw_closes - INSTANT, calendar)
        yield from _closed_days(CLOSES_EARLIER, closes, raw_closes - INSTANT, calendar)
    elif closes > latest:
        yield from _closed_days(CLOSES_LATER, max(latest, opens), raw_closes, calendar)


def _part_day(effect: str, moment: datetime, calendar: BusinessCalendar) -> Iterator[WindowReason]:
    """Lunch or after hours, when the raw end falls there on a business day."""
    if calendar.business_day(moment.date()) and (reason := calendar.closed_reason_at(moment)):
        yield WindowReason(effect, reason.code, (moment.date(),))


def _closed_days(effect: str, start: datetime, end: datetime, calendar: BusinessCalendar) -> Iterator[WindowReason]:
    """The whole days between two moments on which nobody may be called, gathered by cause."""
    causes: dict[tuple[str, str], list[date]] = {}
    for day in _days(start, end):
        if reason := calendar.closed_reason(day):
            causes.setdefault((reason.code, reason.name), []).append(day)
    for (code, name), days in causes.items():
        yield WindowReason(effect, code, tuple(days), name)


def _days(start: datetime, end: datetime) -> Iterator[date]:
    day = start.date()
    while day <= end.date():
        yield day
        day += ONE_DAY
