"""One lead: what its tier and temperature rest on, its numbers, and who else is known at the company."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from leads.models import Lead, PhoneNumber, Signal, TierRuleVersion
from leads.scorecard import SAID_NO
from leads.selectors.basis import TierBasis, tier_basis
from leads.selectors.listing import with_numbers
from leads.tiering import Condition, LeadFacts, TierDecision, ways_to_a

MOST_WAYS = 3


@dataclass(frozen=True)
class Temperature:
    """The sum item by item, as it stands now; `total` is the sum of the items' points."""

    items: tuple[dict, ...]
    total: int


@dataclass(frozen=True)
class Why:
    """What decides a lead's tier now, and what would make it an A.

    `ways`: per way what is still missing, the shortest first; `score_for_a` instead where a learned temperature
    decides the tier. `obstacle`: "blocked" or "refused". `rules` is None for the defaults.
    """

    decision: TierDecision
    ways: tuple[tuple[Condition, ...], ...]
    score_for_a: int | None
    obstacle: str
    rules: TierRuleVersion | None
    is_learned: bool


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


def signals_of(lead_ids: Iterable[int]) -> dict[int, list[tuple[str, dt.datetime]]]:
    """What many leads did: (kind, moment) by lead. One query."""
    signals: dict[int, list] = {}
    rows = Signal.objects.filter(lead_id__in=lead_ids).values_list("lead_id", "kind", "occurred_at")
    for lead_id, kind, at in rows:
        signals.setdefault(lead_id, []).append((kind, at))
    return signals


def rule_decision(lead: Lead, now: dt.datetime, basis: TierBasis | None = None) -> TierDecision:
    """What the rule says of this lead now, whatever a manager has set by hand."""
    signals = Signal.objects.filter(lead=lead).values_list("kind", "occurred_at")
    return (basis or tier_basis()).decide(lead, facts_of(lead, signals), now)


def why_of(lead: Lead, now: dt.datetime) -> Why:
    """The decision as it stands now, whatever a manager has set by hand, with what the lead page tells about it."""
    basis = tier_basis()
    facts = facts_of(lead, Signal.objects.filter(lead=lead).values_list("kind", "occurred_at"))
    decision, rules = basis.decide(lead, facts, now), basis.rules_for(lead)
    said_no = facts.refused_at is not None and facts.stage in SAID_NO
    score = basis.card.a_from if basis.card and facts.stage not in SAID_NO else None
    is_a = decision.tier == "A"
    missing = [] if is_a or score is not None else ways_to_a(facts, rules, now)
    return Why(
        decision=decision,
        ways=tuple(dict.fromkeys(map(tuple, missing)))[:MOST_WAYS],
        score_for_a=None if is_a else score,
        obstacle="blocked" if lead.is_blocked else "refused" if said_no else "",
        rules=_version_labelled(rules.version),
        is_learned=basis.card is not None,
    )


def _version_labelled(label: str) -> TierRuleVersion | None:
    number = label.removeprefix("r")
    versions = TierRuleVersion.objects.select_related("lead_list")
    return versions.filter(pk=number).first() if number.isdecimal() else None


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
