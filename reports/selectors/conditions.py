"""Which rows each count counts, written once: the figures aggregate these conditions, the row pages filter by them.

Activity basis: the event itself happened in the period. Cohort basis: the reaction happened in the period, and the
event by now. First calls, leads and costs have no reaction; on either basis they are those of the period.
"""

from django.db.models import F, Q

from calls.models import Call
from calls.models.call import Connection, Reached
from reports.selectors.filters import Basis, ReportFilter

# The time stamp of each follow-up count.
FOLLOW_UP_EVENTS = {
    "follow_ups_opened": "reaction_at",
    "windows_closed": "closes_at",
    "on_time_stored": "closes_at",
    "on_time_raw": "closes_at",
    "follow_ups_attempted": "first_attempted_at",
    "follow_ups_reached": "connected_at",
    "appointments": "appointment_at",
    "appointments_held": "held_at",
    "opportunities": "opportunity_at",
    "won": "won_at",
}
_ON_TIME = {
    "on_time_stored": Q(first_attempted_at__gte=F("opens_at"), first_attempted_at__lte=F("closes_at")),
    "on_time_raw": Q(first_attempted_at__gte=F("raw_opens_at"), first_attempted_at__lte=F("raw_closes_at")),
}
_FIRST, _SECOND = Q(kind=Call.Kind.FIRST), Q(kind=Call.Kind.SECOND)
_PERSON = Q(reached=Reached.PERSON)
FIRST_CALLS = {
    "leads_first_called": _FIRST,
    "first_calls": _FIRST,
    "first_leads_reached": _FIRST & _PERSON,
}
SECOND_CALLS = {
    "second_calls": _SECOND,
    "second_calls_connected": _SECOND & Q(connection=Connection.YES),
    "second_calls_reached": _SECOND & _PERSON,
}
CALLED_LEADS = ("leads_first_called", "first_leads_reached")
"""Counted as leads, not as calls."""


CALLS = {**FIRST_CALLS, **SECOND_CALLS}


def follow_up_condition(report: ReportFilter, code: str) -> Q:
    """What sets this count apart; `follow_up_span` always goes with it."""
    field = FOLLOW_UP_EVENTS[code]
    if report.basis == Basis.ACTIVITY:
        return report.during(field) & _ON_TIME.get(code, Q())
    return Q(**{f"{field}__lte": report.as_of}) & _ON_TIME.get(code, Q())


def follow_up_span(report: ReportFilter) -> Q:
    """What all follow-up counts of a report have in common. No event comes before its reaction."""
    if report.basis == Basis.COHORT:
        return report.during("reaction_at")
    return Q(reaction_at__lt=report.period.closes_at)


def call_span(report: ReportFilter, code: str) -> Q:
    """When a counted call was made, or on the cohort basis when its follow-up's reaction was."""
    if report.basis == Basis.COHORT and code in SECOND_CALLS:
        return report.during("follow_up__reaction_at") & Q(called_at__lte=report.as_of)
    return report.during("called_at")


def won_deal_condition(report: ReportFilter) -> Q:
    """A first call that won the appointment is its own reaction."""
    if report.basis == Basis.ACTIVITY:
        return report.during("won_at")
    reaction = report.during("follow_up__reaction_at") | (Q(follow_up=None) & report.during("appointment_at"))
    return reaction & Q(won_at__lte=report.as_of)


def lead_condition(report: ReportFilter) -> Q:
    """A lead counts from its import on: the stock at the end of the period."""
    return Q(created_at__lt=report.period.closes_at, created_at__lte=report.as_of)
