"""What forms say, as plain values: the arguments of `create_lead`, `update_lead` and the steps of an import."""

import datetime as dt
from dataclasses import dataclass

from accounts.models import Team
from leads.importing.tabular import AUTO

COMPANY_FIELDS = (
    "name",
    "kana",
    "corporate_number",
    "industry",
    "employees",
    "postal_code",
    "prefecture",
    "address",
    "url",
)
PERSON_FIELDS = ("name", "kana", "department", "title", "email", "source", "memo")


@dataclass(frozen=True)
class CompanyInput:
    """A company as typed; only the name is a must."""

    name: str
    kana: str = ""
    corporate_number: str = ""
    industry: str = ""
    employees: str = ""
    postal_code: str = ""
    prefecture: str = ""
    address: str = ""
    url: str = ""


@dataclass(frozen=True)
class PhoneInput:
    """One number as typed and as read; `e164` is empty only for a number kept although nobody can read it."""

    raw: str
    e164: str = ""
    label: str = "main"
    extension: str = ""
    is_valid: bool = True


@dataclass(frozen=True)
class LeadInput:
    """A person with the company and the numbers to try, in that order."""

    company: CompanyInput
    name: str = ""
    kana: str = ""
    department: str = ""
    title: str = ""
    email: str = ""
    source: str = ""
    memo: str = ""
    phones: tuple[PhoneInput, ...] = ()

    @property
    def numbers(self) -> list[str]:
        """The E.164 numbers, each once."""
        return list(dict.fromkeys(phone.e164 for phone in self.phones if phone.e164))


EXTRA, DROP, UNDECIDED = "extra", "drop", ""
"""Where a column goes that goes to no field."""

SURE, LIKELY = 0.8, 0.5


@dataclass(frozen=True)
class Column:
    """One column as the mapping page shows it: `target` is a field, EXTRA, DROP or UNDECIDED."""

    index: int
    header: str
    target: str
    confidence: float
    samples: tuple[str, ...]
    choices: tuple[str, ...] = ()
    is_remembered: bool = False

    @property
    def must_ask(self) -> bool:
        """The header means either of two things, and nobody has said which."""
        return len(self.choices) > 1

    @property
    def level(self) -> str:
        if self.is_remembered or self.confidence >= SURE:
            return "sure"
        return "likely" if self.confidence >= LIKELY else "unsure"


@dataclass(frozen=True)
class NewList:
    """A list that comes into being with its first file; the last three say where its people come from."""

    name: str
    team: Team
    source: str = ""
    acquired_on: dt.date | None = None
    purpose: str = ""


@dataclass(frozen=True)
class Reading:
    """How a person wants the file read; nothing given means: find out."""

    encoding: str = ""
    delimiter: str = ""
    header_line: int | None = AUTO


KEPT, GONE, BOTH = "kept", "gone", "both"
"""Whose value a field gets when two rows become one."""

LEAD_CHOICES = (
    "company",
    "name",
    "kana",
    "department",
    "title",
    "office",
    "email",
    "source",
    "owner",
    "lead_list",
    "memo",
)
"""Fields of two leads to choose between; of a company they are COMPANY_FIELDS."""

JOINED_CHOICES = ("memo",)
"""Those of them that may take both."""
