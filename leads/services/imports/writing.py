"""One batch of rows into the base: the same number of queries whatever a batch holds.

The caller holds the transaction and the claim on the import.
"""

import datetime as dt
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from accounts.services import audit
from leads.importing.marks import COMPANY, NUMBERS, reach_of
from leads.models import Company, ImportRow, Lead, LeadImport, PhoneNumber, Signal
from leads.search import search_text
from leads.selectors import facts_of, tier_basis
from leads.services.blocks import Refusal, block_many, blocks_among, recognise_numbers
from leads.services.callability import refresh_callability
from leads.services.imports.history import add_history, block_words, blocks_by_result, know_history, save_history
from leads.services.imports.inserting import draft_of, insert_drafts, insert_rows
from leads.services.imports.lookups import by_index_only
from leads.services.imports.matching import Base, Candidate, agree
from leads.services.imports.merging import (
    NewSignal,
    Number,
    Target,
    add_phones,
    add_signals,
    known_number,
    lead_values,
    merge,
    merge_company,
    missing_phones,
    new_company,
)
from leads.services.phones import refresh_search_texts
from leads.services.tiers import TIER_FIELDS, apply_decision
from leads.services.updating import update_objects
from leads.tiering import LeadFacts, TierDecision

Outcome, Policy = ImportRow.Outcome, LeadImport.Policy
LOCK = 0x6C697374
RETIRED, FAX = "退職", PhoneNumber.Label.FAX.value
ROW_COLUMNS = ("lead_import_id", "line", "lead_id", "outcome", "digest", "changes")


def one_batch_at_a_time() -> None:
    """Two imports must not write the same person at once. SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def write_batch(lead_import: LeadImport, candidates: Sequence[Candidate], now: dt.datetime) -> Counter:
    """Write sound rows; answers how many came to which outcome, `blocked` counted among them."""
    one_batch_at_a_time()
    by_index_only()
    batch = _Batch(lead_import, candidates, now)
    for found in candidates:
        batch.take(found)
    batch.save()
    return batch.counts


class NewLead(draft_of(Lead)):
    """A lead to be inserted: the columns of one, and its company."""

    company: Any = None
    override_stands = Lead.override_stands


@dataclass
class _Batch:
    lead_import: LeadImport
    candidates: Sequence[Candidate]
    now: dt.datetime
    counts: Counter = field(default_factory=Counter)
    rows: list[tuple[int, Target, str, str, dict]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    decisions: dict[Hashable, tuple[TierDecision, list[dict]]] = field(default_factory=dict)

    def __post_init__(self):
        lead_list = self.lead_import.lead_list
        self.common = {
            "team_id": lead_list.team_id,
            "lead_list_id": lead_list.pk,
            "lead_import_id": self.lead_import.pk,
            "created_at": self.now,
        }
        self.basis = tier_basis()
        self.creates = self.lead_import.policy == Policy.CREATE_ANYWAY
        self.base = base = Base(self.candidates, self.lead_import if self.creates else None)
        matched = {found.digest: base.lead_for(found) for found in self.candidates}
        home = {found.digest: base.company_for(found) for found in self.candidates}
        self.companies = _locked_companies(set(matched.values()) - {None}, set(home.values()) - {None})
        self.targets = _locked_leads(set(matched.values()) - {None}, self.companies)
        know_history(self.targets, (found.row for found in self.candidates))
        self.matched, self.home = matched, home
        self.in_file: dict[str, Target] = {}
        self.order: dict[int, Target] = {}
        self.company_in_file: dict[str, Company] = {}
        self.company_fields: dict[int, set[str]] = {}
        self.seen_companies: set[int] = set()
        self.seen = self._seen_before()
        self.says_retired = says_retired(self.lead_import)

    def _seen_before(self) -> set[int]:
        """Leads that earlier batches of this file already were; and their companies, where one may be overwritten."""
        if not self.targets and not self.companies:
            return set()
        rows = ImportRow.objects.filter(lead_import=self.lead_import)
        before = rows.filter(lead_id__in=self.targets).values_list("lead_id", flat=True)
        if self.lead_import.policy == Policy.OVERWRITE:
            same = rows.filter(lead__company_id__in=self.companies)
            self.seen_companies.update(same.values_list("lead__company_id", flat=True))
        return set(before)

    # --- One row ------------------------------------------------------------------------------------------------

    def take(self, found: Candidate) -> None:
        target, earlier = self._target(found)
        if target is None:
            (target, changes), outcome = self._new(found), Outcome.NEW
        else:
            outcome, changes = self._known(target, found, earlier=earlier)
        learned = found.keys if target.is_new or self.lead_import.policy != Policy.SKIP else ()
        for key in (found.digest, *learned):
            self.in_file.setdefault(key, target)
        self.order[id(target)] = target
        self.counts[outcome] += 1
        self.rows.append((found.row.line, target, outcome, found.digest, changes))
        self._refuse(target, found)

    def _target(self, found: Candidate) -> tuple[Target | None, bool]:
        """The lead a row is, and whether an earlier row of this file already was it."""
        for key in (found.digest, *found.keys):
            target = self.in_file.get(key)
            if target and (key.startswith("mail:") or agree(found, target.lead.company.corporate_number)):
                return target, True
        pk = self.matched[found.digest]
        earlier = pk in self.seen
        if pk is None or (self.creates and not earlier and not self.base.is_again(found)):
            return None, False
        return self.targets[pk], earlier

    def _known(self, target: Target, found: Candidate, *, earlier: bool) -> tuple[str, dict]:
        """The first row of a file wins; later ones only fill what it left blank."""
        policy, changes = self.lead_import.policy, {}
        if policy != Policy.SKIP and (earlier or not self.creates):
            overwrite = policy == Policy.OVERWRITE and not earlier
            changes = merge(target, found.row, self.lead_import, self.now, overwrite=overwrite)
            changes |= self._told_of(target.lead.company, found)
        if earlier:
            return Outcome.DUPLICATE_IN_FILE, {} if target.is_new else changes
        return (Outcome.UPDATED if changes else Outcome.DUPLICATE_IN_BASE), changes

    def _new(self, found: Candidate) -> tuple[Target, dict]:
        """A lead of its own; what it says of a company that was there already is a change, which can be undone."""
        row, lead_import = found.row, self.lead_import
        company, changes = self._company(found)
        lead = NewLead()
        lead.__dict__ |= self.common
        lead.__dict__ |= lead_values(row)
        lead.company, lead.extra = company, row.extra
        target = Target(lead, [], set(), is_new=True)
        add_phones(target, missing_phones((), row))
        add_signals(target, row, lead_import, self.now)
        add_history(target, row, self.now)
        return target, changes

    def _company(self, found: Candidate) -> tuple[Company, dict]:
        company = next((c for key in found.company_keys if (c := self._named(key, found))), None)
        pk = self.home[found.digest]
        if company is None and pk is not None:
            company = self.companies[pk]
        changes: dict[str, list] = {}
        if company is None:
            company = new_company(found.row)
        elif company.pk is None or self.lead_import.policy != Policy.SKIP:
            told = self._told_of(company, found)
            changes = told if company.pk else {}
        for key in found.company_keys:
            self.company_in_file.setdefault(key, company)
        return company, changes

    def _named(self, key: str, found: Candidate) -> Company | None:
        company = self.company_in_file.get(key)
        return company if company and agree(found, company.corporate_number) else None

    def _told_of(self, company: Company, found: Candidate) -> dict[str, list]:
        """Put on a company what the row says of it; of the rows of one file only its first overwrites."""
        is_first = company.pk is not None and company.pk not in self.seen_companies
        overwrite = is_first and self.lead_import.policy == Policy.OVERWRITE
        if is_first:
            self.seen_companies.add(company.pk)
        touched = self.company_fields.setdefault(company.pk, set()) if company.pk else set()
        return merge_company(company, found.row, touched, overwrite=overwrite)

    def _refuse(self, target: Target, found: Candidate) -> None:
        """What the list says of do-not-call, whatever the policy: a refusal is never skipped."""
        row = found.row
        if not row.do_not_call:
            return
        words = block_words(row, self.lead_import.lead_list.name)
        is_gone = not blocks_by_result(row) and (self.says_retired or RETIRED in row.do_not_call_words)
        reach = reach_of(row.do_not_call_words)
        numbers = found.numbers if reach == NUMBERS and not is_gone else []
        for number in numbers or [""]:
            self.refusals.append(Refusal(number, target.lead, words, row.person.name, is_company=reach == COMPANY))

    # --- The batch ----------------------------------------------------------------------------------------------

    def save(self) -> None:
        targets = list(self.order.values())
        fresh = [target for target in targets if target.is_new]
        changed = [target for target in targets if not target.is_new and target.is_changed]
        self._save_companies(fresh)
        self._save_leads(fresh, changed)
        numbers = [(target.lead.pk, *number) for target in targets for number in target.new_phones]
        insert_rows(PhoneNumber, ("lead_id", *Number._fields), numbers, self.now)
        self._save_signals(targets)
        save_history(targets, self.lead_import, self.now)
        recognise_numbers(number.e164 for target in targets for number in target.new_phones if number.e164)
        block_many(refusals=self.refusals, lead_import=self.lead_import, by=self.lead_import.created_by, now=self.now)
        concerned = [*self._under_blocks(fresh), *(target.lead.pk for target in changed)]
        refresh_callability(concerned)
        insert_rows(ImportRow, ROW_COLUMNS, self._row_values(), self.now)
        self._record(changed)
        looked_at = {*concerned, *(refusal.lead.pk for refusal in self.refusals), *self.targets}
        self.counts["blocked"] += Lead.objects.filter(pk__in=looked_at, is_blocked=True).count()

    def _under_blocks(self, fresh: list[Target]) -> list[int]:
        """The new leads that a standing block may concern; to all others `has_callable_phone` has said it all."""
        numbers, companies = blocks_among(
            numbers={number.e164 for target in fresh for number in target.new_phones} - {""},
            companies={target.lead.company_id for target in fresh},
        )
        if not numbers and not companies:
            return []
        return [
            target.lead.pk
            for target in fresh
            if target.lead.company_id in companies or any(number.e164 in numbers for number in target.new_phones)
        ]

    def _row_values(self) -> Iterable[tuple]:
        pk = self.lead_import.pk
        for line, target, outcome, digest, changes in self.rows:
            yield pk, line, target.lead.pk, str(outcome), digest, changes

    def _save_signals(self, targets: list[Target]) -> None:
        pk, by = self.lead_import.pk, self.lead_import.created_by_id
        signals = [(target.lead.pk, pk, by, *signal) for target in targets for signal in target.new_signals]
        insert_rows(Signal, ("lead_id", "lead_import_id", "created_by_id", *NewSignal._fields), signals, self.now)

    def _save_companies(self, fresh: list[Target]) -> None:
        made = {id(target.lead.company): target.lead.company for target in fresh if not target.lead.company.pk}
        insert_drafts(Company, list(made.values()), self.now)
        changed = [self.companies[pk] for pk, names in self.company_fields.items() if names]
        fields = sorted({name for names in self.company_fields.values() for name in names})
        if changed:
            update_objects(changed, fields)
            Lead.objects.filter(company__in=changed).update(version=F("version") + 1, tiered_at=None)

    def _save_leads(self, fresh: list[Target], changed: list[Target]) -> None:
        today = timezone.localdate(self.now)
        for target in (*fresh, *changed):
            lead = target.lead
            lead.company_id = lead.company.pk  # which a new company has only now
            lead.search_text = _search_text(target)
            if target.is_new:  # as it is for nearly everybody; then only those are looked at whom a block concerns
                lead.has_callable_phone = any(number.is_valid and number.label != FAX for number in target.phones)
            decision, reasons = self._decision(lead, facts_of(lead, sorted(target.signals)))
            apply_decision(lead, decision, self.now, today)
            if lead.tier_reasons == reasons:
                lead.tier_reasons = reasons
        insert_drafts(Lead, [target.lead for target in fresh], self.now)
        for target in changed:
            target.lead.version += 1
            target.lead.updated_at = self.now
        fields = sorted({name for target in changed for name in target.lead_fields})
        kept = [*fields, "search_text", "version", "updated_at", *TIER_FIELDS]
        update_objects([target.lead for target in changed], kept)
        renamed = [pk for pk, names in self.company_fields.items() if names & {"name", "kana"}]
        if renamed:
            refresh_search_texts(Lead.objects.filter(company__in=renamed))

    def _decision(self, lead: Lead, facts: LeadFacts) -> tuple[TierDecision, list[dict]]:
        """Many rows of a list tell the same of their people, and so come to the same tier for the same reasons."""
        key = self.basis.key_of(lead, facts)
        if key not in self.decisions:
            decision = self.basis.decide(lead, facts, self.now)
            self.decisions[key] = decision, list(decision.reasons)
        return self.decisions[key]

    def _record(self, changed: list[Target]) -> None:
        """Every change of a lead that was there already stands in its trail."""
        by_lead: dict[int, dict] = {}
        for _line, target, _outcome, _digest, changes in self.rows:
            if changes:
                by_lead.setdefault(target.lead.pk, {}).update(changes)
        leads = {target.lead.pk: target.lead for target in changed}
        audit.record_many(
            by=self.lead_import.created_by,
            now=self.now,
            verb="import_lead",
            entries=[(leads[pk], changes) for pk, changes in by_lead.items() if pk in leads],
        )


def says_retired(lead_import: LeadImport) -> bool:
    """Whether the do-not-call column tells who left the company: then the person is blocked, not everybody's number."""
    columns = [int(index) for index, field in lead_import.mapping.items() if field == "do_not_call"]
    return any(RETIRED in lead_import.header[index] for index in columns if index < len(lead_import.header))


def _locked_companies(lead_ids: set[int], ids: set[int]) -> dict[int, Company]:
    """Companies first, people after: the order every edit keeps."""
    if not lead_ids and not ids:
        return {}
    at_leads = Lead.objects.filter(pk__in=lead_ids).values_list("company_id", flat=True)
    wanted_ids = ids | set(at_leads)
    companies = Company.objects.select_for_update(no_key=True).filter(pk__in=wanted_ids).order_by("pk")
    return {company.pk: company for company in companies}


def _locked_leads(ids: set[int], companies: dict[int, Company]) -> dict[int, Target]:
    if not ids:
        return {}
    leads = {lead.pk: lead for lead in Lead.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    targets = {}
    for pk, lead in leads.items():
        lead.company = companies[lead.company_id]
        targets[pk] = Target(lead, [], set())
    for phone in PhoneNumber.objects.filter(lead_id__in=ids).order_by("position", "pk"):
        targets[phone.lead_id].phones.append(known_number(phone))
    for lead_id, kind, at in Signal.objects.filter(lead_id__in=ids).values_list("lead_id", "kind", "occurred_at"):
        targets[lead_id].signals.add((kind, at))
    return targets


def _search_text(target: Target) -> str:
    lead = target.lead
    return search_text(
        company=lead.company.name,
        company_kana=lead.company.kana,
        name=lead.name,
        kana=lead.kana,
        office=lead.office,
        email=lead.email,
        numbers=[phone.e164 for phone in target.phones],
    )
