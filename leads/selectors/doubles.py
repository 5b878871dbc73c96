"""Leads that may be the person somebody is about to write down."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from leads.importing.companies import company_key
from leads.importing.text import person_key
from leads.inputs import LeadInput
from leads.models import Lead

LIMIT = 10
CANDIDATES = 200


@dataclass(frozen=True)
class Double:
    """A known lead and what it shares: phone, email, or person (the same name at a company of the same key)."""

    lead: Lead
    shares: tuple[str, ...]


def possible_doubles(data: LeadInput, user: User, *, apart_from: int | None = None) -> list[Double]:
    """Leads `user` may see that share a number, the address, or company and name; strongest first."""
    leads = Lead.objects.for_user(user).select_related("company", "owner").prefetch_related("phones")
    key, person = company_key(data.company.name), person_key(data.name)
    same = Q(pk__in=[])
    if data.numbers:
        same |= Q(phones__e164__in=data.numbers)
    if data.email:
        same |= Q(email=data.email)
    if key:
        same |= Q(company__name_key=key)
    found = {lead.pk: lead for lead in leads.filter(same).exclude(pk=apart_from).distinct().order_by("pk")[:CANDIDATES]}
    doubles = (Double(lead, tuple(_shared(lead, data, key, person))) for lead in found.values())
    return sorted((d for d in doubles if d.shares), key=lambda d: (-len(d.shares), d.lead.pk))[:LIMIT]


def _shared(lead: Lead, data: LeadInput, key: str, person: str) -> Iterable[str]:
    if {phone.e164 for phone in lead.phones.all()} & set(data.numbers):
        yield "phone"
    if data.email and lead.email == data.email:
        yield "email"
    if person and lead.company.name_key == key and person_key(lead.name) == person:
        yield "person"
