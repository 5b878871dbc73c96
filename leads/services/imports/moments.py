"""Days and times of a list as moments."""

import datetime as dt
from zoneinfo import ZoneInfo

from leads.importing.dates import When

TOKYO = ZoneInfo("Asia/Tokyo")
FRESH = dt.timedelta(days=10)
"""A reaction older than this has outlived every window, holidays included: it counts for the tier, but owes no call."""


def moment(when: When) -> dt.datetime:
    """A date of a list as a moment: the beginning of that Japanese day, so that today's is never in the future."""
    time = when if isinstance(when, dt.datetime) else dt.datetime.combine(when, dt.time.min)
    return time.replace(tzinfo=TOKYO)


def list_time(now: dt.datetime) -> dt.datetime:
    """A moment as lists write it: Japanese time without a zone."""
    return now.astimezone(TOKYO).replace(tzinfo=None)
