"""What each result counts as, what it must have, and what follows from it (product §3). Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FARTHEST = dt.timedelta(days=366)
"""Nobody plans a call or a meeting further ahead; a later year is a slip of the keyboard."""

CORE_FACTS = ("problem", "decision_maker", "timing", "budget", "concerns")


@dataclass(frozen=True)
class ResultRule:
    """`needs` are fields to fill, `needs_one_of` alternatives, `facts` hearing facts that must be answered."""

    needs: tuple[str, ...] = ()
    needs_one_of: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    needs_next_action: bool = False
    is_reaction: bool = False
    is_terminal: bool = False
    marks_number_invalid: bool = False
    proposes_retry: bool = False
    blocks: bool = False
    stage: str = ""


RULES: dict[str, ResultRule] = {
    "no_answer": ResultRule(needs=("retry_at",), proposes_retry=True),
    "invalid_number": ResultRule(needs=("phone",), marks_number_invalid=True),
    "wrong_number": ResultRule(needs=("phone",), marks_number_invalid=True),
    "gatekeeper_refused": ResultRule(needs=("memo",), needs_one_of=("retry_at", "reason"), proposes_retry=True),
    "absent": ResultRule(needs=("retry_at",), proposes_retry=True),
    "call_back": ResultRule(needs=("promised_at",)),
    "reaction": ResultRule(needs=("memo",), facts=("problem",), is_reaction=True, stage="follow_up"),
    "hearing_done": ResultRule(needs=("memo",), facts=("problem", "timing"), needs_next_action=True, stage="nurturing"),
    "appointment": ResultRule(
        needs=("appointment_starts_at", "appointment_place", "appointment_participants", "appointment_owner"),
        facts=CORE_FACTS,
        is_terminal=True,
        stage="appointment",
    ),
    "refused": ResultRule(needs=("reason",), facts=("concerns",), is_terminal=True, stage="refused"),
    "do_not_call": ResultRule(
        needs=("block_requested_by", "block_requested_at", "block_words"),
        is_terminal=True,
        blocks=True,
        stage="blocked",
    ),
}


@dataclass(frozen=True)
class Violation:
    """One broken requirement: the field it stands at, a code, and what else the sentence needs."""

    field: str
    code: str


def counts_as_connected(connection: str) -> bool:
    """着電: somebody or something answered at the other end."""
    return connection == "yes"


def counts_as_reached(reached: str) -> bool:
    """担当者接続: the person themself was on the line."""
    return reached == "person"


def leads_to_another_call(result: str) -> bool:
    """Results after which the lead is meant to be called again; refused on a lead that must not be called."""
    rule = RULES[result]
    return not rule.blocks and result not in ("refused", "invalid_number", "wrong_number")


def violations(
    result: str, values: Mapping[str, Any], answered: frozenset[str], *, is_second: bool, now: dt.datetime
) -> list[Violation]:
    """Everything that keeps a call with `result` from being saved, in the order of the form.

    `values` holds the form's fields (empty = missing), `answered` the hearing facts answered on this call or known
    from an earlier one.
    """
    rule = RULES[result]
    found = [Violation(field, "required") for field in rule.needs if not values.get(field)]
    if rule.needs_one_of and not any(values.get(field) for field in rule.needs_one_of):
        found.append(Violation(rule.needs_one_of[0], "retry_or_route"))
    found += [Violation(fact, "fact_required") for fact in rule.facts if fact not in answered]
    if (rule.needs_next_action or (rule.is_reaction and is_second)) and not values.get("next_action_kind"):
        found.append(Violation("next_action_kind", "required"))
    if values.get("next_action_kind") and not values.get("next_action_due_at"):
        found.append(Violation("next_action_due_at", "required"))
    for field in ("retry_at", "promised_at", "next_action_due_at", "appointment_starts_at"):
        if values.get(field) and values[field] <= now:
            found.append(Violation(field, "in_past"))
            continue
        if values.get(field) and values[field] > now + FARTHEST:
            found.append(Violation(field, "too_far"))
    if values.get("revive_on") and values["revive_on"] <= now.date():
        found.append(Violation("revive_on", "in_past"))
    if values.get("block_requested_at") and values["block_requested_at"] > now:
        found.append(Violation("block_requested_at", "in_future"))
    return found
