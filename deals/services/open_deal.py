"""Opening deals: from an appointment won on the phone, and by hand for inbound ones."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.services import audit
from calls.inputs import AppointmentDetails
from calls.models import Call, Notice
from calls.services.notices import notify
from deals.models import Deal, DealMove, Handover
from deals.services.move_deal import bring_lead_along
from deals.sheet import sheet_for
from leads.models import Lead

SENTENCES = {
    "starts_at": _("商談日時には、これからの日時を入力してください。"),
    "place": _("商談の場所、またはオンラインのURLを入力してください。"),
    "participants": _("参加者を入力してください。"),
    "owner": _("商談を担当する営業を選んでください。"),
}
INBOUND_OWNERS = (Role.FIELD_SALES, Role.MANAGER, Role.ADMIN)


@transaction.atomic
def open_deal_from_call(*, call: Call, details: AppointmentDetails, by: User, now: dt.datetime) -> Deal:
    """Open the deal of an appointment and hand it over to its owner. The same call again answers the same deal."""
    existing = Deal.objects.filter(appointment_call=call).first()
    if existing:
        return existing
    _check(details=details, now=now, prefix="appointment_")
    deal = Deal.objects.create(
        lead=call.lead,
        appointment_call=call,
        follow_up=call.follow_up,
        origin=Deal.Origin.SECOND_CALL if call.kind == Call.Kind.SECOND else Deal.Origin.FIRST_CALL,
        team=call.team,
        set_by=by,
        appointment_at=now,
        **_meeting(details),
    )
    _hand_over(deal=deal, todo=details.todo, by=by, now=now)
    return deal


@transaction.atomic
def enter_inbound_deal(*, lead: Lead, details: AppointmentDetails, by: User, now: dt.datetime) -> Deal:
    """Enter an appointment that no call of ours won. Owners who enter their own have nothing to accept."""
    Lead.objects.select_for_update().get(pk=lead.pk)
    _check(details=details, now=now, roles=INBOUND_OWNERS)
    if Deal.objects.filter(lead=lead, stage=Deal.Stage.APPOINTMENT, starts_at=details.starts_at).exists():
        raise ValidationError(
            {"starts_at": ValidationError(_("この日時の商談はすでに登録されています。"), code="same_meeting")}
        )
    deal = Deal.objects.create(
        lead=lead,
        origin=Deal.Origin.INBOUND,
        team=lead.team,
        set_by=by,
        appointment_at=now,
        **_meeting(details),
    )
    _hand_over(deal=deal, todo=details.todo, by=by, now=now)
    return deal


def _meeting(details: AppointmentDetails) -> dict:
    return {
        "owner": details.owner,
        "starts_at": details.starts_at,
        "is_online": details.is_online,
        "place": details.place.strip(),
        "participants": details.participants.strip(),
    }


def _check(
    *, details: AppointmentDetails, now: dt.datetime, roles: tuple[str, ...] = (Role.FIELD_SALES,), prefix: str = ""
) -> None:
    """Raise what is wrong with the meeting, at the fields of the form it came from."""
    wrong = {
        "starts_at": details.starts_at <= now,
        "place": not details.place.strip(),
        "participants": not details.participants.strip(),
        "owner": not details.owner.is_active or details.owner.role not in roles,
    }
    errors = {
        prefix + field: ValidationError(SENTENCES[field], code=field) for field, is_wrong in wrong.items() if is_wrong
    }
    if errors:
        raise ValidationError(errors)


def _hand_over(*, deal: Deal, todo: str, by: User, now: dt.datetime) -> None:
    """First history row, the sheet as things stand, and word to the owner (the sheet itself goes by its own mail)."""
    is_own = deal.owner == by
    DealMove.objects.create(deal=deal, to_stage=Deal.Stage.APPOINTMENT, at=now, by=by)
    Handover.objects.create(
        deal=deal,
        sheet=sheet_for(deal),
        todo=todo.strip(),
        **({"status": Handover.Status.ACCEPTED, "answered_at": now, "answered_by": by} if is_own else {}),
    )
    audit.record(
        by=by,
        now=now,
        verb="open_deal",
        target=deal,
        changes={"stage": [None, deal.stage], "origin": [None, deal.origin], "owner": [None, deal.owner_id]},
    )
    bring_lead_along(deal=deal, by=by, now=now)
    if not is_own:
        notify(
            user=deal.owner,
            kind=Notice.Kind.HANDOVER,
            key=f"deal-handover-{deal.pk}",
            now=now,
            lead=deal.lead,
            follow_up=deal.follow_up,
            mail=False,
        )
