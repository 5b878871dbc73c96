"""What a simulation foretells is what happens; killed anywhere it goes on; nobody's work is counted twice."""

import copy
import datetime as dt
import random
from collections import Counter
from contextlib import contextmanager

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Value
from django.db.models.functions import Concat
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Company, Lead, LeadList, Signal, Stage, TemperatureModel, TierSimulation
from leads.selectors.tier_rules import RuleScope
from leads.services.tier_rules import end_variation, reset_to_defaults, save_rules
from leads.services.tier_simulations import (
    KEPT,
    LEASE,
    MOST_CLAIMS,
    has_own_base,
    is_outdated,
    run_simulation,
    start_simulation,
    sweep,
)
from leads.services.tiers import override_tier, retier_stale
from leads.tasks import sweep_simulations
from leads.tier_rules import as_json
from leads.tiering import ALL_REACTIONS, DEFAULT_RULES
from tests.leads.import_files import DyingClock, WorkerKilled

pytestmark = pytest.mark.django_db
Status = TierSimulation.Status
DEFAULTS = as_json(DEFAULT_RULES)
STRICT = {**copy.deepcopy(DEFAULTS), "a": [[{"fact": "signal", "days": 7}]]}


def generated_base(team, now, count: int, seed: int) -> list[LeadList]:
    """Leads of every sort, decided by the rules in force."""
    chance = random.Random(seed)
    lists = [LeadList.objects.create(name=f"リスト{n}", team=team) for n in range(2)]
    company = Company.objects.create(name="株式会社青空", name_key="青空")

    def ago(odds: float):
        return now - dt.timedelta(days=chance.randrange(200), hours=3) if chance.random() < odds else None

    leads = Lead.objects.bulk_create(
        Lead(
            company=company,
            team=team,
            lead_list=chance.choice([*lists, None]),
            source=chance.choice(["", "Web", "展示会"]),
            stage=chance.choice(Stage.values),
            last_called_at=(called := ago(0.5)),
            last_result=chance.choice(["absent", "no_answer", "refused"]) if called else "",
            last_reached_at=ago(0.3),
            problem_recorded_at=ago(0.2),
            refused_at=ago(0.2),
            timing=chance.choice(["", "within_1_month", "undecided"]),
            budget=chance.choice(["", "secured", "none"]),
            decision_maker=chance.choice(["", "self"]),
            has_callable_phone=chance.random() < 0.8,
            is_blocked=chance.random() < 0.1,
            created_at=now - dt.timedelta(days=200),
        )
        for _ in range(count)
    )
    Signal.objects.bulk_create(
        Signal(lead=lead, kind=kind, occurred_at=now - dt.timedelta(days=chance.randrange(120), minutes=1))
        for lead in leads
        for kind in chance.sample(ALL_REACTIONS, chance.choice([0, 0, 1, 2]))
    )
    retier_stale(now=now)
    return lists


def simulated(rules, now, *, scope: RuleScope | None = None, base=None, batch=7) -> TierSimulation:
    made = start_simulation(rules=rules, base=base, by=None, now=now, scope=scope or RuleScope())
    run_simulation(pk=made.pk, clock=lambda: now, batch=batch)
    made.refresh_from_db()
    assert (made.status, made.claimed_until, made.leads_done) == (Status.DONE, None, made.leads_total)
    return made


def tiers_now() -> dict[int, str]:
    return dict(Lead.objects.values_list("pk", "tier"))


def counts_of(simulation: TierSimulation) -> Counter:
    return Counter({move: cell[0] for move, cell in simulation.result["cells"].items()})


conditions = st.sampled_from(
    [
        {"fact": "signal", "days": 20},
        {"fact": "signal", "values": ["inquiry", "reply"], "standing": True},
        {"fact": "problem"},
        {"fact": "contact", "days": 60},
        {"fact": "quiet", "days": 30},
        {"fact": "stage", "values": ["new", "nurturing", "follow_up"]},
        {"fact": "timing", "values": ["within_1_month"]},
        {"fact": "result", "values": ["absent"]},
        {"fact": "budget"},
    ]
)
groups = st.lists(conditions, min_size=1, max_size=3, unique_by=str).map(
    lambda picked: [picked[:2], *([each] for each in picked[2:])]
)


# --- What is foretold happens ---------------------------------------------------------------------------------------


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(a=groups, b=groups, seed=st.integers(0, 99), whose=st.sampled_from(["all", "list", "source"]))
def test_counts_are_what_saving_brings(transactional_savepoint, team, now, a, b, seed, whose):
    with transactional_savepoint():
        lists = generated_base(team, now, 30, seed)
        overridden = Lead.objects.filter(tier="C").first()
        if overridden:
            until = now.date() + dt.timedelta(days=9)
            override_tier(lead=overridden, tier="B", reason="面談", until=until, by=None, now=now)
        scope = {"all": RuleScope(), "list": RuleScope(lists[0]), "source": RuleScope(source="Web")}[whose]
        other = {"lead_list": lists[1], "rules": STRICT, "note": "別", "base": None, "by": None, "now": now}
        save_rules(**other)
        retier_stale(now=now)
        rules = {**DEFAULTS, "a": a, "b": b, "silence_points": -3}
        before, heat_before = tiers_now(), dict(Lead.objects.values_list("pk", "temperature"))

        simulation = simulated(rules, now, scope=scope)
        save_rules(
            rules=rules, note="試算どおり", base=None, lead_list=scope.lead_list, source=scope.source, by=None, now=now
        )
        retier_stale(now=now)

        after, heat = tiers_now(), dict(Lead.objects.values_list("pk", "temperature"))
        happened = Counter(before[pk] + after[pk] for pk in before if before[pk] != after[pk])
        foretold = counts_of(simulation)
        assert Counter({move: n for move, n in foretold.items() if move[0] != move[1]}) == happened
        assert sum(foretold.values()) + simulation.result["overridden"] == simulation.leads_total
        concerned = {
            pk
            for pk, list_id, source in Lead.objects.filter(tier_override="").values_list("pk", "lead_list_id", "source")
            if list_id != lists[1].pk
            and (whose != "list" or list_id == lists[0].pk)
            and (whose != "source" or source == "Web")
        }
        assert sum(cell[1] for cell in simulation.result["cells"].values()) == sum(heat_before[pk] for pk in concerned)
        assert sum(cell[2] for cell in simulation.result["cells"].values()) == sum(heat[pk] for pk in concerned)
        waiting = Lead.objects.callable().filter(stage__in=["new", "calling"], next_call_at=None)
        top = waiting.order_by("tier", "-temperature", "pk").values_list("tier", "temperature", "pk")[:20]
        assert simulation.result["top"]["new"] == [list(row) for row in top]


@pytest.fixture
def transactional_savepoint(db):
    """Each example leaves the base as it found it."""

    @contextmanager
    def undone():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return undone


@pytest.mark.parametrize("whose", ["list", "source", "all"])
def test_giving_up_is_foretold_too(team, now, whose):
    lists = generated_base(team, now, 60, 5)
    scope = {"all": RuleScope(), "list": RuleScope(lists[0]), "source": RuleScope(source="Web")}[whose]
    values = {"lead_list": scope.lead_list, "source": scope.source}
    made = save_rules(rules=STRICT, note="厳しく", base=None, by=None, now=now, **values)
    retier_stale(now=now)
    before = tiers_now()

    simulation = simulated(None, now, scope=scope, base=made.pk)
    if whose == "all":
        reset_to_defaults(note="戻す", base=made.pk, by=None, now=now)
    else:
        end_variation(note="戻す", base=made.pk, by=None, now=now, **values)
    retier_stale(now=now)

    after = tiers_now()
    happened = Counter(before[pk] + after[pk] for pk in before if before[pk] != after[pk])
    assert happened
    assert Counter({move: n for move, n in counts_of(simulation).items() if move[0] != move[1]}) == happened


def test_overridden_leads_are_counted_apart_and_stay(make_lead, manager, now):
    lead = make_lead("03-1234-5678")
    override_tier(lead=lead, tier="A", reason="面談", until=now.date(), by=manager, now=now)

    result = simulated(STRICT, now).result

    assert (result["overridden"], result["cells"]) == (1, {})


def test_samples_are_the_hottest_of_each_move_with_their_reasons(team, now):
    generated_base(team, now, 120, 3)
    before = {lead.pk: lead for lead in Lead.objects.all()}

    result = simulated(STRICT, now).result

    move = next(move for move, cell in result["cells"].items() if move == "AB" and cell[0] > 10)
    temperatures = [-minus for minus, _pk in result["samples"][move]]
    assert temperatures == sorted(temperatures, reverse=True)
    assert len(temperatures) == 10
    for _heat, pk in result["samples"][move]:
        assert result["why"][str(pk)]["reasons"][0] == before[pk].tier_reasons
        assert result["why"][str(pk)]["reasons"][1] != []


def test_todays_calls_tell_first_from_second(make_lead, now):
    first, second, blocked = (make_lead(f"03-1234-000{n}") for n in range(3))
    for lead in (first, second, blocked):
        Signal.objects.create(lead=lead, kind="seminar", occurred_at=now - dt.timedelta(days=10))
    Lead.objects.filter(pk=second.pk).update(stage=Stage.FOLLOW_UP)
    Lead.objects.filter(pk=blocked.pk).update(is_blocked=True)
    Lead.objects.update(tiered_at=None)
    retier_stale(now=now)

    result = simulated(STRICT, now).result

    assert result["cells"]["AB"][0] == 3
    assert (result["first"], result["second"]) == ({"AB": 1}, {"AB": 1})
    assert [pk for _tier, _heat, pk in result["top"]["new"]] == [first.pk] == result["top"]["old"]


def test_learned_card_that_is_on_keeps_its_say(team, now, make_lead):
    make_lead("03-1234-5678")
    card = {"base": 40, "points": {}, "names": {}}
    TemperatureModel.objects.create(status="on", card=card, metrics={}, trained_at=now)
    retier_stale(now=now)
    rules = {**DEFAULTS, "signal_points": dict.fromkeys(ALL_REACTIONS, 0)}

    result = simulated(rules, now).result

    assert result["cells"] == {"CC": [1, Lead.objects.get().temperature, Lead.objects.get().temperature]}


# --- Killed, doubled, late ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("looks", range(1, 7))
def test_killed_anywhere_it_goes_on_and_counts_nobody_twice(team, now, looks):
    generated_base(team, now, 33, 1)
    whole = simulated(STRICT, now)
    killed = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())

    with pytest.raises(WorkerKilled):
        run_simulation(pk=killed.pk, clock=DyingClock(now, looks), batch=7)
    run_simulation(pk=killed.pk, clock=lambda: now + LEASE * 2, batch=7)

    killed.refresh_from_db()
    assert killed.status == Status.DONE
    assert killed.result == whole.result


def test_worker_that_died_without_a_word_is_replaced_when_its_claim_runs_out(team, now):
    generated_base(team, now, 12, 1)
    made = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())
    TierSimulation.objects.update(status=Status.RUNNING, claimed_until=now + LEASE, token=1)

    assert sweep(now) == []
    assert sweep(now + LEASE * 2) == [made.pk]
    run_simulation(pk=made.pk, clock=lambda: now)
    made.refresh_from_db()
    assert made.status == Status.RUNNING
    run_simulation(pk=made.pk, clock=lambda: now + LEASE * 2)
    made.refresh_from_db()
    assert made.status == Status.DONE


def test_overtaken_in_the_middle_a_worker_writes_no_more(team, now):
    generated_base(team, now, 20, 1)
    made = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())
    looks = []

    def clock():
        looks.append(now)
        if len(looks) == 4:
            TierSimulation.objects.filter(pk=made.pk).update(token=99)
        return now

    run_simulation(pk=made.pk, clock=clock, batch=5)

    made.refresh_from_db()
    assert (made.token, made.status, made.leads_done) == (99, Status.RUNNING, 5)


def test_rules_changed_in_the_middle_begin_it_anew(team, now):
    generated_base(team, now, 20, 1)
    made = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())
    with pytest.raises(WorkerKilled):
        run_simulation(pk=made.pk, clock=DyingClock(now, 4), batch=5)
    save_rules(rules={**DEFAULTS, "silence_days": 30}, note="途中", base=None, source="Web", by=None, now=now)

    run_simulation(pk=made.pk, clock=lambda: now + LEASE * 2, batch=5)

    made.refresh_from_db()
    assert made.leads_done == made.leads_total == Lead.objects.exclude(source="Web").count()
    assert sum(counts_of(made).values()) == made.leads_total


def test_long_one_works_in_slices(team, now):
    generated_base(team, now, 20, 1)
    made = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())
    slices = []
    while run_simulation(pk=made.pk, clock=lambda: now, batch=8, for_time=dt.timedelta(0)):
        made.refresh_from_db()
        slices.append(made.leads_done)

    made.refresh_from_db()
    assert (slices, made.status) == ([8, 16, 20], Status.DONE)


def test_one_that_never_ends_is_failed(team, now):
    start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())
    TierSimulation.objects.update(token=MOST_CLAIMS)

    assert sweep(now) == []
    assert TierSimulation.objects.get().status == Status.FAILED


def test_sweep_takes_up_what_nobody_runs_and_forgets_what_is_old(make_lead, now, monkeypatch):
    make_lead()
    monkeypatch.setattr("config.clock.now", lambda: now)
    start_simulation(rules=STRICT, base=None, by=None, now=now - KEPT * 2, scope=RuleScope())
    waiting = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())

    assert sweep_simulations() == 1

    assert TierSimulation.objects.get() == waiting
    assert TierSimulation.objects.get().status == Status.DONE


def test_nobody_to_look_at_is_done_at_once(team, now):
    lead_list = LeadList.objects.create(name="空", team=team)

    assert simulated(STRICT, now, scope=RuleScope(lead_list)).result["cells"] == {}


def test_same_number_of_queries_whatever_a_batch_holds(team, now):
    def queries() -> int:
        made = start_simulation(rules=STRICT, base=None, by=None, now=now, scope=RuleScope())
        with CaptureQueriesContext(connection) as captured:
            run_simulation(pk=made.pk, clock=lambda: now)
        return len(captured)

    generated_base(team, now, 60, 1)
    few = queries()
    LeadList.objects.update(name=Concat("name", Value("旧")))
    generated_base(team, now, 300, 2)

    assert queries() == few


# --- Old news -------------------------------------------------------------------------------------------------------


def test_outdated_by_another_change_or_by_the_next_day(team, make_lead, now):
    make_lead()
    made = simulated(STRICT, now)
    assert (is_outdated(made, now), has_own_base(made)) == (False, True)
    assert is_outdated(made, now + dt.timedelta(days=1))

    save_rules(rules=STRICT, note="先", base=None, source="Web", by=None, now=now)
    assert (is_outdated(made, now), has_own_base(made)) == (True, True)

    save_rules(rules={**DEFAULTS, "silence_days": 9}, note="先", base=None, by=None, now=now)
    assert not has_own_base(made)
    with pytest.raises(ValidationError):
        save_rules(rules=STRICT, note="後", base=made.result["base"], by=None, now=now)
