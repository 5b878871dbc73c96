"""Who works on an import: a claim with a number that only rises. A late worker's batch finds its number gone by.

A claim holds for `LEASE`; what nobody holds any more is due and taken up by whoever comes next.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q, QuerySet

from leads.models import LeadImport

LEASE = dt.timedelta(minutes=2)
MOST_CLAIMS = 60
Status = LeadImport.Status


class LostClaimError(Exception):
    """Somebody else took the import over, or cancelled it: whatever this worker was about to write is void."""


def due_imports(now: dt.datetime) -> QuerySet[LeadImport]:
    """Imports with work to do that nobody works on."""
    waiting = LeadImport.objects.filter(status__in=[Status.PREVIEWING, Status.QUEUED, Status.RUNNING, Status.UNDOING])
    return waiting.filter(Q(claimed_until=None) | Q(claimed_until__lt=now)).order_by("pk")


def claim(pk: int, statuses: tuple[str, ...], now: dt.datetime, **values) -> LeadImport | None:
    """Take an import that nobody holds; None when there is nothing to take."""
    taken = due_imports(now).order_by().filter(pk=pk, status__in=statuses, token__lt=MOST_CLAIMS)
    if not taken.update(token=F("token") + 1, claimed_until=now + LEASE, **values):
        return None
    return LeadImport.objects.select_related("lead_list", "created_by").get(pk=pk)


def held(lead_import: LeadImport, status: str) -> LeadImport:
    """The import's row, locked, while this worker still holds it. Raises LostClaimError."""
    rows = LeadImport.objects.select_for_update(of=("self",)).filter(pk=lead_import.pk, token=lead_import.token)
    row = rows.filter(status=status).first()
    if row is None:
        raise LostClaimError
    return row


def release(lead_import: LeadImport) -> None:
    """Let go early, so that the next worker need not wait for the claim to run out."""
    LeadImport.objects.filter(pk=lead_import.pk, token=lead_import.token).update(claimed_until=None)


@transaction.atomic
def give_up_worn_out(now: dt.datetime) -> int:
    """Imports that were taken up again and again without coming to an end are failed, not tried for ever."""
    worn = due_imports(now).order_by().filter(token__gte=MOST_CLAIMS)
    ended = {"status": Status.FAILED, "claimed_until": None}
    undoing = worn.filter(status=Status.UNDOING)
    stopped = undoing.update(failure={"code": "undo_stopped", "params": {}}, **ended)
    return stopped + worn.update(failure={"code": "import_stopped", "params": {}}, finished_at=now, **ended)
