"""One record of the demo's world as the row it becomes. `pk` answers with the id of a record already written."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from calls.models import Call, FollowUp, FollowUpMove, Hearing, NextAction, ScriptVersion
from calls.outcomes import RULES
from calls.services.follow_ups import reasons_as_json
from deals.models import Deal, DealMove, Handover
from leads.importing.companies import company_key
from leads.models import Company, DoNotCall, Lead, PhoneNumber, Signal, StageMove
from leads.search import search_text
from leads.services.blocks import number_hash
from reports.demo import records

Ids = Callable[[Any], int | None]
MAIL_TAKES = dt.timedelta(seconds=40)
LEAD_FIELDS = (
    "name",
    "kana",
    "department",
    "title",
    "email",
    "extra",
    "stage",
    "tier",
    "tier_reasons",
    "temperature",
    "tier_rule_version",
    "tiered_at",
    "call_count",
    "last_called_at",
    "last_result",
    "last_reached_at",
    "last_reaction_at",
    "problem_recorded_at",
    "refused_at",
    "revive_on",
    "timing",
    "budget",
    "decision_maker",
    "next_call_at",
    "next_call_is_promise",
    "is_blocked",
    "has_callable_phone",
    "version",
)
FOLLOW_UP_FIELDS = (
    "reaction_at",
    "state",
    "close_reason",
    "is_agency",
    "tier",
    "temperature",
    "planned_at",
    "plan_reasons",
    "needs_plan",
    "promised_at",
    "retry_at",
    "attempts",
    "first_attempted_at",
    "connected_at",
    "appointment_at",
    "held_at",
    "opportunity_at",
    "won_at",
    "missed_at",
    "closed_at",
)
DEAL_FIELDS = (
    "origin",
    "stage",
    "amount_yen",
    "close_on",
    "lost_reason",
    "held_at",
    "opportunity_at",
    "won_at",
    "lost_at",
    "version",
    "appointment_at",
)


def company_row(company: records.Company, pk: Ids) -> Company:
    return Company(
        name=company.name,
        name_key=company_key(company.name),
        kana=company.kana,
        industry=company.industry,
        employees=company.employees,
        prefecture=company.prefecture,
        address=company.address,
        url=company.url,
    )


def lead_row(lead: records.Lead, pk: Ids) -> Lead:
    company = lead.company
    kept = {name: getattr(lead, name) for name in LEAD_FIELDS}
    return Lead(
        company_id=pk(company),
        team_id=pk(lead.team),
        owner_id=pk(lead.owner),
        lead_list_id=pk(lead.lead_list),
        source=lead.lead_list.source,
        search_text=search_text(
            company=company.name,
            company_kana=company.kana,
            name=lead.name,
            kana=lead.kana,
            email=lead.email,
            numbers=[phone.e164 for phone in lead.phones],
        ),
        **kept,
    )


def phone_row(phone: records.Phone, pk: Ids) -> PhoneNumber:
    return PhoneNumber(
        lead_id=pk(phone.lead),
        label=phone.label,
        raw=phone.raw,
        e164=phone.e164,
        extension=phone.extension,
        is_valid=phone.is_valid,
        invalid_reason=phone.invalid_reason,
        position=phone.position,
    )


def signal_row(signal: records.Signal, pk: Ids) -> Signal:
    return Signal(
        lead_id=pk(signal.lead),
        kind=signal.kind,
        occurred_at=signal.occurred_at,
        note=signal.note,
        created_by_id=pk(signal.by),
    )


def stage_move_row(move: records.Move, pk: Ids) -> StageMove:
    by = pk(move.by)
    return StageMove(lead_id=pk(move.of), from_stage=move.from_, to_stage=move.to, at=move.at, by_id=by)


def block_row(block: records.DoNotCall, pk: Ids) -> DoNotCall:
    return DoNotCall(
        scope=block.scope,
        e164=block.e164,
        e164_hash=number_hash(block.e164) if block.e164 else "",
        company_id=pk(block.lead.company),
        lead_id=pk(block.lead),
        requested_by=block.requested_by,
        words=block.words,
        requested_at=block.requested_at,
        created_by_id=pk(block.by),
    )


def hearing_row(call: records.Call, pk: Ids) -> Hearing:
    hearing = Hearing(call_id=pk(call), lead_id=pk(call.lead), heard_at=call.called_at)
    for fact, entry in call.talk.hearing.items():
        setattr(hearing, f"{fact}_state", entry["state"])
        for name, value in entry.items():
            if name != "state":
                setattr(hearing, fact if name == "value" else name, value)
    return hearing


def follow_up_row(item: records.FollowUp, pk: Ids) -> FollowUp:
    window = item.window
    return FollowUp(
        lead_id=pk(item.lead),
        reaction_call_id=pk(item.reaction_call),
        reaction_signal_id=pk(item.reaction_signal),
        returned_from_id=pk(item.returned_from),
        raw_opens_at=window.raw_opens_at,
        raw_closes_at=window.raw_closes_at,
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        window_reasons=reasons_as_json(window),
        first_rep_id=pk(item.first_rep),
        rep_id=pk(item.rep),
        attempted_by_id=pk(item.attempted_by),
        team_id=pk(item.lead.team),
        facts=item.facts | {"lead_list": pk(item.lead.lead_list)},
        **{name: getattr(item, name) for name in FOLLOW_UP_FIELDS},
    )


def follow_up_move_row(move: records.Move, pk: Ids) -> FollowUpMove:
    return FollowUpMove(
        follow_up_id=pk(move.of),
        from_state=move.from_,
        to_state=move.to,
        reason=move.reason,
        at=move.at,
        by_id=pk(move.by),
    )


def action_row(action: records.NextAction, pk: Ids) -> NextAction:
    return NextAction(
        lead_id=pk(action.call.lead),
        call_id=pk(action.call),
        kind=action.kind,
        owner_id=pk(action.owner),
        due_at=action.due_at,
        note=action.note,
        done_at=action.done_at,
        cancelled_at=action.cancelled_at,
    )


def deal_row(deal: records.Deal, pk: Ids) -> Deal:
    meeting = deal.meeting
    return Deal(
        lead_id=pk(deal.lead),
        follow_up_id=pk(deal.follow_up),
        appointment_call_id=pk(deal.call),
        owner_id=pk(meeting.owner),
        set_by_id=pk(deal.set_by),
        team_id=pk(deal.team),
        starts_at=meeting.starts_at,
        is_online=meeting.is_online,
        place=meeting.place,
        participants=meeting.participants,
        **{name: getattr(deal, name) for name in DEAL_FIELDS},
    )


def deal_move_row(move: records.Move, pk: Ids) -> DealMove:
    by = pk(move.by)
    deal = pk(move.of)
    return DealMove(deal_id=deal, from_stage=move.from_, to_stage=move.to, note=move.reason, at=move.at, by_id=by)


def handover_row(deal: records.Deal, pk: Ids) -> Handover:
    return Handover(
        deal_id=pk(deal),
        status=deal.status,
        sheet=deal.sheet,
        todo=deal.meeting.todo,
        mail_due=deal.status != "returned",
        mailed_at=deal.appointment_at + MAIL_TAKES,
        answered_at=deal.answered_at,
        answered_by_id=pk(deal.answered_by),
        return_reason=deal.return_reason,
    )


def call_row(call: records.Call, pk: Ids, *, outcome_id: int, script_version: ScriptVersion) -> Call:
    talk, outcome, rule = call.talk, call.outcome, RULES[call.outcome.result]
    return Call(
        lead_id=pk(call.lead),
        follow_up_id=pk(call.follow_up),
        kind=call.kind,
        rep_id=pk(call.rep),
        team_id=pk(call.rep.team),
        is_agency=call.rep.is_agency,
        tier=call.tier,
        phone_id=pk(call.phone),
        outcome_id=outcome_id,
        connection=outcome.connection,
        reached=outcome.reached,
        result=outcome.result,
        memo=talk.memo,
        reason=talk.reason,
        retry_at=talk.retry_at if rule.proposes_retry else None,
        promised_at=talk.promised_at if outcome.result == "call_back" else None,
        script_version=script_version,
        started_at=call.called_at - dt.timedelta(seconds=talk.seconds),
        called_at=call.called_at,
        form_key=call.form_key,
    )
