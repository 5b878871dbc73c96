"""Two companies that are one become one: fields as chosen, its people and its refusals together."""

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.importing.companies import company_key
from leads.inputs import COMPANY_FIELDS
from leads.models import Company, CompanyDouble, DoNotCall, Lead, Merge
from leads.selectors.doubles import company_digest
from leads.services.callability import refresh_callability
from leads.services.doubles import review_company_doubles
from leads.services.merging import (
    across_teams,
    already_merged,
    check_choices,
    chosen,
    fields_of,
    frozen,
    is_admin,
    overtaken,
    take_blocks,
    take_pairs,
    with_review,
)
from leads.services.phones import refresh_search_texts


@transaction.atomic
def merge_companies(
    *,
    kept_id: int,
    gone_id: int,
    choices: Mapping[str, str],
    by: User | None,
    now: dt.datetime,
    seen: str = "",
) -> Merge:
    """Take company `gone_id` into `kept_id`, with all its people. `choices`: {field: "kept" or "gone"}; blanks are
    filled.

    `seen` is the `company_digest` of the two as shown to whoever chose. ValidationError `stale`, `already_merged`,
    `other_team`, `different_companies` (two 法人番号) or `unknown_choice`.
    """
    kept, gone = lock_companies(kept_id, gone_id)
    people = _lock_people(kept_id, gone_id)
    _check(kept, gone, choices, by, seen)
    before, row, label = fields_of(kept), frozen([gone]), gone.name
    for name in COMPANY_FIELDS:
        setattr(kept, name, chosen(kept, gone, name, choices.get(name)))
    kept.name_key = company_key(kept.name)
    kept.created_at = min(kept.created_at, gone.created_at)
    kept.save()
    moved = [pk for pk, company_id in people.items() if company_id == gone_id]
    Lead.objects.filter(pk__in=moved).update(company=kept)
    blocks = take_blocks(DoNotCall.Scope.COMPANY, gone, kept, by, now)
    pairs = take_pairs(CompanyDouble, gone_id, kept_id)
    audit.record(by=by, now=now, verb="merge_company", target=gone, changes={"merged_into": ["", kept.name]})
    gone.delete()
    touch_people(kept_id)
    pairs = with_review(pairs, review_company_doubles(company_id=kept_id, now=now))
    after = fields_of(kept)
    changed = {name: [before[name], after[name]] for name in COMPANY_FIELDS if before[name] != after[name]}
    audit.record(by=by, now=now, verb="merge_company", target=kept, changes={"merged": ["", label], **changed})
    snapshot = {"row": row, "before": before, "after": after, "leads": moved, "blocks": blocks, "pairs": pairs}
    values = {"kept_id": kept_id, "gone_id": gone_id, "label": label, "snapshot": snapshot, "by": by, "at": now}
    return Merge.objects.create(kind=Merge.Kind.COMPANY, **values)


def lock_companies(*ids: int) -> list[Company]:
    rows = Company.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    companies = {company.pk: company for company in rows}
    if len(companies) < len(ids):
        raise already_merged()
    return [companies[pk] for pk in ids]


def _lock_people(*ids: int) -> dict[int, int]:
    people = Lead.objects.select_for_update(of=("self",)).filter(company__in=ids).order_by("pk")
    return dict(people.values_list("pk", "company_id"))


def _check(kept: Company, gone: Company, choices: Mapping[str, str], by: User | None, seen: str) -> None:
    check_choices(choices, COMPANY_FIELDS)
    if kept.corporate_number and gone.corporate_number and kept.corporate_number != gone.corporate_number:
        raise ValidationError(_("法人番号が異なる会社は統合できません。"), code="different_companies")
    people = Lead.objects.filter(company__in=(kept, gone))
    if not is_admin(by) and people.exclude(team_id__in=by.team_ids).exists():
        raise across_teams()
    if seen and seen != company_digest(kept, gone):
        raise overtaken()


def touch_people(*companies: int) -> None:
    """Everybody there is shown with the company as it is now: found by its name, blocked by its refusal."""
    people = Lead.objects.filter(company__in=companies)
    people.update(version=F("version") + 1, tiered_at=None)
    refresh_search_texts(people)
    refresh_callability(people.values_list("pk", flat=True))
