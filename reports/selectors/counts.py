"""The raw counts of a selection, for `reports.kpi`: one scan per table, whole or by rep and team."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet

from deals.models import CallingCost
from reports.kpi import Counts
from reports.periods import Period, month_end
from reports.selectors import filters
from reports.selectors.conditions import (
    CALLED_LEADS,
    CALLS,
    FIRST_CALLS,
    FOLLOW_UP_EVENTS,
    SECOND_CALLS,
    call_span,
    follow_up_condition,
    follow_up_span,
    lead_condition,
    won_deal_condition,
)
from reports.selectors.filters import Basis, ReportFilter

LINE_CODES = (*(code for code in CALLS if code not in CALLED_LEADS), *FOLLOW_UP_EVENTS)
"""Counts of rows that each have one rep and one team: they add up, so one scan serves both tables."""


def counts(report: ReportFilter) -> Counts:
    """Every count of the selection."""
    return Counts(
        **_follow_ups(report),
        **_calls(report),
        leads=filters.leads(report).filter(lead_condition(report)).count(),
        customers_won=_customers(report),
        cost_yen=_cost(filters.costs(report), report.period),
    )


def follow_up_counts(report: ReportFilter) -> dict[str, int]:
    """The counts of follow-ups alone."""
    return _follow_ups(report)


def counts_by(report: ReportFilter) -> dict[str, dict[int | None, Counts]]:
    """`LINE_CODES` by `rep` and by `team` (ids; no rep = nobody yet); teams with their cost."""
    found: dict[str, dict[int | None, dict[str, int]]] = {"rep": {}, "team": {}}
    for row in _lines(report):
        for key, table in found.items():
            line = table.setdefault(row[f"{key}_id"], dict.fromkeys(LINE_CODES, 0))
            for code in LINE_CODES:
                line[code] += row.get(code, 0)
    teams = {pk: Counts(**line) for pk, line in found["team"].items()}
    for pk, yen in _costs_by_team(report).items():
        teams[pk] = teams.get(pk, Counts()) + Counts(cost_yen=yen)
    return {"rep": {pk: Counts(**line) for pk, line in found["rep"].items()}, "team": teams}


def share_of_cost(cost: CallingCost, period: Period) -> int:
    """Yen of a month's cost that fall on the period: by calendar days, half a yen rounded up."""
    total = cost.people_yen + cost.agency_yen + cost.tools_yen
    days = month_end(cost.month).day
    return (2 * total * period.days_of_month(cost.month) + days) // (2 * days)


def _follow_ups(report: ReportFilter) -> dict[str, int]:
    return filters.follow_ups(report).filter(follow_up_span(report)).aggregate(**_follow_up_aggregates(report))


def _calls(report: ReportFilter) -> dict[str, int]:
    found = {}
    for codes in _call_scans(report):
        found |= _call_scan(report, codes).aggregate(**_call_aggregates(codes))
    return found


def _lines(report: ReportFilter) -> Iterable[dict[str, Any]]:
    follow_ups = filters.follow_ups(report).filter(follow_up_span(report)).order_by()
    credited = follow_ups.values("team_id", "credited_rep_id").annotate(**_follow_up_aggregates(report))
    yield from ({**line, "rep_id": line.pop("credited_rep_id")} for line in credited)
    keys = ("rep_id", "team_id")
    for codes in _call_scans(report):
        added = [code for code in codes if code in LINE_CODES]
        yield from _call_scan(report, codes).order_by().values(*keys).annotate(**_call_aggregates(added))


def _follow_up_aggregates(report: ReportFilter) -> dict[str, Count]:
    return {code: Count("pk", filter=follow_up_condition(report, code)) for code in FOLLOW_UP_EVENTS}


def _call_scans(report: ReportFilter) -> tuple[tuple[str, ...], ...]:
    """One scan of the period's calls; on the cohort basis second calls are found through their follow-ups instead."""
    if report.basis == Basis.ACTIVITY:
        return (tuple(CALLS),)
    return tuple(FIRST_CALLS), tuple(SECOND_CALLS)


def _call_scan(report: ReportFilter, codes: tuple[str, ...]) -> QuerySet:
    return filters.calls(report).filter(call_span(report, codes[0]))


def _call_aggregates(codes: Iterable[str]) -> dict[str, Count]:
    return {
        code: Count("lead", distinct=True, filter=CALLS[code])
        if code in CALLED_LEADS
        else Count("pk", filter=CALLS[code])
        for code in codes
    }


def _customers(report: ReportFilter) -> int:
    won = filters.called_deals(report).filter(won_deal_condition(report))
    return won.aggregate(found=Count("lead__company", distinct=True))["found"]


def _cost(costs: Iterable[CallingCost], period: Period) -> int | None:
    """None, not zero, where nobody entered a cost."""
    shares = [share_of_cost(cost, period) for cost in costs]
    return sum(shares) if shares else None


def _costs_by_team(report: ReportFilter) -> dict[int, int | None]:
    found = defaultdict(list)
    for cost in filters.costs(report):
        found[cost.team_id].append(cost)
    return {pk: _cost(costs, report.period) for pk, costs in found.items()}
