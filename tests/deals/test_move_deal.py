"""Every move is history, stamps the follow-up and brings the lead along; a wrong one is refused in plain words."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEntry
from calls.models import Notice
from deals.models import Deal, DealMove
from deals.services.move_deal import move_deal
from deals.services.open_deal import open_deal_from_call
from leads.models import Stage
from tests.deals.conftest import DAY, HOUR, details_for, make_call


def go(deal, to, by, at, **fields) -> Deal:
    return move_deal(deal=deal, to=to, version=deal.version, by=by, now=at, **fields)


@pytest.fixture
def after(deal) -> dt.datetime:
    """An hour after the meeting began."""
    return deal.starts_at + HOUR


def test_the_road_from_appointment_to_won(deal, field_sales, after):
    held = go(deal, "held", field_sales, after)
    opportunity = go(held, "opportunity", field_sales, after + DAY, amount_yen=2_500_000)
    won = go(opportunity, "won", field_sales, after + 2 * DAY)

    deal.refresh_from_db()
    assert (deal.stage, deal.amount_yen, deal.version) == ("won", 2_500_000, 4)
    assert (won.held_at, won.opportunity_at, won.won_at) == (deal.starts_at, after + DAY, after + 2 * DAY)
    assert list(DealMove.objects.filter(deal=deal).order_by("pk").values_list("to_stage", flat=True)) == [
        "appointment",
        "held",
        "opportunity",
        "won",
    ]
    assert AuditEntry.objects.about(deal).filter(verb="move_deal").count() == 3
    deal.lead.refresh_from_db()
    assert deal.lead.stage == Stage.WON


def test_steps_are_stamped_on_the_follow_up(deal, field_sales, after):
    held = go(deal, "held", field_sales, after)
    go(held, "opportunity", field_sales, after + DAY)

    deal.follow_up.refresh_from_db()
    assert deal.follow_up.held_at == deal.starts_at
    assert deal.follow_up.opportunity_at == after + DAY
    assert deal.follow_up.won_at is None


@pytest.mark.parametrize(
    ("stage", "to", "fields", "sentence"),
    [
        ("appointment", "won", {"amount_yen": 1}, "「商談予定」から「受注」へは変更できません。"),
        ("held", "won", {"amount_yen": 1}, "「商談実施」から「受注」へは変更できません。"),
        ("lost", "opportunity", {}, "「失注」から「案件」へは変更できません。"),
        ("opportunity", "won", {}, "受注金額を入力してください。"),
        ("held", "lost", {"lost_reason": "  "}, "失注の理由を入力してください。"),
        ("no_show", "appointment", {}, "新しい商談日時を入力してください。"),
        ("appointment", "returned", {}, "差戻しは「差し戻す」から登録してください。"),
        ("held", "nonsense", {}, "「商談実施」から「nonsense」へは変更できません。"),
    ],
)
def test_a_wrong_move_is_refused_in_words_and_changes_nothing(deal, field_sales, after, stage, to, fields, sentence):
    Deal.objects.filter(pk=deal.pk).update(stage=stage, lost_reason="価格" if stage == "lost" else "")
    deal.refresh_from_db()

    with pytest.raises(ValidationError) as refused:
        go(deal, to, field_sales, after, **fields)

    assert refused.value.messages == [sentence]
    deal.refresh_from_db()
    assert (deal.stage, deal.version) == (stage, 1)
    assert DealMove.objects.filter(deal=deal).count() == 1


def test_a_result_before_the_meeting_is_refused(deal, field_sales):
    with pytest.raises(ValidationError, match="開始時刻を過ぎてから"):
        go(deal, "held", field_sales, deal.starts_at - dt.timedelta(seconds=1))


def test_a_rep_moves_nothing(deal, rep, after):
    with pytest.raises(ValidationError, match="権限がありません"):
        go(deal, "held", rep, after)


def test_a_double_click_moves_once_and_says_so(deal, field_sales, after):
    go(deal, "held", field_sales, after)

    with pytest.raises(ValidationError, match="先に更新されています"):
        go(deal, "held", field_sales, after)

    assert DealMove.objects.filter(deal=deal, to_stage="held").count() == 1


def test_a_failing_step_takes_the_whole_move_back(deal, field_sales, after, failing):
    failing("deals.services.move_deal.bring_lead_along")

    with pytest.raises(ZeroDivisionError):
        go(deal, "held", field_sales, after)

    deal.refresh_from_db()
    deal.follow_up.refresh_from_db()
    assert (deal.stage, deal.held_at, deal.follow_up.held_at) == ("appointment", None, None)
    assert DealMove.objects.filter(deal=deal).count() == 1
    assert deal.handover.status == "pending"


def test_a_result_accepts_an_unanswered_hand_over_and_tells_the_rep(deal, field_sales, rep, after):
    go(deal, "held", field_sales, after)

    deal.handover.refresh_from_db()
    assert (deal.handover.status, deal.handover.answered_by) == ("accepted", field_sales)
    assert Notice.objects.filter(user=rep, kind=Notice.Kind.ACCEPTED).count() == 1


def test_a_no_show_is_booked_again_invited_again_and_counts_as_held_when_held(deal, field_sales, after):
    missed = go(deal, "no_show", field_sales, after)
    deal.handover.__class__.objects.filter(deal=deal).update(mailed_at=after, mail_claimed_until=after)

    again = go(missed, "appointment", field_sales, after, starts_at=after + 2 * DAY)

    deal.handover.refresh_from_db()
    assert (again.stage, again.starts_at, again.held_at) == ("appointment", after + 2 * DAY, None)
    assert (deal.handover.mailed_at, deal.handover.mail_claimed_until, deal.handover.mail_due) == (None, None, True)
    held = go(again, "held", field_sales, after + 3 * DAY)
    assert held.held_at == after + 2 * DAY


def test_lost_keeps_its_reason_and_loses_the_lead(deal, field_sales, after):
    lost = go(go(deal, "held", field_sales, after), "lost", field_sales, after, lost_reason="他社に決定")

    deal.lead.refresh_from_db()
    assert (lost.lost_reason, lost.lost_at, deal.lead.stage) == ("他社に決定", after, Stage.LOST)
    assert DealMove.objects.filter(deal=deal).order_by("-pk").first().note == "他社に決定"


def test_a_lost_deal_leaves_the_lead_alone_while_another_is_open(deal, lead, rep, field_sales, now, after):
    call = make_call(lead, rep, now=now, result="appointment")
    open_deal_from_call(call=call, details=details_for(field_sales, now), by=rep, now=now)

    go(deal, "lost", field_sales, after, lost_reason="重複")

    lead.refresh_from_db()
    assert lead.stage == Stage.APPOINTMENT


def test_a_lead_called_again_meanwhile_still_follows_its_deal(deal, lead, field_sales, after):
    lead.__class__.objects.filter(pk=lead.pk).update(stage=Stage.NURTURING)

    go(go(deal, "held", field_sales, after), "opportunity", field_sales, after)

    lead.refresh_from_db()
    assert lead.stage == Stage.OPPORTUNITY


def test_the_block_of_a_lead_stands_while_its_deal_goes_on(deal, lead, field_sales, after):
    lead.__class__.objects.filter(pk=lead.pk).update(stage=Stage.BLOCKED, is_blocked=True)

    moved = go(go(deal, "held", field_sales, after), "opportunity", field_sales, after)

    lead.refresh_from_db()
    assert (moved.stage, lead.is_blocked) == ("opportunity", True)
