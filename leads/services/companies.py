"""Companies behind leads: taken again when two facts agree, otherwise new; edited for all their people at once."""

import datetime as dt

from django.db.models import F

from accounts.models import User
from accounts.services import audit
from leads.importing.companies import company_key
from leads.importing.identifiers import domain_of
from leads.inputs import COMPANY_FIELDS, CompanyInput
from leads.models import Company, Lead
from leads.services.phones import refresh_search_texts


def company_for(*, data: CompanyInput, numbers: list[str], email: str = "") -> Company:
    """The company `data` names: a known one with the same 法人番号, or with the same key and a second agreeing fact
    (a number, the prefecture, the domain). Its blanks are filled; nothing known is overwritten."""
    company = _known(data, numbers, email)
    if company is None:
        return Company.objects.create(name_key=company_key(data.name), **_values(data))
    blanks = {field: value for field, value in _values(data).items() if value and not getattr(company, field)}
    for field, value in blanks.items():
        setattr(company, field, value)
    if blanks:
        company.save(update_fields=list(blanks))
    return company


def _known(data: CompanyInput, numbers: list[str], email: str) -> Company | None:
    if data.corporate_number:
        same = Company.objects.filter(corporate_number=data.corporate_number).order_by("pk").first()
        if same:
            return same
    candidates = Company.objects.filter(name_key=company_key(data.name)).order_by("pk")[:50]
    return next((company for company in candidates if _agrees(company, data, numbers, email)), None)


def _agrees(company: Company, data: CompanyInput, numbers: list[str], email: str) -> bool:
    """A second fact beside the key; two different 法人番号 are two companies whatever else agrees."""
    if company.corporate_number and data.corporate_number:
        return False
    if data.prefecture and data.prefecture == company.prefecture:
        return True
    domain = domain_of(email, data.url)
    if domain and company.url and domain == domain_of("", company.url):
        return True
    return bool(numbers) and Lead.objects.filter(company=company, phones__e164__in=numbers).exists()


def update_company(*, company: Company, data: CompanyInput, lead: Lead) -> dict[str, list]:
    """Write `data` on the company of `lead`; answers the changes. Its other people get a new version and text."""
    before = {field: getattr(company, field) for field in COMPANY_FIELDS}
    changes = audit.differences(before, _values(data))
    if not changes:
        return {}
    for field in changes:
        setattr(company, field, getattr(data, field))
    company.name_key = company_key(company.name)
    company.save(update_fields=[*changes, "name_key"])
    others = Lead.objects.filter(company=company).exclude(pk=lead.pk)
    others.update(version=F("version") + 1, tiered_at=None)  # a learned card reads the company
    if {"name", "kana"} & changes.keys():
        refresh_search_texts(others)
    return changes


def _values(data: CompanyInput) -> dict[str, str]:
    return {field: getattr(data, field) for field in COMPANY_FIELDS}


def record_company(*, company: Company, changes: dict[str, list], by: User | None, now: dt.datetime) -> None:
    """A change of a company stands in its own trail, since it is everybody's."""
    if changes:
        audit.record(by=by, now=now, verb="update_company", target=company, changes=changes)
