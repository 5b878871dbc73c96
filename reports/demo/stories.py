"""What makes the desk alive at the moment it is opened: leads whose last days are written out, not drawn.

Each story calls its lead at moments worked back from `desk_at`, the next callable moment: windows that are open, about
to close or over, promises about to be due, retries, hand-overs to answer and meetings of today.
"""

import datetime as dt
from collections.abc import Callable

from calls.calendar import JST
from calls.window import Window, window_for
from reports.demo.appointments import WAITS_FOR_ANSWER, WAITS_FOR_MEETING, Pipeline
from reports.demo.base import Maker, add_lead, enter
from reports.demo.desk import Desk
from reports.demo.people import works_at
from reports.demo.records import Lead, Person, Signal, World
from reports.demo.talk import Talker
from reports.demo.words.lists import REQUESTS
from reports.demo.words.topics import TOPICS

STEP = dt.timedelta(minutes=10)
Candidates = list[tuple[dt.datetime, Window]]
BACK = 9  # business days within which a story begins


class Stories:
    """Makes leads of its own and schedules their calls on the desk. `overrides` are tiers to be set by hand."""

    def __init__(
        self, world: World, desk: Desk, maker: Maker, talker: Talker, pipeline: Pipeline, *, desk_at: dt.datetime
    ):
        self.world, self.desk, self.maker, self.talker, self.pipeline = world, desk, maker, talker, pipeline
        self.desk_at = desk_at.astimezone(JST)
        self.overrides: list[tuple[Lead, str, str]] = []
        self.leads: list[Lead] = []
        self._windows: dict[dt.datetime, Window] = {}
        self._today = self.desk_at.date()
        self._seconds = 0

    def tell(self) -> None:
        """Schedule every story."""
        rep, colleague = self.world.people["rep"], self.world.people["rep2"]
        second, third = self.world.people["rep3"], self.world.people["rep4"]
        for choose in (self._fresh_window, self._fresh_window, self._half_gone):
            self._reacts(rep, choose)
        for tier, reason in (("B", "予算取りは来期。優先度を一段下げる"), ("C", "担当変更の予定あり。様子を見る")):
            self.overrides.append((self._reacts(rep, self._fresh_window), tier, reason))
        self._reacts(rep, self._over)
        for person in (rep, colleague, second, third, third):
            self._runs_out(person)
        self._reacts(colleague, self._over)
        self._reacts(rep, self._not_yet)
        self._promise(rep, dt.timedelta(minutes=4), reacted=True)
        self._promise(rep, dt.timedelta(minutes=30), reacted=False)
        self._promise(rep, dt.timedelta(minutes=55), reacted=True)
        self._promise(colleague, dt.timedelta(minutes=20), reacted=True)
        self._tried_in_vain(rep)
        self._considering(rep)
        for minutes in (15, 40, 75):
            self._retry(rep, minutes)
        self._appointments(rep, colleague)

    # --- Follow-ups -----------------------------------------------------------------------------------------------

    def _reacts(self, person: Person, choose: Callable[[Candidates], dt.datetime]) -> Lead:
        """A first call that ends in a reaction, at the moment that gives the window `choose` wants."""
        lead = self._lead(person)
        self._call(lead, person, choose(self._candidates(person)), "interested")
        return lead

    def _runs_out(self, person: Person) -> None:
        """The window that closes next: of a call, or of a request that came in by the site, weekends too."""
        called, requested = self._nearly_closed(self._candidates(person)), None
        requests = self._requests()
        if self._open(requests):
            requested = self._nearly_closed(requests)
        if requested and self._window(requested).closes_at < self._window(called).closes_at:
            self._asks(person, requested)
        else:
            self._call(self._lead(person), person, called, "interested")

    def _requests(self) -> Candidates:
        """Moments at which a request could have come in and been entered by yesterday, with their windows."""
        found, moment = [], self._day_back(BACK) + STEP / 2
        while self._morning_after(moment).date() < self._today:
            if 8 <= moment.hour < 23:
                found.append((moment, self._window(moment)))
            moment += STEP
        return found

    def _morning_after(self, moment: dt.datetime) -> dt.datetime:
        return dt.datetime.combine(self.desk.calendar.add_business_days(moment.date(), 1), dt.time(9, 5), JST)

    def _asks(self, person: Person, moment: dt.datetime) -> None:
        """Somebody asks for documents at `moment`; the lead comes in the next business morning."""
        lists = [item for item in self.world.lists if item.source == REQUESTS and item.team is person.team]
        lead = self.maker.lead(self.maker.company(), lists[0], self._morning_after(moment))
        lead.owner = person
        signal = Signal(lead, "document_request", moment, f"{TOPICS[lead.topic].noun}の資料")
        lead.signals.append(signal)
        self._mine(lead)
        self.desk.at(lead.created_at, lambda at: enter(self.desk, lead, signal, at))

    def _mine(self, lead: Lead) -> None:
        for phone in lead.phones:
            phone.dud = ""
        self.leads.append(lead)
        self.world.stories.add(lead.number)

    def _window(self, moment: dt.datetime) -> Window:
        if moment not in self._windows:
            self._windows[moment] = window_for(moment, self.desk.calendar, self.desk.rule)
        return self._windows[moment]

    def _candidates(self, person: Person) -> Candidates:
        """Moments of the last days at which `person` could have called, with the windows they would give."""
        found, moment = [], self._day_back(BACK) + STEP / 2
        today = dt.datetime.combine(self._today, dt.time(), JST)
        while moment < today:
            if self.desk.calendar.is_callable(moment) and works_at(person, moment):
                found.append((moment, self._window(moment)))
            moment += STEP
        return found

    def _open(self, candidates: Candidates) -> Candidates:
        return [(moment, window) for moment, window in candidates if window.opens_at <= self.desk_at < window.closes_at]

    def _fresh_window(self, candidates: Candidates) -> dt.datetime:
        """Open, with as much time left as can be."""
        found = self._open(candidates)
        best = max(window.closes_at for _, window in found)
        return self.desk.rng.choice([moment for moment, window in found if window.closes_at == best])

    def _half_gone(self, candidates: Candidates) -> dt.datetime:
        by_deadline = sorted((window.closes_at, moment) for moment, window in self._open(candidates))
        return by_deadline[len(by_deadline) // 2][1]

    def _nearly_closed(self, candidates: Candidates) -> dt.datetime:
        """The least time left, but enough to call."""
        enough = self.desk_at + dt.timedelta(minutes=35)
        found = self._open(candidates)
        found = [item for item in found if item[1].closes_at > enough] or found
        least = min(window.closes_at for _, window in found)
        return self.desk.rng.choice([moment for moment, window in found if window.closes_at == least])

    def _over(self, candidates: Candidates) -> dt.datetime:
        """Closed on the last business day or before, unattempted."""
        return max((window.closes_at, moment) for moment, window in candidates if window.closes_at < self.desk_at)[1]

    def _not_yet(self, candidates: Candidates) -> dt.datetime:
        """The one that opens next, if any still waits; else the youngest."""
        waiting = [moment for moment, window in candidates if window.opens_at > self.desk_at]
        return waiting[0] if waiting else candidates[-1][0]

    def _promise(self, person: Person, ahead: dt.timedelta, *, reacted: bool) -> None:
        """The customer named a time about now: after a reaction, or on the first call already."""
        lead = self._lead(person)
        promised_at = _to_five(self.desk_at + ahead)
        if reacted:
            self._call(lead, person, self._open_last_day(person), "interested")
        moment = self._last_day_at(person)
        self._call(lead, person, moment, "call_back", promised_at=promised_at)

    def _tried_in_vain(self, person: Person) -> None:
        """A second call nobody answered; its retry is due."""
        lead = self._lead(person)
        self._call(lead, person, self._open_last_day(person), "documents_wanted")
        retry_at = self._just_now(25)
        self._call(lead, person, self._last_day_at(person), "no_answer", retry_at=retry_at)

    def _considering(self, person: Person) -> None:
        """A hearing some days ago; the call it promised is due today."""
        lead = self._lead(person)
        heard_on = self._day_back(3)
        self._call(lead, person, self._day_back(6) + dt.timedelta(hours=1, minutes=20), "interested")
        due_at = self._just_now(10)
        self._call(
            lead,
            person,
            heard_on + dt.timedelta(hours=2),
            "hearing_done",
            action_kind="follow_up_call",
            action_due_at=due_at,
        )

    def _open_last_day(self, person: Person) -> dt.datetime:
        """A reaction whose window was open on the last business day, best from its morning to its end."""
        last = self._day_back(1)
        before = [(moment, window) for moment, window in self._candidates(person) if moment < last]
        missing = [
            max(window.opens_at - last - dt.timedelta(hours=1), dt.timedelta())
            + max(last + dt.timedelta(hours=8) - window.closes_at, dt.timedelta())
            for _, window in before
        ]
        return self.desk.rng.choice([before[at][0] for at, gap in enumerate(missing) if gap == min(missing)])

    def _retry(self, person: Person, minutes_ago: int) -> None:
        """A first call that found nobody; the time to try again has come."""
        lead = self._lead(person)
        retry_at = self._just_now(minutes_ago)
        self._call(lead, person, self._last_day_at(person), "absent", retry_at=retry_at)

    # --- Appointments ---------------------------------------------------------------------------------------------

    def _appointments(self, rep: Person, colleague: Person) -> None:
        for person, days in ((rep, 2), (colleague, 3)):
            starts_on = self.desk.calendar.add_business_days(self._today, days)
            self._wins(person, 1, dt.datetime.combine(starts_on, dt.time(11 + days), JST), WAITS_FOR_ANSWER)
        self._wins(rep, 4, self._later_today(), WAITS_FOR_MEETING)
        self._wins(colleague, 4, self._day_back(1) + dt.timedelta(hours=6), WAITS_FOR_MEETING)

    def _later_today(self) -> dt.datetime:
        later = _half_hour_from(self.desk_at + dt.timedelta(hours=3))
        in_office = later.date() == self._today and later.time() < dt.time(17, 30)
        return later if in_office else _half_hour_from(self.desk_at + dt.timedelta(minutes=20))

    def _wins(self, person: Person, days_ago: int, starts_at: dt.datetime, fate: str) -> None:
        """An appointment with the first field-sales person, won some days ago on a second call."""
        lead = self._lead(person)
        won_at = self._day_back(days_ago) + dt.timedelta(hours=2, minutes=11 + len(self.world.stories))
        self._call(lead, person, self._day_back(days_ago + 2) + dt.timedelta(hours=1, minutes=5), "interested")
        self.pipeline.fates[lead.number] = fate
        owner = self.talker.field_sales[0]
        self._call(lead, person, won_at, "appointment", starts_at=starts_at, owner=owner)

    # --- Calls ----------------------------------------------------------------------------------------------------

    def _lead(self, person: Person) -> Lead:
        """A fresh lead of the person's, on the team's first list, with a number that works."""
        lead_list = next(lead_list for lead_list in self.world.lists if lead_list.team is person.team)
        lead = self.maker.lead(self.maker.company(), lead_list, lead_list.imported_at)
        lead.owner = person
        self._mine(lead)
        add_lead(self.world, self.desk, lead, self.maker.rng)
        return lead

    def _call(self, lead: Lead, person: Person, at: dt.datetime, code: str, **fixed) -> None:
        """Schedule one call; `fixed` are the times the story needs."""
        self._seconds = (self._seconds + 17) % 240
        moment = at.astimezone(JST) - dt.timedelta(seconds=self._seconds)
        self.desk.at(moment, lambda now: self._dial(lead, person, now, code, fixed))

    def _dial(self, lead: Lead, person: Person, at: dt.datetime, code: str, fixed: dict) -> None:
        self.desk.call(lead, person, at, code, self.talker.talk(lead, code, at, **fixed))

    def _day_back(self, days: int) -> dt.datetime:
        """Nine o'clock `days` business days before today."""
        return dt.datetime.combine(self.desk.calendar.add_business_days(self._today, -days), dt.time(9), JST)

    def _last_day_at(self, person: Person) -> dt.datetime:
        """A moment of the last business day."""
        return self._day_back(1) + dt.timedelta(
            hours=self.desk.rng.choice((1, 2, 5, 6)), minutes=self.desk.rng.randint(3, 50)
        )

    def _just_now(self, minutes_ago: int) -> dt.datetime:
        """Some minutes ago, but not before the office opened."""
        opened = dt.datetime.combine(self._today, dt.time(9), JST)
        return max(_to_five(self.desk_at - dt.timedelta(minutes=minutes_ago)), opened)


def _to_five(moment: dt.datetime) -> dt.datetime:
    """Back to the last five minutes: people name round times."""
    return moment.replace(minute=moment.minute // 5 * 5, second=0, microsecond=0)


def _half_hour_from(moment: dt.datetime) -> dt.datetime:
    half = moment.replace(minute=moment.minute // 30 * 30, second=0, microsecond=0)
    return half if half == moment else half + dt.timedelta(minutes=30)
