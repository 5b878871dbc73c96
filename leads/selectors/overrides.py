"""Tiers set by hand: those that stand, those that end soon, and those that have run out lately."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from accounts.models import AuditEntry, User
from leads.models import Lead
from leads.selectors.basis import tier_basis
from leads.selectors.detail import facts_of, signals_of

SOON, EXPIRED = dt.timedelta(days=7), dt.timedelta(days=30)
OVERRIDE_STATES = ("standing", "soon", "expired")
OVERRIDE_SORTS: dict[str, str] = {
    "until": "tier_override_until",
    "company": "company__name_key",
    "tier": "tier_override",
    "by": "tier_override_by__name",
}
OVERRIDE_SORT = "until"


@dataclass(frozen=True)
class Override:
    """A lead with a tier by hand: what the rule would say now, how many days are left, and since when it is so."""

    lead: Lead
    rule_tier: str
    days_left: int | None
    set_at: dt.datetime | None


def overrides_for(user: User, state: str, now: dt.datetime, sort: str = OVERRIDE_SORT) -> QuerySet[Lead]:
    """Leads the user may see whose tier was set by hand. One that has run out is remembered until the next one."""
    field, is_falling = OVERRIDE_SORTS.get(sort.removeprefix("-"), OVERRIDE_SORTS[OVERRIDE_SORT]), sort.startswith("-")
    order = F(field).desc(nulls_last=True) if is_falling else F(field).asc(nulls_last=True)
    by_hand = Lead.objects.for_user(user).filter(_states(timezone.localdate(now))[state], tier_override__gt="")
    return by_hand.select_related("company", "tier_override_by").order_by(order, "pk")


def count_overrides(user: User, now: dt.datetime) -> dict[str, int]:
    """How many there are of each state."""
    counts = {name: Count("pk", filter=found) for name, found in _states(timezone.localdate(now)).items()}
    return Lead.objects.for_user(user).filter(tier_override__gt="").aggregate(**counts)


def with_rule_tiers(leads: Sequence[Lead], now: dt.datetime) -> list[Override]:
    """What the rule says of each of these leads. A fixed number of queries."""
    basis, today = tier_basis(), timezone.localdate(now)
    signals, since = signals_of([lead.pk for lead in leads]), _set_at(leads)
    return [
        Override(
            lead=lead,
            rule_tier=basis.decide(lead, facts_of(lead, signals.get(lead.pk, ())), now).tier,
            days_left=(lead.tier_override_until - today).days if lead.tier_override_until else None,
            set_at=since.get(lead.pk),
        )
        for lead in leads
    ]


def _states(today: dt.date) -> dict[str, Q]:
    standing = Q(tier_override_until=None) | Q(tier_override_until__gte=today)
    return {
        "standing": standing,
        "soon": Q(tier_override_until__gte=today, tier_override_until__lte=today + SOON),
        "expired": Q(tier_override_until__lt=today, tier_override_until__gte=today - EXPIRED),
    }


def _set_at(leads: Sequence[Lead]) -> dict[int, dt.datetime]:
    """When each was last overridden, from the trail; the newest entry comes last."""
    ids = [str(lead.pk) for lead in leads]
    entries = AuditEntry.objects.filter(target_type="leads.lead", target_id__in=ids, verb="override_tier")
    return {int(pk): at for pk, at in entries.order_by("at", "pk").values_list("target_id", "at")}
