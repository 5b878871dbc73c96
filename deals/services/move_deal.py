"""The one door for a deal's stage: the move, its history, the follow-up's time stamps, and the lead."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.services import audit
from calls.models import Notice
from calls.services.follow_ups import stamp
from calls.services.notices import notify
from deals import pipeline
from deals.models import Deal, DealMove, Handover
from leads.models import Lead
from leads.services.stages import move_stage
from leads.services.tiers import retier_lead
from leads.stages import can_move

SENTENCES = {
    "no_such_move": _("「%(from)s」から「%(to)s」へは変更できません。"),
    "not_your_role": _("この変更をする権限がありません。"),
    "not_started": _("商談の開始時刻を過ぎてから登録してください。"),
    "starts_in_the_past": _("商談日時には、これからの日時を入力してください。"),
    "needs_starts_at": _("新しい商談日時を入力してください。"),
    "needs_lost_reason": _("失注の理由を入力してください。"),
    "needs_return_reason": _("差戻しの理由を入力してください。"),
    "needs_amount_yen": _("受注金額を入力してください。"),
    "use_return": _("差戻しは「差し戻す」から登録してください。"),
    "stale": _("この商談は先に更新されています。最新の内容を確認してから、もう一度操作してください。"),
}
_STAMPED = {"held": "held_at", "opportunity": "opportunity_at", "won": "won_at"}


@transaction.atomic
def move_deal(
    *,
    deal: Deal,
    to: str,
    version: int,
    by: User | None,
    now: dt.datetime,
    note: str = "",
    lost_reason: str = "",
    amount_yen: int | None = None,
    close_on: dt.date | None = None,
    starts_at: dt.datetime | None = None,
) -> Deal:
    """Move `deal` as the page of `version` showed it; ValidationError says in a sentence why not.

    `starts_at` is the new time of a meeting booked again. A result entered for an unanswered hand-over accepts it.
    """
    if to == Deal.Stage.RETURNED:
        raise _refused("use_return")
    deal = locked(deal=deal, version=version)
    given = {
        "lost_reason": lost_reason.strip(),
        "amount_yen": deal.amount_yen if amount_yen is None else amount_yen,
        "close_on": close_on or deal.close_on,
        "starts_at": starts_at,
    }
    check(deal=deal, to=to, by=by, now=now, given=given)
    if to in (Deal.Stage.HELD, Deal.Stage.NO_SHOW):
        accept_silently(deal=deal, by=by, now=now)
    return carry_out(deal=deal, to=to, by=by, now=now, given=given, note=note.strip() or given["lost_reason"])


def locked(*, deal: Deal, version: int) -> Deal:
    """The newest row, held until the transaction ends; lead before deal, as everywhere. A stale page is refused."""
    Lead.objects.select_for_update().get(pk=deal.lead_id)
    newest = Deal.objects.select_for_update().get(pk=deal.pk)
    if newest.version != version:
        raise _refused("stale")
    return newest


def check(*, deal: Deal, to: str, by: User | None, now: dt.datetime, given: dict[str, Any]) -> None:
    """Raise what the table of moves says against this one."""
    refusal = pipeline.refusal_for(
        from_stage=deal.stage,
        to_stage=to,
        role=by.role if by else None,
        starts_at=deal.starts_at,
        now=now,
        given=given,
    )
    if refusal:
        code, field = refusal
        labels = {"from": Deal.Stage(deal.stage).label, "to": dict(Deal.Stage.choices).get(to, to)}
        raise _refused(code, field, labels)


def carry_out(*, deal: Deal, to: str, by: User | None, now: dt.datetime, given: dict[str, Any], note: str) -> Deal:
    """Write a checked move: the deal, its history, the audit trail, the follow-up's stamps, the lead's stage."""
    before, was_at = deal.stage, deal.starts_at
    changed = _new_values(deal=deal, to=to, now=now, given=given)
    for field, value in changed.items():
        setattr(deal, field, value)
    deal.save(update_fields=list(changed))
    DealMove.objects.create(deal=deal, from_stage=before, to_stage=to, note=note[:300], at=now, by=by)
    changes = {"stage": [before, to]}
    if deal.starts_at != was_at:
        changes["starts_at"] = [was_at.isoformat(), deal.starts_at.isoformat()]
        invite_again(deal=deal)
    audit.record(by=by, now=now, verb="move_deal", target=deal, changes=changes)
    if deal.follow_up and to in _STAMPED:
        stamp(follow_up=deal.follow_up, **{_STAMPED[to]: getattr(deal, _STAMPED[to])})
    bring_lead_along(deal=deal, by=by, now=now)
    return deal


def bring_lead_along(*, deal: Deal, by: User | None, now: dt.datetime) -> None:
    """Move the lead to where its deal stands. A block stands whatever the deal does: nothing leads back to calling.
    A lost deal leaves the lead alone while another one is open."""
    to = pipeline.LEAD_STAGE.get(deal.stage)
    lead = deal.lead
    if to is None or lead.stage == to or (to == "follow_up" and lead.is_blocked):
        return
    others = Deal.objects.filter(lead=lead).exclude(pk=deal.pk).exclude(stage__in=pipeline.CLOSED)
    if to == "lost" and others.exists():
        return
    # A lead that was called again since stands in 「継続検討」 or 「二次架電対象」; its way leads over the appointment.
    steps = [to] if can_move(lead.stage, to) else ["appointment", to]
    for step in steps:
        if not can_move(lead.stage, step):
            break
        move_stage(lead=lead, to=step, by=by, now=now)
    retier_lead(lead=lead, now=now)


def invite_again(*, deal: Deal) -> None:
    """The meeting changed: the owner's invitation is due once more."""
    Handover.objects.filter(deal=deal).update(mail_due=True, mailed_at=None, mail_claimed_until=None)


def accept_silently(*, deal: Deal, by: User | None, now: dt.datetime) -> bool:
    """Mark a pending hand-over accepted and tell who set the appointment; False where it was answered before."""
    accepted = Handover.objects.filter(deal=deal, status=Handover.Status.PENDING).update(
        status=Handover.Status.ACCEPTED, answered_at=now, answered_by=by
    )
    if accepted and deal.set_by and deal.set_by != by:
        notify(
            user=deal.set_by,
            kind=Notice.Kind.ACCEPTED,
            key=f"deal-accepted-{deal.pk}",
            now=now,
            lead=deal.lead,
            follow_up=deal.follow_up,
        )
    return bool(accepted)


def _new_values(*, deal: Deal, to: str, now: dt.datetime, given: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {"stage": to, "version": deal.version + 1}
    if to == Deal.Stage.HELD:
        values["held_at"] = deal.starts_at  # the meeting's own day, however late its result is entered
    elif to == Deal.Stage.LOST:
        values |= {"lost_at": now, "lost_reason": given["lost_reason"]}
    elif to in (Deal.Stage.OPPORTUNITY, Deal.Stage.WON):
        values |= {_STAMPED[to]: now, "amount_yen": given["amount_yen"], "close_on": given["close_on"]}
    elif to == Deal.Stage.APPOINTMENT:
        values["starts_at"] = given["starts_at"]
    return values


def _refused(code: str, field: str = "", params: dict[str, Any] | None = None) -> ValidationError:
    error = ValidationError(SENTENCES[code], code=code, params=params)
    return ValidationError({field: error}) if field else error
