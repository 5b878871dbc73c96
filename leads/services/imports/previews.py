"""What an import would do, reckoned without writing a row: counts for each policy, first rows of each outcome, what
cleaning would change."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leads.importing.dates import BadDateError, parse_when
from leads.importing.identifiers import parse_corporate_number, parse_email
from leads.importing.mapping import ColumnMapping
from leads.importing.phones import parse_phones
from leads.importing.places import parse_postal, prefecture_of
from leads.importing.problems import Problem, RefusedError
from leads.importing.text import nfkc
from leads.models import Company, ImportRow, Lead, LeadImport, PhoneNumber, Signal
from leads.services.blocks import blocks_among
from leads.services.imports.claims import LEASE, LostClaimError, claim, held
from leads.services.imports.history import know_history
from leads.services.imports.matching import Base, Candidate, agree
from leads.services.imports.merging import Target, known_number, same_company, would_change
from leads.services.imports.preview_rows import BLOCKED_LEAD, RowKeeper, forget_rows
from leads.services.imports.problems import by_row, stored
from leads.services.imports.reading import BadRow, Batch, Reader
from leads.services.imports.running import read_ahead, reader_of
from leads.services.imports.seen import Seen

CLEANED_SHOWN = 3
CLEANED_ROWS = 2000
SAVE_EVERY = 10
Outcome, Policy, Status = ImportRow.Outcome, LeadImport.Policy, LeadImport.Status
Clock = Callable[[], dt.datetime]


class Preview:
    """Feeds on batches; `as_json()` is what the page shows. Reads the base, writes nothing."""

    def __init__(self, mapping: ColumnMapping, now: dt.datetime, keeper: RowKeeper | None = None):
        self.mapping, self.now, self.keeper = mapping, now, keeper or RowKeeper()
        self.counts: Counter = Counter()
        self.updates: Counter = Counter()
        self.warnings: Counter = Counter()
        self.examples: dict[str, Problem] = {}
        self.cleaned: dict[int, list[list[str]]] = {}
        self.total = self.last_line = 0
        self.seen = Seen()

    def feed(self, batch: Batch) -> None:
        self.total += batch.count
        self.last_line = batch.last_line
        rows = {found.row.line: found for found in batch.candidates}
        for (_code, line), problems in by_row(batch.warnings).items():
            self._warn(problems, rows.get(line))
        self._refused(batch.bad)
        if self.total <= CLEANED_ROWS:
            self._look_at_cleaning(batch)
        look = _Look(batch.candidates, self.now)
        self.seen.coming(key for found in batch.candidates for key in (*_keys(found), _lead_key(look.lead_of(found))))
        for found in batch.candidates:
            self._decide(found, look)

    def _warn(self, problems: Sequence[Problem], found: Candidate | None) -> None:
        self.warnings[problems[0].code] += 1
        self.examples.setdefault(problems[0].code, problems[0])
        self.keeper.warned(problems, found)

    def _refused(self, bad: Sequence[BadRow]) -> None:
        self.counts["error"] += len(bad)
        self.keeper.refused(bad)

    def _decide(self, found: Candidate, look: "_Look") -> None:
        pk, keys = look.lead_of(found), _keys(found)
        is_known = self.seen.get(_lead_key(pk)) is not None or any(self._has_seen(key, found) for key in keys)
        for key in keys:
            self.seen.put(key, found.row.company.corporate_number)
        if is_known:
            self._count(Outcome.DUPLICATE_IN_FILE, found, pk)
            return
        is_again = look.base.is_again(found)
        blocked_anew = look.is_blocked(found, pk if is_again else None)
        self.counts["blocked_anew"] += blocked_anew
        if look.is_blocked(found, pk):
            self.counts["blocked"] += 1
            self.keeper.show("blocked" if blocked_anew else BLOCKED_LEAD, found, pk)
        if pk is None:
            self._count(Outcome.NEW, found)
            return
        self.seen.put(_lead_key(pk), "")
        self.counts["known"] += 1
        self.counts["again"] += is_again
        self._compare_company(found, look.targets[pk].lead.company)
        changes = look.changes(found, pk)
        for policy in changes:
            self.updates[policy] += 1
        self.keeper.known(found, look.targets[pk], self.now, changes, again=is_again)

    def _compare_company(self, found: Candidate, company: Company) -> None:
        """Somebody who is known at another company: what the row says of its own one is not written."""
        stated = found.row.company
        if stated.key and company.name_key and not same_company(company, found.row):
            names = _("%(stated)s（登録済み：%(known)s）") % {"stated": stated.name, "known": company.name}
            self._warn([Problem("other_company", found.row.line, value=names)], found)

    def _has_seen(self, key: str, found: Candidate) -> bool:
        """Whether an earlier row of the file has this key."""
        stated = self.seen.get(key)
        return stated is not None and (key.startswith("mail:") or agree(found, stated))

    def _count(self, outcome: str, found: Candidate, pk: int | None = None) -> None:
        self.counts[outcome] += 1
        self.keeper.show(outcome, found, pk)

    def _look_at_cleaning(self, batch: Batch) -> None:
        for index, name in enumerate(self.mapping.fields):
            look = CLEANERS.get(name or "")
            samples = self.cleaned.setdefault(index, [])
            if look is None or len(samples) >= CLEANED_SHOWN:
                continue
            for line, cells in batch.first_cells.items():
                before = cells[index].strip()
                after = look(before) if before else ""
                if after and after != before and before not in (seen for _, seen, _ in samples):
                    samples.append([line, before[:80], after[:80]])
                    if len(samples) >= CLEANED_SHOWN:
                        break

    def counts_for(self, policy: str) -> dict[str, int]:
        updated = self.updates[policy]
        creates = policy == Policy.CREATE_ANYWAY
        anew = self.counts["known"] - self.counts["again"] if creates else 0
        return {
            "new": self.counts[Outcome.NEW] + anew,
            "updated": updated,
            "duplicate_in_file": self.counts[Outcome.DUPLICATE_IN_FILE],
            "duplicate_in_base": self.counts["known"] - updated - anew,
            "blocked": self.counts["blocked_anew" if creates else "blocked"],
            "error": self.counts["error"],
        }

    def as_json(self) -> dict:
        return {
            "counts": {policy: self.counts_for(policy) for policy in Policy.values},
            "warnings": [
                {**stored(self.examples[code]), "count": count} for code, count in self.warnings.most_common()
            ],
            "cleaned": [
                {"column": self.mapping.header[index], "samples": samples}
                for index, samples in self.cleaned.items()
                if samples
            ],
        }


def _phones(text: str) -> str:
    found = parse_phones(text)
    shown = " / ".join(
        (phone.national or phone.raw) + (f" #{phone.extension}" if phone.extension else "") for phone in found
    )
    return "" if shown == nfkc(text) else shown


def _date(text: str) -> str:
    try:
        when = parse_when(text)
    except BadDateError:
        return ""
    return f"{when:%Y/%m/%d %H:%M}" if isinstance(when, dt.datetime) else f"{when:%Y/%m/%d}" if when else ""


CLEANERS = {
    **dict.fromkeys(("phone_main", "phone_direct", "phone_mobile", "phone_office", "fax"), _phones),
    **dict.fromkeys(
        (
            "acquired_on",
            "signal_document_request",
            "signal_inquiry",
            "signal_seminar",
            "signal_reply",
            "signal_business_card",
            "next_call_at",
            "called_at",
        ),
        _date,
    ),
    "postal": lambda text: parse_postal(text).code,
    "email": parse_email,
    "corporate_number": parse_corporate_number,
    "prefecture": prefecture_of,
}
"""What is shown as before → after; everything else is kept as written."""


def _keys(found: Candidate) -> tuple[str, ...]:
    return (found.digest, *found.keys)


def _lead_key(pk: int | None) -> str:
    """Under which a lead of the base is remembered as one the file has named; nobody has the key of None."""
    return f"lead:{pk}"


class _Look:
    """What the base says about one batch: matches, blocks, and which policy would change what."""

    def __init__(self, candidates: Sequence[Candidate], now: dt.datetime):
        self.now, self.base = now, Base(candidates)
        self.leads = {found.digest: self.base.lead_for(found) for found in candidates}
        ids = {pk for pk in self.leads.values() if pk is not None}
        self.homes = {found.digest: self.base.company_for(found) for found in candidates}
        self.targets = _targets(ids)
        know_history(self.targets, (found.row for found in candidates))
        companies = {pk for pk in self.homes.values() if pk is not None}
        numbers = {number for found in candidates for number in found.numbers}
        self.blocked_numbers, self.blocked_companies = blocks_among(numbers=numbers, companies=companies)

    def lead_of(self, found: Candidate) -> int | None:
        return self.leads[found.digest]

    def is_blocked(self, found: Candidate, pk: int | None) -> bool:
        if found.row.do_not_call or (pk is not None and self.targets[pk].lead.is_blocked):
            return True
        if self.homes[found.digest] in self.blocked_companies:
            return True
        return bool(found.numbers) and self.blocked_numbers.issuperset(found.numbers)

    def changes(self, found: Candidate, pk: int) -> list[str]:
        """The policies that would write something on the lead the row is."""
        target, row = self.targets[pk], found.row
        if would_change(target, row, self.now, overwrite=False):
            return [Policy.FILL_BLANKS, Policy.OVERWRITE]
        return [Policy.OVERWRITE] if would_change(target, row, self.now, overwrite=True) else []


def _targets(ids: set[int]) -> dict[int, Target]:
    leads = Lead.objects.filter(pk__in=ids).select_related("company")
    targets = {lead.pk: Target(lead, [], set()) for lead in leads}
    for phone in PhoneNumber.objects.filter(lead_id__in=ids).order_by("position", "pk"):
        targets[phone.lead_id].phones.append(known_number(phone))
    for lead_id, kind, at in Signal.objects.filter(lead_id__in=ids).values_list("lead_id", "kind", "occurred_at"):
        targets[lead_id].signals.add((kind, at))
    return targets


def preview_file(
    *, reader: Reader, mapping: ColumnMapping, now: dt.datetime, keeper: RowKeeper | None = None
) -> Preview:
    """The preview of a file that is not kept. Raises RefusedError."""
    preview = Preview(mapping, now, keeper)
    with closing(preview.seen), closing(read_ahead(reader)) as batches:
        for batch in batches:
            preview.feed(batch)
    return preview


def run_preview(*, pk: int, clock: Clock, batch_size: int | None = None) -> None:
    """Reckon the preview of an import that waits for it; a second worker finds nothing to do."""
    lead_import = claim(pk, (Status.PREVIEWING,), clock())
    if lead_import is None:
        return
    try:
        _preview(lead_import, clock, batch_size)
    except LostClaimError:
        return
    except RefusedError as refused:
        _refuse(lead_import, refused.problem, clock())


@transaction.atomic
def recount_preview(*, lead_import: LeadImport) -> LeadImport:
    """Forget the numbers of a preview: the import waits for new ones, with its columns as they were decided."""
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if saved.status != Status.PREVIEWED:
        raise ValidationError(_("この取込はすでに進んでいるため、数え直せません。"), code="too_late")
    saved.status, saved.preview, saved.rows_done, saved.claimed_until = Status.PREVIEWING, {}, 0, None
    saved.save(update_fields=["status", "preview", "rows_done", "claimed_until"])
    forget_rows(saved)
    return saved


def _preview(lead_import: LeadImport, clock: Clock, batch_size: int | None) -> None:
    mapping = ColumnMapping.from_dict(lead_import.header, lead_import.mapping)
    with closing(RowKeeper(lead_import)) as keeper:
        preview = Preview(mapping, clock(), keeper)
        reader = reader_of(lead_import, preview.now, batch_size)
        with closing(preview.seen), closing(read_ahead(reader)) as batches:
            for at, batch in enumerate(batches, 1):
                preview.feed(batch)
                if at % SAVE_EVERY == 0:
                    _save_progress(lead_import, preview, clock())
        with transaction.atomic():
            row = held(lead_import, Status.PREVIEWING)
            row.preview = preview.as_json() | {"reckoned_at": preview.now.isoformat()}
            row.rows_total, row.status = preview.total, Status.PREVIEWED
            row.claimed_until, row.rows_done = None, 0
            row.save(update_fields=["preview", "rows_total", "status", "claimed_until", "rows_done"])
            keeper.publish()


def _save_progress(lead_import: LeadImport, preview: Preview, now: dt.datetime) -> None:
    ours = LeadImport.objects.filter(pk=lead_import.pk, token=lead_import.token, status=Status.PREVIEWING)
    if not ours.update(rows_done=preview.total, claimed_until=now + LEASE):
        raise LostClaimError


def _refuse(lead_import: LeadImport, problem: Problem, now: dt.datetime) -> None:
    ours = LeadImport.objects.filter(pk=lead_import.pk, token=lead_import.token, status=Status.PREVIEWING)
    ours.update(status=Status.FAILED, failure=stored(problem), finished_at=now, claimed_until=None)
