"""What is read of one import: the rows behind each of its numbers, and whether its file was here before."""

from django.db.models import QuerySet

from leads.models import ImportIssue, ImportRow, LeadImport

Status = LeadImport.Status
REACHED_THE_BASE = (Status.QUEUED, Status.RUNNING, Status.DONE, Status.UNDOING, Status.UNDONE)


def same_file(lead_import: LeadImport) -> QuerySet[LeadImport]:
    """Other imports of the very same file that reached the base, newest first."""
    same = LeadImport.objects.filter(sha256=lead_import.sha256, status__in=REACHED_THE_BASE).exclude(pk=lead_import.pk)
    if not lead_import.sha256:
        return same.none()
    return same.select_related("lead_list", "created_by").order_by("-created_at", "-pk")


def taken_rows(lead_import: LeadImport, outcome: str) -> QuerySet[ImportRow]:
    """Rows of an outcome with their leads, in the order of the file; `blocked` are those whose lead is blocked now."""
    rows = ImportRow.objects.filter(lead_import=lead_import)
    if outcome == "blocked":
        rows = rows.filter(lead__is_blocked=True)
    else:
        rows = rows.filter(outcome=outcome)
    return rows.select_related("lead__company").order_by("line")


def warned_rows(lead_import: LeadImport, code: str) -> QuerySet[ImportIssue]:
    """Rows that were taken with a warning of this kind; of very many only the first were kept."""
    return lead_import.issues.filter(is_error=False, code=code).order_by("line", "pk")


def leads_at(lead_import: LeadImport, lines: list[int]) -> dict[int, ImportRow]:
    """The taken rows on some lines, with their leads."""
    rows = ImportRow.objects.filter(lead_import=lead_import, line__in=lines)
    return {row.line: row for row in rows.select_related("lead__company")}
