"""Ninety days of calling: each business day every rep takes the next call in the order of the queue.

The story the figures tell: 第二チーム kept its windows until one of its reps went on leave. Since then it calls late or
not at all, and more of those it calls late have gone cold.
"""

import datetime as dt
import random
from collections import defaultdict
from math import exp

from calls.calendar import JST
from reports.demo.appointments import Pipeline
from reports.demo.desk import Desk
from reports.demo.people import works_at
from reports.demo.records import Call, FollowUp, Lead, Person, World
from reports.demo.talk import Talker
from reports.demo.words.lists import REQUESTS

HOUR_WEIGHTS = {9: 0.85, 10: 1.15, 11: 1.1, 13: 0.85, 14: 1.0, 15: 1.05, 16: 1.15, 17: 0.95}
WEEKDAY_WEIGHTS = (0.92, 1.05, 1.08, 1.02, 0.93)
DIALS_PER_LEAD = 3.1
DIALS_TODAY = 9
TODAY = ("no_answer", "documents_wanted", "", "absent", "interested", "", "call_back", "", "no_answer")
"""How the first rep's calls of today end; an empty one is drawn."""
GIVEN_UP_AFTER = (8, 16)
"""Business days after which the manager cancels what nobody called."""
# Chances that a second call comes late, or not at all until somebody minds.
STEADY, SLUMP = (0.05, 0.015), (0.3, 0.42)


class History:
    """Plays the days before today. Leads of `world.stories` are left alone."""

    def __init__(
        self, world: World, desk: Desk, talker: Talker, pipeline: Pipeline, *, expected: int, rng: random.Random
    ):
        self.world, self.desk, self.talker, self.pipeline, self.rng = world, desk, talker, pipeline, rng
        self.expected = expected
        self._reserve = max(12, expected // 60)  # left for the day that is shown
        self.callers = world.role("rep", "agency_rep")
        leave = next(absence for person in self.callers for absence in person.absences if "育児" in absence.reason)
        self.leave_from, self.on_leave = leave.starts_at, next(p for p in self.callers if leave in p.absences)
        self._served: dict[str, list[FollowUp]] = defaultdict(list)
        self._retries: dict[str, list[Lead]] = defaultdict(list)
        self._fresh: dict[str, tuple[dt.date, list[Lead]]] = {}
        desk.on_follow_up = self._plan

    def play(self, until: dt.datetime) -> None:
        """Every business day from the start until `until`, then whatever else happened by then."""
        days = self._days(until)
        dials = self._dials(len(days))
        self.desk.at(self.leave_from, self._hand_over_leave)
        for day in days:
            self._plan_inbound(day)
            slots = [slot for person in self.callers for slot in self._slots(person, day, dials)]
            for moment, person in sorted(slots, key=lambda slot: (slot[0], slot[1].key)):
                if moment < until:
                    self.desk.advance(moment)
                    self._take_next(person, moment)
        self.desk.advance(until)

    def go_on(self, since: dt.datetime, now: dt.datetime) -> None:
        """The calls of the day that has begun: a few of everybody's, the first rep's with something to show."""
        self._reserve = 0
        slots = [slot for person in self.callers for slot in self._slots_today(person, since, now)]
        wanted = iter(TODAY)
        for moment, person in sorted(slots, key=lambda slot: (slot[0], slot[1].key)):
            self.desk.advance(moment)
            self._take_next(person, moment, next(wanted, "") if person.key == "rep" else "")

    def _slots_today(self, person: Person, since: dt.datetime, now: dt.datetime) -> list[tuple[dt.datetime, Person]]:
        moment, slots = since.astimezone(JST).replace(hour=9, minute=2), []
        while (moment := moment + dt.timedelta(minutes=self.rng.randint(5, 9))) < now - dt.timedelta(minutes=2):
            if moment >= since and self.desk.calendar.is_callable(moment) and works_at(person, moment):
                slots.append((moment + dt.timedelta(seconds=self.rng.randint(0, 50)), person))
        return slots[-DIALS_TODAY:]

    def _days(self, until: dt.datetime) -> list[dt.date]:
        last = until.astimezone(JST).date()
        days = (self.world.start + dt.timedelta(days=count) for count in range((last - self.world.start).days + 1))
        return [day for day in days if self.desk.calendar.business_day(day)]

    def _dials(self, days: int) -> int:
        """Calls per rep and day, so that about two thirds of the leads get a call."""
        return max(2, round(DIALS_PER_LEAD * self.expected / max(days * len(self.callers), 1)))

    def _slots(self, person: Person, day: dt.date, dials: int) -> list[tuple[dt.datetime, Person]]:
        """Moments at which `person` dials on `day`; promises come on top, to the minute."""
        minutes = [
            start.replace(tzinfo=JST) + dt.timedelta(minutes=count)
            for start, end in self.desk.calendar.spans_on(day)
            for count in range(3, int((end - start).total_seconds() // 60) - 2, 4)
        ]
        minutes = [moment for moment in minutes if works_at(person, moment)]
        wanted = min(len(minutes), max(2, round(dials * self.rng.uniform(0.75, 1.25))))
        chosen = self.rng.sample(minutes, wanted)
        return [(moment + dt.timedelta(seconds=self.rng.randint(0, 200)), person) for moment in chosen]

    # --- What a rep does next -------------------------------------------------------------------------------------

    def _take_next(self, person: Person, at: dt.datetime, code: str = "") -> None:
        if not works_at(person, at):
            return
        lead = self._next_lead(person, at)
        if lead:
            self.dial(lead, person, at, "" if lead.follow_up or (lead.dialled and lead.dialled.dud) else code)

    def _next_lead(self, person: Person, at: dt.datetime) -> Lead | None:
        """Promises, then second calls, then retries, then first calls."""
        mine = [follow_up for follow_up in self._served[person.key] if follow_up.is_live and follow_up.rep is person]
        self._served[person.key] = mine
        due = [item for item in mine if item.lead.number not in self.world.stories and self._is_due(item, at)]
        if due:
            chosen = min(due, key=lambda item: (item.promised_at is None, item.window.closes_at, item.lead.number))
            return chosen.lead
        return self._due_retry(person, at) or self._first_call(person, at)

    @staticmethod
    def _is_due(follow_up: FollowUp, at: dt.datetime) -> bool:
        if follow_up.lead.is_blocked or not follow_up.lead.has_callable_phone:
            return False
        if follow_up.promised_at:
            return follow_up.promised_at <= at + dt.timedelta(minutes=4)
        if follow_up.state == "connected" or follow_up.attempts:
            return follow_up.planned_at is None or follow_up.planned_at <= at
        return follow_up.wanted_at is not None and follow_up.wanted_at <= at and follow_up.state != "waiting"

    def _due_retry(self, person: Person, at: dt.datetime) -> Lead | None:
        waiting = [lead for lead in self._retries[person.key] if self._waits(lead, person)]
        self._retries[person.key] = waiting
        due = [lead for lead in waiting if lead.next_call_at <= at]
        return min(due, key=lambda lead: (not lead.next_call_is_promise, lead.next_call_at, lead.number), default=None)

    @staticmethod
    def _waits(lead: Lead, person: Person) -> bool:
        is_callable = not lead.is_blocked and lead.has_callable_phone
        return lead.next_call_at is not None and lead.owner is person and lead.follow_up is None and is_callable

    def _first_call(self, person: Person, at: dt.datetime) -> Lead | None:
        """Mostly the most promising one, as the queue offers it; now and then another."""
        day = at.astimezone(JST).date()
        if self._fresh.get(person.key, (None, []))[0] != day:
            ordered = sorted(self.world.leads, key=lambda lead: (lead.tier, -lead.temperature, lead.number))
            self._fresh[person.key] = (day, [lead for lead in ordered if self._is_fresh(lead, person)])
        fresh = self._fresh[person.key][1]
        while len(fresh) > self._reserve:
            lead = fresh.pop(self.rng.randrange(len(fresh)) if self.rng.random() < 0.6 else 0)
            if self._is_fresh(lead, person):
                return lead
        return None

    def _is_fresh(self, lead: Lead, person: Person) -> bool:
        is_waiting = lead.stage in ("new", "calling") and lead.next_call_at is None and lead.follow_up is None
        if not is_waiting or lead.number in self.world.stories:
            return False
        is_mine = lead.team is person.team and (lead.owner is person or lead.owner is None)
        return is_mine and lead.has_callable_phone and not lead.is_blocked

    # --- How a call ends ------------------------------------------------------------------------------------------

    def dial(self, lead: Lead, person: Person, at: dt.datetime, code: str = "") -> Call:
        code = code or self.outcome_of(lead, at)
        call = self.desk.call(lead, person, at, code, self.talker.talk(lead, code, at))
        if lead.next_call_at is not None and lead.owner is not None:
            self._retries[lead.owner.key].append(lead)
        if call.talk.promised_at:
            moment = call.talk.promised_at + dt.timedelta(seconds=self.rng.randint(20, 220))
            self.desk.at(moment, lambda now: self._keep_promise(lead, call.talk.promised_at, now))
        return call

    def _keep_promise(self, lead: Lead, promised_at: dt.datetime, at: dt.datetime) -> None:
        standing = lead.follow_up.promised_at if lead.follow_up else lead.next_call_at
        person = lead.follow_up.rep if lead.follow_up else lead.owner
        is_callable = lead.has_callable_phone and not lead.is_blocked
        if standing == promised_at and person and works_at(person, at) and is_callable:
            self.dial(lead, person, at)

    def outcome_of(self, lead: Lead, at: dt.datetime) -> str:
        """Draw how a call ends, from the list's behaviour, the hour and what went before."""
        phone, follow_up = lead.dialled, lead.follow_up
        if phone and phone.dud:
            return phone.dud
        promised = bool(follow_up.promised_at if follow_up else lead.next_call_is_promise)
        connect, reach = self._chances(lead, follow_up, at, promised=promised)
        if self.rng.random() >= connect:
            return self._pick(no_answer=74, busy=9, voicemail=17)
        if self.rng.random() >= reach:
            return self._pick(absent=74 if follow_up else 68, gatekeeper_refused=10 if follow_up else 31, complaint=0.6)
        return self._second_result(lead, follow_up, at) if follow_up else self._first_result(lead)

    def _chances(
        self, lead: Lead, follow_up: FollowUp | None, at: dt.datetime, *, promised: bool
    ) -> tuple[float, float]:
        if promised:
            return 0.88, 0.9
        local, behaviour = at.astimezone(JST), lead.lead_list.plan
        hour = HOUR_WEIGHTS.get(local.hour, 1.0) * WEEKDAY_WEIGHTS[min(local.weekday(), 4)]
        if follow_up:
            is_late = at > follow_up.window.closes_at
            return (0.52 if is_late else 0.68) * hour, 0.62 if is_late else 0.78
        tired = 0.85 ** max(lead.call_count - 2, 0)
        return min(0.37 * hour * behaviour.connect * tired, 0.9), min(0.55 * behaviour.person, 0.9)

    def _first_result(self, lead: Lead) -> str:
        warmth = lead.lead_list.plan.warmth * 100 * exp(0.5 * lead.interest)
        return self._pick(
            interested=warmth * 0.42,
            documents_wanted=warmth * 0.36,
            contact_later=warmth * 0.22,
            call_back=11,
            hearing_done=6,
            appointment=1.6 * exp(0.5 * lead.interest),
            do_not_call=1.4,
            refused=max(80 - warmth, 20),
        )

    def _second_result(self, lead: Lead, follow_up: FollowUp, at: dt.datetime) -> str:
        is_late = at > follow_up.window.closes_at and follow_up.connected_at is None
        won = 9 if is_late else 19
        if follow_up.connected_at:
            won = 18
        return self._pick(
            appointment=won * exp(lead.interest),
            hearing_done=26,
            interested=1,
            documents_wanted=3,
            call_back=0 if follow_up.promised_at else 8,
            refused=(42 if is_late else 30) * exp(-0.4 * lead.interest),
            do_not_call=1,
        )

    def _pick(self, **weights: float) -> str:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    # --- Second calls ---------------------------------------------------------------------------------------------

    def _plan(self, follow_up: FollowUp, at: dt.datetime) -> None:
        """When its rep gets round to it: mostly early in the window; late or never where the team is short of hands."""
        rep, window = follow_up.rep, follow_up.window
        if rep is None:
            return
        if rep is self.on_leave and window.opens_at >= self.leave_from:
            rep = self._stand_in(follow_up.lead)
            self._hand_over(follow_up, rep, at)
        self._served[rep.key].append(follow_up)
        if follow_up.lead.number not in self.world.stories:
            follow_up.wanted_at = self._wanted_at(follow_up, rep)
            if follow_up.wanted_at is None:
                self.desk.at(self._given_up_at(follow_up), lambda moment: self._give_up(follow_up, moment))
        self._put_into_plan(follow_up)

    def _wanted_at(self, follow_up: FollowUp, rep: Person) -> dt.datetime | None:
        window = follow_up.window
        short = rep.team is self.on_leave.team and window.opens_at >= self.leave_from
        late, never = SLUMP if short else STEADY
        drawn = self.rng.random()
        if drawn < never:
            return None
        span = window.closes_at - window.opens_at
        if drawn < never + late:
            return window.closes_at + dt.timedelta(hours=self.rng.uniform(1, 50))
        return window.opens_at + span * self.rng.uniform(0.0, 0.6)

    def _given_up_at(self, follow_up: FollowUp) -> dt.datetime:
        days = self.rng.randint(*GIVEN_UP_AFTER)
        day = self.desk.calendar.add_business_days(follow_up.window.closes_at.date(), days)
        return dt.datetime.combine(day, dt.time(17, self.rng.randint(0, 50)), JST)

    def _give_up(self, follow_up: FollowUp, at: dt.datetime) -> None:
        """The manager clears away what nobody has called for weeks."""
        if follow_up.is_live and follow_up.first_attempted_at is None:
            manager = self.desk.managers_of(follow_up.lead.team)[0]
            self.desk.change_state(follow_up, "cancelled", manager, at, "contacted_elsewhere")

    def _put_into_plan(self, follow_up: FollowUp) -> None:
        """The hour the plan gave it, with the rep who holds it."""
        window = follow_up.window
        wanted_at = min(follow_up.wanted_at or window.opens_at, window.closes_at - dt.timedelta(hours=1))
        hour = wanted_at.astimezone(JST).replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)
        follow_up.planned_at = min(self.desk.calendar.next_callable(hour), window.closes_at)
        follow_up.plan_reasons = [{"code": "same_rep" if follow_up.rep is follow_up.first_rep else "owner_absent"}]
        follow_up.needs_plan = False
        follow_up.lead.next_call_at = follow_up.planned_at

    def _stand_in(self, lead: Lead) -> Person:
        others = [person for person in self.callers if person.team is self.on_leave.team and not person.absences]
        return others[lead.number % len(others)]

    def _hand_over(self, follow_up: FollowUp, rep: Person, at: dt.datetime) -> None:
        before, follow_up.rep = follow_up.rep, rep
        moment = f"{at.astimezone(dt.UTC):%Y%m%d%H%M}"
        self.desk.tell(rep, "handed_over", f"handed-over:{{about}}:{{user}}:{moment}", at, follow_up)
        self.desk.audit(at, None, "hand_over", follow_up, {"rep": [before, rep]})

    def _hand_over_leave(self, at: dt.datetime) -> None:
        """The manager gives the leads of the rep on leave to the others, and their follow-ups go along."""
        by = self.desk.managers_of(self.on_leave.team)[0]
        for lead in self.world.leads:
            if lead.owner is not self.on_leave or lead.stage in ("won", "lost", "refused", "blocked"):
                continue
            rep = self._stand_in(lead)
            lead.owner, lead.version = rep, lead.version + 1
            changes = {"owner": [self.on_leave.name, rep.name]}
            self.desk.audit(at, by, "assign_owner", lead, changes)
            self._retries[rep.key].append(lead)
            if lead.follow_up and lead.follow_up.rep is self.on_leave:
                self._hand_over(lead.follow_up, rep, at)
                self._served[rep.key].append(lead.follow_up)

    # --- Deals that no call won -----------------------------------------------------------------------------------

    def _plan_inbound(self, day: dt.date) -> None:
        """Now and then somebody from a request site asks for a meeting right away."""
        if self.rng.random() > 0.16:
            return
        moment = dt.datetime.combine(day, dt.time(self.rng.choice((11, 14, 16)), self.rng.randint(0, 59)), JST)
        self.desk.at(moment, self._open_inbound)

    def _open_inbound(self, at: dt.datetime) -> None:
        ripe = [
            lead
            for lead in self.world.leads
            if lead.lead_list.source == REQUESTS
            and lead.stage == "new"
            and lead.follow_up is None
            and lead.number not in self.world.stories
        ]
        if ripe:
            self.pipeline.open_inbound(self.rng.choice(ripe), self.rng.choice(self.world.role("field_sales")), at)
