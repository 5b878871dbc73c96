"""What is read: the list of deals with its filters, the three boxes field sales start from, one deal, the costs."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts.models import Team, User
from accounts.permissions import Permission, Scope, scope_of
from deals.models import CallingCost, Deal, DealMove
from leads.models import Lead
from leads.search import query_terms

BOX_ROWS = 8
SORTS = {
    "starts_at": ("starts_at", "pk"),
    "-starts_at": ("-starts_at", "-pk"),
    "company": ("lead__company__name", "pk"),
    "-company": ("-lead__company__name", "-pk"),
    "stage": ("stage", "starts_at", "pk"),
    "-stage": ("-stage", "starts_at", "pk"),
    "amount_yen": (F("amount_yen").asc(nulls_last=True), "pk"),
    "-amount_yen": (F("amount_yen").desc(nulls_last=True), "-pk"),
}
DEFAULT_SORT = "-starts_at"


@dataclass(frozen=True)
class Box:
    """One of the piles work starts from: how many wait in it, and the first few of them."""

    key: str
    count: int
    deals: list[Deal]


def deals_for_list(*, user: User, filters: dict[str, Any], now: dt.datetime) -> QuerySet[Deal]:
    """Deals `user` may see, narrowed by cleaned filters, in the asked order."""
    deals = Deal.objects.for_user(user)
    if filters.get("box"):
        deals = in_box(deals, filters["box"], now)
    for field in ("stage", "origin", "owner"):
        if filters.get(field):
            deals = deals.filter(**{field: filters[field]})
    if filters.get("start"):
        deals = deals.filter(starts_at__gte=_midnight(filters["start"]))
    if filters.get("end"):
        deals = deals.filter(starts_at__lt=_midnight(filters["end"] + dt.timedelta(days=1)))
    for term in query_terms(filters.get("q") or ""):
        deals = deals.filter(lead__search_text__contains=term)
    return _with_names(deals).order_by(*SORTS[filters.get("sort") or DEFAULT_SORT])


def in_box(deals: QuerySet[Deal], key: str, now: dt.datetime) -> QuerySet[Deal]:
    """Narrow to one box: `new`, `today` or `waiting`."""
    if key == "new":
        return deals.new_handovers()
    if key == "waiting":
        return deals.awaiting_result(now)
    today = timezone.localdate(now)
    return deals.meeting_between(_midnight(today), _midnight(today + dt.timedelta(days=1)))


def boxes(*, user: User, now: dt.datetime) -> list[Box]:
    """The three boxes of what `user` may see, soonest meeting first."""
    visible = Deal.objects.for_user(user)
    return [_box(visible, key, now) for key in ("new", "today", "waiting")]


def _box(visible: QuerySet[Deal], key: str, now: dt.datetime) -> Box:
    deals = in_box(visible, key, now)
    return Box(key, deals.count(), list(_with_names(deals).order_by("starts_at", "pk")[:BOX_ROWS]))


def owners_of(user: User) -> QuerySet[User]:
    """Owners of the deals `user` may see."""
    return User.objects.filter(pk__in=Deal.objects.for_user(user).values("owner_id")).order_by("name", "pk")


def deals_of_lead(*, lead: Lead, user: User) -> QuerySet[Deal]:
    """The lead's deals as far as `user` may see them, newest first."""
    return _with_names(Deal.objects.for_user(user).filter(lead=lead)).order_by("-appointment_at", "-pk")


def history_of(deal: Deal) -> QuerySet[DealMove]:
    """Every move, newest first."""
    return DealMove.objects.filter(deal=deal).select_related("by").order_by("-at", "-pk")


def teams_with_costs(user: User) -> QuerySet[Team]:
    """Teams whose calling costs `user` enters."""
    scope = scope_of(user, Permission.EDIT_COSTS)
    if scope is Scope.ALL:
        return Team.objects.order_by("name")
    return Team.objects.filter(pk__in=user.team_ids if scope is Scope.TEAMS else []).order_by("name")


def calling_costs(user: User) -> QuerySet[CallingCost]:
    """Costs of those teams, newest month first, each with `total_yen`."""
    costs = CallingCost.objects.filter(team__in=teams_with_costs(user)).select_related("team")
    total = F("people_yen") + F("agency_yen") + F("tools_yen")
    return costs.annotate(total_yen=total).order_by("-month", "team__name", "pk")


def is_narrowed(filters: dict[str, Any]) -> bool:
    """Whether the list shows less than everything."""
    return any(value for field, value in filters.items() if field != "sort")


def _with_names(deals: QuerySet[Deal]) -> QuerySet[Deal]:
    return deals.select_related("lead__company", "owner", "set_by", "handover")


def _midnight(day: dt.date) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time.min))
