"""Do not call: a refusal blocks at once and stands until an admin lifts it with a reason (product §5)."""

import datetime as dt
import hashlib
import hmac

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import DoNotCall, Lead
from leads.services.callability import leads_with_number, refresh_callability

Scope = DoNotCall.Scope


def number_hash(e164: str) -> str:
    """Keyed hash under which a block outlives the number itself."""
    return hmac.new(settings.BLOCK_KEY.encode(), e164.encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def block_number(
    *,
    e164: str,
    words: str,
    requested_by: str,
    requested_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
    lead: Lead | None = None,
) -> DoNotCall:
    """Block a number for everybody. Blocking it again returns the standing block."""
    digest = number_hash(e164)
    standing = DoNotCall.objects.standing().filter(scope=Scope.NUMBER, e164_hash=digest).first()
    if standing:
        return standing
    try:
        with transaction.atomic():
            block = DoNotCall.objects.create(
                scope=Scope.NUMBER,
                e164=e164,
                e164_hash=digest,
                lead=lead,
                company_id=lead.company_id if lead else None,
                words=words,
                requested_by=requested_by,
                requested_at=requested_at,
                created_by=by,
            )
    except IntegrityError:  # a colleague was faster
        return DoNotCall.objects.standing().get(scope=Scope.NUMBER, e164_hash=digest)
    refresh_callability(leads_with_number(e164).values_list("pk", flat=True))
    audit.record(by=by, now=now, verb="block", target=block, changes={"scope": [None, Scope.NUMBER.value]})
    return block


@transaction.atomic
def block_lead(
    *,
    lead: Lead,
    scope: str,
    words: str,
    requested_by: str,
    requested_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
) -> DoNotCall:
    """Block the person or the whole company of `lead`. `scope` is `person` or `company`."""
    mine = {"lead": lead} if scope == Scope.PERSON else {"company_id": lead.company_id}
    standing = DoNotCall.objects.standing().filter(scope=scope, **mine).first()
    if standing:
        return standing
    block = DoNotCall.objects.create(
        scope=scope,
        lead=lead,
        company_id=lead.company_id,
        words=words,
        requested_by=requested_by,
        requested_at=requested_at,
        created_by=by,
    )
    affected = [lead.pk]
    if scope == Scope.COMPANY:
        affected = list(Lead.objects.filter(company_id=lead.company_id).values_list("pk", flat=True))
    refresh_callability(affected)
    audit.record(by=by, now=now, verb="block", target=block, changes={"scope": [None, scope]})
    return block


@transaction.atomic
def lift_block(*, block: DoNotCall, reason: str, by: User, now: dt.datetime) -> None:
    """Lift a standing block. The reason is kept; lifting twice is refused."""
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("解除の理由を入力してください。"), code="reason_required")})
    lifted = DoNotCall.objects.standing().filter(pk=block.pk).update(lifted_at=now, lifted_by=by, lift_reason=reason)
    if not lifted:
        raise ValidationError(_("この架電禁止はすでに解除されています。"), code="already_lifted")
    refresh_callability(_leads_under(block))
    audit.record(by=by, now=now, verb="lift_block", target=block, changes={"lifted_at": [None, now.isoformat()]})


def _leads_under(block: DoNotCall) -> list[int]:
    if block.scope == Scope.NUMBER:
        return list(leads_with_number(block.e164).values_list("pk", flat=True))
    if block.scope == Scope.COMPANY:
        return list(Lead.objects.filter(company_id=block.company_id).values_list("pk", flat=True))
    return [block.lead_id] if block.lead_id else []
