"""A card of points: the same features for training and serving, items that add up, nothing from after the reaction."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.reasons import feature_words, item_words, reason_sentences
from leads.scorecard import Scorecard, Traits, as_json, features_of, from_json, known_at_reaction, known_of
from leads.tiering import ALL_REACTIONS, DEFAULT_RULES, TOKYO, LeadFacts, day_of, tier_for

AT = dt.datetime(2026, 6, 16, 10, tzinfo=TOKYO)
DAY = dt.timedelta(days=1)
FEATURES = ("signal=inquiry", "reached", "calls>=1", "timing=within_1_month", "source=展示会", "email")

CARD = Scorecard(
    "m3", 20, {"signal=inquiry": 30, "source=展示会": 12, "list=7": -9, "email": 5}, {"list=7": "春の名簿"}
)


def facts(**changes) -> LeadFacts:
    return LeadFacts(signals=(("inquiry", AT - 21 * DAY),), created_at=AT - 90 * DAY, **changes)


@pytest.mark.parametrize(
    ("known", "feature", "value"),
    [
        (facts(), "signal=inquiry", 0.5),
        (facts(), "created", 0.5),
        (facts(last_called_at=AT), "called", 1.0),
        (facts(last_reached_at=AT - 30 * DAY), "reached", 0.5),
        (facts(refused_at=AT - 180 * DAY), "refused", 0.5),
        (facts(problem_recorded_at=AT), "problem", 1.0),
        (facts(last_result="reaction"), "result=reaction", 1.0),
        (facts(timing="within_1_month"), "timing=within_1_month", 1.0),
        (facts(budget="secured"), "budget=secured", 1.0),
        (facts(decision_maker="self"), "decision_maker=self", 1.0),
    ],
)
def test_what_is_known_is_a_feature(known, feature, value):
    assert features_of(known_of(known, Traits(), AT), AT.date())[feature] == pytest.approx(value)


def test_what_a_lead_is_is_a_feature():
    traits = Traits("展示会", "7", "製造業", "50名", "東京都", has_email=True, has_title=True, call_count=3)

    found = features_of(known_of(LeadFacts(), traits, AT), AT.date())

    assert set(found) == {
        *("source=展示会", "list=7", "industry=製造業", "employees=50名", "prefecture=東京都"),
        *("email", "title", "calls>=1", "calls>=3"),
    }


def test_what_outcomes_write_is_no_feature():
    plain, settled = facts(stage="new"), facts(stage="appointment")

    assert features_of(known_of(plain, Traits(), AT), AT.date()) == features_of(
        known_of(settled, Traits(), AT), AT.date()
    )
    snapshot = snapshot_of(facts(), Traits())
    after = snapshot | {"stage": "won", "tier": "A", "temperature": 100}
    assert known_at_reaction(snapshot, AT) == known_at_reaction(after, AT)


moments = st.none() | st.integers(0, 400).map(lambda days: AT - days * DAY)
some_facts = st.builds(
    LeadFacts,
    signals=st.lists(
        st.tuples(st.sampled_from(ALL_REACTIONS), st.integers(0, 400).map(lambda days: AT - days * DAY)), max_size=6
    ).map(tuple),
    last_called_at=moments,
    last_reached_at=moments,
    problem_recorded_at=moments,
    refused_at=moments,
    created_at=moments,
    last_result=st.sampled_from(["", "reaction", "no_answer"]),
    timing=st.sampled_from(["", "within_1_month"]),
    budget=st.sampled_from(["", "secured"]),
    decision_maker=st.sampled_from(["", "self"]),
)
some_traits = st.builds(
    Traits,
    source=st.sampled_from(["", "展示会"]),
    lead_list=st.sampled_from(["", "7"]),
    industry=st.sampled_from(["", "製造業"]),
    has_email=st.booleans(),
    has_title=st.booleans(),
    call_count=st.integers(0, 9),
)
some_cards = st.builds(
    Scorecard,
    st.just("m1"),
    st.integers(-200, 200),
    st.dictionaries(st.sampled_from(FEATURES), st.integers(-80, 80)),
)


@given(some_facts, some_traits)
def test_training_and_serving_see_the_same(facts, traits):
    served = features_of(known_of(facts, traits, AT), AT.date())
    trained = features_of(known_at_reaction(snapshot_of(facts, traits), AT), AT.date())

    assert served == trained


@given(some_facts, st.lists(st.tuples(st.sampled_from(ALL_REACTIONS), st.integers(1, 90)), max_size=4))
def test_a_signal_after_the_reaction_changes_nothing(facts, later):
    snapshot = snapshot_of(facts, Traits())
    more = [[kind, day_of(AT + days * DAY)] for kind, days in later]
    told_later = snapshot | {"signals": [*snapshot["signals"], *more]}

    assert known_at_reaction(told_later, AT) == known_at_reaction(snapshot, AT)


@given(
    some_facts,
    st.sampled_from(["last_called_at", "last_reached_at", "problem_recorded_at", "refused_at"]),
    st.integers(1, 90),
)
def test_a_snapshot_that_knows_a_later_call_teaches_nothing(facts, moment, days):
    snapshot = snapshot_of(facts, Traits()) | {moment: day_of(AT + days * DAY)}

    assert known_at_reaction(snapshot, AT) is None


@given(some_cards, some_facts, some_traits)
def test_items_add_up_to_the_temperature(card, facts, traits):
    features = features_of(known_of(facts, traits, AT), AT.date())
    by_rule = tier_for(facts, DEFAULT_RULES, AT)

    decision = card.decide(by_rule, features, stage="new")

    assert sum(item["points"] for item in decision.items) == decision.temperature == card.temperature(features)
    assert 0 <= decision.temperature <= 100
    assert (decision.tier, decision.reasons) == (by_rule.tier, by_rule.reasons)
    assert all(item_words(item, AT) for item in decision.items)


def test_thresholds_decide_the_tier_and_say_so():
    card = Scorecard("m3", 20, {"email": 45}, a_from=60, b_from=20)
    by_rule = tier_for(LeadFacts(), DEFAULT_RULES, AT)

    hot = card.decide(by_rule, {"email": 1.0}, stage="new")
    warm = card.decide(by_rule, {}, stage="new")

    assert (hot.tier, hot.rule_version) == ("A", f"{DEFAULT_RULES.version}+m3a60b20")
    assert reason_sentences(hot.reasons, AT) == ["学習した温度感 65（60以上）"]
    assert (warm.tier, reason_sentences(warm.reasons, AT)) == ("B", ["学習した温度感 20（20以上）"])


def test_below_all_thresholds_is_c():
    decision = Scorecard("m3", 5, {}, a_from=60, b_from=20).decide(
        tier_for(facts(), DEFAULT_RULES, AT), {}, stage="new"
    )

    assert (decision.tier, reason_sentences(decision.reasons, AT)) == ("C", ["学習した温度感 5（20未満）"])


def test_whoever_said_no_is_not_made_hot_by_a_card():
    refused = facts(refused_at=AT, stage="refused")
    by_rule = tier_for(refused, DEFAULT_RULES, AT)

    decision = Scorecard("m3", 99, {}, a_from=60, b_from=20).decide(by_rule, {}, stage="refused")

    assert decision.tier == by_rule.tier == "C"


def test_items_say_what_they_are_for():
    items = CARD.items({"signal=inquiry": 0.5, "list=7": 1.0, "source=展示会": 1.0, "industry=農業": 1.0})

    assert [(item_words(item, AT), item["points"]) for item in items] == [
        ("基準点", 20),
        ("問合せの新しさ", 15),
        ("流入元: 展示会", 12),
        ("リスト: 春の名簿", -9),
    ]


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("calls>=3", "架電が3回以上"),
        ("signals>=2", "反応が2回以上"),
        ("timing=within_1_month", "検討時期: 1か月以内"),
        ("budget=secured", "予算感: 確保済"),
        ("decision_maker=self", "意思決定者: 本人"),
        ("result=reaction", "前回の結果: 反応あり"),
        ("industry=A>=B=C", "業種: A>=B=C"),
        ("reached", "担当者と話した新しさ"),
    ],
)
def test_features_have_words(feature, words):
    assert feature_words(feature) == words


def test_a_card_survives_the_base():
    assert from_json(as_json(CARD), "m3") == CARD


def snapshot_of(facts: LeadFacts, traits: Traits) -> dict:
    """As `leads.selectors.snapshot_of` writes it."""
    names = ("last_called_at", "last_reached_at", "problem_recorded_at", "refused_at", "created_at")
    return {
        "at": AT.isoformat(),
        "signals": [[kind, day_of(at)] for kind, at in facts.signals],
        **{name: day_of(at) if (at := getattr(facts, name)) else None for name in names},
        **{name: getattr(facts, name) for name in ("last_result", "timing", "budget", "decision_maker", "stage")},
        "call_count": traits.call_count,
        "source": traits.source,
        "lead_list": int(traits.lead_list) if traits.lead_list else None,
        "industry": traits.industry,
        "employees": traits.employees,
        "prefecture": traits.prefecture,
        "has_email": traits.has_email,
        "has_title": traits.has_title,
        "has_mobile": True,
    }
