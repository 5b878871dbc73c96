"""The demo's rows without a database: the same facts as the models, linked by reference instead of by id."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reports.demo.words.lists import ListPlan

Blocks = tuple[tuple[dt.time, dt.time], ...]


class Outcome(NamedTuple):
    """What the outcome list says of a code."""

    code: str
    connection: str
    reached: str
    result: str


@dataclass(eq=False)
class Team:
    key: str
    name: str
    is_agency: bool = False


@dataclass(eq=False)
class Absence:
    starts_at: dt.datetime
    ends_at: dt.datetime
    reason: str


@dataclass(eq=False)
class Person:
    """Somebody who signs in. `hours` maps weekdays to blocks; None works the business hours."""

    key: str
    name: str
    role: str
    team: Team | None = None
    managed: tuple[Team, ...] = ()
    slots_per_hour: int = 3
    hours: Mapping[int, Blocks] | None = None
    absences: list[Absence] = field(default_factory=list)

    @property
    def email(self) -> str:
        return f"{self.key}@demo.example"

    @property
    def is_agency(self) -> bool:
        return self.role == "agency_rep"


@dataclass(eq=False)
class LeadList:
    name: str
    team: Team
    source: str
    purpose: str
    acquired_on: dt.date
    imported_at: dt.datetime
    plan: ListPlan  # how its people behave


@dataclass(eq=False)
class Company:
    name: str
    kana: str
    industry: str
    employees: str
    prefecture: str
    address: str
    url: str
    domain: str
    topics: tuple[str, ...]
    departments: tuple[str, ...]
    main_number: str


@dataclass(eq=False)
class Phone:
    """`dud` is what calling it will show, unknown until somebody does."""

    lead: "Lead"
    label: str
    raw: str
    e164: str
    position: int
    extension: str = ""
    dud: str = ""
    is_valid: bool = True
    invalid_reason: str = ""


@dataclass(eq=False)
class Signal:
    lead: "Lead"
    kind: str
    occurred_at: dt.datetime
    note: str = ""
    by: Person | None = None


@dataclass(eq=False)
class Lead:
    """A lead with the facts services keep on it.

    `topic`, `number` and `interest` drive what it does and says, and are not stored: how much it wants the product, 0
    for the usual one, shows only in signals, answers and what its calls come to.
    """

    number: int
    company: Company
    name: str
    kana: str
    surname: str
    department: str
    title: str
    email: str
    lead_list: LeadList
    created_at: dt.datetime
    topic: str
    interest: float = 0.0
    problem: str = ""
    owner: Person | None = None
    extra: dict[str, str] = field(default_factory=dict)
    phones: list[Phone] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    calls: list["Call"] = field(default_factory=list)
    follow_up: "FollowUp | None" = None
    deals: list["Deal"] = field(default_factory=list)

    stage: str = "new"
    tier: str = "C"
    tier_reasons: list[dict] = field(default_factory=list)
    temperature: int = 0
    tier_rule_version: str = ""
    tiered_at: dt.datetime | None = None
    call_count: int = 0
    last_called_at: dt.datetime | None = None
    last_result: str = ""
    last_reached_at: dt.datetime | None = None
    last_reaction_at: dt.datetime | None = None
    problem_recorded_at: dt.datetime | None = None
    refused_at: dt.datetime | None = None
    revive_on: dt.date | None = None
    timing: str = ""
    budget: str = ""
    decision_maker: str = ""
    next_call_at: dt.datetime | None = None
    next_call_is_promise: bool = False
    asked_not_to: bool = False
    is_blocked: bool = False
    has_callable_phone: bool = True
    version: int = 1

    @property
    def team(self) -> Team:
        return self.lead_list.team

    @property
    def source(self) -> str:
        return self.lead_list.source

    @property
    def dialled(self) -> Phone | None:
        """The number that is tried next."""
        return next((phone for phone in self.phones if phone.is_valid and phone.label != "fax"), None)


@dataclass(eq=False)
class Meeting:
    """The appointment a call won."""

    starts_at: dt.datetime
    is_online: bool
    place: str
    participants: str
    owner: Person
    todo: str = ""


class Block(NamedTuple):
    requested_by: str
    words: str
    scope: str


@dataclass
class Talk:
    """What one call says besides its outcome: the fields of the form."""

    memo: str = ""
    reason: str = ""
    retry_at: dt.datetime | None = None
    promised_at: dt.datetime | None = None
    revive_on: dt.date | None = None
    hearing: dict[str, dict[str, Any]] = field(default_factory=dict)
    action_kind: str = ""
    action_due_at: dt.datetime | None = None
    action_note: str = ""
    meeting: Meeting | None = None
    block: Block | None = None
    seconds: int = 45


@dataclass(eq=False)
class Call:
    lead: Lead
    follow_up: "FollowUp | None"
    rep: Person
    tier: str
    phone: Phone | None
    outcome: Outcome
    talk: Talk
    called_at: dt.datetime
    form_key: uuid.UUID

    @property
    def kind(self) -> str:
        return "second" if self.follow_up else "first"

    @property
    def is_reached(self) -> bool:
        return self.outcome.reached == "person"


@dataclass(eq=False)
class FollowUp:
    lead: Lead
    reaction_at: dt.datetime
    window: Any
    rep: Person | None
    first_rep: Person | None
    tier: str
    temperature: int
    facts: dict[str, Any]
    reaction_call: Call | None = None
    reaction_signal: Signal | None = None
    returned_from: "FollowUp | None" = None
    state: str = "waiting"
    close_reason: str = ""
    is_agency: bool = False
    planned_at: dt.datetime | None = None
    plan_reasons: list[dict] = field(default_factory=list)
    needs_plan: bool = True
    promised_at: dt.datetime | None = None
    retry_at: dt.datetime | None = None
    attempts: int = 0
    first_attempted_at: dt.datetime | None = None
    attempted_by: Person | None = None
    connected_at: dt.datetime | None = None
    appointment_at: dt.datetime | None = None
    held_at: dt.datetime | None = None
    opportunity_at: dt.datetime | None = None
    won_at: dt.datetime | None = None
    missed_at: dt.datetime | None = None
    closed_at: dt.datetime | None = None
    wanted_at: dt.datetime | None = None  # when its rep gets round to it; drives the story, not stored

    @property
    def is_live(self) -> bool:
        return self.state not in ("closed", "cancelled")


@dataclass(eq=False)
class Move:
    """One move of a follow-up, a lead's stage or a deal: of what, from where to where, when, by whom."""

    of: Any
    from_: str
    to: str
    at: dt.datetime
    by: Person | None
    reason: str = ""


@dataclass(eq=False)
class NextAction:
    call: Call
    owner: Person
    kind: str
    due_at: dt.datetime
    note: str
    done_at: dt.datetime | None = None
    cancelled_at: dt.datetime | None = None


@dataclass(eq=False)
class DoNotCall:
    lead: Lead
    scope: str
    e164: str
    words: str
    requested_by: str
    requested_at: dt.datetime
    by: Person


@dataclass(eq=False)
class Deal:
    lead: Lead
    meeting: Meeting
    origin: str
    appointment_at: dt.datetime
    set_by: Person
    team: Team
    sheet: dict[str, Any]
    call: Call | None = None
    follow_up: FollowUp | None = None
    stage: str = "appointment"
    version: int = 1
    amount_yen: int | None = None
    close_on: dt.date | None = None
    lost_reason: str = ""
    held_at: dt.datetime | None = None
    opportunity_at: dt.datetime | None = None
    won_at: dt.datetime | None = None
    lost_at: dt.datetime | None = None
    status: str = "pending"
    answered_at: dt.datetime | None = None
    answered_by: Person | None = None
    return_reason: str = ""


@dataclass(eq=False)
class Notice:
    user: Person
    kind: str
    key: str  # `{0}` stands for the id of what it is about
    at: dt.datetime
    about: Any
    lead: Lead
    follow_up: FollowUp | None
    mail: bool = True


@dataclass(eq=False)
class Audit:
    """`changes` may hold records; the writer puts their ids."""

    at: dt.datetime
    by: Person | None
    verb: str
    target: Any
    changes: dict[str, list]


@dataclass
class World:
    """Everything the demo knows, in the order it happened."""

    now: dt.datetime
    start: dt.date
    teams: list[Team] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    lists: list[LeadList] = field(default_factory=list)
    companies: list[Company] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    follow_up_moves: list[Move] = field(default_factory=list)
    stage_moves: list[Move] = field(default_factory=list)
    actions: list[NextAction] = field(default_factory=list)
    blocks: list[DoNotCall] = field(default_factory=list)
    deals: list[Deal] = field(default_factory=list)
    deal_moves: list[Move] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    stories: set[int] = field(default_factory=set)  # numbers of leads whose part is written out

    def role(self, *roles: str) -> list[Person]:
        return [person for person in self.people.values() if person.role in roles]
