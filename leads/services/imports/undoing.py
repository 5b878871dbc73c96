"""Undo of a whole import, batch by batch, newest rows first: what it created goes, what it changed returns.

Each batch is one transaction that also marks its rows, so that an undo killed anywhere goes on with the rows that are
left, and two workers at once take no row twice. What somebody has worked on since stays, and says why.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads import ports
from leads.models import Company, DoNotCall, ImportRow, Lead, LeadImport, Merge
from leads.services.blocks import lift_block
from leads.services.imports.claims import LEASE, LostClaimError, claim, held, release
from leads.services.imports.keeping import reasons_to_keep
from leads.services.imports.restoring import Restoring
from leads.services.imports.writing import one_batch_at_a_time

BATCH = 60
"""Few enough that SQLite's one writer is not kept from others for long: restoring is dearer than importing."""

BLOCKS_AT_ONCE = 20
SLICE = dt.timedelta(minutes=5)
REASON_LENGTH = 300
COUNTS = ("removed", "restored", "partly", "kept", "blocks_lifted")
GONE = "gone"
Outcome, Undo, Status = ImportRow.Outcome, ImportRow.Undo, LeadImport.Status
Clock = Callable[[], dt.datetime]


def can_be_undone(lead_import: LeadImport) -> bool:
    """Whether there is anything of it in the base. What was stopped half-way counts too."""
    if lead_import.status == Status.DONE:
        return True
    return lead_import.status in (Status.FAILED, Status.CANCELLED) and lead_import.rows.exists()


@transaction.atomic
def start_undo(*, lead_import: LeadImport, by: User | None, now: dt.datetime, lifts_blocks: bool = False) -> LeadImport:
    """Let it be undone. Asking twice is the same as once; ValidationError `cannot_undo` for what is not finished."""
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if saved.status in (Status.UNDOING, Status.UNDONE):
        return saved
    if not can_be_undone(saved):
        raise ValidationError(_("この取込は元に戻せません。登録された行がありません。"), code="cannot_undo")
    saved.status, saved.claimed_until, saved.token, saved.failure = Status.UNDOING, None, 0, None
    saved.undone_by, saved.undone_at, saved.undo_lifts_blocks = by, None, lifts_blocks
    rows = saved.rows
    told = dict.fromkeys(COUNTS, 0) | saved.undo_counts
    saved.undo_counts = told | {"rows": rows.exclude(undo="").count(), "of": rows.count()}
    fields = ["status", "claimed_until", "token", "failure", "undone_by", "undone_at"]
    saved.save(update_fields=[*fields, "undo_lifts_blocks", "undo_counts"])
    changes = {"undo_lifts_blocks": [False, True]} if lifts_blocks else {}
    audit.record(by=by, now=now, verb="undo_import", target=saved, changes=changes)
    return saved


def run_undo(*, pk: int, clock: Clock, batch_size: int = BATCH, for_time: dt.timedelta = SLICE) -> bool:
    """Undo as long as `for_time`; answers whether anything is left to do. Two workers at once are harmless."""
    now = clock()
    lead_import = claim(pk, (Status.UNDOING,), now)
    if lead_import is None:
        return False
    _note_beginning(lead_import, now)
    try:
        return _run(lead_import, clock, batch_size, until=now + for_time)
    except LostClaimError:
        return False
    except BaseException:
        release(lead_import)
        raise


def _run(lead_import: LeadImport, clock: Clock, batch_size: int, until: dt.datetime) -> bool:
    # Blocks first, so that a refusal that is lifted keeps no lead.
    while lead_import.undo_lifts_blocks and _lift_some(lead_import, clock):
        if clock() >= until:
            release(lead_import)
            return True
    line: int | None = None
    while (line := _undo_batch(lead_import, clock, batch_size, line)) is not None:
        if clock() >= until:
            release(lead_import)
            return True
    _finish(lead_import, clock())
    return False


def _lift_some(lead_import: LeadImport, clock: Clock) -> bool:
    """Lift a few of the blocks the import made; False when none is left."""
    reason = _("取込「%(file)s」を元に戻したため") % {"file": lead_import.filename}
    with transaction.atomic():
        row = held(lead_import, Status.UNDOING)
        now = clock()
        blocks = list(DoNotCall.objects.standing().filter(lead_import=row).order_by("-pk")[:BLOCKS_AT_ONCE])
        for block in blocks:
            lift_block(block=block, reason=reason[:REASON_LENGTH], by=row.undone_by, now=now)
        _note(row, {"blocks_lifted": len(blocks)}, now)
    return bool(blocks)


def _undo_batch(lead_import: LeadImport, clock: Clock, batch_size: int, before: int | None) -> int | None:
    """The newest rows left before line `before`, and every other row of their leads; answers where to go on.

    None when there are none left. The line only spares looking through all rows that were undone already.
    """
    with transaction.atomic():
        one_batch_at_a_time()
        row = held(lead_import, Status.UNDOING)
        rows, line = _next_rows(row, batch_size, before)
        if not rows:
            return None
        now = clock()
        counts = UndoBatch(row, rows).undo(row.undone_by, now)
        _note(row, {**counts, "rows": len(rows)}, now)
    return line


def _next_rows(lead_import: LeadImport, batch_size: int, before: int | None) -> tuple[list[ImportRow], int]:
    left = lead_import.rows.filter(undo="")
    begin = left if before is None else left.filter(line__lt=before)
    newest = list(begin.order_by("-line")[:batch_size])
    if not newest:
        return [], 0
    taken = [row.pk for row in newest]
    leads = {row.lead_id for row in newest} - {None}
    others = left.filter(lead_id__in=leads).exclude(pk__in=taken).order_by("-line")
    return newest + list(others), newest[-1].line


def _note_beginning(lead_import: LeadImport, now: dt.datetime) -> None:
    """When this worker began and after how many rows: by its own speed the page says how long it will take."""
    began = {"began_at": now.isoformat(), "began_after": lead_import.undo_counts.get("rows", 0)}
    held_by_us = LeadImport.objects.filter(pk=lead_import.pk, token=lead_import.token)
    held_by_us.update(undo_counts={**lead_import.undo_counts, **began})


def _note(row: LeadImport, counts: dict[str, int], now: dt.datetime) -> None:
    row.undo_counts = {**row.undo_counts, **{name: row.undo_counts.get(name, 0) + n for name, n in counts.items()}}
    row.claimed_until = now + LEASE
    row.save(update_fields=["undo_counts", "claimed_until"])


class UndoBatch:
    """Some rows of one import with all their leads, held until the transaction ends."""

    def __init__(self, lead_import: LeadImport, rows: list[ImportRow]):
        self.lead_import, self.rows = lead_import, rows
        ids = {row.lead_id for row in rows} - {None}
        self.companies = _locked_companies(ids)
        self.leads = {lead.pk: lead for lead in Lead.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
        self.created = {pk for pk, lead in self.leads.items() if lead.lead_import_id == lead_import.pk}
        self.reasons = reasons_to_keep(lead_import, sorted(self.created))
        self.counts: Counter = Counter()

    def undo(self, by: User | None, now: dt.datetime) -> Counter:
        restoring = self.decide()
        self._mark(restoring)
        gone = self._remove(now)
        for pk in gone:
            restoring.companies.pop(pk, None)
        restoring.save(by, now)
        return self.counts

    def decide(self) -> Restoring:
        """What would go back, nothing written."""
        there = [row for row in self.rows if row.lead_id in self.leads]
        rows = [row for row in there if row.lead_id not in self.created]
        company_rows = [row for row in there if row.lead_id not in self.reasons]
        homes = {self.leads[row.lead_id].company_id for row in company_rows}
        companies = {pk: company for pk, company in self.companies.items() if pk in homes}
        return Restoring(self.lead_import, rows, self.leads, companies, company_rows)

    def _mark(self, restoring: Restoring) -> None:
        """Every row gets what became of its lead. Leads that were only recognised are not counted."""
        told = {pk: (found.outcome, found.kept or None) for pk, found in restoring.leads.items()}
        for pk in self.created:
            told[pk] = (Undo.KEPT, self.reasons[pk]) if pk in self.reasons else (Undo.REMOVED, None)
        for row in self.rows:
            row.undo, row.undo_reasons = told.get(row.lead_id) or (Undo.KEPT, [GONE])
        ImportRow.objects.filter(pk__in=[row.pk for row in self.rows if row.undo == Undo.REMOVED]).update(
            undo=Undo.REMOVED
        )
        ImportRow.objects.bulk_update(
            [row for row in self.rows if row.undo != Undo.REMOVED], ["undo", "undo_reasons"], batch_size=100
        )
        idle = {pk for pk, found in restoring.leads.items() if not found.changes and not found.kept}
        self.counts.update(str(outcome) for pk, (outcome, _reasons) in told.items() if pk not in idle)

    def _remove(self, now: dt.datetime) -> set[int]:
        """Delete what was created and stays for nobody; answers the companies that go with it."""
        ids = sorted(self.created - self.reasons.keys())
        if not ids:
            return set()
        homes = {self.leads[pk].company_id for pk in ids}
        for part in ports.attachments.values():
            part.remove(ids, now=now)
        Lead.objects.filter(pk__in=ids).delete()
        empty = _left_by_all(self.lead_import, homes)
        Company.objects.filter(pk__in=empty).delete()
        return set(empty)


def _locked_companies(lead_ids: Iterable[int]) -> dict[int, Company]:
    """Companies first, people after: the order every edit keeps."""
    homes = Lead.objects.filter(pk__in=lead_ids).order_by().values_list("company_id", flat=True)
    companies = Company.objects.select_for_update(no_key=True).filter(pk__in=set(homes)).order_by("pk")
    return {company.pk: company for company in companies}


def _left_by_all(lead_import: LeadImport, ids: Iterable[int]) -> list[int]:
    """Of these companies those the import made, whom nobody is at any more and nothing else names."""
    made = Company.objects.filter(pk__in=ids, created_at__gte=lead_import.started_at)
    if lead_import.finished_at:
        made = made.filter(created_at__lte=lead_import.finished_at)
    refused = DoNotCall.objects.filter(company=OuterRef("pk"), scope=DoNotCall.Scope.COMPANY)
    merged = Merge.objects.filter(kind=Merge.Kind.COMPANY, kept_id=OuterRef("pk"), undone_at=None)
    people = Lead.objects.filter(company=OuterRef("pk"))
    free = made.filter(~Exists(people), ~Exists(refused), ~Exists(merged))
    return list(free.values_list("pk", flat=True))


@transaction.atomic
def _finish(lead_import: LeadImport, now: dt.datetime) -> None:
    row = held(lead_import, Status.UNDOING)
    row.status, row.undone_at, row.claimed_until = Status.UNDONE, now, None
    row.save(update_fields=["status", "undone_at", "claimed_until"])
    changes = {name: [0, row.undo_counts.get(name, 0)] for name in COUNTS}
    audit.record(by=row.undone_by, now=now, verb="finish_undo", target=row, changes=changes)
