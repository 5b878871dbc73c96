"""reports.periods: what a preset means today, and what lies before it."""

import datetime as dt

import pytest

from reports.periods import Period, Preset, period_for

D = dt.date
TUESDAY = D(2026, 6, 16)


@pytest.mark.parametrize(
    ("preset", "start", "end", "before", "before_end"),
    [
        ("today", D(2026, 6, 16), D(2026, 6, 16), D(2026, 6, 15), D(2026, 6, 15)),
        ("this_week", D(2026, 6, 15), D(2026, 6, 21), D(2026, 6, 8), D(2026, 6, 14)),
        ("this_month", D(2026, 6, 1), D(2026, 6, 30), D(2026, 5, 1), D(2026, 5, 31)),
        ("last_month", D(2026, 5, 1), D(2026, 5, 31), D(2026, 4, 1), D(2026, 4, 30)),
        ("last_30_days", D(2026, 5, 18), D(2026, 6, 16), D(2026, 4, 18), D(2026, 5, 17)),
        ("this_quarter", D(2026, 4, 1), D(2026, 6, 30), D(2026, 1, 1), D(2026, 3, 31)),
        ("this_fiscal_year", D(2026, 4, 1), D(2027, 3, 31), D(2025, 4, 1), D(2026, 3, 31)),
    ],
)
def test_preset_and_the_period_before(preset, start, end, before, before_end):
    period = period_for(Preset(preset), TUESDAY)

    assert period == Period(start, end)
    assert period.previous == Period(before, before_end)


@pytest.mark.parametrize(
    ("today", "start", "end"),
    [
        (D(2026, 1, 1), D(2025, 4, 1), D(2026, 3, 31)),
        (D(2026, 3, 31), D(2025, 4, 1), D(2026, 3, 31)),
        (D(2026, 4, 1), D(2026, 4, 1), D(2027, 3, 31)),
    ],
)
def test_fiscal_year_begins_in_april(today, start, end):
    assert period_for(Preset.THIS_FISCAL_YEAR, today) == Period(start, end)


def test_last_month_in_january_is_december():
    assert period_for(Preset.LAST_MONTH, D(2026, 1, 15)) == Period(D(2025, 12, 1), D(2025, 12, 31))


def test_days_begin_at_midnight_in_tokyo():
    day = Period(TUESDAY, TUESDAY)

    assert day.opens_at == dt.datetime(2026, 6, 15, 15, tzinfo=dt.UTC)
    assert day.closes_at - day.opens_at == dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("month", "days"), [(D(2026, 5, 1), 0), (D(2026, 6, 1), 16), (D(2026, 7, 1), 31), (D(2026, 8, 1), 3)]
)
def test_days_of_a_month_within_the_period(month, days):
    assert Period(D(2026, 6, 15), D(2026, 8, 3)).days_of_month(month) == days
