"""Callable time and windows as the database and the settings define them."""

import datetime as dt

from django.conf import settings

from calls.calendar import BusinessCalendar
from calls.models import ClosedDay
from calls.window import WindowRule


def business_calendar() -> BusinessCalendar:
    """Callable time as it stands: the house's hours, public holidays, and the closed days admins entered."""
    return BusinessCalendar(closures=dict(ClosedDay.objects.values_list("on", "name")))


def window_rule(tier: str | None = None) -> WindowRule:
    """How long a reaction waits and lasts; the same for every tier until an admin can set it."""
    return WindowRule(
        opens_after=dt.timedelta(hours=settings.SECOND_CALL_OPENS_AFTER),
        closes_after=dt.timedelta(hours=settings.SECOND_CALL_CLOSES_AFTER),
        min_callable=dt.timedelta(hours=settings.SECOND_CALL_MIN_CALLABLE),
    )
