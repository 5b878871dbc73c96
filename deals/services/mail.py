"""The hand-over sheet by mail to the owner, with a calendar invitation.

A row says that a mail is due. A worker claims it by a conditional update, sends, then marks it sent, so two workers
never send the same mail at once. A crash (or lost connection) after the mail server took the mail and before the mark
leaves the row due, and it is sent again when the claim runs out: at least once, never lost. Unless the deal was edited
in between, such a second mail carries the same Message-ID, and its invitation the same UID and SEQUENCE, so mailboxes
and calendars take it for the one they have.
"""

import datetime as dt
import logging
from email.mime.text import MIMEText
from email.utils import parseaddr
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from deals.invitation import Meeting, invitation
from deals.models import Deal, Handover
from deals.sheet import call_lines, fact_lines, phone_lines

logger = logging.getLogger(__name__)

CLAIM = dt.timedelta(minutes=5)


def mail_handovers(now: dt.datetime, limit: int = 100) -> int:
    """Send every hand-over mail that is due, oldest first; answers how many went out. A failing one stops no other."""
    ids = list(_due(now).order_by("pk").values_list("pk", flat=True)[:limit])
    return sum(_mail_one(handover_id, now) for handover_id in ids)


def _due(now: dt.datetime) -> QuerySet[Handover]:
    free = Q(mail_claimed_until=None) | Q(mail_claimed_until__lte=now)
    return Handover.objects.filter(free, mail_due=True, mailed_at=None)


def _mail_one(handover_id: int, now: dt.datetime) -> bool:
    claim = now + CLAIM
    if not _due(now).filter(pk=handover_id).update(mail_claimed_until=claim):
        return False
    handover = Handover.objects.select_related("deal__lead__company", "deal__owner", "deal__set_by").get(pk=handover_id)
    mine = Handover.objects.filter(pk=handover_id, mail_claimed_until=claim)
    if handover.deal.stage != Deal.Stage.APPOINTMENT or not handover.deal.owner.is_active:
        mine.update(mail_due=False)  # the meeting is settled, or nobody is there to read it
        return False
    try:
        message_for(handover, now).send()
    except OSError as error:  # SMTP errors are OSErrors; the claim is also the pause before the next try
        logger.warning("handover_mail_failed handover=%s error=%s", handover_id, type(error).__name__)
        return False
    mine.update(mailed_at=now)  # a meeting changed meanwhile has dropped the claim: its new mail stays due
    return True


def message_for(handover: Handover, now: dt.datetime) -> EmailMessage:
    """The mail as its owner reads it: the sheet as text, the invitation attached."""
    deal = handover.deal
    with translation.override(deal.owner.language):
        context = {
            "deal": deal,
            "handover": handover,
            "company": handover.sheet.get("company", {}),
            "person": handover.sheet.get("person", {}),
            "phones": phone_lines(handover.sheet),
            "facts": fact_lines(handover.sheet),
            "calls": call_lines(handover.sheet),
            "url": deal_url(deal),
        }
        when = timezone.localtime(deal.starts_at)
        message = EmailMessage(
            _("【商談】%(company)s %(when)s")
            % {"company": " ".join(deal.lead.company.name.split()), "when": f"{when:%Y-%m-%d %H:%M}"},
            render_to_string("deals/handover_mail.txt", context),
            to=[deal.owner.email],
            headers={"Message-ID": f"<handover-{handover.pk}-{deal.version}@{_host()}>"},
        )
        message.attach(_attachment(deal, now))
    return message


def invitation_for(deal: Deal, now: dt.datetime) -> bytes:
    """The calendar file of `deal`; every edit of the deal raises its sequence, so the newest one wins."""
    return invitation(
        Meeting(
            uid=f"deal-{deal.pk}@{_host()}",
            sequence=deal.version - 1,
            made_at=now,
            starts_at=deal.starts_at,
            summary=_("商談：%(company)s") % {"company": deal.lead.company.name},
            place=deal.place,
            description=_("参加者：%(participants)s\n引継ぎシート：%(url)s")
            % {"participants": deal.participants, "url": deal_url(deal)},
            url=deal_url(deal),
            organizer=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            attendee=deal.owner.email,
            attendee_name=deal.owner.name,
        )
    )


def deal_url(deal: Deal) -> str:
    return settings.SITE_URL.rstrip("/") + reverse("deals:detail", args=[deal.pk])


def _attachment(deal: Deal, now: dt.datetime) -> MIMEText:
    part = MIMEText(invitation_for(deal, now).decode(), "calendar", "utf-8")
    part.set_param("method", "REQUEST")
    part.add_header("Content-Disposition", "attachment", filename="invite.ics")
    return part


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"
