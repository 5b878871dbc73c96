"""What is said on the phone: the fields of one call's form, in the words of a sales team."""

import datetime as dt
import random
from math import exp
from typing import Any

from calls.calendar import JST, BusinessCalendar
from calls.outcomes import CORE_FACTS
from reports.demo.hearing import picture
from reports.demo.records import Block, Lead, Meeting, Person, Talk
from reports.demo.words import talk as words
from reports.demo.words.names import FAMILY
from reports.demo.words.topics import TOPICS

DECISION_MAKERS = (("self", 30), ("superior", 34), ("executive", 30), ("other_department", 6))
TIMINGS = (
    ("within_1_month", 8),
    ("within_3_months", 26),
    ("within_6_months", 26),
    ("within_1_year", 18),
    ("undecided", 22),
)
BUDGETS = (("secured", 14), ("applying", 22), ("undecided", 48), ("none", 16))
MONTHS = {"within_1_month": 1, "within_3_months": 3, "within_6_months": 5, "within_1_year": 9}
# How often each fact is answered, and how often it is asked in vain: on a first reaction, a hearing, an appointment.
CHANCES = {
    "reaction": {"timing": (0.4, 0.2), "decision_maker": (0.3, 0.1), "budget": (0.1, 0.2), "concerns": (0.3, 0.0)},
    "hearing": {
        "decision_maker": (0.78, 0.12),
        "timing": (0.95, 0.03),
        "budget": (0.62, 0.25),
        "concerns": (0.8, 0.05),
        "background": (0.6, 0.0),
        "approval_process": (0.35, 0.15),
        "competitors": (0.4, 0.15),
    },
    "appointment": {"background": (0.8, 0.0), "approval_process": (0.6, 0.1), "competitors": (0.6, 0.1)},
    "refused": {"timing": (0.1, 0.0), "budget": (0.15, 0.0)},
}
ACTION_DAYS = {"send_documents": (0, 1), "reminder_mail": (2, 6), "follow_up_call": (4, 15)}
RETRY_HOURS = (10, 11, 13, 14, 15, 16, 17)
PROMISE_HOURS = (10, 11, 13, 14, 15)


class Talker:
    """Makes the talk of a call; `meeting_for` finds the appointment's time and owner."""

    def __init__(self, rng: random.Random, calendar: BusinessCalendar, field_sales: list[Person]):
        self.rng, self.calendar, self.field_sales = rng, calendar, field_sales
        self._taken: set[tuple[str, dt.datetime]] = set()
        self._fixed: dict[str, Any] = {}

    def talk(self, lead: Lead, code: str, at: dt.datetime, **fixed: Any) -> Talk:
        """The form of a call on `lead` at `at` that ends in outcome `code`; `fixed` are times the caller names:
        `retry_at`, `promised_at`, `action_kind` and `action_due_at`, or `starts_at` and `owner` of the meeting."""
        self._fixed = fixed
        makers = {
            "no_answer": self._no_answer,
            "busy": self._no_answer,
            "voicemail": self._no_answer,
            "absent": self._absent,
            "gatekeeper_refused": self._gatekeeper,
            "call_back": self._call_back,
            "interested": self._reaction,
            "documents_wanted": self._reaction,
            "contact_later": self._reaction,
            "hearing_done": self._hearing_done,
            "appointment": self._appointment,
            "refused": self._refused,
            "out_of_service": lambda *_: Talk(seconds=12),
            "fax": lambda *_: Talk(seconds=10),
            "wrong_number": lambda *_: Talk(memo=self.rng.choice(words.WRONG_NUMBER), seconds=35),
            "do_not_call": self._do_not_call,
            "complaint": self._do_not_call,
        }
        return makers[code](lead, code, at)

    # --- Nobody, or not the right one -----------------------------------------------------------------------------

    def _no_answer(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        memo = "留守番電話。名乗りのみ残した。" if code == "voicemail" else self.rng.choice(words.NO_ANSWER)
        return Talk(memo=memo, retry_at=self.retry_at(lead, at), seconds=self.rng.randint(20, 55))

    def _absent(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        retry_at = self.retry_at(lead, at, back_today=True)
        hour = retry_at.astimezone(JST).hour
        memo = self.rng.choice(words.ABSENT).format(hour=hour)
        if retry_at.date() != at.astimezone(JST).date():
            memo = self.rng.choice(words.ABSENT_TODAY).format(day=self._day(retry_at), hour=hour)
        return Talk(memo=memo, retry_at=retry_at, seconds=self.rng.randint(40, 110))

    def _gatekeeper(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        memo = self.rng.choice(words.GATEKEEPER)
        if self.rng.random() < 0.85:
            return Talk(memo=memo, retry_at=self.later(at, 5, 12), seconds=self.rng.randint(40, 100))
        return Talk(memo=memo, reason=self.rng.choice(words.OTHER_ROUTE), seconds=self.rng.randint(40, 100))

    # --- The person -----------------------------------------------------------------------------------------------

    def _call_back(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        memo = self.rng.choice(words.CALL_BACK).format(name=lead.surname)
        promised_at = self._fixed.get("promised_at") or self.later(at, 1, 2, steps=2, hours=PROMISE_HOURS)
        return Talk(memo=memo, promised_at=promised_at, seconds=self.rng.randint(50, 120))

    def _reaction(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        rng = self.rng
        source = lead.signals[0].kind if lead.signals else ""
        openings = words.SOURCE_OPENINGS.get(source) if rng.random() < 0.35 else None
        opening = rng.choice(openings or words.OPENINGS).format(dept=lead.department or "代表", name=lead.surname)
        said = f"{lead.problem}とのこと"
        if lead.follow_up:
            opening = rng.choice(words.HEARD_AGAIN).format(name=lead.surname)
            said = self._fill(rng.choice(TOPICS[lead.topic].details))
        wishes = {"interested": words.INTERESTED, "documents_wanted": words.WANTS_DOCUMENTS}
        wish = rng.choice(wishes.get(code, words.WANTS_LATER))
        talk = Talk(
            memo=f"{opening}{said}。{wish}",
            hearing=self._hear(lead, "reaction", at),
            seconds=rng.randint(180, 420),
        )
        if lead.follow_up:
            self._act(talk, "follow_up_call", at)
        elif code == "documents_wanted":
            self._act(talk, "send_documents", at)
        return talk

    def _hearing_done(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        rng, topic = self.rng, TOPICS[lead.topic]
        if lead.follow_up:
            opening = rng.choice(words.HEARING_OPENINGS).format(topic=topic.noun, name=lead.surname)
        else:
            opening = rng.choice(words.OPENINGS).format(dept=lead.department or "代表", name=lead.surname)
        details = "。".join(self._fill(detail) for detail in rng.sample(topic.details, rng.randint(1, 2)))
        memo = f"{opening}{details}。{rng.choice(words.CONSIDERING)}"
        talk = Talk(memo=memo, hearing=self._hear(lead, "hearing", at), seconds=rng.randint(300, 780))
        self._act(talk, rng.choices(("follow_up_call", "reminder_mail"), (5, 2))[0], at)
        return talk

    def _appointment(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        rng, topic = self.rng, TOPICS[lead.topic]
        detail = self._fill(rng.choice(topic.details))
        known = {fact for fact, entry in picture(lead).items() if entry["state"] == "answered"}
        hearing = self._hear(lead, "appointment", at)
        for fact in CORE_FACTS:
            if fact not in known or fact in ("timing", "budget"):
                hearing[fact] = self._answer(lead, fact, at)
        meeting = self.meeting_for(lead, at)
        when = f"{self._day(meeting.starts_at)}{meeting.starts_at.astimezone(JST):%H:%M}"
        memo = f"{detail}。{rng.choice(words.APPOINTMENT)}{when}から。"
        return Talk(memo=memo, hearing=hearing, meeting=meeting, seconds=rng.randint(420, 960))

    def _refused(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        reason, concern = self.rng.choice(words.REFUSALS)
        hearing = self._hear(lead, "refused", at)
        hearing["concerns"] = {"state": "answered", "value": concern}
        revive_on = None
        if "予算" in reason or "人手" in reason or self.rng.random() < 0.12:
            revive_on = self.later(at, 60, 120).astimezone(JST).date()
        memo = self.rng.choice(words.REFUSAL_MEMOS).format(name=lead.surname)
        return Talk(memo=memo, reason=reason, hearing=hearing, revive_on=revive_on, seconds=self.rng.randint(60, 200))

    def _do_not_call(self, lead: Lead, code: str, at: dt.datetime) -> Talk:
        asked_by = "受付の方" if code == "complaint" else f"{lead.surname}様"
        scope = "company" if code == "complaint" and self.rng.random() < 0.6 else "person"
        said = words.BLOCK_WORDS_OF_RECEPTION if code == "complaint" else words.BLOCK_WORDS
        block = Block(asked_by, self.rng.choice(said), scope)
        return Talk(memo=self.rng.choice(words.BLOCK_MEMOS), block=block, seconds=self.rng.randint(40, 100))

    # --- Hearing --------------------------------------------------------------------------------------------------

    def _hear(self, lead: Lead, occasion: str, at: dt.datetime) -> dict[str, dict[str, Any]]:
        """The facts that came up; the problem always does where the call was good."""
        known = picture(lead)
        hearing: dict[str, dict[str, Any]] = {}
        if occasion in ("reaction", "hearing") and known["problem"]["state"] != "answered":
            hearing["problem"] = self._answer(lead, "problem", at)
        for fact, (answered, unknown) in CHANCES[occasion].items():
            drawn = self.rng.random()
            if known[fact]["state"] == "answered" and fact not in ("timing", "budget"):
                continue
            if drawn < answered:
                hearing[fact] = self._answer(lead, fact, at)
            elif drawn < answered + unknown and known[fact]["state"] != "answered":
                hearing[fact] = {"state": "unknown"}
        has_timing = "answered" in (known["timing"]["state"], hearing.get("timing", {}).get("state"))
        if occasion == "hearing" and not has_timing:
            hearing["timing"] = self._answer(lead, "timing", at)
        return hearing

    def _answer(self, lead: Lead, fact: str, at: dt.datetime) -> dict[str, Any]:
        rng, topic = self.rng, TOPICS[lead.topic]
        extras: dict[str, Any] = {}
        if fact == "problem":
            value = lead.problem
        elif fact == "decision_maker":
            value = rng.choices(*zip(*DECISION_MAKERS, strict=True))[0]
            title = {"superior": "部長", "executive": "取締役", "other_department": "情報システム課長"}.get(value)
            if title and rng.random() < 0.6:
                extras["decision_maker_name"] = f"{rng.choice(FAMILY)[0]}{title}"
        elif fact == "timing":
            value = self._leaning(TIMINGS, lead.interest)
            if value in MONTHS and rng.random() < 0.5:
                extras["timing_month"] = _month_after(at, MONTHS[value])
        elif fact == "budget":
            value = self._leaning(BUDGETS, lead.interest)
            if value in ("secured", "applying") and rng.random() < 0.7:
                extras["budget_yen"] = rng.choice((300, 500, 800, 1000, 1200, 1500, 2000, 3000)) * 1000
        else:
            tables = {
                "concerns": words.CONCERNS,
                "background": topic.backgrounds,
                "approval_process": words.APPROVALS,
                "competitors": words.COMPETITORS,
            }
            value = self._fill(rng.choice(tables[fact]))
        return {"state": "answered", "value": value, **extras}

    def _leaning(self, choices: tuple[tuple[str, int], ...], interest: float) -> str:
        """One of `choices`, the best of which comes first: who is interested buys sooner and has money."""
        middle = (len(choices) - 1) / 2
        weights = [weight * exp(0.5 * interest * (middle - place)) for place, (_, weight) in enumerate(choices)]
        return self.rng.choices([value for value, _ in choices], weights)[0]

    def _fill(self, text: str) -> str:
        return text.replace("{n}", str(self.rng.randint(5, 9))).replace("{m}", str(self.rng.randint(2, 4)))

    # --- Times ----------------------------------------------------------------------------------------------------

    def _act(self, talk: Talk, kind: str, at: dt.datetime) -> None:
        kind = self._fixed.get("action_kind", kind)
        first, last = ACTION_DAYS[kind]
        if "action_due_at" in self._fixed:
            talk.action_due_at = self._fixed["action_due_at"]
        elif kind == "send_documents":
            talk.action_due_at = self._rounded(
                self.calendar.next_callable(at + dt.timedelta(hours=self.rng.randint(1, 4)))
            )
        else:
            talk.action_due_at = self.later(at, first, last)
        talk.action_kind, talk.action_note = kind, self.rng.choice(words.ACTION_NOTES[kind])

    def retry_at(self, lead: Lead, at: dt.datetime, *, back_today: bool = False) -> dt.datetime:
        """Same day first, then other hours of the next days; after some attempts weeks later."""
        if "retry_at" in self._fixed:
            return self._fixed["retry_at"]
        attempts = lead.follow_up.attempts if lead.follow_up else lead.call_count
        local = at.astimezone(JST)
        if attempts >= (3 if lead.follow_up else 5):
            return self.later(at, 12, 25)
        soon = self.calendar.next_callable(local + dt.timedelta(minutes=self.rng.randint(60, 200)))
        if soon.date() == local.date() and (back_today or attempts % 2 == 0) and self.rng.random() < 0.7:
            return self.calendar.next_callable(self._rounded(soon))
        return self.later(at, 1, 1 if lead.follow_up else 3)

    def later(
        self, at: dt.datetime, first: int, last: int, *, steps: int = 12, hours: tuple[int, ...] = RETRY_HOURS
    ) -> dt.datetime:
        """A moment of a business day, `first` to `last` of them on; `steps` 2 means half hours."""
        day = self.calendar.add_business_days(at.astimezone(JST).date(), self.rng.randint(first, last))
        minute = self.rng.randrange(steps) * (60 // steps)
        return dt.datetime.combine(day, dt.time(self.rng.choice(hours), minute), JST)

    def meeting_for(self, lead: Lead, at: dt.datetime) -> Meeting:
        """A free hour of a field-sales person, some business days on."""
        rng = self.rng
        owner = self._fixed.get("owner") or rng.choice(self.field_sales)
        starts_at = self._fixed.get("starts_at")
        while starts_at is None or (owner.key, starts_at) in self._taken:
            day = self.calendar.add_business_days(at.astimezone(JST).date(), rng.randint(2, 8))
            starts_at = dt.datetime.combine(
                day, dt.time(rng.choice((10, 11, 13, 14, 15, 16)), rng.choice((0, 30))), JST
            )
        self._taken.add((owner.key, starts_at))
        is_online = rng.random() < 0.68
        place = (
            rng.choice(words.PLACES_ONLINE)
            if is_online
            else f"{lead.company.prefecture}{lead.company.address} 先方会議室"
        )
        person = f"{lead.title} {lead.surname}様" if lead.title else f"{lead.surname}様"
        if lead.surname == "ご担当者":
            person = "ご担当者様"
        extra = f"、{rng.choice(words.PARTICIPANT_EXTRAS)}" if rng.random() < 0.55 else ""
        concern = picture(lead)["concerns"]["value"] or rng.choice(words.CONCERNS)
        todo = "\n".join(line.format(concern=concern) for line in rng.sample(words.HANDOVER_TODO, 2))
        return Meeting(starts_at, is_online, place, f"{person}{extra}", owner, todo)

    @staticmethod
    def _rounded(moment: dt.datetime) -> dt.datetime:
        over = dt.timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
        return moment - over + dt.timedelta(minutes=5) if over else moment

    @staticmethod
    def _day(moment: dt.datetime) -> str:
        local = moment.astimezone(JST)
        return f"{local.month}月{local.day}日（{'月火水木金土日'[local.weekday()]}）"


def _month_after(at: dt.datetime, months: int) -> dt.date:
    local = at.astimezone(JST)
    number = local.year * 12 + local.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, 1)
