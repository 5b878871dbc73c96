"""reports.bottleneck: a seeded leak is found and named, chance and thin data never are."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import kpi
from reports.bottleneck import MIN_N, bottleneck, median_steps
from reports.kpi import Counts

CODES = [step for step, _, _ in kpi.FUNNEL]
HEALTHY = {
    "follow_ups_opened": 0.5,
    "follow_ups_attempted": 0.85,
    "follow_ups_reached": 0.6,
    "appointments": 0.5,
    "opportunities": 0.6,
    "won": 0.5,
}


def funnel(*counts):
    """A funnel from its seven step counts."""
    return kpi.funnel_steps(Counts(**dict(zip(CODES, counts, strict=True))))


def drawn(random, called, rates):
    """A funnel as luck makes it: every member passes each step with the step's rate."""
    counts = [called]
    for rate in rates.values():
        counts.append(sum(random.random() < rate for _ in range(counts[-1])))
    return funnel(*counts)


@st.composite
def any_funnel(draw, top=5000):
    counts = [draw(st.integers(0, top))]
    for _ in CODES[1:]:
        counts.append(draw(st.integers(0, counts[-1])))
    return funnel(*counts)


def test_bottleneck_names_the_leaking_step_with_its_numbers():
    verdict = bottleneck(funnel(1000, 500, 425, 130, 65, 39, 20), funnel(1000, 500, 425, 255, 128, 77, 38))
    assert (verdict.code, verdict.worst.step) == ("bottleneck", "follow_ups_reached")
    assert (verdict.worst.current.fraction_text, verdict.worst.reference.fraction_text) == ("130 / 425", "255 / 425")
    assert verdict.worst.difference.value == pytest.approx(-0.294, abs=0.001)
    assert verdict.worst.difference.interval.high < 0
    assert verdict.worst.lost == 125


def test_bottleneck_prefers_the_step_that_costs_more_wins_over_the_larger_gap_in_points():
    before = funnel(4000, 3600, 3000, 2000, 600, 300, 150)
    now = funnel(
        4000, 2800, 2333, 1555, 233, 116, 58
    )  # reaction 90 → 70 % (a fifth lost), appointments 30 → 15 % (half)
    verdict = bottleneck(now, before)
    assert [change.step for change in verdict.changes if change.is_drop] == ["follow_ups_opened", "appointments"]
    assert verdict.worst.step == "appointments"


def test_bottleneck_passes_over_rises():
    verdict = bottleneck(funnel(1000, 700, 600, 400, 200, 100, 50), funnel(1000, 500, 428, 285, 142, 71, 35))
    assert (verdict.code, verdict.worst) == ("no_difference", None)


@given(any_funnel())
def test_bottleneck_is_never_named_on_identical_data(steps):
    verdict = bottleneck(steps, steps)
    assert (verdict.code in {"no_difference", "too_little_data"}, verdict.worst) == (True, None)


@pytest.mark.parametrize(("n", "code"), [(19, "too_little_data"), (20, "bottleneck")])
def test_bottleneck_needs_twenty_on_either_side(n, code):
    all_passed, none_passed = funnel(n, n, 0, 0, 0, 0, 0), funnel(n, 0, 0, 0, 0, 0, 0)
    assert bottleneck(none_passed, all_passed).code == code


@given(any_funnel(MIN_N - 1), any_funnel())
def test_bottleneck_is_never_named_on_tiny_data(tiny, other):
    for verdict in (bottleneck(tiny, other), bottleneck(other, tiny)):
        assert (verdict.code, verdict.worst) == ("too_little_data", None)
        assert {change.problem for change in verdict.changes} == {"too_little_data"}


@given(any_funnel(), any_funnel())
def test_bottleneck_named_is_a_drop_whose_plain_interval_lies_below_zero(now, before):
    verdict = bottleneck(now, before)
    assert (verdict.code == "bottleneck") == (verdict.worst is not None)
    if verdict.worst:
        assert verdict.worst.difference.is_drop
        assert verdict.worst.lost > 0
        assert min(verdict.worst.current.denominator, verdict.worst.reference.denominator) >= MIN_N


@pytest.mark.parametrize("step", list(HEALTHY))
def test_bottleneck_finds_a_seeded_leak_at_every_step(step):
    leaking = HEALTHY | {step: HEALTHY[step] / 2}
    for seed in range(20):
        random = Random(seed)
        verdict = bottleneck(drawn(random, 4000, leaking), drawn(random, 4000, HEALTHY))
        assert (verdict.code, verdict.worst.step) == ("bottleneck", step), seed


def test_bottleneck_rarely_accuses_healthy_funnels():
    random = Random(20260101)
    verdicts = [bottleneck(drawn(random, 400, HEALTHY), drawn(random, 400, HEALTHY)) for _ in range(600)]
    assert sum(verdict.code == "bottleneck" for verdict in verdicts) / len(verdicts) <= 0.04


def test_bottleneck_does_not_compare_ratios_above_one():
    odd = funnel(100, 150, 120, 80, 40, 20, 10)  # reactions came without a first call, too
    verdict = bottleneck(odd, funnel(100, 90, 72, 48, 24, 12, 6))
    assert (verdict.changes[0].problem, verdict.changes[0].difference, verdict.changes[0].lost) == (
        "not_a_share",
        None,
        None,
    )
    assert verdict.code == "no_difference"


def test_bottleneck_of_funnels_that_differ_in_length_is_refused():
    steps = funnel(9, 8, 7, 6, 5, 4, 3)
    with pytest.raises(ValueError, match="shorter"):
        bottleneck(steps, steps[:-1])


def test_relative_loss_is_unknown_against_a_reference_of_zero():
    change = bottleneck(funnel(100, 50, 0, 0, 0, 0, 0), funnel(100, 0, 0, 0, 0, 0, 0)).changes[0]
    assert change.relative_loss is None


def test_median_steps_take_a_real_peer_at_each_step():
    peers = [funnel(100, reacted, reacted, reacted // 2, 0, 0, 0) for reacted in (30, 70, 50)]
    reference = median_steps(peers)
    assert [step.code for step in reference] == CODES
    assert reference[1].conversion.fraction_text == "50 / 100"


def test_median_steps_pass_over_peers_with_too_little_data():
    thin = replace(Counts(), leads_first_called=4, follow_ups_opened=0)
    peers = [kpi.funnel_steps(thin), kpi.funnel_steps(thin), funnel(100, 60, 50, 40, 30, 20, 10)]
    assert median_steps(peers)[1].conversion.fraction_text == "60 / 100"


def test_median_steps_of_nobody_are_empty():
    assert median_steps([]) == ()


def test_bottleneck_against_the_team_median_names_the_rep_that_falls_behind():
    team = [funnel(300, 150, 130, reached, reached // 2, reached // 4, reached // 8) for reached in (84, 80, 76)]
    weak = funnel(300, 150, 130, 30, 15, 8, 4)
    assert bottleneck(weak, median_steps([*team, weak])).worst.step == "follow_ups_reached"
    assert bottleneck(team[1], median_steps([*team, weak])).code == "no_difference"
