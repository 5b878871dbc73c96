"""The demo's desk against the real services: the same calls, one by one, must leave the same rows."""

import dataclasses
import datetime as dt

import pytest
from django.utils import timezone

from calls.calendar import JST
from calls.models import Call, FollowUp, NextAction, Outcome
from calls.services import lifecycle
from calls.services.log_call import log_call
from deals.models import Deal, Handover
from leads.models import Lead, StageMove
from leads.models import Signal as SignalRow
from leads.services.tiers import retier_leads
from reports.demo import records
from reports.demo.rows import FOLLOW_UP_FIELDS, LEAD_FIELDS
from reports.demo.today import call_input
from reports.demo.writer import Writer
from tests.reports.test_demo import small_demo

NOW = dt.datetime(2026, 6, 17, 8, 0, tzinfo=JST)
REPLAYED = 25
PLANNED = {"planned_at", "plan_reasons", "needs_plan"}  # a plan is the planner's, and the demo leaves it to it
NIGHT = dt.time(3)


@pytest.fixture
def replay(db):
    """The leads with most calls, called again through the services; answers the writer that knows their rows."""
    world = small_demo(NOW).world
    again = dataclasses.replace(
        world,
        **{
            field: []
            for field in (
                "calls",
                "follow_ups",
                "follow_up_moves",
                "stage_moves",
                "actions",
                "blocks",
                "deals",
                "deal_moves",
                "notices",
                "audits",
            )
        },
    )
    chosen = _chosen(world)
    pairs = [(lead, _fresh(lead)) for lead in chosen]
    again.leads = [fresh for _, fresh in pairs]
    writer = Writer(again, dict(Outcome.objects.values_list("code", "pk")))
    writer.write()
    for lead, fresh in pairs:
        for old, new in ((lead, fresh), *zip(lead.phones, fresh.phones, strict=True)):
            writer.put(old, writer.row_of(new))
    _call_again(chosen, world.follow_up_moves, writer)
    return world, chosen, writer


def _chosen(world: records.World) -> list[records.Lead]:
    """Leads whose whole story is calls: no deal that went on, nobody else's block, no change of owner, no signal that
    came in on its own."""
    owed = {id(follow_up.lead) for follow_up in world.follow_ups if follow_up.reaction_signal}
    moved_on = {id(deal.lead) for deal in world.deals if len([m for m in world.deal_moves if m.of is deal]) > 1}
    shared = {id(lead) for lead in world.leads if lead.is_blocked and "do_not_call" not in _results(lead)}
    given_up = {id(move.of.lead) for move in world.follow_up_moves if move.to == "cancelled"}
    left_out = owed | moved_on | shared | given_up
    found = [lead for lead in world.leads if lead.calls and id(lead) not in left_out and lead.version == 1]
    return sorted(found, key=lambda lead: (-len(lead.calls), lead.number))[:REPLAYED] + [
        lead for lead in found if lead.deals or lead.is_blocked or not lead.has_callable_phone
    ]


def _results(lead: records.Lead) -> set[str]:
    return {call.outcome.result for call in lead.calls}


def _fresh(lead: records.Lead) -> records.Lead:
    """The lead as it was before anybody called."""
    facts = {field.name: field.default for field in dataclasses.fields(lead) if field.name in LEAD_FIELDS[6:]}
    facts = {name: value for name, value in facts.items() if value is not dataclasses.MISSING}
    fresh = dataclasses.replace(lead, phones=[], calls=[], deals=[], follow_up=None, **facts)
    fresh.phones = [dataclasses.replace(phone, lead=fresh, is_valid=True, invalid_reason="") for phone in lead.phones]
    known = [signal for signal in lead.signals if signal.kind != "call_reaction"]
    fresh.signals = [dataclasses.replace(signal, lead=fresh) for signal in known]
    fresh.last_reaction_at = max((signal.occurred_at for signal in known), default=None)
    return fresh


def _call_again(chosen: list[records.Lead], moves: list[records.Move], writer: Writer) -> None:
    outcomes = Outcome.objects.in_bulk(field_name="code")
    calls = {call.form_key: call for lead in chosen for call in lead.calls}
    ticks = sorted(move.at for move in moves if move.by is None and any(move.of.lead is lead for lead in chosen))
    for call in sorted(calls.values(), key=lambda call: call.called_at):
        while ticks and ticks[0] <= call.called_at:
            _tick(ticks.pop(0))
        pk = writer.pk_of(call.lead)
        night = dt.datetime.combine(call.called_at.astimezone(JST).date(), NIGHT, JST)
        if Lead.objects.filter(pk=pk).exclude(tiered_at__gte=night).exists():
            retier_leads(lead_ids=[pk], now=night)
        data = call_input(call, writer, outcomes)
        log_call(
            lead=Lead.objects.get(pk=pk),
            data=data,
            form_key=call.form_key,
            by=writer.row_of(call.rep),
            now=call.called_at,
        )
    for moment in [*ticks, NOW]:
        _tick(moment)
    retier_leads(lead_ids=[writer.pk_of(lead) for lead in chosen], now=NOW)


def _tick(now: dt.datetime) -> None:
    lifecycle.open_windows(now=now)
    lifecycle.mark_missed(now=now)


def test_leads_come_out_the_same(replay):
    _world, chosen, writer = replay

    assert len(chosen) > REPLAYED
    for lead in chosen:
        row = Lead.objects.get(pk=writer.pk_of(lead))
        is_only_planned = lead.follow_up and lead.follow_up.first_attempted_at is None
        kept = [name for name in LEAD_FIELDS if not (is_only_planned and name == "next_call_at")]
        assert {name: getattr(row, name) for name in kept} == {name: getattr(lead, name) for name in kept}
        assert row.owner_id == writer.pk_of(lead.owner)
        assert [(phone.is_valid, phone.invalid_reason) for phone in row.phones.order_by("position")] == [
            (phone.is_valid, phone.invalid_reason) for phone in lead.phones
        ]


def test_calls_follow_ups_and_their_moves_come_out_the_same(replay):
    world, chosen, writer = replay
    told = [name for name in FOLLOW_UP_FIELDS if name not in PLANNED]
    seen = 0

    for lead in chosen:
        pk = writer.pk_of(lead)
        for call in lead.calls:
            row = Call.objects.get(form_key=call.form_key)
            assert (row.kind, row.tier, row.result) == (call.kind, call.tier, call.outcome.result)
        mine = [follow_up for follow_up in world.follow_ups if follow_up.lead is lead]
        rows = FollowUp.objects.filter(lead=pk).order_by("reaction_at")
        assert len(rows) == len(mine)
        for row, follow_up in zip(rows, mine, strict=True):
            seen += 1
            assert {name: getattr(row, name) for name in told} == {name: getattr(follow_up, name) for name in told}
            assert _known(row.facts) == _known(follow_up.facts | {"lead_list": writer.pk_of(lead.lead_list)})
            moves = [move for move in world.follow_up_moves if move.of is follow_up]
            assert [(move.from_state, move.to_state, move.reason) for move in row.moves.order_by("at", "pk")] == [
                (move.from_, move.to, move.reason) for move in moves
            ]
            if follow_up.first_attempted_at and follow_up.is_live:
                assert row.planned_at == follow_up.planned_at
    assert seen >= 5


def _known(facts: dict) -> dict:
    return facts | {"at": dt.datetime.fromisoformat(facts["at"])}


def test_what_follows_from_calls_comes_out_the_same(replay):
    world, chosen, writer = replay

    for lead in chosen:
        pk = writer.pk_of(lead)
        moves = [(move.from_, move.to, move.at) for move in world.stage_moves if move.of is lead]
        rows = StageMove.objects.filter(lead=pk).order_by("at", "pk")
        assert [(move.from_stage, move.to_stage, move.at) for move in rows] == moves
        signals = SignalRow.objects.filter(lead=pk).values_list("kind", "occurred_at")
        assert sorted(signals) == sorted((signal.kind, signal.occurred_at) for signal in lead.signals)
        actions = [action for action in world.actions if action.call.lead is lead]
        kept = NextAction.objects.filter(lead=pk).order_by("pk")
        assert [(row.kind, row.due_at) for row in kept] == [(action.kind, action.due_at) for action in actions]
        owed = [(row.done_at, row.cancelled_at) for row in kept if row.kind == "follow_up_call"]
        calls = [action for action in actions if action.kind == "follow_up_call"]
        assert owed == [(action.done_at, action.cancelled_at) for action in calls]


def test_deals_come_out_the_same(replay):
    world, chosen, writer = replay
    mine = [deal for deal in world.deals if any(deal.lead is lead for lead in chosen)]

    assert mine
    for deal in mine:
        row = Deal.objects.get(appointment_call__form_key=deal.call.form_key)
        assert (row.origin, row.starts_at, row.place) == (deal.origin, deal.meeting.starts_at, deal.meeting.place)
        assert row.appointment_at == deal.appointment_at
        assert row.owner_id == writer.pk_of(deal.meeting.owner)
        assert Handover.objects.get(deal=row).sheet == deal.sheet
        assert timezone.is_aware(row.starts_at)
