"""What is read of imports: the history, one import's result, why rows were refused."""

from django.db.models import Min, QuerySet

from accounts.models import User
from leads.models import DoNotCall, ImportIssue, ImportRow, LeadImport, LeadList

Undo = ImportRow.Undo


def import_history(*, lead_list: LeadList | None = None, by: User | None = None) -> QuerySet[LeadImport]:
    """Every import, newest first, with its list, who uploaded it and who undid it; of one list or person on request."""
    imports = LeadImport.objects.select_related("lead_list__team", "created_by", "undone_by")
    if lead_list is not None:
        imports = imports.filter(lead_list=lead_list)
    if by is not None:
        imports = imports.filter(created_by=by)
    return imports.order_by("-created_at", "-pk")


def lists_with_imports() -> QuerySet[LeadList]:
    """Lists a file was brought for."""
    return LeadList.objects.filter(pk__in=LeadImport.objects.order_by().values("lead_list")).order_by("name", "pk")


def people_with_imports() -> QuerySet[User]:
    """People who brought a file."""
    return User.objects.filter(pk__in=LeadImport.objects.order_by().values("created_by")).order_by("name", "pk")


def rows_kept(lead_import: LeadImport) -> QuerySet[ImportRow]:
    """Rows that undoing left as they are, wholly or in part, in the order of the file."""
    rows = lead_import.rows.filter(undo__in=[Undo.KEPT, Undo.PARTLY])
    return rows.select_related("lead__company").order_by("line")


def blocks_standing(lead_import: LeadImport) -> QuerySet[DoNotCall]:
    """Blocks the list told of that nobody has lifted."""
    return DoNotCall.objects.standing().filter(lead_import=lead_import)


def refused_rows(lead_import: LeadImport) -> QuerySet[ImportIssue]:
    """Why rows were refused, in the order of the file."""
    return lead_import.issues.filter(is_error=True).order_by("line", "pk")


def warning_examples(lead_import: LeadImport) -> list[tuple[ImportIssue, int]]:
    """The first row of each kind of warning with the number of rows it concerns, most frequent first."""
    kinds = lead_import.issues.filter(is_error=False).values("code").annotate(first=Min("pk"))
    examples = ImportIssue.objects.filter(pk__in=[kind["first"] for kind in kinds])
    counted = [(issue, lead_import.warnings.get(issue.code, 1)) for issue in examples]
    return sorted(counted, key=lambda pair: -pair[1])
