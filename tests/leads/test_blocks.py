"""Do not call: a number blocks everybody who carries it, lifting undoes exactly that, and no race makes two."""

import datetime as dt
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import AuditEntry
from leads.models import DoNotCall, Lead, PhoneNumber, Stage
from leads.selectors import blocked_among, blocks_for
from leads.services.blocks import block_lead, block_number, lift_block, recognise_numbers
from leads.services.phones import mark_invalid
from leads.services.stages import move_stage

NUMBER = "+81312345678"


@pytest.fixture
def asked(rep, now):
    return {"words": "二度とかけないでください。", "requested_by": "山田様", "requested_at": now, "by": rep, "now": now}


def blocked(*leads) -> list[bool]:
    fresh = Lead.objects.in_bulk([lead.pk for lead in leads])
    return [fresh[lead.pk].is_blocked for lead in leads]


def test_blocking_a_number_blocks_all_who_carry_it_and_nobody_else(make_lead, asked):
    one, two = make_lead("03-1234-5678"), make_lead("03-1234-5678", company="株式会社別")
    other = make_lead("03-1234-5679")

    block_number(e164=NUMBER, **asked)

    assert blocked(one, two, other) == [True, True, False]


def test_lead_with_another_free_number_stays_callable(make_lead, asked):
    lead = make_lead("03-1234-5678", "090-1234-5678")

    block_number(e164=NUMBER, **asked)

    lead.refresh_from_db()
    assert (lead.is_blocked, lead.has_callable_phone) == (False, True)


def test_lead_whose_other_number_is_a_fax_or_dead_is_blocked(make_lead, asked, rep, now):
    lead = make_lead("03-1234-5678", "03-1234-5600", "03-1234-5601")
    fax, dead = lead.phones.order_by("position")[1:]
    PhoneNumber.objects.filter(pk=fax.pk).update(label=PhoneNumber.Label.FAX)
    mark_invalid(phone=dead, reason="out_of_service", by=rep, now=now)

    block_number(e164=NUMBER, **asked)

    assert blocked(lead) == [True]


def test_new_lead_with_a_blocked_number_is_born_blocked(make_lead, asked):
    block_number(e164=NUMBER, **asked)

    lead = make_lead("03-1234-5678")

    assert (lead.is_blocked, lead.has_callable_phone) == (True, False)


def test_company_block_reaches_every_person_there(make_lead, asked):
    one = make_lead("03-1234-5678")
    two = make_lead("03-1234-5678", name="鈴木 二郎")
    stranger = make_lead("03-9999-0000", company="株式会社別")

    block_lead(lead=one, scope="company", **asked)

    assert one.company_id == two.company_id
    assert blocked(one, two, stranger) == [True, True, False]


def test_person_block_reaches_one_person(make_lead, asked):
    one = make_lead("03-1234-5678")
    two = make_lead("03-1234-5678", name="鈴木 二郎")

    block_lead(lead=one, scope="person", **asked)

    assert blocked(one, two) == [True, False]


@pytest.mark.parametrize("again", ["number", "person", "company"])
def test_blocking_twice_is_one_block(make_lead, asked, again):
    lead = make_lead("03-1234-5678")

    blocks = [
        block_number(e164=NUMBER, lead=lead, **asked)
        if again == "number"
        else block_lead(lead=lead, scope=again, **asked)
        for _ in range(2)
    ]

    assert blocks[0] == blocks[1]
    assert DoNotCall.objects.count() == 1


@pytest.mark.parametrize("scope", ["number", "person", "company"])
def test_database_refuses_a_second_standing_block(make_lead, asked, now, scope):
    lead = make_lead("03-1234-5678")
    first = (
        block_number(e164=NUMBER, lead=lead, **asked)
        if scope == "number"
        else block_lead(lead=lead, scope=scope, **asked)
    )
    twin = DoNotCall.objects.get(pk=first.pk)
    twin.pk = None

    with pytest.raises(IntegrityError, match=r"block_|UNIQUE"), transaction.atomic():
        twin.save(force_insert=True)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"words": "  "}, "words"), ({"requested_at": "later"}, "requested_at")],
)
def test_block_without_words_or_from_the_future_is_refused(make_lead, asked, now, change, field):
    if "requested_at" in change:
        change = {"requested_at": now + dt.timedelta(minutes=1)}

    with pytest.raises(ValidationError) as refusal:
        block_lead(lead=make_lead("03-1234-5678"), scope="person", **{**asked, **change})

    assert list(refusal.value.error_dict) == [field]


def test_unreadable_number_cannot_be_blocked(asked):
    with pytest.raises(ValidationError):
        block_number(e164="", **asked)


def test_lifting_frees_all_who_carry_the_number(make_lead, asked, admin, now):
    one, two = make_lead("03-1234-5678"), make_lead("03-1234-5678", company="株式会社別")
    block = block_number(e164=NUMBER, **asked)

    lift_block(block=block, reason="ご本人から再開の連絡", by=admin, now=now)

    block.refresh_from_db()
    assert blocked(one, two) == [False, False]
    assert (block.lifted_by, block.lift_reason) == (admin, "ご本人から再開の連絡")


def test_lifting_one_block_leaves_the_other_standing(make_lead, asked, admin, now):
    lead = make_lead("03-1234-5678")
    number = block_number(e164=NUMBER, **asked)
    block_lead(lead=lead, scope="person", **asked)

    lift_block(block=number, reason="番号が変わった", by=admin, now=now)

    assert blocked(lead) == [True]


def test_lifting_gives_back_the_stage_the_block_took(make_lead, asked, admin, rep, now):
    lead = make_lead("03-1234-5678")
    for stage in (Stage.CALLING, Stage.NURTURING, Stage.BLOCKED):
        move_stage(lead=lead, to=stage, by=rep, now=now)
    block = block_lead(lead=lead, scope="person", **asked)

    lift_block(block=block, reason="再開", by=admin, now=now)

    lead.refresh_from_db()
    assert lead.stage == Stage.NURTURING


@pytest.mark.parametrize("reason", ["", "  "])
def test_lifting_needs_a_reason(make_lead, asked, admin, now, reason):
    block = block_number(e164=NUMBER, **asked)

    with pytest.raises(ValidationError):
        lift_block(block=block, reason=reason, by=admin, now=now)

    assert DoNotCall.objects.standing().exists()


def test_lifting_twice_is_refused_and_blocking_again_is_a_new_block(make_lead, asked, admin, now):
    block = block_number(e164=NUMBER, **asked)
    lift_block(block=block, reason="再開", by=admin, now=now)

    with pytest.raises(ValidationError):
        lift_block(block=block, reason="再開", by=admin, now=now)

    assert block_number(e164=NUMBER, **asked).pk != block.pk


def test_lifting_an_erased_number_frees_nobody_by_accident(make_lead, asked, admin, now):
    unreadable = make_lead("03-1234-5678")
    PhoneNumber.objects.filter(lead=unreadable).update(e164="", is_valid=False)
    Lead.objects.filter(pk=unreadable.pk).update(stage=Stage.BLOCKED)
    block = block_number(e164=NUMBER, **asked)
    DoNotCall.objects.filter(pk=block.pk).update(e164="")
    block.refresh_from_db()

    lift_block(block=block, reason="再開", by=admin, now=now)

    unreadable.refresh_from_db()
    assert unreadable.stage == Stage.BLOCKED


def test_erased_number_is_recognised_when_it_comes_back(make_lead, asked):
    block = block_number(e164=NUMBER, **asked)
    DoNotCall.objects.filter(pk=block.pk).update(e164="")

    lead = make_lead("03-1234-5678")

    assert lead.is_blocked
    assert blocked_among([NUMBER]) == {NUMBER}


def test_recognising_numbers_costs_one_query_when_none_was_erased(asked, django_assert_num_queries):
    block_number(e164=NUMBER, **asked)

    with django_assert_num_queries(1):
        recognise_numbers([f"+813000{n:05}" for n in range(1000)])


def test_block_and_lift_are_in_the_trail(asked, admin, now):
    block = block_number(e164=NUMBER, **asked)
    lift_block(block=block, reason="再開", by=admin, now=now)

    trail = AuditEntry.objects.about(block).order_by("pk").values_list("verb", "by__name")

    assert list(trail) == [("block", "佐藤 架電"), ("lift_block", "山本 総括")]


@pytest.mark.parametrize("query", ["03-1234-5678", "5678", "０３（１２３４）５６７８", "青空", "山田様", "二度と"])
def test_blocks_are_found_by_number_company_person_and_words(make_lead, asked, admin, query):
    lead = make_lead("03-1234-5678")
    found = block_number(e164=NUMBER, lead=lead, **asked)
    block_number(e164="+81399990000", **{**asked, "words": "不要", "requested_by": "鈴木様"})

    assert list(blocks_for(admin, query=query)) == [found]


def test_blocks_of_other_teams_are_not_shown(make_lead, asked, rep, stranger, admin):
    mine = block_number(e164=NUMBER, lead=make_lead("03-1234-5678"), **asked)

    assert list(blocks_for(rep)) == [mine]
    assert list(blocks_for(admin)) == [mine]
    assert list(blocks_for(stranger)) == []


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_racers_make_one_block(make_lead, asked):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one writer in at a time")
    lead = make_lead("03-1234-5678")
    start, made = threading.Barrier(4), []

    def race() -> None:
        start.wait()
        made.append(block_lead(lead=lead, scope="company", **asked).pk)
        connection.close()

    racers = [threading.Thread(target=race) for _ in range(4)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert len(made) == 4
    assert len(set(made)) == 1
