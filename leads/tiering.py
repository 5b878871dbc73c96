"""Tier and temperature from signals, facts and rules (product §2). Pure: no models, no clock, no settings.

The tier is a rule and carries its reasons as codes; the temperature is a sum of whole points that orders leads inside a
tier, and its items add up to it. Reasons keep the day something happened, never its age: they stay true while time
passes, and the nightly run writes only leads that really changed. Days are Japanese calendar days.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")

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

    version: str = "default-2"
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
    """`reasons` and `items` are JSON-able: [{"code": …, …}]. The `points` of all items add up to `temperature`."""

    tier: str
    reasons: tuple[dict, ...]
    temperature: int
    items: tuple[dict, ...]
    rule_version: str


def tier_for(facts: LeadFacts, rules: TierRules, now: dt.datetime) -> TierDecision:
    """The tier with its reasons, and the temperature with its items, as they stand at `now`."""
    past = sorted((pair for pair in facts.signals if pair[1] <= now), key=lambda pair: (-pair[1].timestamp(), pair[0]))
    tier, reasons = _tier(past, facts, rules, now)
    items = _temperature_items(past, facts, rules, now)
    temperature = sum(item["points"] for item in items)
    return TierDecision(tier, tuple(reasons), temperature, tuple(items), rules.version)


# --- Tier -----------------------------------------------------------------------------------------------------------


def _tier(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> tuple[str, list[dict]]:
    reasons = _reasons_for_a(signals, facts, rules, now)
    if reasons:
        return "A", reasons
    reasons = _reasons_for_b(signals, facts)
    if reasons:
        return "B", reasons
    return "C", _reasons_for_c(facts, rules, now)


def _reasons_for_a(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    reasons = []
    for kind, at in _newest_per_kind(signals):
        if facts.refused_at and facts.refused_at >= at:
            continue
        limit = rules.strong_days if kind in rules.strong_kinds else rules.reaction_days
        if kind in rules.reaction_kinds and now - at <= dt.timedelta(days=limit):
            reasons.append({"code": "signal", "kind": kind, "on": day_of(at)})
    if facts.problem_recorded_at and not _said_no_since(facts.problem_recorded_at, facts):
        reasons.append({"code": "problem", "on": day_of(facts.problem_recorded_at)})
    return reasons


def _said_no_since(moment: dt.datetime, facts: LeadFacts) -> bool:
    """A refusal after `moment`, or a deal that ended lost: a problem alone no longer makes the lead hot."""
    return facts.stage == "lost" or bool(facts.refused_at and facts.refused_at >= moment)


def _reasons_for_b(signals, facts: LeadFacts) -> list[dict]:
    if facts.refused_at and facts.stage in ("refused", "blocked"):
        return []
    reasons = []
    if facts.stage == "nurturing":
        reasons.append({"code": "considering"})
    if facts.timing or facts.budget:
        reasons.append({"code": "not_now", "timing": facts.timing, "budget": facts.budget})
    if facts.last_reached_at:
        reasons.append({"code": "contact", "on": day_of(facts.last_reached_at)})
    reasons += [{"code": "old_signal", "kind": kind, "on": day_of(at)} for kind, at in _newest_per_kind(signals)]
    return reasons


def _reasons_for_c(facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    if facts.refused_at:
        return [{"code": "refused", "on": day_of(facts.refused_at)}]
    if facts.last_called_at:
        return [{"code": "no_reaction", "on": day_of(facts.last_called_at)}]
    if facts.created_at and now - facts.created_at > dt.timedelta(days=rules.silence_days):
        return [{"code": "silent", "on": day_of(facts.created_at)}]
    return [{"code": "no_contact"}]


def _newest_per_kind(signals) -> list[tuple[str, dt.datetime]]:
    """The first of each kind; `signals` are sorted, newest first."""
    newest: dict[str, dt.datetime] = {}
    for kind, at in signals:
        newest.setdefault(kind, at)
    return list(newest.items())


# --- Temperature ----------------------------------------------------------------------------------------------------


def _temperature_items(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    items = (
        _signal_items(signals, rules, now) + _hearing_items(facts, rules) + _cooling_items(signals, facts, rules, now)
    )
    total = sum(item["points"] for item in items)
    kept = max(0, min(100, total))
    return items if kept == total else [*items, {"code": "limit", "points": kept - total}]


def _signal_items(signals, rules: TierRules, now: dt.datetime) -> list[dict]:
    items = []
    for kind, at in signals:
        age = (now - at) / dt.timedelta(days=1)
        points = round(rules.signal_points.get(kind, 0) * 0.5 ** (age / rules.half_life_days.get(kind, 30)))
        if points:
            items.append({"code": "signal", "kind": kind, "on": day_of(at), "points": points})
    return items


def _hearing_items(facts: LeadFacts, rules: TierRules) -> list[dict]:
    items = []
    if points := rules.timing_points.get(facts.timing):
        items.append({"code": "timing", "value": facts.timing, "points": points})
    if points := rules.budget_points.get(facts.budget):
        items.append({"code": "budget", "value": facts.budget, "points": points})
    if facts.decision_maker:
        items.append({"code": "decision_maker", "points": rules.decision_maker_points})
    if facts.problem_recorded_at:
        items.append({"code": "problem", "on": day_of(facts.problem_recorded_at), "points": rules.problem_points})
    return items


def _cooling_items(signals, facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[dict]:
    """A refusal cools until the lead reacts again; silence cools once it has lasted `silence_days`."""
    items = []
    newest = signals[0][1] if signals else None
    if facts.refused_at and not (newest and newest > facts.refused_at):
        items.append({"code": "refusal", "on": day_of(facts.refused_at), "points": rules.refusal_points})
    last = max((at for at in (facts.last_reached_at, newest) if at), default=facts.created_at)
    if last and now - last > dt.timedelta(days=rules.silence_days):
        items.append({"code": "silence", "on": day_of(last), "points": rules.silence_points})
    return items


def day_of(moment: dt.datetime) -> str:
    """The Japanese calendar day of a moment, as JSON keeps it."""
    return moment.astimezone(TOKYO).date().isoformat()
