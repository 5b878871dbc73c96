"""Whether every stored tier is what a fresh computation says, and putting right what is not."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils import timezone

from leads.models import Lead, LeadList
from leads.selectors import TierBasis, facts_of, signals_of, tier_basis
from leads.services.tiers import DECIDED, apply_decision, retier_leads

KINDS = {"tier": "tier", "tier_reasons": "reasons", "temperature": "temperature", "tier_rule_version": "version"}
SHOWN = 20


@dataclass(frozen=True)
class Drift:
    """One lead that is not as it would be decided now: {kind: [stored, fresh]}."""

    lead_id: int
    differences: dict[str, list]


@dataclass
class DriftReport:
    """How many leads differ in what, the first of them, and how many were put right."""

    checked: int = 0
    drifted: int = 0
    fixed: int = 0
    kinds: Counter = field(default_factory=Counter)
    first: list[Drift] = field(default_factory=list)

    def take(self, found: list[Drift]) -> None:
        self.drifted += len(found)
        for drift in found:
            self.kinds.update(drift.differences.keys())
        self.first += found[: SHOWN - len(self.first)]


def check_tiers(
    *, now: dt.datetime, lead_list: LeadList | None = None, fix: bool = False, batch: int = 1000
) -> DriftReport:
    """Hold every lead, or those of one list, against a fresh computation; `fix` recomputes those that differ.

    A batch is read without locks: what changes in between is decided anew by whoever changes it. So a lead that
    differs is looked at a second time before it counts.
    """
    report, basis = DriftReport(), tier_basis()
    leads = Lead.objects.defer("search_text", "extra", "memo").order_by("pk")
    if lead_list:
        leads = leads.filter(lead_list=lead_list)
    last = 0
    while rows := list(basis.with_traits(leads.filter(pk__gt=last))[:batch]):
        last = rows[-1].pk
        report.checked += len(rows)
        suspects = [drift.lead_id for drift in _drifts(rows, basis, now)]
        if not suspects:
            continue
        basis = tier_basis()
        again = basis.with_traits(leads.filter(pk__in=suspects))
        found = list(_drifts(list(again), basis, now))
        report.take(found)
        if fix:
            report.fixed += retier_leads(lead_ids=[drift.lead_id for drift in found], now=now, basis=basis)
    return report


def _drifts(leads: list[Lead], basis: TierBasis, now: dt.datetime) -> Iterator[Drift]:
    today, signals = timezone.localdate(now), signals_of([lead.pk for lead in leads])
    for lead in leads:
        stored = {name: getattr(lead, name) for name in DECIDED}
        apply_decision(lead, basis.decide(lead, facts_of(lead, signals.get(lead.pk, ())), now), now, today)
        fresh = {name: getattr(lead, name) for name in DECIDED}
        if stored != fresh:
            yield Drift(
                lead.pk, {KINDS[name]: [stored[name], fresh[name]] for name in DECIDED if stored[name] != fresh[name]}
            )
