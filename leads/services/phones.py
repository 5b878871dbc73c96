"""The state of a lead's numbers as calls find it."""

import datetime as dt

from accounts.models import User
from accounts.services import audit
from leads.models import Lead, PhoneNumber
from leads.search import search_text
from leads.services.callability import refresh_callability


def mark_invalid(*, phone: PhoneNumber, reason: str, by: User | None, now: dt.datetime) -> None:
    """Mark the number out of use (`out_of_service`, `fax`, `wrong_number`) on this lead only."""
    if not phone.is_valid:
        return
    phone.is_valid, phone.invalid_reason = False, reason
    phone.save(update_fields=["is_valid", "invalid_reason"])
    audit.record(by=by, now=now, verb="invalidate_phone", target=phone, changes={"is_valid": [True, False]})
    refresh_callability([phone.lead_id])


def refresh_search_text(lead: Lead) -> None:
    """Rebuild the text the lead is found by."""
    lead.search_text = search_text(
        company=lead.company.name,
        company_kana=lead.company.kana,
        name=lead.name,
        kana=lead.kana,
        email=lead.email,
        numbers=list(PhoneNumber.objects.filter(lead=lead).values_list("e164", flat=True)),
    )
    lead.save(update_fields=["search_text"])
