"""What is read of imports: the history, one import's result, why rows were refused."""

from django.db.models import Min, QuerySet

from leads.models import ImportIssue, LeadImport


def import_history() -> QuerySet[LeadImport]:
    """Every import, newest first, with its list and who uploaded it."""
    return LeadImport.objects.select_related("lead_list__team", "created_by").order_by("-created_at", "-pk")


def refused_rows(lead_import: LeadImport) -> QuerySet[ImportIssue]:
    """Why rows were refused, in the order of the file."""
    return lead_import.issues.filter(is_error=True).order_by("line", "pk")


def warning_examples(lead_import: LeadImport) -> list[tuple[ImportIssue, int]]:
    """The first row of each kind of warning with the number of rows it concerns, most frequent first."""
    kinds = lead_import.issues.filter(is_error=False).values("code").annotate(first=Min("pk"))
    examples = ImportIssue.objects.filter(pk__in=[kind["first"] for kind in kinds])
    counted = [(issue, lead_import.warnings.get(issue.code, 1)) for issue in examples]
    return sorted(counted, key=lambda pair: -pair[1])
