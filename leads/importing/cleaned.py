"""What cleaning a row gives. Named tuples, six times cheaper to make than frozen dataclasses: a file makes millions."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from leads.importing.dates import When
from leads.importing.phones import Phone
from leads.importing.problems import Problem


class CleanCompany(NamedTuple):
    """`address` is everything behind the prefecture (city, street, building); `city` its beginning if clear."""

    name: str = ""
    key: str = ""
    kana: str = ""
    form: str = ""
    form_position: str = ""
    branch: str = ""
    office: str = ""
    corporate_number: str = ""
    postal: str = ""
    prefecture: str = ""
    city: str = ""
    address: str = ""
    industry: str = ""
    employees: str = ""
    url: str = ""


class CleanPerson(NamedTuple):
    """Empty name: a company's number without a person. `key` compares names across spellings."""

    name: str = ""
    key: str = ""
    kana: str = ""
    department: str = ""
    title: str = ""
    email: str = ""


class CleanHistory(NamedTuple):
    """What the list says about calls of the past; times are naive JST.

    `result` as written, `meaning` as `results.read_result` reads it; `facts` by their names in `calls.models.Hearing`,
    choices as codes; `note` is everything else that was heard. Without a call, words or facts only `next_call_at`.
    """

    called_at: When | None = None
    result: str = ""
    meaning: str = ""
    next_call_at: When | None = None
    facts: Mapping[str, str] = MappingProxyType({})
    note: str = ""

    @property
    def tells_of_call(self) -> bool:
        """Whether a call, or what was said on one, is told of at all."""
        return bool(self.called_at or self.meaning or self.facts or self.note)


class CleanSignal(NamedTuple):
    """A reaction: kind as in `leads.models.SignalKind`, `on` a date or a naive JST datetime."""

    kind: str
    on: When


NO_HISTORY = CleanHistory()


class CleanRow(NamedTuple):
    """A row that can be imported. `warnings` say what was repaired, left out or must be looked at."""

    line: int
    company: CleanCompany
    person: CleanPerson
    extra: dict[str, str]
    phones: tuple[Phone, ...] = ()
    faxes: tuple[Phone, ...] = ()
    source: str = ""
    acquired_on: dt.date | None = None
    signals: tuple[CleanSignal, ...] = ()
    memo: str = ""
    history: CleanHistory = NO_HISTORY
    do_not_call: bool = False
    do_not_call_words: str = ""
    warnings: tuple[Problem, ...] = ()

    @property
    def is_callable(self) -> bool:
        return any(phone.e164 for phone in self.phones)


@dataclass(frozen=True, slots=True)
class RowErrors:
    """A row that cannot be imported, with every reason found."""

    line: int
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
