"""What the counts mean: raw counts in, every KPI with its fraction out, and the funnel. Pure: no models, no clock.

Three tables decide everything here: COUNT_UNITS (what each count counts), RATES and MONEY (what is divided by what).
Words live in `reports.labels`, queries in the selectors. A figure keeps the names of the two counts it was made from,
so a page can link each number to the rows behind it.

Ratios may exceed 1 on the activity basis (an appointment made last month is held in this one). They are reported as
they are, get no interval, and are never compared as shares.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction

from reports import stats

NO_VALUE = "—"


class Kind(StrEnum):
    COUNT = "count"
    RATE = "rate"
    MONEY = "money"


class Unit(StrEnum):
    LEAD = "lead"
    CALL = "call"
    FOLLOW_UP = "follow_up"
    APPOINTMENT = "appointment"
    OPPORTUNITY = "opportunity"
    WIN = "win"
    CUSTOMER = "customer"
    YEN = "yen"


# What one of each count is. The order is the order of the road, and of the figures.
COUNT_UNITS = {
    "leads": Unit.LEAD,
    "leads_first_called": Unit.LEAD,
    "first_calls": Unit.CALL,
    "first_leads_reached": Unit.LEAD,
    "follow_ups_opened": Unit.FOLLOW_UP,
    "windows_closed": Unit.FOLLOW_UP,
    "on_time_stored": Unit.FOLLOW_UP,
    "on_time_raw": Unit.FOLLOW_UP,
    "follow_ups_attempted": Unit.FOLLOW_UP,
    "second_calls": Unit.CALL,
    "second_calls_connected": Unit.CALL,
    "second_calls_reached": Unit.CALL,
    "follow_ups_reached": Unit.FOLLOW_UP,
    "appointments": Unit.APPOINTMENT,
    "appointments_held": Unit.APPOINTMENT,
    "opportunities": Unit.OPPORTUNITY,
    "won": Unit.WIN,
    "customers_won": Unit.CUSTOMER,
    "cost_yen": Unit.YEN,
}

# Families of ratios over the same question: (code, numerator, denominator). The first of a family is the headline,
# the others are its rival denominators.
RATES = (
    (("first_connect_rate", "first_leads_reached", "leads_first_called"),),
    (("reaction_rate", "follow_ups_opened", "leads_first_called"),),
    (("attempt_rate", "follow_ups_attempted", "follow_ups_opened"),),
    (
        ("on_time_rate", "on_time_stored", "windows_closed"),
        ("on_time_rate_raw", "on_time_raw", "windows_closed"),
    ),
    (
        ("connect_rate", "follow_ups_reached", "follow_ups_attempted"),
        ("connect_rate_answered_per_call", "second_calls_connected", "second_calls"),
        ("connect_rate_reached_per_call", "second_calls_reached", "second_calls"),
    ),
    (
        ("appointment_rate", "appointments", "follow_ups_attempted"),
        ("appointment_rate_per_call", "appointments", "second_calls"),
        ("appointment_rate_per_reached_call", "appointments", "second_calls_reached"),
        ("appointment_rate_per_reached", "appointments", "follow_ups_reached"),
        ("appointment_rate_per_opened", "appointments", "follow_ups_opened"),
        ("appointment_rate_per_lead", "appointments", "leads"),
    ),
    (("held_rate", "appointments_held", "appointments"),),
    (
        ("opportunity_rate", "opportunities", "appointments_held"),
        ("opportunity_rate_per_appointment", "opportunities", "appointments"),
    ),
    (
        ("win_rate", "won", "appointments"),
        ("win_rate_per_opportunity", "won", "opportunities"),
        ("win_rate_per_lead", "won", "leads"),
    ),
    (("cumulative_attempted", "follow_ups_attempted", "leads_first_called"),),
    (("cumulative_reached", "follow_ups_reached", "leads_first_called"),),
    (("cumulative_appointments", "appointments", "leads_first_called"),),
    (("cumulative_opportunities", "opportunities", "leads_first_called"),),
    (("cumulative_won", "won", "leads_first_called"),),
)
MONEY = (
    (
        ("cac", "cost_yen", "customers_won"),
        ("cost_per_opportunity", "cost_yen", "opportunities"),
        ("cost_per_appointment", "cost_yen", "appointments"),
    ),
)

HEADLINES = (
    "follow_ups_attempted",
    "attempt_rate",
    "on_time_rate",
    "connect_rate",
    "appointment_rate",
    "opportunity_rate",
    "win_rate",
    "cac",
)

# 一次架電 → 反応 → 二次架電 → 接続 → 商談 → 案件 → 受注: (count, conversion from the step before, from the first step).
# The first step counts leads; from the reaction on every step counts follow-ups, each at most once, by how far it came.
FUNNEL = (
    ("leads_first_called", None, None),
    ("follow_ups_opened", "reaction_rate", "reaction_rate"),
    ("follow_ups_attempted", "attempt_rate", "cumulative_attempted"),
    ("follow_ups_reached", "connect_rate", "cumulative_reached"),
    ("appointments", "appointment_rate_per_reached", "cumulative_appointments"),
    ("opportunities", "opportunity_rate_per_appointment", "cumulative_opportunities"),
    ("won", "win_rate_per_opportunity", "cumulative_won"),
)


@dataclass(frozen=True)
class Counts:
    """The raw counts of one selection: a period, a team, a list …

    Adding is right for parts that share no row (teams, lists, days of a cohort); a follow-up attempted in two activity
    periods would be counted in both.
    """

    leads: int = 0  # all leads of the selection
    leads_first_called: int = 0
    first_calls: int = 0  # dials
    first_leads_reached: int = 0  # leads on which a first call reached the person
    follow_ups_opened: int = 0
    windows_closed: int = 0  # follow-ups whose stored window ended
    on_time_stored: int = 0  # of windows_closed: first second call inside the stored window
    on_time_raw: int = 0  # of windows_closed: first second call inside the raw window
    follow_ups_attempted: int = 0  # with at least one second call
    second_calls: int = 0  # dials
    second_calls_connected: int = 0  # 着電
    second_calls_reached: int = 0  # 担当者接続
    follow_ups_reached: int = 0
    appointments: int = 0  # follow-ups that led to an appointment
    appointments_held: int = 0
    opportunities: int = 0  # of those appointments
    won: int = 0  # of those appointments
    customers_won: int = 0  # customers the calling cost brought, whichever call won them: the CAC's denominator
    cost_yen: int | None = None  # None: no cost was entered, which is not the same as free

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value < 0:
                raise ValueError(f"{field.name} cannot be negative: {value}")

    def __add__(self, other: Counts) -> Counts:
        if not isinstance(other, Counts):
            return NotImplemented
        names = [field.name for field in fields(self)]
        return Counts(**{name: _add(getattr(self, name), getattr(other, name)) for name in names})


@dataclass(frozen=True)
class Figure:
    """One number as a page prints it: the fraction, its units, and the counts it was made from.

    A plain count has no denominator: None, and an empty denominator_code.
    """

    code: str
    kind: Kind
    numerator: int | None
    numerator_code: str
    numerator_unit: Unit
    denominator: int | None = None
    denominator_code: str = ""
    denominator_unit: Unit | None = None
    rivals: tuple[str, ...] = ()

    @property
    def definition(self) -> str:
        """Key of the sentence in `reports.labels.DEFINITIONS` that says what was counted."""
        return self.code

    @property
    def value(self) -> Fraction | None:
        """Exact; None where nothing can be said (zero denominator, no cost entered): printed 「—」."""
        if self.numerator is None:
            return None
        if not self.denominator_code:
            return Fraction(self.numerator)
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def is_share(self) -> bool:
        """Part of a whole that has members: only then an interval and a comparison make sense."""
        return self.kind == Kind.RATE and bool(self.denominator) and self.numerator <= self.denominator

    @property
    def interval(self) -> stats.Interval | None:
        """95 % interval of a share."""
        return stats.wilson(self.numerator, self.denominator) if self.is_share else None

    @property
    def text(self) -> str:
        """「83.3 %」, 「10」 or 「140,000」, without a unit."""
        return percent_text(self.value) if self.kind == Kind.RATE else number_text(self.value)

    @property
    def fraction_text(self) -> str:
        """「10 / 12」, or 「10」 for a plain count, without units."""
        top = number_text(self.numerator)
        return f"{top} / {number_text(self.denominator)}" if self.denominator_code else top

    def as_dict(self) -> dict[str, object]:
        """For JSON output: plain types only."""
        return {
            "code": self.code,
            "kind": str(self.kind),
            "numerator": self.numerator,
            "numerator_code": self.numerator_code,
            "numerator_unit": str(self.numerator_unit),
            "denominator": self.denominator,
            "denominator_code": self.denominator_code or None,
            "denominator_unit": str(self.denominator_unit) if self.denominator_unit else None,
            "value": None if self.value is None else float(self.value),
            "text": self.text,
            "definition": self.definition,
            "rivals": list(self.rivals),
        }


@dataclass(frozen=True)
class Step:
    """One step of the funnel. The first has no conversions."""

    count: Figure
    conversion: Figure | None = None  # from the step before
    cumulative: Figure | None = None  # from the first step

    @property
    def code(self) -> str:
        return self.count.code


def figures(counts: Counts) -> dict[str, Figure]:
    """Every figure by code, in the order of the road: the counts themselves, then rates, then money."""
    found = {code: _count(code, counts) for code in COUNT_UNITS}
    for kind, families in ((Kind.RATE, RATES), (Kind.MONEY, MONEY)):
        for family in families:
            codes = tuple(code for code, _, _ in family)
            for code, top, bottom in family:
                rivals = tuple(other for other in codes if other != code)
                found[code] = _ratio(code, kind, top, bottom, rivals, counts)
    return found


def funnel_steps(counts: Counts) -> tuple[Step, ...]:
    """The seven steps with step and cumulative conversion."""
    found = figures(counts)
    return tuple(Step(found[count], found.get(step), found.get(cumulative)) for count, step, cumulative in FUNNEL)


def percent_text(value: Fraction | float | None) -> str:
    """「83.3 %」, half rounded up (away from zero); 「—」 for None."""
    return NO_VALUE if value is None else f"{_tenths(Fraction(value) * 100)} %"


def points_text(value: Fraction | float) -> str:
    """A difference of two rates in percentage points, signed: 「-12.5」, 「+3.0」, 「0.0」."""
    text = _tenths(Fraction(value) * 100)
    return text if text.startswith("-") or text == "0.0" else f"+{text}"


def number_text(value: Fraction | int | None) -> str:
    """「140,000」, half rounded up; 「—」 for None."""
    return NO_VALUE if value is None else f"{_half_up(Fraction(value)):,}"


def _add(a: int | None, b: int | None) -> int | None:
    return None if a is None and b is None else (a or 0) + (b or 0)


def _count(code: str, counts: Counts) -> Figure:
    unit = COUNT_UNITS[code]
    return Figure(code, Kind.MONEY if unit == Unit.YEN else Kind.COUNT, getattr(counts, code), code, unit)


def _ratio(code: str, kind: Kind, top: str, bottom: str, rivals: tuple[str, ...], counts: Counts) -> Figure:
    return Figure(
        code=code,
        kind=kind,
        numerator=getattr(counts, top),
        numerator_code=top,
        numerator_unit=COUNT_UNITS[top],
        denominator=getattr(counts, bottom),
        denominator_code=bottom,
        denominator_unit=COUNT_UNITS[bottom],
        rivals=rivals,
    )


def _half_up(value: Fraction) -> int:
    whole = (abs(value) + Fraction(1, 2)).__floor__()
    return -whole if value < 0 else whole


def _tenths(value: Fraction) -> str:
    tenths = _half_up(value * 10)
    return f"{'-' if tenths < 0 else ''}{abs(tenths) // 10:,}.{abs(tenths) % 10}"
