"""Windows against adding 24 and 72 hours; the planner from nothing against sorting the same calls by deadline."""

import datetime as dt
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from calls.calendar import JST, BusinessCalendar
from calls.planner import Slot, Task, plan
from calls.window import window_for

CALLS, REPS, DAYS = 10_000, 50, 5
MONDAY = dt.datetime(2026, 6, 15, 9, tzinfo=JST)


def timed(act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def windows() -> None:
    moments = [MONDAY + dt.timedelta(minutes=7 * count) for count in range(CALLS)]
    calendar = BusinessCalendar()
    bare = timed(lambda: [(at + dt.timedelta(hours=24), at + dt.timedelta(hours=72)) for at in moments])
    ours = timed(lambda: [window_for(at, calendar) for at in moments])
    print(f"{CALLS:,} windows: {ours:.2f} s, {ours / bare:.0f}x two additions")


def planner() -> None:
    rng = random.Random(7)  # noqa: S311
    hours = [MONDAY + dt.timedelta(days=day, hours=hour) for day in range(DAYS) for hour in (0, 1, 2, 4, 5, 6, 7, 8)]
    slots = [Slot(rep, start, 6) for rep in range(REPS) for start in hours]
    tasks = []
    for number in range(CALLS):
        opens = rng.choice(hours)
        closes = opens + dt.timedelta(hours=rng.choice([9, 24, 48]))
        tasks.append(Task(number, opens, closes, rng.choice([100, 10, 1]), owner_rep=rng.randrange(REPS)))
    bare = timed(lambda: sorted(tasks, key=lambda task: task.closes_at))
    found = None

    def run():
        nonlocal found
        found = plan(tasks, slots)

    ours = timed(run)
    placed = len(found.assignments)
    print(f"plan of {CALLS:,} calls × {REPS} reps × {DAYS} days: {ours:.2f} s, {placed:,} placed,")
    print(f"  {ours / bare:.0f}x sorting them by deadline")


windows()
planner()
