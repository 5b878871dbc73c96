"""A worker killed with SIGKILL at random moments until the import is through: no row lost, none twice.

    .venv/bin/python benchmarks/import_kills.py --rows 20000 --kills 50

Each worker is a process of its own that calls `run_import`; the next one comes after the claim of the dead one has
run out, which is a matter of the clock it is given. On PostgreSQL where DATABASE_URL is set.
"""

import argparse
import csv
import os
import random
import signal
import time
from pathlib import Path

import scratch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--rows", type=int, default=20_000)
parser.add_argument("--kills", type=int, default=50)
parser.add_argument("--batch", type=int, default=100, help="rows of a batch, so that there is much to interrupt")
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
scratch.setup(on_disk=True)

from django.core.files import File
from django.db import connection, connections
from django.db.models import Count

from accounts.models import Team
from config import clock
from leads.inputs import NewList
from leads.models import Company, ImportIssue, ImportRow, Lead, LeadImport, PhoneNumber, Signal
from leads.services.imports.claims import LEASE
from leads.services.imports.columns import columns_of, save_mapping
from leads.services.imports.previews import run_preview
from leads.services.imports.running import confirm_import, run_import
from leads.services.imports.uploads import create_import

HEADER = ["会社名", "氏名", "電話番号", "携帯", "メールアドレス", "資料請求日"]
DUPLICATE, BROKEN = 50, 70
"""Every 50th row is the one before it again, every 70th says neither company nor name."""

chance = random.Random(options.seed)  # noqa: S311
lives = 0


def row(n: int) -> list[str]:
    if n % DUPLICATE == DUPLICATE - 1:
        return row(n - 1)
    who = ["", ""] if n % BROKEN == 0 else [f"株式会社みほん{n:07d}", f"見本 {n:07d}"]
    phone, mobile = f"03-{3000 + n // 9000:04d}-{1000 + n % 9000:04d}", f"090{10_000_000 + n:08d}"
    return [*who, phone, mobile, f"person{n}@example.jp", f"2026/{n % 5 + 1}/{n % 27 + 1}"]


def truth() -> dict[str, int]:
    rows = [row(n) for n in range(options.rows)]
    sound = [cells for cells in rows if cells[0]]
    people = {cells[1]: cells for cells in sound}
    return {
        "error": len(rows) - len(sound),
        "duplicate_in_file": len(sound) - len(people),
        "new": len(people),
        "updated": 0,
        "duplicate_in_base": 0,
        "blocked": 0,
    }


def waiting(path: Path, name: str) -> LeadImport:
    """The file uploaded, mapped, previewed and confirmed."""
    now = clock.now()
    with path.open("rb") as stream:
        to = NewList(name=name, team=team)
        made = create_import(file=File(stream), filename=path.name, lead_list=to, by=None, now=now)
    targets = {str(column.index): column.target for column in columns_of(made)}
    save_mapping(lead_import=made, targets=targets, by=None, now=now)
    run_preview(pk=made.pk, clock=clock.now)
    return confirm_import(lead_import=made, policy="fill_blanks", by=None, now=now)


def worker(pk: int) -> int:
    """A process that works on the import as if the claims of all dead ones had run out."""
    global lives
    lives += 1
    ahead = LEASE * 2 * lives
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        while run_import(pk=pk, clock=lambda: clock.now() + ahead, batch_size=options.batch):
            pass
        status = 0
    finally:
        os._exit(status)


def live(child: int, saved: LeadImport, enough: int, mean: float) -> None:
    """Let a worker live for a moment of chance, and no longer than it takes to get `enough` rows in."""
    end = time.monotonic() + chance.uniform(0, 2 * mean)
    while time.monotonic() < end:
        saved.refresh_from_db(fields=["rows_done", "status"])
        if saved.rows_done >= enough or saved.status == LeadImport.Status.DONE:
            return
        time.sleep(0.005)


def run_with_kills(saved: LeadImport) -> tuple[int, list[int]]:
    """Kill until the import is done; answers how often, and how many rows were in at each death."""
    kills, deaths, mean = 0, [0], 0.5
    while True:
        child = worker(saved.pk)
        if kills < options.kills:
            left = options.rows - deaths[-1]
            live(child, saved, deaths[-1] + max(1, left // (options.kills - kills + 1)), mean)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        saved.refresh_from_db()
        mean *= 1.3 if saved.rows_done == deaths[-1] else 0.9
        deaths.append(saved.rows_done)
        if saved.status == LeadImport.Status.DONE:
            return kills, deaths
        assert saved.status in (LeadImport.Status.RUNNING, LeadImport.Status.QUEUED), saved.status
        assert os.WIFSIGNALED(status), "a worker that was not killed did not finish"
        kills += 1


def check(saved: LeadImport, wanted: dict[str, int], base: int) -> None:
    """Everything there is to count, against the file."""
    assert saved.counts == wanted, (saved.counts, wanted)
    assert saved.rows_total == saved.rows_done == options.rows
    lines = list(ImportRow.objects.filter(lead_import=saved).order_by("line").values_list("line", flat=True))
    assert lines == [n + 2 for n in range(options.rows) if row(n)[0]]
    issues = (
        ImportIssue.objects.filter(lead_import=saved, is_error=True).order_by("line").values_list("line", flat=True)
    )
    assert list(issues) == [n + 2 for n in range(options.rows) if not row(n)[0]]
    assert Lead.objects.count() == Company.objects.count() == base
    assert Lead.objects.values("email").distinct().count() == base
    numbers = PhoneNumber.objects.values("e164").annotate(times=Count("pk"))
    assert numbers.count() == PhoneNumber.objects.count() == 2 * base
    assert Signal.objects.count() == base
    assert not Signal.objects.values("lead").annotate(times=Count("pk")).filter(times__gt=1).exists()
    assert not Lead.objects.filter(tiered_at=None).exists()


team = Team.objects.create(name="計測")
path = Path(os.environ["VAR_DIR"]) / "list.csv"
with path.open("w", encoding="cp932", newline="") as stream:
    csv.writer(stream).writerows([HEADER, *map(row, range(options.rows))])

wanted = truth()
start = time.perf_counter()
saved = waiting(path, "計測")
kills, deaths = run_with_kills(saved)
check(saved, wanted, wanted["new"])
midway = len({done for done in deaths if 0 < done < options.rows})

again = waiting(path, "計測 再")
_, status = os.waitpid(worker(again.pk), 0)
again.refresh_from_db()
assert (status, again.status) == (0, LeadImport.Status.DONE), again.failure
assert again.counts["new"] == again.counts["updated"] == 0, again.counts
assert Lead.objects.count() == wanted["new"]
assert PhoneNumber.objects.count() == 2 * wanted["new"]
assert Signal.objects.count() == wanted["new"]

seconds = time.perf_counter() - start
print(
    f"{connection.vendor}: {options.rows:,} rows, {kills} kills at {midway} different places, 0 rows lost, 0 twice; "
    f"the same file again changed nothing; {seconds / 60:.1f} min"
)
