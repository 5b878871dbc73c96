"""The pages of the tier rules: who may open them, what a form answers, and the road from a change to its saving."""

import copy
import datetime as dt

import pytest
from django.urls import reverse

from leads.models import Lead, LeadList, Signal, TierRuleVersion, TierSimulation
from leads.selectors.tier_rules import RuleScope
from leads.services.tier_rules import save_rules
from leads.services.tier_simulations import start_simulation
from leads.services.tiers import retier_stale
from leads.tier_rules import as_json
from leads.tiering import DEFAULT_RULES
from tests.leads.test_tier_rule_changes import posted

pytestmark = pytest.mark.django_db
DEFAULTS = as_json(DEFAULT_RULES)
STRICT = {**copy.deepcopy(DEFAULTS), "a": [[{"fact": "signal", "days": 7}]]}


@pytest.fixture(autouse=True)
def _fixed_clock(now, monkeypatch):
    monkeypatch.setattr("config.clock.now", lambda: now)


@pytest.fixture
def hot_lead(make_lead, now) -> Lead:
    """An A by its seminar of ten days ago."""
    lead = make_lead("03-1234-5678", company="株式会社茜")
    Signal.objects.create(lead=lead, kind="seminar", occurred_at=now - dt.timedelta(days=10))
    Lead.objects.update(tiered_at=None)
    retier_stale(now=now)
    return Lead.objects.get(pk=lead.pk)


@pytest.fixture
def pages(admin, now, team) -> dict[str, str]:
    """One address of each page."""
    version = save_rules(rules=STRICT, note="厳しく", base=None, by=admin, now=now)
    made = start_simulation(rules=DEFAULTS, base=version.pk, by=admin, now=now, scope=RuleScope())
    return {
        "rules": reverse("leads:tiers"),
        "version": reverse("leads:tier_version", args=[version.pk]),
        "edit": reverse("leads:tier_edit"),
        "variation": reverse("leads:tier_variation") + "?source=Web",
        "simulation": reverse("leads:tier_simulation", args=[made.pk]),
        "progress": reverse("leads:tier_simulation_progress", args=[made.pk]),
    }


# --- Who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "readable"),
    [
        ("rep", set()),
        ("agency_rep", set()),
        ("field_sales", set()),
        ("manager", {"rules", "version"}),
        ("admin", {"rules", "version", "edit", "variation", "simulation", "progress"}),
    ],
)
def test_pages_by_role(request, client_for, pages, role, readable):
    client = client_for(request.getfixturevalue(role))

    found = {name for name, url in pages.items() if client.get(url).status_code in (200, 302)}

    assert found == readable


@pytest.mark.parametrize("name", ["tier_edit", "tier_give_up"])
def test_manager_reads_but_changes_nothing(client_for, manager, pages, name):
    assert client_for(manager).post(reverse(f"leads:{name}"), posted(STRICT)).status_code == 404
    page = client_for(manager).get(pages["rules"]).content.decode()
    assert reverse("leads:tier_edit") not in page
    assert reverse("leads:tier_give_up") not in page


@pytest.mark.parametrize("name", ["tier_simulation_save", "tier_simulation_again"])
def test_manager_saves_nothing(client_for, manager, pages, name):
    made = TierSimulation.objects.get()

    assert client_for(manager).post(reverse(f"leads:{name}", args=[made.pk]), {"note": "x"}).status_code == 404


@pytest.mark.parametrize(("role", "shown"), [("rep", False), ("manager", True), ("admin", True)])
def test_persons_menu_offers_the_rules_to_those_who_may_read_them(request, client_for, role, shown):
    page = client_for(request.getfixturevalue(role)).get("/profile/").content.decode()

    assert (reverse("leads:tiers") in page) is shown


# --- Read -----------------------------------------------------------------------------------------------------------


def test_defaults_are_read_as_sentences(client_for, manager):
    page = client_for(manager).get(reverse("leads:tiers")).content.decode()

    assert "資料請求・問合せが90日以内にある（お断りより前の反応を除く）" in page
    assert "まだ変更されていません" in page


def test_history_says_who_why_and_what(client_for, admin, now):
    save_rules(rules={**DEFAULTS, "silence_days": 60}, note="沈黙を早く見つける", base=None, by=admin, now=now)

    page = client_for(admin).get(reverse("leads:tiers")).content.decode()

    assert "沈黙を早く見つける" in page
    assert "90 → 60" in page
    assert admin.name in page


def test_history_of_many_changes_has_pages(client_for, admin, now):
    base = None
    for days in range(100, 112):
        base = save_rules(rules={**DEFAULTS, "silence_days": days}, note=f"{days}日", base=base, by=admin, now=now).pk

    first = client_for(admin).get(reverse("leads:tiers")).content.decode()
    second = client_for(admin).get(reverse("leads:tiers") + "?page=2").content.decode()

    assert "111日" in first
    assert "101 → 102" in first
    assert "90 → 100" not in first
    assert "90 → 100" in second


def test_unknown_scope_is_not_there(client_for, admin):
    assert client_for(admin).get(reverse("leads:tiers") + "?list=999").status_code == 404
    assert client_for(admin).get(reverse("leads:tiers") + "?list=x").status_code == 404


def test_lead_page_leads_to_the_rules_that_decided_it(client_for, manager, rep, admin, hot_lead, now):
    made = save_rules(rules=STRICT, note="厳しく", base=None, by=admin, now=now)
    url = reverse("leads:detail", args=[hot_lead.pk])

    assert reverse("leads:tier_version", args=[made.pk]) in client_for(manager).get(url).content.decode()
    assert reverse("leads:tier_version", args=[made.pk]) not in client_for(rep).get(url).content.decode()


# --- Edited ---------------------------------------------------------------------------------------------------------


def test_group_is_added_without_saving_anything(client_for, admin):
    answer = client_for(admin).post(reverse("leads:tier_edit"), {**posted(DEFAULTS).dict(), "do": "add:b", "base": ""})

    assert answer.status_code == 200
    assert 'name="b.5.0.fact"' in answer.content.decode()
    assert not TierSimulation.objects.exists()


def test_wrong_number_stays_as_it_was_typed_with_its_reason(client_for, admin):
    data = posted(DEFAULTS)
    data["half_life_days.inquiry"] = "-3"
    data["a.0.0.days"] = "一か月"

    answer = client_for(admin).post(reverse("leads:tier_edit"), data)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="half_life_days.inquiry_errors"' in page
    assert 'id="a.0.0.days_errors"' in page
    assert 'value="一か月"' in page
    assert "1〜3650の範囲で入力してください。" in page


def test_form_starts_from_an_old_version_a_simulation_or_the_defaults(client_for, admin, now):
    old = save_rules(rules={**DEFAULTS, "silence_days": 61}, note="前", base=None, by=admin, now=now)
    save_rules(rules={**DEFAULTS, "silence_days": 62}, note="今", base=old.pk, by=admin, now=now)
    tried = start_simulation(rules={**DEFAULTS, "silence_days": 63}, base=old.pk, by=admin, now=now, scope=RuleScope())

    def starts_with(query: str) -> int:
        answer = client_for(admin).get(reverse("leads:tier_edit") + query)
        return answer.context["form"].rules["silence_days"]

    assert starts_with("") == 62
    assert starts_with(f"?version={old.pk}") == 61
    assert starts_with(f"?simulation={tried.pk}") == 63
    assert starts_with("?defaults=1") == 90


# --- From a change to its saving ------------------------------------------------------------------------------------


def simulate(client, rules: dict, query: str = "", base: str = "") -> str:
    answer = client.post(reverse("leads:tier_edit") + query, {**posted_lists(rules), "base": base})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def posted_lists(rules: dict) -> dict:
    return {name: values if len(values) > 1 else values[0] for name, values in posted(rules).lists() if values}


def test_change_is_tried_out_then_saved_and_leads_are_decided_anew(
    client_for, admin, hot_lead, django_capture_on_commit_callbacks
):
    client = client_for(admin)

    url = simulate(client, STRICT)
    page = client.get(url).content.decode()
    assert "1件のうち1件のTierが変わります" in page
    assert "株式会社茜" in page
    assert not TierRuleVersion.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url + "save/", {"note": "7日以内に絞る"})

    assert (answer.status_code, answer.url) == (302, reverse("leads:tiers"))
    hot_lead.refresh_from_db()
    assert (hot_lead.tier, hot_lead.tier_rule_version) == ("B", TierRuleVersion.objects.get().label)
    assert "この内容はすでに有効です" in client.get(url).content.decode()


def test_saving_needs_a_reason(client_for, admin, hot_lead):
    client = client_for(admin)
    url = simulate(client, STRICT)

    answer = client.post(url + "save/", {"note": " "})

    assert answer.status_code == 422
    assert "note_errors" in answer.content.decode()
    assert not TierRuleVersion.objects.exists()


def test_later_of_two_admins_sees_both_changes_and_may_go_on(client_for, admin, hot_lead, now):
    client = client_for(admin)
    url = simulate(client, STRICT)
    save_rules(rules={**DEFAULTS, "silence_days": 45}, note="先の変更", base=None, by=admin, now=now)

    answer = client.post(url + "save/", {"note": "後の変更"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "先の変更" in page
    assert "90 → 45" in page
    assert "いずれかの反応が7日以内にある" in page
    again = client.post(url + "again/")
    assert client.post(again.url + "save/", {"note": "後の変更"}).status_code == 302
    assert TierRuleVersion.objects.get(is_current=True).note == "後の変更"


def test_list_gets_rules_of_its_own_and_gives_them_up(client_for, admin, team, hot_lead):
    lead_list = LeadList.objects.create(name="展示会2026", team=team)
    Lead.objects.update(lead_list=lead_list)
    client, query = client_for(admin), f"?list={lead_list.pk}"

    assert client.get(reverse("leads:tier_variation") + query).url == reverse("leads:tier_edit") + query
    url = simulate(client, STRICT, query)
    client.post(url + "save/", {"note": "展示会は厳しく"})
    made = TierRuleVersion.objects.get()
    assert made.lead_list == lead_list
    assert "展示会2026" in client.get(reverse("leads:tiers")).content.decode()

    gone = client.post(reverse("leads:tier_give_up"), {"list": lead_list.pk})
    client.post(gone.url + "save/", {"note": "共通に戻す"})

    made.refresh_from_db()
    assert (made.is_current, made.end_note) == (False, "共通に戻す")
    page = client.get(reverse("leads:tiers") + query).content.decode()
    assert "独自のルールはありません" in page
    assert "共通に戻す" in page


def test_common_rules_go_back_to_the_defaults(client_for, admin, hot_lead, now):
    made = save_rules(rules=STRICT, note="厳しく", base=None, by=admin, now=now)
    client = client_for(admin)

    tried = client.post(reverse("leads:tier_give_up"))
    client.post(tried.url + "save/", {"note": "既定に戻す"})

    made.refresh_from_db()
    assert made.end_note == "既定に戻す"
    assert not TierRuleVersion.objects.filter(is_current=True).exists()


@pytest.mark.parametrize("query", ["?source=", "?list=", "?list=999"])
def test_variation_of_nothing_says_so_at_its_field(client_for, admin, query):
    answer = client_for(admin).get(reverse("leads:tier_variation") + query)

    assert answer.status_code == 422
    assert "_errors" in answer.content.decode()


def test_give_up_of_nothing_says_so(client_for, admin):
    answer = client_for(admin).post(reverse("leads:tier_give_up"), follow=True)

    assert "独自のルールはありません" in answer.content.decode()


def test_big_base_is_left_to_a_worker_with_a_bar(
    client_for, admin, hot_lead, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr("leads.views.tier_rules.INLINE", 0)
    client = client_for(admin)

    with django_capture_on_commit_callbacks() as waiting:
        url = simulate(client, STRICT)

    page = client.get(url).content.decode()
    assert 'hx-get="' + url + 'progress/"' in page
    assert 'max="1" value="0"' in client.get(url + "progress/").content.decode()
    assert client.post(url + "save/", {"note": "早すぎる"}).url == url
    for callback in waiting:
        callback()
    assert client.get(url + "progress/")["HX-Redirect"] == url
    assert "1件のうち1件" in client.get(url).content.decode()


def test_everybody_in_a_and_nobody_in_a_are_warned_of(client_for, admin, hot_lead):
    client = client_for(admin)

    all_in = client.get(simulate(client, {**DEFAULTS, "a": [[{"fact": "quiet", "days": 1}]]})).content.decode()
    none_in = client.get(simulate(client, STRICT)).content.decode()

    assert "半分以上のリードがTier Aになります" in all_in
    assert "Tier Aのリードが1件もなくなります" in none_in


def test_failed_simulation_can_be_tried_again(client_for, admin, hot_lead):
    client = client_for(admin)
    url = simulate(client, STRICT)
    TierSimulation.objects.update(status="failed")

    assert url + "again/" in client.get(url).content.decode()
