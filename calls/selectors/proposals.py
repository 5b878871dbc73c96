"""Times a rep is offered with one key, always in callable time."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from calls.calendar import JST, BusinessCalendar


@dataclass(frozen=True)
class Proposal:
    """A word for a moment and the moment itself, Asia/Tokyo."""

    label: str
    at: dt.datetime

    @property
    def value(self) -> str:
        """As a datetime-local input takes it."""
        return f"{self.at:%Y-%m-%dT%H:%M}"


def retry_proposals(calendar: BusinessCalendar, now: dt.datetime) -> list[Proposal]:
    """Same day first, then other hours of the next business day (product §4)."""
    local = now.astimezone(JST)
    soon = calendar.next_callable(_rounded(local + dt.timedelta(hours=1)))
    later = calendar.next_callable(_rounded(local + dt.timedelta(hours=3)))
    tomorrow = calendar.add_business_days(local.date(), 1)
    found = [
        Proposal(_("1時間後"), soon),
        Proposal(_("3時間後"), later),
        Proposal(_("翌営業日 午前"), dt.datetime.combine(tomorrow, dt.time(10), JST)),
        Proposal(_("翌営業日 午後"), dt.datetime.combine(tomorrow, dt.time(15), JST)),
    ]
    unique = {proposal.at: proposal for proposal in found}
    return sorted(unique.values(), key=lambda proposal: proposal.at)


def next_action_proposals(calendar: BusinessCalendar, now: dt.datetime) -> list[Proposal]:
    """One, two and three business days on, and the same weekday next week or the business day after it."""
    today = now.astimezone(JST).date()
    days = [
        (_("翌営業日"), calendar.add_business_days(today, 1)),
        (_("2営業日後"), calendar.add_business_days(today, 2)),
    ]
    days += [(_("3営業日後"), calendar.add_business_days(today, 3))]
    days += [(_("来週"), calendar.add_business_days(today + dt.timedelta(days=7), 0))]
    unique = {day: Proposal(label, dt.datetime.combine(day, dt.time(10), JST)) for label, day in reversed(days)}
    return sorted(unique.values(), key=lambda proposal: proposal.at)


def _rounded(moment: dt.datetime) -> dt.datetime:
    """Up to the next five minutes, as the input steps."""
    over = dt.timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)
    return moment + (dt.timedelta(minutes=5) - over if over else dt.timedelta())
