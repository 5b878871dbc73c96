"""Where the funnel leaks: the step that lost most against a reference, named only when beyond chance. Pure.

The reference is the previous period's funnel or `median_steps` of the peers. Both sides must be equally ripe: reactions
whose windows are still open have not had their chance, so a cohort is compared up to the same age (the caller's task).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from reports import stats
from reports.kpi import Figure, Step

MIN_N = 20  # fewer on either side: データ不足, no comparison


@dataclass(frozen=True)
class StepChange:
    """A step's conversion beside its reference. `difference` (95 %) is None where `problem` forbids to compare."""

    step: str
    current: Figure
    reference: Figure
    difference: stats.Difference | None = None
    problem: str = ""  # "", "too_little_data" or "not_a_share"
    is_drop: bool = False  # beyond chance, allowing for all steps having been looked at

    @property
    def relative_loss(self) -> Fraction | None:
        """The part of what the reference lets through that was lost here; wins fall by as much. None where unknown."""
        if self.problem or not self.reference.value:
            return None
        return 1 - self.current.value / self.reference.value

    @property
    def lost(self) -> Fraction | None:
        """How many more would have passed at the reference's rate (negative: fewer). None where unknown."""
        if self.problem:
            return None
        return self.reference.value * self.current.denominator - self.current.numerator


@dataclass(frozen=True)
class Verdict:
    """Answer to "where does it leak?": "bottleneck" (then `worst` is set), "no_difference" or "too_little_data"."""

    code: str
    changes: tuple[StepChange, ...]
    worst: StepChange | None = None


def bottleneck(current: Sequence[Step], reference: Sequence[Step]) -> Verdict:
    """The step with the largest drop beyond chance.

    "Largest" is the relative loss: steps multiply, so a conversion that fell by a third costs a third of the wins
    wherever it stands. Six looks at 95 % would accuse about one healthy funnel in seven, so each step must pass at
    1 - 5 % / steps compared (Bonferroni); the interval shown is the plain 95 % one.
    """
    pairs = [(now, then) for now, then in zip(current, reference, strict=True) if now.conversion and then.conversion]
    looks = sum(not _problem(now.conversion, then.conversion) for now, then in pairs)
    changes = tuple(_change(now.code, now.conversion, then.conversion, looks) for now, then in pairs)
    drops = [change for change in changes if change.is_drop]
    if drops:
        return Verdict("bottleneck", changes, max(drops, key=lambda change: change.relative_loss))
    return Verdict("no_difference" if looks else "too_little_data", changes)


def median_steps(peers: Sequence[Sequence[Step]]) -> tuple[Step, ...]:
    """A reference made of peers (the reps of a team, the teams): at each step the peer with the median conversion.

    A real peer with its own n stands for the median, so the comparison knows how sure the median is. Peers with too
    little data at a step are passed over as long as another has enough. Empty without peers.
    """
    return tuple(_median_step(column) for column in zip(*peers, strict=True))


def _median_step(column: Sequence[Step]) -> Step:
    def rate(step: Step) -> Fraction:
        return (step.conversion or step.count).value or Fraction(0)

    solid = [step for step in column if step.conversion and _has_enough(step.conversion)]
    return stats.lower_median(solid or column, key=rate)


def _has_enough(figure: Figure) -> bool:
    return (figure.denominator or 0) >= MIN_N


def _problem(now: Figure, then: Figure) -> str:
    if not (_has_enough(now) and _has_enough(then)):
        return "too_little_data"
    return "" if now.is_share and then.is_share else "not_a_share"


def _change(step: str, now: Figure, then: Figure, looks: int) -> StepChange:
    problem = _problem(now, then)
    if problem:
        return StepChange(step, now, then, problem=problem)
    data = (now.numerator, now.denominator, then.numerator, then.denominator)
    strict = stats.difference(*data, confidence=1 - (1 - stats.CONFIDENCE) / looks)
    return StepChange(step, now, then, difference=stats.difference(*data), is_drop=strict.is_drop)
