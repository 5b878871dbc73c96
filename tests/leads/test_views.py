"""The pages of leads: who sees what, what a form says, what a list costs."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from config import clock
from deals.models import Deal
from leads.inputs import CompanyInput, LeadInput
from leads.models import DoNotCall, Lead, LeadList, Signal, Stage, Tier
from leads.services.blocks import block_lead, block_number
from leads.services.leads import create_lead, update_lead
from leads.services.stages import move_stage
from leads.services.tiers import override_tier

NUMBER = "+81312345678"


@pytest.fixture
def lead(make_lead, rep):
    return make_lead("03-1234-5678", owner=rep, kana="ヤマダ タロウ", email="yamada@example.jp")


@pytest.fixture
def people(rep, agency_rep, field_sales, manager, admin, stranger) -> dict[str, User]:
    return {
        "rep": rep,
        "agency_rep": agency_rep,
        "field_sales": field_sales,
        "manager": manager,
        "admin": admin,
        "stranger": stranger,
    }


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- Who sees what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("detail", {"rep", "manager", "admin"}),
        ("edit", {"rep", "manager", "admin"}),
        ("signal_add", {"rep", "manager", "admin"}),
        ("block", {"rep", "manager", "admin"}),
        ("tier", {"manager", "admin"}),
        ("owner", {"manager", "admin"}),
    ],
)
def test_page_of_a_lead_exists_for_those_who_may_and_for_nobody_else(client_for, people, lead, page, allowed):
    url = reverse(f"leads:{page}", args=[lead.pk])

    seen = {name for name, person in people.items() if client_for(person).get(url).status_code == 200}
    hidden = {name for name, person in people.items() if client_for(person).get(url).status_code == 404}

    assert seen == allowed
    assert seen | hidden == set(people)


@pytest.mark.parametrize(
    ("page", "allowed"),
    [
        ("list", {"rep", "agency_rep", "field_sales", "manager", "admin", "stranger"}),
        ("lists", {"rep", "agency_rep", "field_sales", "manager", "admin", "stranger"}),
        ("create", {"rep", "agency_rep", "manager", "admin", "stranger"}),
        ("blocks", {"rep", "agency_rep", "manager", "admin", "stranger"}),
    ],
)
def test_page_exists_for_the_roles_that_use_it(client_for, people, page, allowed):
    url = reverse(f"leads:{page}")

    assert {name for name, person in people.items() if client_for(person).get(url).status_code == 200} == allowed


@pytest.mark.parametrize("page", ["edit", "signal_add", "block", "tier", "owner"])
def test_stranger_cannot_post_to_a_lead_either(client_for, stranger, lead, page):
    answer = client_for(stranger).post(reverse(f"leads:{page}", args=[lead.pk]), {})

    assert answer.status_code == 404


def test_nobody_gets_in_without_signing_in(client, lead):
    answer = client.get(reverse("leads:detail", args=[lead.pk]))

    assert answer.status_code == 302
    assert reverse("account_login") in answer.url


def test_agency_person_sees_the_assigned_lead_and_no_other(client_for, agency_rep, make_lead):
    mine, other = make_lead("03-1234-0001", owner=agency_rep), make_lead("03-1234-0002", company="株式会社夕空")
    client = client_for(agency_rep)

    page = client.get(reverse("leads:list"))

    assert [row.pk for row in page.context["page_obj"]] == [mine.pk]
    assert client.get(reverse("leads:detail", args=[mine.pk])).status_code == 200
    assert client.get(reverse("leads:detail", args=[other.pk])).status_code == 404


def test_field_sales_read_a_lead_with_a_deal_of_theirs_and_change_nothing(client_for, field_sales, rep, lead, now):
    Deal.objects.create(
        lead=lead, owner=field_sales, team=lead.team, set_by=rep, origin="inbound", starts_at=now, appointment_at=now
    )
    client = client_for(field_sales)

    page = client.get(reverse("leads:detail", args=[lead.pk]))

    assert page.status_code == 200
    assert reverse("leads:edit", args=[lead.pk]) not in page.content.decode()
    assert client.get(reverse("leads:edit", args=[lead.pk])).status_code == 404
    assert client.get(reverse("leads:block", args=[lead.pk])).status_code == 404


# --- The list -------------------------------------------------------------------------------------------------------


def listed(client, **query) -> list[str]:
    return [row.company.name for row in client.get(reverse("leads:list"), query).context["page_obj"]]


def test_list_costs_the_same_with_one_and_with_three_rows(client_for, rep, make_lead, django_assert_num_queries):
    client, url = client_for(rep), reverse("leads:list")
    make_lead("03-1234-0001", "090-1234-0001", owner=rep)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    make_lead("03-1234-0002", "090-1234-0002", company="株式会社夕空", owner=rep)
    make_lead("03-1234-0003", "090-1234-0003", company="株式会社星空", owner=rep)

    with django_assert_num_queries(len(one)):
        assert len(listed(client)) == 3


def test_detail_costs_the_same_with_more_history(client_for, manager, lead, rep, now, django_assert_num_queries):
    client, url = client_for(manager), reverse("leads:detail", args=[lead.pk])
    Signal.objects.create(lead=lead, kind="inquiry", occurred_at=now, created_by=rep)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for hour in range(1, 4):
        Signal.objects.create(lead=lead, kind="seminar", occurred_at=now - dt.timedelta(hours=hour), created_by=rep)
    move_stage(lead=lead, to=Stage.CALLING, by=rep, now=now)

    with django_assert_num_queries(len(one)):
        client.get(url)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tier": "A"}, ["株式会社甲"]),
        ({"stage": "calling"}, ["株式会社乙"]),
        ({"prefecture": "大阪府"}, ["株式会社乙"]),
        ({"industry": "製造"}, ["株式会社甲"]),
        ({"source": "展示会"}, ["株式会社丙"]),
        ({"state": "blocked"}, ["株式会社丙"]),
        ({"state": "callable"}, ["株式会社甲"]),
        ({"state": "no_number"}, ["株式会社乙"]),
        ({"q": "5678"}, ["株式会社甲"]),
        ({"q": "甲", "tier": "C"}, []),
        ({"owner": "none"}, ["株式会社乙", "株式会社丙"]),
        ({"sort": "-company"}, ["株式会社甲", "株式会社乙", "株式会社丙"]),
        ({"sort": "company"}, ["株式会社丙", "株式会社乙", "株式会社甲"]),
        ({}, ["株式会社甲", "株式会社乙", "株式会社丙"]),
        (
            {"tier": "Z", "stage": "?", "list": "9", "sort": "x", "page": "-3"},
            ["株式会社甲", "株式会社乙", "株式会社丙"],
        ),
    ],
)
def test_filter_narrows_the_list(client_for, rep, make_lead, now, query, expected):
    first = make_lead("03-1234-5678", company="株式会社甲", industry="製造業", owner=rep)
    Lead.objects.filter(pk=first.pk).update(tier=Tier.A, temperature=50)
    second = make_lead(company="株式会社乙", prefecture="大阪府")
    move_stage(lead=second, to=Stage.CALLING, by=rep, now=now)
    make_lead("03-9999-0000", company="株式会社丙", source="展示会2026")
    block_number(e164="+81399990000", words="不要", requested_by="山田", requested_at=now, by=rep, now=now)

    assert listed(client_for(rep), **query) == expected


def test_list_is_paged_by_fifty_with_its_count(client_for, rep, team):
    for n in range(51):
        lead = LeadInput(CompanyInput(f"株式会社{n}"), name="山田")
        create_lead(data=lead, team=team, by=rep, now=dt.datetime(2026, 6, 16, 1, tzinfo=dt.UTC))
    client = client_for(rep)

    assert len(listed(client)) == 50
    assert len(listed(client, page=2)) == 1
    assert "1–50 / 51 件" in text_of(client.get(reverse("leads:list")))


def test_empty_list_invites_an_admin_to_import_and_tells_a_rep_to_wait(client_for, admin, rep):
    assert "取り込" in text_of(client_for(admin).get(reverse("leads:list")))
    assert "取り込" not in text_of(client_for(rep).get(reverse("leads:list")))


def test_search_without_a_hit_offers_to_clear(client_for, rep, lead):
    page = text_of(client_for(rep).get(reverse("leads:list"), {"q": "見つからない"}))

    assert "条件に合うリードはありません" in page
    assert "条件をクリア" in page


# --- One lead -------------------------------------------------------------------------------------------------------


def test_detail_shows_the_sum_that_adds_up(client_for, rep, lead, now):
    at = clock.now() - dt.timedelta(days=3)
    Signal.objects.create(lead=lead, kind="inquiry", occurred_at=at, created_by=rep)
    page = client_for(rep).get(reverse("leads:detail", args=[lead.pk]))

    items = page.context["temperature"].items
    assert sum(item["points"] for item in items) == page.context["temperature"].total > 0
    assert "問合せ 3日前" in text_of(page)


def test_blocked_number_is_red_and_cannot_be_clicked(client_for, rep, make_lead, now):
    lead = make_lead("03-1234-5678", "090-1234-5678")
    block_number(e164=NUMBER, words="不要", requested_by="山田", requested_at=now, by=rep, now=now)

    page = client_for(rep).get(reverse("leads:detail", args=[lead.pk])).content.decode()

    assert 'href="tel:+81312345678"' not in page
    assert 'href="tel:+819012345678"' in page
    assert '<span class="phone-big is-blocked">03-1234-5678</span>' in page


def test_blocked_lead_offers_no_number_at_all(client_for, rep, lead, now):
    block_lead(lead=lead, scope="person", words="不要", requested_by="山田", requested_at=now, by=rep, now=now)

    page = client_for(rep).get(reverse("leads:detail", args=[lead.pk])).content.decode()

    assert "tel:" not in page
    assert "架電禁止のリードです" in page


def test_text_of_a_customer_is_never_markup(client_for, rep, make_lead):
    lead = make_lead("03-1234-5678", company="<b>株式会社</b>", memo="<script>alert(1)</script>")
    Lead.objects.filter(pk=lead.pk).update(extra={"<i>": "<u>"})

    page = client_for(rep).get(reverse("leads:detail", args=[lead.pk])).content.decode()

    assert "<script>alert" not in page
    assert "<b>株式会社" not in page
    assert "<u>" not in page


# --- Writing --------------------------------------------------------------------------------------------------------


def form_of(client, url) -> dict:
    """What a browser would send back untouched."""
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def test_rep_writes_down_a_lead_and_owns_it(client_for, rep):
    url = reverse("leads:create")
    client = client_for(rep)
    values = form_of(client, url) | {
        "company_name": "株式会社夕空",
        "name": "鈴木",
        "phone_0": "０３（１２３４）５６７８",
    }

    answer = client.post(url, values)

    lead = Lead.objects.get()
    assert answer.url == reverse("leads:detail", args=[lead.pk])
    assert (lead.owner, lead.team, lead.phones.get().e164) == (rep, rep.team, NUMBER)


def test_new_lead_at_a_known_company(client_for, rep, lead):
    url = f"{reverse('leads:create')}?company={lead.company_id}"
    client = client_for(rep)

    client.post(url, form_of(client, url) | {"name": "鈴木 花子"})

    assert Lead.objects.get(name="鈴木 花子").company == lead.company


def test_company_of_a_stranger_is_not_offered(client_for, stranger, lead):
    assert client_for(stranger).get(f"{reverse('leads:create')}?company={lead.company_id}").status_code == 404


def test_possible_double_is_asked_about_first(client_for, rep, lead):
    url, client = reverse("leads:create"), client_for(rep)
    values = form_of(client, url) | {"company_name": "別会社", "name": "別人", "phone_0": "03-1234-5678"}

    asked = client.post(url, values)
    made_before = Lead.objects.count()
    answer = client.post(url, values | {"confirmed": f"{lead.pk},"})

    assert "電話番号が同じ" in text_of(asked)
    assert made_before == 1
    assert answer.status_code == 302
    assert Lead.objects.count() == 2


def test_confirming_one_double_does_not_let_another_pass(client_for, rep, lead, make_lead):
    make_lead("03-9999-0000", name="別人")
    url, client = reverse("leads:create"), client_for(rep)
    values = form_of(client, url) | {"company_name": "別会社", "name": "新人", "confirmed": f"{lead.pk},"}

    client.post(url, values | {"phone_0": "03-1234-5678", "phone_1": "03-9999-0000"})

    assert not Lead.objects.filter(name="新人").exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"company_name": ""}, "company_name"),
        ({"phone_0": "12-34"}, "phone_0"),
        ({"phone_0": "03-1234-5678 / 090-1234-5678"}, "phone_0"),
        ({"phone_0": "03-1234-5678", "phone_1": "0312345678"}, "phone_1"),
        ({"email": "あて先"}, "email"),
        ({"company_corporate_number": "1234567890123"}, "company_corporate_number"),
        ({"company_postal_code": "12"}, "company_postal_code"),
        ({"name": ""}, "__all__"),
    ],
)
def test_form_says_what_is_wrong_at_the_field(client_for, rep, change, field):
    url, client = reverse("leads:create"), client_for(rep)
    values = form_of(client, url) | {"company_name": "株式会社夕空", "name": "鈴木"} | change

    answer = client.post(url, values)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Lead.objects.exists()


def test_untouched_form_changes_nothing(client_for, rep, lead):
    url, client = reverse("leads:edit", args=[lead.pk]), client_for(rep)
    before = Lead.objects.values().get()

    client.post(url, form_of(client, url))

    assert Lead.objects.values().get() == before


def test_overtaken_form_shows_both_sides_and_loses_nothing(client_for, rep, lead, colleague, now):
    url, client = reverse("leads:edit", args=[lead.pk]), client_for(rep)
    mine = form_of(client, url) | {"title": "課長", "memo": "長いメモ"}
    theirs = LeadInput(
        CompanyInput(lead.company.name), name="山田 太郎", kana="ヤマダ タロウ", title="部長", email="yamada@example.jp"
    )
    update_lead(lead=lead, data=theirs, version=1, by=colleague, now=now)

    refused = client.post(url, mine)
    shown = refused.context["conflicts"]
    again = client.post(url, mine | {"version": refused.context["form"]["version"].value()})

    assert refused.status_code == 409
    assert ("役職", "部長", "課長") in shown
    assert "長いメモ" in refused.content.decode()
    assert again.status_code == 302
    assert Lead.objects.values_list("title", "memo").get() == ("課長", "長いメモ")


def test_saving_a_blocked_number_warns(client_for, rep, lead, now):
    block_number(e164="+81399990000", words="不要", requested_by="山田", requested_at=now, by=rep, now=now)
    url, client = reverse("leads:edit", args=[lead.pk]), client_for(rep)

    page = client.post(url, form_of(client, url) | {"phone_1": "03-9999-0000"}, follow=True)

    assert "架電禁止の番号が含まれています" in text_of(page)
    assert "架電禁止の番号です" in text_of(client.get(url))


# --- Acts -----------------------------------------------------------------------------------------------------------


def test_reaction_is_added_in_japanese_time(client_for, rep, lead):
    when = clock.now() - dt.timedelta(days=2)
    values = {"kind": "inquiry", "occurred_at": f"{when.astimezone(dt.timezone(dt.timedelta(hours=9))):%Y-%m-%dT%H:%M}"}

    client_for(rep).post(reverse("leads:signal_add", args=[lead.pk]), values | {"note": "価格について"})

    signal = Signal.objects.get()
    assert signal.occurred_at == when.replace(second=0, microsecond=0)
    assert (signal.created_by, signal.needs_follow_up) == (rep, True)


@pytest.mark.parametrize("values", [{"kind": "inquiry", "occurred_at": "2999-01-01T10:00"}, {"kind": "call_reaction"}])
def test_impossible_reaction_is_refused(client_for, rep, lead, values):
    answer = client_for(rep).post(reverse("leads:signal_add", args=[lead.pk]), values)

    assert answer.status_code == 422
    assert not Signal.objects.exists()


ASKED = {"requested_by": "山田様", "requested_at": "2026-06-01T10:00", "words": "もうかけないで"}


@pytest.mark.parametrize("scope", ["number", "company", "person"])
def test_rep_blocks_what_was_asked_for(client_for, rep, lead, scope):
    values = ASKED | {"scope": scope, "number": lead.phones.get().pk}

    client_for(rep).post(reverse("leads:block", args=[lead.pk]), values)

    block = DoNotCall.objects.get()
    lead.refresh_from_db()
    assert (block.scope, block.words, block.requested_by, block.created_by) == (scope, "もうかけないで", "山田様", rep)
    assert lead.is_blocked


@pytest.mark.parametrize("missing", ["scope", "requested_by", "requested_at", "words"])
def test_block_needs_who_when_and_words(client_for, rep, lead, missing):
    values = {"scope": "person", **ASKED}
    del values[missing]

    answer = client_for(rep).post(reverse("leads:block", args=[lead.pk]), values)

    assert answer.status_code == 422
    assert missing in answer.context["form"].errors
    assert not DoNotCall.objects.exists()


def test_number_of_another_lead_cannot_be_blocked_from_here(client_for, rep, lead, make_lead):
    other = make_lead("03-9999-0000", company="株式会社夕空")

    client_for(rep).post(
        reverse("leads:block", args=[lead.pk]), ASKED | {"scope": "number", "number": other.phones.get().pk}
    )

    assert not DoNotCall.objects.exists()


def test_only_an_admin_lifts_and_only_with_a_reason(client_for, people, lead, rep, now):
    block = block_number(e164=NUMBER, words="不要", requested_by="山田", requested_at=now, by=rep, now=now, lead=lead)
    url = reverse("leads:block_lift", args=[block.pk])

    refused = {
        name: client_for(person).post(url, {"reason": "x"}).status_code
        for name, person in people.items()
        if name != "admin"
    }
    empty = client_for(people["admin"]).post(url, {"reason": " "}).status_code
    standing = DoNotCall.objects.standing().count()
    client_for(people["admin"]).post(url, {"reason": "ご本人から連絡"})

    assert set(refused.values()) == {404}
    assert (empty, standing) == (422, 1)
    assert not DoNotCall.objects.standing().exists()


def test_list_of_blocks_shows_standing_or_lifted(client_for, rep, admin, lead, now):
    block_number(e164=NUMBER, words="不要です", requested_by="山田", requested_at=now, by=rep, now=now, lead=lead)
    client, url = client_for(rep), reverse("leads:blocks")

    assert "不要です" in text_of(client.get(url))
    assert "不要です" not in text_of(client.get(url, {"state": "lifted"}))
    assert "不要です" not in text_of(client.get(url, {"q": "03-9999-0000"}))
    assert "解除" in client_for(admin).get(url).content.decode()


def test_manager_sets_a_tier_and_gives_it_back(client_for, manager, lead):
    client, url = client_for(manager), reverse("leads:tier", args=[lead.pk])
    client.post(url, {"tier": "A", "reason": "大型案件の見込み", "until": "2999-01-01"})
    lead.refresh_from_db()
    set_by_hand = lead.tier
    page = text_of(client.get(reverse("leads:detail", args=[lead.pk])))

    client.post(url, {"clear": "1"})

    lead.refresh_from_db()
    assert (set_by_hand, lead.tier) == (Tier.A, Tier.C)
    assert "大型案件の見込み" in page
    assert "自動判定では Tier C" in page


def test_expired_override_is_not_shown_as_standing(client_for, manager, lead, now):
    override_tier(lead=lead, tier="A", reason="見込み", until=dt.date(2026, 6, 16), by=manager, now=now)
    Lead.objects.filter(pk=lead.pk).update(tier_override_until=dt.date(2020, 1, 1))

    page = client_for(manager).get(reverse("leads:detail", args=[lead.pk]))

    assert not page.context["override_stands"]


def test_manager_gives_the_lead_to_a_colleague(client_for, manager, lead, colleague):
    client_for(manager).post(reverse("leads:owner", args=[lead.pk]), {"owner": colleague.pk})

    lead.refresh_from_db()
    assert lead.owner == colleague


def test_manager_cannot_give_it_to_a_team_of_somebody_else(client_for, manager, lead, stranger, rep):
    answer = client_for(manager).post(reverse("leads:owner", args=[lead.pk]), {"owner": stranger.pk})

    lead.refresh_from_db()
    assert answer.status_code == 422
    assert lead.owner == rep


# --- Lists ----------------------------------------------------------------------------------------------------------


def test_lists_count_what_the_user_may_see(client_for, admin, rep, agency_rep, stranger, team, make_lead, now):
    book = LeadList.objects.create(name="展示会2026", team=team)
    for n, owner in enumerate((rep, agency_rep, None)):
        make_lead(f"03-1234-000{n}", owner=owner, lead_list=book)
    Lead.objects.filter(owner=rep).update(tier=Tier.A)
    block_number(e164="+81312340002", words="不要", requested_by="山田", requested_at=now, by=rep, now=now)

    def counts(person):
        rows = client_for(person).get(reverse("leads:lists")).context["page_obj"]
        return [tuple(row.counts[name] for name in ("all", "a", "c", "callable", "blocked")) for row in rows]

    assert counts(admin) == counts(rep) == [(3, 1, 2, 2, 1)]
    assert counts(agency_rep) == [(1, 0, 1, 1, 0)]
    assert counts(stranger) == []


def test_list_opens_exactly_its_leads(client_for, rep, team, make_lead):
    book = LeadList.objects.create(name="展示会2026", team=team)
    make_lead("03-1234-0001", lead_list=book)
    make_lead("03-1234-0002", company="株式会社夕空")

    assert listed(client_for(rep), list=book.pk) == ["株式会社青空"]


@pytest.mark.parametrize("role", [Role.REP, Role.MANAGER, Role.ADMIN])
def test_every_page_speaks_english_too(client_for, people, lead, role):
    person = people[role.value]
    User.objects.filter(pk=person.pk).update(language="en")

    assert client_for(person).get(reverse("leads:detail", args=[lead.pk])).status_code == 200


def test_lists_cost_the_same_with_one_and_with_three(client_for, rep, team, make_lead, django_assert_num_queries):
    client, url = client_for(rep), reverse("leads:lists")
    make_lead("03-1234-0001", lead_list=LeadList.objects.create(name="一", team=team))
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for n in range(2, 4):
        make_lead(f"03-1234-000{n}", lead_list=LeadList.objects.create(name=str(n), team=team))

    with django_assert_num_queries(len(one)):
        assert len(client.get(url).context["page_obj"].object_list) == 3


def test_blocks_cost_the_same_with_one_and_with_three(client_for, rep, make_lead, now, django_assert_num_queries):
    client, url = client_for(rep), reverse("leads:blocks")
    asked = {"words": "不要", "requested_by": "山田", "requested_at": now, "by": rep, "now": now}
    block_lead(lead=make_lead("03-1234-0001"), scope="person", **asked)
    client.get(url)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for n in range(2, 4):
        lead = make_lead(f"03-1234-000{n}", company=f"株式会社{n}")
        block_number(e164=f"+8131234000{n}", lead=lead, **asked)

    with django_assert_num_queries(len(one)):
        assert len(client.get(url).context["page_obj"].object_list) == 3


@pytest.mark.parametrize(
    ("number", "words"),
    [("03-1234-5678", "固定電話"), ("0120-123-456", "フリーダイヤル"), ("0570-123-456", "ナビダイヤル")],
)
def test_detail_says_what_sort_of_number_it_is(client_for, rep, make_lead, number, words):
    lead = make_lead(number)

    assert words in text_of(client_for(rep).get(reverse("leads:detail", args=[lead.pk])))
