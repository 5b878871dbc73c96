"""The demo's desk: what a saved call and passing time change, mirrored from the services without a database.

The rules themselves (windows, tiers, outcomes, allowed moves) are the product's own pure modules. A test replays leads
through the real services and compares.
"""

import datetime as dt
import heapq
import itertools
import random
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

from calls.calendar import JST, BusinessCalendar
from calls.outcomes import RULES, counts_as_reached, leads_to_another_call, violations
from calls.window import WindowRule, window_for
from leads.stages import can_move
from leads.tiering import DEFAULT_RULES, LeadFacts, tier_for
from reports.demo.blocks import Blocks
from reports.demo.hearing import form_values, heard_facts, picture
from reports.demo.records import (
    Audit,
    Call,
    FollowUp,
    Lead,
    Move,
    NextAction,
    Notice,
    Outcome,
    Person,
    Phone,
    Signal,
    Talk,
    World,
)
from reports.demo.snapshot import snapshot
from reports.demo.ticks import MINUTE, minute_after, minute_from

CLOSING = dt.timedelta(hours=2)
PROMISE_NOTICE = dt.timedelta(minutes=10)
NIGHTLY = dt.time(3)


class BrokenRuleError(Exception):
    """The demo did something the services would have refused: a fault of the demo."""


class Desk:
    """`world` as it changes; `advance` lets time pass, `call` logs one call."""

    def __init__(
        self,
        world: World,
        *,
        calendar: BusinessCalendar,
        rule: WindowRule,
        outcomes: Mapping[str, Outcome],
        max_attempts: int,
        rng: random.Random,
    ):
        self.world, self.calendar, self.rule, self.outcomes = world, calendar, rule, outcomes
        self.max_attempts, self.rng = max_attempts, rng
        self.on_appointment: Callable[[Call], None] = lambda call: None
        self.on_follow_up: Callable[[FollowUp, dt.datetime], None] = lambda follow_up, at: None
        self._events: list[tuple[dt.datetime, int, Callable[[dt.datetime], None]]] = []
        self._count = itertools.count()
        self._actions: dict[int, list[NextAction]] = defaultdict(list)
        self._blocks = Blocks(self)

    # --- Time -----------------------------------------------------------------------------------------------------

    def at(self, moment: dt.datetime, act: Callable[[dt.datetime], None]) -> None:
        """Let `act` happen at `moment`, if the demo gets that far."""
        heapq.heappush(self._events, (moment, next(self._count), act))

    def advance(self, to: dt.datetime) -> None:
        """Everything that happens up to `to`, in order."""
        while self._events and self._events[0][0] <= to:
            moment, _, act = heapq.heappop(self._events)
            act(moment)

    # --- Leads ----------------------------------------------------------------------------------------------------

    def enter(self, lead: Lead, at: dt.datetime) -> None:
        """A lead comes into the base with its numbers and signals; what its newest reacting signal is owed opens with
        the next tick."""
        self.world.leads.append(lead)
        self._blocks.know(lead)
        lead.last_reaction_at = max((signal.occurred_at for signal in lead.signals), default=None)
        self.retier(lead, at)

    def owe(self, signal: Signal, at: dt.datetime) -> None:
        """A reacting signal came in at `at`: the next tick opens its follow-up."""
        self.at(minute_from(at) + MINUTE, lambda moment: self._open_owed(signal, moment))

    def _open_owed(self, signal: Signal, at: dt.datetime) -> None:
        lead = signal.lead
        if lead.is_blocked or not lead.has_callable_phone or lead.follow_up:
            return
        self.nightly(lead, at)
        rep = lead.calls[-1].rep if lead.calls else lead.owner
        self.open_follow_up(lead, signal.occurred_at, None, at, rep=rep, reaction_signal=signal)

    def retier(self, lead: Lead, at: dt.datetime) -> None:
        decision = tier_for(
            LeadFacts(
                signals=tuple((signal.kind, signal.occurred_at) for signal in lead.signals),
                last_called_at=lead.last_called_at,
                last_result=lead.last_result,
                last_reached_at=lead.last_reached_at,
                problem_recorded_at=lead.problem_recorded_at,
                refused_at=lead.refused_at,
                timing=lead.timing,
                budget=lead.budget,
                decision_maker=lead.decision_maker,
                stage=lead.stage,
                created_at=lead.created_at,
            ),
            DEFAULT_RULES,
            at,
        )
        lead.tier, lead.tier_reasons, lead.temperature = decision.tier, list(decision.reasons), decision.temperature
        lead.tier_rule_version, lead.tiered_at = decision.rule_version, at

    def nightly(self, lead: Lead, at: dt.datetime) -> None:
        """The tier as the last night's run left it."""
        night = dt.datetime.combine(at.astimezone(JST).date(), NIGHTLY, JST)
        if lead.tiered_at is None or lead.tiered_at < night <= at:
            self.retier(lead, night)

    def move_stage(self, lead: Lead, to: str, by: Person | None, at: dt.datetime) -> bool:
        if to == lead.stage or not can_move(lead.stage, to):
            return False
        self.world.stage_moves.append(Move(lead, lead.stage, to, at, by))
        lead.stage = to
        return True

    # --- A call ---------------------------------------------------------------------------------------------------

    def call(self, lead: Lead, rep: Person, at: dt.datetime, code: str, talk: Talk) -> Call:
        """What `log_call` does."""
        self.advance(at)
        self.nightly(lead, at)
        outcome, follow_up = self.outcomes[code], lead.follow_up
        phone = lead.dialled
        self._check(lead, outcome, talk, phone, at)
        form_key = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        call = Call(lead, follow_up, rep, lead.tier, phone, outcome, talk, at, form_key)
        self.world.calls.append(call)
        lead.calls.append(call)
        self._aftermath(call, follow_up)
        self.audit(at, rep, "log_call", call, {"result": [None, outcome.result]})
        if outcome.result == "appointment":
            self.on_appointment(call)
        return call

    def _check(self, lead: Lead, outcome: Outcome, talk: Talk, phone: Phone | None, at: dt.datetime) -> None:
        known = {fact for fact, entry in picture(lead).items() if entry["state"] == "answered"}
        heard = {fact for fact, entry in talk.hearing.items() if entry["state"] == "answered"}
        values = form_values(talk, phone, at)
        is_second = lead.follow_up is not None
        broken = violations(outcome.result, values, frozenset(known | heard), is_second=is_second, now=at)
        if broken or (lead.is_blocked and leads_to_another_call(outcome.result)):
            raise BrokenRuleError(f"lead {lead.number} {outcome.code}: {broken or 'blocked'}")

    def _aftermath(self, call: Call, follow_up: FollowUp | None) -> None:
        lead, talk, at, rep = call.lead, call.talk, call.called_at, call.rep
        rule = RULES[call.outcome.result]
        if rule.marks_number_invalid and call.phone:
            self._mark_invalid(call)
        self._apply_facts(call, rule.is_reaction)
        if rule.is_reaction:
            lead.signals.append(Signal(lead, "call_reaction", at, by=rep))
        self._owe_next_action(call)
        if follow_up:
            self._serve(follow_up, call)
        elif rule.is_reaction:
            self.retier(lead, at)
            follow_up = self.open_follow_up(lead, at, rep, at, rep=rep, reaction_call=call)
        self._plan_next_call(call, follow_up)
        self.move_stage(lead, rule.stage or self._stage_without_result(lead, follow_up), rep, at)
        if rule.blocks and talk.block:
            self._blocks.block(call)
        if lead.owner is None and rep.role in ("rep", "agency_rep"):
            lead.owner = rep
        self.retier(lead, at)

    def _plan_next_call(self, call: Call, follow_up: FollowUp | None) -> None:
        lead, talk, rule = call.lead, call.talk, RULES[call.outcome.result]
        lead.next_call_is_promise = False
        if talk.revive_on and call.outcome.result == "refused":
            lead.next_call_at = self.calendar.next_callable(dt.datetime.combine(talk.revive_on, dt.time(9), JST))
        elif rule.is_terminal or (follow_up is not None and not follow_up.is_live):
            lead.next_call_at = None
        else:
            retry_at = talk.retry_at if rule.proposes_retry else None
            lead.next_call_at = talk.promised_at or retry_at or talk.action_due_at
            lead.next_call_is_promise = bool(talk.promised_at)

    @staticmethod
    def _stage_without_result(lead: Lead, follow_up: FollowUp | None) -> str:
        if follow_up is not None and not follow_up.is_live:
            return "nurturing"
        return "calling" if lead.stage == "new" else lead.stage

    def _mark_invalid(self, call: Call) -> None:
        phone = call.phone
        phone.is_valid = False
        reasons = {"fax": "fax", "wrong_number": "wrong_number"}
        phone.invalid_reason = reasons.get(call.outcome.code, "out_of_service")
        self.audit(call.called_at, call.rep, "invalidate_phone", phone, {"is_valid": [True, False]})
        self._blocks.refresh(call.lead)

    def _apply_facts(self, call: Call, reacted: bool) -> None:
        lead, at = call.lead, call.called_at
        lead.call_count += 1
        lead.last_called_at, lead.last_result = at, call.outcome.result
        if call.is_reached:
            lead.last_reached_at = at
        if reacted:
            lead.last_reaction_at = at
        if call.outcome.result in ("refused", "do_not_call"):
            lead.refused_at, lead.revive_on = at, call.talk.revive_on
        heard = heard_facts(call)
        if "problem" in heard:
            lead.problem_recorded_at = at
        lead.timing = heard.get("timing", lead.timing)
        lead.budget = heard.get("budget", lead.budget)
        lead.decision_maker = heard.get("decision_maker", lead.decision_maker)

    def _owe_next_action(self, call: Call) -> None:
        talk, at = call.talk, call.called_at
        mine = self._actions[call.lead.number]
        still_open = [action for action in mine if action.done_at is None and action.cancelled_at is None]
        for action in still_open:
            if action.kind == "follow_up_call":
                action.done_at = at
            elif RULES[call.outcome.result].is_terminal:
                action.cancelled_at = at
        if talk.action_kind and not RULES[call.outcome.result].is_terminal:
            action = NextAction(call, call.rep, talk.action_kind, talk.action_due_at, talk.action_note)
            mine.append(action)
            self.world.actions.append(action)
            if action.kind != "follow_up_call":
                done_at = min(action.due_at, at + dt.timedelta(hours=self.rng.uniform(0.3, 20)))
                self.at(done_at, lambda moment: self._finish(action, moment))

    def _finish(self, action: NextAction, at: dt.datetime) -> None:
        if action.cancelled_at is None:
            action.done_at = at

    # --- Follow-ups -----------------------------------------------------------------------------------------------

    def open_follow_up(
        self,
        lead: Lead,
        reaction_at: dt.datetime,
        by: Person | None,
        at: dt.datetime,
        *,
        rep: Person | None,
        reaction_call: Call | None = None,
        reaction_signal: Signal | None = None,
        returned_from: FollowUp | None = None,
    ) -> FollowUp:
        window = window_for(reaction_at, self.calendar, self.rule)
        follow_up = FollowUp(
            lead,
            reaction_at,
            window,
            rep,
            rep,
            lead.tier,
            lead.temperature,
            snapshot(lead, reaction_at),
            reaction_call,
            reaction_signal,
            returned_from,
            is_agency=bool(rep and rep.is_agency),
        )
        lead.follow_up = follow_up
        self.world.follow_ups.append(follow_up)
        self.world.follow_up_moves.append(Move(follow_up, "", "waiting", at, by, "reaction"))
        self.move_stage(lead, "follow_up", by, at)
        self.at(max(minute_from(window.opens_at), at), lambda moment: self._window_opens(follow_up, moment))
        self.at(minute_from(window.closes_at) - CLOSING, lambda moment: self._window_closing(follow_up, moment))
        self.at(minute_after(window.closes_at), lambda moment: self._window_closed(follow_up, moment))
        self.on_follow_up(follow_up, at)
        return follow_up

    def change_state(
        self, follow_up: FollowUp, to: str, by: Person | None, at: dt.datetime, reason: str = "", **stamps: Any
    ) -> None:
        if to != follow_up.state:
            self.world.follow_up_moves.append(Move(follow_up, follow_up.state, to, at, by, reason))
        follow_up.state = to
        if to in ("closed", "cancelled"):
            ended = {"closed_at": at, "close_reason": reason, "needs_plan": False, "planned_at": None, "retry_at": None}
            stamps |= ended
            follow_up.lead.follow_up = None
            follow_up.lead.next_call_at, follow_up.lead.next_call_is_promise = None, False
        if to == "missed":
            stamps |= {"missed_at": at, "close_reason": reason}
        for name, value in stamps.items():
            setattr(follow_up, name, value)

    def _serve(self, follow_up: FollowUp, call: Call) -> None:
        talk, at = call.talk, call.called_at
        retry_at = talk.retry_at if RULES[call.outcome.result].proposes_retry else None
        promised_at = talk.promised_at if call.outcome.result == "call_back" else None
        code = "promise" if promised_at else "retry" if retry_at else "next_action"
        stamps: dict[str, Any] = {
            "attempts": follow_up.attempts + 1,
            "first_attempted_at": follow_up.first_attempted_at or at,
            "rep": call.rep,
            **({} if follow_up.attempted_by else {"attempted_by": call.rep, "is_agency": call.rep.is_agency}),
            "retry_at": retry_at,
            "promised_at": promised_at,
            "planned_at": promised_at or retry_at or talk.action_due_at,
            "plan_reasons": [{"code": code}],
            "needs_plan": False,
        }
        if counts_as_reached(call.outcome.reached):
            stamps["connected_at"] = follow_up.connected_at or at
        if call.outcome.result == "appointment":
            stamps["appointment_at"] = follow_up.appointment_at or at
        to, reason = self._state_after(follow_up, call, stamps["attempts"])
        self.change_state(follow_up, to, call.rep, at, reason, **stamps)
        if promised_at:
            moment = max(minute_from(promised_at) - PROMISE_NOTICE, minute_from(at) + MINUTE)
            self.at(moment, lambda moment: self._promise_due(follow_up, promised_at, moment))

    def _state_after(self, follow_up: FollowUp, call: Call, attempts: int) -> tuple[str, str]:
        result = call.outcome.result
        if RULES[result].is_terminal:
            return "closed", result
        if RULES[result].marks_number_invalid and not call.lead.has_callable_phone:
            return "closed", "no_number"
        if call.is_reached or follow_up.state == "connected":
            return "connected", result
        if attempts >= self.max_attempts:
            return "closed", "attempts_exhausted"
        return "attempted", result

    def _window_opens(self, follow_up: FollowUp, at: dt.datetime) -> None:
        if follow_up.state == "waiting":
            self.change_state(follow_up, "open", None, at, "window_opened")
            self.tell(follow_up.rep, "opened", "opened:{about}:{user}", at, follow_up, mail=False)

    def _window_closing(self, follow_up: FollowUp, at: dt.datetime) -> None:
        if follow_up.state == "open" and follow_up.first_attempted_at is None:
            self.tell(follow_up.rep, "closing", "closing:{about}:{user}", at, follow_up)

    def _window_closed(self, follow_up: FollowUp, at: dt.datetime) -> None:
        if follow_up.state not in ("open", "attempted") or follow_up.missed_at:
            return
        reason = "not_reached" if follow_up.attempts else "not_attempted"
        self.change_state(follow_up, "missed", None, at, reason, needs_plan=False)
        for person in [follow_up.rep, *self.managers_of(follow_up.lead.team)]:
            self.tell(person, "missed", "missed:{about}:{user}", at, follow_up)

    def _promise_due(self, follow_up: FollowUp, promised_at: dt.datetime, at: dt.datetime) -> None:
        if follow_up.is_live and follow_up.promised_at == promised_at:
            key = f"promise:{{about}}:{promised_at.astimezone(dt.UTC):%Y%m%d%H%M}"
            self.tell(follow_up.rep, "promise_due", key, at, follow_up)

    def managers_of(self, team) -> list[Person]:
        return [person for person in self.world.role("manager") if team is person.team or team in person.managed]

    # --- Words ----------------------------------------------------------------------------------------------------

    def tell(
        self,
        user: Person | None,
        kind: str,
        key: str,
        at: dt.datetime,
        about: Any,
        *,
        mail: bool = True,
        follow_up: FollowUp | None = None,
    ) -> None:
        if user is None:
            return
        follow_up = about if isinstance(about, FollowUp) else follow_up
        self.world.notices.append(Notice(user, kind, key, at, about, about.lead, follow_up, mail))

    def audit(self, at: dt.datetime, by: Person | None, verb: str, target: Any, changes: dict[str, list]) -> None:
        self.world.audits.append(Audit(at, by, verb, target, changes))
