"""Why a lead an import created stays when the import is undone: somebody, or another list, has had to do with it since.

Codes only; `leads.labels.KEPT_BECAUSE` has the words.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from accounts.models import AuditEntry
from leads import ports
from leads.models import DoNotCall, ImportRow, Lead, LeadImport, Merge

OWN_VERBS = ("import_lead", "undo_import_lead")
"""What imports write in a lead's trail; whether an import still stands is seen from its rows."""

BY_VERB = {
    "assign_owner": "assigned",
    "override_tier": "tier_overridden",
    "clear_override": "tier_overridden",
    "add_signal": "signal_added",
}
MERGE_VERBS = ("merge_lead", "undo_merge")
"""Whether a merge still stands is seen from its row; one that was undone has left the lead as it was."""

EDITED = "edited"
TAKEN_BACK = (ImportRow.Undo.RESTORED, ImportRow.Undo.REMOVED)
Scope = DoNotCall.Scope


def reasons_to_keep(lead_import: LeadImport, lead_ids: Iterable[int]) -> dict[int, list[str]]:
    """Of these leads those that stay, each with its reasons. A fixed number of queries; a queryset of keys will do."""
    found: dict[int, list[str]] = {}
    for reasons in (
        *(part.worked_on(lead_ids).items() for part in ports.attachments.values()),
        _edited(lead_ids),
        _named_by_others(lead_import, lead_ids),
        _merged(lead_import, lead_ids),
        _blocked(lead_import, lead_ids),
    ):
        for pk, code in reasons:
            codes = found.setdefault(pk, [])
            if code not in codes:
                codes.append(code)
    return found


def _edited(lead_ids: Iterable[int]) -> Iterable[tuple[int, str]]:
    entries = AuditEntry.objects.filter(target_type="leads.lead", target_id__in=lead_ids)
    entries = entries.exclude(verb__in=(*OWN_VERBS, *MERGE_VERBS))
    rows = entries.order_by("target_id", "verb").values_list("target_id", "verb").distinct()
    return ((pk, BY_VERB.get(verb, EDITED)) for pk, verb in rows)


def _named_by_others(lead_import: LeadImport, lead_ids: Iterable[int]) -> Iterable[tuple[int, str]]:
    """Leads another list brought too. The very same row imported again is not another list."""
    rows = ImportRow.objects.filter(lead_id__in=lead_ids)
    others = rows.exclude(lead_import=lead_import).exclude(undo__in=TAKEN_BACK)
    named = list(others.order_by("lead_id").values_list("lead_id", "digest", "changes"))
    if not named:
        return
    ours = rows.filter(lead_import=lead_import, lead_id__in=[pk for pk, _digest, _changes in named])
    same = set(ours.values_list("lead_id", "digest"))
    for pk, digest, changes in named:
        if changes or (pk, digest) not in same:
            yield pk, "other_import"


def _merged(lead_import: LeadImport, lead_ids: Iterable[int]) -> Iterable[tuple[int, str]]:
    return ((pk, "merged") for pk in merged_since(lead_import, Merge.Kind.LEAD, lead_ids))


def merged_since(lead_import: LeadImport, kind: str, ids: Iterable[int]) -> set[int]:
    """Of these leads or companies those that another was taken into since the import began, and still is."""
    merges = Merge.objects.filter(kind=kind, kept_id__in=ids, at__gte=lead_import.started_at, undone_at=None)
    return set(merges.order_by().values_list("kept_id", flat=True))


def _blocked(lead_import: LeadImport, lead_ids: Iterable[int]) -> Iterable[tuple[int, str]]:
    """A refusal taken down at the lead since; and one of the person in the list, which no number would outlive."""
    blocks = DoNotCall.objects.filter(lead_id__in=lead_ids)
    by_hand = blocks.exclude(lead_import=lead_import).order_by("lead_id").values_list("lead_id", flat=True)
    in_list = blocks.standing().filter(lead_import=lead_import, scope=Scope.PERSON)
    yield from ((pk, "blocked") for pk in by_hand.distinct())
    yield from ((pk, "refused_in_list") for pk in in_list.values_list("lead_id", flat=True))


def created_leads(lead_import: LeadImport) -> QuerySet:
    """Keys of the leads an import made, those that went by a merge left out."""
    return Lead.objects.filter(lead_import=lead_import).order_by().values("pk")
