"""The queue: order, what is never shown, and that two people never get the same card."""

import datetime as dt

import pytest

from calls.models import FollowUp
from calls.selectors import call_queue
from calls.services import leases
from leads.models import Lead
from leads.services.signals import add_signal
from tests.calls.factories import call, make_lead

pytestmark = pytest.mark.django_db

NUMBERS = (f"+8133456{number}" for number in range(1000, 9999))


def lead_of(team, **fields) -> Lead:
    return make_lead(team, number=next(NUMBERS), **fields)


def names(queue) -> list[str]:
    return [row.lead.name for row in queue.rows]


def with_follow_up(team, rep, now, name, *, tier="A", closes_in=10, **fields) -> FollowUp:
    """A lead whose window is open at `now` and closes in so many hours."""
    lead = lead_of(team, name=name)
    call(lead, rep, now - dt.timedelta(days=3), "interested")
    Lead.objects.filter(pk=lead.pk).update(tier=tier)
    follow_up = lead.follow_ups.get()
    values = {
        "opens_at": now - dt.timedelta(hours=30),
        "closes_at": now + dt.timedelta(hours=closes_in),
        "state": "open",
    }
    FollowUp.objects.filter(pk=follow_up.pk).update(**{**values, **fields})
    return follow_up


def test_queue_orders_promises_second_calls_retries_and_first_calls(team, rep, now):
    lead_of(team, name="一次C", tier="C")
    lead_of(team, name="一次B低", tier="B", temperature=10)
    lead_of(team, name="一次B高", tier="B", temperature=60)
    retry = lead_of(team, name="再架電")
    call(retry, rep, now - dt.timedelta(hours=4), "no_answer", retry_at=now - dt.timedelta(minutes=5))
    with_follow_up(team, rep, now, "二次B", tier="B", closes_in=1)
    with_follow_up(team, rep, now, "二次A遅", tier="A", closes_in=8)
    with_follow_up(team, rep, now, "二次A早", tier="A", closes_in=2)
    with_follow_up(team, rep, now, "約束", tier="C", promised_at=now + dt.timedelta(minutes=5))

    found = names(call_queue(rep, now))

    assert found == ["約束", "二次A早", "二次A遅", "二次B", "再架電", "一次B高", "一次B低", "一次C"]
    assert names(call_queue(rep, now)) == found


def test_queue_shows_an_overdue_second_call(team, rep, now):
    with_follow_up(team, rep, now, "超過", closes_in=-1, state="missed")

    (row,) = call_queue(rep, now).rows
    assert (row.group, row.reason) == ("second", "overdue")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "waiting", "opens_at": dt.timedelta(hours=1)},
        {"state": "attempted", "retry_at": dt.timedelta(hours=1)},
        {"state": "connected", "planned_at": dt.timedelta(days=1)},
        {"promised_at": dt.timedelta(hours=2)},
        {"state": "closed"},
    ],
)
def test_queue_leaves_out_a_second_call_that_is_not_due(team, rep, now, fields):
    with_follow_up(team, rep, now, "二次", closes_in=48)
    assert names(call_queue(rep, now)) == ["二次"]

    moments = {name: now + value if isinstance(value, dt.timedelta) else value for name, value in fields.items()}
    FollowUp.objects.update(**moments)

    assert names(call_queue(rep, now)) == []


def test_queue_never_shows_blocked_leads_or_leads_without_a_number(team, rep, now):
    shown = lead_of(team, name="かけられる")
    lead_of(team, name="禁止")
    make_lead(team, number="", name="番号なし")
    Lead.objects.filter(name="禁止").update(is_blocked=True)

    assert names(call_queue(rep, now)) == [shown.name]


def test_queue_hides_what_a_colleague_holds_until_the_lease_ends(team, rep, colleague, now):
    lead = lead_of(team, name="対応中")
    leases.claim(lead=lead, by=colleague, now=now)

    assert names(call_queue(rep, now)) == []
    assert names(call_queue(colleague, now)) == ["対応中"]
    assert names(call_queue(rep, now + dt.timedelta(minutes=16))) == ["対応中"]


def test_queue_outside_callable_hours_holds_promises_only(team, rep, now):
    evening = now.replace(hour=19)
    lead_of(team, name="一次")
    with_follow_up(team, rep, now, "二次")
    with_follow_up(team, rep, now, "約束", promised_at=evening)

    queue = call_queue(rep, evening)

    assert names(queue) == ["約束"]
    assert not queue.is_callable
    assert queue.next_callable_at == now.replace(hour=9) + dt.timedelta(days=1)


def test_queue_belongs_to_the_team_and_the_planned_rep(team, rep, colleague, stranger, now):
    lead_of(team, name="一次")
    with_follow_up(team, colleague, now, "同僚の二次")

    assert names(call_queue(rep, now)) == ["一次"]
    assert "同僚の二次" in names(call_queue(colleague, now))
    assert names(call_queue(stranger, now)) == []


def test_queue_of_an_agency_rep_holds_assigned_leads_only(agency_rep, now):
    lead_of(agency_rep.team, name="割当", owner=agency_rep)
    lead_of(agency_rep.team, name="未割当")

    assert names(call_queue(agency_rep, now)) == ["割当"]


def test_first_call_promise_comes_first_when_due(team, rep, now):
    lead_of(team, name="一次", tier="A")
    promised = lead_of(team, name="約束", tier="C")
    call(promised, rep, now - dt.timedelta(hours=2), "call_back", promised_at=now + dt.timedelta(minutes=5))

    assert names(call_queue(rep, now)) == ["約束", "一次"]
    assert names(call_queue(rep, now - dt.timedelta(hours=1))) == ["一次"]


def test_lead_that_owes_a_signal_moves_from_first_to_second_calls(team, rep, now):
    from calls.services.lifecycle import open_owed

    lead = lead_of(team, name="資料請求")
    add_signal(lead=lead, kind="document_request", occurred_at=now - dt.timedelta(hours=30), by=None, now=now)
    open_owed(now=now)

    (row,) = call_queue(rep, now).rows
    assert (row.group, row.lead) == ("second", lead)


def test_queue_asks_the_same_number_of_questions_for_one_row_and_for_many(
    team, rep, now, django_assert_max_num_queries
):
    for count in range(12):
        with_follow_up(team, rep, now, f"二次{count}")
        lead_of(team, name=f"一次{count}")

    with django_assert_max_num_queries(12):
        for row in call_queue(rep, now).rows:
            str(row.lead.company)


def test_shorter_queue_is_the_head_of_the_longer_one(team, rep, now):
    for number in range(8):
        follow_up = with_follow_up(team, rep, now, f"二次{number}", closes_in=5)
        Lead.objects.filter(pk=follow_up.lead_id).update(temperature=10 * (number % 4))
        lead_of(team, name=f"一次{number}", temperature=10 * (number % 3))
    connected = with_follow_up(team, rep, now, "接続済", closes_in=50, state="connected")
    FollowUp.objects.filter(pk=connected.pk).update(planned_at=now - dt.timedelta(hours=1))

    whole = names(call_queue(rep, now))

    assert whole[0] == "接続済"
    for limit in (1, 3, 5, 9, 12):
        assert names(call_queue(rep, now, limit=limit)) == whole[:limit]
