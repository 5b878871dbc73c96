"""Working time as plain values: blocks of a weekday, and stretches of time less others. No models, no clock."""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Stretch = tuple[dt.datetime, dt.datetime]
DAY_CODES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Block(NamedTuple):
    """Part of a weekday (0 = Monday) in which somebody works, wall-clock time in Japan."""

    weekday: int
    starts_at: dt.time
    ends_at: dt.time

    @property
    def code(self) -> str:
        """mon 09:00–12:00"""
        return f"{DAY_CODES[self.weekday]} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


def overlapping_weekdays(blocks: Iterable[Block]) -> list[int]:
    """Weekdays on which two of `blocks` cover the same minute; blocks may touch."""
    ordered = sorted(blocks)
    return sorted(
        {
            first.weekday
            for first, second in itertools.pairwise(ordered)
            if first.weekday == second.weekday and second.starts_at < first.ends_at
        }
    )


def without(stretches: Sequence[Stretch], gaps: Iterable[Stretch]) -> list[Stretch]:
    """What is left of `stretches` when the time of `gaps` is taken out."""
    left = list(stretches)
    for gap_start, gap_end in gaps:
        left = [
            piece
            for start, end in left
            for piece in ((start, min(end, gap_start)), (max(start, gap_end), end))
            if piece[0] < piece[1]
        ]
    return left
