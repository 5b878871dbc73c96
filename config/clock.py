"""The clock of the app. Views, tasks and commands read it once and hand `now` down.

A demonstration started on a Sunday would show an empty desk, so `manage.py up --demo` may set the clock forward to the
next minute in which calls are made; it then runs on at the usual speed. Everywhere else the shift is zero.
"""

import datetime as dt

from django.conf import settings
from django.utils import timezone


def now() -> dt.datetime:
    """The present moment, aware, in UTC, shifted by `DEMO_CLOCK_SHIFT` seconds."""
    return timezone.now() + dt.timedelta(seconds=settings.DEMO_CLOCK_SHIFT)
