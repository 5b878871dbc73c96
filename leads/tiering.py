"""Tier and temperature from signals, facts and rules (product §2). Pure: no models, no clock, no settings.

The tier is a rule and carries its reasons as codes; the temperature is a sum of items that orders leads inside a tier.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

ALL_REACTIONS = (
    "document_request",
    "inquiry",
    "seminar",
    "reply",
    "business_card",
    "call_reaction",
)


@dataclass(frozen=True)
class TierRules:
    """Thresholds in days, points and half-lives in days. The defaults are product §2's."""

    version: str = "default-1"
    reaction_days: int = 30
    strong_days: int = 90
    strong_kinds: tuple[str, ...] = ("document_request", "inquiry")
    reaction_kinds: tuple[str, ...] = ALL_REACTIONS
    silence_days: int = 90
    signal_points: Mapping[str, int] = field(
        default_factory=lambda: {
            "document_request": 30,
            "inquiry": 40,
            "seminar": 15,
            "reply": 20,
            "business_card": 10,
            "call_reaction": 35,
        }
    )
    half_life_days: Mapping[str, float] = field(
        default_factory=lambda: {
            "document_request": 21,
            "inquiry": 21,
            "seminar": 30,
            "reply": 14,
            "business_card": 60,
            "call_reaction": 14,
        }
    )
    timing_points: Mapping[str, int] = field(
        default_factory=lambda: {
            "within_1_month": 20,
            "within_3_months": 14,
            "within_6_months": 8,
            "within_1_year": 3,
        }
    )
    budget_points: Mapping[str, int] = field(default_factory=lambda: {"secured": 15, "applying": 8})
    decision_maker_points: int = 8
    problem_points: int = 10
    refusal_points: int = -40
    silence_points: int = -10


DEFAULT_RULES = TierRules()


@dataclass(frozen=True)
class LeadFacts:
    """What the rule looks at. Moments are aware datetimes; `signals` are (kind, occurred_at)."""

    signals: Sequence[tuple[str, dt.datetime]] = ()
    last_called_at: dt.datetime | None = None
    last_reached_at: dt.datetime | None = None
    problem_recorded_at: dt.datetime | None = None
    refused_at: dt.datetime | None = None
    timing: str = ""
    budget: str = ""
    decision_maker: str = ""
    stage: str = "new"
    created_at: dt.datetime | None = None


@dataclass(frozen=True)
class TierDecision:
    """`reasons` and `items` are JSON-able: [{"code": …, …}]; items add up to `temperature` before rounding and clamping."""

    tier: str
    reasons: tuple[dict, ...]
    temperature: int
    items: tuple[dict, ...]
    rule_version: str


def tier_for(facts: LeadFacts, rules: TierRules, now: dt.datetime) -> TierDecision:
    """The tier with its reasons, and the temperature with its items, as they stand at `now`."""
    past = [(kind, at) for kind, at in facts.signals if at <= now]
    tier, reasons = _tier(past, facts, rules, now)
    items = _temperature_items(past, facts, rules, now)
    total = max(0, min(100, round(sum(item["points"] for item in items))))
    return TierDecision(tier, tuple(reasons), total, tuple(items), rules.version)


def _tier(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> tuple[str, list[dict]]:
    reasons = _reasons_for_a(signals, facts, rules, now)
    if reasons:
        return "A", reasons
    reasons = _reasons_for_b(signals, facts, now)
    if reasons:
        return "B", reasons
    return "C", _reasons_for_c(facts, rules, now)


def _reasons_for_a(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    refused = facts.refused_at
    reasons = []
    for kind, at in _newest_per_kind(signals):
        if refused and refused >= at:
            continue
        limit = rules.strong_days if kind in rules.strong_kinds else rules.reaction_days
        if kind in rules.reaction_kinds and now - at <= dt.timedelta(days=limit):
            reasons.append({"code": "signal", "kind": kind, "days": days_between(at, now)})
    if facts.problem_recorded_at and not (refused and refused >= facts.problem_recorded_at):
        reasons.append({"code": "problem", "days": days_between(facts.problem_recorded_at, now)})
    return reasons


def _reasons_for_b(signals, facts: LeadFacts, now: dt.datetime) -> list[dict]:
    if facts.refused_at and facts.stage in ("refused", "blocked"):
        return []
    reasons = []
    if facts.stage == "nurturing":
        reasons.append({"code": "considering"})
    if facts.timing or facts.budget:
        reasons.append({"code": "not_now", "timing": facts.timing, "budget": facts.budget})
    if facts.last_reached_at:
        reasons.append({"code": "contact", "days": days_between(facts.last_reached_at, now)})
    reasons += [{"code": "old_signal", "kind": k, "days": days_between(at, now)} for k, at in _newest_per_kind(signals)]
    return reasons


def _reasons_for_c(facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    if facts.refused_at:
        return [{"code": "refused", "days": days_between(facts.refused_at, now)}]
    if facts.last_called_at:
        return [{"code": "no_reaction", "days": days_between(facts.last_called_at, now)}]
    if facts.created_at and now - facts.created_at > dt.timedelta(days=rules.silence_days):
        return [{"code": "silent", "days": days_between(facts.created_at, now)}]
    return [{"code": "no_contact"}]


def _newest_per_kind(signals) -> list[tuple[str, dt.datetime]]:
    newest: dict[str, dt.datetime] = {}
    for kind, at in signals:
        if kind not in newest or at > newest[kind]:
            newest[kind] = at
    return sorted(newest.items(), key=lambda pair: (-pair[1].timestamp(), pair[0]))


def _temperature_items(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    items = []
    for kind, at in sorted(signals, key=lambda pair: (-pair[1].timestamp(), pair[0])):
        age = (now - at).total_seconds() / 86400
        points = rules.signal_points.get(kind, 0) * 0.5 ** (age / rules.half_life_days.get(kind, 30))
        if points >= 0.05:
            items.append(
                {
                    "code": "signal",
                    "kind": kind,
                    "days": days_between(at, now),
                    "points": round(points, 1),
                }
            )
    if points := rules.timing_points.get(facts.timing):
        items.append({"code": "timing", "value": facts.timing, "points": points})
    if points := rules.budget_points.get(facts.budget):
        items.append({"code": "budget", "value": facts.budget, "points": points})
    if facts.decision_maker:
        items.append({"code": "decision_maker", "points": rules.decision_maker_points})
    if facts.problem_recorded_at:
        items.append({"code": "problem", "points": rules.problem_points})
    if facts.refused_at:
        items.append({"code": "refusal", "points": rules.refusal_points})
    last = max(
        (at for at in (facts.last_reached_at, *(at for _, at in signals)) if at),
        default=facts.created_at,
    )
    if last and now - last > dt.timedelta(days=rules.silence_days):
        items.append(
            {
                "code": "silence",
                "days": days_between(last, now),
                "points": rules.silence_points,
            }
        )
    return items


def days_between(earlier: dt.datetime, later: dt.datetime) -> int:
    """Whole days from `earlier` to `later`."""
    return max(0, (later - earlier).days)
