"""Which conditions and points of the tier rules held at a reaction, from what a follow-up keeps. Pure.

Only a condition by itself is looked at: whether it tells who converts, whatever tier it led to. What is not known of a
reaction is left away, never taken for "did not hold".
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from leads.tiering import TOKYO, Group, LeadFacts, TierRules, tier_for

MOMENTS = ("last_called_at", "last_reached_at", "problem_recorded_at", "refused_at")
CHOICES = ("last_result", "timing", "budget", "decision_maker", "stage")
NO_VALUES = ("decision_maker", "problem", "refusal", "silence")
"""Points that are given whatever was answered."""


@dataclass(frozen=True)
class GroupOf:
    """One group of conditions for a tier."""

    tier: str
    group: Group


@dataclass(frozen=True)
class PointsFor:
    """One item of the temperature: `value` is a kind of signal or an answer."""

    code: str
    value: str = ""


Condition = GroupOf | PointsFor


def conditions_of(rules: TierRules) -> list[Condition]:
    """What the rules ask for, in their order; what gives no points is none of them."""
    groups = [GroupOf(tier, group) for tier, of_tier in (("A", rules.a), ("B", rules.b)) for group in of_tier if group]
    valued = (("signal", rules.signal_points), ("timing", rules.timing_points), ("budget", rules.budget_points))
    points = [PointsFor(code, value) for code, table in valued for value, given in table.items() if given]
    return [*groups, *points, *(PointsFor(code) for code in NO_VALUES if getattr(rules, f"{code}_points"))]


def held(rules: TierRules, facts: LeadFacts, at: dt.datetime) -> dict[Condition, bool]:
    """Every condition of `rules`, and whether it held at `at`."""
    given = {_item_key(item) for item in tier_for(facts, rules, at).items}
    return {
        condition: _holds(condition, rules, facts, at) if isinstance(condition, GroupOf) else condition in given
        for condition in conditions_of(rules)
    }


def held_by_signals(rules: TierRules, facts: LeadFacts, at: dt.datetime) -> dict[Condition, bool]:
    """As `held`, where nothing but signals and refusals is known."""
    return {condition: holds for condition, holds in held(rules, facts, at).items() if _asks_signals(condition)}


def _asks_signals(condition: Condition) -> bool:
    if isinstance(condition, PointsFor):
        return condition.code == "signal"
    return all(one.fact == "signal" for one in condition.group)


def _holds(condition: GroupOf, rules: TierRules, facts: LeadFacts, at: dt.datetime) -> bool:
    return tier_for(facts, replace(rules, a=(condition.group,), b=()), at).tier == "A"


def _item_key(item: Mapping[str, Any]) -> PointsFor:
    return PointsFor(
        item["code"], item.get("kind") or (item.get("value") or "" if item["code"] not in NO_VALUES else "")
    )


# --- What was known -------------------------------------------------------------------------------------------------


def facts_at_reaction(snapshot: Mapping[str, Any], at: dt.datetime) -> LeadFacts | None:
    """The facts at the reaction, from `leads.selectors.snapshot_of`; the rules count days, so days are enough.

    None without a snapshot, and where it was taken later and holds what has happened since.
    """
    if "signals" not in snapshot:
        return None
    moments = {name: _moment(snapshot.get(name)) for name in MOMENTS}
    if any(moment and moment > at for moment in moments.values()):
        return None
    return LeadFacts(
        signals=tuple(_signals(snapshot["signals"], at)),
        created_at=_moment(snapshot.get("created_at")),
        **moments,
        **{name: snapshot.get(name) or "" for name in CHOICES},
    )


def _signals(pairs: Any, at: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """The reaction's own day is the reaction: it stands against whatever was said earlier that day."""
    today = at.astimezone(TOKYO).date().isoformat()
    for kind, day in pairs:
        moment = at if day == today else _moment(day)
        if moment and moment <= at:
            yield kind, moment


def _moment(day: str | None) -> dt.datetime | None:
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), TOKYO) if day else None
