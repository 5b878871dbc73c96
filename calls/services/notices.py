"""Telling people: one row per thing to know, shown in the page and mailed once."""

import datetime as dt
import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from calls.models import FollowUp, Notice
from leads.models import Lead

logger = logging.getLogger(__name__)

MAIL_CLAIM = dt.timedelta(minutes=5)


def notify(
    *,
    user: User,
    kind: str,
    key: str,
    now: dt.datetime,
    lead: Lead | None = None,
    follow_up: FollowUp | None = None,
    mail: bool = True,
) -> bool:
    """Tell `user` once; the same `key` again tells nothing. Returns whether it was new."""
    _, created = Notice.objects.get_or_create(
        key=key[:100],
        defaults={
            "user": user,
            "kind": kind,
            "lead": lead,
            "follow_up": follow_up,
            "created_at": now,
            "mail_due": mail,
        },
    )
    return created


def mark_read(*, user: User, now: dt.datetime) -> int:
    """Mark everything `user` was told as read."""
    return Notice.objects.filter(user=user, read_at=None).update(read_at=now)


def mail_notices(*, now: dt.datetime, limit: int = 100) -> int:
    """Mail what is due, one person's mail after the other. A claim keeps a second worker off; a mail that fails stays
    due and is tried again when its claim has run out."""
    free = Q(mail_claimed_until=None) | Q(mail_claimed_until__lt=now)
    ids = list(Notice.objects.unmailed().filter(free).order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_mail_or_log(notice_id, now) for notice_id in ids)


def _mail_or_log(notice_id: int, now: dt.datetime) -> bool:
    try:
        return _mail_one(notice_id, now)
    except Exception:  # one mail that cannot be sent keeps no other back; its claim runs out and it is tried again
        logger.exception("notice_mail_failed notice=%s", notice_id)
        return False


def _mail_one(notice_id: int, now: dt.datetime) -> bool:
    free = Q(mail_claimed_until=None) | Q(mail_claimed_until__lt=now)
    claimed = Notice.objects.unmailed().filter(free, pk=notice_id).update(mail_claimed_until=now + MAIL_CLAIM)
    if not claimed:
        return False
    notice = Notice.objects.select_related("user", "lead__company", "follow_up").get(pk=notice_id)
    if notice.user.is_active:
        _message_for(notice).send()
    Notice.objects.filter(pk=notice_id).update(mailed_at=now)
    return True


def _message_for(notice: Notice) -> EmailMessage:
    with translation.override(notice.user.language):
        context = {"notice": notice, "site_url": settings.SITE_URL}
        words = {"what": notice.get_kind_display(), "company": notice.lead.company.name if notice.lead else ""}
        subject = _("【二次架電デスク】%(what)s：%(company)s") if notice.lead else _("【二次架電デスク】%(what)s")
        return EmailMessage(
            " ".join((subject % words).split()),
            render_to_string("calls/notice_mail.txt", context),
            to=[notice.user.email],
        )
