"""Field sales answer a hand-over: accept it, or return it with a reason, which owes the lead a second call again."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from calls.models import FollowUp, Notice
from calls.services.follow_ups import open_follow_up
from calls.services.notices import notify
from deals.models import Deal, Handover
from deals.services.move_deal import SENTENCES, accept_silently, carry_out, check, locked
from leads.services.tiers import retier_lead


@transaction.atomic
def accept_handover(*, deal: Deal, version: int, by: User | None, now: dt.datetime) -> Deal:
    """Accept a pending hand-over, once; who set the appointment is told."""
    deal = locked(deal=deal, version=version)
    if not accept_silently(deal=deal, by=by, now=now):
        raise _answered()
    deal.version += 1
    deal.save(update_fields=["version"])
    audit.record(by=by, now=now, verb="accept_handover", target=deal, changes={"handover": ["pending", "accepted"]})
    return deal


@transaction.atomic
def return_handover(*, deal: Deal, version: int, reason: str, by: User | None, now: dt.datetime) -> FollowUp | None:
    """Return the hand-over of an appointment with a reason: the deal ends as returned, a follow-up opens with a new
    window from now (None on a blocked lead), and who set the appointment is told."""
    deal = locked(deal=deal, version=version)
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": ValidationError(SENTENCES["needs_return_reason"], code="needs_return_reason")})
    check(deal=deal, to=Deal.Stage.RETURNED, by=by, now=now, given={"return_reason": reason})
    if deal.appointment_call is None:
        raise ValidationError(
            _("架電から生まれた商談だけ差し戻せます。この商談は失注として登録してください。"), code="not_from_a_call"
        )
    answered = Handover.objects.filter(deal=deal).exclude(status=Handover.Status.RETURNED)
    if not answered.update(
        status=Handover.Status.RETURNED,
        return_reason=reason[:300],
        answered_at=now,
        answered_by=by,
        mail_due=False,
    ):
        raise _answered()
    deal = carry_out(deal=deal, to=Deal.Stage.RETURNED, by=by, now=now, given={}, note=reason)
    follow_up = _owe_again(deal=deal, by=by, now=now)
    if deal.set_by:
        notify(
            user=deal.set_by,
            kind=Notice.Kind.RETURNED,
            key=f"deal-returned-{deal.pk}",
            now=now,
            lead=deal.lead,
            follow_up=follow_up,
        )
    return follow_up


def _owe_again(*, deal: Deal, by: User | None, now: dt.datetime) -> FollowUp | None:
    """A new follow-up that starts now; for an appointment from a first call, that call is its reaction. A lead that
    must not be called is owed none."""
    if deal.lead.is_blocked:
        return None
    origin = {"returned_from": deal.follow_up} if deal.follow_up else {"reaction_call": deal.appointment_call}
    follow_up = open_follow_up(lead=deal.lead, reaction_at=now, by=by, now=now, **origin)
    retier_lead(lead=deal.lead, now=now)
    return follow_up


def _answered() -> ValidationError:
    return ValidationError(_("この引継ぎはすでに回答済みです。"), code="already_answered")
