"""The window of a second call: worked answers, a brute-force oracle, and what must hold for any calendar."""

import csv
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.calendar import JST, OBON, OFFICE_WEEK, YEAR_END, BusinessCalendar, public_holidays
from calls.window import WindowRule, window_for

VECTORS = list(csv.DictReader(Path(__file__).with_name("window_vectors.csv").read_text(encoding="utf-8").splitlines()))
CALENDAR = BusinessCalendar()


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


# Worked answers


def test_vectors_are_all_there():
    assert len(VECTORS) == 1448


@pytest.mark.parametrize("month", sorted({row["reaction_at"][:7] for row in VECTORS}))
def test_window_equals_every_vector(month):
    for row in (row for row in VECTORS if row["reaction_at"].startswith(month)):
        window = window_for(jst(row["reaction_at"]), CALENDAR)
        moments = ("reaction_at", "raw_opens_at", "raw_closes_at", "opens_at", "closes_at")
        assert {name: getattr(window, name) for name in moments} == {name: jst(row[name]) for name in moments}
        assert f"{window.callable_hours:.2f}" == row["callable_hours"]


@pytest.mark.parametrize(
    ("reaction_at", "reasons"),
    [
        ("2026-06-02T10:00", []),
        ("2026-06-01T12:30", [("opens_later", "lunch", ""), ("closes_earlier", "lunch", "")]),
        ("2026-06-01T19:00", [("opens_later", "after_hours", ""), ("closes_earlier", "after_hours", "")]),
        ("2026-06-04T10:00", [("closes_earlier", "weekend", "")]),
        ("2026-06-04T15:00", [("closes_later", "weekend", ""), ("closes_later", "too_few_hours", "")]),
        ("2026-06-05T10:00", [("opens_later", "weekend", ""), ("closes_later", "opened_on_a_later_date", "")]),
        (
            "2026-05-01T15:00",
            [
                ("opens_later", "weekend", ""),
                ("opens_later", "holiday", "みどりの日"),
                ("opens_later", "holiday", "こどもの日"),
                ("opens_later", "holiday", "憲法記念日 振替休日"),
                ("closes_later", "opened_on_a_later_date", ""),
            ],
        ),
        (
            "2026-12-28T16:00",
            [
                ("opens_later", "year_end", ""),
                ("opens_later", "weekend", ""),
                ("closes_later", "opened_on_a_later_date", ""),
            ],
        ),
    ],
)
def test_window_says_why_it_moved(reaction_at, reasons):
    window = window_for(jst(reaction_at), CALENDAR)
    assert [(reason.effect, reason.code, reason.name) for reason in window.reasons] == reasons


def test_reasons_carry_their_days_and_hours():
    weekend, too_few = window_for(jst("2026-06-04T15:00"), CALENDAR).reasons
    assert weekend.dates == (date(2026, 6, 6), date(2026, 6, 7))
    assert too_few.hours == 3


def test_obon_worked_through_keeps_the_window():
    window = window_for(jst("2026-08-12T14:00"), BusinessCalendar(works_on=frozenset({OBON})))
    assert (window.opens_at, window.closes_at) == (jst("2026-08-13T14:00"), jst("2026-08-14T18:00"))


def test_rule_per_tier_changes_both_windows():
    rule = WindowRule(opens_after=timedelta(hours=2), closes_after=timedelta(hours=26), min_callable=timedelta(hours=1))
    window = window_for(jst("2026-06-02T10:00"), CALENDAR, rule)
    assert (window.raw_opens_at, window.raw_closes_at) == (jst("2026-06-02T12:00"), jst("2026-06-03T12:00"))
    assert (window.opens_at, window.closes_at) == (jst("2026-06-02T13:00"), jst("2026-06-03T12:00"))


@pytest.mark.parametrize("hours", [(72, 24, 4), (24, 24, 4), (-1, 24, 4), (24, 72, -1)])
def test_senseless_rule_is_refused(hours):
    with pytest.raises(ValueError, match="window"):
        WindowRule(*(timedelta(hours=hour) for hour in hours))


def test_reaction_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        window_for(datetime(2026, 6, 2, 10), CALENDAR)  # noqa: DTZ001  the mistake under test


def test_later_reaction_keeps_the_deadline_an_earlier_one_needed():
    hours = {3: ((time(13), time(15)),), 5: ((time(9), time(18)),)}  # Thursdays two hours, Saturdays nine
    calendar = BusinessCalendar(hours=hours)
    before_hours = window_for(jst("2026-06-03T08:00"), calendar)  # two callable hours: extended to the end of Saturday
    in_hours = window_for(jst("2026-06-03T13:00"), calendar)  # six callable hours: the rule alone would close at 13:00
    assert before_hours.closes_at == in_hours.closes_at == jst("2026-06-06T18:00")
    assert [reason.code for reason in in_hours.reasons] == ["earlier_reaction"]


# The oracle: the rule read aloud over a grid of steps, nothing shared with the code under test


class Oracle:
    """Callable steps as a list of booleans; a position is a number of steps, whole or not, from the first midnight."""

    def __init__(self, calendar: BusinessCalendar, first: date, days: int, step: timedelta):
        self.origin, self.step = datetime.combine(first, time(), JST), step
        self.per_day = timedelta(days=1) // step
        self.open = [self._is_open(calendar, self.origin + index * step) for index in range(days * self.per_day)]
        self.steps = [index for index, is_open in enumerate(self.open) if is_open]
        self.before = [0, *accumulate(self.open)]

    @staticmethod
    def _is_open(calendar: BusinessCalendar, moment: datetime) -> bool:
        if moment.date() in calendar.closures or moment.date() in (calendar.holidays or {}):
            return False
        return any(start <= moment.time() < end for start, end in calendar.hours.get(moment.weekday(), ()))

    def position(self, moment: datetime) -> float:
        return (moment - self.origin) / self.step

    def moment(self, position: float) -> datetime:
        return self.origin + position * self.step

    def next(self, position: float) -> float:
        if self.open[int(position)]:
            return position
        return self.steps[bisect_left(self.steps, position)]

    def last(self, position: float) -> float:
        index = bisect_left(self.steps, position) - 1
        return min(position, self.steps[index] + 1)

    def between(self, opens: float, closes: float) -> float:
        return max(self._count(closes) - self._count(opens), 0)

    def _count(self, position: float) -> float:
        whole = int(position)
        return self.before[whole] + (position - whole) * self.open[whole]

    def end_of_day(self, day: int) -> int | None:
        index = bisect_left(self.steps, (day + 1) * self.per_day) - 1
        return self.steps[index] + 1 if self.steps[index] >= day * self.per_day else None

    def literal(self, reaction: float, rule: WindowRule) -> tuple[float, float]:
        """The three lines of the rule, without regard to other reactions."""
        raw_opens, raw_closes = reaction + rule.opens_after / self.step, reaction + rule.closes_after / self.step
        minimum = rule.min_callable / self.step
        opens, closes = self.next(raw_opens), self.last(raw_closes)
        moved = opens // self.per_day != raw_opens // self.per_day
        if moved or closes <= opens or self.between(opens, closes) < minimum:
            day = int((max(opens, closes) if closes > opens else opens) // self.per_day)
            while (end := self.end_of_day(day)) is None or self.between(opens, end) < minimum:
                day += 1
            closes = max(closes, end)
        return opens, closes

    def window(self, reaction: float, rule: WindowRule, look_back: int) -> tuple[float, float]:
        """The rule, and no earlier deadline than any reaction of the days before."""
        opens, closes = self.literal(reaction, rule)
        hair = 2.0**-20
        earlier = [reaction - back - shift for back in range(look_back * self.per_day) for shift in (0, hair)]
        return opens, max(closes, *(self.literal(position, rule)[1] for position in earlier))


def test_window_equals_the_oracle_on_every_quarter_hour_of_three_years():
    seasons = {
        date(year, month, day): "休"
        for year in range(2024, 2029)
        for month, days in ((8, range(13, 17)), (12, range(29, 32)), (1, range(1, 4)))
        for day in days
    }
    holidays = {day: name for year in range(2024, 2029) for day, name in public_holidays(year).items()}
    table = BusinessCalendar(closures=seasons, holidays=holidays)
    oracle = Oracle(table, date(2024, 12, 1), 1170, timedelta(minutes=15))
    rule, compared, latest = WindowRule(), 0, jst("2025-01-01T00:00")
    for step in range(31 * 96, (31 + 1095) * 96):
        if not oracle.open[step]:
            continue
        window = window_for(oracle.moment(step).astimezone(UTC), CALENDAR, rule)
        opens, closes = oracle.literal(step, rule)
        assert (window.opens_at, window.closes_at) == (oracle.moment(opens), oracle.moment(closes)), window
        assert window.callable_hours == oracle.between(opens, closes) / 4 >= 4
        assert window.closes_at >= latest
        latest, compared = window.closes_at, compared + 1
    assert compared > 20_000


# What must hold for any calendar

DAYS = [date(2026, 6, 1) + timedelta(days=offset) for offset in range(28)]
BLOCKS = [
    (),
    ((time(9), time(12)), (time(13), time(18))),
    ((time(9), time(12)),),
    ((time(13), time(15)),),
    ((time(16, 30), time(17)),),
    ((time(0), time(2)), (time(8, 30), time(9)), (time(22), time(23, 30))),
]
half_hours = st.integers(0, 14 * 48).map(lambda count: jst("2026-06-03T00:00") + count * timedelta(minutes=30))
any_moment = st.datetimes(datetime(2026, 6, 3), datetime(2026, 6, 20), timezones=st.just(JST))  # noqa: DTZ001  bounds


@st.composite
def calendars(draw):
    hours = dict(enumerate(draw(st.lists(st.sampled_from(BLOCKS), min_size=7, max_size=7).filter(any))))
    closures = dict.fromkeys(draw(st.sets(st.sampled_from(DAYS), max_size=12)), "休業")
    return BusinessCalendar(hours=hours, closures=closures, holidays={}, works_on=frozenset({OBON, YEAR_END}))


@st.composite
def rules(draw):
    opens, length, minimum = draw(st.integers(0, 96)), draw(st.integers(1, 144)), draw(st.integers(0, 24))
    half_hour = timedelta(minutes=30)
    return WindowRule(opens * half_hour, (opens + length) * half_hour, minimum * half_hour)


usual_rules = st.just(WindowRule()) | rules()


@given(calendars(), usual_rules, st.lists(any_moment | half_hours, min_size=2, max_size=8))
def test_later_reaction_never_gets_an_earlier_deadline(calendar, rule, reactions):
    windows = [window_for(reaction, calendar, rule) for reaction in sorted(reactions)]
    assert [window.opens_at for window in windows] == sorted(window.opens_at for window in windows)
    assert [window.closes_at for window in windows] == sorted(window.closes_at for window in windows)


@given(calendars(), usual_rules, any_moment | half_hours)
def test_window_is_never_empty_nor_under_its_minimum(calendar, rule, reaction):
    window = window_for(reaction, calendar, rule)
    assert window.raw_opens_at <= window.opens_at < window.closes_at
    assert window.callable_hours >= rule.min_callable / timedelta(hours=1)
    assert window.callable_hours == calendar.callable_minutes(window.opens_at, window.closes_at) / 60 > 0
    assert calendar.is_callable(window.opens_at)
    assert calendar.last_callable(window.closes_at) == window.closes_at


@given(calendars(), usual_rules, any_moment)
def test_raw_window_is_exact_whatever_the_calendar(calendar, rule, reaction):
    window = window_for(reaction, calendar, rule)
    assert window.reaction_at == reaction
    assert window.raw_opens_at - reaction == rule.opens_after
    assert window.raw_closes_at - reaction == rule.closes_after


@given(calendars(), usual_rules, any_moment | half_hours)
def test_window_moves_only_with_a_reason(calendar, rule, reaction):
    window = window_for(reaction, calendar, rule)
    moved = (window.opens_at, window.closes_at) != (window.raw_opens_at, window.raw_closes_at)
    assert bool(window.reasons) is moved


@settings(max_examples=60)
@given(calendars(), usual_rules, half_hours)
def test_window_equals_the_oracle_for_any_calendar(calendar, rule, reaction):
    oracle = Oracle(calendar, date(2026, 5, 11), 110, timedelta(minutes=30))
    opens, closes = oracle.window(oracle.position(reaction), rule, look_back=12)
    window = window_for(reaction, calendar, rule)
    assert (window.opens_at, window.closes_at) == (oracle.moment(opens), oracle.moment(closes))


@given(st.sets(st.sampled_from(DAYS), max_size=12), half_hours)
def test_office_week_with_any_closures_follows_the_plain_rule(closures, reaction):
    calendar = BusinessCalendar(OFFICE_WEEK, {}, dict.fromkeys(closures, "休業"))
    oracle = Oracle(calendar, date(2026, 5, 11), 110, timedelta(minutes=30))
    opens, closes = oracle.literal(oracle.position(reaction), WindowRule())
    window = window_for(reaction, calendar)
    assert (window.opens_at, window.closes_at) == (oracle.moment(opens), oracle.moment(closes))
