"""What follows from a saved call: number, facts, follow-up, next action, block, stage, tier. Part of `log_call`."""

import datetime as dt

from django.conf import settings

from accounts.models import User
from calls.calendar import JST
from calls.inputs import CallInput
from calls.models import Call, FollowUp, Hearing, NextAction
from calls.outcomes import RULES, counts_as_reached
from calls.selectors import business_calendar
from calls.services.follow_ups import State, change_state, open_follow_up
from leads.models import Lead, Signal, SignalKind, Stage
from leads.services.blocks import block_lead, block_number
from leads.services.facts import CallFacts, apply_call_facts, set_next_call
from leads.services.phones import mark_invalid
from leads.services.stages import move_stage
from leads.services.tiers import retier_lead
from leads.stages import can_move


def apply(
    *,
    lead: Lead,
    call: Call,
    hearing: Hearing | None,
    follow_up: FollowUp | None,
    data: CallInput,
    by: User,
    now: dt.datetime,
) -> FollowUp | None:
    """Everything a call changes besides itself, in lock order lead → follow-up. Returns the follow-up it is about."""
    rule = RULES[call.result]
    _mark_number(call, by, now)
    lead.refresh_from_db(fields=["is_blocked", "has_callable_phone"])
    apply_call_facts(lead=lead, facts=_facts(call, hearing, data, rule.is_reaction))
    if rule.is_reaction:
        Signal.objects.create(lead=lead, kind=SignalKind.CALL_REACTION, occurred_at=now, created_by=by)
    _owe_next_action(call, data, by)
    if follow_up:
        _serve(follow_up, call, data, by, now)
    elif rule.is_reaction:
        retier_lead(lead=lead, now=now)  # the reaction counts for the tier its follow-up is planned by
        follow_up = open_follow_up(lead=lead, reaction_at=now, by=by, now=now, reaction_call=call)
    _plan_next_call(lead, call, data, follow_up)
    _move_lead(lead, rule.stage or _stage_without_result(lead, follow_up), by, now)
    if rule.blocks and data.block:
        _block(lead, call, data, by, now)
    _take_ownership(lead, by)
    retier_lead(lead=lead, now=now)
    return follow_up


def _mark_number(call: Call, by: User, now: dt.datetime) -> None:
    if RULES[call.result].marks_number_invalid and call.phone:
        reason = {"fax": "fax", "wrong_number": "wrong_number"}.get(call.outcome.code, "out_of_service")
        mark_invalid(phone=call.phone, reason=reason, by=by, now=now)


def _facts(call: Call, hearing: Hearing | None, data: CallInput, reacted: bool) -> CallFacts:
    return CallFacts(
        called_at=call.called_at,
        result=call.result,
        reached=counts_as_reached(call.reached),
        reacted=reacted,
        problem=bool(hearing and hearing.problem),
        refused=call.result in ("refused", "do_not_call"),
        revive_on=data.revive_on,
        timing=hearing.timing if hearing else "",
        budget=hearing.budget if hearing else "",
        decision_maker=hearing.decision_maker if hearing else "",
    )


def _owe_next_action(call: Call, data: CallInput, by: User) -> None:
    """A new call settles the follow-up calls that were owed; what it promises is owed from now on."""
    owed_calls = NextAction.objects.open().filter(lead_id=call.lead_id, kind=NextAction.Kind.FOLLOW_UP_CALL)
    owed_calls.update(done_at=call.called_at)
    if RULES[call.result].is_terminal:
        NextAction.objects.open().filter(lead_id=call.lead_id).update(cancelled_at=call.called_at)
    elif data.next_action_kind:
        NextAction.objects.create(
            lead_id=call.lead_id,
            call=call,
            kind=data.next_action_kind,
            owner=by,
            due_at=data.next_action_due_at,
            note=data.next_action_note,
        )


def _serve(follow_up: FollowUp, call: Call, data: CallInput, by: User, now: dt.datetime) -> None:
    """What a second call does to its follow-up."""
    stamps: dict = {
        "attempts": follow_up.attempts + 1,
        "first_attempted_at": follow_up.first_attempted_at or now,
        "rep": by,
        "retry_at": call.retry_at,
        "promised_at": call.promised_at,
        "planned_at": call.promised_at or call.retry_at or data.next_action_due_at,
        "plan_reasons": [{"code": _plan_code(call)}],
        "needs_plan": False,
    }
    if follow_up.attempted_by_id is None:
        stamps |= {"attempted_by": by, "is_agency": by.is_agency}
    if counts_as_reached(call.reached):
        stamps["connected_at"] = follow_up.connected_at or now
    if call.result == "appointment":
        stamps["appointment_at"] = follow_up.appointment_at or now
    to, reason = _state_after(follow_up, call, stamps["attempts"])
    change_state(follow_up=follow_up, to=to, by=by, now=now, reason=reason, **stamps)


def _plan_code(call: Call) -> str:
    return "promise" if call.promised_at else "retry" if call.retry_at else "next_action"


def _state_after(follow_up: FollowUp, call: Call, attempts: int) -> tuple[str, str]:
    if RULES[call.result].is_terminal:
        return State.CLOSED, call.result
    if RULES[call.result].marks_number_invalid and not call.lead.has_callable_phone:
        return State.CLOSED, "no_number"
    if counts_as_reached(call.reached) or follow_up.state == State.CONNECTED:
        return State.CONNECTED, call.result
    if attempts >= settings.MAX_ATTEMPTS:
        return State.CLOSED, "attempts_exhausted"
    return State.ATTEMPTED, call.result


def _plan_next_call(lead: Lead, call: Call, data: CallInput, follow_up: FollowUp | None) -> None:
    """When the lead is called again, as lists show it; a refusal may name a day to come back on."""
    if data.revive_on and call.result == "refused":
        morning = dt.datetime.combine(data.revive_on, dt.time(9), JST)
        set_next_call(lead=lead, at=business_calendar().next_callable(morning))
    elif RULES[call.result].is_terminal or (follow_up is not None and not follow_up.is_live):
        set_next_call(lead=lead, at=None)
    elif call.promised_at:
        set_next_call(lead=lead, at=call.promised_at, is_promise=True)
    else:
        set_next_call(lead=lead, at=call.retry_at or data.next_action_due_at or _next_try(call))


def _next_try(call: Call) -> dt.datetime | None:
    """A number that is out of use leaves the next one to try at once; anything else without a time waits a day."""
    if RULES[call.result].marks_number_invalid:
        return None
    tomorrow = business_calendar().add_business_days(call.called_at.astimezone(JST).date(), 1)
    return dt.datetime.combine(tomorrow, dt.time(10), JST)


def _stage_without_result(lead: Lead, follow_up: FollowUp | None) -> str:
    """A first call begins the calling; a follow-up that ended without an answer leaves a lead to nurture."""
    if follow_up is not None and not follow_up.is_live:
        return Stage.NURTURING
    return Stage.CALLING if lead.stage == Stage.NEW else lead.stage


def _move_lead(lead: Lead, stage: str, by: User, now: dt.datetime) -> None:
    """Move the lead where the call puts it; a lead further down the road stays there."""
    if stage != lead.stage and can_move(lead.stage, stage):
        move_stage(lead=lead, to=stage, by=by, now=now)


def _block(lead: Lead, call: Call, data: CallInput, by: User, now: dt.datetime) -> None:
    """Block the number that was dialled, and the person or company that asked."""
    request = data.block
    asked = {
        "words": request.words,
        "requested_by": request.requested_by,
        "requested_at": request.requested_at,
        "by": by,
        "now": now,
    }
    if call.phone and call.phone.e164:
        block_number(e164=call.phone.e164, lead=lead, **asked)
    block_lead(lead=lead, scope="company" if request.scope == "company" else "person", **asked)
    lead.refresh_from_db(fields=["is_blocked", "has_callable_phone"])


def _take_ownership(lead: Lead, by: User) -> None:
    """Whoever speaks to a lead nobody owns goes on with it."""
    if lead.owner_id is None and by.role in ("rep", "agency_rep"):
        lead.owner = by
        lead.save(update_fields=["owner", "updated_at"])
