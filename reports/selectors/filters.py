"""What a report is about: period, basis, cuts and whose rows; and the rows of each kind it may count.

Each row is cut by what was written on it when it happened: a call by its own rep, team and tier, a follow-up by its
team and tier at the reaction and by the rep who holds it (planned until the first second call, then the one who made
the latest). Leads have no history, so they are cut by owner, team and tier as they stand.
"""

import datetime as dt
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, Role, Scope, scope_of
from calls.models import Call, FollowUp
from deals.models import CallingCost, Deal
from leads.models import Lead
from reports.periods import Period

UNASSIGNED = 0
"""`rep_id` of rows nobody holds yet."""


class Basis(StrEnum):
    ACTIVITY = "activity"  # what happened in the period
    COHORT = "cohort"  # what became of the reactions of the period, lost ones included


@dataclass(frozen=True)
class ReportFilter:
    """One selection. `user` None is the system: everything. Nothing later than `as_of` is counted."""

    user: User | None
    period: Period
    as_of: dt.datetime
    basis: Basis = Basis.ACTIVITY
    team_id: int | None = None
    rep_id: int | None = None
    tier: str = ""
    list_id: int | None = None
    source: str = ""
    industry: str = ""
    is_agency: bool | None = None
    temperature: tuple[int, int] | None = None  # of follow-ups alone, first and last included

    @property
    def scope(self) -> Scope:
        return Scope.ALL if self.user is None else scope_of(self.user, Permission.SEE_REPORTS)

    @property
    def previous(self) -> "ReportFilter":
        """The period before, as it stood when it was as old as this one is now: equally ripe."""
        before = self.period.previous
        age = self.as_of - self.period.opens_at
        return replace(self, period=before, as_of=before.opens_at + age)

    @property
    def is_costed(self) -> bool:
        """Costs are entered per team and month: no finer cut has any, and only who sees whole teams sees them."""
        finer = (self.tier, self.list_id, self.source, self.industry)
        uncut = self.rep_id is None and self.is_agency is None and not any(finer)
        return uncut and self.scope in (Scope.TEAMS, Scope.ALL)

    def during(self, field: str) -> Q:
        """`field` lies in the period, and not after `as_of`."""
        return Q(
            **{
                f"{field}__gte": self.period.opens_at,
                f"{field}__lt": self.period.closes_at,
                f"{field}__lte": self.as_of,
            }
        )

    def cut(self, **fields: str) -> Q:
        """The chosen cuts, on the columns that hold `team`, `rep`, `tier`, `lead` (path to the lead) and `agency`."""
        lead = fields["lead"]
        wanted = {
            fields["team"]: self.team_id,
            fields["tier"]: self.tier,
            f"{lead}lead_list_id": self.list_id,
            f"{lead}source": self.source,
            f"{lead}company__industry": self.industry,
        }
        condition = Q(**{field: value for field, value in wanted.items() if value})
        if self.rep_id is not None:
            condition &= Q(**{fields["rep"]: self.rep_id or None})
        if self.temperature and "temperature" in fields:
            condition &= Q(**{f"{fields['temperature']}__range": self.temperature})
        if self.is_agency is not None and "agency" in fields:
            condition &= Q(**{fields["agency"]: self.is_agency})
        return condition

    def within(self, queryset: QuerySet, *, team: str, rep: str, deals: Q | None = None) -> QuerySet:
        """Rows the user's reports may count. `deals` picks the rows behind the user's own deals, for field sales."""
        if self.scope is Scope.ALL:
            return queryset
        if self.scope is Scope.TEAMS:
            return queryset.filter(**{f"{team}__in": self.user.team_ids})
        if self.scope is Scope.OWN:
            return queryset.filter(**{rep: self.user.pk})
        if self.scope is Scope.DEALS and deals is not None:
            return queryset.filter(deals)
        return queryset.none()


CALL_COLUMNS = {"team": "team_id", "rep": "rep_id", "tier": "tier", "lead": "lead__", "agency": "is_agency"}
FOLLOW_UP_COLUMNS = {**CALL_COLUMNS, "rep": "credited_rep_id", "temperature": "temperature"}
LEAD_COLUMNS = {"team": "team_id", "rep": "owner_id", "tier": "tier", "lead": ""}
DEAL_COLUMNS = {
    "team": "team_id",
    "rep": "set_by_id",
    "tier": "appointment_call__tier",
    "lead": "lead__",
    "agency": "appointment_call__is_agency",
}


def calls(report: ReportFilter) -> QuerySet[Call]:
    found = Call.objects.filter(report.cut(**CALL_COLUMNS))
    return report.within(found, team="team_id", rep="rep_id")


def follow_ups(report: ReportFilter) -> QuerySet[FollowUp]:
    found = FollowUp.objects.filter(report.cut(**FOLLOW_UP_COLUMNS))
    own_deals = Exists(Deal.objects.filter(follow_up=OuterRef("pk"), owner=report.user))
    return report.within(found, team="team_id", rep="credited_rep_id", deals=Q(own_deals))


def leads(report: ReportFilter) -> QuerySet[Lead]:
    found = Lead.objects.filter(report.cut(**LEAD_COLUMNS))
    if report.is_agency is not None:
        agency = Q(owner__role=Role.AGENCY_REP) | Q(team__is_agency=True)
        found = found.filter(agency) if report.is_agency else found.exclude(agency)
    return report.within(found, team="team_id", rep="owner_id")


def called_deals(report: ReportFilter) -> QuerySet[Deal]:
    """Deals that a call of ours began; inbound ones are nobody's calling."""
    found = Deal.objects.exclude(origin=Deal.Origin.INBOUND).filter(report.cut(**DEAL_COLUMNS))
    return report.within(found, team="team_id", rep="set_by_id", deals=Q(owner=report.user))


def costs(report: ReportFilter) -> QuerySet[CallingCost]:
    """Costs of the months the period touches; none where the cut is finer than a team and a month."""
    if not report.is_costed:
        return CallingCost.objects.none()
    wanted: dict[str, Any] = {"team_id": report.team_id} if report.team_id else {}
    first = report.period.start.replace(day=1)
    found = CallingCost.objects.filter(month__gte=first, month__lte=report.period.end, **wanted)
    return report.within(found, team="team_id", rep="team_id")
