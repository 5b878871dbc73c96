"""Putting a saved call right. The call as it stood before is kept as a revision."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import audit
from calls.models import Call, CallRevision

AUTHOR_MAY_CORRECT = dt.timedelta(hours=24)


def may_correct(*, call: Call, by: User, now: dt.datetime) -> bool:
    """Authors for 24 hours, managers and admins later (product §3)."""
    if by.role in (Role.MANAGER, Role.ADMIN):
        return True
    return call.rep_id == by.pk and now - call.called_at <= AUTHOR_MAY_CORRECT


@transaction.atomic
def correct_call(*, call: Call, version: int, memo: str, reason: str, by: User, now: dt.datetime) -> Call:
    """Change the words of a call. A form that was opened on an older version is refused."""
    call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
    if not may_correct(call=call, by=by, now=now):
        raise ValidationError(
            _("訂正できる期間（24時間）を過ぎています。マネージャーに依頼してください。"), code="too_late"
        )
    if call.version != version:
        raise ValidationError(_("ほかの人が先に訂正しました。最新の内容を確認してください。"), code="stale")
    before = {"memo": call.memo, "reason": call.reason}
    after = {"memo": memo.strip(), "reason": reason.strip()}
    changes = audit.differences(before, after)
    if not changes:
        return call
    CallRevision.objects.create(call=call, version=call.version, data=before, at=now, by=by)
    call.memo, call.reason, call.version = after["memo"], after["reason"], call.version + 1
    call.save(update_fields=["memo", "reason", "version"])
    audit.record(by=by, now=now, verb="correct_call", target=call, changes={"version": [version, call.version]})
    return call
