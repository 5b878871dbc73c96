"""What a change of the tier rules would do, reckoned before it is saved.

The run goes through the leads of the scope in batches by key; each batch's figures and how far it came are written
together. Killed anywhere, it goes on behind the last batch. A decision holds for a calendar day, so what is counted is
what `retier_stale` will write on that day.
"""

import datetime as dt
import heapq
from collections import namedtuple
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from leads.models import Lead, Signal, Stage, TierSimulation
from leads.selectors import TierBasis, facts_of, tier_basis
from leads.selectors.tier_rules import RuleScope, lead_is_in, own_version
from leads.services.tier_rules import DRAFT
from leads.tier_rules import from_json
from leads.tiering import TierDecision

LEASE = dt.timedelta(minutes=1)
MOST_CLAIMS = 20
SLICE = dt.timedelta(minutes=5)
KEPT = dt.timedelta(days=30)
BATCH = 4000
INLINE = 5000
"""Up to so many leads a simulation is reckoned within the request; beyond, a worker does it."""

SAMPLES, TOP, LISTS_SHOWN = 10, 20, 30
CACHED = 50_000
FIRST_CALL_STAGES = (Stage.NEW.value, Stage.CALLING.value)
Status = TierSimulation.Status
Clock = Callable[[], dt.datetime]

COLUMNS = (
    "pk",
    "lead_list_id",
    "source",
    "tier",
    "temperature",
    "tier_override",
    "tier_override_until",
    "is_blocked",
    "has_callable_phone",
    "next_call_at",
    "last_called_at",
    "last_reached_at",
    "problem_recorded_at",
    "refused_at",
    "last_result",
    "timing",
    "budget",
    "decision_maker",
    "stage",
    "created_at",
)
TRAITS = ("email", "title", "call_count", "company__industry", "company__employees", "company__prefecture")
"""What a learned card reads besides; without one they stay as they are here."""

NO_TRAITS = ("", "", 0, "", "", "")


class Row(namedtuple("Row", COLUMNS + tuple(name.removeprefix("company__") for name in TRAITS), defaults=NO_TRAITS)):
    """A lead's columns without a model's ceremony; what asks only columns takes it for a lead, or for its company."""

    __slots__ = ()
    override_stands = Lead.override_stands

    @property
    def company(self) -> "Row":
        return self

    @property
    def is_callable(self) -> bool:
        return self.has_callable_phone and not self.is_blocked


class LostClaimError(Exception):
    """Somebody else took the simulation over: whatever this worker was about to write is void."""


# --- Started --------------------------------------------------------------------------------------------------------


def start_simulation(
    *,
    rules: Mapping[str, Any] | None,
    base: int | None,
    by: User | None,
    now: dt.datetime,
    scope: RuleScope,
) -> TierSimulation:
    """Ask what `rules` would do for a scope; None asks what giving up its own would do. Checked rules only.

    `base` is the version in force the change starts from; saving holds it against what is in force then.
    """
    total = Lead.objects.filter(lead_is_in(scope, tier_basis().book)).count()
    return TierSimulation.objects.create(
        lead_list=scope.lead_list,
        source=scope.source,
        rules=dict(rules) if rules is not None else None,
        leads_total=total,
        result={"base": base},
        created_by=by,
        created_at=now,
    )


def scope_of(simulation: TierSimulation) -> RuleScope:
    return RuleScope(simulation.lead_list, simulation.source)


def is_outdated(simulation: TierSimulation, now: dt.datetime) -> bool:
    """Whether rules were changed, or the day went by, since it was reckoned."""
    result = simulation.result
    if simulation.status != Status.DONE:
        return False
    return result["basis"] != _basis_key(tier_basis()) or result["day"] != timezone.localdate(now).isoformat()


def has_own_base(simulation: TierSimulation) -> bool:
    """Whether the rules it starts from are still those in force."""
    current = own_version(scope_of(simulation))
    return (current.pk if current else None) == simulation.result.get("base")


# --- Claimed --------------------------------------------------------------------------------------------------------


def due_simulations(now: dt.datetime) -> QuerySet[TierSimulation]:
    """Simulations to be reckoned that nobody works on."""
    waiting = TierSimulation.objects.filter(status__in=[Status.QUEUED, Status.RUNNING])
    return waiting.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).order_by("pk")


def _claim(pk: int, now: dt.datetime) -> TierSimulation | None:
    taken = due_simulations(now).order_by().filter(pk=pk, token__lt=MOST_CLAIMS)
    if not taken.update(token=F("token") + 1, claimed_until=now + LEASE, status=Status.RUNNING):
        return None
    return TierSimulation.objects.select_related("lead_list").get(pk=pk)


def _save(simulation: TierSimulation, **values) -> None:
    """Write while this worker still holds it. Raises LostClaimError."""
    ours = TierSimulation.objects.filter(pk=simulation.pk, token=simulation.token, status=Status.RUNNING)
    if not ours.update(**values):
        raise LostClaimError
    for name, value in values.items():
        setattr(simulation, name, value)


@transaction.atomic
def sweep(now: dt.datetime) -> list[int]:
    """Simulations a worker should take up; worn out ones are failed, long past ones forgotten."""
    TierSimulation.objects.filter(created_at__lt=now - KEPT).delete()
    worn = due_simulations(now).order_by().filter(token__gte=MOST_CLAIMS)
    worn.update(status=Status.FAILED, claimed_until=None)
    return list(due_simulations(now).values_list("pk", flat=True))


# --- Run ------------------------------------------------------------------------------------------------------------


def run_simulation(*, pk: int, clock: Clock, batch: int = BATCH, for_time: dt.timedelta = SLICE) -> bool:
    """Work on a simulation as long as `for_time`; answers whether anything is left to do.

    Two workers at once are harmless: the second finds nothing to claim, or the first finds its claim gone.
    """
    now = clock()
    simulation = _claim(pk, now)
    if simulation is None:
        return False
    try:
        return _run(simulation, clock, batch, until=now + for_time)
    except LostClaimError:
        return False
    except BaseException:
        TierSimulation.objects.filter(pk=pk, token=simulation.token).update(claimed_until=None)
        raise


def _run(simulation: TierSimulation, clock: Clock, batch: int, until: dt.datetime) -> bool:
    run = _begin(simulation, clock())
    for rows in run.batches(simulation.last_lead, batch):
        run.count(rows)
        now = clock()
        done = simulation.leads_done + len(rows)
        last = rows[-1].pk
        _save(simulation, result=run.result, leads_done=done, last_lead=last, claimed_until=now + LEASE)
        if now >= until:
            _save(simulation, claimed_until=None)
            return True
    run.finish()
    total = simulation.leads_done
    _save(simulation, result=run.result, status=Status.DONE, claimed_until=None, leads_total=total)
    return False


def _begin(simulation: TierSimulation, now: dt.datetime) -> "_Run":
    """Go on where the last worker stopped; from the start when rules or day are no longer the same."""
    basis, result = tier_basis(), simulation.result
    key, day = _basis_key(basis), timezone.localdate(now).isoformat()
    if (result.get("basis"), result.get("day")) != (key, day):
        result = {"base": result.get("base"), "basis": key, "day": day, **_nothing()}
        total = Lead.objects.filter(lead_is_in(scope_of(simulation), basis.book)).count()
        _save(simulation, result=result, last_lead=0, leads_done=0, leads_total=total)
    return _Run(simulation, basis, now)


def _basis_key(basis: TierBasis) -> list[str]:
    return sorted(basis.book.versions) + ([basis.card.version_with("")] if basis.card else [])


def _nothing() -> dict[str, Any]:
    return {
        "cells": {},
        "overridden": 0,
        "samples": {},
        "first": {},
        "second": {},
        "lists": {},
        "new_top": [],
    }


class _Run:
    """One run over the leads of the scope: the new decision of each held against its tier as it stands."""

    def __init__(self, simulation: TierSimulation, basis: TierBasis, now: dt.datetime):
        self.now, self.today = now, timezone.localdate(now)
        self.scope, self.result = scope_of(simulation), simulation.result
        rules = None if simulation.rules is None else from_json(simulation.rules, DRAFT)
        self.basis = replace(basis, book=basis.book.with_rules(rules, self.scope.list_id, self.scope.source))
        self.concerned = lead_is_in(self.scope, basis.book)
        self.decisions: dict[Any, tuple[str, int]] = {}

    def batches(self, after: int, size: int) -> Iterator[list[Row]]:
        columns = COLUMNS + TRAITS if self.basis.card else COLUMNS
        leads = Lead.objects.filter(self.concerned).order_by("pk").values_list(*columns)
        while rows := [Row(*row) for row in leads.filter(pk__gt=after)[:size]]:
            yield rows
            after = rows[-1].pk

    def count(self, rows: list[Row]) -> None:
        """Take a batch into the figures."""
        moved: dict[str, list[tuple[int, int]]] = {}
        first_calls = []
        for row, (tier, temperature) in zip(rows, self._decided(rows), strict=True):
            if row.is_callable and row.stage in FIRST_CALL_STAGES and row.next_call_at is None:
                first_calls.append((tier, -temperature, row.pk))
            if row.override_stands(self.today):
                self.result["overridden"] += 1
                continue
            move = row.tier + tier
            _add(self.result["cells"].setdefault(move, [0, 0, 0]), 1, row.temperature, temperature)
            if row.tier != tier:
                moved.setdefault(move, []).append((-temperature, row.pk))
                self._count_places(row, move)
        for move, leads in moved.items():
            known = [tuple(each) for each in self.result["samples"].get(move, ())]
            self.result["samples"][move] = heapq.nsmallest(SAMPLES, [*known, *leads])
        top = [tuple(each) for each in self.result["new_top"]]
        self.result["new_top"] = heapq.nsmallest(TOP, [*top, *first_calls])

    def _count_places(self, row: Row, move: str) -> None:
        """Where a move is seen: in today's calls, in its list."""
        places = [self.result["lists"].setdefault(str(row.lead_list_id or 0), {})]
        if row.is_callable and row.stage in FIRST_CALL_STAGES:
            places.append(self.result["first"])
        elif row.is_callable and row.stage == Stage.FOLLOW_UP:
            places.append(self.result["second"])
        for place in places:
            place[move] = place.get(move, 0) + 1

    def _decided(self, rows: list[Row]) -> Iterator[tuple[str, int]]:
        """Tier and temperature of each lead as they would be."""
        signals = _signals_of(rows)
        for row in rows:
            facts = facts_of(row, signals.get(row.pk, ()))
            key = self.basis.key_of(row, facts)
            found = self.decisions.get(key)
            if found is None:
                decision = self.basis.decide(row, facts, self.now)
                found = decision.tier, decision.temperature
                if len(self.decisions) < CACHED:
                    self.decisions[key] = found
            yield (row.tier_override, found[1]) if row.override_stands(self.today) else found

    def finish(self) -> None:
        """What is known only at the end: the order of first calls then and now, and why the samples move."""
        result = self.result
        waiting = Lead.objects.callable().filter(stage__in=FIRST_CALL_STAGES, next_call_at=None)
        others = self._top(waiting.exclude(pk__in=Lead.objects.filter(self.concerned).values("pk")))
        new = heapq.nsmallest(TOP, [*(tuple(each) for each in result["new_top"]), *others])
        result["top"] = {"old": [pk for _t, _h, pk in self._top(waiting)], "new": [[t, -h, pk] for t, h, pk in new]}
        result["lists"] = _most_moved(result["lists"])
        result["why"] = self._why({pk for leads in result["samples"].values() for _h, pk in leads})

    def _top(self, leads: QuerySet[Lead]) -> list[tuple[str, int, int]]:
        rows = leads.order_by("tier", "-temperature", "pk").values_list("tier", "temperature", "pk")[:TOP]
        return [(tier, -temperature, pk) for tier, temperature, pk in rows]

    def _why(self, ids: set[int]) -> dict[str, dict]:
        """Of each sample its reasons and temperature before and after."""
        leads = list(Lead.objects.filter(pk__in=ids).select_related("company"))
        signals = _signals_of(leads)
        return {
            str(lead.pk): _told(lead, self.basis.decide(lead, facts_of(lead, signals.get(lead.pk, ())), self.now))
            for lead in leads
        }


def _told(lead: Lead, decision: TierDecision) -> dict[str, list]:
    return {
        "reasons": [lead.tier_reasons, list(decision.reasons)],
        "temperature": [lead.temperature, decision.temperature],
    }


def _add(cell: list[int], *values: int) -> None:
    cell[:] = [old + new for old, new in zip(cell, values, strict=True)]


def _signals_of(rows: Sequence[Row | Lead]) -> dict[int, list[tuple[str, dt.datetime]]]:
    """Of each lead its signals. One query: by the stretch of keys where leads stand close, else key by key."""
    found: dict[int, list] = {}
    ids = [row.pk for row in rows]
    is_dense = bool(ids) and max(ids) - min(ids) < 2 * len(ids)
    which = Q(lead_id__gte=min(ids), lead_id__lte=max(ids)) if is_dense else Q(lead_id__in=ids)
    for lead_id, kind, at in Signal.objects.filter(which).values_list("lead_id", "kind", "occurred_at"):
        found.setdefault(lead_id, []).append((kind, at))
    return found


def _most_moved(lists: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """The lists with the most moves; more nobody reads."""
    ordered = sorted(lists.items(), key=lambda pair: (-sum(pair[1].values()), int(pair[0])))
    return dict(ordered[:LISTS_SHOWN])
