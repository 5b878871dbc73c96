"""The raw counts of a selection, for `reports.kpi`: one scan per table, whole or split by rep or team."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, F, QuerySet

from deals.models import CallingCost
from reports.kpi import Counts
from reports.periods import Period, month_end
from reports.selectors import filters
from reports.selectors.conditions import (
    CALLED_LEADS,
    FIRST_CALLS,
    FOLLOW_UP_EVENTS,
    SECOND_CALLS,
    call_condition,
    call_time,
    follow_up_condition,
    lead_condition,
    won_deal_condition,
)
from reports.selectors.filters import Basis, ReportFilter

Keyed = dict[int | None, dict[str, Any]]


def counts(report: ReportFilter) -> Counts:
    """Every count of the selection."""
    parts = (_follow_ups(report), _calls(report), _leads(report), _customers(report), _costs(report))
    return _merged(parts).get(None, Counts())


def funnel_counts(report: ReportFilter) -> Counts:
    """Only what the seven steps need."""
    return _merged((_follow_ups(report), _calls(report))).get(None, Counts())


def counts_by(report: ReportFilter, key: str) -> dict[int | None, Counts]:
    """The counts of calls, follow-ups and costs by `rep` or `team` (ids; None = nobody yet)."""
    parts = (_follow_ups(report, f"{key}_id"), _calls(report, f"{key}_id"))
    return _merged((*parts, _costs(report, by_team=True)) if key == "team" else parts)


def share_of_cost(cost: CallingCost, period: Period) -> int:
    """Yen of a month's cost that fall on the period: by calendar days, half a yen rounded up."""
    total = cost.people_yen + cost.agency_yen + cost.tools_yen
    days = month_end(cost.month).day
    return (2 * total * period.days_of_month(cost.month) + days) // (2 * days)


def _merged(parts: Iterable[Keyed]) -> dict[int | None, Counts]:
    found: dict[int | None, dict[str, Any]] = defaultdict(dict)
    for part in parts:
        for key, values in part.items():
            found[key].update(values)
    return {key: Counts(**values) for key, values in found.items()}


def _grouped(queryset: QuerySet, key: str | None, aggregates: dict[str, Count]) -> Keyed:
    if key is None:
        return {None: queryset.aggregate(**aggregates)}
    rows = queryset.order_by().values(group_key=F(key)).annotate(**aggregates)
    return {row.pop("group_key"): row for row in rows}


def _follow_ups(report: ReportFilter, key: str | None = None) -> Keyed:
    # No event comes before its reaction: later ones need no look. On the cohort basis the index picks the rows.
    if report.basis == Basis.COHORT:
        rows = filters.follow_ups(report).filter(report.during("reaction_at"))
    else:
        rows = filters.follow_ups(report).filter(reaction_at__lt=report.period.closes_at)
    aggregates = {code: Count("pk", filter=follow_up_condition(report, code)) for code in FOLLOW_UP_EVENTS}
    return _grouped(rows, key, aggregates)


def _calls(report: ReportFilter, key: str | None = None) -> Keyed:
    """One scan of the period's calls; on the cohort basis second calls are found through their follow-ups instead."""
    if report.basis == Basis.ACTIVITY:
        return _count_calls(report, key, (*FIRST_CALLS, *SECOND_CALLS))
    found: Keyed = defaultdict(dict)
    for codes in (FIRST_CALLS, SECOND_CALLS):
        for group, values in _count_calls(report, key, tuple(codes)).items():
            found[group].update(values)
    return found


def _count_calls(report: ReportFilter, key: str | None, codes: tuple[str, ...]) -> Keyed:
    rows = filters.calls(report).filter(call_time(report, codes[-1]))
    aggregates = {
        code: Count("lead" if code in CALLED_LEADS else "pk", distinct=code in CALLED_LEADS, filter=condition)
        for code in codes
        for condition in [call_condition(report, code)]
    }
    return _grouped(rows, key, aggregates)


def _leads(report: ReportFilter) -> Keyed:
    return {None: {"leads": filters.leads(report).filter(lead_condition(report)).count()}}


def _customers(report: ReportFilter) -> Keyed:
    won = filters.called_deals(report).filter(won_deal_condition(report))
    return {None: won.aggregate(customers_won=Count("lead__company", distinct=True))}


def _costs(report: ReportFilter, *, by_team: bool = False) -> Keyed:
    """None, not zero, where nobody entered a cost."""
    found: Keyed = {}
    for cost in filters.costs(report):
        entry = found.setdefault(cost.team_id if by_team else None, {"cost_yen": 0})
        entry["cost_yen"] += share_of_cost(cost, report.period)
    return found
