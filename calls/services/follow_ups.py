"""The one door for follow-ups: opening, changing state, stamping the steps they reach."""

import datetime as dt
from typing import Any

from django.db import transaction

from accounts.models import User
from calls.calendar import JST
from calls.models import Call, FollowUp, FollowUpMove
from calls.selectors import business_calendar, window_rule
from calls.window import Window, window_for
from leads.models import Lead, Signal, SignalKind, Stage
from leads.selectors import snapshot_of
from leads.services.stages import move_stage
from leads.services.tiers import retier_lead
from leads.stages import can_move

State = FollowUp.State

MOVES: dict[str, frozenset[str]] = {
    State.WAITING: frozenset({State.OPEN, State.ATTEMPTED, State.CONNECTED, State.CLOSED, State.CANCELLED}),
    State.OPEN: frozenset({State.ATTEMPTED, State.CONNECTED, State.MISSED, State.CLOSED, State.CANCELLED}),
    State.ATTEMPTED: frozenset({State.CONNECTED, State.MISSED, State.CLOSED, State.CANCELLED}),
    State.CONNECTED: frozenset({State.CLOSED, State.CANCELLED}),
    State.MISSED: frozenset({State.ATTEMPTED, State.CONNECTED, State.CLOSED, State.CANCELLED}),
    State.CLOSED: frozenset(),
    State.CANCELLED: frozenset(),
}


class ImpossibleMoveError(Exception):
    """A follow-up was to be moved against `MOVES`: a fault of the program, never of the user."""


@transaction.atomic
def open_follow_up(
    *,
    lead: Lead,
    reaction_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
    reaction_call: Call | None = None,
    reaction_signal: Signal | None = None,
    returned_from: FollowUp | None = None,
) -> FollowUp:
    """Open the second call this reaction is owed. A lead that is owed one already gets no second one.

    The rep who made the first call is the one it goes back to; the planner moves it on when that cannot be.
    """
    live = FollowUp.objects.live().filter(lead=lead).first()
    if live:
        return live
    window = window_for(reaction_at, business_calendar(), window_rule(lead.tier))
    rep, promised = _first_rep(lead, reaction_call), _promised_by_list(lead, reaction_signal, now)
    follow_up = FollowUp.objects.create(
        lead=lead,
        reaction_call=reaction_call,
        reaction_signal=reaction_signal,
        returned_from=returned_from,
        reaction_at=reaction_at,
        raw_opens_at=window.raw_opens_at,
        raw_closes_at=window.raw_closes_at,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        window_reasons=reasons_as_json(window),
        first_rep=rep,
        rep=rep,
        team_id=lead.team_id,
        is_agency=bool(rep and rep.is_agency),
        tier=lead.tier,
        temperature=lead.temperature,
        facts=snapshot_of(lead, reaction_at),
        promised_at=promised,
        planned_at=promised,
        plan_reasons=[{"code": "list"}] if promised else [],
        needs_plan=promised is None,
    )
    if promised:
        Lead.objects.filter(pk=lead.pk).update(next_call_at=promised)
    _write_move(follow_up, "", State.WAITING, "reaction", by, now)
    if lead.stage != Stage.FOLLOW_UP and can_move(lead.stage, Stage.FOLLOW_UP):
        move_stage(lead=lead, to=Stage.FOLLOW_UP, by=by, now=now)
    return follow_up


def _first_rep(lead: Lead, reaction_call: Call | None) -> User | None:
    if reaction_call:
        return reaction_call.rep
    newest = Call.objects.filter(lead=lead).select_related("rep").order_by("-called_at").first()
    return newest.rep if newest else lead.owner


def _promised_by_list(lead: Lead, signal: Signal | None, now: dt.datetime) -> dt.datetime | None:
    """The moment for which a list that tells of a reaction names the next call; a day without an hour: its first."""
    at = lead.next_call_at
    if signal is None or signal.kind != SignalKind.CALL_REACTION or at is None or at <= now:
        return None
    return business_calendar().next_callable(at) if at.astimezone(JST).time() == dt.time() else at


def reasons_as_json(window: Window) -> list[dict[str, Any]]:
    """Window reasons as the row keeps them."""
    return [
        {
            "effect": reason.effect,
            "code": reason.code,
            "dates": [day.isoformat() for day in reason.dates],
            "name": reason.name,
            "hours": reason.hours,
        }
        for reason in window.reasons
    ]


def change_state(
    *, follow_up: FollowUp, to: str, by: User | None, now: dt.datetime, reason: str = "", **stamps: Any
) -> None:
    """Move a follow-up to `to`, write the move, save `stamps` (field=value) with it. Staying saves the stamps."""
    if to != follow_up.state:
        if to not in MOVES[follow_up.state]:
            raise ImpossibleMoveError(f"{follow_up.state} → {to}")
        _write_move(follow_up, follow_up.state, to, reason, by, now)
    follow_up.state = to
    if to in (State.CLOSED, State.CANCELLED):
        stamps |= {"closed_at": now, "close_reason": reason, "needs_plan": False, "planned_at": None, "retry_at": None}
        Lead.objects.filter(pk=follow_up.lead_id).update(next_call_at=None, next_call_is_promise=False)
    if to == State.MISSED:
        stamps |= {"missed_at": now, "close_reason": reason}
    for field, value in stamps.items():
        setattr(follow_up, field, value)
    follow_up.save(update_fields=["state", *stamps])


def _write_move(follow_up: FollowUp, old: str, new: str, reason: str, by: User | None, now: dt.datetime) -> None:
    FollowUpMove.objects.create(follow_up=follow_up, from_state=old, to_state=new, reason=reason, at=now, by=by)


def stamp(*, follow_up: FollowUp, **moments: dt.datetime) -> None:
    """Write when the deal of this follow-up was held, became an opportunity, was won. A first time stays."""
    fresh = {field: moment for field, moment in moments.items() if getattr(follow_up, field) is None}
    for field, moment in fresh.items():
        setattr(follow_up, field, moment)
    if fresh:
        follow_up.save(update_fields=list(fresh))


@transaction.atomic
def cancel(*, follow_up: FollowUp, reason: str, by: User | None, now: dt.datetime) -> None:
    """End a follow-up that is no longer wanted; `reason` is a code (`blocked`, `no_number`, `not_wanted` …).

    The lead does not stay where it waited for the call: it is one to nurture.
    """
    change_state(follow_up=follow_up, to=State.CANCELLED, by=by, now=now, reason=reason)
    lead = Lead.objects.get(pk=follow_up.lead_id)
    if lead.stage == Stage.FOLLOW_UP:
        move_stage(lead=lead, to=Stage.NURTURING, by=by, now=now)
        retier_lead(lead=lead, now=now)
