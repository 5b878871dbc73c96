"""Reasons beside every badge, and on the lead page what would make an A and whose rules decided."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import translation

from leads.models import Lead, LeadList
from leads.reasons import score_words, way_words
from leads.selectors import why_of
from leads.services.blocks import block_lead
from leads.services.signals import add_signal
from leads.services.tiers import retier_stale
from leads.templatetags.leads_ui import tier_badge, tier_why
from leads.tier_rules import CHOICES
from leads.tiering import FACTS, Condition
from tests.calls.factories import call
from tests.leads.rule_versions import set_rules


@pytest.fixture(autouse=True)
def _clock(monkeypatch, now):
    monkeypatch.setattr("config.clock.now", lambda: now)


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ([Condition("signal", days=30, standing=True)], "30日以内に反応があれば"),
        ([Condition("signal", ("document_request", "inquiry"), 90)], "90日以内に資料請求・問合せがあれば"),
        ([Condition("signal", ("seminar",))], "セミナー参加があれば"),
        ([Condition("signal")], "反応があれば"),
        ([Condition("problem")], "課題を聞き取れば"),
        ([Condition("result", ("reaction", "hearing_done"), 7)], "次の架電の結果が「反応あり・ヒアリング済」なら"),
        ([Condition("result")], "架電の結果を登録すれば"),
        ([Condition("contact", days=3)], "担当者と話せれば"),
        ([Condition("quiet", days=14)], "最終架電から14日を過ぎれば"),
        ([Condition("stage", ("nurturing", "follow_up"))], "状態が「継続検討・二次架電対象」になれば"),
        ([Condition("timing")], "検討時期を聞き取れば"),
        ([Condition("timing", ("within_1_month",))], "検討時期が1か月以内なら"),
        ([Condition("budget")], "予算感を聞き取れば"),
        ([Condition("decision_maker")], "意思決定者を聞き取れば"),
        ([Condition("decision_maker", ("self", "executive"))], "意思決定者が本人・役員なら"),
        ([Condition("budget", ("secured",)), Condition("problem")], "予算が確保済なら、さらに課題を聞き取れば"),
    ],
)
def test_way_is_a_sentence(missing, words):
    assert way_words(missing) == words


@pytest.mark.parametrize("fact", FACTS)
def test_every_condition_has_words_with_and_without_values(fact):
    assert way_words([Condition(fact, CHOICES.get(fact, ()), days=3)])
    assert way_words([Condition(fact, days=None if fact != "quiet" else 3)])


def test_score_that_makes_an_a():
    assert score_words(80) == "温度感が80以上になれば"


# --- What the selector finds ----------------------------------------------------------------------------------------


def test_ways_are_at_most_three_each_once_and_the_shortest_first(make_lead, now):
    groups = (
        (Condition("budget", ("secured",)), Condition("problem")),
        (Condition("problem"),),
        (Condition("problem"), Condition("quiet", days=3)),  # the second holds: nobody called yet
        (Condition("decision_maker"),),
        (Condition("timing"), Condition("contact")),
    )
    set_rules(now, a=groups)

    why = why_of(make_lead(), now)

    assert why.ways == (
        (Condition("problem"),),
        (Condition("decision_maker"),),
        (Condition("budget", ("secured",)), Condition("problem")),
    )


def test_an_a_has_no_ways(make_lead, rep, now):
    lead = make_lead()
    add_signal(lead=lead, kind="inquiry", occurred_at=now, by=rep, now=now)

    why = why_of(Lead.objects.get(), now)

    assert (why.decision.tier, why.ways, why.score_for_a) == ("A", (), None)


def test_block_and_refusal_stand_in_the_way(make_lead, rep, now):
    blocked, refused = make_lead("03-1234-0001"), make_lead("03-1234-0002")
    asked = {"words": "不要", "requested_by": "ご本人", "requested_at": now}
    block_lead(lead=blocked, scope="person", by=rep, now=now, **asked)
    call(refused, rep, now, "refused")

    assert why_of(Lead.objects.get(pk=blocked.pk), now).obstacle == "blocked"
    assert why_of(Lead.objects.get(pk=refused.pk), now).obstacle == "refused"


# --- Pages ----------------------------------------------------------------------------------------------------------


def test_badge_says_its_reasons_to_pointer_touch_and_reader(make_lead, rep, now):
    lead = make_lead()
    add_signal(lead=lead, kind="document_request", occurred_at=now - dt.timedelta(days=3), by=rep, now=now)
    lead.refresh_from_db()

    assert tier_badge(lead) == {"tier": "A", "reasons": ["資料請求 3日前"], "size": ""}
    assert tier_why(lead) == {"reasons": ["資料請求 3日前"]}
    with translation.override("en"):
        assert tier_badge(lead)["reasons"] == ["Document request 3 days ago"]


@pytest.mark.parametrize("page", ["leads:list", "calls:queue", "leads:detail", "calls:card"])
def test_reasons_stand_at_the_badge(make_lead, rep, client_for, now, page):
    lead = make_lead("03-1234-5678", owner=rep)
    add_signal(lead=lead, kind="seminar", occurred_at=now - dt.timedelta(days=3), by=rep, now=now)
    args = [lead.pk] if page in ("leads:detail", "calls:card") else []
    client = client_for(rep)

    html = client.get(reverse(page, args=args)).content.decode()

    assert 'title="Tier A: セミナー参加 3日前"' in html
    assert '<span class="visually-hidden">: セミナー参加 3日前</span>' in html


def test_lead_page_says_how_it_becomes_an_a(make_lead, client_for, rep):
    lead = make_lead()

    html = client_for(rep).get(reverse("leads:detail", args=[lead.pk])).content.decode()

    assert "Aになるには" in html
    assert "<li>30日以内に反応があれば</li>" in html
    assert "標準のルール" in html


def test_lead_page_of_an_a_does_not(make_lead, client_for, rep, now):
    lead = make_lead()
    add_signal(lead=lead, kind="inquiry", occurred_at=now, by=rep, now=now)

    assert "Aになるには" not in client_for(rep).get(reverse("leads:detail", args=[lead.pk])).content.decode()


def test_lead_page_names_the_rules_and_leads_managers_there(make_lead, team, client_for, rep, manager, now):
    lead_list = LeadList.objects.create(name="展示会", team=team)
    lead = make_lead(lead_list=lead_list)
    version = set_rules(now, lead_list=lead_list, a=((Condition("problem"),),))
    retier_stale(now=now)
    here = reverse("leads:detail", args=[lead.pk])

    html = client_for(manager).get(here).content.decode()

    assert "リスト「展示会」のルール（6/16(火)から）" in html
    assert reverse("leads:tier_version", args=[version.pk]) in html
    assert reverse("leads:tier_version", args=[version.pk]) not in client_for(rep).get(here).content.decode()
