"""reports.tier_looks: which conditions held at a reaction, from what its follow-up keeps."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.tiering import DEFAULT_RULES, TOKYO, Condition, LeadFacts, tier_for
from reports.tier_looks import GroupOf, PointsFor, conditions_of, facts_at_reaction, held, held_by_signals

AT = dt.datetime(2026, 6, 10, 14, 30, tzinfo=TOKYO)
RECENT, REQUESTED, PROBLEM = (GroupOf("A", group) for group in DEFAULT_RULES.a)
KNOWN = {
    "at": AT.isoformat(),
    "signals": [["seminar", "2026-04-01"], ["call_reaction", "2026-06-10"]],
    "last_called_at": "2026-06-10",
    "last_reached_at": "2026-06-10",
    "problem_recorded_at": "2026-06-10",
    "refused_at": None,
    "created_at": "2026-03-01",
    "last_result": "reaction",
    "timing": "within_3_months",
    "budget": "undecided",
    "decision_maker": "",
    "stage": "calling",
}


def test_conditions_and_points_of_a_reaction_on_a_call():
    found = held(DEFAULT_RULES, facts_at_reaction(KNOWN, AT), AT)

    assert set(found) == set(conditions_of(DEFAULT_RULES))
    assert (found[RECENT], found[REQUESTED], found[PROBLEM]) == (True, False, True)
    assert found[PointsFor("signal", "call_reaction")]
    assert found[PointsFor("signal", "seminar")]
    assert not found[PointsFor("signal", "reply")]
    assert found[PointsFor("timing", "within_3_months")]
    assert not found[PointsFor("timing", "within_1_month")]
    assert found[PointsFor("problem")]
    assert not found[PointsFor("decision_maker")]
    assert not found[PointsFor("refusal")]


def test_every_point_a_temperature_gives_is_a_condition():
    facts = replace(
        facts_at_reaction(KNOWN, AT),
        decision_maker="self",
        budget="secured",
        refused_at=AT,
        last_reached_at=None,
        signals=(),
        created_at=AT - dt.timedelta(days=400),
    )

    items = tier_for(facts, DEFAULT_RULES, AT).items
    found = held(DEFAULT_RULES, facts, AT)

    codes = {item["code"] for item in items} - {"limit"}
    assert codes == {condition.code for condition, holds in found.items() if isinstance(condition, PointsFor) and holds}
    assert codes >= {"decision_maker", "budget", "refusal", "silence", "problem"}


def test_points_of_nothing_are_no_condition():
    rules = replace(DEFAULT_RULES, signal_points={"reply": 5, "seminar": 0}, problem_points=0, a=((),))

    assert PointsFor("signal", "reply") in conditions_of(rules)
    assert PointsFor("signal", "seminar") not in conditions_of(rules)
    assert PointsFor("problem") not in conditions_of(rules)
    assert not [one for one in conditions_of(rules) if isinstance(one, GroupOf) and one.tier == "A"]


def test_without_a_snapshot_nothing_is_known():
    assert facts_at_reaction({}, AT) is None


@pytest.mark.parametrize("name", ["last_called_at", "last_reached_at", "problem_recorded_at", "refused_at"])
def test_a_snapshot_that_knows_what_came_later_is_not_used(name):
    assert facts_at_reaction({**KNOWN, name: "2026-06-11"}, AT) is None


def test_signals_after_the_reaction_are_left_away():
    facts = facts_at_reaction({**KNOWN, "signals": [["reply", "2026-06-12"], ["inquiry", "2026-06-09"]]}, AT)

    assert [kind for kind, _ in facts.signals] == ["inquiry"]


def test_a_reaction_stands_against_a_refusal_earlier_that_day_and_an_older_one_does_not():
    known = {**KNOWN, "refused_at": "2026-06-10", "problem_recorded_at": None}

    assert held(DEFAULT_RULES, facts_at_reaction(known, AT), AT)[RECENT]
    known["signals"] = [["seminar", "2026-06-08"]]
    assert not held(DEFAULT_RULES, facts_at_reaction(known, AT), AT)[RECENT]


def test_older_reactions_are_judged_by_signals_alone():
    mixed = (Condition("signal"), Condition("timing"))
    rules = replace(DEFAULT_RULES, a=(*DEFAULT_RULES.a, mixed))
    found = held_by_signals(rules, LeadFacts(signals=(("reply", AT - dt.timedelta(days=3)),)), AT)

    assert found[RECENT]
    assert not found[REQUESTED]
    assert found[PointsFor("signal", "reply")]
    assert PROBLEM not in found
    assert GroupOf("A", mixed) not in found
    assert PointsFor("timing", "within_1_month") not in found


DAYS = st.integers(0, 120)


@given(
    signals=st.lists(st.tuples(st.sampled_from(["reply", "inquiry", "document_request", "seminar"]), DAYS), max_size=5),
    problem=st.none() | DAYS,
    refused=st.none() | st.integers(1, 120),
    timing=st.sampled_from(["", "within_1_month", "undecided"]),
    stage=st.sampled_from(["new", "calling", "nurturing", "refused", "lost"]),
)
def test_a_snapshot_says_what_the_moments_said(signals, problem, refused, timing, stage):
    """Days are enough: the tier and temperature from the snapshot are those from the moments it was taken from."""

    def back(days: int | None, hour: int = 9) -> dt.datetime | None:
        return None if days is None else (AT - dt.timedelta(days=days)).replace(hour=hour)

    facts = LeadFacts(
        signals=tuple((kind, back(days)) for kind, days in signals),
        problem_recorded_at=back(problem),
        refused_at=back(refused, 11),
        timing=timing,
        stage=stage,
        created_at=back(130),
    )
    kept = {
        **KNOWN,
        "signals": [[kind, at.date().isoformat()] for kind, at in facts.signals],
        "last_called_at": None,
        "last_reached_at": None,
        "problem_recorded_at": facts.problem_recorded_at.date().isoformat() if problem is not None else None,
        "refused_at": facts.refused_at.date().isoformat() if refused is not None else None,
        "created_at": facts.created_at.date().isoformat(),
        "timing": timing,
        "budget": "",
        "stage": stage,
        "last_result": "",
    }
    if refused is not None and refused == problem:
        return  # the hours of one day are not kept

    again = facts_at_reaction(kept, AT)

    one, other = tier_for(facts, DEFAULT_RULES, AT), tier_for(again, DEFAULT_RULES, AT)
    assert (one.tier, one.temperature) == (other.tier, other.temperature)
    assert held(DEFAULT_RULES, facts, AT) == held(DEFAULT_RULES, again, AT)
