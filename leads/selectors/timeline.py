"""A lead's own part of its story: signals, calls of the past, stages, blocks, edits. `calls` weaves its calls in."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import AuditEntry, User
from leads.models import DoNotCall, Lead, PastCall, Signal, SignalKind, StageMove

LIMIT = 100
EDITS = (
    "create_lead",
    "update_lead",
    "assign_owner",
    "override_tier",
    "clear_override",
    "merge_lead",
    "undo_merge",
)


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `kind` is signal, past_call, stage, block, lift or edit; `row` what it is told from."""

    at: dt.datetime
    kind: str
    row: Signal | PastCall | StageMove | DoNotCall | AuditEntry
    by: User | None = None
    changes: dict[str, list] = field(default_factory=dict)


def timeline_of(lead: Lead) -> list[Entry]:
    """Newest first; of entries at one moment the later written first. Six queries."""
    entries = [*_signals(lead), *_past_calls(lead), *_moves(lead), *_blocks(lead), *_edits(lead)]
    return sorted(entries, key=lambda entry: (entry.at, entry.row.pk), reverse=True)[:LIMIT]


def signals_beside_calls(lead: Lead) -> QuerySet[Signal]:
    """Newest first, without the reactions that a call of the past tells of already."""
    told = PastCall.objects.filter(lead=lead, called_at=OuterRef("occurred_at"))
    rows = Signal.objects.filter(lead=lead).exclude(Exists(told), kind=SignalKind.CALL_REACTION)
    return rows.order_by("-occurred_at")


def _signals(lead: Lead) -> Iterable[Entry]:
    rows = signals_beside_calls(lead).select_related("created_by", "lead_import__lead_list")
    return (Entry(row.occurred_at, "signal", row, row.created_by) for row in rows[:LIMIT])


def _past_calls(lead: Lead) -> Iterable[Entry]:
    """A call whose day the list does not say stands where it came to us."""
    rows = PastCall.objects.filter(lead=lead).select_related("lead_import__lead_list")
    return (
        Entry(row.called_at or row.created_at, "past_call", row) for row in rows.order_by("-called_at", "-pk")[:LIMIT]
    )


def _moves(lead: Lead) -> Iterable[Entry]:
    rows = StageMove.objects.filter(lead=lead).select_related("by").order_by("-at", "-pk")[:LIMIT]
    return (Entry(row.at, "stage", row, row.by) for row in rows)


def _blocks(lead: Lead) -> Iterable[Entry]:
    numbers = list(lead.phones.exclude(e164="").values_list("e164", flat=True))
    concerns = (
        Q(scope=DoNotCall.Scope.PERSON, lead=lead)
        | Q(scope=DoNotCall.Scope.COMPANY, company_id=lead.company_id)
        | Q(scope=DoNotCall.Scope.NUMBER, e164__in=numbers)
    )
    rows = DoNotCall.objects.filter(concerns).select_related("created_by", "lifted_by").order_by("-requested_at")
    for row in rows[:LIMIT]:
        yield Entry(row.requested_at, "block", row, row.created_by)
        if row.lifted_at:
            yield Entry(row.lifted_at, "lift", row, row.lifted_by)


def _edits(lead: Lead) -> Iterable[Entry]:
    rows = AuditEntry.objects.about(lead).filter(verb__in=EDITS).select_related("by").order_by("-at", "-pk")[:LIMIT]
    return (Entry(row.at, "edit", row, row.by, row.changes) for row in rows)
