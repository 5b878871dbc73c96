"""Leads as people write them down: created, edited against a version, given to somebody."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, Team, User
from accounts.services import audit
from leads.inputs import PERSON_FIELDS, LeadInput
from leads.models import Company, Lead, LeadList
from leads.services.blocks import recognise_numbers
from leads.services.callability import refresh_callability
from leads.services.companies import company_for, record_company, update_company
from leads.services.phones import refresh_search_text, set_phones
from leads.services.tiers import retier_lead

CALLABILITY = ["is_blocked", "has_callable_phone"]


@transaction.atomic
def create_lead(
    *,
    data: LeadInput,
    team: Team,
    by: User | None,
    now: dt.datetime,
    owner: User | None = None,
    company: Company | None = None,
    lead_list: LeadList | None = None,
) -> Lead:
    """Write down a new person. `company` is one already known (then `data.company` is not looked at)."""
    if company is None:
        company = company_for(data=data.company, numbers=data.numbers, email=data.email)
    person = {field: getattr(data, field) for field in PERSON_FIELDS}
    lead = Lead.objects.create(company=company, team=team, owner=owner, lead_list=lead_list, created_at=now, **person)
    set_phones(lead=lead, phones=data.phones)
    _refresh(lead, data)
    retier_lead(lead=lead, now=now)
    audit.record(by=by, now=now, verb="create_lead", target=lead)
    return lead


@transaction.atomic
def update_lead(*, lead: Lead, data: LeadInput, version: int, by: User | None, now: dt.datetime) -> Lead:
    """Edit `lead` as the form of `version` showed it; ValidationError `stale` when somebody was faster.

    The company's fields are its own: a change there shows on all its people, and makes their open forms stale too.
    So two edits at one company meet at its row first; neither holds a person the other still wants.
    """
    company = Company.objects.select_for_update(no_key=True).get(pk=lead.company_id)
    lead = Lead.objects.locked(lead.pk)
    if lead.version != version:
        raise ValidationError(_("ほかの人が先に更新しました。両方の内容を確認してください。"), code="stale")
    company_changes = update_company(company=company, data=data.company, lead=lead)
    person = {field: getattr(data, field) for field in PERSON_FIELDS}
    changes = audit.differences({field: getattr(lead, field) for field in PERSON_FIELDS}, person)
    changes |= set_phones(lead=lead, phones=data.phones)
    if not changes and not company_changes:
        return lead
    for field, value in person.items():
        setattr(lead, field, value)
    lead.version += 1
    lead.save(update_fields=[*PERSON_FIELDS, "version", "updated_at"])
    lead.company = company
    _refresh(lead, data)
    retier_lead(lead=lead, now=now)
    record_company(company=company, changes=company_changes, by=by, now=now)
    seen = changes | {f"company.{field}": pair for field, pair in company_changes.items()}
    audit.record(by=by, now=now, verb="update_lead", target=lead, changes=seen)
    return lead


@transaction.atomic
def assign_owner(*, lead: Lead, owner: User | None, by: User | None, now: dt.datetime) -> Lead:
    """Give the lead to `owner`, or to nobody. Whoever sees only a team's leads takes it into the own team;
    an agency's person calls it for the team it is in."""
    lead = Lead.objects.locked(lead.pk)
    if lead.owner_id == (owner.pk if owner else None):
        return lead
    team_id = _team_under(lead, owner)
    before = {"owner": _name(lead.owner), "team": lead.team_id}
    lead.owner, lead.team_id = owner, team_id
    lead.version += 1
    lead.save(update_fields=["owner", "team", "version", "updated_at"])
    changes = audit.differences(before, {"owner": _name(owner), "team": team_id})
    audit.record(by=by, now=now, verb="assign_owner", target=lead, changes=changes)
    return lead


def _team_under(lead: Lead, owner: User | None) -> int:
    if owner is None:
        return lead.team_id
    if not owner.is_active or owner.role == Role.FIELD_SALES:
        raise ValidationError(
            {"owner": ValidationError(_("この人には架電を割り当てられません。"), code="not_a_caller")}
        )
    if owner.role in (Role.AGENCY_REP, Role.ADMIN) or lead.team_id in owner.team_ids:
        return lead.team_id
    if owner.team_id is None:
        raise ValidationError({"owner": ValidationError(_("チームに所属していません。"), code="no_team")})
    return owner.team_id


def _refresh(lead: Lead, data: LeadInput) -> None:
    recognise_numbers(data.numbers)
    refresh_search_text(lead)
    refresh_callability([lead.pk])
    lead.refresh_from_db(fields=CALLABILITY)


def _name(user: User | None) -> str:
    return str(user) if user else ""
