"""Do tier and temperature tell who converts? Counts in; shares, ratios, bins, trend and verdicts out. Pure.

One share gets Wilson's interval, a difference Newcombe's (`reports.stats`). The ratio of two shares gets the log
method's (Katz, Baptista, Azen & Pike, Biometrics 34, 1978); the area under the curve DeLong's (DeLong, DeLong &
Clarke-Pearson, Biometrics 44, 1988); the trend over temperatures is tested by Cochran and Armitage. Whether there is a
difference is decided by the difference alone, which needs no conversions on either side.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import exp, sqrt
from statistics import NormalDist

from reports import stats

MIN_N = 60  # of all; fewer say nothing
MIN_SIDE = 20  # on either side of a comparison, and in a bin
MIN_HITS = 5  # conversions, or reactions without one
BINS = 10
NEARLY_ALL = 0.95
NARROW = 0.3  # width of a 95 % interval from which on "no difference" means more than "not known yet"
LEVEL = 0.05


@dataclass(frozen=True)
class Share:
    """`hits` of `n` converted."""

    hits: int = 0
    n: int = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.n + other.n)

    @property
    def value(self) -> Fraction | None:
        return Fraction(self.hits, self.n) if self.n else None

    @property
    def interval(self) -> stats.Interval | None:
        return stats.wilson(self.hits, self.n)

    @property
    def is_thin(self) -> bool:
        return self.n < MIN_SIDE

    @property
    def can_tell(self) -> bool:
        """Enough of them, some of which converted and some of which did not."""
        return self.n >= MIN_N and min(self.hits, self.n - self.hits) >= MIN_HITS


def needed(share: Share) -> int:
    """How many more it takes before anything can be said, as far as their number goes."""
    return max(0, MIN_N - share.n)


def total(shares: Sequence[Share]) -> Share:
    return sum(shares, Share())


@dataclass(frozen=True)
class Ratio:
    """How many times as often, with its interval."""

    value: float
    interval: stats.Interval


def ratio(a: Share, b: Share) -> Ratio | None:
    """Share a ÷ share b; None where either has no conversion."""
    if not (a.hits and b.hits):
        return None
    value = float(a.value / b.value)
    error = sqrt(1 / a.hits - 1 / a.n + 1 / b.hits - 1 / b.n)
    reach = exp(NormalDist().inv_cdf((1 + stats.CONFIDENCE) / 2) * error)
    return Ratio(value, stats.Interval(value / reach, value * reach))


def lift(part: Share, rest: Share) -> Ratio | None:
    """The part's share ÷ the whole's. Not two independent shares: its interval is that of part ÷ rest carried over, the
    part's size in the whole taken as given."""
    against_rest = ratio(part, rest)
    if against_rest is None:
        return None
    weight = part.n / (part.n + rest.n)

    def carried(times: float) -> float:
        return times / (weight * times + 1 - weight)

    between = against_rest.interval
    return Ratio(
        carried(against_rest.value),
        stats.Interval(carried(between.low), carried(between.high)),
    )


# --- Tiers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TierVerdict:
    """A against the rest: higher, lower, no_difference, one_sided (nearly all in A, or nearly none) or
    too_little_data."""

    code: str
    a: Share
    rest: Share
    difference: stats.Difference | None = None
    ratio: Ratio | None = None
    lift: Ratio | None = None

    @property
    def of_all(self) -> Share:
        """The part of all conversions that A holds."""
        return Share(self.a.hits, self.a.hits + self.rest.hits)


def tier_verdict(by_tier: Mapping[str, Share]) -> TierVerdict:
    a, rest = by_tier.get("A", Share()), total([share for tier, share in by_tier.items() if tier != "A"])
    if not (a + rest).can_tell:
        return TierVerdict("too_little_data", a, rest)
    if min(a.n, rest.n) < MIN_SIDE:
        return TierVerdict("one_sided", a, rest)
    found = stats.difference(a.hits, a.n, rest.hits, rest.n)
    return TierVerdict(_direction(found), a, rest, found, ratio(a, rest), lift(a, rest))


def _direction(found: stats.Difference) -> str:
    return "higher" if found.is_rise else "lower" if found.is_drop else "no_difference"


# --- Temperature ----------------------------------------------------------------------------------------------------

Cells = Mapping[int, Share]
"""Conversions by temperature."""


@dataclass(frozen=True)
class Bin:
    """The temperatures from `low` to `high`, both included."""

    low: int
    high: int
    share: Share


def bins(cells: Cells, count: int = BINS, floor: int = MIN_SIDE) -> tuple[Bin, ...]:
    """At most `count` bins of about the same size, coolest first. No temperature is cut in two, and a bin has at least
    `floor` members unless all of them together have fewer."""
    known = sorted((temperature, share) for temperature, share in cells.items() if share.n)
    everything = total([share for _, share in known])
    wanted = max(floor, -(-everything.n // count))
    found: list[Bin] = []
    for temperature, share in known:
        if found and found[-1].share.n < wanted:
            found[-1] = Bin(found[-1].low, temperature, found[-1].share + share)
        else:
            found.append(Bin(temperature, temperature, share))
    if len(found) > 1 and found[-1].share.n < floor:
        last = found.pop()
        found[-1] = Bin(found[-1].low, last.high, found[-1].share + last.share)
    return tuple(found)


@dataclass(frozen=True)
class Trend:
    """`z` above 0: warmer ones convert more. `p` is two-sided."""

    z: float
    p: float


def trend(cells: Cells) -> Trend | None:
    """Cochran and Armitage's test, the temperature itself the score; None where nothing varies."""
    everything = total(list(cells.values()))
    if not 0 < everything.hits < everything.n:
        return None
    share = everything.hits / everything.n
    mean = sum(at * cell.n for at, cell in cells.items()) / everything.n
    spread = sum(cell.n * (at - mean) ** 2 for at, cell in cells.items())
    if spread <= 0:
        return None
    pull = sum((at - mean) * (cell.hits - cell.n * share) for at, cell in cells.items())
    z = pull / sqrt(share * (1 - share) * spread)
    return Trend(z, 2 * (1 - NormalDist().cdf(abs(z))))


@dataclass(frozen=True)
class Auc:
    """How often one that converted was warmer than one that did not; a tie counts half. 0.5 is a coin."""

    value: float
    interval: stats.Interval


def auc(cells: Cells) -> Auc | None:
    """None with fewer than `MIN_HITS` of either kind: the interval would be a guess."""
    everything = total(list(cells.values()))
    hits, misses = everything.hits, everything.n - everything.hits
    if min(hits, misses) < MIN_HITS:
        return None
    over_misses, over_hits = _placements(cells, misses, hits)
    value = sum(place * times for place, times in over_misses) / hits
    error = sqrt(_variance(over_misses, value) / hits + _variance(over_hits, value) / misses)
    reach = NormalDist().inv_cdf((1 + stats.CONFIDENCE) / 2) * error
    return Auc(value, stats.Interval(max(0.0, value - reach), min(1.0, value + reach)))


Placements = list[tuple[float, int]]


def _placements(cells: Cells, misses: int, hits: int) -> tuple[Placements, Placements]:
    """For each conversion the part of the misses it beats, for each miss the part of the conversions that beat it."""
    over_misses: Placements = []
    over_hits: Placements = []
    misses_below, hits_above = 0, hits
    for _, cell in sorted(cells.items()):
        missed = cell.n - cell.hits
        hits_above -= cell.hits
        over_misses.append(((misses_below + missed / 2) / misses, cell.hits))
        over_hits.append(((hits_above + cell.hits / 2) / hits, missed))
        misses_below += missed
    return over_misses, over_hits


def _variance(places: Placements, mean: float) -> float:
    count = sum(times for _, times in places)
    return sum(times * (place - mean) ** 2 for place, times in places) / (count - 1)


@dataclass(frozen=True)
class TemperatureVerdict:
    """Does a higher temperature convert more: rises, falls, no_trend, one_value or too_little_data."""

    code: str
    everything: Share
    bins: tuple[Bin, ...]
    trend: Trend | None = None
    auc: Auc | None = None


def temperature_verdict(cells: Cells) -> TemperatureVerdict:
    everything, parts = total(list(cells.values())), bins(cells)
    if not everything.can_tell:
        return TemperatureVerdict("too_little_data", everything, parts)
    found = trend(cells)
    if found is None:
        return TemperatureVerdict("one_value", everything, parts)
    code = "no_trend" if found.p >= LEVEL else "rises" if found.z > 0 else "falls"
    return TemperatureVerdict(code, everything, parts, found, auc(cells))


# --- Conditions -----------------------------------------------------------------------------------------------------


@dataclass
class Sides:
    """Those a condition holds for, and those it does not hold for; who is not known stands on neither."""

    with_it: Share = field(default_factory=Share)
    without: Share = field(default_factory=Share)

    def add(self, *, holds: bool, converted: bool) -> None:
        one = Share(int(converted), 1)
        if holds:
            self.with_it += one
        else:
            self.without += one


@dataclass(frozen=True)
class Look:
    """One condition: raises, lowers, no_information, undecided, always, never or too_little_data. `difference` (95 %)
    is None where nothing was compared."""

    condition: Hashable
    code: str
    with_it: Share
    without: Share
    difference: stats.Difference | None = None


def looks(conditions: Mapping[Hashable, Sides]) -> tuple[Look, ...]:
    """Each condition by itself, the strongest first.

    Twenty looks at 95 % would find one difference where there is none, so a condition raises or lowers only at
    1 - 5 % / conditions compared (Bonferroni); the interval shown is the plain 95 % one.
    """
    compared = sum(_problem(sides) == "" for sides in conditions.values())
    level = 1 - LEVEL / max(compared, 1)
    found = [_look(condition, sides, level) for condition, sides in conditions.items()]
    return tuple(sorted(found, key=lambda look: -abs(look.difference.value) if look.difference else 1))


def _problem(sides: Sides) -> str:
    everything = sides.with_it + sides.without
    if not everything.can_tell:
        return "too_little_data"
    if sides.with_it.n >= NEARLY_ALL * everything.n:
        return "always"
    if sides.without.n >= NEARLY_ALL * everything.n:
        return "never"
    return "too_little_data" if min(sides.with_it.n, sides.without.n) < MIN_SIDE else ""


def _look(condition: Hashable, sides: Sides, level: float) -> Look:
    with_it, without = sides.with_it, sides.without
    if problem := _problem(sides):
        return Look(condition, problem, with_it, without)
    counts = (with_it.hits, with_it.n, without.hits, without.n)
    plain, strict = stats.difference(*counts), stats.difference(*counts, level)
    if strict.is_rise or strict.is_drop:
        code = "raises" if strict.is_rise else "lowers"
    else:
        is_beyond = plain.is_rise or plain.is_drop
        is_narrow = plain.interval.high - plain.interval.low <= NARROW
        code = "no_information" if is_narrow and not is_beyond else "undecided"
    return Look(condition, code, with_it, without, plain)
