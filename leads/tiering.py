"""Tier and temperature from signals, facts and rules (product §2). Pure: no models, no clock, no settings.

The tier is a rule and carries its reasons as codes; the temperature is a sum of whole points that orders leads inside a
tier, and its items add up to it. Reasons keep the day something happened, never its age: they stay true while time
passes, and the nightly run writes only leads that really changed. Days are Japanese calendar days: without news a
decision holds from midnight to midnight.

A rule is data: for A and for B groups of conditions, of which any group suffices and of a group every condition must
hold. `leads.tier_rules` reads them from JSON and says what is wrong with them.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
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
class Condition:
    """One thing that must hold. `values` empty means any; `days` means at most so long ago, None any time ago.

    signal: a reaction of these kinds · problem: recorded and not taken back by a no or a lost deal · result: of the
    last call · contact: the person was reached · quiet: not called for at least `days` · stage, timing, budget,
    decision_maker: one of `values`. `standing` signals count only until a refusal.
    """

    fact: str
    values: tuple[str, ...] = ()
    days: int | None = None
    standing: bool = False


Group = tuple[Condition, ...]

GROUPS_FOR_A: tuple[Group, ...] = (
    (Condition("signal", days=30, standing=True),),
    (Condition("signal", ("document_request", "inquiry"), days=90, standing=True),),
    (Condition("problem"),),
)
GROUPS_FOR_B: tuple[Group, ...] = (
    (Condition("stage", ("nurturing",)),),
    (Condition("timing"),),
    (Condition("budget"),),
    (Condition("contact"),),
    (Condition("signal"),),
)


@dataclass(frozen=True)
class TierRules:
    """Groups of conditions, points, half-lives in days. The defaults are product §2's."""

    version: str = "default-3"
    a: tuple[Group, ...] = GROUPS_FOR_A
    b: tuple[Group, ...] = GROUPS_FOR_B
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
    """What the rule looks at. Moments are aware datetimes; `signals` are (kind, occurred_at); `last_result` is the
    result of the last call, as `calls.outcomes` names it."""

    signals: Sequence[tuple[str, dt.datetime]] = ()
    last_called_at: dt.datetime | None = None
    last_reached_at: dt.datetime | None = None
    problem_recorded_at: dt.datetime | None = None
    refused_at: dt.datetime | None = None
    last_result: str = ""
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
    past = _past(facts, now)
    tier, reasons = _tier(_Seen(past, facts, now), rules)
    items = _temperature_items(past, facts, rules, now)
    temperature = sum(item["points"] for item in items)
    return TierDecision(tier, tuple(reasons), temperature, tuple(items), rules.version)


def _past(facts: LeadFacts, now: dt.datetime) -> list[tuple[str, dt.datetime]]:
    """Signals that have happened, newest first."""
    return sorted((pair for pair in facts.signals if pair[1] <= now), key=lambda pair: (-pair[1].timestamp(), pair[0]))


# --- Tier -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    """What a condition is held against. `signals` are of the past, newest first."""

    signals: Sequence[tuple[str, dt.datetime]]
    facts: LeadFacts
    now: dt.datetime

    def is_within(self, at: dt.datetime | None, days: int | None) -> bool:
        return at is not None and (days is None or _days_between(at, self.now) <= days)


def _tier(seen: _Seen, rules: TierRules) -> tuple[str, list[dict]]:
    if reasons := _reasons(rules.a, seen):
        return "A", reasons
    if not _has_said_no(seen.facts) and (reasons := _reasons(rules.b, seen)):
        return "B", reasons
    return "C", _reasons_for_c(seen, rules)


def _reasons(groups: Sequence[Group], seen: _Seen) -> list[dict]:
    """The reasons of every group that holds, each once."""
    found: list[dict] = []
    for group in groups:
        reasons = [_HOLDS[condition.fact](condition, seen) for condition in group]
        if group and all(reasons):
            found += [reason for of_one in reasons for reason in of_one if reason not in found]
    return found


def ways_to_a(facts: LeadFacts, rules: TierRules, now: dt.datetime) -> list[list[Condition]]:
    """What is still missing for each group of A, the shortest way first; empty for a lead that is an A."""
    seen = _Seen(_past(facts, now), facts, now)
    missing = [[each for each in group if not _HOLDS[each.fact](each, seen)] for group in rules.a if group]
    return [] if any(not group for group in missing) else sorted(missing, key=len)


def _has_said_no(facts: LeadFacts) -> bool:
    return bool(facts.refused_at) and facts.stage in ("refused", "blocked")


def _signal_holds(condition: Condition, seen: _Seen) -> list[dict]:
    refused_at = seen.facts.refused_at
    return [
        {"code": "signal", "kind": kind, "on": day_of(at)}
        for kind, at in _newest_per_kind(seen.signals)
        if (not condition.values or kind in condition.values)
        and seen.is_within(at, condition.days)
        and not (condition.standing and refused_at and refused_at >= at)
    ]


def _problem_holds(condition: Condition, seen: _Seen) -> list[dict]:
    """A refusal afterwards, or a deal that ended lost: a problem alone no longer makes the lead hot."""
    at, facts = seen.facts.problem_recorded_at, seen.facts
    if at is None or facts.stage == "lost" or (facts.refused_at and facts.refused_at >= at):
        return []
    return [{"code": "problem", "on": day_of(at)}] if seen.is_within(at, condition.days) else []


def _result_holds(condition: Condition, seen: _Seen) -> list[dict]:
    result, at = seen.facts.last_result, seen.facts.last_called_at
    if not result or at is None or (condition.values and result not in condition.values):
        return []
    return [{"code": "result", "result": result, "on": day_of(at)}] if seen.is_within(at, condition.days) else []


def _contact_holds(condition: Condition, seen: _Seen) -> list[dict]:
    at = seen.facts.last_reached_at
    return [{"code": "contact", "on": day_of(at)}] if at and seen.is_within(at, condition.days) else []


def _quiet_holds(condition: Condition, seen: _Seen) -> list[dict]:
    at = seen.facts.last_called_at
    if at is None:
        return [{"code": "never_called"}]
    return [{"code": "quiet", "on": day_of(at)}] if not seen.is_within(at, condition.days or 0) else []


def _stage_holds(condition: Condition, seen: _Seen) -> list[dict]:
    stage = seen.facts.stage
    if condition.values and stage not in condition.values:
        return []
    return [{"code": "considering"}] if stage == "nurturing" else [{"code": "stage", "stage": stage}]


def _choice_holds(name: str) -> Callable[[Condition, _Seen], list[dict]]:
    def holds(condition: Condition, seen: _Seen) -> list[dict]:
        value = getattr(seen.facts, name)
        if not value or (condition.values and value not in condition.values):
            return []
        return [{"code": name, "value": value}]

    return holds


_HOLDS: dict[str, Callable[[Condition, _Seen], list[dict]]] = {
    "signal": _signal_holds,
    "problem": _problem_holds,
    "result": _result_holds,
    "contact": _contact_holds,
    "quiet": _quiet_holds,
    "stage": _stage_holds,
    "timing": _choice_holds("timing"),
    "budget": _choice_holds("budget"),
    "decision_maker": _choice_holds("decision_maker"),
}
FACTS = tuple(_HOLDS)


def _reasons_for_c(seen: _Seen, rules: TierRules) -> list[dict]:
    facts = seen.facts
    if facts.refused_at:
        return [{"code": "refused", "on": day_of(facts.refused_at)}]
    if facts.last_called_at:
        return [{"code": "no_reaction", "on": day_of(facts.last_called_at)}]
    if facts.created_at and not seen.is_within(facts.created_at, rules.silence_days):
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
        age = _days_between(at, now)
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
    if last and _days_between(last, now) > rules.silence_days:
        items.append({"code": "silence", "on": day_of(last), "points": rules.silence_points})
    return items


def _days_between(at: dt.datetime, now: dt.datetime) -> int:
    """Calendar days from one moment to the other."""
    return (now.astimezone(TOKYO).date() - at.astimezone(TOKYO).date()).days


def day_of(moment: dt.datetime) -> str:
    """The Japanese calendar day of a moment, as JSON keeps it."""
    return moment.astimezone(TOKYO).date().isoformat()
