"""A temperature as a card of points learned from outcomes. Pure: no models, no clock, no scikit-learn.

What is known of a lead becomes features, each a number from 0 on: how fresh a thing is (1 today, half of it after its
half-life) or 1 for what is so. Points times feature, rounded, are the items of the temperature, and they add up to it.
A feature the card has no points for counts nothing: so do categories too rare to learn from, all together "other".

Serving and training read the same features by calendar day (Japan): `known_of` takes a lead as it stands,
`known_at_reaction` the snapshot a follow-up keeps. Neither knows stage, tier or temperature, which outcomes write, and
the numbers of a lead are no feature: they are rows of their own, which no tier should have to read.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from leads.tiering import TOKYO, LeadFacts, TierDecision

HALF_LIFE = {
    "document_request": 21,
    "inquiry": 21,
    "seminar": 30,
    "reply": 14,
    "business_card": 60,
    "call_reaction": 14,
    "reached": 30,
    "called": 14,
    "refused": 180,
    "created": 90,
}
"""Days until half is left of how fresh a thing is; the card's own, so that no change of the rules changes what its
points mean."""

REPEATED = (2, 4)
CALLED = (1, 3, 6)
CHOICES = ("timing", "budget", "decision_maker", "result", "source", "list", "industry", "employees", "prefecture")
SAID_NO = ("refused", "blocked")


@dataclass(frozen=True)
class Traits:
    """What a lead is, beside what happened. `lead_list` is a key of the base as text."""

    source: str = ""
    lead_list: str = ""
    industry: str = ""
    employees: str = ""
    prefecture: str = ""
    has_email: bool = False
    has_title: bool = False
    call_count: int = 0


@dataclass(frozen=True)
class Known:
    """What is known of a lead, by day."""

    signals: tuple[tuple[str, dt.date], ...] = ()
    called_on: dt.date | None = None
    reached_on: dt.date | None = None
    refused_on: dt.date | None = None
    created_on: dt.date | None = None
    has_problem: bool = False
    result: str = ""
    timing: str = ""
    budget: str = ""
    decision_maker: str = ""
    traits: Traits = field(default_factory=Traits)


def known_of(facts: LeadFacts, traits: Traits, now: dt.datetime) -> Known:
    """A lead as it stands at `now`."""
    return Known(
        signals=tuple((kind, _day(at)) for kind, at in facts.signals if at <= now),
        called_on=_day(facts.last_called_at),
        reached_on=_day(facts.last_reached_at),
        refused_on=_day(facts.refused_at),
        created_on=_day(facts.created_at),
        has_problem=facts.problem_recorded_at is not None,
        result=facts.last_result,
        timing=facts.timing,
        budget=facts.budget,
        decision_maker=facts.decision_maker,
        traits=traits,
    )


def known_at_reaction(snapshot: Mapping[str, Any], reaction_at: dt.datetime) -> Known | None:
    """What was known when a lead reacted (`leads.selectors.snapshot_of`).

    None when the snapshot was taken later and holds what happened in between: a call changes more than its own date,
    and what it changed cannot be taken out again. Signals after the reaction are left away, each being dated.
    """
    moments = ("last_called_at", "last_reached_at", "problem_recorded_at", "refused_at")
    days = {name: _parsed(snapshot.get(name)) for name in (*moments, "created_at")}
    on = _day(reaction_at)
    if any(days[name] and days[name] > on for name in moments):
        return None
    signals = ((kind, _parsed(day)) for kind, day in snapshot.get("signals", ()))
    return Known(
        signals=tuple((kind, day) for kind, day in signals if day <= on),
        called_on=days["last_called_at"],
        reached_on=days["last_reached_at"],
        refused_on=days["refused_at"],
        created_on=days["created_at"],
        has_problem=days["problem_recorded_at"] is not None,
        result=snapshot.get("last_result") or "",
        timing=snapshot.get("timing") or "",
        budget=snapshot.get("budget") or "",
        decision_maker=snapshot.get("decision_maker") or "",
        traits=_traits_in(snapshot),
    )


def _traits_in(snapshot: Mapping[str, Any]) -> Traits:
    texts = {name: snapshot.get(name) or "" for name in ("source", "industry", "employees", "prefecture")}
    return Traits(
        lead_list=str(snapshot.get("lead_list") or ""),
        has_email=bool(snapshot.get("has_email")),
        has_title=bool(snapshot.get("has_title")),
        call_count=snapshot.get("call_count") or 0,
        **texts,
    )


def features_of(known: Known, on: dt.date) -> dict[str, float]:
    """The features on a day, by name; those that are 0 are left away."""
    traits = known.traits
    found: dict[str, float] = {}
    for kind, day in known.signals:
        name = f"signal={kind}"
        found[name] = found.get(name, 0.0) + _fresh(kind, day, on)
    moments = (("reached", known.reached_on), ("called", known.called_on), ("refused", known.refused_on))
    found |= {name: _fresh(name, day, on) for name, day in (*moments, ("created", known.created_on)) if day}
    found |= {f"signals>={count}": 1.0 for count in REPEATED if len(known.signals) >= count}
    found |= {f"calls>={count}": 1.0 for count in CALLED if traits.call_count >= count}
    said = (known.timing, known.budget, known.decision_maker, known.result)
    are = (traits.source, traits.lead_list, traits.industry, traits.employees, traits.prefecture)
    found |= {f"{name}={value}": 1.0 for name, value in zip(CHOICES, (*said, *are), strict=True) if value}
    flags = {"problem": known.has_problem, "email": traits.has_email, "title": traits.has_title}
    return found | {name: 1.0 for name, holds in flags.items() if holds}


def _fresh(name: str, day: dt.date, on: dt.date) -> float:
    return 0.5 ** (max((on - day).days, 0) / HALF_LIFE.get(name, 30))


@dataclass(frozen=True)
class Scorecard:
    """Points per feature over a base. `names` are words for features whose name is only a key (lists).

    `a_from` and `b_from` are temperatures from which a lead is A or B; without them the rule decides the tier.
    """

    version: str
    base: int
    points: Mapping[str, int]
    names: Mapping[str, str] = field(default_factory=dict)
    a_from: int | None = None
    b_from: int | None = None

    def items(self, features: Mapping[str, float]) -> list[dict]:
        """The lines of the temperature, what counts most first; their points add up to it."""
        items = []
        for name in features.keys() & self.points.keys():
            if points := round(self.points[name] * features[name]):
                words = {"name": self.names[name]} if name in self.names else {}
                items.append({"code": "learned", "feature": name, **words, "points": points})
        items.sort(key=lambda item: (-abs(item["points"]), item["feature"]))
        items.insert(0, {"code": "base", "points": self.base})
        total = sum(item["points"] for item in items)
        kept = max(0, min(100, total))
        return items if kept == total else [*items, {"code": "limit", "points": kept - total}]

    def temperature(self, features: Mapping[str, float]) -> int:
        """The same sum without its lines."""
        points = self.points
        total = self.base + sum(round(points[name] * value) for name, value in features.items() if name in points)
        return max(0, min(100, total))

    def decide(self, by_rule: TierDecision, features: Mapping[str, float], *, stage: str) -> TierDecision:
        """The rule's decision with this temperature, and with a tier by thresholds where they are set."""
        items = self.items(features)
        temperature = sum(item["points"] for item in items)
        found = replace(
            by_rule,
            temperature=temperature,
            items=tuple(items),
            rule_version=self.version_with(by_rule.rule_version),
        )
        if self.a_from is None or self.b_from is None or stage in SAID_NO:
            return found
        tier = self.tier_at(temperature)
        reason = {"code": "learned_score", "score": temperature, "tier": tier}
        reason |= {"from": self.a_from} if tier == "A" else {"from": self.b_from}
        return replace(found, tier=tier, reasons=(reason,))

    def tier_at(self, temperature: int) -> str:
        """The tier the thresholds give."""
        return tier_from(temperature, self.a_from, self.b_from)

    def version_with(self, rule_version: str) -> str:
        """What a lead was decided by. Other thresholds make other tiers of the same points, and belong to it."""
        thresholds = "" if self.a_from is None else f"a{self.a_from}b{self.b_from}"
        return f"{rule_version}+{self.version}{thresholds}"


def tier_from(temperature: int, a_from: int, b_from: int) -> str:
    return "A" if temperature >= a_from else "B" if temperature >= b_from else "C"


def as_json(card: Scorecard) -> dict[str, Any]:
    """The card as `TemperatureModel.card` keeps it; version and thresholds are columns of their own."""
    return {"base": card.base, "points": dict(card.points), "names": dict(card.names)}


def from_json(data: Mapping[str, Any], version: str, a_from: int | None = None, b_from: int | None = None) -> Scorecard:
    """The card a row keeps."""
    return Scorecard(version, data["base"], data["points"], data.get("names", {}), a_from, b_from)


def _day(moment: dt.datetime | None) -> dt.date | None:
    return moment.astimezone(TOKYO).date() if moment else None


def _parsed(day: str | None) -> dt.date | None:
    return dt.date.fromisoformat(day) if day else None
