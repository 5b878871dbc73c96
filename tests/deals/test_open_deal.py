"""An appointment becomes a deal with its hand-over, once and whole."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import AuditEntry
from calls.inputs import CallInput
from calls.models import Call, Notice, Outcome
from calls.services.log_call import log_call
from deals.models import Deal, DealMove, Handover
from deals.services.open_deal import enter_inbound_deal, open_deal_from_call
from deals.sheet import call_lines, fact_lines, phone_lines
from leads.models import PastCall, Stage
from tests.deals.conftest import details_for, make_call, make_lead


def test_deal_from_a_second_call_keeps_origin_follow_up_and_team(deal, second_call, field_sales, rep, now):
    assert deal.origin == Deal.Origin.SECOND_CALL
    assert deal.follow_up == second_call.follow_up
    assert (deal.team, deal.owner, deal.set_by) == (second_call.team, field_sales, rep)
    assert deal.appointment_at == now
    assert list(DealMove.objects.filter(deal=deal).values_list("from_stage", "to_stage")) == [("", "appointment")]
    assert AuditEntry.objects.about(deal).get().verb == "open_deal"


def test_deal_from_a_first_call_says_so_and_moves_the_lead(team, field_sales, rep, now):
    lead = make_lead(team, stage=Stage.CALLING)
    call = make_call(lead, rep, now=now, result="appointment")

    deal = open_deal_from_call(call=call, details=details_for(field_sales, now), by=rep, now=now)

    lead.refresh_from_db()
    assert (deal.origin, deal.follow_up, lead.stage) == (Deal.Origin.FIRST_CALL, None, Stage.APPOINTMENT)


def test_the_same_call_again_answers_the_same_deal(deal, second_call, field_sales, rep, now):
    again = open_deal_from_call(call=second_call, details=details_for(field_sales, now), by=rep, now=now)

    assert again == deal
    assert Deal.objects.count() == Handover.objects.count() == DealMove.objects.count() == Notice.objects.count() == 1


def test_the_owner_is_told_in_the_page_and_the_sheet_goes_by_its_own_mail(deal, field_sales):
    notice = Notice.objects.get(user=field_sales)

    assert (notice.kind, notice.mail_due) == (Notice.Kind.HANDOVER, False)
    assert deal.handover.mail_due
    assert deal.handover.mailed_at is None


def test_the_sheet_holds_people_facts_and_the_last_calls(deal):
    sheet = deal.handover.sheet

    assert sheet["company"]["name"] == "株式会社青空商会"
    assert sheet["person"]["title"] == "部長"
    assert phone_lines(sheet) == [("直通", "03-1234-5678")]
    texts = {line.fact: (line.state, line.text) for line in fact_lines(sheet)}
    assert texts["decision_maker"] == ("answered", "役員（森 専務）")
    assert texts["timing"] == ("answered", "3か月以内（2026年9月）")
    assert texts["budget"] == ("answered", "申請中（3,000,000円）")
    assert texts["competitors"] == ("unknown", "")
    assert texts["background"] == ("not_asked", "")
    assert [call.memo for call in call_lines(sheet)] == ["来週の打合せで 合意", "資料をご覧になった"]
    assert deal.handover.todo == "見積りの前提を確かめる"


def test_the_sheet_tells_of_calls_before_the_import_behind_our_own(client_for, lead, rep, field_sales, now):
    at = now.replace(hour=0) - dt.timedelta(days=40)
    PastCall.objects.create(
        lead=lead, called_at=at, result="資料送付希望", note="在庫の\n集計", hearing={"concerns": "費用"}
    )
    PastCall.objects.create(lead=lead, note="決算後に検討")
    call = make_call(lead, rep, now=now, result="appointment")

    deal = open_deal_from_call(call=call, details=details_for(field_sales, now), by=rep, now=now)

    own, dated, undated = call_lines(deal.handover.sheet)
    assert (own.kind, dated.kind) == ("一次架電", "取込前の架電")
    assert (dated.result, dated.memo) == ("資料送付希望", "在庫の 集計")
    assert (dated.at, undated.at, undated.memo) == (at, None, "決算後に検討")
    assert {line.fact: line.text for line in fact_lines(deal.handover.sheet)}["concerns"] == "費用"
    page = client_for(field_sales).get(reverse("deals:detail", args=[deal.pk])).content.decode()
    assert "取込前の架電" in page


def test_the_sheet_shows_at_most_three_calls(lead, rep, field_sales, now):
    for days in range(1, 5):
        make_call(lead, rep, now=now - dt.timedelta(days=days))
    call = make_call(lead, rep, now=now, result="appointment")

    deal = open_deal_from_call(call=call, details=details_for(field_sales, now), by=rep, now=now)

    assert len(deal.handover.sheet["calls"]) == 3
    assert deal.handover.sheet["call_count"] == 5


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"starts_at": dt.datetime(2026, 6, 16, tzinfo=dt.UTC)}, "appointment_starts_at", "これからの日時"),
        ({"place": "  "}, "appointment_place", "場所"),
        ({"participants": ""}, "appointment_participants", "参加者"),
    ],
)
def test_an_incomplete_appointment_is_refused_at_its_field(second_call, field_sales, rep, now, wrong, field, sentence):
    details = details_for(field_sales, now, **wrong)

    with pytest.raises(ValidationError) as refused:
        open_deal_from_call(call=second_call, details=details, by=rep, now=now)

    assert sentence in refused.value.message_dict[field][0]
    assert not Deal.objects.exists()


def test_an_owner_who_is_gone_or_no_field_sales_is_refused(second_call, field_sales, rep, colleague, now):
    field_sales.is_active = False

    for owner in (field_sales, colleague):
        with pytest.raises(ValidationError) as refused:
            open_deal_from_call(call=second_call, details=details_for(owner, now), by=rep, now=now)
        assert "appointment_owner" in refused.value.message_dict


def test_a_failure_on_the_way_leaves_nothing(second_call, field_sales, rep, now, failing):
    failing("deals.services.open_deal.notify")

    with pytest.raises(ZeroDivisionError):
        open_deal_from_call(call=second_call, details=details_for(field_sales, now), by=rep, now=now)

    assert not Deal.objects.exists()
    assert not Handover.objects.exists()


def test_a_called_deal_without_its_call_breaks_the_database_rule(lead, team, field_sales, now):
    with pytest.raises(IntegrityError), transaction.atomic():
        Deal.objects.create(
            lead=lead, origin="second_call", owner=field_sales, team=team, starts_at=now, appointment_at=now
        )


def test_an_inbound_deal_by_its_own_owner_needs_no_answer(team, field_sales, now):
    lead = make_lead(team)

    deal = enter_inbound_deal(lead=lead, details=details_for(field_sales, now), by=field_sales, now=now)

    lead.refresh_from_db()
    assert (deal.origin, deal.handover.status, lead.stage) == ("inbound", "accepted", "appointment")
    assert not Notice.objects.exists()


def test_an_inbound_deal_entered_for_somebody_is_handed_over_and_entered_once(team, field_sales, manager, now):
    lead = make_lead(team)
    details = details_for(field_sales, now)
    deal = enter_inbound_deal(lead=lead, details=details, by=manager, now=now)

    with pytest.raises(ValidationError) as refused:
        enter_inbound_deal(lead=lead, details=details, by=manager, now=now)

    assert deal.handover.status == "pending"
    assert Notice.objects.get().user == field_sales
    assert refused.value.error_dict["starts_at"][0].code == "same_meeting"
    assert Deal.objects.count() == 1


def save_appointment(lead, outcome, rep, owner, now, form_key, **wrong):
    """What the call panel does when an appointment is saved."""
    answered = {
        "problem": "転記に時間がかかる",
        "decision_maker": "self",
        "timing": "within_1_month",
        "budget": "secured",
        "concerns": "特になし",
    }
    data = CallInput(
        outcome=outcome,
        memo="商談を承諾",
        hearing={fact: {"state": "answered", "value": value} for fact, value in answered.items()},
        appointment=details_for(owner, now, **wrong),
    )
    return log_call(lead=lead, data=data, form_key=form_key, by=rep, now=now)


@pytest.fixture
def appointment_outcome(db) -> Outcome:
    return Outcome.objects.filter(result="appointment").first() or Outcome.objects.create(
        code="won_appointment",
        label="商談獲得",
        label_en="Appointment",
        connection="yes",
        reached="person",
        result="appointment",
    )


def test_saving_an_appointment_in_the_call_panel_opens_the_deal_once(team, rep, field_sales, now, appointment_outcome):
    lead, form_key = make_lead(team, stage=Stage.CALLING), uuid.uuid4()

    for _ in range(2):
        save_appointment(lead, appointment_outcome, rep, field_sales, now, form_key)

    deal = Deal.objects.get()
    lead.refresh_from_db()
    assert (deal.origin, deal.owner, deal.set_by, lead.stage) == ("first_call", field_sales, rep, "appointment")
    assert {line.state for line in fact_lines(deal.handover.sheet)[:5]} == {"answered"}
    assert call_lines(deal.handover.sheet)[0].memo == "商談を承諾"


def test_a_refused_appointment_logs_no_call_either(team, rep, field_sales, now, appointment_outcome):
    lead = make_lead(team, stage=Stage.CALLING)
    field_sales.is_active = False
    field_sales.save()

    with pytest.raises(ValidationError) as refused:
        save_appointment(lead, appointment_outcome, rep, field_sales, now, uuid.uuid4())

    assert "appointment_owner" in refused.value.message_dict
    assert not Deal.objects.exists()
    assert not Call.objects.exists()
