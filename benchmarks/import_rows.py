"""An import (read, clean, match, companies, leads, numbers, tiers) against a bare loop over the same rows.

The bare loop reads the file with `csv`, strips each cell and writes company, name and number with executemany into one
table: what a script of ten lines would do. The import does everything the page does, preview included.
"""

import argparse
import csv
import io
import os
import time
from pathlib import Path

import scratch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--rows", type=int, default=10_000)
options = parser.parse_args()
scratch.setup()

from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Team
from leads.models import Lead

HEADER = ["会社名", "氏名", "部署", "役職", "電話番号", "携帯", "メールアドレス", "都道府県", "住所", "資料請求日"]
TOWNS = ["千代田区丸の内", "港区芝", "新宿区西新宿", "中央区銀座"]


def rows():
    for n in range(options.rows):
        yield [
            f"株式会社テスト{n:06}",
            f"担当 {n:06}",
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


def bare_loop(path: Path) -> float:
    """Seconds for read, strip and executemany."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_bare (company text, name text, department text, title text, phone text)")
        start = time.perf_counter()
        with path.open(encoding="cp932", newline="") as stream:
            found = [[cell.strip() for cell in row[:5]] for row in csv.reader(stream)]
        with transaction.atomic():
            cursor.executemany("INSERT INTO bench_bare VALUES (%s, %s, %s, %s, %s)", found)
        return time.perf_counter() - start


Team.objects.create(name="計測")
path = write_file()
bare = bare_loop(path)
start = time.perf_counter()
call_command("import_leads", str(path), list_name="計測", json=True, stdout=io.StringIO())
ours = time.perf_counter() - start
assert Lead.objects.count() == options.rows
start = time.perf_counter()
call_command("import_leads", str(path), list_name="計測", json=True, stdout=io.StringIO())
again = time.perf_counter() - start
assert Lead.objects.count() == options.rows

print(f"{options.rows:,} rows")
print(f"bare loop       {bare:7.2f} s  {options.rows / bare:10,.0f} rows/s")
print(f"import          {ours:7.2f} s  {options.rows / ours:10,.0f} rows/s   {ours / bare:5.1f}x")
print(f"the same again  {again:7.2f} s  {options.rows / again:10,.0f} rows/s   {again / bare:5.1f}x, nothing changed")
