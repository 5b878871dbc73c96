"""Killed, doubled, late: an import goes on where its last batch ended, and no row is taken twice."""

import datetime as dt
import os
import signal
import warnings

import pytest
from django.db import IntegrityError, connections, transaction

from leads.models import ImportIssue, ImportRow, Lead, LeadImport, LeadList, PhoneNumber
from leads.services.imports.claims import LEASE, MOST_CLAIMS, LostClaimError, claim, due_imports, give_up_worn_out, held
from leads.services.imports.previews import run_preview
from leads.services.imports.running import run_import
from leads.tasks import sweep_imports
from tests.leads.import_files import DyingClock, WorkerKilled, confirmed, content, mapped, person, ticks, uploaded

pytestmark = pytest.mark.django_db
Status = LeadImport.Status
ROWS = 23
BATCH = 5


@pytest.fixture
def waiting(team, admin, now) -> LeadImport:
    """A confirmed import of 23 rows, two of them broken, that nobody has begun."""
    rows = [person(n) for n in range(1, ROWS - 1)] + [person(90, 会社名="", 氏名=""), person(91, 会社名="", 氏名="")]
    lead_list = LeadList.objects.create(name="リスト", team=team)
    return confirmed(uploaded(content(rows), lead_list=lead_list, by=admin, now=now), now=now)


def assert_whole(saved: LeadImport) -> None:
    saved.refresh_from_db()
    assert (saved.status, saved.rows_done, saved.claimed_until) == (Status.DONE, ROWS, None)
    assert {name: count for name, count in saved.counts.items() if count} == {"new": 21, "error": 2}
    assert Lead.objects.count() == PhoneNumber.objects.count() == ImportRow.objects.count() == 21
    assert ImportIssue.objects.filter(is_error=True).count() == 2


@pytest.mark.parametrize("looks", range(1, 11))
def test_killed_anywhere_it_goes_on_and_takes_no_row_twice(waiting, now, looks):
    with pytest.raises(WorkerKilled):
        run_import(pk=waiting.pk, clock=DyingClock(now, looks), batch_size=BATCH)
    waiting.refresh_from_db()
    assert waiting.rows_done == ImportRow.objects.count() + waiting.counts.get("error", 0)

    run_import(pk=waiting.pk, clock=lambda: now + LEASE * 2, batch_size=BATCH)

    assert_whole(waiting)


@pytest.mark.django_db(transaction=True)
def test_worker_process_killed_in_its_batches_loses_no_row_and_doubles_none(waiting, now):
    """Three processes die by SIGKILL in a transaction, the fourth ends it. Fifty do in benchmarks/import_kills.py."""
    for life, looks in enumerate((2, 3, 5)):
        status = in_a_process(waiting.pk, KillingClock(now + LEASE * 2 * life, looks))
        assert os.WTERMSIG(status) == signal.SIGKILL
        waiting.refresh_from_db()
        assert waiting.status == Status.RUNNING
        assert waiting.rows_done == ImportRow.objects.count() + waiting.counts.get("error", 0)
    assert 0 < waiting.rows_done < ROWS

    assert in_a_process(waiting.pk, lambda: now + LEASE * 8) == 0

    assert_whole(waiting)


class KillingClock(DyingClock):
    """At its last look the process is gone, with whatever it was about to do."""

    def __call__(self) -> dt.datetime:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__()


def in_a_process(pk: int, clock) -> int:
    """Run an import in a process of its own; answers how that ended."""
    connections.close_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads: the child only works and goes
        child = os.fork()
    if child == 0:
        status = 1
        try:
            run_import(pk=pk, clock=clock, batch_size=BATCH)
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1]


def test_killed_again_and_again_it_still_comes_to_its_end(waiting, now):
    for deaths in range(30):
        try:
            run_import(pk=waiting.pk, clock=DyingClock(now + LEASE * 2 * deaths, 3), batch_size=BATCH)
        except WorkerKilled:
            continue
        break

    assert_whole(waiting)


def test_worker_that_died_without_a_word_is_replaced_when_its_claim_runs_out(waiting, now):
    assert claim(waiting.pk, (Status.QUEUED,), now, status=Status.RUNNING)

    assert not run_import(pk=waiting.pk, clock=lambda: now, batch_size=BATCH)
    assert not Lead.objects.exists()
    run_import(pk=waiting.pk, clock=lambda: now + LEASE + dt.timedelta(seconds=1), batch_size=BATCH)

    assert_whole(waiting)


def test_late_worker_finds_its_claim_gone(waiting, now):
    late = claim(waiting.pk, (Status.QUEUED,), now, status=Status.RUNNING)
    run_import(pk=waiting.pk, clock=lambda: now + LEASE * 2, batch_size=BATCH)

    with pytest.raises(LostClaimError), transaction.atomic():
        held(late, Status.RUNNING)

    assert_whole(waiting)


def test_overtaken_in_the_middle_a_worker_writes_no_more(waiting, now):
    """The first worker sleeps past its claim after two batches; the second finishes; the first wakes up."""
    looks = []

    def sleepy() -> dt.datetime:
        looks.append(1)
        if len(looks) == 5:  # between two batches
            run_import(pk=waiting.pk, clock=lambda: now + LEASE * 2, batch_size=BATCH)
        return now

    assert run_import(pk=waiting.pk, clock=sleepy, batch_size=BATCH) is False

    assert_whole(waiting)


def test_long_import_works_in_slices(waiting, now):
    clock = ticks(now, dt.timedelta(seconds=20))
    slices = 0
    while run_import(pk=waiting.pk, clock=clock.__next__, batch_size=BATCH, for_time=dt.timedelta(seconds=60)):
        slices += 1

    assert slices > 1
    assert_whole(waiting)


def test_row_of_a_file_is_taken_once_by_the_database_too(waiting, now):
    run_import(pk=waiting.pk, clock=lambda: now)
    row = ImportRow.objects.first()

    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRow.objects.create(lead_import=waiting, line=row.line, lead=row.lead, outcome="new", digest="x")


def test_cancelled_in_the_middle_it_stops_at_the_next_batch(waiting, now):
    looks = []

    def clock() -> dt.datetime:
        looks.append(1)
        if len(looks) == 5:
            LeadImport.objects.filter(pk=waiting.pk).update(status=Status.CANCELLED)
        return now

    run_import(pk=waiting.pk, clock=clock, batch_size=BATCH)

    waiting.refresh_from_db()
    assert waiting.status == Status.CANCELLED
    assert 0 < Lead.objects.count() < 21


def test_preview_killed_is_taken_up_again(team, admin, now):
    lead_list = LeadList.objects.create(name="リスト", team=team)
    saved = mapped(uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now), now=now)
    with pytest.raises(WorkerKilled):
        run_preview(pk=saved.pk, clock=DyingClock(now, 1))

    run_preview(pk=saved.pk, clock=lambda: now)
    saved.refresh_from_db()
    assert saved.status == Status.PREVIEWING  # the dead worker's claim still stands

    run_preview(pk=saved.pk, clock=lambda: now + LEASE * 2)
    saved.refresh_from_db()
    assert saved.status == Status.PREVIEWED


def test_sweep_takes_up_what_nobody_runs(waiting):
    assert sweep_imports() == 1

    assert_whole(waiting)
    assert sweep_imports() == 0


def test_import_that_never_ends_is_failed_after_many_tries(waiting, now):
    LeadImport.objects.update(token=MOST_CLAIMS)

    assert give_up_worn_out(now) == 1

    waiting.refresh_from_db()
    assert (waiting.status, waiting.failure["code"]) == (Status.FAILED, "import_stopped")
    assert not due_imports(now).exists()


def test_file_gone_is_said_not_raised(waiting, now):
    waiting.file.delete(save=False)

    run_import(pk=waiting.pk, clock=lambda: now)

    waiting.refresh_from_db()
    assert (waiting.status, waiting.failure["code"]) == (Status.FAILED, "file_missing")
