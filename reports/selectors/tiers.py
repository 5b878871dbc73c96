"""Whether tiers and temperature tell who converts: the team's own outcomes by tier and temperature as they were.

Two roads: leads called for the first time, by the tier they had before anything was known from a call; and reactions
(follow-ups), by the tier and temperature at the reaction. A reaction on a call makes most leads an A, so on the second
road it is the temperature that has to tell them apart.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from calls.models import Call, FollowUp
from deals.models import Deal
from leads.models import Lead, Signal, Tier
from leads.selectors import tier_basis
from leads.tiering import LeadFacts, TierRules
from reports.selectors import filters
from reports.selectors.conditions import FIRST_CALLS, follow_up_span
from reports.selectors.filters import ReportFilter
from reports.tier_looks import Condition, facts_at_reaction, held, held_by_signals
from reports.tier_proof import (
    Look,
    Share,
    Sides,
    TemperatureVerdict,
    TierVerdict,
    looks,
    temperature_verdict,
    tier_verdict,
)

LOOKED_AT = 5000
"""Newest reactions the conditions are judged by: each is decided again in Python."""
YOUNG = dt.timedelta(days=14)

NEWLY_CALLED = {
    "newly_called": Q(),
    "newly_reacted": Q(has_reacted=True),
    "newly_met": Q(has_met=True),
    "newly_won": Q(has_won=True),
}
"""What became of leads called for the first time, by the code of their rows."""


@dataclass(frozen=True)
class Steps:
    """How many came in, and how far they came. `reacted` is empty for reactions."""

    n: int = 0
    reacted: int = 0
    met: int = 0
    won: int = 0

    def __add__(self, other: "Steps") -> "Steps":
        mine, theirs = (self.n, self.reacted, self.met, self.won), (other.n, other.reacted, other.met, other.won)
        return Steps(*(one + two for one, two in zip(mine, theirs, strict=True)))


@dataclass(frozen=True)
class TierReport:
    """`young`: reactions of the last days, which may still convert. `without_temperature`: reactions from before it
    was kept. `looked_at`: reactions the conditions were judged by."""

    filter: ReportFilter
    called: dict[str, Steps]
    reactions: dict[str, Steps]
    temperatures: dict[int, Steps]
    without_temperature: int
    young: int
    looked_at: int
    looks: tuple[Look, ...]

    @property
    def is_empty(self) -> bool:
        return not any(steps.n for steps in (*self.called.values(), *self.reactions.values()))

    def verdicts(self) -> dict[str, TierVerdict]:
        """A against the rest: leads called that reacted, met and won, reactions that met."""
        return {
            "called_reacted": tier_verdict({tier: Share(one.reacted, one.n) for tier, one in self.called.items()}),
            "called_met": tier_verdict({tier: Share(one.met, one.n) for tier, one in self.called.items()}),
            "called_won": tier_verdict({tier: Share(one.won, one.n) for tier, one in self.called.items()}),
            "reactions_met": tier_verdict({tier: Share(one.met, one.n) for tier, one in self.reactions.items()}),
        }

    def temperature(self) -> TemperatureVerdict:
        return temperature_verdict({at: Share(one.met, one.n) for at, one in self.temperatures.items()})


def tier_report(report: ReportFilter) -> TierReport:
    """Seven queries at most, whatever there is."""
    reactions, temperatures, missing, young = _reactions(report)
    seen, found = _looks(report)
    return TierReport(report, _called(report), reactions, temperatures, missing, young, seen, found)


# --- Leads called for the first time --------------------------------------------------------------------------------


def newly_called(report: ReportFilter) -> QuerySet[Call]:
    """The very first call of each lead that had it in the period, with what has come of the lead since."""
    before = Q(called_at__lt=OuterRef("called_at")) | Q(called_at=OuterRef("called_at"), pk__lt=OuterRef("pk"))
    until = report.as_of
    since = FollowUp.objects.filter(
        lead=OuterRef("lead"), reaction_at__gte=OuterRef("called_at"), reaction_at__lte=until
    )
    deals = Deal.objects.exclude(origin=Deal.Origin.INBOUND).filter(
        lead=OuterRef("lead"), appointment_at__gte=OuterRef("called_at"), appointment_at__lte=until
    )
    return (
        filters.calls(report)
        .filter(FIRST_CALLS["first_calls"], report.during("called_at"))
        .exclude(Exists(Call.objects.filter(before, lead=OuterRef("lead"))))
        .annotate(
            has_met=Exists(deals),
            has_reacted=Exists(since) | Exists(deals),
            has_won=Exists(deals.filter(won_at__lte=until)),
        )
    )


def newly_called_leads(report: ReportFilter, code: str) -> QuerySet[Lead]:
    """The leads a count of `NEWLY_CALLED` counted."""
    return Lead.objects.filter(pk__in=newly_called(report).filter(NEWLY_CALLED[code]).values("lead_id"))


def _called(report: ReportFilter) -> dict[str, Steps]:
    found = dict.fromkeys(Tier.values, Steps())
    flags = ("has_reacted", "has_met", "has_won")
    for tier, *reached, n in newly_called(report).order_by().values_list("tier", *flags).annotate(n=Count("pk")):
        found[tier] = found.get(tier, Steps()) + Steps(n, *(n * bool(flag) for flag in reached))
    return found


# --- Reactions ------------------------------------------------------------------------------------------------------


def _cohort(report: ReportFilter) -> QuerySet[FollowUp]:
    return filters.follow_ups(report).filter(follow_up_span(report))


def _reactions(report: ReportFilter) -> tuple[dict[str, Steps], dict[int, Steps], int, int]:
    """By tier, by temperature, without a temperature, young. One query."""
    by_tier, by_temperature = dict.fromkeys(Tier.values, Steps()), {}
    missing = young = 0
    rows = _cohort(report).order_by().values_list("tier", "temperature")
    until = report.as_of
    counted = rows.annotate(
        n=Count("pk"),
        met=Count("pk", filter=Q(appointment_at__lte=until)),
        won=Count("pk", filter=Q(won_at__lte=until)),
        young=Count("pk", filter=Q(reaction_at__gt=until - YOUNG)),
    )
    for tier, temperature, n, met, won, fresh in counted:
        steps = Steps(n, 0, met, won)
        by_tier[tier] = by_tier.get(tier, Steps()) + steps
        young += fresh
        if temperature is None:
            missing += n
        else:
            by_temperature[temperature] = by_temperature.get(temperature, Steps()) + steps
    return by_tier, by_temperature, missing, young


# --- Conditions -----------------------------------------------------------------------------------------------------


def _looks(report: ReportFilter) -> tuple[int, tuple[Look, ...]]:
    """How many reactions were looked at, and what each condition of the rules in force told about them."""
    rules = tier_basis().book.rules_for(report.list_id, report.source)
    fields = ("lead_id", "reaction_at", "facts", "appointment_at")
    rows = list(_cohort(report).order_by("-reaction_at", "-pk").values_list(*fields)[:LOOKED_AT])
    known = [facts_at_reaction(facts, at) for _, at, facts, _ in rows]
    history = _History(lead_id for (lead_id, *_), facts in zip(rows, known, strict=True) if facts is None)
    sides: dict[Condition, Sides] = {}
    for (lead_id, at, _, met_at), facts in zip(rows, known, strict=True):
        converted = met_at is not None and met_at <= report.as_of
        for condition, holds in _held(rules, facts, history, lead_id, at).items():
            sides.setdefault(condition, Sides()).add(holds=holds, converted=converted)
    return len(rows), looks(sides)


def _held(rules: TierRules, facts: LeadFacts | None, history: "_History", lead_id: int, at: dt.datetime):
    if facts is None:
        return held_by_signals(rules, history.facts(lead_id, at), at)
    return held(rules, facts, at)


class _History:
    """What older reactions did not keep, as far as rows with a date still tell: signals and refusals."""

    def __init__(self, lead_ids: Iterable[int]):
        self._signals: dict[int, list] = {}
        self._refusals: dict[int, list] = {}
        ids = set(lead_ids)
        if not ids:
            return
        for lead_id, kind, at in Signal.objects.filter(lead__in=ids).values_list("lead_id", "kind", "occurred_at"):
            self._signals.setdefault(lead_id, []).append((kind, at))
        refused = Call.objects.filter(lead__in=ids, result__in=("refused", "do_not_call"))
        for lead_id, at in refused.values_list("lead_id", "called_at"):
            self._refusals.setdefault(lead_id, []).append(at)

    def facts(self, lead_id: int, at: dt.datetime) -> LeadFacts:
        signals = tuple((kind, moment) for kind, moment in self._signals.get(lead_id, ()) if moment <= at)
        refusals = [moment for moment in self._refusals.get(lead_id, ()) if moment <= at]
        return LeadFacts(signals=signals, refused_at=max(refusals, default=None))
