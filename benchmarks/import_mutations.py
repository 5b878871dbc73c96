"""Damaged lists over HTTP, by seed: no server error, every refusal with its place, every accepted cell the true one.

    .venv/bin/python benchmarks/import_mutations.py --count 10000

Each file goes through the real pages in a transaction that is rolled back; on PostgreSQL where DATABASE_URL is set.
"""

import argparse
from collections import Counter, defaultdict

import scratch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--count", type=int, default=1_000)
parser.add_argument("--first", type=int, default=0, help="number of the first case")
parser.add_argument("--kind", default="", help="only this kind of damage")
parser.add_argument("--shown", type=int, default=40, help="faults printed")
options = parser.parse_args()
scratch.setup()

import datetime as dt
import logging

from django.db import connection, transaction
from django.test import Client

from accounts.models import Role, Team, User
from config import clock
from tests.leads.mutation_run import Result, Road, digest
from tests.leads.mutations import KINDS, made

logging.disable(logging.WARNING)
now = clock.now()
team = Team.objects.create(name="計測")
admin = User.objects.create_user("admin@example.jp", "correct horse battery", name="計測", role=Role.ADMIN)
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
client.force_login(admin)
client.get("/")
kinds = [options.kind] if options.kind else list(KINDS)
untouched = digest()
outcomes: dict[str, Counter] = defaultdict(Counter)
codes: Counter = Counter()
faults: list[str] = []
slowest = (0.0, "")
cells = rows = 0
start = dt.datetime.now(dt.UTC)

for number in range(options.first, options.first + options.count):
    kind, seed = kinds[number % len(kinds)], number // len(kinds)
    case = made(kind, seed)
    road = Road(client, team, now, case, untouched)
    with transaction.atomic():
        try:
            result = road.go()
        except Exception as error:
            result = Result("broke", faults=[f"{kind} {seed}: {type(error).__name__}: {error}"[:300]])
        transaction.set_rollback(True)
    outcomes[kind][result.outcome] += 1
    codes[result.code] += bool(result.code)
    faults += result.faults
    for text in result.faults[: max(0, options.shown - len(faults) + len(result.faults))]:
        print("FAULT", text, flush=True)
    cells, rows = cells + result.cells, rows + result.accepted
    slowest = max(slowest, (result.seconds, f"{kind} {seed}"))
    if (number + 1) % 250 == 0:
        print(f"  {number + 1 - options.first:,} files, {len(faults)} faults", flush=True)

for kind in kinds:
    print(f"{kind:<18}", dict(outcomes[kind]))
print("refusals:", dict(codes.most_common()))
minutes = (dt.datetime.now(dt.UTC) - start).total_seconds() / 60
print(
    f"{connection.vendor}: {options.count:,} files of {len(kinds)} kinds in {minutes:.1f} min, {rows:,} rows taken, "
    f"{cells:,} cells compared, {len(faults)} faults, slowest {slowest[0]:.2f} s ({slowest[1]})"
)
raise SystemExit(bool(faults))
