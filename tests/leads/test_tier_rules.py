"""Rules as data: what is read is what was written, and what is wrong is named by its place."""

import copy
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.tier_rules import CHOICES, WITH_DAYS, RuleBook, RuleError, as_json, from_json, problems_of
from leads.tiering import DEFAULT_RULES, TOKYO, Condition, LeadFacts, TierRules, tier_for, ways_to_a

NOW = dt.datetime(2026, 6, 16, 10, 0, tzinfo=TOKYO)
DEFAULTS = as_json(DEFAULT_RULES)


def rules(**values) -> TierRules:
    return from_json({**copy.deepcopy(DEFAULTS), **values}, "r1")


def ago(days: float) -> dt.datetime:
    return NOW - dt.timedelta(days=days)


def test_defaults_are_read_as_they_were_written():
    assert from_json(DEFAULTS, DEFAULT_RULES.version) == DEFAULT_RULES


conditions = st.sampled_from([*CHOICES, "problem", "contact", "quiet"]).flatmap(
    lambda fact: st.fixed_dictionaries(
        {"fact": st.just(fact)},
        optional={
            **(
                {"values": st.lists(st.sampled_from(CHOICES[fact]), min_size=1, unique=True)} if fact in CHOICES else {}
            ),
            **({"days": st.integers(1, 3650)} if fact in WITH_DAYS else {}),
            **({"standing": st.just(True)} if fact == "signal" else {}),
        },
    )
)
whole = conditions.map(
    lambda each: each | ({"days": 30} if each["fact"] == "quiet" and "days" not in each else {})
).map(lambda each: each | ({"values": ["new"]} if each["fact"] == "stage" and "values" not in each else {}))
groups = st.lists(st.lists(whole, min_size=1, max_size=3), min_size=1, max_size=4)


@given(a=groups, b=groups)
def test_whatever_can_be_used_comes_back_as_it_was(a, b):
    data = {**DEFAULTS, "a": a, "b": b}

    assert as_json(from_json(data, "r1")) == data


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"a": []}, "a", "no_group"),
        ({"a": [[]]}, "a.0", "no_condition"),
        ({"a": [[{"fact": "signal"}], [{"fact": "mood"}]]}, "a.1.0.fact", "unknown"),
        ({"a": [[{"fact": "signal", "values": ["wink"]}]]}, "a.0.0.values", "unknown"),
        ({"a": [[{"fact": "signal", "days": 0}]]}, "a.0.0.days", "out_of_range"),
        ({"a": [[{"fact": "signal", "days": "30"}]]}, "a.0.0.days", "not_a_number"),
        ({"a": [[{"fact": "timing", "days": 30}]]}, "a.0.0.days", "not_here"),
        ({"a": [[{"fact": "problem", "standing": True}]]}, "a.0.0.standing", "not_here"),
        ({"a": [[{"fact": "quiet"}]]}, "a.0.0.days", "not_a_number"),
        ({"b": [[{"fact": "stage"}]]}, "b.0.0.values", "required"),
        ({"b": "all"}, "b", "not_a_list"),
        ({"silence_days": None}, "silence_days", "not_a_number"),
        ({"refusal_points": 10}, "refusal_points", "out_of_range"),
        ({"problem_points": True}, "problem_points", "not_a_number"),
        ({"signal_points": {}}, "signal_points.document_request", "not_a_number"),
        ({"timing_points": {"soon": 3}}, "timing_points.soon", "unknown"),
        ({"colour": "red"}, "colour", "unknown"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(change, path, code):
    with pytest.raises(RuleError) as refused:
        rules(**change)

    assert (path, code) in refused.value.problems


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["a", "b", "fact", "days", "values"]), inner, max_size=3)
        ),
        max_leaves=8,
    )
)
def test_no_data_whatever_breaks_the_check(data):
    assert all(problem.code for problem in problems_of(data))


def test_every_condition_of_a_group_must_hold():
    both = rules(a=[[{"fact": "signal", "days": 30}, {"fact": "budget", "values": ["secured"]}]])
    reacted = LeadFacts(signals=(("seminar", ago(3)),))

    assert tier_for(reacted, both, NOW).tier == "B"
    secured = tier_for(LeadFacts(signals=reacted.signals, budget="secured"), both, NOW)
    assert (secured.tier, [reason["code"] for reason in secured.reasons]) == ("A", ["signal", "budget"])


@pytest.mark.parametrize(
    ("condition", "facts", "holds"),
    [
        (
            {"fact": "result", "values": ["absent"], "days": 3},
            {"last_result": "absent", "last_called_at": ago(2)},
            True,
        ),
        (
            {"fact": "result", "values": ["absent"], "days": 3},
            {"last_result": "absent", "last_called_at": ago(4)},
            False,
        ),
        ({"fact": "result", "values": ["absent"]}, {"last_result": "no_answer", "last_called_at": ago(1)}, False),
        ({"fact": "contact", "days": 14}, {"last_reached_at": ago(13)}, True),
        ({"fact": "contact", "days": 14}, {"last_reached_at": ago(15)}, False),
        ({"fact": "quiet", "days": 7}, {"last_called_at": ago(8)}, True),
        ({"fact": "quiet", "days": 7}, {"last_called_at": ago(6)}, False),
        ({"fact": "quiet", "days": 7}, {}, True),
        ({"fact": "problem", "days": 10}, {"problem_recorded_at": ago(11)}, False),
        ({"fact": "stage", "values": ["calling"]}, {"stage": "calling"}, True),
        ({"fact": "decision_maker", "values": ["self"]}, {"decision_maker": "executive"}, False),
        ({"fact": "signal"}, {"signals": (("seminar", ago(500)),), "refused_at": ago(1)}, True),
        ({"fact": "signal", "standing": True}, {"signals": (("seminar", ago(5)),), "refused_at": ago(1)}, False),
    ],
)
def test_condition_holds_or_not(condition, facts, holds):
    decision = tier_for(LeadFacts(**facts), rules(a=[[condition]]), NOW)

    assert (decision.tier == "A") is holds


def test_shortest_way_to_an_a_comes_first():
    both = rules(a=[[{"fact": "contact"}, {"fact": "budget", "values": ["secured"]}], [{"fact": "problem"}]])

    ways = ways_to_a(LeadFacts(last_reached_at=ago(1)), both, NOW)

    assert ways == [[Condition("budget", ("secured",))], [Condition("problem")]]
    assert ways_to_a(LeadFacts(problem_recorded_at=ago(1)), both, NOW) == []


def test_list_has_its_own_rules_before_its_source():
    common, of_list, of_source = (from_json(DEFAULTS, version) for version in ("r1", "r2", "r3"))
    book = RuleBook(common, {7: of_list}, {"展示会": of_source})

    assert [book.rules_for(*which).version for which in ((7, "展示会"), (8, "展示会"), (None, ""))] == [
        "r2",
        "r3",
        "r1",
    ]
    assert book.versions == {"r1", "r2", "r3"}
