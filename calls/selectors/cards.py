"""What a card shows of a lead: the follow-up it is owed, what is known, what was said, the script."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from calls.models import FACTS, Call, FactState, FollowUp, Hearing, Script, ScriptVersion
from leads.models import DoNotCall, Lead, PastCall, PhoneNumber
from leads.selectors import Entry, timeline_of

STORY = 100

HEARING_EXTRAS = {
    "decision_maker": ("decision_maker_name",),
    "timing": ("timing_month",),
    "budget": ("budget_yen",),
}


def live_follow_up(lead: Lead) -> FollowUp | None:
    """The one follow-up this lead is owed, if any."""
    return FollowUp.objects.live().filter(lead=lead).select_related("rep").first()


def hearing_for_lead(lead: Lead) -> dict[str, dict[str, Any]]:
    """The current picture: for each fact its newest answer, else whether it was asked in vain, else not asked.

    Each entry has `state`, `value`, `display`, `heard_at`, `changed` (the answer before differed), `previous`,
    `is_from_list` (a list told it, of a time before the lead came to us) and the extra fields of the fact. Most recent
    first, what lists told last of all; two queries.
    """
    picture = {fact: _blank_fact() for fact in FACTS}
    for hearing in Hearing.objects.filter(lead=lead).order_by("-heard_at", "-pk"):
        for fact, entry in picture.items():
            _merge_fact(entry, hearing, fact)
    for call in past_calls_for_lead(lead):
        for fact, entry in picture.items():
            if call.hearing.get(fact):
                _merge_fact(entry, _as_hearing(call), fact, is_from_list=True)
    return picture


def past_calls_for_lead(lead: Lead, limit: int = STORY) -> QuerySet[PastCall]:
    """Calls a list tells of, newest first, those without a date last."""
    calls = PastCall.objects.filter(lead=lead).select_related("lead_import__lead_list")
    return calls.order_by(F("called_at").desc(nulls_last=True), "-pk")[:limit]


def _as_hearing(call: PastCall) -> Hearing:
    """What a list told as if a call of ours had heard it (unsaved)."""
    facts = {fact: value for fact, value in call.hearing.items() if fact in (*FACTS, "decision_maker_name")}
    states = {f"{fact}_state": FactState.ANSWERED for fact in FACTS if call.hearing.get(fact)}
    return Hearing(lead_id=call.lead_id, heard_at=call.called_at, **facts, **states)


def _blank_fact() -> dict[str, Any]:
    return {
        "state": FactState.NOT_ASKED,
        "value": "",
        "display": "",
        "heard_at": None,
        "changed": False,
        "previous": "",
        "is_from_list": False,
    }


def _merge_fact(entry: dict[str, Any], hearing: Hearing, fact: str, *, is_from_list: bool = False) -> None:
    state, value = getattr(hearing, f"{fact}_state"), getattr(hearing, fact)
    if state == FactState.ANSWERED and entry["state"] == FactState.ANSWERED:
        if not entry["previous"] and value != entry["value"]:
            entry.update(changed=True, previous=_display(hearing, fact))
    elif state == FactState.ANSWERED or (state == FactState.UNKNOWN and entry["state"] == FactState.NOT_ASKED):
        entry.update(state=state, value=value, display=_display(hearing, fact), heard_at=hearing.heard_at)
        entry["is_from_list"] = is_from_list
        entry.update({extra: getattr(hearing, extra) for extra in HEARING_EXTRAS.get(fact, ())})


def _display(hearing: Hearing, fact: str) -> str:
    getter = getattr(hearing, f"get_{fact}_display", None)
    return str(getter()) if getter else getattr(hearing, fact)


def history_for_lead(lead: Lead, limit: int = 20) -> QuerySet[Call]:
    """Calls on a lead, newest first, with everything a card shows of them."""
    calls = Call.objects.filter(lead=lead).select_related("rep", "outcome", "phone", "hearing")
    return calls.order_by("-called_at", "-pk")[:limit]


def active_script(kind: str) -> ScriptVersion | None:
    """The newest version of the active script for first or second calls."""
    scripts = Script.objects.filter(kind=kind, is_active=True)
    return ScriptVersion.objects.filter(script__in=scripts).order_by("-script_id", "-number").first()


def phones_with_blocks(lead: Lead) -> list[PhoneNumber]:
    """The lead's numbers in the order they are tried, each with `is_blocked`; faxes last."""
    blocked = DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.NUMBER, e164=OuterRef("e164"))
    phones = PhoneNumber.objects.filter(lead=lead).annotate(is_blocked=Exists(blocked.exclude(e164="")))
    return sorted(phones, key=lambda phone: (phone.label == "fax", not phone.is_valid, phone.position, phone.pk))


@dataclass(frozen=True)
class CallEntry:
    """One call in a lead's story, beside the entries of `leads.selectors.timeline_of`."""

    at: dt.datetime
    row: Call
    kind: str = "call"


def story_of(lead: Lead) -> list[CallEntry | Entry]:
    """Everything that happened with a lead, newest first: calls, signals, stages, blocks, edits.

    A call comes after what followed from it at the same moment, so that read upwards the cause stands first.
    """
    calls = [CallEntry(call.called_at, call) for call in history_for_lead(lead, STORY)]
    return sorted([*timeline_of(lead), *calls], key=lambda entry: (entry.at, entry.kind != "call"), reverse=True)
