"""What time does to follow-ups: windows open, deadlines pass, absent reps hand over, each thing once."""

import datetime as dt

import pytest

from accounts.hours import Block
from accounts.models import Absence
from accounts.services.audit import AuditEntry
from accounts.services.schedule import set_working_hours
from calls.models import FollowUp, FollowUpMove, Notice, Tick
from calls.services import lifecycle, ticks
from calls.services.follow_ups import cancel
from calls.services.plans import plan_follow_ups, reassign
from leads.models import Lead, Signal
from leads.services.signals import add_signal
from tests.calls.factories import call, make_lead

pytestmark = pytest.mark.django_db

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


@pytest.fixture
def follow_up(team, rep, now) -> FollowUp:
    """A reaction of this Tuesday 10:00: the window is Wednesday 10:00 to Friday 10:00."""
    return call(make_lead(team), rep, now, "interested").follow_up


def test_reacting_signal_opens_its_follow_up_once(team, now):
    lead = make_lead(team)
    add_signal(lead=lead, kind="document_request", occurred_at=now - HOUR, by=None, now=now)

    assert lifecycle.open_owed(now=now) == 1
    assert lifecycle.open_owed(now=now) == 0
    assert FollowUp.objects.get().reaction_signal.kind == "document_request"


def test_signal_of_long_ago_owes_no_second_call(team, now):
    lead = make_lead(team)
    add_signal(lead=lead, kind="document_request", occurred_at=now - 15 * DAY, by=None, now=now)
    lifecycle.open_owed(now=now)

    assert not FollowUp.objects.exists()
    assert not Signal.objects.filter(needs_follow_up=True).exists()


def test_business_card_owes_no_second_call(team, now):
    add_signal(lead=make_lead(team), kind="business_card", occurred_at=now - HOUR, by=None, now=now)

    assert lifecycle.open_owed(now=now) == 0
    assert not FollowUp.objects.exists()


def test_signal_of_a_lead_that_is_owed_already_opens_no_second(follow_up, now):
    add_signal(lead=follow_up.lead, kind="inquiry", occurred_at=now + HOUR, by=None, now=now + 2 * HOUR)
    lifecycle.open_owed(now=now + 2 * HOUR)

    assert FollowUp.objects.count() == 1
    assert not Signal.objects.filter(needs_follow_up=True).exists()


def test_window_opens_at_its_minute_and_tells_the_rep(follow_up, rep, now):
    assert lifecycle.open_windows(now=follow_up.opens_at - dt.timedelta(minutes=1)) == 0
    assert lifecycle.open_windows(now=follow_up.opens_at) == 1
    assert lifecycle.open_windows(now=follow_up.opens_at) == 0

    follow_up.refresh_from_db()
    assert follow_up.state == "open"
    assert list(FollowUpMove.objects.order_by("pk").values_list("from_state", "to_state")) == [
        ("", "waiting"),
        ("waiting", "open"),
    ]
    assert Notice.objects.get(kind="opened").user == rep


def test_missed_window_stays_owed_and_is_on_the_managers_list(follow_up, rep, manager, now):
    lifecycle.open_windows(now=follow_up.opens_at)
    late = follow_up.closes_at + dt.timedelta(minutes=1)

    assert lifecycle.mark_missed(now=follow_up.closes_at) == 0
    assert lifecycle.mark_missed(now=late) == 1
    assert lifecycle.mark_missed(now=late) == 0

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.close_reason, follow_up.missed_at) == ("missed", "not_attempted", late)
    assert follow_up.is_live
    assert set(Notice.objects.filter(kind="missed").values_list("user", flat=True)) == {rep.pk, manager.pk}


def test_late_start_after_days_opens_and_marks_in_one_tick(follow_up, manager, now):
    ticks.tick(now=now + 10 * DAY)

    follow_up.refresh_from_db()
    assert follow_up.state == "missed"
    assert Notice.objects.filter(kind="missed", user=manager).exists()


def test_call_on_a_missed_follow_up_serves_it_and_it_is_not_missed_again(follow_up, rep, now):
    late = now + 10 * DAY
    ticks.tick(now=late)
    call(follow_up.lead, rep, late + HOUR, "no_answer")
    ticks.tick(now=late + 2 * HOUR)

    follow_up.refresh_from_db()
    assert follow_up.state == "attempted"
    assert Notice.objects.filter(kind="missed", user=rep).count() == 1


def test_blocked_lead_cancels_its_follow_up(follow_up, now):
    Lead.objects.update(is_blocked=True)

    assert lifecycle.cancel_blocked(now=now) == 1
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.close_reason) == ("cancelled", "blocked")


def test_cancelled_follow_up_leaves_a_lead_to_nurture(follow_up, manager, now):
    cancel(follow_up=follow_up, reason="not_wanted", by=manager, now=now)

    assert Lead.objects.get().stage == "nurturing"


def test_plan_puts_the_call_inside_its_window_with_its_first_rep(follow_up, rep, colleague, now):
    plan_follow_ups(now=now)

    follow_up.refresh_from_db()
    assert follow_up.rep == rep
    assert follow_up.opens_at <= follow_up.planned_at < follow_up.closes_at
    assert not follow_up.needs_plan


def test_planning_again_changes_nothing(follow_up, now):
    assert plan_follow_ups(now=now) == 1
    before = FollowUp.objects.values().get()
    FollowUp.objects.update(needs_plan=True)
    plan_follow_ups(now=now)

    assert FollowUp.objects.values().get() == before


def test_absence_hands_the_planned_call_to_a_colleague_before_the_window_closes(follow_up, rep, colleague, now):
    plan_follow_ups(now=now)
    Absence.objects.create(user=rep, starts_at=now, ends_at=now + 5 * DAY)
    ticks.tick(now=now + HOUR)

    follow_up.refresh_from_db()
    assert follow_up.rep == colleague
    assert follow_up.planned_at < follow_up.closes_at
    assert Notice.objects.filter(kind="handed_over", user=colleague).count() == 1
    assert AuditEntry.objects.filter(verb="hand_over", target_id=follow_up.pk).count() == 1


def test_changed_hours_hand_the_planned_call_to_a_colleague(follow_up, rep, colleague, now):
    plan_follow_ups(now=now)
    mondays = [Block(0, dt.time(9), dt.time(18))]
    set_working_hours(user=rep, blocks=mondays, by=rep, now=now + HOUR)
    ticks.tick(now=now + HOUR + dt.timedelta(minutes=1))

    follow_up.refresh_from_db()
    assert follow_up.rep == colleague


def test_promise_of_an_absent_rep_goes_to_a_colleague_and_keeps_its_time(follow_up, rep, colleague, now):
    promised = follow_up.opens_at + 3 * HOUR
    call(follow_up.lead, rep, follow_up.opens_at, "call_back", promised_at=promised)
    Absence.objects.create(user=rep, starts_at=promised - HOUR, ends_at=promised + DAY)
    ticks.tick(now=promised - dt.timedelta(minutes=50))

    follow_up.refresh_from_db()
    assert (follow_up.rep, follow_up.promised_at, follow_up.planned_at) == (colleague, promised, promised)


def test_promise_nobody_can_keep_is_flagged_and_stays(follow_up, rep, manager, now):
    promised = follow_up.opens_at + 3 * HOUR
    call(follow_up.lead, rep, follow_up.opens_at, "call_back", promised_at=promised)
    Absence.objects.create(user=rep, starts_at=promised - HOUR, ends_at=promised + DAY)
    ticks.tick(now=promised - dt.timedelta(minutes=50))

    follow_up.refresh_from_db()
    assert (follow_up.rep, follow_up.promised_at) == (rep, promised)
    assert Notice.objects.filter(kind="promise_at_risk", user=manager).count() == 1


def test_more_than_the_team_can_call_warns_the_manager_before_it_happens(team, rep, manager, now):
    rep.slots_per_hour = 1
    rep.save()
    for number in range(18):
        call(make_lead(team, number=f"+8133456{2000 + number}"), rep, now, "interested")
    ticks.tick(now=now)

    without = FollowUp.objects.filter(planned_at=None)
    assert without.count() == 2
    assert Notice.objects.filter(kind="at_risk", user=manager).count() == 2
    assert FollowUp.objects.exclude(planned_at=None).count() == 16


def test_reassigned_call_goes_to_the_new_rep_and_is_planned_for_them(follow_up, rep, colleague, manager, now):
    plan_follow_ups(now=now)
    reassign(follow_up=follow_up, rep=colleague, by=manager, now=now)
    plan_follow_ups(now=now)

    follow_up.refresh_from_db()
    assert follow_up.rep == colleague
    assert follow_up.planned_at


def test_tick_runs_once_per_minute_however_many_ask(follow_up, now):
    assert ticks.tick(now=now) is not None
    assert ticks.tick(now=now + dt.timedelta(seconds=30)) is None
    assert ticks.tick(now=now + dt.timedelta(minutes=1)) is not None
    assert Tick.objects.count() == 2


def test_tick_that_died_does_not_stop_the_next_for_ever(now):
    Tick.objects.create(job=ticks.JOB, slot=now, started_at=now)

    assert ticks.tick(now=now + dt.timedelta(minutes=1)) is None
    assert ticks.tick(now=now + dt.timedelta(minutes=11)) is not None


def test_poison_row_keeps_no_other_back(team, rep, now, monkeypatch, caplog):
    follow_ups = [
        call(make_lead(team, number=f"+8133456{3000 + number}"), rep, now, "interested").follow_up
        for number in range(3)
    ]
    opened = lifecycle.change_state

    def poisoned(*, follow_up, **kwargs):
        if follow_up.pk == follow_ups[1].pk:
            raise RuntimeError
        opened(follow_up=follow_up, **kwargs)

    monkeypatch.setattr(lifecycle, "change_state", poisoned)

    assert lifecycle.open_windows(now=follow_ups[0].opens_at) == 2
    assert FollowUp.objects.filter(state="open").count() == 2
    assert "tick_row_failed" in caplog.text


def test_notice_is_mailed_once(follow_up, rep, now, mailoutbox):
    lifecycle.open_windows(now=follow_up.opens_at)
    late = follow_up.closes_at + HOUR
    ticks.tick(now=late)
    ticks.tick(now=late + HOUR)

    assert [mail.to for mail in mailoutbox] == [[rep.email]]
    assert follow_up.lead.name in mailoutbox[0].body
