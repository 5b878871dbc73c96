"""The exact rows behind a count, by the count's code: same conditions, no aggregate."""

from collections.abc import Iterable
from enum import StrEnum

from django.db.models import Count, Q, QuerySet, Sum

from accounts.models import User
from accounts.permissions import Scope
from leads.models import Company, Lead
from reports.kpi import COUNT_UNITS
from reports.selectors import filters
from reports.selectors.conditions import (
    CALLED_LEADS,
    CALLS,
    FOLLOW_UP_EVENTS,
    call_span,
    follow_up_condition,
    follow_up_span,
    lead_condition,
    won_deal_condition,
)
from reports.selectors.filters import ReportFilter
from reports.selectors.tiers import NEWLY_CALLED, newly_called_leads


class Kind(StrEnum):
    """What one row of a list is."""

    LEAD = "lead"
    CALL = "call"
    FOLLOW_UP = "follow_up"
    COMPANY = "company"
    COST = "cost"


DEAL_CODES = ("appointments", "appointments_held", "opportunities", "won", "customers_won")


def kind_of(code: str) -> Kind:
    if code == "leads" or code in CALLED_LEADS or code in NEWLY_CALLED:
        return Kind.LEAD
    if code in FOLLOW_UP_EVENTS:
        return Kind.FOLLOW_UP
    return {"customers_won": Kind.COMPANY, "cost_yen": Kind.COST}.get(code, Kind.CALL)


def countable(report: ReportFilter) -> tuple[str, ...]:
    """Counts this person may see at all: field sales those of their own deals, costs only who sees whole teams."""
    if report.scope is Scope.DEALS:
        return DEAL_CODES
    if report.scope is Scope.OWN:
        return tuple(code for code in COUNT_UNITS if code != "cost_yen")
    return tuple(COUNT_UNITS)


def openable(report: ReportFilter) -> tuple[str, ...]:
    """Counts whose rows this person may open: those of the funnel and those of the page about tiers. A cut by
    temperature is one of follow-ups."""
    codes = countable(report) if report.scope is Scope.DEALS else (*countable(report), *NEWLY_CALLED)
    return tuple(code for code in codes if not report.temperature or kind_of(code) is Kind.FOLLOW_UP)


def rows_for(report: ReportFilter, code: str) -> QuerySet:
    """The rows `code` counted, newest first: as many as the count says. Costs add up to it (`share_of_cost`)."""
    return {
        Kind.LEAD: _leads,
        Kind.CALL: _calls,
        Kind.FOLLOW_UP: _follow_ups,
        Kind.COMPANY: _companies,
        Kind.COST: _costs,
    }[kind_of(code)](report, code)


def visible_leads(user: User | None, lead_ids: Iterable[int]) -> set[int]:
    """Which of these leads the person may open. A figure of theirs may rest on a lead that has moved on since."""
    ids = set(lead_ids)
    if user is None:
        return ids
    return set(Lead.objects.for_user(user).filter(pk__in=ids).values_list("pk", flat=True))


def _leads(report: ReportFilter, code: str) -> QuerySet:
    if code == "leads":
        found = filters.leads(report).filter(lead_condition(report))
    elif code in NEWLY_CALLED:
        found = newly_called_leads(report, code)
    else:
        found = Lead.objects.filter(pk__in=_counted_calls(report, code).values("lead_id"))
    return found.select_related("company", "lead_list", "owner", "team").order_by("-created_at", "-pk")


def _calls(report: ReportFilter, code: str) -> QuerySet:
    found = _counted_calls(report, code)
    return found.select_related("lead__company", "rep", "team", "outcome", "phone").order_by("-called_at", "-pk")


def _counted_calls(report: ReportFilter, code: str) -> QuerySet:
    return filters.calls(report).filter(CALLS[code], call_span(report, code))


def _follow_ups(report: ReportFilter, code: str) -> QuerySet:
    found = filters.follow_ups(report).filter(follow_up_span(report), follow_up_condition(report, code))
    return found.select_related("lead__company", "rep", "team").order_by(f"-{FOLLOW_UP_EVENTS[code]}", "-pk")


def _companies(report: ReportFilter, code: str) -> QuerySet:
    won = filters.called_deals(report).filter(won_deal_condition(report))
    deals = Q(leads__deals__in=won)
    return (
        Company.objects.filter(pk__in=won.values("lead__company_id"))
        .annotate(
            deals_won=Count("leads__deals", filter=deals), amount_won=Sum("leads__deals__amount_yen", filter=deals)
        )
        .order_by("name", "pk")
    )


def _costs(report: ReportFilter, code: str) -> QuerySet:
    return filters.costs(report).select_related("team").order_by("-month", "team__name", "pk")
