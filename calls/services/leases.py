"""Who holds a card. One lease per lead; its token rises with every hand-out, so that a late save is recognised."""

import datetime as dt
import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import User
from calls.models import Lease
from leads.models import Lead


def lease_length() -> dt.timedelta:
    return dt.timedelta(minutes=settings.LEASE_MINUTES)


def claim(*, lead: Lead, by: User, now: dt.datetime) -> Lease | None:
    """Hold `lead` for `by`; None when a colleague does. Claiming one's own card again keeps its form key."""
    mine = Lease.objects.filter(lead=lead, rep=by, expires_at__gt=now)
    if mine.update(expires_at=now + lease_length()):
        return Lease.objects.get(lead=lead)
    free = Lease.objects.filter(Q(rep=by) | Q(expires_at__lte=now), lead=lead)
    fresh = {"form_key": uuid.uuid4(), "opened_at": now, "expires_at": now + lease_length()}
    if free.update(rep=by, token=F("token") + 1, **fresh):
        return Lease.objects.get(lead=lead)
    try:
        with transaction.atomic():
            return Lease.objects.create(lead=lead, rep=by, **fresh)
    except IntegrityError:  # a colleague was faster
        return None


def extend(*, lead_id: int, token: int, by: User, now: dt.datetime) -> bool:
    """Heartbeat of an open card. False when it has passed to somebody else."""
    return bool(Lease.objects.filter(lead_id=lead_id, rep=by, token=token).update(expires_at=now + lease_length()))


def release(*, lead_id: int, by: User) -> None:
    """Put the card back without a call."""
    Lease.objects.filter(lead_id=lead_id, rep=by).delete()


def check_held(*, lead: Lead, by: User, now: dt.datetime) -> None:
    """Refuse a save on a card a colleague holds now."""
    other = Lease.objects.filter(lead=lead, expires_at__gt=now).exclude(rep=by).select_related("rep").first()
    if other:
        raise ValidationError(
            _("%(name)sさんが対応中のため登録できません。入力内容は控えておいてください。"),
            code="held_by_colleague",
            params={"name": other.rep.name},
        )
