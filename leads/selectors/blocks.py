"""Blocks as pages show them, and which of some numbers a standing block names."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, Scope, scope_of
from leads.models import DoNotCall, Lead, PhoneNumber
from leads.search import query_terms


def blocked_among(numbers: Iterable[str]) -> set[str]:
    """Those of these E.164 numbers that must not be dialled."""
    wanted = {number for number in numbers if number}
    if not wanted:
        return set()
    blocks = DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.NUMBER, e164__in=wanted)
    return set(blocks.values_list("e164", flat=True))


def blocks_for(user: User, *, query: str = "", state: str = "standing") -> QuerySet[DoNotCall]:
    """Blocks of leads `user` may see, newest first; an admin sees every one. `state`: standing, lifted or all."""
    blocks = DoNotCall.objects.select_related("company", "lead__company", "created_by", "lifted_by")
    if scope_of(user, Permission.SEE_LEADS) is not Scope.ALL:
        blocks = blocks.filter(_concerns(Lead.objects.for_user(user)))
    if state == "standing":
        blocks = blocks.standing()
    elif state == "lifted":
        blocks = blocks.exclude(lifted_at=None)
    return _searched(blocks, query).order_by("-requested_at", "-pk")


def _concerns(leads: QuerySet[Lead]) -> Q:
    """Blocks of these leads' persons, companies and numbers."""
    carriers = PhoneNumber.objects.filter(e164=OuterRef("e164"), lead__in=leads.values("pk")).exclude(e164="")
    return (
        Q(scope=DoNotCall.Scope.PERSON, lead__in=leads.values("pk"))
        | Q(scope=DoNotCall.Scope.COMPANY, company__in=leads.values("company"))
        | (Q(scope=DoNotCall.Scope.NUMBER) & Exists(carriers))
    )


def _searched(blocks: QuerySet[DoNotCall], query: str) -> QuerySet[DoNotCall]:
    """By number in any spelling, by company or person, or by the words themselves."""
    if not query.strip():
        return blocks
    for term in query_terms(query):
        number = term[1:] if term.isdecimal() and term.startswith("0") else term
        blocks = blocks.filter(
            Q(lead__search_text__contains=term)
            | Q(company__name_key__icontains=term)
            | (Q(e164__contains=number) if term.isdecimal() else Q(pk=None))
            | Q(words__icontains=query.strip())
            | Q(requested_by__icontains=query.strip())
        )
    return blocks
