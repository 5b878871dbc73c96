"""Facts of calls and hearings, handed down by `calls` as plain values and kept on the lead."""

import datetime as dt
from dataclasses import dataclass

from leads.models import Lead

CALL_FIELDS = [
    "call_count",
    "last_called_at",
    "last_result",
    "last_reached_at",
    "last_reaction_at",
    "problem_recorded_at",
    "refused_at",
    "revive_on",
    "timing",
    "budget",
    "decision_maker",
    "updated_at",
]


@dataclass(frozen=True)
class CallFacts:
    """What one call changes on its lead; None and "" leave a fact as it was."""

    called_at: dt.datetime
    result: str = ""
    reached: bool = False
    reacted: bool = False
    problem: bool = False
    refused: bool = False
    revive_on: dt.date | None = None
    timing: str = ""
    budget: str = ""
    decision_maker: str = ""


def apply_call_facts(*, lead: Lead, facts: CallFacts) -> None:
    """Put the facts of a call on `lead` and save it. The caller re-tiers afterwards."""
    lead.call_count += 1
    if lead.last_called_at is None or lead.last_called_at <= facts.called_at:
        lead.last_called_at, lead.last_result = facts.called_at, facts.result
    if facts.reached:
        lead.last_reached_at = _latest(lead.last_reached_at, facts.called_at)
    if facts.reacted:
        lead.last_reaction_at = _latest(lead.last_reaction_at, facts.called_at)
    if facts.problem:
        lead.problem_recorded_at = _latest(lead.problem_recorded_at, facts.called_at)
    if facts.refused:
        lead.refused_at, lead.revive_on = facts.called_at, facts.revive_on
    lead.timing = facts.timing or lead.timing
    lead.budget = facts.budget or lead.budget
    lead.decision_maker = facts.decision_maker or lead.decision_maker
    lead.save(update_fields=CALL_FIELDS)


def set_next_call(*, lead: Lead, at: dt.datetime | None, is_promise: bool = False) -> None:
    """Keep the moment somebody means to call this lead again, and whether the customer named it."""
    lead.next_call_at, lead.next_call_is_promise = at, is_promise
    lead.save(update_fields=["next_call_at", "next_call_is_promise", "updated_at"])


def _latest(known: dt.datetime | None, moment: dt.datetime) -> dt.datetime:
    return moment if known is None or known < moment else known
