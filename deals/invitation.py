"""A meeting as a calendar invitation (iCalendar, RFC 5545) with the zone of Tokyo written out. Pure."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vCalAddress, vText

TOKYO = ZoneInfo("Asia/Tokyo")
LENGTH = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Meeting:
    """What the invitation says. `uid` names the meeting for ever; a higher `sequence` replaces a lower one."""

    uid: str
    sequence: int
    made_at: dt.datetime
    starts_at: dt.datetime
    summary: str
    place: str
    description: str
    url: str
    organizer: str
    attendee: str
    attendee_name: str


def invitation(meeting: Meeting) -> bytes:
    """The invitation as a file that mail programs offer to accept."""
    calendar = Calendar()
    calendar.add("prodid", "-//second-call//deals//JA")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(_event(meeting))
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _event(meeting: Meeting) -> Event:
    event = Event()
    event.add("uid", meeting.uid)
    event.add("sequence", meeting.sequence)
    event.add("dtstamp", meeting.made_at.astimezone(dt.UTC))
    event.add("dtstart", meeting.starts_at.astimezone(TOKYO))
    event.add("dtend", (meeting.starts_at + LENGTH).astimezone(TOKYO))
    event.add("summary", meeting.summary)
    event.add("location", meeting.place)
    event.add("description", meeting.description)
    event.add("url", meeting.url)
    event.add("status", "CONFIRMED")
    event.add("organizer", vCalAddress(f"mailto:{meeting.organizer}"))
    attendee = vCalAddress(f"mailto:{meeting.attendee}")
    attendee.params["cn"] = vText(meeting.attendee_name)
    attendee.params["partstat"] = vText("NEEDS-ACTION")
    attendee.params["rsvp"] = vText("FALSE")
    event.add("attendee", attendee)
    return event
