"""What undoing an import would do, reckoned without writing anything, in a few queries however big the import is.

Leads nobody has had to do with since are only counted; those somebody has are decided on one by one, by the very rules
undoing follows.
"""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Q, QuerySet

from accounts.models import AuditEntry
from leads import ports
from leads.models import ImportRow, Lead, LeadImport, Merge
from leads.selectors.imports import blocks_standing
from leads.services.imports.keeping import OWN_VERBS, TAKEN_BACK, created_leads, merged_since, reasons_to_keep
from leads.services.imports.undoing import UndoBatch

SHOWN = 50
LOOKED_AT = 500
Outcome, Undo = ImportRow.Outcome, ImportRow.Undo


@dataclass
class Stay:
    """A lead that stays as it is, wholly or in part, and why."""

    lead: Lead
    undo: str
    reasons: list[str]


@dataclass
class Plan:
    removed: int = 0
    restored: int = 0
    partly: int = 0
    kept: int = 0
    blocks: int = 0
    stays: list[Stay] = field(default_factory=list)

    def as_json(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("removed", "restored", "partly", "kept", "blocks")}


def plan_undo(lead_import: LeadImport) -> Plan:
    """How many leads would go, get their old values back, stay; the first that stay by name."""
    kept = reasons_to_keep(lead_import, created_leads(lead_import))
    touched = _restored_otherwise(lead_import)
    plan = Plan(kept=len(kept), blocks=blocks_standing(lead_import).count())
    plan.removed = created_leads(lead_import).count() - len(kept)
    changed = _changed_rows(lead_import).values("lead_id").distinct().count()
    outcomes = Counter(str(undo) for undo, _reasons in touched.values())
    plan.partly, plan.kept = outcomes[Undo.PARTLY], plan.kept + outcomes[Undo.KEPT]
    plan.restored = changed - outcomes[Undo.PARTLY] - outcomes[Undo.KEPT]
    stays = {pk: (Undo.KEPT, codes) for pk, codes in kept.items()} | touched
    first = sorted(stays)[:SHOWN]
    leads = Lead.objects.select_related("company").in_bulk(first)
    plan.stays = [Stay(leads[pk], *stays[pk]) for pk in first if pk in leads]
    return plan


def _changed_rows(lead_import: LeadImport) -> QuerySet[ImportRow]:
    """Rows left to undo that changed a lead which was there before, or whose own lead was merged into such a one."""
    rows = lead_import.rows.filter(~Q(changes={}) | Q(outcome=Outcome.NEW), undo="", lead__isnull=False)
    return rows.exclude(lead__lead_import=lead_import)


def _restored_otherwise(lead_import: LeadImport) -> dict[int, tuple[str, list[str]]]:
    """The leads that would not get everything back, with their outcome and reasons."""
    suspects = sorted(_suspects(lead_import))
    found = {}
    for start in range(0, len(suspects), LOOKED_AT):
        some = suspects[start : start + LOOKED_AT]
        rows = list(lead_import.rows.filter(undo="", lead_id__in=some).order_by("-line"))
        for pk, returned in UndoBatch(lead_import, rows).decide().leads.items():
            if returned.kept:
                found[pk] = (returned.outcome, returned.kept)
    return found


def _suspects(lead_import: LeadImport) -> set[int]:
    """Leads with old values to get back that somebody, or another list, may have had to do with since."""
    rows = _changed_rows(lead_import).order_by()
    ids, homes = rows.values("lead_id"), rows.values("lead__company_id")
    since = AuditEntry.objects.filter(at__gte=lead_import.started_at).exclude(verb__in=OWN_VERBS).order_by()
    others = (
        ImportRow.objects.filter(pk__gt=_first_row(lead_import)).exclude(lead_import=lead_import).exclude(changes={})
    )
    others = others.exclude(undo__in=TAKEN_BACK).order_by()
    at_companies = since.filter(target_type="leads.company", target_id__in=homes).values("target_id")
    edited = since.filter(target_type="leads.lead", target_id__in=ids)
    found = set(edited.values_list("target_id", flat=True))
    found |= set(others.filter(lead_id__in=ids).values_list("lead_id", flat=True))
    found |= merged_since(lead_import, Merge.Kind.LEAD, ids)
    companies = merged_since(lead_import, Merge.Kind.COMPANY, homes)
    companies |= set(at_companies.values_list("target_id", flat=True))
    companies |= set(others.filter(lead__company_id__in=homes).values_list("lead__company_id", flat=True))
    found |= set(rows.filter(lead__company_id__in=companies).values_list("lead_id", flat=True))
    for part in ports.attachments.values():
        found |= part.worked_on(ids).keys()
    return found


def _first_row(lead_import: LeadImport) -> int:
    return lead_import.rows.order_by("pk").values_list("pk", flat=True).first() or 0
