"""How the road ran over time: counts per day, week or month of the period."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import CharField, Count, QuerySet, Value
from django.db.models.functions import TruncDay, TruncMonth, TruncWeek

from accounts.permissions import Scope
from reports.kpi import Counts
from reports.periods import TOKYO, Period, month_end
from reports.selectors import filters
from reports.selectors.conditions import FOLLOW_UP_EVENTS, follow_up_condition, follow_up_span
from reports.selectors.filters import Basis, ReportFilter

CODES = ("follow_ups_opened", "follow_ups_attempted", "appointments", "windows_closed", "on_time_stored")
DEAL_CODES = ("appointments", "appointments_held", "opportunities", "won")
_TRUNCATE = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}
MAX_DAYS, MAX_WEEK_DAYS = 14, 200


@dataclass(frozen=True)
class Bucket:
    """One day, week or month of a trend, cut to the period."""

    period: Period
    counts: Counts


def trend(report: ReportFilter) -> tuple[str, list[Bucket]]:
    """The size of a bucket (day, week, month) and the buckets in order, empty ones too. One query."""
    size = _size(report.period)
    first, *others = [_series(report, code, size) for code in trend_codes(report)]
    found: dict[dt.date, dict[str, int]] = {}
    for code, moment, n in first.union(*others, all=True):
        found.setdefault(moment.astimezone(TOKYO).date(), {})[code] = n
    return size, [
        Bucket(part, Counts(**found.get(_bucket_start(part.start, size), {})))
        for part in buckets(report.period, size, report.as_of)
    ]


def trend_codes(report: ReportFilter) -> tuple[str, ...]:
    return DEAL_CODES if report.scope is Scope.DEALS else CODES


def buckets(period: Period, size: str, as_of: dt.datetime) -> list[Period]:
    """The period in pieces, up to the day of `as_of`."""
    last = min(period.end, as_of.astimezone(TOKYO).date())
    parts, start = [], period.start
    while start <= last:
        end = min(_bucket_end(start, size), period.end)
        parts.append(Period(start, end))
        start = end + dt.timedelta(days=1)
    return parts


def _size(period: Period) -> str:
    if period.days <= MAX_DAYS:
        return "day"
    return "week" if period.days <= MAX_WEEK_DAYS else "month"


def _series(report: ReportFilter, code: str, size: str) -> QuerySet:
    field = FOLLOW_UP_EVENTS[code] if report.basis == Basis.ACTIVITY else "reaction_at"
    rows = filters.follow_ups(report).filter(follow_up_span(report), follow_up_condition(report, code)).order_by()
    bucket = _TRUNCATE[size](field, tzinfo=TOKYO)
    named = rows.annotate(bucket=bucket, code=Value(code, output_field=CharField()))
    return named.values("code", "bucket").annotate(n=Count("pk")).values_list("code", "bucket", "n")


def _bucket_start(day: dt.date, size: str) -> dt.date:
    if size == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if size == "month" else day


def _bucket_end(day: dt.date, size: str) -> dt.date:
    if size == "week":
        return day + dt.timedelta(days=6 - day.weekday())
    return month_end(day) if size == "month" else day
