import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.dates import BadDateError, parse_date, parse_when, parse_without_year

FIRST_OF_APRIL = dt.date(2026, 4, 1)


@pytest.mark.parametrize(
    "text",
    [
        "2026/4/1",
        "2026/04/01",
        "2026.4.1",
        "2026-04-01",
        "20260401",
        "2026年4月1日",
        "２０２６年４月１日",
        "2026年4月1日(水)",
        "2026/4/1 水曜日",
        "令和8年4月1日",
        "令和８年４月１日",
        "R8.4.1",
        "r8/4/1",
        "R08.04.01",
        "46113",
        "46113.0",
        "2026-04-01 00:00:00",
        "2026/4",
        "2026年4月",
    ],
)
def test_date_in_any_shape_is_the_same(text):
    assert parse_when(text) == FIRST_OF_APRIL


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026/4/1 9:05", 9, 5),
        ("2026年4月1日 10時30分", 10, 30),
        ("2026/4/1 午後3時", 15, 0),
        ("2026/4/1 3:20 PM", 15, 20),
        ("2026-04-01T10:00:00+09:00", 10, 0),
        ("2026-04-01T01:00:00Z", 10, 0),
        ("202604011030", 10, 30),
        ("46113.5", 12, 0),
    ],
)
def test_time_is_read_as_japanese_time(text, hour, minute):
    moment = parse_when(text)
    assert (moment.date(), moment.hour, moment.minute, moment.tzinfo) == (FIRST_OF_APRIL, hour, minute, None)
    assert parse_date(text) == FIRST_OF_APRIL


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("令和元年5月1日", dt.date(2019, 5, 1)),
        ("平成31年4月30日", dt.date(2019, 4, 30)),
        ("平成元年1月8日", dt.date(1989, 1, 8)),
        ("S64.1.7", dt.date(1989, 1, 7)),
        ("大正15年1月1日", dt.date(1926, 1, 1)),
    ],
)
def test_eras_are_counted(text, day):
    assert parse_when(text) == day


@pytest.mark.parametrize(
    "text", ["2026/2/30", "2026/13/1", "2026/4/1 25:00", "平成40年1月1日", "令和元年4月1日", "20260231"]
)
def test_date_that_never_was_is_refused(text):
    with pytest.raises(BadDateError) as caught:
        parse_when(text)
    assert caught.value.code == "date_impossible"


@pytest.mark.parametrize("text", ["4/1", "3-1", "26/4/1", "来週", "99999", "1", "2026/4/1 頃", "Apr 1 2026"])
def test_date_that_could_mean_anything_is_not_guessed(text):
    with pytest.raises(BadDateError) as caught:
        parse_when(text)
    assert caught.value.code == "date_unreadable"


def test_blank_is_no_date():
    assert parse_when(" ") is None


@given(st.dates(dt.date(1955, 1, 1), dt.date(2099, 12, 31)))
def test_every_day_survives_every_spelling(day):
    serial = (day - dt.date(1899, 12, 30)).days
    spellings = [f"{day:%Y/%m/%d}", f"{day.year}.{day.month}.{day.day}", f"{day:%Y%m%d}", str(serial), day.isoformat()]
    if day >= dt.date(2019, 5, 1):
        spellings.append(f"令和{day.year - 2018}年{day.month}月{day.day}日")
    assert {parse_when(text) for text in spellings} == {day}


@given(st.text("0123456789/.-年月日時分令和RHS: T+Z", max_size=24))
def test_any_text_is_a_date_or_refused(text):
    with contextlib.suppress(BadDateError):
        assert parse_when(text) is None or parse_date(text)


TODAY = dt.date(2026, 11, 24)


@pytest.mark.parametrize(
    ("text", "behind", "ahead"),
    [
        ("11月19日", dt.date(2026, 11, 19), dt.date(2027, 11, 19)),
        ("11/24", TODAY, TODAY),
        ("12/1(火) 15:00", dt.datetime(2025, 12, 1, 15), dt.datetime(2026, 12, 1, 15)),  # noqa: DTZ001  as lists are
        ("2/29", dt.date(2024, 2, 29), dt.date(2028, 2, 29)),
        ("13/1", None, None),
        ("26/4/1", None, None),
        ("1.5", None, None),
    ],
)
def test_year_is_the_nearest(text, behind, ahead):
    assert parse_without_year(text, TODAY, ahead=False) == behind
    assert parse_without_year(text, TODAY, ahead=True) == ahead


@given(st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)), st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)))
def test_year_is_guessed_on_the_right_side_of_today(day, today):
    text = f"{day.month}/{day.day}"
    behind = parse_without_year(text, today, ahead=False)
    ahead = parse_without_year(text, today, ahead=True)

    assert behind <= today <= ahead
    assert {(found.month, found.day) for found in (behind, ahead)} == {(day.month, day.day)}
