"""What calling hangs on a lead, on its way to the lead it is merged into, and back when the merge is undone.

Both leads are locked by the caller. One open follow-up per lead: of two, the one that is due first stays.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from calls.models import Call, FollowUp, FollowUpMove, Hearing, Lease, NextAction, Notice
from calls.services.follow_ups import State, change_state
from leads.models import Lead, PhoneNumber
from leads.services.merging import frozen, thaw, value_of

MERGED = "merged"
"""Why the other follow-up was cancelled."""

ROWS: dict[str, type[models.Model]] = {
    "calls": Call,
    "hearings": Hearing,
    "next_actions": NextAction,
    "follow_ups": FollowUp,
    "notices": Notice,
}
ENDED_FIELDS = ("state", "close_reason", "closed_at", "planned_at", "retry_at", "needs_plan")


def take_calls(*, gone: int, kept: int, now: dt.datetime) -> dict[str, Any]:
    """See `leads.ports.Attachment.move`."""
    _refuse_open_card(gone, now)
    taken: dict[str, Any] = {"ended": _end_the_later(gone, kept, now)}
    for name, model in ROWS.items():
        taken[name] = list(model.objects.filter(lead_id=gone).order_by("pk").values_list("pk", flat=True))
        model.objects.filter(pk__in=taken[name]).update(lead_id=kept)
    taken["dialled"] = _name_the_twins(taken["calls"], kept)
    taken["lease"] = _take_lease(gone, kept)
    _plan_next_call(kept)
    return taken


def give_calls_back(taken: dict[str, Any], *, gone: int, kept: int, now: dt.datetime) -> None:
    """See `leads.ports.Attachment.move_back`. A second call somebody has gone on with stays where it was served."""
    served = Call.objects.filter(follow_up_id__in=taken["follow_ups"]).exclude(pk__in=taken["calls"])
    staying = set(served.values_list("follow_up_id", flat=True))
    for name, model in ROWS.items():
        ids = [pk for pk in taken[name] if name != "follow_ups" or pk not in staying]
        model.objects.filter(pk__in=ids, lead_id=kept).update(lead_id=gone)
    for pk, phone_id in taken["dialled"]:
        Call.objects.filter(pk=pk, lead_id=gone).update(phone_id=phone_id)
    _give_lease_back(taken["lease"], gone, kept)
    if taken["ended"]:
        _reopen(taken["ended"], now)


def _refuse_open_card(lead_id: int, now: dt.datetime) -> None:
    """Whoever is on the phone saves a call on this very lead."""
    lease = Lease.objects.filter(lead_id=lead_id, expires_at__gt=now).select_related("rep").first()
    if lease:
        raise ValidationError(
            _("%(name)sさんが架電カードを開いているため、統合できません。"),
            code="held_by_colleague",
            params={"name": lease.rep.name},
        )


def _end_the_later(gone: int, kept: int, now: dt.datetime) -> dict[str, Any] | None:
    """Cancel the one of two open follow-ups that is due later; a promise goes before any deadline."""
    live = FollowUp.objects.live().filter(lead_id__in=(gone, kept)).select_for_update(of=("self",)).order_by("pk")
    rows = sorted(live, key=lambda row: (row.promised_at is None, row.promised_at or row.closes_at, row.pk))
    if len(rows) < 2:
        return None
    later = rows[1]
    fields = frozen([later])[0]["fields"]
    before = {name: fields[name] for name in ENDED_FIELDS}
    change_state(follow_up=later, to=State.CANCELLED, by=None, now=now, reason=MERGED)
    move = FollowUpMove.objects.filter(follow_up=later, to_state=State.CANCELLED).latest("pk")
    return {"follow_up": later.pk, "move": move.pk, "before": before}


def _reopen(ended: dict[str, Any], now: dt.datetime) -> None:
    """Give a follow-up the merge had ended its state back, unless its lead is owed another call by now.

    A plan whose time went by is made anew.
    """
    row = FollowUp.objects.filter(pk=ended["follow_up"], state=State.CANCELLED, close_reason=MERGED).first()
    if row is None or FollowUp.objects.live().filter(lead_id=row.lead_id).exists():
        return
    values = dict(value_of(FollowUp, name, plain) for name, plain in ended["before"].items())
    if values["planned_at"] and values["planned_at"] < now:
        values["needs_plan"] = True
    FollowUp.objects.filter(pk=row.pk).update(**values)
    FollowUpMove.objects.filter(pk=ended["move"]).delete()


def _name_the_twins(call_ids: list[int], kept: int) -> list[list[int]]:
    """A number both leads have is dropped from the one that goes; its calls name the other's."""
    phones = PhoneNumber.objects.filter(lead_id=kept).order_by("-position", "-pk")
    twins = {phone.raw: phone.pk for phone in phones} | {phone.e164: phone.pk for phone in phones if phone.e164}
    named = []
    for call in Call.objects.filter(pk__in=call_ids, phone__isnull=False).select_related("phone").order_by("pk"):
        twin = twins.get(call.phone.e164) or twins.get(call.phone.raw)
        if twin:
            named.append([call.pk, call.phone_id])
            Call.objects.filter(pk=call.pk).update(phone_id=twin)
    return named


def _take_lease(gone: int, kept: int) -> dict[str, Any] | None:
    """A card left open waits in its rep's tray; where both have one, that of the lead that stays does."""
    lease = Lease.objects.filter(lead_id=gone).first()
    if lease is None:
        return None
    taken = frozen([lease])
    if Lease.objects.filter(lead_id=kept).exists():
        lease.delete()
        return {"dropped": taken}
    Lease.objects.filter(pk=lease.pk).update(lead_id=kept)
    return {"moved": lease.pk}


def _give_lease_back(taken: dict[str, Any] | None, gone: int, kept: int) -> None:
    if taken is None:
        return
    thaw(taken.get("dropped", []))
    Lease.objects.filter(pk=taken.get("moved"), lead_id=kept).update(lead_id=gone)


def _plan_next_call(kept: int) -> None:
    """An open follow-up says when the lead is called; without one the earlier of both times stands."""
    live = FollowUp.objects.live().filter(lead_id=kept).first()
    if live:
        at = live.promised_at or live.retry_at or live.planned_at
        Lead.objects.filter(pk=kept).update(next_call_at=at, next_call_is_promise=live.promised_at is not None)
