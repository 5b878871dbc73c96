"""The lead list: search, filters, order, and the numbers of the page; and the lists leads came from."""

from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Count,
    Exists,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    prefetch_related_objects,
)

from accounts.models import Team, User
from accounts.permissions import Permission, Role, Scope, scope_of
from leads.models import Lead, LeadList, PhoneNumber, Tier
from leads.search import query_terms
from leads.selectors.blocks import blocked_among

SORTS: dict[str, tuple] = {
    "tier": (F("tier").asc(), F("temperature").desc()),
    "-tier": (F("tier").desc(), F("temperature").asc()),
    "company": (F("company__name_key").asc(),),
    "-company": (F("company__name_key").desc(),),
    "last_called": (F("last_called_at").asc(nulls_last=True),),
    "-last_called": (F("last_called_at").desc(nulls_last=True),),
    "next_call": (F("next_call_at").asc(nulls_last=True),),
    "-next_call": (F("next_call_at").desc(nulls_last=True),),
    "created": (F("created_at").asc(),),
    "-created": (F("created_at").desc(),),
}
DEFAULT_SORT = "tier"
COUNTED = {
    "all": Q(),
    "a": Q(tier=Tier.A),
    "b": Q(tier=Tier.B),
    "c": Q(tier=Tier.C),
    "callable": Q(is_blocked=False, has_callable_phone=True),
    "blocked": Q(is_blocked=True),
}
"""What a list is counted by; `Q()` counts every lead."""


@dataclass(frozen=True)
class LeadFilter:
    """What the list is narrowed to; every field empty is the whole list. `state` is callable, blocked or no_number."""

    q: str = ""
    tier: str = ""
    stage: str = ""
    lead_list: LeadList | None = None
    owner: User | None = None
    unowned: bool = False
    team: Team | None = None
    source: str = ""
    prefecture: str = ""
    industry: str = ""
    state: str = ""
    sort: str = DEFAULT_SORT

    @property
    def is_narrowed(self) -> bool:
        return any(value for name, value in vars(self).items() if name != "sort")


def leads_for(user: User, wanted: LeadFilter) -> QuerySet[Lead]:
    """The leads `user` may see that `wanted` names, in its order. The one place that searches."""
    leads = Lead.objects.for_user(user).filter(**_exact(wanted))
    leads = _searched(leads, wanted.q)
    if wanted.unowned:
        leads = leads.filter(owner=None)
    if wanted.source:
        leads = leads.filter(source__icontains=wanted.source)
    if wanted.industry:
        leads = leads.filter(company__industry__icontains=wanted.industry)
    leads = _in_state(leads, wanted.state)
    order = SORTS.get(wanted.sort, SORTS[DEFAULT_SORT])
    return leads.select_related("company", "owner").order_by(*order, "pk")


def _exact(wanted: LeadFilter) -> dict[str, Any]:
    values = {
        "tier": wanted.tier,
        "stage": wanted.stage,
        "lead_list": wanted.lead_list,
        "owner": wanted.owner,
        "team": wanted.team,
        "company__prefecture": wanted.prefecture,
    }
    return {field: value for field, value in values.items() if value}


def _searched(leads: QuerySet[Lead], query: str) -> QuerySet[Lead]:
    """Both sides are folded alike (leads.search), so a plain LIKE finds every spelling."""
    if not query.strip():
        return leads
    terms = query_terms(query)
    if not terms:
        return leads.none()
    for term in terms:
        leads = leads.filter(search_text__contains=term)
    return leads


def _in_state(leads: QuerySet[Lead], state: str) -> QuerySet[Lead]:
    if state == "callable":
        return leads.callable()
    if state == "blocked":
        return leads.filter(is_blocked=True)
    if state == "no_number":
        return leads.not_blocked().filter(has_callable_phone=False)
    return leads


def with_numbers(leads: list[Lead]) -> list[Lead]:
    """The same leads, each with `numbers` (dialling order) whose `is_blocked` is known: two queries for a page."""
    ordered = PhoneNumber.objects.order_by("position", "pk")
    prefetch_related_objects(leads, Prefetch("phones", ordered, to_attr="numbers"))
    blocked = blocked_among(phone.e164 for lead in leads for phone in lead.numbers)
    for lead in leads:
        for phone in lead.numbers:
            phone.is_blocked = phone.e164 in blocked
        lead.first_number = next(
            (p for p in lead.numbers if p.is_valid and not p.is_blocked and p.label != PhoneNumber.Label.FAX),
            lead.numbers[0] if lead.numbers else None,
        )
    return leads


def owners_for(user: User) -> QuerySet[User]:
    """Whose leads `user` may filter by: callers of the own teams and agency people who hold leads of these.

    Nobody for those who see only what is assigned to them.
    """
    people = User.objects.active().reps().order_by("name", "pk")
    scope = scope_of(user, Permission.SEE_LEADS)
    if scope is Scope.ALL:
        return people
    if scope not in (Scope.TEAM, Scope.TEAMS):
        return people.none()
    held = Lead.objects.filter(owner=OuterRef("pk"), team_id__in=user.team_ids)
    return people.filter(Q(team_id__in=user.team_ids) | (Q(role=Role.AGENCY_REP) & Exists(held)))


def candidates_for(user: User) -> QuerySet[User]:
    """Who may be given a lead by `user`, who answers for them: callers and managers of the own teams."""
    return User.objects.for_user(user).active().reps().order_by("name", "pk")


def teams_for(user: User) -> QuerySet[Team]:
    """Teams `user` answers for."""
    teams = Team.objects.order_by("name", "pk")
    return teams if scope_of(user, Permission.SEE_LEADS) is Scope.ALL else teams.filter(pk__in=user.team_ids)


def lists_for(user: User) -> QuerySet[LeadList]:
    """Lists `user` may see, newest first."""
    return LeadList.objects.for_user(user).select_related("team").order_by("-created_at", "-pk")


def with_counts(lists: list[LeadList], user: User) -> list[LeadList]:
    """The same lists, each with `counts` of the leads `user` may see: all, by tier, callable, blocked. One query."""
    rows = (
        Lead.objects.for_user(user)
        .filter(lead_list__in=lists)
        .order_by()
        .values("lead_list")
        .annotate(**{name: Count("pk", distinct=True, filter=condition) for name, condition in COUNTED.items()})
    )
    counts = {row["lead_list"]: row for row in rows}
    for lead_list in lists:
        lead_list.counts = counts.get(lead_list.pk, dict.fromkeys(COUNTED, 0))
    return lists
