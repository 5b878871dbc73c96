"""Callable time: hours, holidays, seasons, closures and what each day says about itself."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.calendar import (
    AFTER_HOURS,
    CLOSURE,
    DAY_OFF,
    HOLIDAY,
    JST,
    LUNCH,
    OBON,
    OFFICE_WEEK,
    WEEKEND,
    YEAR_END,
    BusinessCalendar,
    ClosedReason,
    NoCallableTimeError,
    public_holidays,
)

CALENDAR = BusinessCalendar()
MORNING = ((time(9), time(12)),)


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("day", "code", "name"),
    [
        ("2026-06-05", None, ""),
        ("2026-06-06", WEEKEND, ""),
        ("2026-05-03", WEEKEND, ""),  # Constitution Day on a Sunday
        ("2026-05-06", HOLIDAY, "憲法記念日 振替休日"),
        ("2026-09-22", HOLIDAY, "国民の休日"),
        ("2027-03-22", HOLIDAY, "春分の日 振替休日"),
        ("2026-08-11", HOLIDAY, "山の日"),
        ("2026-08-12", None, ""),
        ("2026-08-13", OBON, ""),
        ("2026-08-15", WEEKEND, ""),
        ("2026-08-17", None, ""),
        ("2026-12-28", None, ""),
        ("2026-12-29", YEAR_END, ""),
        ("2026-01-01", YEAR_END, ""),
        ("2027-01-04", None, ""),
    ],
)
def test_closed_reason_of_a_day(day, code, name):
    expected = ClosedReason(code, name) if code else None
    assert CALENDAR.closed_reason(date.fromisoformat(day)) == expected
    assert CALENDAR.business_day(date.fromisoformat(day)) is (code is None)


@pytest.mark.parametrize(("year", "count"), [(2026, 18), (2027, 17)])
def test_public_holidays_of_a_year(year, count):
    assert len(public_holidays(year)) == count


def test_closure_closes_its_day_by_its_name():
    calendar = replace(CALENDAR, closures={date(2026, 6, 5): "創立記念日"})
    assert calendar.closed_reason(date(2026, 6, 5)) == ClosedReason(CLOSURE, "創立記念日")
    assert calendar.next_callable(jst("2026-06-05T10:00")) == jst("2026-06-08T09:00")


def test_holiday_table_replaces_the_built_in_one():
    calendar = BusinessCalendar(holidays={date(2026, 6, 4): "臨時の祝日"})
    assert calendar.closed_reason(date(2026, 6, 4)) == ClosedReason(HOLIDAY, "臨時の祝日")
    assert calendar.business_day(date(2026, 5, 6))


def test_works_on_opens_a_season_but_not_the_weekend_in_it():
    bank = BusinessCalendar(works_on=frozenset({OBON}))
    assert bank.business_day(date(2026, 8, 13))
    assert not bank.business_day(date(2026, 8, 15))
    assert not bank.business_day(date(2026, 12, 30))


def test_open_date_beats_everything_that_would_close_it():
    saturday = date(2026, 8, 15)
    calendar = BusinessCalendar(closures={saturday: "全社休業"}, open_dates=frozenset({saturday}))
    assert calendar.closed_reason(saturday) is None
    assert calendar.is_callable(jst("2026-08-15T09:00"))
    assert not calendar.is_callable(jst("2026-08-15T12:30"))


def test_weekday_without_hours_is_a_day_off():
    calendar = BusinessCalendar(hours={**OFFICE_WEEK, 2: (), 5: MORNING})
    assert calendar.closed_reason(date(2026, 6, 3)) == ClosedReason(DAY_OFF)
    assert calendar.is_callable(jst("2026-06-06T11:59"))
    assert not calendar.is_callable(jst("2026-06-06T13:00"))


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("2026-06-05T08:59", AFTER_HOURS),
        ("2026-06-05T09:00", None),
        ("2026-06-05T11:59", None),
        ("2026-06-05T12:00", LUNCH),
        ("2026-06-05T13:00", None),
        ("2026-06-05T17:59", None),
        ("2026-06-05T18:00", AFTER_HOURS),
        ("2026-06-06T10:00", WEEKEND),
    ],
)
def test_closed_reason_at_a_moment(moment, code):
    reason = CALENDAR.closed_reason_at(jst(moment))
    assert (reason.code if reason else None) == code
    assert CALENDAR.is_callable(jst(moment)) is (code is None)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-06-05T10:00", "2026-06-05T10:00"),
        ("2026-06-05T12:00", "2026-06-05T13:00"),
        ("2026-06-05T18:00", "2026-06-08T09:00"),
        ("2026-06-05T00:30", "2026-06-05T09:00"),  # the day before in UTC
        ("2026-05-01T18:00", "2026-05-07T09:00"),
        ("2026-12-28T18:00", "2027-01-04T09:00"),
        ("2028-02-28T19:00", "2028-02-29T09:00"),
    ],
)
def test_next_callable(moment, expected):
    assert CALENDAR.next_callable(jst(moment)) == jst(expected)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-06-05T10:00", "2026-06-05T10:00"),
        ("2026-06-05T12:00", "2026-06-05T12:00"),
        ("2026-06-05T12:30", "2026-06-05T12:00"),
        ("2026-06-05T13:00", "2026-06-05T12:00"),
        ("2026-06-05T18:00", "2026-06-05T18:00"),
        ("2026-06-08T09:00", "2026-06-05T18:00"),
        ("2026-05-07T09:00", "2026-05-01T18:00"),
    ],
)
def test_last_callable(moment, expected):
    assert CALENDAR.last_callable(jst(moment)) == jst(expected)


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "minutes"),
    [
        ("2026-06-05T09:00", "2026-06-05T18:00", 480),
        ("2026-06-05T11:30", "2026-06-05T13:30", 60),
        ("2026-06-05T15:00", "2026-06-08T10:00", 240),
        ("2026-06-05T10:00", "2026-06-05T10:00", 0),
        ("2026-06-05T11:00", "2026-06-05T10:00", 0),
        ("2026-05-01T18:00", "2026-05-07T09:00", 0),
    ],
)
def test_callable_minutes(opens_at, closes_at, minutes):
    assert CALENDAR.callable_minutes(jst(opens_at), jst(closes_at)) == minutes


def test_any_time_zone_gives_the_same_answer():
    in_utc = datetime(2026, 6, 4, 15, 30, tzinfo=UTC)  # 00:30 on the fifth in Japan
    assert CALENDAR.next_callable(in_utc) == jst("2026-06-05T09:00")
    assert CALENDAR.callable_minutes(in_utc, in_utc + timedelta(hours=24)) == 480


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-06-05", 0, "2026-06-05"),
        ("2026-06-06", 0, "2026-06-08"),
        ("2026-06-05", 1, "2026-06-08"),
        ("2026-05-01", 2, "2026-05-08"),
        ("2026-05-07", -1, "2026-05-01"),
    ],
)
def test_add_business_days(day, count, expected):
    assert CALENDAR.add_business_days(date.fromisoformat(day), count) == date.fromisoformat(expected)


def test_moment_without_time_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        CALENDAR.is_callable(datetime(2026, 6, 5, 10))  # noqa: DTZ001  the mistake under test


@pytest.mark.parametrize(
    "hours",
    [{}, {0: ()}, {7: MORNING}, {0: ((time(12), time(9)),)}, {0: ((time(9), time(12)), (time(11), time(18)))}],
)
def test_senseless_hours_are_refused(hours):
    with pytest.raises(ValueError, match=r"[Hh]ours"):
        BusinessCalendar(hours=hours)


def test_calendar_that_never_opens_says_so():
    every_day = {date(2026, 1, 1) + timedelta(days=offset): "休業" for offset in range(1500)}
    with pytest.raises(NoCallableTimeError):
        BusinessCalendar(closures=every_day).next_callable(jst("2026-01-05T09:00"))


@given(st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(JST)))  # noqa: DTZ001  bounds
def test_next_and_last_enclose_only_closed_time(moment):
    before, after = CALENDAR.last_callable(moment), CALENDAR.next_callable(moment)
    assert before <= moment <= after
    assert CALENDAR.is_callable(after)
    assert CALENDAR.callable_minutes(before, after) == 0
