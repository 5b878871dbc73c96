"""The list of tiers set by hand: who sees which, in what order, and giving one back."""

import datetime as dt

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from leads.models import Lead, Tier
from leads.selectors.overrides import count_overrides, overrides_for, with_rule_tiers
from leads.services.signals import add_signal
from leads.services.tiers import override_tier, retier_stale

DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock(monkeypatch, now):
    monkeypatch.setattr("config.clock.now", lambda: now)


@pytest.fixture
def by_hand(make_lead, manager, now):
    """`by_hand("…", 3)`: a lead at that company, Tier A by hand for three more days (below 0: until days ago)."""

    def make(company: str, days: int, **values) -> Lead:
        lead = make_lead(company=company, **values)
        at = min(now, now + days * DAY)
        until = (now + days * DAY).date()
        return override_tier(lead=lead, tier="A", reason=f"{company}は大型案件", until=until, by=manager, now=at)

    return make


def names(user, state, now, sort="until") -> list[str]:
    return [lead.company.name for lead in overrides_for(user, state, now, sort)]


def test_states_by_their_last_day(by_hand, make_lead, manager, now):
    for company, days in (("今日", 0), ("七日", 7), ("八日", 8), ("昨日", -1), ("三十日前", -30), ("三十一日前", -31)):
        by_hand(company, days)
    make_lead(company="自動")

    assert names(manager, "standing", now) == ["今日", "七日", "八日"]
    assert names(manager, "soon", now) == ["今日", "七日"]
    assert names(manager, "expired", now) == ["三十日前", "昨日"]
    assert count_overrides(manager, now) == {"standing": 3, "soon": 2, "expired": 2}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("until", ["う", "あ", "い"]),
        ("-until", ["い", "あ", "う"]),
        ("company", ["あ", "い", "う"]),
        ("nonsense", ["う", "あ", "い"]),
    ],
)
def test_order(by_hand, manager, now, sort, expected):
    for company, days in (("あ", 2), ("い", 3), ("う", 1)):
        by_hand(company, days)

    assert names(manager, "standing", now, sort) == expected


def test_row_says_what_the_rule_says_days_left_and_since_when(by_hand, rep, now):
    lead = by_hand("青空", 5)
    add_signal(lead=lead, kind="seminar", occurred_at=now - 40 * DAY, by=rep, now=now)

    (row,) = with_rule_tiers([Lead.objects.get()], now)

    assert (row.lead.tier, row.rule_tier, row.days_left, row.set_at) == (Tier.A, Tier.B, 5, now)


def test_page_shows_own_teams_and_gives_back_in_one_click(by_hand, client_for, manager, other_team, now):
    lead, foreign = by_hand("青空", 5), by_hand("他部", 5, team=other_team)
    client = client_for(manager)
    here = reverse("leads:overrides") + "?state=soon"

    page = client.get(here).content.decode()
    done = client.post(reverse("leads:override_clear", args=[lead.pk]), {"back": here})

    assert "青空は大型案件" in page
    assert "あと5日" in page
    assert "他部" not in page
    assert (done.status_code, done.url) == (302, here)
    lead.refresh_from_db()
    assert (lead.tier, lead.tier_override) == (Tier.C, "")
    assert AuditEntry.objects.about(lead).filter(verb="clear_override", by=manager).exists()
    assert client.post(reverse("leads:override_clear", args=[foreign.pk])).status_code == 404


def test_nobody_is_led_away_from_here(by_hand, client_for, manager):
    done = client_for(manager).post(
        reverse("leads:override_clear", args=[by_hand("青空", 5).pk]), {"back": "https://example.com/"}
    )

    assert done.url == reverse("leads:overrides")


def test_one_that_ran_out_is_shown_with_the_tier_the_rule_gave(by_hand, client_for, admin, now):
    by_hand("青空", -2)
    retier_stale(now=now)

    page = client_for(admin).get(reverse("leads:overrides"), {"state": "expired"}).content.decode()

    assert Lead.objects.get().tier == Tier.C
    assert "青空は大型案件" in page
    assert "自動判定に戻す" not in page


@pytest.mark.parametrize("state", ["", "soon", "expired", "nonsense"])
def test_empty_page_says_so(client_for, manager, state):
    page = client_for(manager).get(reverse("leads:overrides"), {"state": state})

    assert page.status_code == 200
    assert "ありません" in page.content.decode()


def test_page_is_not_there_for_those_who_may_not_override(client_for, rep, agency_rep, field_sales, by_hand):
    lead = by_hand("青空", 5)

    for person in (rep, agency_rep, field_sales):
        client = client_for(person)
        assert client.get(reverse("leads:overrides")).status_code == 404
        assert client.post(reverse("leads:override_clear", args=[lead.pk])).status_code == 404
    assert Lead.objects.get().tier_override == "A"


def test_long_list_costs_as_many_queries_as_a_short_one(by_hand, client_for, manager, django_assert_max_num_queries):
    for n in range(8):
        by_hand(f"会社{n}", n)
    client = client_for(manager)
    client.get(reverse("leads:overrides"))

    with django_assert_max_num_queries(16):
        client.get(reverse("leads:overrides"))
