"""The whole demo from a moment and a seed: the same ones give the same world."""

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass

from calls.calendar import JST, BusinessCalendar
from calls.window import WindowRule
from reports.demo.appointments import Pipeline
from reports.demo.base import Maker, fill_lists, make_lists
from reports.demo.desk import Desk
from reports.demo.history import History
from reports.demo.people import add_people
from reports.demo.records import Lead, Outcome, World
from reports.demo.stories import Stories
from reports.demo.talk import Talker

OFFICE_OPENS = dt.time(8, 30)
MIN_LEADS, MIN_DAYS = 60, 20


@dataclass(frozen=True)
class Demo:
    """The world up to `until`, and who goes on from there: `talker` and `history` for today's calls."""

    world: World
    until: dt.datetime
    talker: Talker
    history: History
    overrides: list[tuple[Lead, str, str]]


def generate(
    *,
    now: dt.datetime,
    leads: int,
    days: int,
    seed: int,
    calendar: BusinessCalendar,
    rule: WindowRule,
    outcomes: Mapping[str, Outcome],
    max_attempts: int,
) -> Demo:
    """Play `days` days with `leads` leads up to the morning of `now`'s day."""
    if leads < MIN_LEADS or days < MIN_DAYS:
        raise ValueError(f"A demo needs at least {MIN_LEADS} leads and {MIN_DAYS} days.")
    rng = random.Random(seed)
    today = now.astimezone(JST).date()
    world = World(now, calendar.add_business_days(today - dt.timedelta(days=days), 0))
    add_people(world, calendar)
    desk = Desk(world, calendar=calendar, rule=rule, outcomes=outcomes, max_attempts=max_attempts, rng=rng)
    talker = Talker(rng, calendar, world.role("field_sales"))
    pipeline = Pipeline(desk, talker, rng)
    history = History(world, desk, talker, pipeline, expected=leads, rng=rng)
    maker = Maker(rng)
    sizes = make_lists(world, calendar, leads)
    stories = Stories(world, desk, maker, talker, pipeline, desk_at=calendar.next_callable(now))
    stories.tell()
    for lead in stories.leads:
        sizes[world.lists.index(lead.lead_list)] -= 1
    fill_lists(world, desk, maker, [max(size, 0) for size in sizes])
    until = min(now, dt.datetime.combine(today, OFFICE_OPENS, JST))
    history.play(until)
    for lead in world.leads:
        desk.retier(lead, now)
    return Demo(world, until, talker, history, stories.overrides)
