"""An import (read, clean, match, companies, leads, numbers, signals, tiers) against the least any import must do.

Yardstick on PostgreSQL: csv + light clean + COPY into a staging table + INSERT … ON CONFLICT into a table with the same
columns; on SQLite: csv + light clean + executemany. Both in the same run as the import. Memory is the peak of the
process over what it held before the import began.

    python benchmarks/import_rows.py --rows 100000
    DATABASE_URL=postgres://… python benchmarks/import_rows.py --rows 100000
"""

import argparse
import csv
import io
import os
import resource
import threading
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import scratch

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--rows", type=int, default=10_000)
parser.add_argument("--no-yardstick", action="store_true")
options = parser.parse_args()
scratch.setup(on_disk=True)

from django.core.files import File
from django.db import connection, transaction

from accounts.models import Team
from config import clock
from leads.inputs import NewList
from leads.models import Company, Lead, LeadImport, Signal
from leads.services.imports.columns import default_targets, save_mapping
from leads.services.imports.previews import run_preview
from leads.services.imports.running import confirm_import, run_import
from leads.services.imports.uploads import create_import, read_table

HEADER = ["会社名", "氏名", "部署", "役職", "電話番号", "携帯", "メールアドレス", "都道府県", "住所", "資料請求日"]
TOWNS = ["千代田区丸の内", "港区芝", "新宿区西新宿", "中央区銀座"]


def rows():
    for n in range(options.rows):
        yield [
            f"株式会社テスト{n:07}",
            f"担当 {n:07}",
            "営業部",
            "課長",
            f"03-{3000 + n // 10000:04}-{n % 10000:04}",
            f"090-{1000 + n // 10000:04}-{n % 10000:04}",
            f"user{n}@example.jp",
            "東京都",
            f"{TOWNS[n % 4]}{n % 9 + 1}-{n % 7 + 1}",
            f"2026/{n % 9 + 1}/{n % 27 + 1}",
        ]


def write_file() -> Path:
    path = Path(os.environ["VAR_DIR"]) / "list.csv"
    with path.open("w", encoding="cp932", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(HEADER)
        writer.writerows(rows())
    return path


def lightly_cleaned(path: Path):
    with path.open(encoding="cp932", newline="") as stream:
        reader = csv.reader(stream)
        next(reader)
        for row in reader:
            yield [unicodedata.normalize("NFKC", cell).strip() for cell in row]


def yardstick(path: Path) -> float:
    """Seconds for the rows of the file in a table, the barest way."""
    columns = ", ".join(f"c{at} text" for at in range(len(HEADER)))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE bench_target (id serial, {columns}, UNIQUE (c0, c1))".replace("serial", SERIAL))
        start = time.perf_counter()
        with transaction.atomic():
            (copied if connection.vendor == "postgresql" else executed)(cursor, path, columns)
        taken = time.perf_counter() - start
        cursor.execute("SELECT count(*) FROM bench_target")
        assert cursor.fetchone()[0] == options.rows
        cursor.execute("DROP TABLE bench_target")
    return taken


SERIAL = "integer" if connection.vendor == "sqlite" else "serial"


def copied(cursor, path: Path, columns: str) -> None:
    cursor.execute(f"CREATE TEMP TABLE bench_staging ({columns}) ON COMMIT DROP")
    buffer = io.StringIO()
    csv.writer(buffer).writerows(lightly_cleaned(path))
    buffer.seek(0)
    cursor.copy_expert("COPY bench_staging FROM STDIN WITH (FORMAT csv)", buffer)
    names = ", ".join(f"c{at}" for at in range(len(HEADER)))
    cursor.execute(
        f"INSERT INTO bench_target ({names}) SELECT {names} FROM bench_staging ON CONFLICT (c0, c1) DO NOTHING"  # noqa: S608
    )


def executed(cursor, path: Path, columns: str) -> None:
    marks = ", ".join(["%s"] * len(HEADER))
    names = ", ".join(f"c{at}" for at in range(len(HEADER)))
    statement = f"INSERT OR IGNORE INTO bench_target ({names}) VALUES ({marks})"  # noqa: S608
    cursor.executemany(statement, list(lightly_cleaned(path)))


class Memory(threading.Thread):
    """The most this process held while it ran, over what it held before; in MiB."""

    def __init__(self):
        super().__init__(daemon=True)
        self.before = self.peak = self.now()
        self.ended = threading.Event()

    @staticmethod
    def now() -> float:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 2**20

    def run(self):
        while not self.ended.wait(0.05):
            self.peak = max(self.peak, self.now())

    def over(self) -> float:
        self.ended.set()
        return self.peak - self.before


def step(name: str, act: Callable[[], object], bare: float | None) -> None:
    memory = Memory()
    memory.start()
    start = time.perf_counter()
    act()
    taken = time.perf_counter() - start
    ratio = f"{taken / bare:5.1f}x" if bare else "      "
    print(
        f"{name:<16} {taken:8.2f} s  {options.rows / taken:10,.0f} rows/s  {ratio}  +{memory.over():4.0f} MiB",
        flush=True,
    )


def run() -> None:
    while run_import(pk=made.pk, clock=clock.now):
        pass


def upload(path: Path) -> LeadImport:
    with path.open("rb") as stream:
        file = File(stream, name=str(path))
        found = create_import(file=file, filename="list.csv", lead_list=lead_list, by=None, now=clock.now())
    targets = default_targets(read_table(str(path)))
    return save_mapping(lead_import=found, targets=targets, by=None, now=clock.now())


lead_list = NewList(name="計測", team=Team.objects.create(name="計測"))
path = write_file()
print(f"{options.rows:,} rows, {path.stat().st_size / 2**20:.1f} MiB")
bare = None if options.no_yardstick else yardstick(path)
if bare:
    print(f"{'yardstick':<16} {bare:8.2f} s  {options.rows / bare:10,.0f} rows/s")
made = upload(path)
lead_list = made.lead_list
step("preview", lambda: run_preview(pk=made.pk, clock=clock.now), bare)
confirm_import(lead_import=made, policy="fill_blanks", by=None, now=clock.now())
step("import", run, bare)
assert (Lead.objects.count(), Company.objects.count(), Signal.objects.count()) == (options.rows,) * 3
made = upload(path)
run_preview(pk=made.pk, clock=clock.now)
confirm_import(lead_import=made, policy="fill_blanks", by=None, now=clock.now())
step("the same again", run, bare)
assert Lead.objects.count() == options.rows
