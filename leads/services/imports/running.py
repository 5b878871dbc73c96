"""The import itself: batch by batch, each one transaction that also says how far it came. Killed anywhere, it goes on
behind the last committed batch, and no row is taken twice.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.importing.mapping import ColumnMapping
from leads.importing.problems import Problem, RefusedError
from leads.models import ImportIssue, LeadImport
from leads.selectors.import_results import changed_base_since_preview
from leads.services.imports.abandoning import forget_unused
from leads.services.imports.claims import LEASE, LostClaimError, claim, held, release
from leads.services.imports.columns import cleaner_for
from leads.services.imports.inserting import insert_rows
from leads.services.imports.preview_rows import forget_rows
from leads.services.imports.problems import by_row, stored
from leads.services.imports.reading import Batch, Reader
from leads.services.imports.uploads import table_of
from leads.services.imports.writing import write_batch

BATCH = 500
BIG_BATCH = 2000
"""For PostgreSQL, where writers do not wait for one another."""

LONGEST_LOCK, SHORT_LOCK = 0.12, 0.06
"""Seconds for which a batch may hold SQLite's one lock: a longer one is followed by smaller ones, a short by larger."""

BREATHER = 0.4
"""After each batch SQLite's lock is left alone for this share of the time it was held: others wait in line for it."""

SMALLEST_BATCH = 200
SLICE = dt.timedelta(minutes=5)
WARNINGS_KEPT = 100
"""Rows listed for each kind of warning; the rest is only counted."""

ISSUE_COLUMNS = ("lead_import_id", "line", "column", "code", "params", "is_error", "cells")
COUNTS = ("new", "updated", "duplicate_in_file", "duplicate_in_base", "blocked", "error")
Status = LeadImport.Status
Clock = Callable[[], dt.datetime]


@transaction.atomic
def confirm_import(*, lead_import: LeadImport, policy: str, by: User | None, now: dt.datetime) -> LeadImport:
    """Let it run. Confirming twice is the same as once; what was not previewed cannot be confirmed."""
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if saved.status in (Status.QUEUED, Status.RUNNING, Status.DONE):
        return saved
    if saved.status != Status.PREVIEWED:
        raise ValidationError(_("内容の確認が済んでいないため、取り込めません。"), code="not_previewed")
    if changed_base_since_preview(saved):
        message = _(
            "確認のあとに、ほかの取込で登録内容が変わりました。「数え直す」を押して、件数をもう一度確認してください。"
        )
        raise ValidationError(message, code="preview_stale")
    saved.status, saved.policy, saved.claimed_until = Status.QUEUED, policy, None
    saved.rows_done, saved.last_line, saved.token = 0, 0, saved.token + 1
    saved.save(update_fields=["status", "policy", "claimed_until", "rows_done", "last_line", "token"])
    forget_rows(saved)
    audit.record(by=by, now=now, verb="confirm_import", target=saved, changes={"policy": ["", policy]})
    return saved


@transaction.atomic
def cancel_import(*, lead_import: LeadImport, by: User | None, now: dt.datetime) -> LeadImport:
    """Stop it. Rows of committed batches stay; a running worker finds its claim gone at its next batch.

    With nothing written, a list made for this import alone goes with it: then the answer has no key any more.
    """
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if not saved.is_open:
        raise ValidationError(_("この取込はすでに終わっています。"), code="already_finished")
    changes = {"status": [saved.status, Status.CANCELLED]}
    saved.status, saved.finished_at, saved.claimed_until = Status.CANCELLED, now, None
    saved.save(update_fields=["status", "finished_at", "claimed_until"])
    forget_rows(saved)
    audit.record(by=by, now=now, verb="cancel_import", target=saved, changes=changes)
    if not saved.rows_done or not saved.started_at:
        forget_unused(saved, by=by, now=now)
    return saved


def usual_batch() -> int:
    return BIG_BATCH if connection.vendor == "postgresql" else BATCH


def run_import(*, pk: int, clock: Clock, batch_size: int | None = None, for_time: dt.timedelta = SLICE) -> bool:
    """Work on an import as long as `for_time`; answers whether anything is left to do.

    Two workers at once are harmless: the second finds nothing to claim, or the first finds its claim gone.
    """
    now = clock()
    lead_import = claim(pk, (Status.QUEUED, Status.RUNNING), now, status=Status.RUNNING)
    if lead_import is None:
        return False
    if lead_import.started_at is None:
        LeadImport.objects.filter(pk=pk).update(started_at=now)
    try:
        reader = reader_of(lead_import, now, batch_size)
        adapts = batch_size is None and connection.vendor == "sqlite"
        return _run(lead_import, clock, reader, until=now + for_time, adapts=adapts)
    except LostClaimError:
        return False
    except RefusedError as refused:
        _fail(lead_import, refused.problem, clock())
        return False
    except BaseException:
        release(lead_import)
        raise


def _run(lead_import: LeadImport, clock: Clock, reader: Reader, *, until: dt.datetime, adapts: bool) -> bool:
    with closing(read_ahead(reader, lead_import.last_line)) as batches:
        for batch in batches:
            began = time.perf_counter()
            _commit(lead_import, batch, clock)
            if adapts:
                held_for = time.perf_counter() - began
                reader.size = _next_size(reader.size, held_for)
                time.sleep(held_for * BREATHER)
            if clock() >= until:
                release(lead_import)
                return True
    _finish(lead_import, clock())
    return False


def read_ahead(reader: Reader, after_line: int = 0) -> Iterator[Batch]:
    """Batches behind `after_line`; with PostgreSQL the next is read and cleaned while the server works on this one."""
    batches = reader.batches(after_line)
    if connection.vendor != "postgresql":
        yield from batches
        return
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = beside.submit(next, batches, None)
            yield batch


def reader_of(lead_import: LeadImport, now: dt.datetime, batch_size: int | None = None) -> Reader:
    mapping = ColumnMapping.from_dict(lead_import.header, lead_import.mapping)
    cleaner = cleaner_for(lead_import.header, lead_import.mapping, lead_import.first_phone, now=now)
    return Reader(table_of(lead_import), cleaner, mapping, lead_import.signature, batch_size or usual_batch())


def _commit(lead_import: LeadImport, batch: Batch, clock: Clock) -> None:
    """A batch and the mark that it is done, together or not at all."""
    with transaction.atomic():
        row = held(lead_import, Status.RUNNING)
        now = clock()
        counts = write_batch(lead_import, batch.candidates, now)
        counts["error"] += len(batch.bad)
        _write_issues(row, batch, now)
        row.counts = {name: row.counts.get(name, 0) + counts[name] for name in COUNTS}
        row.rows_done += batch.count
        row.rows_total = max(row.rows_total, row.rows_done)
        row.last_line, row.claimed_until = batch.last_line, now + LEASE
        row.save(update_fields=["counts", "rows_done", "rows_total", "last_line", "claimed_until", "warnings"])


def _next_size(size: int, held_for: float) -> int:
    if held_for > LONGEST_LOCK:
        return max(SMALLEST_BATCH, size // 2)
    return min(BIG_BATCH, size + size // 4) if held_for < SHORT_LOCK else size


def _write_issues(row: LeadImport, batch: Batch, now: dt.datetime) -> None:
    """Refused rows with their cells, to be given back; of each kind of warning the first rows."""
    issues = [
        _issue(row, problem, cells=bad.cells, line=bad.line, is_error=True)
        for bad in batch.bad
        for problem in bad.problems
    ]
    kept = Counter(row.warnings)
    for (code, line), problems in by_row(batch.warnings).items():
        kept[code] += 1
        if kept[code] <= WARNINGS_KEPT:
            issues.append(_issue(row, problems[0], cells=[], line=line, is_error=False))
    row.warnings = dict(kept)
    insert_rows(ImportIssue, ISSUE_COLUMNS, issues, now)


def _issue(row: LeadImport, problem: Problem, *, cells: list[str], line: int | None, is_error: bool) -> tuple:
    told = stored(problem)
    params = {"value": told["value"], **told["params"]}
    return row.pk, line or 0, told["column"], problem.code, params, is_error, cells


@transaction.atomic
def _finish(lead_import: LeadImport, now: dt.datetime) -> None:
    row = held(lead_import, Status.RUNNING)
    row.status, row.finished_at, row.claimed_until = Status.DONE, now, None
    row.counts = {name: row.counts.get(name, 0) for name in COUNTS}
    row.rows_total = row.rows_done
    row.save(update_fields=["status", "finished_at", "claimed_until", "counts", "rows_total"])
    changes = {name: [0, count] for name, count in row.counts.items()}
    audit.record(by=lead_import.created_by, now=now, verb="finish_import", target=row, changes=changes)


def _fail(lead_import: LeadImport, problem: Problem, now: dt.datetime) -> None:
    ours = LeadImport.objects.filter(pk=lead_import.pk, token=lead_import.token)
    ours.update(status=Status.FAILED, failure=stored(problem), finished_at=now, claimed_until=None)
