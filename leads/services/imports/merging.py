"""What a row says about a lead that may already be there: what would be filled, what would be overwritten.

Owner, team, stage, tier override and blocks are nobody's here; a blank never erases.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils.translation import gettext as _

from leads.importing.cleaned import NO_HISTORY, CleanRow
from leads.importing.phones import Phone
from leads.models import REACTING_SIGNALS, Company, Lead, LeadImport, PhoneNumber, SignalKind
from leads.services.imports.history import (
    History,
    add_history,
    foreseen_history,
    reaction_at,
    reaction_owes_follow_up,
)
from leads.services.imports.inserting import draft_of
from leads.services.imports.moments import FRESH, moment

REACTION = SignalKind.CALL_REACTION.value
UNREADABLE = PhoneNumber.Invalid.UNREADABLE.value


class NewSignal(NamedTuple):
    """A signal to be inserted."""

    kind: str
    occurred_at: dt.datetime
    note: str
    needs_follow_up: bool


@dataclass(slots=True, eq=False)
class Target:
    """A lead as a batch finds or makes it, with what the batch has changed so far."""

    lead: Lead
    phones: list["Number"]
    signals: set[tuple[str, dt.datetime]]
    is_new: bool = False
    lead_fields: set[str] = field(default_factory=set)
    new_phones: list["Number"] = field(default_factory=list)
    new_signals: list["NewSignal"] = field(default_factory=list)
    history: History | None = None

    @property
    def is_changed(self) -> bool:
        told = self.history is not None and (self.history.calls or self.history.invalid)
        return bool(self.lead_fields or self.new_phones or self.new_signals or told)


def lead_values(row: CleanRow) -> dict[str, str]:
    person, company = row.person, row.company
    return {
        "name": person.name,
        "kana": person.kana,
        "department": person.department,
        "title": person.title,
        "email": person.email,
        "office": company.office or company.branch,
        "source": row.source,
        "memo": row.memo,
    }


def company_values(row: CleanRow) -> dict[str, str]:
    company = row.company
    return {
        "name": company.name,
        "kana": company.kana,
        "corporate_number": company.corporate_number,
        "industry": company.industry,
        "employees": company.employees,
        "postal_code": company.postal,
        "prefecture": company.prefecture,
        "address": company.address,
        "url": company.url,
    }


def nameless() -> str:
    """How a company is called whose name no list says; it has no key to be matched by."""
    return str(_("（会社名なし）"))


def new_company(row: CleanRow) -> Company:
    """A company to be inserted: a draft, which has a company's columns and no more."""
    company = draft_of(Company)()
    company.__dict__ |= company_values(row)
    company.name, company.name_key = company.name or nameless(), row.company.key
    return company


def phones_of(row: CleanRow) -> tuple[Phone, ...]:
    return row.phones + row.faxes


class Number(NamedTuple):
    """A number of a lead as its row in the base has it; made by the ten thousand, so no model."""

    label: str
    raw: str
    e164: str
    extension: str
    is_valid: bool
    invalid_reason: str
    position: int


def _number(phone: Phone, position: int) -> Number:
    reason = "" if phone.is_valid else UNREADABLE
    return Number(phone.label, phone.raw, phone.e164, phone.extension[:20], phone.is_valid, reason, position)


def known_number(phone: PhoneNumber) -> Number:
    return Number(*(getattr(phone, name) for name in Number._fields))


def past_signals(row: CleanRow, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    found = [(signal.kind, at) for signal in row.signals if (at := moment(signal.on)) <= now]
    if row.history is not NO_HISTORY and (reacted := reaction_at(row.history, now)):
        found.append((REACTION, reacted))
    return found


def owes_follow_up(lead: Lead, row: CleanRow, kind: str, at: dt.datetime, now: dt.datetime) -> bool:
    if kind == REACTION:
        return reaction_owes_follow_up(lead, row.history, at, now)
    return kind in REACTING_SIGNALS and now - at <= FRESH


def same_company(company: Company, row: CleanRow) -> bool:
    """A person may have moved on: a row of another company says nothing about this one."""
    stated = row.company
    if stated.corporate_number and company.corporate_number:
        return stated.corporate_number == company.corporate_number
    return bool(stated.key) and stated.key == company.name_key


def wanted(values: dict[str, str], present: Company | Lead, *, overwrite: bool) -> dict[str, str]:
    """The values that would be written: into blanks only, or wherever they differ."""
    return {
        name: value
        for name, value in values.items()
        if value and (value != getattr(present, name) if overwrite else not getattr(present, name))
    }


def wanted_extra(row: CleanRow, lead: Lead, *, overwrite: bool) -> dict[str, str]:
    if overwrite:
        return {name: text for name, text in row.extra.items() if lead.extra.get(name) != text}
    return {name: text for name, text in row.extra.items() if name not in lead.extra}


def missing_phones(phones: Iterable[Number], row: CleanRow) -> list[Phone]:
    """Numbers of the row the lead does not have yet, in either spelling."""
    known = list(phones)
    numbers, raws = {phone.e164 for phone in known}, {phone.raw for phone in known}
    found = []
    for phone in phones_of(row):
        if phone.raw in raws or (phone.e164 and phone.e164 in numbers):
            continue
        numbers.add(phone.e164)
        raws.add(phone.raw)
        found.append(phone)
    return found


def would_change(target: Target, row: CleanRow, now: dt.datetime, *, overwrite: bool) -> bool:
    """Whether a policy would write anything, without writing it."""
    lead = target.lead
    return bool(
        wanted(lead_values(row), lead, overwrite=overwrite)
        or wanted_extra(row, lead, overwrite=overwrite)
        or (same_company(lead.company, row) and wanted(company_values(row), lead.company, overwrite=overwrite))
        or missing_phones(target.phones, row)
        or set(past_signals(row, now)) - target.signals
        or foreseen_history(target, row, now)
    )


def merge(target: Target, row: CleanRow, lead_import: LeadImport, now: dt.datetime, *, overwrite: bool) -> dict:
    """Put on the lead what the row says of the person; answers the changes as {"field": [from, to]}."""
    lead = target.lead
    changes = _assign(lead, wanted(lead_values(row), lead, overwrite=overwrite), target.lead_fields)
    changes |= _merge_extra(target, row, overwrite=overwrite)
    changes |= add_phones(target, missing_phones(target.phones, row))
    changes |= add_signals(target, row, lead_import, now)
    return changes | add_history(target, row, now)


def merge_company(company: Company, row: CleanRow, touched: set[str], *, overwrite: bool) -> dict[str, list]:
    """Put on the company what the row says of it, if it speaks of the same one; notes the fields in `touched`."""
    if not same_company(company, row):
        return {}
    changes = _assign(company, wanted(company_values(row), company, overwrite=overwrite), touched)
    if "name" in changes:
        company.name_key = row.company.key
        touched.add("name_key")
    return {f"company.{name}": pair for name, pair in changes.items()}


def _assign(present: Company | Lead, values: dict[str, str], touched: set[str]) -> dict[str, list]:
    changes = {}
    for name, value in values.items():
        changes[name] = [getattr(present, name), value]
        setattr(present, name, value)
        touched.add(name)
    return changes


def _merge_extra(target: Target, row: CleanRow, *, overwrite: bool) -> dict[str, list]:
    found = wanted_extra(row, target.lead, overwrite=overwrite)
    if not found:
        return {}
    before = {name: target.lead.extra.get(name, "") for name in found}
    target.lead.extra = {**target.lead.extra, **found}
    target.lead_fields.add("extra")
    return {"extra": [before, found]}


def add_phones(target: Target, phones: list[Phone]) -> dict[str, list]:
    """Numbers go behind those the lead has, in the order of the row."""
    behind = max((phone.position for phone in target.phones), default=-1) + 1
    rows = [_number(phone, behind + at) for at, phone in enumerate(phones)]
    target.phones += rows
    target.new_phones += rows
    return {"phones": [[], [phone.raw for phone in rows]]} if rows else {}


def add_signals(target: Target, row: CleanRow, lead_import: LeadImport, now: dt.datetime) -> dict[str, list]:
    lead, found = target.lead, []
    for kind, at in past_signals(row, now):
        if (kind, at) in target.signals:
            continue
        target.signals.add((kind, at))
        found.append(
            NewSignal(
                kind,
                at,
                (row.history.result if kind == REACTION else "") or lead_import.filename[:300],
                owes_follow_up(lead, row, kind, at, now),
            )
        )
        if lead.last_reaction_at is None or lead.last_reaction_at < at:
            lead.last_reaction_at = at
            target.lead_fields.add("last_reaction_at")
    target.new_signals += found
    return {"signals": [[], [f"{signal.kind} {signal.occurred_at.isoformat()}" for signal in found]]} if found else {}
