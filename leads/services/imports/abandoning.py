"""What an import leaves that was given up before it wrote a row: nothing, if its list was made for it alone."""

import datetime as dt

from django.db import transaction

from accounts.models import AuditEntry, User
from accounts.services import audit
from leads.models import Lead, LeadImport, LeadList, TierRuleVersion


def forget_unused(lead_import: LeadImport, *, by: User | None, now: dt.datetime) -> None:
    """Delete the import with the list it made, unless anybody has used that list. The caller holds the transaction."""
    lead_list = lead_import.lead_list
    if not _made_for(lead_import) or _is_used(lead_list, lead_import):
        return
    file = lead_import.file
    transaction.on_commit(lambda: file.delete(save=False))
    audit.record(by=by, now=now, verb="delete_list", target=lead_list, changes={"name": [lead_list.name, ""]})
    lead_import.delete()
    lead_list.delete()


def _made_for(lead_import: LeadImport) -> bool:
    """Whether the list came into being with the upload: both were written down at one moment."""
    told = AuditEntry.objects.filter(target_type=LeadImport._meta.label_lower, target_id=lead_import.pk)
    uploaded = told.filter(verb="upload_import").values("at")
    made = AuditEntry.objects.filter(target_type=LeadList._meta.label_lower, target_id=lead_import.lead_list_id)
    return made.filter(verb="create_list", at__in=uploaded).exists()


def _is_used(lead_list: LeadList, lead_import: LeadImport) -> bool:
    return (
        Lead.objects.filter(lead_list=lead_list).exists()
        or LeadImport.objects.filter(lead_list=lead_list).exclude(pk=lead_import.pk).exists()
        or TierRuleVersion.objects.filter(lead_list=lead_list).exists()
    )
