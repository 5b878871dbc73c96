"""Saving a call: the matrix is enforced, everything follows in one transaction, twice is once."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError

from calls.inputs import CallInput
from calls.models import Call, FollowUp, Lease, NextAction, Outcome
from calls.services import leases
from calls.services.log_call import log_call
from calls.services.plans import plan_follow_ups
from deals.models import Deal
from leads.models import DoNotCall, Lead
from tests.calls.factories import ANSWERS, call, make_lead, outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(team) -> Lead:
    return make_lead(team)


REQUIRED = [
    ("no_answer", ["retry_at"]),
    ("busy", ["retry_at"]),
    ("voicemail", ["retry_at"]),
    ("absent", ["retry_at"]),
    ("gatekeeper_refused", ["memo", "retry_at"]),
    ("call_back", ["promised_at"]),
    ("interested", ["memo", "problem"]),
    ("documents_wanted", ["memo", "problem"]),
    ("contact_later", ["memo", "problem"]),
    ("hearing_done", ["memo", "problem", "timing", "next_action_kind"]),
    (
        "appointment",
        [
            "appointment_starts_at",
            "appointment_place",
            "appointment_participants",
            "appointment_owner",
            "problem",
            "decision_maker",
            "timing",
            "budget",
            "concerns",
        ],
    ),
    ("refused", ["reason", "concerns"]),
    ("out_of_service", ["phone"]),
    ("fax", ["phone"]),
    ("wrong_number", ["phone"]),
    ("do_not_call", ["block_requested_by", "block_requested_at", "block_words"]),
    ("complaint", ["block_requested_by", "block_requested_at", "block_words"]),
]


@pytest.mark.parametrize(("code", "fields"), REQUIRED)
def test_outcome_without_its_facts_names_each_field(lead, rep, now, code, fields):
    with pytest.raises(ValidationError) as refusal:
        log_call(lead=lead, data=CallInput(outcome=outcome(code)), form_key=uuid.uuid4(), by=rep, now=now)

    assert sorted(refusal.value.message_dict) == sorted(fields)
    assert not Call.objects.exists()


def test_every_outcome_of_the_list_is_in_the_table():
    assert {code for code, _ in REQUIRED} == set(Outcome.objects.values_list("code", flat=True))


@pytest.mark.parametrize("code", [code for code, _ in REQUIRED])
def test_outcome_with_its_facts_is_saved(lead, rep, field_sales, now, code):
    logged = call(lead, rep, now, code)

    assert logged.is_new
    assert (logged.call.connection, logged.call.reached) == (outcome(code).connection, outcome(code).reached)
    assert Lead.objects.get().call_count == 1


def test_same_form_key_again_returns_the_first_call(lead, rep, now):
    key = uuid.uuid4()
    first = call(lead, rep, now, "interested", form_key=key)
    again = call(lead, rep, now, "no_answer", form_key=key)

    assert again.call == first.call
    assert not again.is_new
    assert again.follow_up == first.follow_up
    assert Call.objects.count() == FollowUp.objects.count() == 1


def test_reacting_first_call_opens_a_follow_up_for_its_rep(lead, rep, now):
    logged = call(lead, rep, now, "interested")

    follow_up = FollowUp.objects.get()
    assert logged.call.kind == Call.Kind.FIRST
    assert (follow_up.reaction_call, follow_up.rep, follow_up.state) == (logged.call, rep, "waiting")
    assert follow_up.raw_opens_at - follow_up.reaction_at == dt.timedelta(hours=24)
    assert follow_up.raw_closes_at - follow_up.reaction_at == dt.timedelta(hours=72)
    lead.refresh_from_db()
    assert (lead.stage, lead.tier) == ("follow_up", "A")


def test_call_on_a_lead_with_an_open_follow_up_is_a_second_call(lead, rep, now):
    call(lead, rep, now, "interested")
    logged = call(lead, rep, now + dt.timedelta(days=1), "no_answer")

    follow_up = FollowUp.objects.get()
    assert logged.call.kind == Call.Kind.SECOND
    assert (follow_up.state, follow_up.attempts) == ("attempted", 1)
    assert follow_up.retry_at == logged.call.retry_at
    assert follow_up.connected_at is None


def test_second_call_that_reacts_again_opens_no_second_follow_up(lead, rep, now):
    call(lead, rep, now, "interested")
    call(lead, rep, now + dt.timedelta(days=1), "documents_wanted")

    follow_up = FollowUp.objects.get()
    assert follow_up.state == "connected"
    assert NextAction.objects.open().count() == 1


def test_appointment_knows_the_facts_of_earlier_calls(lead, rep, field_sales, now):
    call(lead, rep, now, "interested", hearing={"problem": ANSWERS["problem"], "timing": ANSWERS["timing"]})
    rest = {fact: ANSWERS[fact] for fact in ("decision_maker", "budget", "concerns")}
    logged = call(lead, rep, now + dt.timedelta(days=1), "appointment", hearing=rest)

    follow_up = FollowUp.objects.get()
    deal = Deal.objects.get()
    assert follow_up.state == "closed"
    assert follow_up.appointment_at == now + dt.timedelta(days=1)
    assert (deal.appointment_call, deal.follow_up, deal.owner) == (logged.call, follow_up, field_sales)


def test_nothing_stays_when_the_deal_cannot_be_opened(lead, rep, field_sales, now, settings):
    settings.APPOINTMENT_HANDLER = "tests.calls.test_log_call.broken_handler"

    with pytest.raises(RuntimeError):
        call(lead, rep, now, "appointment")

    lead.refresh_from_db()
    assert not Call.objects.exists()
    assert (lead.call_count, lead.stage) == (0, "new")


def broken_handler(**kwargs):
    raise RuntimeError


def test_request_not_to_be_called_blocks_number_and_person_at_once(lead, team, rep, now):
    neighbour = make_lead(team, company="別会社", name="山田 花子")
    call(lead, rep, now, "do_not_call")

    lead.refresh_from_db()
    neighbour.refresh_from_db()
    assert lead.is_blocked
    assert neighbour.is_blocked
    assert set(DoNotCall.objects.values_list("scope", flat=True)) == {"number", "person"}


def test_blocked_lead_refuses_outcomes_that_lead_to_another_call(lead, rep, now):
    Lead.objects.update(is_blocked=True)

    with pytest.raises(ValidationError, match="架電禁止"):
        call(lead, rep, now, "interested")
    assert call(lead, rep, now, "refused").is_new


def test_wrong_number_closes_the_follow_up_of_a_lead_without_another(lead, rep, now):
    call(lead, rep, now, "interested")
    call(lead, rep, now + dt.timedelta(days=1), "wrong_number")

    lead.refresh_from_db()
    assert not lead.has_callable_phone
    assert FollowUp.objects.get().close_reason == "no_number"


def test_sixth_unanswered_attempt_ends_the_follow_up(lead, rep, now):
    call(lead, rep, now, "interested")
    for attempt in range(1, 7):
        call(lead, rep, now + dt.timedelta(days=1, hours=attempt), "no_answer")

    follow_up = FollowUp.objects.get()
    assert (follow_up.state, follow_up.close_reason, follow_up.attempts) == ("closed", "attempts_exhausted", 6)


def test_card_held_by_a_colleague_refuses_the_save(lead, rep, colleague, now):
    leases.claim(lead=lead, by=colleague, now=now)

    with pytest.raises(ValidationError, match="対応中"):
        call(lead, rep, now, "no_answer")
    assert Lease.objects.get().rep == colleague


def test_saving_gives_the_card_back(lead, rep, now):
    leases.claim(lead=lead, by=rep, now=now)
    call(lead, rep, now, "no_answer")

    assert not Lease.objects.exists()


def test_number_of_another_lead_is_refused(lead, team, rep, now):
    stranger = make_lead(team, number="+81399998888")

    with pytest.raises(ValidationError) as refusal:
        call(lead, rep, now, "wrong_number", phone=stranger.phones.get())
    assert list(refusal.value.message_dict) == ["phone"]


def test_follow_up_carries_the_tier_its_reaction_earned(lead, rep, now):
    assert lead.tier == "C"
    assert call(lead, rep, now, "interested").follow_up.tier == "A"


def test_refusal_with_a_day_to_come_back_returns_to_the_queue_then(lead, rep, now):
    from calls.selectors import call_queue

    call(lead, rep, now, "refused", revive_on=dt.date(2026, 9, 1))

    assert call_queue(rep, now + dt.timedelta(days=1)).rows == []
    back = dt.datetime(2026, 9, 1, 9, 30, tzinfo=now.tzinfo)
    assert [row.reason for row in call_queue(rep, back).rows] == ["retry"]


def test_lead_shows_when_it_is_called_next(lead, rep, now):
    logged = call(lead, rep, now, "interested")
    plan_follow_ups(now=now)

    lead.refresh_from_db()
    logged.follow_up.refresh_from_db()
    assert lead.next_call_at == logged.follow_up.planned_at


def test_figure_stays_with_who_made_the_first_second_call(lead, rep, colleague, now):
    follow_up = call(lead, rep, now, "interested").follow_up
    assert FollowUp.objects.get().credited_rep_id == rep.pk

    call(lead, colleague, now + dt.timedelta(days=1), "no_answer")
    call(lead, rep, now + dt.timedelta(days=1, hours=4), "no_answer")

    follow_up.refresh_from_db()
    assert (follow_up.rep, follow_up.credited_rep_id) == (rep, colleague.pk)


def test_refused_at_reception_with_another_route_waits_a_day(lead, rep, now):
    call(lead, rep, now, "gatekeeper_refused", retry_at=None, reason="展示会で直接お会いする")

    lead.refresh_from_db()
    assert lead.next_call_at == now + dt.timedelta(days=1)
