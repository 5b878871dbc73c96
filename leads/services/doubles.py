"""Possible duplicates: found a batch at a time in a fixed number of queries, written down once, said to be apart.

Which two are held side by side and why is `leads.importing.keys`'. A pair somebody said to be two stays in the base,
so that it is never offered again.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.importing.keys import company_hints, lead_hints, pairs_among, shared_by_companies, shared_by_leads
from leads.models import Company, CompanyDouble, Lead, LeadDouble, LeadImport
from leads.selectors.doubles import companies_beside, leads_beside
from leads.services.merging import frozen

Pairs = Mapping[tuple[int, int], tuple[str, ...]]
BATCH = 500


class Found(NamedTuple):
    """How many were looked at, up to which key, and how many pairs are new."""

    seen: int
    last: int
    new: int


@transaction.atomic
def record_doubles(*, pairs: Pairs, lead_import: LeadImport | None, now: dt.datetime) -> int:
    """Write down pairs of leads, (lower id, higher id) with what they share. One that is known, offered or decided,
    stays as it is; answers how many are new."""
    return _record(LeadDouble, Lead, pairs, lead_import, now)


@transaction.atomic
def record_company_doubles(*, pairs: Pairs, lead_import: LeadImport | None, now: dt.datetime) -> int:
    """The same for companies."""
    return _record(CompanyDouble, Company, pairs, lead_import, now)


def _record(
    model: type[LeadDouble | CompanyDouble],
    target: type[Lead | Company],
    pairs: Pairs,
    lead_import: LeadImport | None,
    now: dt.datetime,
) -> int:
    if not pairs:
        return 0
    ends = {pk for pair in pairs for pk in pair}
    there = set(
        target.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=ends)
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    known = set(model.objects.filter(first__in=ends, second__in=ends).values_list("first", "second"))
    rows = [
        model(first_id=first, second_id=second, shares=list(shares), lead_import=lead_import, found_at=now)
        for (first, second), shares in sorted(pairs.items())
        if (first, second) not in known and {first, second} <= there
    ]
    model.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def find_doubles(*, lead_ids: Iterable[int], now: dt.datetime, lead_import: LeadImport | None = None) -> int:
    """Offer whoever may be one of these leads; answers how many pairs are new. The number of queries is fixed."""
    wanted = set(lead_ids)
    pairs = pairs_among(leads_beside(wanted), lead_hints, shared_by_leads, wanted)
    return record_doubles(pairs=pairs, lead_import=lead_import, now=now)


def find_company_doubles(*, company_ids: Iterable[int], now: dt.datetime) -> int:
    """Offer whatever may be one of these companies."""
    wanted = set(company_ids)
    pairs = pairs_among(companies_beside(wanted), company_hints, shared_by_companies, wanted)
    return record_company_doubles(pairs=pairs, lead_import=None, now=now)


def review_doubles(*, lead_id: int, now: dt.datetime) -> dict:
    """After a merge: offer who may be this lead now, and no longer who may not. Answers, as JSON, the rows that went
    and the keys of those that came."""
    pairs = pairs_among(leads_beside({lead_id}), lead_hints, shared_by_leads, {lead_id})
    return _review(LeadDouble, lead_id, pairs, partial(record_doubles, pairs=pairs, lead_import=None, now=now))


def review_company_doubles(*, company_id: int, now: dt.datetime) -> dict:
    """The same for a company."""
    pairs = pairs_among(companies_beside({company_id}), company_hints, shared_by_companies, {company_id})
    record = partial(record_company_doubles, pairs=pairs, lead_import=None, now=now)
    return _review(CompanyDouble, company_id, pairs, record)


def _review(model: type[LeadDouble | CompanyDouble], pk: int, pairs: Pairs, record: Callable[[], int]) -> dict:
    own = model.objects.filter(Q(first=pk) | Q(second=pk), apart_at=None).order_by("pk")
    outdated = [pair for pair in own if (pair.first_id, pair.second_id) not in pairs]
    went = frozen(outdated)
    model.objects.filter(pk__in=[pair.pk for pair in outdated]).delete()
    before = set(own.values_list("pk", flat=True))
    record()
    return {"rows": went, "offered": sorted(set(own.values_list("pk", flat=True)) - before)}


def find_doubles_behind(*, after: int, limit: int, now: dt.datetime, lead_import: LeadImport | None = None) -> Found:
    """Look at the next `limit` leads behind the key `after`, batch by batch: the whole base, or all that an import
    brought, is one such walk. Resumable by its own nature: a pair found twice is written once.
    """
    leads = Lead.objects.filter(lead_import=lead_import) if lead_import else Lead.objects.all()
    return _walk(
        leads, lambda ids: find_doubles(lead_ids=ids, now=now, lead_import=lead_import), after=after, limit=limit
    )


def find_company_doubles_behind(*, after: int, limit: int, now: dt.datetime) -> Found:
    """The same walk over companies."""
    return _walk(
        Company.objects.all(), lambda ids: find_company_doubles(company_ids=ids, now=now), after=after, limit=limit
    )


def _walk(rows: QuerySet, find: Callable[[list[int]], int], *, after: int, limit: int) -> Found:
    keys, seen, new = rows.order_by("pk").values_list("pk", flat=True), 0, 0
    while seen < limit and (ids := list(keys.filter(pk__gt=after)[: min(BATCH, limit - seen)])):
        new += find(ids)
        seen, after = seen + len(ids), ids[-1]
    return Found(seen, after, new)


@transaction.atomic
def keep_apart(*, pair: LeadDouble | CompanyDouble, by: User | None, now: dt.datetime) -> None:
    """They are two: the pair is never offered again. Saying it twice changes nothing."""
    row = type(pair).objects.select_for_update(of=("self",)).filter(pk=pair.pk).first()
    if row is None:
        raise ValidationError(_("ほかの人が先に統合したか、削除されています。"), code="already_merged")
    if row.apart_at:
        return
    row.apart_at, row.apart_by = now, by
    row.save(update_fields=["apart_at", "apart_by"])
    audit.record(by=by, now=now, verb="keep_apart", target=row.first, changes={"apart_from": ["", str(row.second)]})


@transaction.atomic
def offer_again(*, pair: LeadDouble | CompanyDouble, by: User | None, now: dt.datetime) -> None:
    """Take back that they are two."""
    row = type(pair).objects.select_for_update(of=("self",)).filter(pk=pair.pk, apart_at__isnull=False).first()
    if row:
        row.apart_at = row.apart_by = None
        row.save(update_fields=["apart_at", "apart_by"])
        audit.record(
            by=by, now=now, verb="offer_again", target=row.first, changes={"apart_from": [str(row.second), ""]}
        )
