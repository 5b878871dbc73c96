"""Possible duplicates: who is held beside whom, found in few queries, offered once, decided once."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from leads import tasks
from leads.importing.keys import (
    MOST_NAMESAKES,
    KnownCompany,
    KnownLead,
    companies_alike,
    company_hints,
    lead_hints,
    names_alike,
    pairs_among,
    shared_by_companies,
    shared_by_leads,
)
from leads.models import Company, CompanyDouble, Lead, LeadDouble, LeadImport, LeadList
from leads.services.doubles import (
    find_company_doubles,
    find_company_doubles_behind,
    find_doubles,
    find_doubles_behind,
    keep_apart,
    offer_again,
    record_doubles,
)
from leads.services.merging_leads import merge_leads
from leads.services.unmerging import undo_merge

TOKYO = {"prefecture": "東京都", "address": "千代田区丸の内1-1"}
HERE = KnownCompany("山田商店", **TOKYO)
MAIN, CELL = frozenset({"+81312345678"}), frozenset({"+819012345678"})


# --- The rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("田中 太郎", "田中太郎様", "person"),
        ("田中", "田中 太郎", "person_part"),
        ("田中様", "田中太郎", "person_part"),
        ("林", "林 花子", "person_part"),
        ("林", "林田 花子", ""),
        ("林", "林田花子", ""),
        ("田中 太郎", "田中 一郎", ""),
        ("田中 太", "田中 太郎", ""),
        ("", "田中", "one_nameless"),
        ("", "", "both_nameless"),
        ("髙橋 一", "高橋一", "person"),
    ],
)
def test_names_are_one_anothers_part(one, other, alike):
    assert names_alike(one, other) == names_alike(other, one) == alike


@pytest.mark.parametrize(
    ("one", "other", "shares"),
    [
        # the same personal address or mobile number, whatever the names
        (KnownLead(name="田中", email="t@a.jp"), KnownLead(name="佐藤", email="t@a.jp"), ("email",)),
        (KnownLead(name="田中", numbers=CELL), KnownLead(name="佐藤", numbers=CELL), ("phone",)),
        # a shared box or a switchboard needs a like name
        (KnownLead(name="田中", email="info@a.jp"), KnownLead(name="佐藤", email="info@a.jp"), ()),
        (
            KnownLead(name="田中", email="info@a.jp"),
            KnownLead(name="田中 太郎", email="info@a.jp"),
            ("email", "person_part"),
        ),
        (KnownLead(HERE, "田中", numbers=MAIN), KnownLead(HERE, "佐藤", numbers=MAIN), ()),
        (
            KnownLead(HERE, "田中", numbers=MAIN),
            KnownLead(HERE, "田中 太郎", numbers=MAIN),
            ("phone", "company", "person_part", "place"),
        ),
        (KnownLead(HERE, "田中", numbers=MAIN), KnownLead(HERE, numbers=MAIN), ("phone", "company", "place")),
        (KnownLead(HERE, "田中", numbers=MAIN), KnownLead(KnownCompany("別"), numbers=MAIN), ()),
        (
            KnownLead(HERE, "田中", department="営業部", numbers=MAIN),
            KnownLead(HERE, department="総務部", numbers=MAIN),
            (),
        ),
        # the company and a part of the name
        (KnownLead(HERE, "田中"), KnownLead(HERE, "田中 太郎"), ("company", "person_part", "place")),
        (KnownLead(HERE, "田中 一郎"), KnownLead(HERE, "田中 太郎"), ()),
        (KnownLead(HERE, "田中"), KnownLead(HERE), ()),
        # like companies: the whole name, and the same city
        (
            KnownLead(HERE, "田中 太郎"),
            KnownLead(KnownCompany("山田商店東京", **TOKYO), "田中太郎"),
            ("company_part", "person", "place"),
        ),
        (KnownLead(HERE, "田中"), KnownLead(KnownCompany("山田商店東京", **TOKYO), "田中 太郎"), ()),
        (KnownLead(HERE, "田中 太郎"), KnownLead(KnownCompany("山田商店東京"), "田中 太郎"), ()),
        # desks
        (KnownLead(HERE, numbers=MAIN), KnownLead(HERE, numbers=MAIN), ("phone", "company", "place")),
        (KnownLead(HERE, office="札幌"), KnownLead(HERE, office="函館"), ()),
        (KnownLead(KnownCompany("山田商店")), KnownLead(KnownCompany("山田商店")), ()),
        # two 法人番号
        (
            KnownLead(KnownCompany("甲", "1"), "田中", numbers=MAIN),
            KnownLead(KnownCompany("甲", "2"), "田中", numbers=MAIN),
            (),
        ),
        (
            KnownLead(KnownCompany("甲", "1"), "田中", "t@a.jp"),
            KnownLead(KnownCompany("乙", "2"), "田中", "t@a.jp"),
            ("email",),
        ),
    ],
)
def test_leads_are_possibly_one(one, other, shares):
    assert shared_by_leads(one, other) == shared_by_leads(other, one) == shares
    if shares:
        assert set(lead_hints(one)) & set(lead_hints(other))


@pytest.mark.parametrize(
    ("one", "other", "shares"),
    [
        (KnownCompany("甲"), KnownCompany("甲", "1"), ("company",)),
        (KnownCompany("甲", prefecture="東京都"), KnownCompany("甲", prefecture="大阪府"), ()),
        (
            KnownCompany("甲", prefecture="東京都", numbers=MAIN),
            KnownCompany("甲", prefecture="大阪府", numbers=MAIN),
            ("company", "phone"),
        ),
        (KnownCompany("甲", numbers=MAIN), KnownCompany("乙", numbers=MAIN), ("phone",)),
        (KnownCompany("甲", domain="a.jp"), KnownCompany("乙", domain="a.jp"), ()),
        (
            KnownCompany("山田商店", domain="a.jp"),
            KnownCompany("山田商店東京", domain="a.jp"),
            ("company_part", "domain"),
        ),
        (HERE, KnownCompany("山田商店東京", **TOKYO), ("company_part", "place")),
        (HERE, KnownCompany("鈴木工業", **TOKYO), ()),
        (KnownCompany("甲", "1", numbers=MAIN), KnownCompany("甲", "2", numbers=MAIN), ()),
        (KnownCompany("甲", "1"), KnownCompany("乙", "1"), ("corporate_number",)),
    ],
)
def test_companies_are_possibly_one(one, other, shares):
    assert shared_by_companies(one, other) == shared_by_companies(other, one) == shares
    if shares:
        assert set(company_hints(one)) & set(company_hints(other))


def test_name_of_many_is_not_offered():
    few = {pk: KnownCompany("サンライズ") for pk in range(MOST_NAMESAKES)}
    many = few | {MOST_NAMESAKES: KnownCompany("サンライズ")}
    assert len(pairs_among(few, company_hints, shared_by_companies)) == MOST_NAMESAKES * (MOST_NAMESAKES - 1) / 2
    assert pairs_among(many, company_hints, shared_by_companies) == {}


def test_crowd_with_one_corporate_number_is_offered_beside_the_oldest():
    crowd = {pk: KnownCompany(f"会社{pk}", "1") for pk in range(20)}
    assert set(pairs_among(crowd, company_hints, shared_by_companies)) == {(0, pk) for pk in range(1, 20)}


@given(
    st.dictionaries(
        st.integers(1, 50),
        st.builds(
            KnownLead,
            st.builds(KnownCompany, st.sampled_from(["", "山田商店", "山田商店東京"]), st.sampled_from(["", "1", "2"])),
            st.sampled_from(["", "田中", "田中 太郎", "佐藤"]),
            st.sampled_from(["", "a@b.jp", "info@b.jp"]),
            numbers=st.sampled_from([frozenset(), MAIN, CELL]),
        ),
        max_size=8,
    ),
    st.sets(st.integers(1, 50), max_size=5),
)
def test_pairs_are_ordered_apart_and_touch_who_is_asked_for(known, wanted):
    pairs = pairs_among(known, lead_hints, shared_by_leads)
    assert all(first < second for first, second in pairs)
    assert all(
        companies_alike(known[first].company, known[second].company) or {"email", "phone"} & set(shares)
        for (first, second), shares in pairs.items()
    )
    asked = {pair: shares for pair, shares in pairs.items() if wanted & set(pair)}
    assert pairs_among(known, lead_hints, shared_by_leads, wanted) == asked


# --- In the base ------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(make_lead):
    return make_lead("03-1234-5678", name="田中"), make_lead("03-1234-5678", name="田中 太郎", company="青空")


def ids(model) -> list[tuple]:
    return sorted(model.objects.values_list("first_id", "second_id"))


@pytest.mark.django_db
def test_pair_is_offered_once_with_what_it_shares(pair, now):
    ordered = [(pair[0].pk, pair[1].pk)]
    assert find_doubles(lead_ids=[pair[1].pk], now=now) == 1
    assert find_doubles(lead_ids=[pair[0].pk], now=now) == 0
    assert ids(LeadDouble) == ordered
    assert LeadDouble.objects.get().shares == ["phone", "company", "person_part"]


@pytest.mark.django_db
def test_pair_that_was_said_to_be_two_is_never_offered_again(pair, manager, now):
    find_doubles(lead_ids=[pair[0].pk], now=now)
    double = LeadDouble.objects.get()
    keep_apart(pair=double, by=manager, now=now)
    assert find_doubles(lead_ids=[pair[0].pk], now=now) == 0
    double.refresh_from_db()
    assert (double.apart_at, double.apart_by) == (now, manager)
    offer_again(pair=double, by=manager, now=now)
    double.refresh_from_db()
    assert double.apart_at is None


@pytest.mark.django_db
def test_pair_that_is_gone_cannot_be_decided(pair, manager, now):
    find_doubles(lead_ids=[pair[0].pk], now=now)
    double = LeadDouble.objects.get()
    pair[0].delete()
    with pytest.raises(ValidationError) as refused:
        keep_apart(pair=double, by=manager, now=now)
    assert refused.value.code == "already_merged"


@pytest.mark.django_db
def test_lead_that_is_gone_is_no_part_of_a_pair(pair, now):
    gone = pair[0].pk
    pair[0].delete()
    assert record_doubles(pairs={(gone, pair[1].pk): ("phone",)}, lead_import=None, now=now) == 0


@pytest.mark.django_db
def test_walk_takes_up_where_it_stopped(make_lead, now):
    numbers = [f"03-1234-567{n}" for n in range(4)]
    ones = [make_lead(number, name="田中", company=number) for number in numbers]
    others = [make_lead(number, name="田中 太郎", company=number) for number in numbers]
    seen = after = 0
    while (found := find_doubles_behind(after=after, limit=3, now=now)).seen:
        seen, after = seen + found.seen, found.last
    assert seen == Lead.objects.count()
    assert set(ids(LeadDouble)) == {(one.pk, other.pk) for one, other in zip(ones, others, strict=True)}


@pytest.mark.django_db
def test_companies_are_found_by_number_name_and_site(make_lead, now):
    one = make_lead("03-1111-2222", company="株式会社甲").company
    phone = make_lead("03-1111-2222", company="乙").company
    name = Company.objects.create(name="甲", name_key="甲")
    site = Company.objects.create(name="山田商店", name_key="山田商店", url="https://www.yamada.jp/")
    like = Company.objects.create(name="山田商店東京", name_key="山田商店東京", url="http://yamada.jp")
    other = Company.objects.create(name="丙", name_key="丙")
    assert find_company_doubles(company_ids=[one.pk, like.pk, other.pk], now=now) == 3
    assert ids(CompanyDouble) == sorted([(one.pk, phone.pk), (one.pk, name.pk), (site.pk, like.pk)])
    assert find_company_doubles_behind(after=0, limit=100, now=now).new == 0


@pytest.mark.django_db
def test_number_of_queries_does_not_depend_on_the_batch(make_lead, now):
    leads = [make_lead(f"03-1234-56{n:02}", name="田中", company=f"会社{n}号") for n in range(1, 6)]
    twins = [make_lead(f"03-1234-56{n:02}", name="田中 太郎", company=f"会社{n}号") for n in range(1, 6)]
    assert twins
    counts = []
    for batch in (leads[:1], leads[1:]):
        with CaptureQueriesContext(connection) as queries:
            assert find_doubles(lead_ids=[lead.pk for lead in batch], now=now) == len(batch)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 18


@pytest.mark.django_db
def test_night_looks_at_leads_and_companies(pair, make_lead, monkeypatch):
    monkeypatch.setattr("leads.tasks.SLICE", 1)
    make_lead("03-1234-5678", name="別人", company="青空工業")
    tasks.find_doubles.delay()
    assert ids(LeadDouble) == [(pair[0].pk, pair[1].pk)]
    assert CompanyDouble.objects.count() == 1


@pytest.mark.django_db
def test_import_that_is_in_is_looked_at_alone(pair, make_lead, team, monkeypatch):
    monkeypatch.setattr("leads.tasks.SLICE", 1)
    lead_import = LeadImport.objects.create(
        lead_list=LeadList.objects.create(name="展示会", team=team), filename="a.csv", status="running"
    )
    other = make_lead("03-1111-2222", name="林")
    make_lead("03-1111-2222", name="林 花子")
    Lead.objects.filter(pk=pair[1].pk).update(lead_import=lead_import)
    tasks.find_import_doubles.delay(lead_import.pk)
    assert ids(LeadDouble) == []
    LeadImport.objects.update(status="done")
    tasks.find_import_doubles.delay(lead_import.pk)
    assert ids(LeadDouble) == [(pair[0].pk, pair[1].pk)]
    assert LeadDouble.objects.get().lead_import == lead_import
    assert other.pk not in {pk for row in ids(LeadDouble) for pk in row}


@pytest.mark.django_db
def test_merge_reviews_who_may_be_the_one_that_stays(make_lead, now):
    desk = make_lead("03-1234-5678", name="")
    takagi, komatsu = (make_lead("03-1234-5678", name=name) for name in ("高木 和子", "小松 桃子"))
    find_doubles(lead_ids=[desk.pk], now=now)
    before = ids(LeadDouble)
    assert before == [(desk.pk, takagi.pk), (desk.pk, komatsu.pk)]
    like = make_lead("03-9999-8888", name="高木")
    merge = merge_leads(kept_id=desk.pk, gone_id=takagi.pk, choices={}, by=None, now=now)
    assert ids(LeadDouble) == [(desk.pk, like.pk)]
    undo_merge(merge=merge, by=None, now=now)
    assert ids(LeadDouble) == before


@pytest.mark.django_db
def test_who_is_apart_from_the_one_that_goes_is_apart_from_the_one_that_stays(pair, make_lead, manager, now):
    third = make_lead("03-1234-5678", name="田中 太郎")
    find_doubles(lead_ids=[pair[1].pk], now=now)
    keep_apart(pair=LeadDouble.objects.get(first=pair[1], second=third), by=manager, now=now)
    merge = merge_leads(kept_id=pair[0].pk, gone_id=pair[1].pk, choices={}, by=manager, now=now)
    assert LeadDouble.objects.get(first=pair[0], second=third).apart_at == now
    undo_merge(merge=merge, by=manager, now=now)
    assert not LeadDouble.objects.filter(first=pair[0], second=third, apart_at__isnull=False).exists()
    assert LeadDouble.objects.get(first=pair[1], second=third).apart_at == now
