"""Saving a call: one transaction for the call, its hearing and everything that follows from it (product §3)."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services import audit
from calls.inputs import CallInput
from calls.models import FACTS, Call, FactState, FollowUp, Hearing, Lease
from calls.outcomes import RULES, Violation, counts_as_reached, leads_to_another_call, violations
from calls.selectors import HEARING_EXTRAS, business_calendar, hearing_for_lead
from calls.services import aftermath, leases
from calls.services.appointments import hand_to_deals
from leads.models import Lead

MESSAGES = {
    "required": gettext_lazy("この結果では入力が必要です。"),
    "fact_required": gettext_lazy("この結果では回答が必要です。"),
    "retry_or_route": gettext_lazy("再架電日時か、別ルートの内容を入力してください。"),
    "in_past": gettext_lazy("未来の日時を指定してください。"),
    "too_far": gettext_lazy("1年以内の日時を指定してください。"),
    "not_callable": gettext_lazy("架電時間外です。営業日の架電時間内を指定してください。"),
    "in_future": gettext_lazy("現在より後の日時は指定できません。"),
}


@dataclass(frozen=True)
class LoggedCall:
    """The saved call, whether this save made it, and the follow-up it opened or served."""

    call: Call
    is_new: bool
    follow_up: FollowUp | None


@transaction.atomic
def log_call(*, lead: Lead, data: CallInput, form_key: uuid.UUID, by: User, now: dt.datetime) -> LoggedCall:
    """Log one call on `lead` by `by`. The same `form_key` again returns the call it made the first time.

    Raises ValidationError with one list per field when the outcome lacks something, or when a colleague holds the card.
    """
    lead = Lead.objects.select_for_update(of=("self",)).select_related("company").get(pk=lead.pk)
    saved = Call.objects.filter(form_key=form_key).select_related("follow_up").first()
    if saved:
        opened = FollowUp.objects.filter(reaction_call=saved).first()
        return LoggedCall(saved, is_new=False, follow_up=saved.follow_up or opened)
    leases.check_held(lead=lead, by=by, now=now)
    follow_up = FollowUp.objects.live().filter(lead=lead).first()
    _check(lead, data, is_second=follow_up is not None, by=by, now=now)
    call = _create_call(lead, data, form_key, follow_up, by, now)
    hearing = _create_hearing(call, data.hearing, now)
    opened = aftermath.apply(lead=lead, call=call, hearing=hearing, follow_up=follow_up, data=data, by=by, now=now)
    if data.appointment and call.result == "appointment":
        hand_to_deals(call=call, details=data.appointment, by=by, now=now)
    audit.record(by=by, now=now, verb="log_call", target=call, changes={"result": [None, call.result]})
    Lease.objects.filter(lead=lead).delete()
    return LoggedCall(call, is_new=True, follow_up=opened)


def _check(lead: Lead, data: CallInput, *, is_second: bool, by: User, now: dt.datetime) -> None:
    """The outcome matrix, on every path."""
    if by.team_id is None:
        raise ValidationError(_("チームに所属していないため、架電を登録できません。"), code="no_team")
    if lead.is_blocked and leads_to_another_call(data.outcome.result):
        raise ValidationError(
            {
                "outcome": ValidationError(
                    _("架電禁止のリードです。次の架電につながる結果は登録できません。"), code="blocked"
                )
            }
        )
    if data.phone and data.phone.lead_id != lead.pk:
        raise ValidationError(
            {"phone": ValidationError(_("このリードの電話番号ではありません。"), code="foreign_phone")}
        )
    broken = violations(data.outcome.result, _values(data), _answered(lead, data), is_second=is_second, now=now)
    if data.retry_at and not broken and not business_calendar().is_callable(data.retry_at):
        broken = [Violation("retry_at", "not_callable")]
    if broken:
        raise ValidationError(
            {item.field: [ValidationError(str(MESSAGES[item.code]), code=item.code)] for item in broken}
        )


def _values(data: CallInput) -> dict[str, Any]:
    appointment, block = data.appointment, data.block
    return {
        "phone": data.phone,
        "memo": data.memo.strip(),
        "reason": data.reason.strip(),
        "retry_at": data.retry_at,
        "promised_at": data.promised_at,
        "revive_on": data.revive_on,
        "next_action_kind": data.next_action_kind,
        "next_action_due_at": data.next_action_due_at,
        "appointment_starts_at": appointment and appointment.starts_at,
        "appointment_place": appointment and appointment.place.strip(),
        "appointment_participants": appointment and appointment.participants.strip(),
        "appointment_owner": appointment and appointment.owner,
        "block_requested_by": block and block.requested_by.strip(),
        "block_requested_at": block and block.requested_at,
        "block_words": block and block.words.strip(),
    }


def _answered(lead: Lead, data: CallInput) -> frozenset[str]:
    """Facts answered on this call, or known from before and not taken back on this one."""
    known = {fact for fact, entry in hearing_for_lead(lead).items() if entry["state"] == FactState.ANSWERED}
    heard = {fact for fact, entry in data.hearing.items() if entry.get("state") == FactState.ANSWERED}
    return frozenset(known | heard)


def _create_call(
    lead: Lead, data: CallInput, form_key: uuid.UUID, follow_up: FollowUp | None, by: User, now: dt.datetime
) -> Call:
    outcome = data.outcome
    return Call.objects.create(
        lead=lead,
        follow_up=follow_up,
        kind=Call.Kind.SECOND if follow_up else Call.Kind.FIRST,
        rep=by,
        team_id=by.team_id,
        is_agency=by.is_agency,
        tier=lead.tier,
        phone=data.phone,
        outcome=outcome,
        connection=outcome.connection,
        reached=outcome.reached,
        result=outcome.result,
        memo=data.memo.strip(),
        reason=data.reason.strip(),
        retry_at=data.retry_at if RULES[outcome.result].proposes_retry else None,
        promised_at=data.promised_at if outcome.result == "call_back" else None,
        script_version=data.script_version,
        started_at=data.started_at or now,
        called_at=now,
        form_key=form_key,
    )


def _create_hearing(call: Call, facts: Mapping[str, Mapping[str, Any]], now: dt.datetime) -> Hearing | None:
    """The hearing of a call on which the person was reached and something was asked."""
    asked = {fact: entry for fact, entry in facts.items() if entry.get("state", FactState.NOT_ASKED) != "not_asked"}
    if not asked or not counts_as_reached(call.reached):
        return None
    hearing = Hearing(call=call, lead_id=call.lead_id, heard_at=now)
    for fact in FACTS:
        entry = asked.get(fact)
        if entry is None:
            continue
        setattr(hearing, f"{fact}_state", entry["state"])
        if entry["state"] == FactState.ANSWERED:
            setattr(hearing, fact, entry.get("value", ""))
            for extra in HEARING_EXTRAS.get(fact, ()):
                setattr(hearing, extra, entry.get(extra) or ("" if extra.endswith("_name") else None))
    hearing.save()
    return hearing
