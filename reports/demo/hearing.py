"""What is known of a lead from its calls, and the fields of a call's form as the outcome rules name them."""

import datetime as dt
from typing import Any

from calls.outcomes import CORE_FACTS
from reports.demo.records import Call, Lead, Phone, Talk

FACTS = (*CORE_FACTS, "background", "approval_process", "competitors")


def heard_facts(call: Call) -> dict[str, Any]:
    """Facts answered on this call; nothing is heard from somebody who was not reached."""
    if not call.is_reached:
        return {}
    return {fact: entry["value"] for fact, entry in call.talk.hearing.items() if entry["state"] == "answered"}


def picture(lead: Lead) -> dict[str, dict[str, Any]]:
    """Each fact's newest answer, else whether it was asked in vain, else not asked."""
    found: dict[str, dict[str, Any]] = {fact: {"state": "not_asked", "value": ""} for fact in FACTS}
    for call in reversed(lead.calls):
        for fact, entry in call.talk.hearing.items() if call.is_reached else ():
            known = found[fact]["state"]
            if known != "answered" and (entry["state"] == "answered" or known == "not_asked"):
                found[fact] = {"value": "", **entry}
    return found


def form_values(talk: Talk, phone: Phone | None, at: dt.datetime) -> dict[str, Any]:
    """The fields of the form, by the names `calls.outcomes` knows them."""
    meeting, block = talk.meeting, talk.block
    return {
        "phone": phone,
        "memo": talk.memo,
        "reason": talk.reason,
        "retry_at": talk.retry_at,
        "promised_at": talk.promised_at,
        "next_action_kind": talk.action_kind,
        "next_action_due_at": talk.action_due_at,
        "appointment_starts_at": meeting and meeting.starts_at,
        "appointment_place": meeting and meeting.place,
        "appointment_participants": meeting and meeting.participants,
        "appointment_owner": meeting and meeting.owner,
        "block_requested_by": block and block.requested_by,
        "block_requested_at": block and at,
        "block_words": block and block.words,
    }
