"""The lists and the leads on them: companies, people, numbers and signals, drawn from the word tables.

Numbers are well-formed but nobody's: behind every area code the local part begins with 1, which the Japanese numbering
plan leaves to services such as 110 and 119 and gives to no subscriber.
"""

import datetime as dt
import random
from collections.abc import Iterator
from math import exp

from calls.calendar import JST, BusinessCalendar
from reports.demo.desk import Desk
from reports.demo.records import Company, Lead, LeadList, Person, Phone, Signal, World
from reports.demo.words import names
from reports.demo.words.companies import FORMS, INDUSTRIES, NO_WORD, PREFIXES, STEMS, Industry, Word
from reports.demo.words.lists import BOUGHT, EXHIBITION, LISTS, REQUESTS, SEMINAR, SLEEPING
from reports.demo.words.topics import TOPICS

DUDS = ("out_of_service", "out_of_service", "wrong_number", "fax")
HISTORY = {
    EXHIBITION: {"document_request": 0.05, "reply": 0.08},
    SEMINAR: {"document_request": 0.06, "reply": 0.08, "inquiry": 0.03},
    SLEEPING: {"seminar": 0.06, "reply": 0.08},
    BOUGHT: {"reply": 0.03},
}
"""Share of a list's usual leads that had reacted before, by kind."""
HISTORY_DAYS = (18, 80)
INTEREST_IN_SIGNALS = 1.1
SITE_SHARE_OLD = 0.45  # of a request site's leads: there before the demo begins


class Maker:
    """Makes companies and leads; no two companies of one name, no two of one number."""

    def __init__(self, rng: random.Random):
        self.rng = rng
        self._names: set[str] = set()
        self._numbers: set[str] = set()
        self._count = 0

    def company(self) -> Company:
        rng = self.rng
        industry = rng.choices(INDUSTRIES, [entry.weight for entry in INDUSTRIES])[0]
        prefecture, area, cities = rng.choices(names.PLACES, range(len(names.PLACES), 0, -1))[0]
        parts = self._unused(industry)
        core, kana, romaji = ("".join(words) for words in zip(*parts, strict=True))
        form = rng.choices([form for form, _ in FORMS], [weight for _, weight in FORMS])[0]
        domain = f"{romaji}.example.jp"
        town = f"{rng.choice(names.TOWNS)}{rng.randint(1, 5)}-{rng.randint(1, 28)}-{rng.randint(1, 15)}"
        return Company(
            name=f"{core}{form}" if rng.random() < 0.3 else f"{form}{core}",
            kana=kana,
            industry=industry.name,
            employees=rng.choice(names.EMPLOYEES),
            prefecture=prefecture,
            address=f"{rng.choice(cities)}{town}",
            url=f"https://www.{domain}/" if rng.random() < 0.7 else "",
            domain=domain,
            topics=industry.topics,
            departments=industry.departments,
            main_number=self._number(area),
        )

    def _unused(self, industry: Industry) -> list[Word]:
        """The words of a name nobody has yet: the more names are taken, the more of them get a word in front."""
        while True:
            for prefix in (NO_WORD, NO_WORD, self.rng.choice(PREFIXES)):
                parts = [prefix, self.rng.choice(STEMS), self.rng.choice(industry.suffixes)]
                name = "".join(word.text for word in parts)
                if name not in self._names:
                    self._names.add(name)
                    return parts

    def lead(self, company: Company, lead_list: LeadList, created_at: dt.datetime) -> Lead:
        rng = self.rng
        family, kana, romaji = rng.choice(names.FAMILY)
        given, given_kana = rng.choice(names.GIVEN)
        self._count += 1
        topic = rng.choice(company.topics)
        is_executive = company.employees in names.EMPLOYEES[:2] and rng.random() < 0.4
        nameless = lead_list.plan.duds > 0.08 and rng.random() < 0.3
        lead = Lead(
            number=self._count,
            company=company,
            name="" if nameless else f"{family} {given}",
            kana="" if nameless else f"{kana} {given_kana}",
            surname="ご担当者" if nameless else family,
            department="" if is_executive else rng.choice(company.departments),
            title="" if nameless else rng.choice(names.EXECUTIVES if is_executive else names.TITLES),
            email="" if nameless or rng.random() < 0.35 else f"{romaji}{self._count}@{company.domain}",
            lead_list=lead_list,
            created_at=created_at,
            topic=topic,
            interest=rng.gauss(0, 1),
        )
        lead.problem = self.fill(rng.choice(TOPICS[topic].problems))
        self._add_phones(lead)
        return lead

    def fill(self, text: str) -> str:
        return text.replace("{n}", str(self.rng.randint(5, 9))).replace("{m}", str(self.rng.randint(2, 4)))

    def _add_phones(self, lead: Lead) -> None:
        rng, company = self.rng, lead.company
        area = next(area for prefecture, area, _ in names.PLACES if prefecture == company.prefecture)
        numbers = [("main", company.main_number)]
        if rng.random() < 0.22:
            numbers.insert(0, ("direct", self._number(area)))
        if rng.random() < 0.1:
            numbers.append(("fax", self._number(area)))
        for position, (label, raw) in enumerate(numbers):
            dud = rng.choice(DUDS) if label != "fax" and rng.random() < lead.lead_list.plan.duds else ""
            e164 = "+81" + raw.replace("-", "")[1:]
            lead.phones.append(Phone(lead, label, raw, e164, position, dud=dud))

    def _number(self, area: str) -> str:
        """0A-1BCD-EFGH for one-digit areas, 0AB-1CD-EFGH for two-digit ones."""
        while True:
            local = "1" + "".join(str(self.rng.randint(0, 9)) for _ in range(4 - len(area)))
            number = f"0{area}-{local}-{self.rng.randint(0, 9999):04d}"
            if number not in self._numbers:
                self._numbers.add(number)
                return number


def make_lists(world: World, calendar: BusinessCalendar, count: int) -> list[int]:
    """Put the lists into the world; answers how many of `count` leads each gets."""
    today = world.now.astimezone(JST).date()
    days, latest = (today - world.start).days, calendar.add_business_days(today, -2)
    teams = {team.key: team for team in world.teams}
    for plan in LISTS:
        on = min(calendar.add_business_days(world.start + dt.timedelta(days=round(days * plan.after)), 0), latest)
        lead_list = LeadList(
            name=plan.name.format(year=world.start.year),
            team=teams[plan.team],
            source=plan.source,
            purpose=plan.purpose,
            acquired_on=on - dt.timedelta(days=plan.lag),
            imported_at=dt.datetime.combine(on, dt.time(8, 40), JST),
            plan=plan,
        )
        world.lists.append(lead_list)
    sizes = [round(count * plan.share) for plan in LISTS]
    sizes[-1] += count - sum(sizes)
    return sizes


def fill_lists(world: World, desk: Desk, maker: Maker, sizes: list[int]) -> None:
    """Make every list's leads and let them come in when they did."""
    for lead_list, size in zip(world.lists, sizes, strict=True):
        owners = cycle_of([person for person in world.role("rep", "agency_rep") if person.team is lead_list.team])
        is_site = lead_list.source == REQUESTS
        moments = _arrivals(world, desk.calendar, maker.rng, size) if is_site else [lead_list.imported_at] * size
        company = None
        for moment in moments:
            if company is None or maker.rng.random() > 0.14:
                company = maker.company()
            lead = maker.lead(company, lead_list, moment)
            if lead_list.team.is_agency or is_site or maker.rng.random() < 0.5:
                lead.owner = next(owners)
            add_lead(world, desk, lead, maker.rng)


def add_lead(world: World, desk: Desk, lead: Lead, rng: random.Random) -> None:
    """Let `lead` come in at the moment it was created, with what it did before."""
    is_new = lead.lead_list.source == REQUESTS and lead.created_at > lead.lead_list.imported_at
    owed = _add_signals(lead, rng, is_new=is_new)
    desk.at(lead.created_at, lambda at: enter(desk, lead, owed, at))


def cycle_of(people: list[Person]) -> Iterator[Person]:
    """One after the other, without end."""
    while True:
        yield from people


def enter(desk: Desk, lead: Lead, owed: Signal | None, at: dt.datetime) -> None:
    away = lead.owner and any(absence.starts_at <= at < absence.ends_at for absence in lead.owner.absences)
    if away:
        there = [person for person in desk.world.role("rep") if person.team is lead.team and not person.absences]
        lead.owner = desk.rng.choice(there) if there else lead.owner
    desk.enter(lead, at)
    if owed:
        desk.owe(owed, at)


def _arrivals(world: World, calendar: BusinessCalendar, rng: random.Random, size: int) -> list[dt.datetime]:
    """When a request site's leads came in: part of them on the first day, the others on a morning each."""
    today = world.now.astimezone(JST).date()
    days = [world.start + dt.timedelta(days=count) for count in range(1, (today - world.start).days)]
    days = [day for day in days if calendar.business_day(day)]
    first = dt.datetime.combine(calendar.add_business_days(world.start, 0), dt.time(8, 40), JST)
    late = [dt.datetime.combine(rng.choice(days), dt.time(9, 5), JST) for _ in range(size)] if days else [first] * size
    return sorted(first if rng.random() < SITE_SHARE_OLD else moment for moment in late)


def _add_signals(lead: Lead, rng: random.Random, *, is_new: bool) -> Signal | None:
    """What the lead did before it came in; answers the signal that is owed a second call, if any."""
    _add_history(lead, rng)
    source, came_at = lead.source, lead.created_at

    def add(kind: str, moment: dt.datetime, note: str = "") -> Signal:
        signal = Signal(lead, kind, moment.replace(second=0, microsecond=0), note)
        lead.signals.append(signal)
        return signal

    if source == EXHIBITION:
        add("business_card", _daytime(came_at - dt.timedelta(days=rng.randint(4, 5)), rng), "展示会ブースにて名刺交換")
        lead.extra = {
            "来場日": f"{lead.signals[0].occurred_at.astimezone(JST):%Y/%m/%d}",
            "関心": TOPICS[lead.topic].noun,
        }
    elif source == SEMINAR:
        title = lead.lead_list.name.removesuffix(" 参加者")
        add("seminar", _daytime(came_at - dt.timedelta(days=lead.lead_list.plan.lag), rng, (14, 16)), title)
    elif source == SLEEPING and rng.random() < 0.6:
        kind = rng.choice(("document_request", "inquiry", "seminar"))
        add(kind, _daytime(came_at - dt.timedelta(days=rng.randint(140, 600)), rng), "過去の履歴より")
    elif source == REQUESTS:
        ago = dt.timedelta(hours=rng.uniform(1, 15)) if is_new else dt.timedelta(days=rng.randint(35, 110))
        kind = "inquiry" if rng.random() < 0.2 else "document_request"
        noun = TOPICS[lead.topic].noun
        signal = add(kind, came_at - ago, f"{noun}の資料" if kind == "document_request" else f"{noun}についてのご相談")
        return signal if is_new else None
    return None


def _add_history(lead: Lead, rng: random.Random) -> None:
    """What it did of itself some weeks before its list came in: the more interested, the more of it."""
    for kind, share in HISTORY.get(lead.source, {}).items():
        if rng.random() < min(share * exp(INTEREST_IN_SIGNALS * lead.interest), 0.9):
            moment = _daytime(lead.created_at - dt.timedelta(days=rng.randint(*HISTORY_DAYS)), rng)
            lead.signals.append(Signal(lead, kind, moment.replace(microsecond=0), "過去の履歴より"))


def _daytime(moment: dt.datetime, rng: random.Random, hours: tuple[int, int] = (10, 17)) -> dt.datetime:
    return moment.astimezone(JST).replace(hour=rng.randint(*hours), minute=rng.randint(0, 59), second=0)
