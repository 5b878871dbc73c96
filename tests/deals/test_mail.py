"""The hand-over mail goes out once, with an invitation a calendar can read."""

import datetime as dt
import smtplib

import pytest
from django.core import mail
from icalendar import Calendar

from deals.invitation import Meeting, invitation
from deals.models import Deal, Handover
from deals.services import mail_handovers
from deals.services.mail import CLAIM
from deals.services.update_deal import update_deal
from deals.tasks import send_handovers

MINUTE = dt.timedelta(minutes=1)


def event_of(message) -> dict:
    (part,) = message.attachments
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert calendar["METHOD"] == "REQUEST"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Asia/Tokyo"]
    (event,) = calendar.walk("VEVENT")
    return event


def test_a_due_mail_goes_to_the_owner_with_sheet_and_invitation(deal, field_sales, now):
    assert mail_handovers(now) == 1

    (message,) = mail.outbox
    assert message.to == [field_sales.email]
    assert message.subject == "【商談】株式会社青空商会 2026-06-19 10:00"
    for expected in ("役員（森 専務）", "競合比較: —（聞けなかった）", "見積りの前提を確かめる", f"/deals/{deal.pk}/"):
        assert expected in message.body
    event = event_of(message)
    assert event["DTSTART"].dt == deal.starts_at
    assert str(event["DTSTART"].dt.tzinfo) == "Asia/Tokyo"
    assert event["SUMMARY"] == "商談：株式会社青空商会"
    assert event["ATTENDEE"] == f"mailto:{field_sales.email}"


def test_the_mail_on_the_wire_names_its_method(deal, now):
    mail_handovers(now)

    parts = list(mail.outbox[0].message().walk())

    assert parts[-1].get_content_type() == "text/calendar"
    assert parts[-1].get_param("method") == "REQUEST"
    assert parts[-1].get_filename() == "invite.ics"


def test_a_mail_is_sent_once(deal, now):
    assert [mail_handovers(now + minutes * MINUTE) for minutes in (0, 1, 60)] == [1, 0, 0]
    assert len(mail.outbox) == 1


def test_the_task_sends_what_is_due(deal):
    Deal.objects.update(starts_at=dt.datetime(2100, 1, 4, tzinfo=dt.UTC))

    assert send_handovers.apply().get() == 1
    assert len(mail.outbox) == 1


def test_a_claimed_mail_is_left_to_its_worker_until_the_claim_runs_out(deal, now):
    Handover.objects.update(mail_claimed_until=now + CLAIM)

    assert mail_handovers(now + CLAIM - MINUTE) == 0
    assert mail_handovers(now + CLAIM) == 1


def test_a_worker_that_lost_the_race_for_a_row_sends_nothing(deal, now, monkeypatch):
    from deals.services import mail as module

    chosen = list(module._due(now).values_list("pk", flat=True))
    assert mail_handovers(now) == 1

    assert [module._mail_one(pk, now) for pk in chosen] == [False]
    assert len(mail.outbox) == 1


def test_a_failing_server_keeps_the_mail_due_and_is_tried_again_later(deal, now, monkeypatch):
    def refuses(self, messages):
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuses)
        assert mail_handovers(now) == 0
    assert Handover.objects.get().mailed_at is None

    assert mail_handovers(now + MINUTE) == 0
    assert mail_handovers(now + CLAIM) == 1
    assert len(mail.outbox) == 1


def test_a_mail_sent_again_after_a_crash_is_recognised_as_the_same(deal, now):
    mail_handovers(now)
    Handover.objects.update(mailed_at=None)  # the mark was lost with the worker

    mail_handovers(now + CLAIM)

    first, second = mail.outbox
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]
    assert event_of(first)["UID"] == event_of(second)["UID"]
    assert event_of(first)["SEQUENCE"] == event_of(second)["SEQUENCE"]


def test_a_moved_meeting_is_invited_again_with_the_same_uid_and_a_higher_sequence(deal, field_sales, now):
    mail_handovers(now)
    update_deal(deal=deal, version=1, by=field_sales, now=now, starts_at=deal.starts_at + dt.timedelta(hours=2))

    assert mail_handovers(now) == 1

    first, second = (event_of(message) for message in mail.outbox)
    assert first["UID"] == second["UID"]
    assert second["SEQUENCE"] > first["SEQUENCE"]
    assert second["DTSTART"].dt == deal.starts_at + dt.timedelta(hours=2)


def test_a_meeting_moved_while_its_mail_was_on_the_way_is_mailed_again(deal, field_sales, now, monkeypatch):
    from django.core.mail.backends.locmem import EmailBackend

    send = EmailBackend.send_messages

    def moved_meanwhile(self, messages):
        monkeypatch.undo()
        update_deal(deal=deal, version=1, by=field_sales, now=now, place="別会場")
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", moved_meanwhile)
    mail_handovers(now)

    assert mail_handovers(now) == 1
    assert "別会場" in mail.outbox[1].body


@pytest.mark.parametrize("stage", ["returned", "held"])
def test_a_settled_meeting_is_mailed_no_more(deal, now, stage):
    Deal.objects.update(stage=stage)

    assert mail_handovers(now) == 0

    assert mail.outbox == []
    assert not Handover.objects.get().mail_due


def test_an_owner_who_left_gets_no_mail(deal, field_sales, now):
    field_sales.is_active = False
    field_sales.save()

    assert mail_handovers(now) == 0
    assert mail.outbox == []


def test_a_line_break_in_a_company_name_cannot_reach_the_headers(deal, lead, now):
    lead.company.name = "株式会社青空\r\nBcc: x@example.jp"
    lead.company.save()

    assert mail_handovers(now) == 1
    assert mail.outbox[0].bcc == []
    assert "\n" not in mail.outbox[0].subject


def test_an_invitation_reads_back_as_it_was_meant():
    starts_at = dt.datetime(2026, 6, 19, 1, 0, tzinfo=dt.UTC)
    meeting = Meeting(
        uid="deal-1@example.jp",
        sequence=2,
        made_at=starts_at,
        starts_at=starts_at,
        summary="商談：株式会社青空、\r\nATTENDEE:x",
        place="東京都千代田区; 3階, 会議室",
        description="一行目\n二行目",
        url="https://example.jp/deals/1/",
        organizer="noreply@example.jp",
        attendee="field@example.jp",
        attendee_name='伊藤 "営業"',
    )

    calendar = Calendar.from_ical(invitation(meeting))

    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].dt == starts_at
    assert event["DTEND"].dt - event["DTSTART"].dt == dt.timedelta(hours=1)
    assert (event["LOCATION"], event["DESCRIPTION"]) == (meeting.place, meeting.description)
    assert event["SUMMARY"].replace("\r\n", "\n") == meeting.summary.replace("\r\n", "\n")
    assert event["ATTENDEE"] == "mailto:field@example.jp"
