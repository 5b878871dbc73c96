"""One lead: what its tier and temperature rest on, its numbers, and who else is known at the company."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from leads.models import Lead, PhoneNumber, Signal
from leads.selectors.basis import TierBasis, tier_basis
from leads.selectors.listing import with_numbers
from leads.tiering import LeadFacts, TierDecision


@dataclass(frozen=True)
class Temperature:
    """The sum item by item, as it stands now; `total` is the sum of the items' points."""

    items: tuple[dict, ...]
    total: int


def facts_of(lead: Lead, signals: Iterable[tuple[str, dt.datetime]]) -> LeadFacts:
    """What the rule looks at, from the lead's own row and its signals."""
    return LeadFacts(
        signals=tuple(signals),
        last_called_at=lead.last_called_at,
        last_reached_at=lead.last_reached_at,
        problem_recorded_at=lead.problem_recorded_at,
        refused_at=lead.refused_at,
        last_result=lead.last_result,
        timing=lead.timing,
        budget=lead.budget,
        decision_maker=lead.decision_maker,
        stage=lead.stage,
        created_at=lead.created_at,
    )


def rule_decision(lead: Lead, now: dt.datetime, basis: TierBasis | None = None) -> TierDecision:
    """What the rule says of this lead now, whatever a manager has set by hand."""
    signals = Signal.objects.filter(lead=lead).values_list("kind", "occurred_at")
    return (basis or tier_basis()).decide(lead, facts_of(lead, signals), now)


def temperature_of(decision: TierDecision) -> Temperature:
    """The temperature's lines and their sum."""
    return Temperature(decision.items, sum(item["points"] for item in decision.items))


def numbers_of(lead: Lead) -> list[PhoneNumber]:
    """The lead's numbers in dialling order, each knowing whether it is blocked."""
    return with_numbers([lead])[0].numbers


def siblings_of(lead: Lead, user: User, limit: int = 10) -> QuerySet[Lead]:
    """Other people at the same company that `user` may see, hottest first."""
    others = Lead.objects.for_user(user).filter(company=lead.company_id).exclude(pk=lead.pk)
    return others.order_by("tier", "-temperature", "pk")[:limit]
