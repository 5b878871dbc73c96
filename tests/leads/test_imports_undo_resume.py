"""Undo killed, doubled, late: it goes on with the rows that are left, and no row is taken twice."""

import datetime as dt
import threading

import pytest
from django.db import connection, connections, transaction

from calls.services import leases
from leads.models import Company, ImportRow, Lead, LeadImport, LeadList, PhoneNumber
from leads.services.imports.claims import LEASE, MOST_CLAIMS, LostClaimError, claim, give_up_worn_out, held
from leads.services.imports.undoing import run_undo, start_undo
from leads.tasks import sweep_imports
from tests.leads.import_files import DyingClock, WorkerKilled, content, imported, person, ticks

Status, Undo = LeadImport.Status, ImportRow.Undo
ROWS, KNOWN, BATCH = 20, 4, 5


@pytest.fixture
def waiting(team, admin, now) -> LeadImport:
    """An import of 20 rows, four of them of people who were there, that is to be undone."""
    lead_list = LeadList.objects.create(name="リスト", team=team)
    values = {"lead_list": lead_list, "by": admin, "now": now}
    imported(content([person(n, 備考="", 住所="") for n in range(KNOWN)]), **values)
    saved = imported(content([person(n, 備考="追記") for n in range(ROWS)]), **values)
    return start_undo(lead_import=saved, by=admin, now=now)


def assert_undone(saved: LeadImport) -> None:
    saved.refresh_from_db()
    counts = {name: saved.undo_counts[name] for name in ("removed", "restored", "partly", "kept", "rows", "of")}
    expected = {"removed": ROWS - KNOWN, "restored": KNOWN, "partly": 0, "kept": 0, "rows": ROWS, "of": ROWS}
    assert (saved.status, saved.claimed_until, counts) == (Status.UNDONE, None, expected)
    assert Lead.objects.count() == Company.objects.count() == PhoneNumber.objects.count() == KNOWN
    assert set(Lead.objects.values_list("memo", "version")) == {("", 3)}
    assert not saved.rows.filter(undo="").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("looks", range(1, 9))
def test_killed_anywhere_it_goes_on_and_takes_no_row_twice(waiting, now, looks):
    with pytest.raises(WorkerKilled):
        run_undo(pk=waiting.pk, clock=DyingClock(now, looks), batch_size=BATCH)
    waiting.refresh_from_db()
    assert waiting.undo_counts["rows"] == waiting.rows.exclude(undo="").count()

    run_undo(pk=waiting.pk, clock=lambda: now + LEASE * 2, batch_size=BATCH)

    assert_undone(waiting)


@pytest.mark.django_db
def test_killed_again_and_again_it_still_comes_to_its_end(waiting, now):
    for deaths in range(30):
        try:
            run_undo(pk=waiting.pk, clock=DyingClock(now + LEASE * 2 * deaths, 3), batch_size=BATCH)
        except WorkerKilled:
            continue
        break

    assert_undone(waiting)


@pytest.mark.django_db
def test_worker_that_died_without_a_word_is_replaced_when_its_claim_runs_out(waiting, now):
    assert claim(waiting.pk, (Status.UNDOING,), now)

    assert not run_undo(pk=waiting.pk, clock=lambda: now)
    assert Lead.objects.count() == ROWS
    run_undo(pk=waiting.pk, clock=lambda: now + LEASE + dt.timedelta(seconds=1))

    assert_undone(waiting)


@pytest.mark.django_db
def test_overtaken_in_the_middle_a_worker_writes_no_more(waiting, now):
    """The first worker sleeps past its claim after a batch; the second finishes; the first wakes up."""
    looks = []

    def sleepy() -> dt.datetime:
        looks.append(1)
        if len(looks) == 3:  # between two batches
            run_undo(pk=waiting.pk, clock=lambda: now + LEASE * 2, batch_size=BATCH)
        return now

    assert run_undo(pk=waiting.pk, clock=sleepy, batch_size=BATCH) is False

    assert_undone(waiting)


@pytest.mark.django_db
def test_late_worker_finds_its_claim_gone(waiting, now):
    late = claim(waiting.pk, (Status.UNDOING,), now)
    run_undo(pk=waiting.pk, clock=lambda: now + LEASE * 2)

    with pytest.raises(LostClaimError), transaction.atomic():
        held(late, Status.UNDOING)


@pytest.mark.django_db
def test_long_undo_works_in_slices(waiting, now):
    clock = ticks(now, dt.timedelta(seconds=20))
    slices = 0
    while run_undo(pk=waiting.pk, clock=clock.__next__, batch_size=BATCH, for_time=dt.timedelta(seconds=60)):
        slices += 1

    assert slices > 1
    assert_undone(waiting)


@pytest.mark.django_db
def test_every_worker_notes_where_it_begins(waiting, now):
    run_undo(pk=waiting.pk, clock=lambda: now, batch_size=BATCH, for_time=dt.timedelta(0))
    later = now + LEASE * 2
    run_undo(pk=waiting.pk, clock=lambda: later, batch_size=BATCH, for_time=dt.timedelta(0))

    waiting.refresh_from_db()
    counts = waiting.undo_counts
    assert (counts["began_at"], counts["began_after"], counts["rows"]) == (later.isoformat(), BATCH, BATCH * 2)


@pytest.mark.django_db
def test_sweep_takes_up_what_nobody_undoes(waiting):
    assert sweep_imports() == 1

    assert_undone(waiting)
    assert sweep_imports() == 0


@pytest.mark.django_db
def test_undo_that_never_ends_is_failed_and_can_be_asked_for_again(waiting, admin, now):
    run_undo(pk=waiting.pk, clock=lambda: now, batch_size=BATCH, for_time=dt.timedelta(0))
    LeadImport.objects.filter(pk=waiting.pk).update(token=MOST_CLAIMS)
    assert give_up_worn_out(now) == 1
    waiting.refresh_from_db()
    assert (waiting.status, waiting.failure["code"]) == (Status.FAILED, "undo_stopped")

    start_undo(lead_import=waiting, by=admin, now=now)
    run_undo(pk=waiting.pk, clock=lambda: now)

    assert_undone(waiting)
    assert waiting.failure is None


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_import_stopped_half_way_can_be_undone(waiting, admin, now, status):
    LeadImport.objects.filter(pk=waiting.pk).update(status=status)

    start_undo(lead_import=waiting, by=admin, now=now)
    run_undo(pk=waiting.pk, clock=lambda: now)

    assert_undone(waiting)


@pytest.mark.django_db
def test_work_between_two_batches_is_seen(waiting, rep, now):
    looks = []

    def clock() -> dt.datetime:
        looks.append(1)
        if len(looks) == 4:  # the newest rows are gone, these are still to come
            leases.claim(lead=Lead.objects.get(name="見本 00005"), by=rep, now=now)
        return now

    run_undo(pk=waiting.pk, clock=clock, batch_size=BATCH)

    waiting.refresh_from_db()
    assert waiting.undo_counts["kept"] == 1
    assert waiting.rows.get(undo=Undo.KEPT).undo_reasons == ["card_open"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_take_no_row_twice(waiting, now):
    errors = []

    def work(delay: dt.timedelta) -> None:
        try:
            run_undo(pk=waiting.pk, clock=lambda: now + delay, batch_size=2)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    # The second believes that the first one's claim has run out, and takes over in the middle.
    threads = [threading.Thread(target=work, args=(LEASE * 3 * at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    if connection.vendor == "sqlite":
        errors = [error for error in errors if "locked" not in str(error)]
    assert errors == []
    run_undo(pk=waiting.pk, clock=lambda: now + LEASE * 20)
    assert_undone(waiting)
