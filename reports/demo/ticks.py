"""When the tick, which comes each minute, sees that something is due."""

import datetime as dt

MINUTE = dt.timedelta(minutes=1)


def minute_from(moment: dt.datetime) -> dt.datetime:
    """The first whole minute from `moment` on: when the tick sees it."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + MINUTE


def minute_after(moment: dt.datetime) -> dt.datetime:
    return moment.replace(second=0, microsecond=0) + MINUTE
