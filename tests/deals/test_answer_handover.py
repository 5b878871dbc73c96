"""Field sales accept a hand-over or return it; a return owes the lead a second call again."""

import pytest
from django.core.exceptions import ValidationError

from calls.models import FollowUp, Notice
from deals.models import Deal, Handover
from deals.services.answer_handover import accept_handover, return_handover
from deals.services.open_deal import enter_inbound_deal, open_deal_from_call
from leads.models import Stage
from tests.deals.conftest import DAY, HOUR, details_for, make_call, make_lead


def test_accepting_tells_who_set_the_appointment_once(deal, field_sales, rep, now):
    accepted = accept_handover(deal=deal, version=deal.version, by=field_sales, now=now)

    with pytest.raises(ValidationError, match="すでに回答済み"):
        accept_handover(deal=accepted, version=accepted.version, by=field_sales, now=now)
    deal.handover.refresh_from_db()
    assert (deal.handover.status, deal.handover.answered_at) == ("accepted", now)
    assert Notice.objects.filter(user=rep, kind=Notice.Kind.ACCEPTED).count() == 1


def test_a_stale_page_accepts_nothing(deal, field_sales, now):
    with pytest.raises(ValidationError, match="先に更新されています"):
        accept_handover(deal=deal, version=deal.version + 1, by=field_sales, now=now)

    deal.handover.refresh_from_db()
    assert deal.handover.status == "pending"


def test_a_return_opens_a_follow_up_with_a_new_window_and_tells_the_rep(deal, field_sales, rep, now):
    returned_at = now + HOUR

    follow_up = return_handover(deal=deal, version=deal.version, reason="決裁者が不明", by=field_sales, now=returned_at)

    deal.refresh_from_db()
    deal.handover.refresh_from_db()
    deal.lead.refresh_from_db()
    assert (deal.stage, deal.handover.status, deal.handover.return_reason) == ("returned", "returned", "決裁者が不明")
    assert (follow_up.returned_from, follow_up.reaction_at) == (deal.follow_up, returned_at)
    assert follow_up.raw_opens_at == returned_at + DAY
    assert follow_up.state == FollowUp.State.WAITING
    assert deal.lead.stage == Stage.FOLLOW_UP
    notice = Notice.objects.get(user=rep, kind=Notice.Kind.RETURNED)
    assert notice.follow_up == follow_up


def test_an_accepted_hand_over_can_still_be_returned_while_the_meeting_is_planned(deal, field_sales, now):
    accepted = accept_handover(deal=deal, version=deal.version, by=field_sales, now=now)

    return_handover(deal=accepted, version=accepted.version, reason="先方が延期", by=field_sales, now=now)

    assert Deal.objects.get().stage == "returned"


@pytest.mark.parametrize("stage", ["held", "no_show", "opportunity", "won", "returned"])
def test_only_an_appointment_can_be_returned(deal, field_sales, now, stage):
    Deal.objects.filter(pk=deal.pk).update(stage=stage)

    with pytest.raises(ValidationError, match="から「差戻し」へは変更できません"):
        return_handover(deal=deal, version=1, reason="理由", by=field_sales, now=now)

    assert not FollowUp.objects.live().exists()


def test_a_return_needs_a_reason(deal, field_sales, now):
    with pytest.raises(ValidationError) as refused:
        return_handover(deal=deal, version=1, reason="  ", by=field_sales, now=now)

    assert refused.value.message_dict == {"reason": ["差戻しの理由を入力してください。"]}
    assert not FollowUp.objects.live().exists()


def test_a_double_return_opens_one_follow_up(deal, field_sales, now):
    return_handover(deal=deal, version=1, reason="理由", by=field_sales, now=now)

    with pytest.raises(ValidationError, match="先に更新されています"):
        return_handover(deal=deal, version=1, reason="理由", by=field_sales, now=now)

    assert FollowUp.objects.live().count() == 1


def test_a_returned_first_call_appointment_takes_that_call_as_its_reaction(team, field_sales, rep, now):
    lead = make_lead(team, stage=Stage.CALLING)
    call = make_call(lead, rep, now=now, result="appointment")
    deal = open_deal_from_call(call=call, details=details_for(field_sales, now), by=rep, now=now)

    follow_up = return_handover(deal=deal, version=1, reason="時期が先", by=field_sales, now=now)

    assert (follow_up.reaction_call, follow_up.returned_from) == (call, None)


def test_a_return_on_a_blocked_lead_opens_no_second_call(deal, lead, field_sales, now):
    lead.__class__.objects.filter(pk=lead.pk).update(is_blocked=True, stage=Stage.BLOCKED)

    assert return_handover(deal=deal, version=1, reason="架電禁止", by=field_sales, now=now) is None

    lead.refresh_from_db()
    assert (Deal.objects.get().stage, lead.stage) == ("returned", Stage.BLOCKED)
    assert not FollowUp.objects.live().exists()


def test_an_inbound_deal_has_nobody_to_go_back_to(team, field_sales, manager, now):
    deal = enter_inbound_deal(lead=make_lead(team), details=details_for(field_sales, now), by=manager, now=now)

    with pytest.raises(ValidationError, match="架電から生まれた商談だけ"):
        return_handover(deal=deal, version=1, reason="理由", by=field_sales, now=now)

    assert Handover.objects.get().status == "pending"


def test_a_failure_takes_the_whole_return_back(deal, field_sales, now, failing):
    failing("deals.services.answer_handover.notify")

    with pytest.raises(ZeroDivisionError):
        return_handover(deal=deal, version=1, reason="理由", by=field_sales, now=now)

    deal.refresh_from_db()
    assert (deal.stage, Handover.objects.get().status) == ("appointment", "pending")
    assert not FollowUp.objects.live().exists()
    assert not Notice.objects.filter(kind=Notice.Kind.RETURNED).exists()
