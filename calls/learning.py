"""From outcomes to a judgement: which reactions teach, how they are split, how well a score tells them apart.

Pure: rows in, figures out; the fitting itself is `calls.services.learning`. A reaction teaches once `KNOWN_AFTER` has
passed since it: won an appointment by then, or not. Nothing is taken earlier, however it ended, since appointments end
a follow-up sooner than silence does; nor does what happens later change what a reaction taught.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from leads.scorecard import features_of, known_at_reaction
from leads.tiering import TOKYO, LeadFacts, TierRules, tier_for

KNOWN_AFTER = dt.timedelta(days=30)
NEWEST = 0.3
NEEDED = 400
NEEDED_OF_EACH = 30
MEASURED, MEASURED_OF_EACH = 100, 15
"""How much is needed to train, in all and of each outcome in either part; and to judge a card that is in use."""

WORTHLESS = 0.55
Z = 1.959963984540054


@dataclass(frozen=True)
class Example:
    """One reaction whose outcome is known: its features, its outcome, and what the rule made of it."""

    at: dt.datetime
    features: Mapping[str, float]
    is_won: bool
    by_rule: float


@dataclass(frozen=True)
class Row:
    """A follow-up as the base has it."""

    reaction_at: dt.datetime
    snapshot: Mapping[str, Any]
    first_attempted_at: dt.datetime | None
    appointment_at: dt.datetime | None


def example_of(row: Row, rules: TierRules, now: dt.datetime) -> Example | None:
    """None for what teaches nothing: too young, never called in its time, or without a snapshot of the reaction."""
    known_at = row.reaction_at + KNOWN_AFTER
    if known_at > now or not _is_by(row.first_attempted_at, known_at) or not row.snapshot:
        return None
    known = known_at_reaction(row.snapshot, row.reaction_at)
    if known is None:
        return None
    features = features_of(known, row.reaction_at.astimezone(TOKYO).date())
    by_rule = tier_for(_facts_in(row.snapshot, row.reaction_at), rules, row.reaction_at).temperature
    return Example(row.reaction_at, features, _is_by(row.appointment_at, known_at), by_rule)


def _is_by(moment: dt.datetime | None, limit: dt.datetime) -> bool:
    return moment is not None and moment <= limit


def _facts_in(snapshot: Mapping[str, Any], at: dt.datetime) -> LeadFacts:
    """What the rules of today would have seen. The temperature a follow-up keeps may be a card's, or of older rules."""
    moments = ("last_called_at", "last_reached_at", "problem_recorded_at", "refused_at", "created_at")
    choices = ("last_result", "timing", "budget", "decision_maker", "stage")
    return LeadFacts(
        signals=tuple((kind, _noon(day, at)) for kind, day in snapshot.get("signals", ())),
        **{name: _noon(snapshot[name], at) if snapshot.get(name) else None for name in moments},
        **{name: snapshot.get(name) or "" for name in choices},
    )


def _noon(day: str, at: dt.datetime) -> dt.datetime:
    """A snapshot keeps days: noon of it, or the reaction itself on its own day."""
    noon = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), TOKYO)
    return at if noon.date() == at.astimezone(TOKYO).date() else noon


def split_by_time(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """The older 70 % to learn from, the newest 30 % to be judged by. Reactions of one moment stay together."""
    ordered = sorted(examples, key=lambda example: example.at)
    cut = round(len(ordered) * (1 - NEWEST))
    while 0 < cut < len(ordered) and ordered[cut - 1].at == ordered[cut].at:
        cut -= 1
    return ordered[:cut], ordered[cut:]


def is_enough(older: Sequence[Example], newest: Sequence[Example]) -> bool:
    """Whether there is anything to be learnt, and anything to judge it by."""
    return len(older) + len(newest) >= NEEDED and has_both(older, NEEDED_OF_EACH) and has_both(newest, NEEDED_OF_EACH)


def has_both(examples: Sequence[Example], of_each: int) -> bool:
    won = sum(example.is_won for example in examples)
    return min(won, len(examples) - won) >= of_each


# --- How well a score tells outcomes apart ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Comparison:
    """Two scores on the same outcomes: their AUC, and the difference with its 95 % interval (DeLong 1988, paired)."""

    n: int
    won: int
    auc: float
    rival: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        return self.auc - self.rival

    @property
    def is_better(self) -> bool:
        return self.low > 0

    @property
    def is_worse(self) -> bool:
        return self.high < 0

    def as_json(self) -> dict[str, float]:
        figures = {"auc": self.auc, "rule_auc": self.rival, "difference": self.difference}
        rounded = {name: round(value, 4) for name, value in (figures | {"low": self.low, "high": self.high}).items()}
        return {"n": self.n, "won": self.won, **rounded}


def compare(scores: Sequence[float], rivals: Sequence[float], outcomes: Sequence[bool]) -> Comparison:
    """`scores` against `rivals`. Both outcomes must occur."""
    first, second = _placements(scores, outcomes), _placements(rivals, outcomes)
    auc, rival = _mean(first[True]), _mean(second[True])
    variance = sum(
        _variance([one - other for one, other in zip(first[side], second[side], strict=True)]) / len(first[side])
        for side in (True, False)
    )
    half = Z * sqrt(variance)
    return Comparison(len(outcomes), len(first[True]), auc, rival, auc - rival - half, auc - rival + half)


def auc_of(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """How often a won one stands above one that was not; ties count half."""
    return _mean(_placements(scores, outcomes)[True])


def _placements(scores: Sequence[float], outcomes: Sequence[bool]) -> dict[bool, list[float]]:
    """Per example the share of the other outcome's examples it stands rightly to."""
    count = {side: sum(outcome is side for outcome in outcomes) for side in (True, False)}
    placed = [0.0] * len(scores)
    below = {True: 0, False: 0}
    order = sorted(range(len(scores)), key=scores.__getitem__)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and scores[order[end]] == scores[order[start]]:
            end += 1
        tied = order[start:end]
        here = {True: sum(outcomes[index] for index in tied)}
        here[False] = len(tied) - here[True]
        for index in tied:
            other = not outcomes[index]
            share = (below[other] + here[other] / 2) / count[other]
            placed[index] = share if outcomes[index] else 1 - share
        below = {side: below[side] + here[side] for side in (True, False)}
        start = end
    return {side: [placed[index] for index in range(len(scores)) if outcomes[index] is side] for side in (True, False)}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _variance(values: Sequence[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = _mean(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)
