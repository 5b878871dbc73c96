"""What became of appointments: the hand-over, the meeting, the opportunity, won or lost; mirrored from `deals`."""

import datetime as dt
import random
from typing import Any

from calls.calendar import JST
from deals.pipeline import LEAD_STAGE
from reports.demo.desk import Desk
from reports.demo.hearing import FACTS, picture
from reports.demo.records import Call, Deal, FollowUp, Lead, Meeting, Move, Person
from reports.demo.talk import Talker
from reports.demo.words import talk as words

MEMO_LENGTH = 120
EXTRAS = ("decision_maker_name", "timing_month", "budget_yen")
STAMPED = {"held": "held_at", "opportunity": "opportunity_at", "won": "won_at"}
WAITS_FOR_ANSWER = "pending"
WAITS_FOR_MEETING = "accepted"


class Pipeline:
    """Field sales at work. `fates` fixes what some calls' appointments come to; the others are drawn."""

    def __init__(self, desk: Desk, talker: Talker, rng: random.Random):
        self.desk, self.talker, self.rng = desk, talker, rng
        self.fates: dict[int, str] = {}
        desk.on_appointment = self.open_from_call

    def open_from_call(self, call: Call) -> None:
        """The deal of an appointment won on the phone, and the answer it will get."""
        origin = "second_call" if call.follow_up else "first_call"
        deal = self._open(call.lead, call.talk.meeting, origin, call.called_at, call.rep, call)
        fate = self.fates.get(call.lead.number, "")
        if fate == WAITS_FOR_ANSWER:
            return
        answers_at = self._office(call.called_at + dt.timedelta(hours=self.rng.uniform(0.5, 7)))
        if not fate and self.rng.random() < 0.07:
            self.desk.at(min(answers_at, deal.meeting.starts_at), lambda at: self._return(deal, at))
        else:
            self.desk.at(min(answers_at, deal.meeting.starts_at), lambda at: self._accept(deal, at))
            self._plan_result(deal, fate)

    def open_inbound(self, lead: Lead, by: Person, at: dt.datetime) -> None:
        """An appointment that no call won, entered by its own owner."""
        meeting = self.talker.meeting_for(lead, at)
        meeting.owner = by
        deal = self._open(lead, meeting, "inbound", at, by, None)
        deal.status, deal.answered_at, deal.answered_by = "accepted", at, by
        self._plan_result(deal, "")

    def _open(self, lead: Lead, meeting: Meeting, origin: str, at: dt.datetime, by: Person, call: Call | None) -> Deal:
        deal = Deal(lead, meeting, origin, at, by, by.team or lead.team, {}, call, call and call.follow_up)
        if origin == "inbound":
            deal.team = lead.team
        deal.sheet = sheet_of(deal)
        self.desk.world.deals.append(deal)
        lead.deals.append(deal)
        self.desk.world.deal_moves.append(Move(deal, "", "appointment", at, by))
        changes = {"stage": [None, "appointment"], "origin": [None, origin], "owner": [None, meeting.owner]}
        self.desk.audit(at, by, "open_deal", deal, changes)
        self._bring_lead_along(deal, by, at)
        if meeting.owner is not by:
            about = deal.follow_up
            self.desk.tell(meeting.owner, "handover", "deal-handover-{about}", at, deal, mail=False, follow_up=about)
        return deal

    # --- What field sales do --------------------------------------------------------------------------------------

    def _accept(self, deal: Deal, at: dt.datetime) -> None:
        if deal.status != "pending":
            return
        owner = deal.meeting.owner
        deal.status, deal.answered_at, deal.answered_by, deal.version = "accepted", at, owner, deal.version + 1
        if deal.set_by is not owner:
            key = "deal-accepted-{about}"
            self.desk.tell(deal.set_by, "accepted", key, at, deal, follow_up=deal.follow_up)
        self.desk.audit(at, owner, "accept_handover", deal, {"handover": ["pending", "accepted"]})

    def _return(self, deal: Deal, at: dt.datetime) -> None:
        lead, owner, reason = deal.lead, deal.meeting.owner, self.rng.choice(words.RETURN_REASONS)
        deal.status, deal.answered_at, deal.answered_by, deal.return_reason = "returned", at, owner, reason
        self._move(deal, "returned", at, reason)
        if lead.is_blocked or lead.follow_up:
            return
        because = {"returned_from": deal.follow_up} if deal.follow_up else {"reaction_call": deal.call}
        self.desk.nightly(lead, at)
        follow_up = self.desk.open_follow_up(lead, at, owner, at, rep=lead.calls[-1].rep, **because)
        self.desk.tell(deal.set_by, "returned", "deal-returned-{about}", at, deal, follow_up=follow_up)

    def _plan_result(self, deal: Deal, fate: str) -> None:
        """The meeting's result is entered some hours after it, unless the story says it still waits."""
        if fate == WAITS_FOR_MEETING:
            return
        entered_at = self._office(deal.meeting.starts_at + dt.timedelta(hours=self.rng.uniform(1, 9)))
        drawn = self.rng.random()
        if drawn < 0.06:
            self.desk.at(entered_at, lambda at: self._lose(deal, at))
        elif drawn < 0.17:
            self.desk.at(entered_at, lambda at: self._no_show(deal, at))
        else:
            self.desk.at(entered_at, lambda at: self._hold(deal, at))

    def _no_show(self, deal: Deal, at: dt.datetime) -> None:
        self._move(deal, "no_show", at, self.rng.choice(words.NO_SHOW_NOTES))
        again_at = self._office(at + dt.timedelta(days=self.rng.uniform(0.2, 2)))
        if self.rng.random() < 0.7:
            self.desk.at(again_at, lambda moment: self._book_again(deal, moment))
        else:
            self.desk.at(again_at, lambda moment: self._lose(deal, moment))

    def _book_again(self, deal: Deal, at: dt.datetime) -> None:
        new = self.talker.meeting_for(deal.lead, at).starts_at
        was, deal.meeting.starts_at = deal.meeting.starts_at, new
        self._move(deal, "appointment", at, "日程を取り直した。", {"starts_at": [was, new]})
        self.desk.at(self._office(new + dt.timedelta(hours=2)), lambda moment: self._hold(deal, moment))

    def _hold(self, deal: Deal, at: dt.datetime) -> None:
        deal.held_at = deal.meeting.starts_at
        self._stamp(deal, "held_at", deal.held_at)
        self._move(deal, "held", at, self.rng.choice(words.HELD_NOTES))
        decides_at = self._office(at + dt.timedelta(days=self.rng.uniform(1, 9)))
        act = self._propose if self.rng.random() < self._promise_of(deal) else self._lose
        self.desk.at(decides_at, lambda moment: act(deal, moment))

    def _promise_of(self, deal: Deal) -> float:
        """Chance that a meeting becomes an opportunity: better where the hearing was good and the interest is real."""
        timing, budget = deal.lead.timing, deal.lead.budget
        heard = 0.12 * (timing in ("within_1_month", "within_3_months")) + 0.12 * (budget in ("secured", "applying"))
        return 0.4 + heard + 0.06 * deal.lead.interest

    def _propose(self, deal: Deal, at: dt.datetime) -> None:
        base = {"10-29名": 360, "30-49名": 480, "50-99名": 900, "100-299名": 1500, "300-499名": 2600}
        amount = base.get(deal.lead.company.employees, 4200) * self.rng.choice((80, 90, 100, 110, 125)) // 100
        deal.amount_yen, deal.opportunity_at = amount * 1000, at
        closes_at = self._office(at + dt.timedelta(days=self.rng.uniform(7, 34)))
        deal.close_on = closes_at.astimezone(JST).date() + dt.timedelta(days=self.rng.randint(0, 10))
        self._stamp(deal, "opportunity_at", at)
        self._move(deal, "opportunity", at, "御見積を提出。")
        act = self._win if self.rng.random() < 0.42 else self._lose
        self.desk.at(closes_at, lambda moment: act(deal, moment))

    def _win(self, deal: Deal, at: dt.datetime) -> None:
        deal.won_at = at
        self._stamp(deal, "won_at", at)
        self._move(deal, "won", at, self.rng.choice(words.WON_NOTES))

    def _lose(self, deal: Deal, at: dt.datetime) -> None:
        reasons = words.LOST_REASONS if deal.held_at else words.CANCELLED_REASONS
        deal.lost_at, deal.lost_reason = at, self.rng.choice(reasons)
        self._move(deal, "lost", at, deal.lost_reason)

    # --- The one door ---------------------------------------------------------------------------------------------

    def _move(self, deal: Deal, to: str, at: dt.datetime, note: str, changes: dict[str, list] | None = None) -> None:
        owner, before = deal.meeting.owner, deal.stage
        deal.stage, deal.version = to, deal.version + 1
        self.desk.world.deal_moves.append(Move(deal, before, to, at, owner, note))
        self.desk.audit(at, owner, "move_deal", deal, {"stage": [before, to], **(changes or {})})
        self._bring_lead_along(deal, owner, at)

    def _stamp(self, deal: Deal, field: str, moment: dt.datetime) -> None:
        follow_up: FollowUp | None = deal.follow_up
        if follow_up and getattr(follow_up, field) is None:
            setattr(follow_up, field, moment)

    def _bring_lead_along(self, deal: Deal, by: Person, at: dt.datetime) -> None:
        to, lead = LEAD_STAGE.get(deal.stage), deal.lead
        if to is None or lead.stage == to:
            return
        others = [other for other in lead.deals if other is not deal and other.stage not in ("won", "lost", "returned")]
        if to == "lost" and others:
            return
        if not self.desk.move_stage(lead, to, by, at) and self.desk.move_stage(lead, "appointment", by, at):
            self.desk.move_stage(lead, to, by, at)

    def _office(self, moment: dt.datetime) -> dt.datetime:
        """The next callable moment, and not on the second."""
        return self.desk.calendar.next_callable(moment) + dt.timedelta(seconds=self.rng.randint(5, 600))


def sheet_of(deal: Deal) -> dict[str, Any]:
    """The hand-over sheet as `deals.sheet` takes it."""
    lead, company = deal.lead, deal.lead.company
    phones = sorted((phone for phone in lead.phones if phone.is_valid), key=lambda phone: phone.position)
    return {
        "company": {
            "name": company.name,
            "kana": company.kana,
            "industry": company.industry,
            "employees": company.employees,
            "postal_code": "",
            "prefecture": company.prefecture,
            "address": company.address,
            "url": company.url,
        },
        "person": {
            "name": lead.name,
            "kana": lead.kana,
            "department": lead.department,
            "title": lead.title,
            "email": lead.email,
        },
        "phones": [{"label": phone.label, "number": phone.raw, "extension": phone.extension} for phone in phones],
        "hearing": [_fact(fact, entry) for fact, entry in picture(lead).items() if fact in FACTS],
        "calls": [_line(call) for call in reversed(lead.calls[-3:])],
        "past_calls": [],
        "call_count": len(lead.calls),
        "set_by": deal.set_by.name,
        "team": deal.team.name,
    }


def _fact(fact: str, entry: dict[str, Any]) -> dict[str, Any]:
    extras = {extra: _plain(entry[extra]) for extra in EXTRAS if entry.get(extra)}
    return {"fact": fact, "state": entry["state"], "value": entry["value"], **extras}


def _line(call: Call) -> dict[str, str]:
    return {
        "at": call.called_at.astimezone(dt.UTC).isoformat(),
        "kind": call.kind,
        "result": call.outcome.result,
        "rep": call.rep.name,
        "memo": call.talk.memo.replace("\n", " ")[:MEMO_LENGTH],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
