"""Which lead and which company a row is: looked up by the keys of `leads.importing.keys`, a batch at a time.

The number of queries does not depend on how many rows a batch has.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from leads.importing.cleaned import CleanCompany, CleanPerson, CleanRow
from leads.importing.companies import parse_company
from leads.importing.keys import company_keys, match_keys
from leads.importing.phones import Phone
from leads.importing.text import person_key
from leads.models import Company, ImportRow, Lead, LeadImport, PhoneNumber
from leads.services.imports.lookups import rows_by

STANDS = "t.lead_id IS NOT NULL AND t.undo IN ('', 'kept')"
"""Rows of imports that were not undone, or that undoing left as they are: only these are known by their digest."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sound row on its way in, with everything that can be reckoned before the base is asked."""

    row: CleanRow
    digest: str
    keys: tuple[str, ...]
    company_keys: tuple[str, ...]

    @property
    def numbers(self) -> list[str]:
        return [phone.e164 for phone in self.row.phones if phone.e164]


def candidate(row: CleanRow, cells: Sequence[str], signature: str) -> Candidate:
    return Candidate(row, digest_of(cells, signature), match_keys(row), company_keys(row))


def digest_of(cells: Sequence[str], signature: str) -> str:
    """The same for the very same row under the same header."""
    text = signature + "\x1e" + "\x1f".join(map(str.strip, cells))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


class Base:
    """What the base knows of the people and companies of some candidates."""

    def __init__(self, candidates: Sequence[Candidate], lead_import: LeadImport | None = None):
        """Of two leads under one key the older is found; with `lead_import` those it made come first."""
        self.first_import = lead_import.pk if lead_import else None
        self.lead_corp: dict[int, str] = {}
        self.company_corp: dict[int, str] = {}
        self.lead_of: dict[str, int] = {}
        self.company_of: dict[str, int] = {}
        self._read(candidates)

    def lead_for(self, found: Candidate) -> int | None:
        """The lead a row is, by its strongest key; two different 法人番号 are two companies' people."""
        known = self.lead_of.get(found.digest)
        if known is not None:
            return known
        for key in found.keys:
            known = self.lead_of.get(key)
            if known is not None and (key.startswith("mail:") or agree(found, self.lead_corp.get(known, ""))):
                return known
        return None

    def is_again(self, found: Candidate) -> bool:
        """Whether the very same row was imported before."""
        return found.digest in self.lead_of

    def company_for(self, found: Candidate) -> int | None:
        for key in found.company_keys:
            known = self.company_of.get(key)
            if known is not None and agree(found, self.company_corp.get(known, "")):
                return known
        return None

    def _read(self, candidates: Sequence[Candidate]) -> None:
        numbers = {number for found in candidates for number in found.numbers}
        phones = rows_by(PhoneNumber, ("lead", "e164"), "e164", numbers, "t.label <> 'fax'")
        same_row = dict(
            rows_by(ImportRow, ("digest", "lead"), "digest", {found.digest for found in candidates}, STANDS)
        )
        ids = {lead_id for lead_id, _ in phones} | set(same_row.values())
        people = {row[0]: row for row in rows_by(Lead, LEAD_COLUMNS, "pk", ids)}
        companies = _companies(candidates, {company_id for _pk, company_id, *_rest in people.values()})
        emails = {found.row.person.email for found in candidates} - {""}
        for more in (rows_by(Lead, LEAD_COLUMNS, "company", companies), rows_by(Lead, LEAD_COLUMNS, "email", emails)):
            people.update((row[0], row) for row in more)
        home = {pk: row[1] for pk, row in people.items()}
        self._learn_companies(companies, [(home[lead_id], e164) for lead_id, e164 in phones])
        in_order = sorted(people.values(), key=lambda row: (row[-1] is None or row[-1] != self.first_import, row[0]))
        self._learn_people(in_order, companies, phones)
        self.lead_of.update(same_row)

    def _learn_companies(self, companies: dict[int, tuple], phones: Sequence[tuple]) -> None:
        numbers = _grouped(phones)
        for pk in sorted(companies):
            company = _clean_company(companies[pk])
            self.company_corp[pk] = company.corporate_number
            row = CleanRow(0, company, CleanPerson(), {}, numbers.get(pk, ()))
            for key in company_keys(row):
                self.company_of.setdefault(key, pk)

    def _learn_people(self, people: Iterable[tuple], companies: dict[int, tuple], phones: Sequence[tuple]) -> None:
        numbers = _grouped(phones)
        for pk, company_id, name, email, office, _ in people:
            company = _clean_company(companies[company_id], office) if company_id in companies else CleanCompany()
            self.lead_corp[pk] = company.corporate_number
            person = CleanPerson(name=name, key=person_key(name), email=email)
            for key in match_keys(CleanRow(0, company, person, {}, numbers.get(pk, ()))):
                self.lead_of.setdefault(key, pk)


def agree(found: Candidate, corporate_number: str) -> bool:
    """Whether nothing speaks against it: two different 法人番号 do."""
    stated = found.row.company.corporate_number
    return not stated or not corporate_number or stated == corporate_number


COMPANY_COLUMNS = ("pk", "name", "name_key", "corporate_number", "prefecture", "address", "url")
LEAD_COLUMNS = ("pk", "company", "name", "email", "office", "lead_import")


def _companies(candidates: Sequence[Candidate], ids: set[int]) -> dict[int, tuple]:
    corps = {found.row.company.corporate_number for found in candidates} - {""}
    keys = {found.row.company.key for found in candidates} - {""}
    known = (("corporate_number", corps), ("name_key", keys), ("pk", ids))
    return {row[0]: row for key, values in known for row in rows_by(Company, COMPANY_COLUMNS, key, values)}


def _clean_company(row: tuple, office: str = "") -> CleanCompany:
    _, name, key, corporate_number, prefecture, address, url = row
    return CleanCompany(
        name=name,
        key=key,
        branch=parse_company(name).branch,
        office=office,
        corporate_number=corporate_number,
        prefecture=prefecture,
        address=address,
        url=url,
    )


def _grouped(pairs: Iterable[tuple[int, str]]) -> dict[int, tuple[Phone, ...]]:
    found: dict[int, list[Phone]] = {}
    for pk, e164 in pairs:
        found.setdefault(pk, []).append(Phone(e164, e164))
    return {pk: tuple(phones) for pk, phones in found.items()}
