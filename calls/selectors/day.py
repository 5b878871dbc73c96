"""A rep's own day in a few figures, and what is still to come."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils import timezone

from accounts.models import User
from calls.models import Call, FollowUp, NextAction

SHOWN = 6


@dataclass(frozen=True)
class DaySummary:
    """Counts of the day so far (Asia/Tokyo), what is owed besides calls by tonight, and what is planned next."""

    calls: int
    connected: int
    reached: int
    appointments: int
    owed_actions: list[NextAction]
    upcoming: list[FollowUp]


def day_summary(user: User, now: dt.datetime) -> DaySummary:
    """What `user` did today, and the next second calls planned for them."""
    start = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = Call.objects.filter(rep=user, called_at__gte=start, called_at__lte=now).aggregate(
        calls=Count("pk"),
        connected=Count("pk", filter=Q(connection="yes")),
        reached=Count("pk", filter=Q(reached="person")),
        appointments=Count("pk", filter=Q(result="appointment")),
    )
    upcoming = FollowUp.objects.live().filter(rep=user, planned_at__gt=now, lead__is_blocked=False)
    owed = NextAction.objects.open().filter(owner=user, due_at__lt=start + dt.timedelta(days=1))
    owed = owed.exclude(kind=NextAction.Kind.FOLLOW_UP_CALL).select_related("lead__company").order_by("due_at", "pk")
    soon = upcoming.select_related("lead__company").order_by("planned_at", "pk")[:SHOWN]
    return DaySummary(**counts, owed_actions=list(owed[:SHOWN]), upcoming=list(soon))
