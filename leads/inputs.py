"""What a form of a lead says, as plain values: the arguments of `create_lead` and `update_lead`."""

from dataclasses import dataclass

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
