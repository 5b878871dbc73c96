"""Merging two companies brings their people together; undoing it parts them again."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import Team
from leads.models import Company, CompanyDouble, DoNotCall, Lead, Merge
from leads.selectors.doubles import company_digest
from leads.services.blocks import block_lead
from leads.services.merging_companies import merge_companies
from leads.services.merging_leads import merge_leads
from leads.services.unmerging import undo_merge
from tests.leads.test_merging_leads import ASKED, dump

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(make_lead):
    """Somebody at each of two companies: of the one that stays, of the one that goes."""
    return make_lead("03-1111-2222", company="株式会社みどり"), make_lead("03-3333-4444", company="みどり商事株式会社")


@pytest.fixture
def pair(people):
    return people[0].company, people[1].company


def merged(pair, now, by=None, seen="", **choices) -> Merge:
    kept, gone = pair
    return merge_companies(kept_id=kept.pk, gone_id=gone.pk, choices=choices, by=by, now=now, seen=seen)


def test_people_of_both_are_at_the_one_that_stays(pair, people, now):
    Company.objects.filter(pk=pair[1].pk).update(industry="卸売", address="中央区")
    merged(pair, now, name="gone")
    company = Company.objects.get()
    assert (company.pk, company.name, company.name_key) == (pair[0].pk, "みどり商事株式会社", "みどり商事")
    assert (company.industry, company.address) == ("卸売", "中央区")
    assert set(company.leads.all()) == set(people)


def test_people_are_found_by_the_name_that_stays_and_their_forms_are_stale(pair, people, now):
    merged(pair, now)
    for person in Lead.objects.filter(pk__in=[person.pk for person in people]):
        assert "株式会社ミドリ" in person.search_text
        assert "ミドリ商事" not in person.search_text
        assert person.version == 2


def test_refusal_of_either_is_everybodys(pair, people, now):
    block_lead(lead=people[1], scope="company", requested_at=now, now=now, **ASKED)
    merge = merged(pair, now)
    assert [Lead.objects.get(pk=person.pk).is_blocked for person in people] == [True, True]
    undo_merge(merge=merge, by=None, now=now)
    assert [Lead.objects.get(pk=person.pk).is_blocked for person in people] == [False, True]


def test_undo_leaves_everything_as_it_was(pair, people, make_lead, now):
    third = make_lead("03-5555-6666", company="株式会社みどり運輸").company
    CompanyDouble.objects.create(first=pair[0], second=pair[1], found_at=now)
    CompanyDouble.objects.create(first=pair[1], second=third, found_at=now, apart_at=now)
    for person in people:
        block_lead(lead=person, scope="company", requested_at=now, now=now, **ASKED)
    before = dump()
    merge = merged(pair, now, kana="gone", name="gone")
    assert DoNotCall.objects.standing().count() == 1
    assert CompanyDouble.objects.filter(first=pair[0], second=third).exists()
    undo_merge(merge=merge, by=None, now=now)
    assert dump() == before


def test_person_who_came_since_stays(pair, people, make_lead, now):
    merge = merged(pair, now)
    since = make_lead("03-7777-8888")
    Lead.objects.filter(pk=since.pk).update(company=pair[0])
    undo_merge(merge=merge, by=None, now=now)
    assert Lead.objects.get(pk=since.pk).company == pair[0]
    assert Lead.objects.get(pk=people[1].pk).company == pair[1]


def test_person_merged_before_comes_back_to_the_company_its_own_became(pair, people, now):
    of_people = merge_leads(kept_id=people[0].pk, gone_id=people[1].pk, choices={}, by=None, now=now)
    of_companies = merged(pair, now)
    undo_merge(merge=of_people, by=None, now=now)
    assert Lead.objects.get(pk=people[1].pk).company == pair[0]
    undo_merge(merge=of_companies, by=None, now=now)
    assert set(Company.objects.all()) == set(pair)


@pytest.mark.parametrize("number", ["5070001000715"])
def test_two_corporate_numbers_are_two_companies(pair, now, number):
    Company.objects.filter(pk=pair[0].pk).update(corporate_number=number)
    Company.objects.filter(pk=pair[1].pk).update(corporate_number="8700110005901")
    with pytest.raises(ValidationError) as refused:
        merged(pair, now)
    assert refused.value.code == "different_companies"


def test_manager_leaves_companies_of_other_teams_alone(pair, make_lead, manager, other_team, admin, now):
    theirs = make_lead("03-9999-8888", team=other_team)
    Lead.objects.filter(pk=theirs.pk).update(company=pair[1])
    with pytest.raises(ValidationError) as refused:
        merged(pair, now, by=manager)
    assert refused.value.code == "other_team"
    merge = merged(pair, now, by=admin)
    with pytest.raises(ValidationError) as refused:
        undo_merge(merge=merge, by=manager, now=now)
    assert refused.value.code == "other_team"


def test_what_was_edited_since_it_was_shown_is_not_merged(pair, now):
    seen = company_digest(*pair)
    Company.objects.filter(pk=pair[1].pk).update(address="港区")
    with pytest.raises(ValidationError) as refused:
        merged(pair, now, seen=seen)
    assert refused.value.code == "stale"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_pair_one_wins(now):
    team = Team.objects.create(name="同時")
    one, other = (Company.objects.create(name=name, name_key=name) for name in ("甲", "甲乙"))
    for company in (one, other):
        Lead.objects.create(company=company, team=team)
    gate, told = threading.Barrier(2), []

    def work(kept: Company, gone: Company) -> None:
        gate.wait()
        try:
            merged((kept, gone), now)
            told.append("merged")
        except ValidationError as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["already_merged", "merged"]
    assert Company.objects.get().leads.count() == 2
