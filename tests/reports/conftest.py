"""The clock of the report pages, and the worked example as rows."""

import datetime as dt

import pytest

from config import clock
from reports.periods import Period
from reports.selectors import ReportFilter
from tests.reports.facts import make_list, make_vector, tokyo

JUNE = Period(dt.date(2026, 6, 1), dt.date(2026, 6, 30))


@pytest.fixture
def after_june(monkeypatch) -> dt.datetime:
    """The pages' clock stands at 15 July: everything of June has ripened."""
    moment = tokyo(7, 15)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment


@pytest.fixture
def june(after_june) -> ReportFilter:
    """June of everything."""
    return ReportFilter(user=None, period=JUNE, as_of=after_june)


@pytest.fixture
def vector(team, rep, field_sales):
    """The worked example, on 8 June; its list."""
    lead_list = make_list(team)
    make_vector(rep, field_sales, lead_list, day=tokyo(6, 8, 9))
    return lead_list
