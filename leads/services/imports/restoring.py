"""Old values back where an import changed a lead or a company that was there: what still is as the import left it.

Decided first, written after: the page that asks beforehand uses the same decision.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.db.models import F

from accounts.models import User
from accounts.services import audit
from leads import ports
from leads.importing.companies import company_key
from leads.models import Company, ImportRow, Lead, LeadImport, Merge, PastCall, PhoneNumber, Signal, StageMove
from leads.services.callability import refresh_callability
from leads.services.facts import CALL_FIELDS
from leads.services.imports.keeping import merged_since
from leads.services.imports.merging import nameless
from leads.services.phones import refresh_search_texts
from leads.services.tiers import retier_leads
from leads.services.updating import update_objects

COMPANY, EXTRA, PHONES, SIGNALS, INVALID, STAGE = "company.", "extra", "phones", "signals", "phones_invalid", "stage"
PAST_CALLS, NEXT_CALL = "past_calls", "next_call_at"
OVERTAKEN_BY_CALLS = {*CALL_FIELDS, NEXT_CALL}
"""Fields a call of ours writes anew: that such a value stays is no news to anybody."""

LEAD_FIELDS = {item.name for item in Lead._meta.concrete_fields}
COMPANY_FIELDS = {item.name for item in Company._meta.concrete_fields}
Outcome, Undo, Invalid = ImportRow.Outcome, ImportRow.Undo, PhoneNumber.Invalid


@dataclass
class Returned:
    """What goes back at one lead or company, as the trail keeps it, and what stays because it was changed since."""

    row: Lead | Company
    changes: dict[str, list] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        if not self.kept:
            return Undo.RESTORED
        return Undo.PARTLY if self.changes else Undo.KEPT

    def keep(self, name: str) -> None:
        if name not in self.kept:
            self.kept.append(name)

    def put_back(self, name: str, before: Any, after: Any) -> bool:
        """Give the field its old value, if it still has the one the import wrote."""
        to_python = self.row._meta.get_field(name).to_python
        present = getattr(self.row, name)
        if present != to_python(after):
            return False
        old = to_python(before)
        setattr(self.row, name, old)
        first = self.changes.get(name, [_plain(present)])[0]
        self.changes[name] = [first, _plain(old)]
        return True

    def put_extra_back(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        extra, taken, given = dict(self.row.extra), {}, {}
        for name, text in after.items():
            if extra.get(name) != text:
                self.keep(EXTRA)
                continue
            taken[name], given[name] = text, before.get(name, "")
            if before.get(name):
                extra[name] = before[name]
            else:
                del extra[name]
        if taken:
            self.row.extra = extra
            first, last = self.changes.get(EXTRA, [{}, {}])
            self.changes[EXTRA] = [taken | first, last | given]


class Restoring:
    """Rows of one import about leads that were there before it. Their leads and companies are the caller's, locked."""

    def __init__(
        self,
        lead_import: LeadImport,
        rows: Sequence[ImportRow],
        leads: dict[int, Lead],
        companies: dict[int, Company],
        company_rows: Sequence[ImportRow],
    ):
        """`rows`: of the leads to restore. `company_rows`: those whose company goes back, with leads that go too."""
        self.lead_import = lead_import
        self.leads = {row.lead_id: Returned(leads[row.lead_id]) for row in rows}
        self.companies = {pk: Returned(company) for pk, company in companies.items()}
        self.home = {pk: lead.company_id for pk, lead in leads.items()}
        self.merged_leads, self.merged_companies = (
            merged_since(lead_import, Merge.Kind.LEAD, list(leads)),
            merged_since(lead_import, Merge.Kind.COMPANY, list(companies)),
        )
        self.phones: list[PhoneNumber] = []
        self.signals: list[Signal] = []
        self.revived: list[PhoneNumber] = []
        self.past_calls: list[int] = []
        self.stages: dict[int, list[str]] = {}
        for row in _newest_first(company_rows):
            self._company_of(row)
        for row in _newest_first(rows):
            if row.lead_id not in self.merged_leads:
                self._lead_of(row)
        for pk in self.merged_leads & {row.lead_id for row in rows if row.changes or row.outcome == Outcome.NEW}:
            # Of a new row only a merge makes a lead that was there before: who was imported is part of it now.
            self.leads[pk].keep("merged")
        self._take_off(rows)

    # --- Deciding -----------------------------------------------------------------------------------------------

    def _company_of(self, row: ImportRow) -> None:
        pk = self.home[row.lead_id]
        lead, company = self.leads.get(row.lead_id), self.companies[pk]
        for name, (before, after) in row.changes.items():
            plain = name.removeprefix(COMPANY)
            if plain == name or plain not in COMPANY_FIELDS:
                continue
            may_return = pk not in self.merged_companies and row.lead_id not in self.merged_leads
            if may_return and company.put_back(plain, before, after):
                if lead:
                    lead.changes[name] = company.changes[plain]
            elif lead and row.lead_id not in self.merged_leads:
                lead.keep(name)

    def _lead_of(self, row: ImportRow) -> None:
        lead = self.leads[row.lead_id]
        for name, (before, after) in row.changes.items():
            if name == EXTRA:
                lead.put_extra_back(before, after)
            elif name == STAGE:
                self.stages[row.lead_id] = [before, after]
            elif name in LEAD_FIELDS and not lead.put_back(name, before, after) and name not in OVERTAKEN_BY_CALLS:
                lead.keep(name)

    def _take_off(self, rows: Sequence[ImportRow]) -> None:
        """Numbers, signals and past calls the import added, unless somebody has worked with them since."""
        ids = [pk for pk in self.leads if pk not in self.merged_leads]
        added, died = _numbers(rows, PHONES, ids), _numbers(rows, INVALID, ids)
        phones = PhoneNumber.objects.filter(lead_id__in={pk for pk, _raw in added | died}).order_by("pk")
        found = [phone for phone in phones if (phone.lead_id, phone.raw) in added | died]
        signals = list(Signal.objects.filter(lead_import=self.lead_import, lead_id__in=ids).order_by("pk"))
        past_calls = PastCall.objects.filter(lead_import=self.lead_import, lead_id__in=ids).order_by("pk")
        for past in past_calls:
            self.past_calls.append(past.pk)
            self._tell(past.lead_id, PAST_CALLS, str(past))
        used_phones, used_signals = _used([row.pk for row in found], [row.pk for row in signals])
        for phone in found:
            at = (phone.lead_id, phone.raw)
            if phone.pk in used_phones or (at not in died and _was_marked(phone)):
                self.leads[phone.lead_id].keep(PHONES)
            else:
                (self.phones if at in added else self.revived).append(phone)
                self._tell(phone.lead_id, PHONES if at in added else INVALID, phone.raw)
        for signal in signals:
            if signal.pk in used_signals:
                self.leads[signal.lead_id].keep(SIGNALS)
            else:
                self.signals.append(signal)
                self._tell(signal.lead_id, SIGNALS, f"{signal.kind} {signal.occurred_at.isoformat()}")

    def _tell(self, lead_id: int, name: str, words: str) -> None:
        self.leads[lead_id].changes.setdefault(name, [[], []])[0].append(words)

    # --- Writing ------------------------------------------------------------------------------------------------

    def save(self, by: User | None, now: dt.datetime) -> None:
        """Write what was decided. The same number of queries whatever the rows."""
        self._save_companies(by, now)
        for part in ports.attachments.values():
            part.forget(signal_ids=[signal.pk for signal in self.signals], now=now)
        self._return_stages()
        changed = [found for found in self.leads.values() if found.changes]
        PhoneNumber.objects.filter(pk__in=[phone.pk for phone in self.phones]).delete()
        PhoneNumber.objects.filter(pk__in=[phone.pk for phone in self.revived]).update(is_valid=True, invalid_reason="")
        Signal.objects.filter(pk__in=[signal.pk for signal in self.signals]).delete()
        PastCall.objects.filter(pk__in=self.past_calls).delete()
        self._return_last_reactions()
        self._save_leads(changed, now)
        entries = [(found.row, found.changes) for found in changed]
        audit.record_many(by=by, now=now, verb="undo_import_lead", entries=entries)

    def _return_stages(self) -> None:
        """A stage the list itself moved a lead to, where nobody has called or moved it since."""
        self._read_what_apps_gave_back()
        there = {
            pk: self.leads[pk].row
            for pk, (_before, after) in self.stages.items()
            if self.leads[pk].row.stage == after and not self.leads[pk].row.call_count
        }
        moves = StageMove.objects.filter(lead_id__in=there, at__gte=self.lead_import.started_at).order_by("at", "pk")
        last = {move.lead_id: move for move in moves}
        undone = []
        for pk, move in last.items():
            pair = self.stages[pk]
            if [move.from_stage, move.to_stage] == pair and move.by_id == self.lead_import.created_by_id:
                there[pk].stage = pair[0]
                self.leads[pk].changes[STAGE] = pair[::-1]
                undone.append(move.pk)
        StageMove.objects.filter(pk__in=undone).delete()

    def _read_what_apps_gave_back(self) -> None:
        rows = Lead.objects.filter(pk__in=self.leads).values_list("pk", STAGE, NEXT_CALL)
        for pk, stage, next_call_at in rows:
            found = self.leads[pk]
            found.row.stage = stage
            if NEXT_CALL not in found.changes:
                found.row.next_call_at = next_call_at

    def _return_last_reactions(self) -> None:
        """The last reaction is the newest signal again where it was one that has gone."""
        gone: dict[int, set[dt.datetime]] = {}
        for signal in self.signals:
            gone.setdefault(signal.lead_id, set()).add(signal.occurred_at)
        left = Signal.objects.filter(lead_id__in=gone).order_by().values("lead_id")
        newest = dict(left.annotate(newest=models.Max("occurred_at")).values_list("lead_id", "newest"))
        for pk, moments in gone.items():
            lead = self.leads[pk].row
            if lead.last_reaction_at in moments:
                lead.last_reaction_at = newest.get(pk)

    def _save_leads(self, changed: list[Returned], now: dt.datetime) -> None:
        if not changed:
            return
        leads = [found.row for found in changed]
        for lead in leads:
            lead.version, lead.updated_at = lead.version + 1, now
        names = {name for found in changed for name in found.changes if name in LEAD_FIELDS}
        fields = sorted(names | {"version", "updated_at", "last_reaction_at"})
        update_objects(leads, fields)
        ids = [lead.pk for lead in leads]
        refresh_search_texts(Lead.objects.filter(pk__in=ids))
        refresh_callability(ids)
        retier_leads(lead_ids=ids, now=now)

    def _save_companies(self, by: User | None, now: dt.datetime) -> None:
        changed = [found for found in self.companies.values() if found.changes]
        if not changed:
            return
        fields = {name for found in changed for name in found.changes}
        for found in changed:
            if "name" in found.changes:
                found.row.name_key = "" if found.row.name == nameless() else company_key(found.row.name)
        companies = [found.row for found in changed]
        update_objects(companies, sorted(fields | {"name_key"}))
        of_them = Lead.objects.filter(company__in=companies)
        of_them.exclude(pk__in=self.leads).update(version=F("version") + 1, tiered_at=None)
        renamed = [found.row.pk for found in changed if {"name", "kana"} & found.changes.keys()]
        if renamed:
            refresh_search_texts(Lead.objects.filter(company__in=renamed))
        entries = [(found.row, found.changes) for found in changed]
        audit.record_many(by=by, now=now, verb="undo_import_company", entries=entries)


def _newest_first(rows: Sequence[ImportRow]) -> list[ImportRow]:
    return sorted(rows, key=lambda row: -row.line)


def _numbers(rows: Sequence[ImportRow], name: str, lead_ids: Iterable[int]) -> set[tuple[int, str]]:
    """The numbers an import added to these leads, or found dead: (lead, as written)."""
    wanted = set(lead_ids)
    return {(row.lead_id, raw) for row in rows if row.lead_id in wanted for raw in row.changes.get(name, [[], []])[1]}


def _was_marked(phone: PhoneNumber) -> bool:
    return not phone.is_valid and phone.invalid_reason not in ("", Invalid.UNREADABLE)


def _used(phone_ids: list[int], signal_ids: list[int]) -> tuple[set[int], set[int]]:
    phones: set[int] = set()
    signals: set[int] = set()
    for part in ports.attachments.values():
        dialled, followed = part.used(phone_ids=phone_ids, signal_ids=signal_ids)
        phones |= dialled
        signals |= followed
    return phones, signals


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
