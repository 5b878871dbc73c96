"""Windows that need somebody's eye, and whether the periodic work is alive."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from calls.models import Call, FollowUp, Tick


def windows_at_risk(user: User, now: dt.datetime) -> QuerySet[FollowUp]:
    """Live follow-ups nobody has attempted whose window closes before this day ends, nearest deadline first."""
    end_of_day = timezone.localtime(now).replace(hour=23, minute=59, second=59)
    follow_ups = (
        FollowUp.objects.for_user(user).live().unattempted().filter(closes_at__gt=now, closes_at__lte=end_of_day)
    )
    return follow_ups.filter(lead__is_blocked=False).select_related("lead__company", "rep").order_by("closes_at", "pk")


def missed_windows(user: User, since: dt.datetime) -> QuerySet[FollowUp]:
    """Windows that closed without the person being reached: all that are still owed, and those since `since`."""
    missed = FollowUp.objects.for_user(user).filter(Q(state=FollowUp.State.MISSED) | Q(missed_at__gte=since))
    return missed.select_related("lead__company", "rep").order_by("-closes_at", "pk")


def tick_health(now: dt.datetime) -> dict[str, Any]:
    """Age of the last finished tick in seconds, live follow-ups past their window, and unsent notices."""
    last = Tick.objects.exclude(finished_at=None).order_by("-finished_at").values_list("finished_at", flat=True).first()
    late = FollowUp.objects.live().unattempted().filter(closes_at__lt=now, missed_at=None)
    overdue = late.exclude(promised_at__gt=now).count()
    return {"last_tick_age_seconds": (now - last).total_seconds() if last else None, "overdue_unmarked": overdue}


def unplaced(user: User, now: dt.datetime) -> QuerySet[FollowUp]:
    """Follow-ups the plan found no room for inside their window."""
    waiting = FollowUp.objects.for_user(user).filter(state__in=["waiting", "open"], planned_at=None, closes_at__gt=now)
    waiting = waiting.filter(needs_plan=False, promised_at=None, first_attempted_at=None)
    return waiting.select_related("lead__company", "rep").order_by("closes_at", "pk")


@dataclass(frozen=True)
class RepLoad:
    """What one rep has before them: live follow-ups, planned for today, overdue, and today's calls."""

    rep: User
    live: int
    today: int
    overdue: int
    calls_today: int


def rep_loads(user: User, now: dt.datetime) -> list[RepLoad]:
    """Each caller `user` answers for, the fullest first; two queries."""
    local = timezone.localtime(now)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + dt.timedelta(days=1)
    live = Q(follow_ups__state__in=FollowUp.LIVE)
    people = (
        User.objects.for_user(user)
        .callers()
        .annotate(
            live=Count("follow_ups", filter=live),
            today=Count(
                "follow_ups", filter=live & Q(follow_ups__planned_at__gte=start, follow_ups__planned_at__lt=end)
            ),
            overdue=Count("follow_ups", filter=live & Q(follow_ups__closes_at__lt=now, follow_ups__connected_at=None)),
        )
    )
    called = dict(
        Call.objects.filter(rep__in=people, called_at__gte=start, called_at__lte=now)
        .values_list("rep")
        .annotate(count=Count("pk"))
    )
    loads = [RepLoad(rep, rep.live, rep.today, rep.overdue, called.get(rep.pk, 0)) for rep in people.order_by("name")]
    return sorted(loads, key=lambda load: (-load.live, load.rep.pk))
