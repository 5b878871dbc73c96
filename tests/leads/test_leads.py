"""Writing leads down, editing them against a version, giving them to somebody; doubles and companies."""

import dataclasses
import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEntry
from leads.inputs import CompanyInput, LeadInput, PhoneInput
from leads.models import Company, Lead, PhoneNumber
from leads.selectors import possible_doubles, timeline_of
from leads.services.leads import assign_owner, create_lead, update_lead
from leads.services.phones import mark_invalid
from leads.services.signals import add_signal

MAIN = PhoneInput("03-1234-5678", "+81312345678")
MOBILE = PhoneInput("090-1234-5678", "+819012345678", "mobile")
DATA = LeadInput(CompanyInput("株式会社青空", prefecture="東京都"), name="山田 太郎", phones=(MAIN, MOBILE))


@pytest.fixture
def lead(team, rep, now):
    return create_lead(data=DATA, team=team, by=rep, now=now)


def edited(**changes) -> LeadInput:
    return dataclasses.replace(DATA, **changes)


def test_created_lead_is_searchable_callable_tiered_and_audited(lead, now):
    lead.refresh_from_db()

    assert lead.created_at == now
    assert lead.has_callable_phone
    assert "09012345678" in lead.search_text
    assert lead.tiered_at
    assert AuditEntry.objects.about(lead).get().verb == "create_lead"


def test_edit_changes_only_what_changed_and_raises_the_version(lead, rep, now):
    update_lead(lead=lead, data=edited(title="部長"), version=1, by=rep, now=now)

    lead.refresh_from_db()
    assert (lead.title, lead.version) == ("部長", 2)
    assert AuditEntry.objects.about(lead).get(verb="update_lead").changes == {"title": ["", "部長"]}


def test_edit_without_a_change_leaves_no_trace(lead, rep, now):
    update_lead(lead=lead, data=DATA, version=1, by=rep, now=now)

    lead.refresh_from_db()
    assert lead.version == 1
    assert not AuditEntry.objects.about(lead).filter(verb="update_lead").exists()


def test_stale_edit_is_refused_and_changes_nothing(lead, rep, now):
    update_lead(lead=lead, data=edited(title="部長"), version=1, by=rep, now=now)

    with pytest.raises(ValidationError) as refusal:
        update_lead(lead=lead, data=edited(title="課長"), version=1, by=rep, now=now)

    lead.refresh_from_db()
    assert refusal.value.code == "stale"
    assert lead.title == "部長"


def test_renamed_company_is_found_under_its_new_name_by_all_its_people(lead, rep, team, now):
    colleague = create_lead(data=edited(name="鈴木 花子", phones=(MAIN,)), team=team, by=rep, now=now)

    update_lead(lead=lead, data=edited(company=CompanyInput("株式会社夕空")), version=1, by=rep, now=now)

    texts = Lead.objects.filter(pk__in=[lead.pk, colleague.pk]).values_list("search_text", flat=True)
    assert all("夕空" in text and "青空" not in text for text in texts)


def test_renamed_company_makes_its_other_people_s_forms_stale(lead, rep, team, now):
    colleague = create_lead(data=edited(name="鈴木 花子", phones=(MAIN,)), team=team, by=rep, now=now)
    update_lead(lead=lead, data=edited(company=CompanyInput("株式会社夕空")), version=1, by=rep, now=now)

    with pytest.raises(ValidationError, match="先に更新"):
        update_lead(lead=colleague, data=edited(name="鈴木 花子", phones=(MAIN,)), version=1, by=rep, now=now)


def test_number_that_stays_keeps_its_row_and_its_state(lead, rep, now):
    main = lead.phones.get(e164=MAIN.e164)
    mark_invalid(phone=main, reason="wrong_number", by=rep, now=now)
    swapped = edited(phones=(MOBILE, dataclasses.replace(MAIN, raw="03(1234)5678", is_valid=False)))

    update_lead(lead=lead, data=swapped, version=1, by=rep, now=now)

    rows = list(lead.phones.order_by("position").values_list("e164", "raw", "invalid_reason"))
    assert rows == [(MOBILE.e164, MOBILE.raw, ""), (MAIN.e164, "03(1234)5678", "wrong_number")]
    assert lead.phones.get(e164=MAIN.e164).pk == main.pk


def test_number_taken_away_is_no_longer_found(lead, rep, now):
    update_lead(lead=lead, data=edited(phones=(MAIN,)), version=1, by=rep, now=now)

    lead.refresh_from_db()
    assert "09012345678" not in lead.search_text
    assert [phone.e164 for phone in lead.phones.all()] == [MAIN.e164]


def test_lead_without_numbers_is_not_callable(lead, rep, now):
    update_lead(lead=lead, data=edited(phones=()), version=1, by=rep, now=now)

    lead.refresh_from_db()
    assert not lead.has_callable_phone


def test_unreadable_number_of_a_list_may_stay(lead, rep, now):
    odd = PhoneInput("要確認", is_valid=False)

    update_lead(lead=lead, data=edited(phones=(MAIN, odd)), version=1, by=rep, now=now)

    kept = PhoneNumber.objects.get(lead=lead, raw="要確認")
    assert (kept.is_valid, kept.invalid_reason) == (False, "unreadable")


# --- Companies ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("company", "phones", "is_same"),
    [
        (CompanyInput("(株)青空", prefecture="東京都"), (), True),
        (CompanyInput("青空株式会社"), (MAIN,), True),
        (CompanyInput("株式会社青空"), (), False),  # a name alone never makes two companies one
        (CompanyInput("株式会社青空", prefecture="大阪府"), (), False),
        (CompanyInput("株式会社夕空", prefecture="東京都"), (MAIN,), False),
    ],
)
def test_company_is_taken_again_only_when_a_second_fact_agrees(lead, team, rep, now, company, phones, is_same):
    other = create_lead(data=edited(company=company, name="鈴木", phones=phones), team=team, by=rep, now=now)

    assert (other.company_id == lead.company_id) is is_same


def test_company_with_the_same_corporate_number_is_the_same(team, rep, now):
    number = "7000012050002"
    first, second = (
        create_lead(
            data=LeadInput(CompanyInput(name, corporate_number=number), name="山田"), team=team, by=rep, now=now
        )
        for name in ("国税庁", "国税庁 本庁")
    )

    assert first.company_id == second.company_id


def test_known_company_gets_its_blanks_filled_and_nothing_overwritten(lead, team, rep, now):
    again = CompanyInput("(株)青空", prefecture="東京都", industry="製造業")

    create_lead(data=edited(company=again, name="鈴木"), team=team, by=rep, now=now)

    company = Company.objects.get()
    assert (company.name, company.industry) == ("株式会社青空", "製造業")


# --- Owners ---------------------------------------------------------------------------------------------------------


def test_owner_of_the_team_takes_the_lead(lead, manager, colleague, now):
    assign_owner(lead=lead, owner=colleague, by=manager, now=now)

    lead.refresh_from_db()
    assert lead.owner == colleague
    assert AuditEntry.objects.about(lead).get(verb="assign_owner").changes == {"owner": ["", "鈴木 同僚"]}


def test_owner_of_another_team_takes_it_there_and_sees_it(lead, admin, stranger, now):
    assign_owner(lead=lead, owner=stranger, by=admin, now=now)

    assert list(Lead.objects.for_user(stranger)) == [lead]


def test_agency_person_calls_it_for_the_team_it_is_in(lead, team, admin, agency_rep, rep, now):
    assign_owner(lead=lead, owner=agency_rep, by=admin, now=now)

    assert list(Lead.objects.for_user(agency_rep)) == [lead]
    assert list(Lead.objects.for_user(rep)) == [lead]


def test_field_sales_are_given_no_calls(lead, admin, field_sales, now):
    with pytest.raises(ValidationError):
        assign_owner(lead=lead, owner=field_sales, by=admin, now=now)


# --- Doubles --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "shares"),
    [
        (LeadInput(CompanyInput("別会社"), name="別人", phones=(MOBILE,)), ("phone",)),
        (LeadInput(CompanyInput("別会社"), name="別人", email="yamada@example.jp"), ("email",)),
        (LeadInput(CompanyInput("青空(株)"), name="山田太郎様"), ("company", "person")),
        (LeadInput(CompanyInput("青空"), name="山田　太郎", phones=(MAIN,)), ("phone", "company", "person")),
    ],
)
def test_double_is_known_by_what_it_shares(team, rep, now, data, shares):
    known = create_lead(data=edited(email="yamada@example.jp"), team=team, by=rep, now=now)

    (double,) = possible_doubles(data, rep)

    assert (double.lead, double.shares) == (known, shares)


@pytest.mark.parametrize(
    "data",
    [
        LeadInput(CompanyInput("株式会社青空"), name="鈴木 花子"),
        LeadInput(CompanyInput("株式会社青空")),
        LeadInput(CompanyInput("株式会社夕空"), name="山田 太郎"),
    ],
)
def test_colleague_or_namesake_is_no_double(lead, rep, data):
    assert possible_doubles(data, rep) == []


def test_double_of_another_team_is_not_given_away(lead, stranger):
    assert possible_doubles(DATA, stranger) == []


# --- Timeline -------------------------------------------------------------------------------------------------------


def test_timeline_tells_signals_and_edits_newest_first(lead, rep, manager, colleague, now):
    later = [now + dt.timedelta(hours=hour) for hour in range(1, 4)]
    add_signal(lead=lead, kind="inquiry", occurred_at=later[0], by=rep, now=later[0])
    update_lead(lead=lead, data=edited(title="部長"), version=1, by=rep, now=later[1])
    assign_owner(lead=lead, owner=colleague, by=manager, now=later[2])

    told = [(entry.kind, getattr(entry.row, "verb", "")) for entry in timeline_of(lead)]

    assert told == [("edit", "assign_owner"), ("edit", "update_lead"), ("signal", ""), ("edit", "create_lead")]
