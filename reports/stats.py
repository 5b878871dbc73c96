"""How sure a share is: intervals for one share and for the difference of two. Pure: numbers in, numbers out.

Shares here are small and often near 0 or 1, where the textbook interval (p ± 1.96 s) is far too narrow; so one share
gets Wilson's score interval, and a difference gets Newcombe's, made from two of Wilson's (Newcombe 1998, method 10).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from statistics import NormalDist
from typing import Any, TypeVar

CONFIDENCE = 0.95

T = TypeVar("T")


@dataclass(frozen=True)
class Interval:
    """Where the true value lies with the stated confidence."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """How far share a lies above share b (negative: below), with its interval."""

    value: float
    interval: Interval

    @property
    def is_drop(self) -> bool:
        """True when a is below b by more than chance explains."""
        return self.interval.high < 0

    @property
    def is_rise(self) -> bool:
        return self.interval.low > 0


def wilson(successes: int, n: int, confidence: float = CONFIDENCE) -> Interval | None:
    """Wilson's score interval of successes / n; None without trials."""
    _check(successes, n)
    if n == 0:
        return None
    z, share = _z(confidence), successes / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    # At the ends the formula gives exactly 0 and 1; floating point would miss them by a hair.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return Interval(low, high)


def difference(
    successes_a: int, n_a: int, successes_b: int, n_b: int, confidence: float = CONFIDENCE
) -> Difference | None:
    """Share a minus share b with Newcombe's interval; None when either has no trials.

    A higher confidence never narrows the interval.
    """
    a, b = wilson(successes_a, n_a, confidence), wilson(successes_b, n_b, confidence)
    if a is None or b is None:
        return None
    share_a, share_b = successes_a / n_a, successes_b / n_b
    value = share_a - share_b
    below = sqrt((share_a - a.low) ** 2 + (b.high - share_b) ** 2)
    above = sqrt((a.high - share_a) ** 2 + (share_b - b.low) ** 2)
    return Difference(value, Interval(value - below, value + above))


def lower_median(items: Sequence[T], key: Callable[[T], Any] | None = None) -> T | None:
    """The middle item; of two middle ones the smaller. None when empty.

    It answers with one of the items, never with an average between two, so the caller keeps the n behind it.
    """
    if not items:
        return None
    return sorted(items, key=key)[(len(items) - 1) // 2]  # type: ignore[type-var,arg-type]


def _check(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"not a share: {successes} of {n}")


@lru_cache(maxsize=64)
def _z(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1: {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)
