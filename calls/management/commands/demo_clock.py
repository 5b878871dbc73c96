"""`manage.py demo_clock`: how far a demonstration's clock must run ahead so that it stands in callable time."""

import datetime as dt

from django.core.management.base import BaseCommand
from django.db.models import Max
from django.utils import timezone

from calls.calendar import JST, BusinessCalendar
from calls.models import Call, Tick
from calls.selectors import business_calendar

ENOUGH_MINUTES = 120
MORNING = dt.time(10)


class Command(BaseCommand):
    help = "Print how many seconds the demo's clock must run ahead of this machine's to stand in callable time."

    def handle(self, *args, **options):
        self.stdout.write(str(round(seconds_ahead(timezone.now()))))


def seconds_ahead(now: dt.datetime) -> float:
    """Seconds from `now` to a moment for a demonstration, never before what the database has already seen."""
    seen = [Call.objects.aggregate(at=Max("called_at"))["at"], Tick.objects.aggregate(at=Max("slot"))["at"]]
    newest = max([now, *(moment for moment in seen if moment)])
    return (callable_moment(newest, business_calendar()) - now).total_seconds()


def callable_moment(moment: dt.datetime, calendar: BusinessCalendar) -> dt.datetime:
    """`moment` itself or the end of its lunch hour while enough of the day is left; else ten o'clock on the next
    business day, which may be the same one before it."""
    local = moment.astimezone(JST)
    today_at_ten = dt.datetime.combine(local.date(), MORNING, JST)
    soon = calendar.next_callable(local)
    if soon == local or today_at_ten < local:
        same_day = soon.date() == local.date()
        if same_day and calendar.callable_minutes(soon, calendar.closing_time(local.date())) >= ENOUGH_MINUTES:
            return soon
    first = local.date() if local < today_at_ten else local.date() + dt.timedelta(days=1)
    return dt.datetime.combine(calendar.add_business_days(first, 0), MORNING, JST)
