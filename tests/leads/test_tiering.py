"""The tiers of product §2, line by line, and what must hold of every temperature."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.tiering import ALL_REACTIONS, DEFAULT_RULES, TOKYO, LeadFacts, tier_for

NOW = dt.datetime(2026, 6, 16, 10, 0, tzinfo=TOKYO)


def days(count: float) -> dt.datetime:
    return NOW - dt.timedelta(days=count)


def signal(kind: str, ago: float) -> tuple:
    return ((kind, days(ago)),)


@pytest.mark.parametrize(
    ("facts", "tier", "codes"),
    [
        # A: a reaction within 30 days
        ({"signals": signal("seminar", 30)}, "A", ["signal"]),
        ({"signals": signal("seminar", 30.5)}, "B", ["signal"]),
        ({"signals": signal("business_card", 1)}, "A", ["signal"]),
        ({"signals": signal("call_reaction", 29)}, "A", ["signal"]),
        # A: documents requested or an inquiry within 90 days
        ({"signals": signal("document_request", 90)}, "A", ["signal"]),
        ({"signals": signal("document_request", 90.5)}, "B", ["signal"]),
        ({"signals": signal("inquiry", 89)}, "A", ["signal"]),
        ({"signals": signal("reply", 89)}, "B", ["signal"]),
        # A: a problem was recorded and nothing since says no
        ({"problem_recorded_at": days(300)}, "A", ["problem"]),
        ({"problem_recorded_at": days(300), "refused_at": days(200), "stage": "refused"}, "C", ["refused"]),
        ({"problem_recorded_at": days(100), "refused_at": days(200), "stage": "nurturing"}, "A", ["problem"]),
        ({"problem_recorded_at": days(40), "last_reached_at": days(5), "stage": "lost"}, "B", ["contact"]),
        # a refusal overtakes older reactions, a newer reaction overtakes the refusal
        ({"signals": signal("inquiry", 10), "refused_at": days(5), "stage": "refused"}, "C", ["refused"]),
        ({"signals": signal("inquiry", 3), "refused_at": days(5), "stage": "follow_up"}, "A", ["signal"]),
        # B: contact in the past but none of A's
        ({"last_reached_at": days(120)}, "B", ["contact"]),
        ({"stage": "nurturing", "last_reached_at": days(50)}, "B", ["considering", "contact"]),
        ({"timing": "within_1_year"}, "B", ["timing"]),
        ({"budget": "undecided"}, "B", ["budget"]),
        # C: everything else
        ({}, "C", ["no_contact"]),
        ({"created_at": days(91)}, "C", ["silent"]),
        ({"created_at": days(89)}, "C", ["no_contact"]),
        ({"last_called_at": days(2)}, "C", ["no_reaction"]),
        # a signal from the future is not one yet
        ({"signals": signal("inquiry", -1)}, "C", ["no_contact"]),
    ],
)
def test_tier_is_the_rule_with_its_reasons(facts, tier, codes):
    decision = tier_for(LeadFacts(**facts), DEFAULT_RULES, NOW)

    assert (decision.tier, [reason["code"] for reason in decision.reasons]) == (tier, codes)


def test_reason_keeps_the_japanese_day_not_the_age():
    late = dt.datetime(2026, 6, 15, 23, 30, tzinfo=TOKYO).astimezone(dt.UTC)

    decision = tier_for(LeadFacts(signals=(("inquiry", late),)), DEFAULT_RULES, NOW)

    assert decision.reasons == ({"code": "signal", "kind": "inquiry", "on": "2026-06-15"},)


@pytest.mark.parametrize(
    ("facts", "points"),
    [
        ({"signals": signal("inquiry", 0)}, {"signal": 40}),
        ({"signals": signal("inquiry", 21)}, {"signal": 20}),
        ({"signals": signal("inquiry", 42)}, {"signal": 10}),
        ({"signals": signal("document_request", 0), "timing": "within_1_month"}, {"signal": 30, "timing": 20}),
        ({"budget": "secured", "decision_maker": "self"}, {"budget": 15, "decision_maker": 8}),
        ({"problem_recorded_at": days(3), "last_reached_at": days(3)}, {"problem": 10}),
        ({"signals": signal("inquiry", 100)}, {"signal": 1, "silence": -10, "limit": 9}),
        ({"signals": signal("inquiry", 2), "refused_at": days(1)}, {"signal": 37, "refusal": -40, "limit": 3}),
        ({"signals": signal("inquiry", 1), "refused_at": days(2)}, {"signal": 39}),
    ],
)
def test_temperature_names_each_item(facts, points):
    decision = tier_for(LeadFacts(**facts), DEFAULT_RULES, NOW)

    assert {item["code"]: item["points"] for item in decision.items} == points


def maybe(strategy):
    return st.none() | strategy


moments = st.integers(0, 60 * 24 * 500).map(lambda minutes: NOW - dt.timedelta(minutes=minutes))
facts_of_a_lead = st.builds(
    LeadFacts,
    signals=st.lists(st.tuples(st.sampled_from(ALL_REACTIONS), moments), max_size=8).map(tuple),
    last_called_at=maybe(moments),
    last_reached_at=maybe(moments),
    problem_recorded_at=maybe(moments),
    refused_at=maybe(moments),
    timing=st.sampled_from(["", "within_1_month", "within_3_months", "within_6_months", "within_1_year", "undecided"]),
    budget=st.sampled_from(["", "secured", "applying", "undecided", "none"]),
    decision_maker=st.sampled_from(["", "self", "executive"]),
    stage=st.sampled_from(["new", "calling", "follow_up", "nurturing", "refused", "lost", "won", "blocked"]),
    created_at=maybe(moments),
)


@given(facts_of_a_lead)
def test_items_always_add_up_to_the_temperature(facts):
    decision = tier_for(facts, DEFAULT_RULES, NOW)

    assert sum(item["points"] for item in decision.items) == decision.temperature
    assert 0 <= decision.temperature <= 100


@given(facts_of_a_lead, st.integers(0, 400), st.integers(0, 400))
def test_without_news_a_lead_never_grows_hotter(facts, first, more):
    sooner = tier_for(facts, DEFAULT_RULES, NOW + dt.timedelta(days=first))
    later = tier_for(facts, DEFAULT_RULES, NOW + dt.timedelta(days=first + more))

    assert later.temperature <= sooner.temperature
    assert later.tier >= sooner.tier


@given(facts_of_a_lead, st.sampled_from(ALL_REACTIONS))
def test_a_reaction_now_makes_an_a_and_no_colder(facts, kind):
    before = tier_for(facts, DEFAULT_RULES, NOW)
    later = NOW + dt.timedelta(minutes=1)

    after = tier_for(LeadFacts(**{**vars(facts), "signals": (*facts.signals, (kind, later))}), DEFAULT_RULES, later)

    assert after.tier == "A"
    assert after.temperature >= before.temperature


@given(facts_of_a_lead)
def test_every_tier_has_a_reason(facts):
    assert tier_for(facts, DEFAULT_RULES, NOW).reasons


@given(facts_of_a_lead, st.integers(0, 14 * 60 - 1), st.integers(0, 500))
def test_without_news_a_decision_holds_until_midnight(facts, minutes, days_later):
    morning = NOW + dt.timedelta(days=days_later)
    later = morning + dt.timedelta(minutes=minutes)

    assert tier_for(facts, DEFAULT_RULES, later) == tier_for(facts, DEFAULT_RULES, morning)
