"""Whether a lead may and can be dialled, kept on the lead so that lists and the queue need no join."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef

from leads.models import DoNotCall, Lead, PhoneNumber


def blocked_numbers():
    """Standing blocks of the number in an outer `PhoneNumber` row."""
    return DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.NUMBER, e164=OuterRef("e164")).exclude(e164="")


def refresh_callability(lead_ids: Iterable[int]) -> None:
    """Recompute `is_blocked` and `has_callable_phone` of these leads from their numbers and all standing blocks.

    Blocked is a lead whose person or company asked for it, or whose every valid number is blocked.
    """
    ids = list(lead_ids)
    if not ids:
        return
    leads = Lead.objects.filter(pk__in=ids).order_by()
    valid = PhoneNumber.objects.filter(lead=OuterRef("pk"), is_valid=True).exclude(label=PhoneNumber.Label.FAX)
    standing = DoNotCall.objects.standing()
    rows = leads.annotate(
        asked=Exists(standing.filter(scope=DoNotCall.Scope.PERSON, lead=OuterRef("pk")))
        | Exists(standing.filter(scope=DoNotCall.Scope.COMPANY, company=OuterRef("company_id"))),
        has_valid=Exists(valid),
        has_free=Exists(valid.filter(~Exists(blocked_numbers()))),
    ).values_list("pk", "asked", "has_valid", "has_free", "is_blocked", "has_callable_phone")
    changed: dict[tuple[bool, bool], list[int]] = {}
    for pk, asked, has_valid, has_free, was_blocked, was_callable in rows:
        now_state = (bool(asked or (has_valid and not has_free)), bool(has_free))
        if now_state != (was_blocked, was_callable):
            changed.setdefault(now_state, []).append(pk)
    for (is_blocked, has_callable_phone), ids in changed.items():
        Lead.objects.filter(pk__in=ids).update(is_blocked=is_blocked, has_callable_phone=has_callable_phone)


def leads_with_number(e164: str):
    """Leads that carry this number, valid or not; nobody for a number that is not known."""
    if not e164:
        return Lead.objects.none()
    return Lead.objects.filter(Exists(PhoneNumber.objects.filter(lead=OuterRef("pk"), e164=e164)))
