"""A simulation of changed tier rules over a generated base, against a bare read of the same rows in the same run."""

import argparse
import datetime as dt
import random
import time

import scratch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--leads", type=int, default=100_000)
parser.add_argument("--rounds", type=int, default=3)
options = parser.parse_args()
scratch.setup()

from accounts.models import Team
from leads.models import Company, Lead, LeadList, Signal, Stage, TierSimulation
from leads.selectors.tier_rules import RuleScope
from leads.services.tier_simulations import BATCH, COLUMNS, run_simulation, start_simulation
from leads.services.tiers import retier_stale
from leads.tier_rules import as_json
from leads.tiering import ALL_REACTIONS, DEFAULT_RULES

NOW = dt.datetime(2026, 6, 16, 1, 0, tzinfo=dt.UTC)
DEFAULTS = as_json(DEFAULT_RULES)
RULES = {**DEFAULTS, "a": [[{"fact": "signal", "days": 14, "standing": True}], [{"fact": "problem"}]]}


def fill() -> None:
    """Half of the leads have reacted once or twice, half have been called, each at a moment of its own."""
    chance = random.Random(4)  # noqa: S311 - the same base in every run
    team = Team.objects.create(name="計測")
    lists = [LeadList.objects.create(name=f"計測{n}", team=team) for n in range(10)]
    company = Company.objects.create(name="株式会社計測", name_key="計測")

    def ago(odds: float) -> dt.datetime | None:
        return NOW - dt.timedelta(minutes=chance.randrange(300_000)) if chance.random() < odds else None

    leads = [
        Lead(
            company=company,
            team=team,
            lead_list=chance.choice(lists),
            stage=chance.choice([Stage.NEW, Stage.NEW, Stage.CALLING, Stage.FOLLOW_UP, Stage.NURTURING, Stage.REFUSED]),
            last_called_at=ago(0.5),
            last_reached_at=ago(0.2),
            problem_recorded_at=ago(0.1),
            refused_at=ago(0.1),
            timing=chance.choice(["", "", "within_3_months", "undecided"]),
            has_callable_phone=True,
            created_at=NOW - dt.timedelta(days=250),
        )
        for _ in range(options.leads)
    ]
    Lead.objects.bulk_create(leads, batch_size=2000)
    signals = [
        Signal(lead=lead, kind=kind, occurred_at=NOW - dt.timedelta(minutes=chance.randrange(150_000)))
        for lead in leads
        for kind in chance.sample(ALL_REACTIONS, chance.choice([0, 0, 1, 2]))
    ]
    Signal.objects.bulk_create(signals, batch_size=5000)
    retier_stale(now=NOW, batch=2000)


def bare_read() -> None:
    """The yardstick: the same columns and the same signals, in the same batches, with nothing done to them."""
    after = 0
    leads = Lead.objects.order_by("pk").values_list(*COLUMNS)
    while rows := list(leads.filter(pk__gt=after)[:BATCH]):
        ids = [row[0] for row in rows]
        list(Signal.objects.filter(lead_id__in=ids).values_list("lead_id", "kind", "occurred_at"))
        after = ids[-1]


def simulate() -> None:
    made = start_simulation(rules=RULES, base=None, by=None, now=NOW, scope=RuleScope())
    run_simulation(pk=made.pk, clock=lambda: NOW)
    made.refresh_from_db()
    assert made.status == TierSimulation.Status.DONE, made.status
    assert made.leads_done == options.leads, made.leads_done


def seconds(act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


fill()
read = min(seconds(bare_read) for _ in range(options.rounds))
whole = min(seconds(simulate) for _ in range(options.rounds))
print(f"{options.leads:,} leads")
print(f"bare read    {read:6.2f} s   {options.leads / read:10,.0f} leads/s")
print(f"simulation   {whole:6.2f} s   {options.leads / whole:10,.0f} leads/s   {whole / read:.1f}x the read")
