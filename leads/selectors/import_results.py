"""What is read of one import: the rows behind each of its numbers, and whether its file was here before."""

from django.db.models import Q, QuerySet

from leads.models import DoNotCall, ImportIssue, ImportRow, LeadImport

Status = LeadImport.Status
REACHED_THE_BASE = (Status.QUEUED, Status.RUNNING, Status.DONE, Status.UNDOING, Status.UNDONE)


def same_file(lead_import: LeadImport) -> QuerySet[LeadImport]:
    """Other imports of the very same file that reached the base, newest first."""
    same = LeadImport.objects.filter(sha256=lead_import.sha256, status__in=REACHED_THE_BASE).exclude(pk=lead_import.pk)
    if not lead_import.sha256:
        return same.none()
    return same.select_related("lead_list", "created_by").order_by("-created_at", "-pk")


def changed_base_since_preview(lead_import: LeadImport) -> bool:
    """Whether another import has ended or been undone since the preview was reckoned: its numbers may be untrue."""
    at = lead_import.preview.get("reckoned_at")
    if not at:
        return False
    written = Q(started_at__isnull=False, rows_done__gt=0, finished_at__gt=at)
    others = LeadImport.objects.exclude(pk=lead_import.pk)
    return others.filter(written | Q(undone_at__gt=at)).exists()


def taken_rows(lead_import: LeadImport, outcome: str) -> QuerySet[ImportRow]:
    """Rows of an outcome with their leads, in the order of the file; `blocked` are those whose lead is blocked now."""
    rows = ImportRow.objects.filter(lead_import=lead_import)
    if outcome == "blocked":
        rows = rows.filter(lead__is_blocked=True)
    else:
        rows = rows.filter(outcome=outcome)
    return rows.select_related("lead__company").order_by("line")


def blocks_made(lead_import: LeadImport, lead_ids: list[int | None]) -> dict[int, str]:
    """Of some leads those the import itself blocked, with the words of the list."""
    blocks = DoNotCall.objects.standing().filter(lead_import=lead_import, lead_id__in=lead_ids)
    return dict(blocks.order_by("pk").values_list("lead_id", "words"))


def warned_rows(lead_import: LeadImport, code: str) -> QuerySet[ImportIssue]:
    """Rows that were taken with a warning of this kind; of very many only the first were kept."""
    return lead_import.issues.filter(is_error=False, code=code).order_by("line", "pk")


def leads_at(lead_import: LeadImport, lines: list[int]) -> dict[int, ImportRow]:
    """The taken rows on some lines, with their leads."""
    rows = ImportRow.objects.filter(lead_import=lead_import, line__in=lines)
    return {row.line: row for row in rows.select_related("lead__company")}
