"""A lead's numbers: as edited in a form, and as calls find them; with the search text and state that hang on them."""

import datetime as dt
from collections.abc import Iterable

from django.db.models import Prefetch, QuerySet

from accounts.models import User
from accounts.services import audit
from leads.inputs import PhoneInput
from leads.models import Lead, PhoneNumber
from leads.search import search_text
from leads.services.callability import refresh_callability

Invalid = PhoneNumber.Invalid


def mark_invalid(*, phone: PhoneNumber, reason: str, by: User | None, now: dt.datetime) -> None:
    """Mark the number out of use (`PhoneNumber.Invalid`) on this lead only."""
    if not phone.is_valid:
        return
    phone.is_valid, phone.invalid_reason = False, reason
    phone.save(update_fields=["is_valid", "invalid_reason"])
    audit.record(by=by, now=now, verb="invalidate_phone", target=phone, changes={"is_valid": [True, False]})
    refresh_callability([phone.lead_id])


def set_phones(*, lead: Lead, phones: Iterable[PhoneInput]) -> dict[str, list]:
    """Make these the lead's numbers in this order; a number that stays keeps its row. Answers the change for the trail.

    The caller refreshes search text and callability.
    """
    wanted = list(phones)
    kept = {_key(row.e164, row.raw): row for row in lead.phones.order_by("position", "pk")}
    before = [_told(row) for row in kept.values()]
    gone = kept.keys() - {_key(phone.e164, phone.raw) for phone in wanted}
    lead.phones.filter(pk__in=[kept[key].pk for key in gone]).delete()
    rows = [_put(lead, kept.get(_key(phone.e164, phone.raw)), phone, at) for at, phone in enumerate(wanted)]
    after = [_told(row) for row in rows]
    return {} if before == after else {"phones": [before, after]}


def _put(lead: Lead, row: PhoneNumber | None, phone: PhoneInput, position: int) -> PhoneNumber:
    row = row or PhoneNumber(lead=lead, e164=phone.e164)
    row.raw, row.label, row.extension, row.position = phone.raw, phone.label, phone.extension, position
    if not row.e164:
        row.is_valid, row.invalid_reason = False, Invalid.UNREADABLE
    elif phone.is_valid:
        row.is_valid, row.invalid_reason = True, ""
    else:
        row.is_valid, row.invalid_reason = False, row.invalid_reason or Invalid.OUT_OF_SERVICE
    row.save()
    return row


def _key(e164: str, raw: str) -> str:
    return e164 or raw


def _told(row: PhoneNumber) -> dict[str, str]:
    """A number as the trail keeps it."""
    return {"raw": row.raw, "label": row.label, "invalid": "" if row.is_valid else row.invalid_reason}


def refresh_search_text(lead: Lead) -> None:
    """Rebuild the text the lead is found by."""
    lead.search_text = _text_of(lead, lead.phones.order_by("position", "pk"))
    lead.save(update_fields=["search_text"])


def refresh_search_texts(leads: QuerySet[Lead], batch: int = 500) -> None:
    """Rebuild the texts of many leads, after their company was renamed."""
    numbers = Prefetch("phones", PhoneNumber.objects.order_by("position", "pk"), to_attr="numbers")
    last = 0
    while rows := list(
        leads.filter(pk__gt=last).select_related("company").prefetch_related(numbers).order_by("pk")[:batch]
    ):
        for lead in rows:
            lead.search_text = _text_of(lead, lead.numbers)
        Lead.objects.bulk_update(rows, ["search_text"])
        last = rows[-1].pk


def _text_of(lead: Lead, phones: Iterable[PhoneNumber]) -> str:
    return search_text(
        company=lead.company.name,
        company_kana=lead.company.kana,
        name=lead.name,
        kana=lead.kana,
        office=lead.office,
        email=lead.email,
        numbers=[phone.e164 for phone in phones],
    )
