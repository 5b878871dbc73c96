"""Planning second calls: from rows to the pure planner and back, and moving a call to a colleague by hand."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import Role, Team, User
from accounts.selectors import capacity_changed_since, working_blocks_for
from accounts.services import audit
from calls.calendar import JST, OFFICE_HOURS, BusinessCalendar
from calls.models import FollowUp, Notice
from calls.planner import Assignment, Slot, Task, plan
from calls.selectors import business_calendar
from calls.services.notices import notify
from leads.models import Lead

TIER_WEIGHT = {"A": 100, "B": 10, "C": 1}
LATE = dt.timedelta(minutes=30)
HALF_HOUR = dt.timedelta(minutes=30)
State = FollowUp.State


def plan_follow_ups(*, now: dt.datetime) -> int:
    """Plan every team with a follow-up that needs it; returns how many plans changed.

    Only second calls nobody has attempted are planned: promises and retries have their own times.
    """
    teams = set(_plannable(now).filter(needs_plan=True).values_list("team_id", flat=True))
    return sum(_plan_team(team_id, now) for team_id in sorted(teams))


def _plannable(now: dt.datetime):
    live = FollowUp.objects.filter(state__in=[State.WAITING, State.OPEN], promised_at=None, first_attempted_at=None)
    return live.filter(closes_at__gt=now, lead__is_blocked=False)


@transaction.atomic
def _plan_team(team_id: int, now: dt.datetime) -> int:
    follow_ups = list(_plannable(now).filter(team_id=team_id).select_related("lead__owner").order_by("pk"))
    if not follow_ups:
        return 0
    calendar = business_calendar()
    until = max(follow_up.closes_at for follow_up in follow_ups)
    slots = team_slots(team_id, now, until, calendar)
    result = plan(
        [_task(follow_up, now) for follow_up in follow_ups],
        slots,
        {item.pk: (item.rep_id, item.planned_at) for item in follow_ups if item.planned_at and item.rep_id},
    )
    return sum(
        _keep(follow_up, result.assignments.get(follow_up.pk), result.unplaced.get(follow_up.pk), now)
        for follow_up in follow_ups
    )


def _task(follow_up: FollowUp, now: dt.datetime) -> Task:
    return Task(
        id=follow_up.pk,
        opens_at=max(follow_up.opens_at, now),
        closes_at=follow_up.closes_at,
        weight=TIER_WEIGHT[follow_up.tier],
        owner_rep=follow_up.first_rep_id,
        team=_desk_of(follow_up),
    )


def _desk_of(follow_up: FollowUp) -> tuple[str, int]:
    """Who may call it: an agency rep's leads only that rep, other leads the in-house reps of their team."""
    owner = follow_up.lead.owner
    if owner and owner.role == Role.AGENCY_REP:
        return ("rep", owner.pk)
    return ("team", follow_up.team_id)


def team_slots(team_id: int, start: dt.datetime, end: dt.datetime, calendar: BusinessCalendar) -> list[Slot]:
    """Room for second calls from `start` to `end`, hour by hour: working hours within callable time, less absences and
    less the promises, retries and next actions already standing in that hour."""
    people = list(User.objects.callers().filter(Q(team_id=team_id) | Q(leads__team_id=team_id)).distinct())
    days = [day for day in _days(start, end) if calendar.business_day(day)]
    blocks = working_blocks_for(people, days, OFFICE_HOURS)
    busy = _busy(people, start, end)
    slots = []
    for person in people:
        desk = ("rep", person.pk) if person.is_agency else ("team", team_id)
        for day in days:
            for hour in _hours(blocks[person.pk, day], calendar, day, start):
                room = person.slots_per_hour - busy[person.pk, hour]
                slots.append(Slot(person.pk, hour, max(room, 0), desk, 60))
    return slots


def _days(start: dt.datetime, end: dt.datetime) -> Iterable[dt.date]:
    first, last = start.astimezone(JST).date(), end.astimezone(JST).date()
    return (first + dt.timedelta(days=count) for count in range((last - first).days + 1))


def _hours(stretches, calendar: BusinessCalendar, day: dt.date, start: dt.datetime) -> Iterable[dt.datetime]:
    """Whole hours of callable time in which somebody works."""
    for opens, closes in calendar.spans_on(day):
        hour = opens.replace(tzinfo=JST)
        while hour < closes.replace(tzinfo=JST):
            if hour >= start and any(
                begin <= hour and hour + dt.timedelta(minutes=30) <= end for begin, end in stretches
            ):
                yield hour
            hour += dt.timedelta(hours=1)


def _busy(people: list[User], start: dt.datetime, end: dt.datetime) -> Counter:
    """Calls with a time of their own, by rep and hour."""
    rows = FollowUp.objects.live().filter(rep__in=people, planned_at__gte=start, planned_at__lte=end)
    own_time = rows.filter(Q(promised_at__isnull=False) | Q(first_attempted_at__isnull=False))
    busy: Counter = Counter()
    for rep_id, planned_at in own_time.values_list("rep_id", "planned_at"):
        busy[rep_id, planned_at.astimezone(JST).replace(minute=0, second=0, microsecond=0)] += 1
    return busy


def _keep(follow_up: FollowUp, found: Assignment | None, unplaced, now: dt.datetime) -> bool:
    """Write one row's plan, unless somebody called it meanwhile. Returns whether rep or time changed."""
    rep_id, planned_at = (found.rep, found.starts_at) if found else (follow_up.rep_id, None)
    moved = (rep_id, planned_at) != (follow_up.rep_id, follow_up.planned_at) or not (found or follow_up.plan_reasons)
    values: dict = {"needs_plan": False}
    if moved:
        codes = found.reasons if found else (unplaced.reason,)
        values |= {"rep_id": rep_id, "planned_at": planned_at, "plan_reasons": [{"code": code} for code in codes]}
    row = FollowUp.objects.filter(pk=follow_up.pk, state__in=[State.WAITING, State.OPEN], first_attempted_at=None)
    if not (moved or follow_up.needs_plan) or not row.update(**values) or not moved:
        return False
    Lead.objects.filter(pk=follow_up.lead_id).update(next_call_at=planned_at)
    if found and found.rep != follow_up.rep_id:
        _after_hand_over(follow_up.pk, found.rep, now)
    if not found:
        warn_managers(follow_up, Notice.Kind.AT_RISK, now)
    return True


def _after_hand_over(follow_up_id: int, rep_id: int, now: dt.datetime) -> None:
    follow_up = FollowUp.objects.select_related("rep", "lead").get(pk=follow_up_id)
    FollowUp.objects.filter(pk=follow_up_id).update(is_agency=follow_up.rep.is_agency)
    if follow_up.first_rep_id == rep_id:
        return
    key = f"handed-over:{follow_up_id}:{rep_id}:{now:%Y%m%d%H%M}"
    notify(user=follow_up.rep, kind=Notice.Kind.HANDED_OVER, key=key, now=now, lead=follow_up.lead, follow_up=follow_up)
    audit.record(
        by=None, now=now, verb="hand_over", target=follow_up, changes={"rep": [follow_up.first_rep_id, rep_id]}
    )


def warn_managers(follow_up: FollowUp, kind: str, now: dt.datetime) -> None:
    """Tell the managers of the follow-up's team, once per follow-up and kind."""
    for manager in managers_of(follow_up.team):
        key = f"{kind}:{follow_up.pk}:{manager.pk}"
        notify(user=manager, kind=kind, key=key, now=now, lead=follow_up.lead, follow_up=follow_up)


def managers_of(team: Team) -> Iterable[User]:
    managers = User.objects.active().filter(role=Role.MANAGER)
    return managers.filter(Q(team=team) | Q(managed_teams=team)).distinct()


def mark_changed_plans(*, now: dt.datetime) -> int:
    """Mark what the planner must look at again: planned calls nobody made in time, those of reps who are away or whose
    hours changed lately, and those without a place."""
    planned = _plannable(now).filter(needs_plan=False)
    absent = Q(rep__absences__starts_at__lte=F("planned_at"), rep__absences__ends_at__gt=F("planned_at"))
    away = absent | Q(rep__is_active=False)
    late = Q(planned_at__lt=now - LATE)
    changed = Q(rep__in=capacity_changed_since(now - LATE))
    unplaced = Q(planned_at=None)
    ids = list(planned.filter(late | away | changed | unplaced).values_list("pk", flat=True).distinct())
    return FollowUp.objects.filter(pk__in=ids, needs_plan=False).update(needs_plan=True)


@transaction.atomic
def reassign(*, follow_up: FollowUp, rep: User, by: User | None, now: dt.datetime) -> None:
    """Give a live follow-up to `rep`; a promised or retry time stands, a planned one is planned anew."""
    follow_up = FollowUp.objects.select_for_update(of=("self",)).select_related("lead__owner").get(pk=follow_up.pk)
    if not follow_up.is_live:
        raise ValidationError(_("この二次架電はすでに終了しています。"), code="not_live")
    if not rep.is_agency and rep.team_id != follow_up.lead.team_id:
        raise ValidationError(_("別のチームの担当者には引き継げません。"), code="other_team")
    before = follow_up.rep_id
    if before == rep.pk:
        return
    has_own_time = follow_up.promised_at or follow_up.first_attempted_at
    follow_up.rep, follow_up.first_rep = rep, rep
    if follow_up.attempted_by_id is None:
        follow_up.is_agency = rep.is_agency
    follow_up.needs_plan = not has_own_time
    if not has_own_time:
        follow_up.planned_at = None
    follow_up.plan_reasons = [{"code": "by_hand"}]
    follow_up.save(update_fields=["rep", "first_rep", "is_agency", "needs_plan", "planned_at", "plan_reasons"])
    if rep.role == Role.AGENCY_REP or (follow_up.lead.owner and follow_up.lead.owner.role == Role.AGENCY_REP):
        follow_up.lead.owner = rep
        follow_up.lead.save(update_fields=["owner", "updated_at"])
    key = f"reassigned:{follow_up.pk}:{rep.pk}:{now:%Y%m%d%H%M%S}"
    notify(user=rep, kind=Notice.Kind.HANDED_OVER, key=key, now=now, lead=follow_up.lead, follow_up=follow_up)
    audit.record(by=by, now=now, verb="reassign", target=follow_up, changes={"rep": [before, rep.pk]})
