"""Other people's pages while an import runs in another process, against the same pages at rest; and the SQLite lock.

    .venv/bin/python benchmarks/pages_during_import.py --rows 50000

The list, the queue, a card and a saved call are measured before and during one import. On SQLite a prober takes the
write lock again and again without waiting: its longest row of failures is the longest time it was taken.
"""

import argparse
import csv
import datetime as dt
import os
import sqlite3
import statistics
import threading
import time
import uuid
from pathlib import Path

import scratch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--rows", type=int, default=50_000)
parser.add_argument("--leads", type=int, default=5_000)
parser.add_argument("--rounds", type=int, default=40)
options = parser.parse_args()
scratch.setup(on_disk=True)

from django.core.files import File
from django.db import connection, connections
from django.test import Client

from accounts.models import Role, Team, User
from calls.models import Outcome
from config import clock
from leads.inputs import NewList
from leads.models import Lead, LeadImport
from leads.services.imports.columns import columns_of, save_mapping
from leads.services.imports.previews import run_preview
from leads.services.imports.running import confirm_import, run_import
from leads.services.imports.uploads import create_import

NOW = dt.datetime(2026, 6, 16, 1, 0, tzinfo=dt.UTC)  # a Tuesday, 10:00 in Tokyo
clock.now = lambda: NOW
HEADER = ["会社名", "氏名", "電話番号", "メールアドレス", "都道府県", "住所", "資料請求日"]
MOST_MS = 300.0


def waiting(first: int, count: int, name: str) -> LeadImport:
    """A list uploaded, previewed and confirmed."""
    path = Path(os.environ["VAR_DIR"]) / f"{name}.csv"
    with path.open("w", encoding="cp932", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        for n in range(first, first + count):
            phone = f"03-{3000 + n // 9000:04d}-{1000 + n % 9000:04d}"
            who = [f"株式会社みほん{n:07d}", f"見本 {n:07d}", phone, f"person{n}@example.jp"]
            writer.writerow([*who, "東京都", f"千代田区丸の内{n}", f"2026/{n % 5 + 1}/{n % 27 + 1}"])
    with path.open("rb") as stream:
        to = NewList(name=name, team=team)
        made = create_import(file=File(stream), filename=path.name, lead_list=to, by=None, now=NOW)
    targets = {str(column.index): column.target for column in columns_of(made)}
    save_mapping(lead_import=made, targets=targets, by=None, now=NOW)
    run_preview(pk=made.pk, clock=clock.now)
    return confirm_import(lead_import=made, policy="fill_blanks", by=None, now=NOW)


def get(address: str):
    def act() -> None:
        response = client.get(address)
        assert response.status_code == 200, response.status_code

    return act


def save() -> None:
    form = {"form_key": str(uuid.uuid4()), "outcome": no_answer, "retry_at": "2026-06-16T14:00", "stay": "1"}
    response = client.post(f"/calls/lead/{next(to_call)}/save/", form)
    assert response.status_code == 302, response.status_code


def look() -> dict[str, list[float]]:
    """Each page in turn, so that all of them meet the same moments of the import."""
    found: dict[str, list[float]] = {name: [] for name in PAGES}
    for _ in range(options.rounds):
        for name, act in PAGES.items():
            start = time.perf_counter()
            act()
            found[name].append((time.perf_counter() - start) * 1000)
    return found


class Prober(threading.Thread):
    """Asks SQLite for its write lock every millisecond without waiting, and lets go at once: how long was it taken?"""

    def __init__(self):
        super().__init__(daemon=True)
        self.taken: list[float] = []
        self.is_over = False

    def run(self) -> None:
        base = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        free = time.perf_counter()
        while not self.is_over:
            try:
                base.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                pass
            else:
                base.execute("ROLLBACK")
                now = time.perf_counter()
                self.taken.append((now - free) * 1000)
                free = now
            time.sleep(0.001)
        base.close()


def importing(pk: int) -> int:
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        while run_import(pk=pk, clock=clock.now):
            pass
        status = 0
    finally:
        os._exit(status)


team = Team.objects.create(name="計測")
rep = User.objects.create_user("bench@example.jp", "bench", name="計測", role=Role.REP, team=team)
while run_import(pk=waiting(0, options.leads, "base").pk, clock=clock.now):
    pass
coming = waiting(options.leads, options.rows, "list")
client = Client(HTTP_HOST="localhost")
client.force_login(rep)
no_answer = Outcome.objects.get(code="no_answer").pk
known = list(Lead.objects.order_by("pk").values_list("pk", flat=True))
to_call = iter(known)
PAGES = {"lead list": get("/leads/"), "queue": get("/calls/"), "card": get(f"/calls/lead/{known[-1]}/"), "save": save}

look()  # templates and caches warm up
at_rest = look()
start = time.perf_counter()
child = importing(coming.pk)
prober = Prober()
if connection.vendor == "sqlite":
    prober.start()
during: dict[str, list[float]] = {name: [] for name in PAGES}
while not (ended := os.waitpid(child, os.WNOHANG))[0]:
    for name, measured in look().items():
        during[name] += measured
seconds = time.perf_counter() - start
prober.is_over = True
assert ended[1] == 0, "the import failed"
coming.refresh_from_db()
assert (coming.status, coming.counts["new"]) == (LeadImport.Status.DONE, options.rows), coming.counts

print(f"{connection.vendor}: {options.rows:,} rows in {seconds:.1f} s beside {len(during['queue'])} rounds of pages")
for name in PAGES:
    scratch.report(f"{name}, at rest", at_rest[name])
    scratch.report(f"{name}, during", during[name], at_rest[name])
if prober.taken:
    longest, p99 = max(prober.taken), statistics.quantiles(prober.taken, n=100)[-1]
    verdict = "kept" if longest <= MOST_MS else "NOT KEPT"
    print(f"write lock: taken at most {longest:.0f} ms (p99 {p99:.0f} ms); 300 ms {verdict}")
