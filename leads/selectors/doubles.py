"""Leads and companies that may be one: beside what is written down now, and the pairs waiting for a decision."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.permissions import Permission, Scope, scope_of
from leads.importing.companies import company_key
from leads.importing.identifiers import domain_of
from leads.importing.keys import NEAR, KnownCompany, KnownLead, lead_hints, pairs_among, shared_by_leads
from leads.inputs import COMPANY_FIELDS, LeadInput
from leads.models import (
    Company,
    CompanyDouble,
    DoNotCall,
    Lead,
    LeadDouble,
    LeadImport,
    LeadList,
    Merge,
    PastCall,
    PhoneNumber,
    Signal,
)
from leads.ports import attachments, count_per_lead
from leads.selectors.listing import with_numbers

LIMIT = 10
CROWD = 1000
"""People under one company name, or on one number, beyond whom the base is not searched by it."""

COUNTED = 100
"""As far as a badge counts."""

NEW = 0
"""The key of somebody who is only being written down."""


@dataclass(frozen=True)
class Double:
    """A known lead and what it shares: codes of `leads.importing.keys.shared_by_leads`."""

    lead: Lead
    shares: tuple[str, ...]


def possible_doubles(data: LeadInput, user: User, *, apart_from: int | None = None) -> list[Double]:
    """Leads `user` may see that may be whom `data` tells of; whoever shares most first.

    Who writes somebody down is told of every lead with the number, even where the rules would not offer the two.
    """
    company = data.company
    known = KnownLead(
        KnownCompany(company_key(company.name), company.corporate_number, company.prefecture, company.address),
        data.name,
        data.email,
        department=data.department,
        numbers=frozenset(data.numbers),
    )
    visible = Lead.objects.for_user(user).exclude(pk=apart_from)
    beside = _beside([known], visible)
    pairs = pairs_among({NEW: known, **beside}, lead_hints, shared_by_leads, {NEW})
    shares = {pk: ("phone",) for pk, lead in beside.items() if lead.numbers & known.numbers}
    shares |= {pk: codes for (_new, pk), codes in pairs.items()}
    ranked = sorted(shares, key=lambda pk: (-len(shares[pk]), pk))[:LIMIT]
    leads = Lead.objects.select_related("company", "owner").in_bulk(ranked)
    return [Double(leads[pk], shares[pk]) for pk in ranked if pk in leads]


# --- What the base knows --------------------------------------------------------------------------------------------


def leads_beside(lead_ids: Collection[int]) -> dict[int, KnownLead]:
    """These leads and whoever may be one of them. The number of queries does not depend on how many there are."""
    known = _known(Lead.objects.filter(pk__in=lead_ids))
    return {**_beside(known.values(), Lead.objects.all()), **known}


def _beside(wanted: Iterable[KnownLead], leads: QuerySet[Lead]) -> dict[int, KnownLead]:
    """Those of `leads` that share an address, a number, a 法人番号 or the beginning of a company's name."""
    wanted = list(wanted)
    emails = {lead.email for lead in wanted} - {""}
    on_phone = _carriers({number for lead in wanted for number in lead.numbers})
    companies = _companies_like({lead.company for lead in wanted})
    return _known(leads.filter(email__in=emails), leads.filter(pk__in=on_phone), leads.filter(company__in=companies))


def _known(*found: QuerySet[Lead]) -> dict[int, KnownLead]:
    columns = ("pk", "company_id", "name", "email", "office", "department")
    rows = {row[0]: row for leads in found for row in leads.values_list(*columns)}
    companies = _known_companies({row[1] for row in rows.values()})
    phones = PhoneNumber.objects.filter(lead__in=rows).exclude(e164="").exclude(label=PhoneNumber.Label.FAX)
    numbers: dict[int, set[str]] = {}
    for pk, e164 in phones.values_list("lead_id", "e164"):
        numbers.setdefault(pk, set()).add(e164)
    return {
        pk: KnownLead(companies[company_id], *told, frozenset(numbers.get(pk, ())))
        for pk, company_id, *told in rows.values()
        if company_id in companies
    }


def _carriers(numbers: Collection[str]) -> set[int]:
    """Leads with one of these numbers; of a switchboard everybody hangs on nobody."""
    phones = PhoneNumber.objects.filter(e164__in=numbers).exclude(label=PhoneNumber.Label.FAX)
    crowds = phones.order_by().values("e164").annotate(n=Count("pk")).filter(n__gt=CROWD).values_list("e164", flat=True)
    return set(phones.exclude(e164__in=list(crowds)).values_list("lead_id", flat=True))


def _companies_like(companies: Collection[KnownCompany]) -> set[int]:
    """Companies of the same 法人番号 or name, or whose name these begin with; not those with a crowd of people."""
    corps = {company.corporate_number for company in companies} - {""}
    like = Q(corporate_number__in=corps) | Q(name_key__in=_beginnings(companies))
    people = Lead.objects.filter(company__in=Company.objects.filter(like))
    counted = people.order_by().values("company").annotate(n=Count("pk")).filter(n__lte=CROWD)
    return set(counted.values_list("company", flat=True))


def _beginnings(companies: Iterable[KnownCompany]) -> set[str]:
    keys = {company.key for company in companies} - {""}
    return keys | {key[:length] for key in keys for length in range(NEAR, len(key))}


def companies_beside(company_ids: Collection[int]) -> dict[int, KnownCompany]:
    """These companies and whatever may be one of them, in a fixed number of queries."""
    wanted = _known_companies(company_ids)
    known = wanted.values()
    corps = {company.corporate_number for company in known} - {""}
    urls = {url for company in known if company.domain for url in _spellings(company.domain)}
    like = Q(corporate_number__in=corps) | Q(name_key__in=_beginnings(known))
    ids = set(Company.objects.filter(like).values_list("pk", flat=True))
    ids |= set(Company.objects.filter(url__in=urls).values_list("pk", flat=True)) if urls else set()
    numbers = _numbers_of(company_ids)
    on_phone = _carriers({number for own in numbers.values() for number in own})
    ids |= set(Lead.objects.filter(pk__in=on_phone).values_list("company_id", flat=True))
    ids |= set(company_ids)
    numbers = _numbers_of(ids)
    found = _known_companies(ids)
    return {pk: company._replace(numbers=frozenset(numbers.get(pk, ()))) for pk, company in found.items()}


def _known_companies(ids: Collection[int]) -> dict[int, KnownCompany]:
    columns = ("pk", "name_key", "corporate_number", "prefecture", "address", "url")
    rows = Company.objects.filter(pk__in=ids).values_list(*columns)
    return {pk: KnownCompany(*told, domain_of("", url)) for pk, *told, url in rows}


def _numbers_of(company_ids: Collection[int]) -> dict[int, set[str]]:
    phones = PhoneNumber.objects.filter(lead__company__in=company_ids).exclude(e164="")
    found: dict[int, set[str]] = {}
    rows = phones.exclude(label=PhoneNumber.Label.FAX).values_list("lead__company_id", "e164")
    for pk, e164 in rows.distinct():
        found.setdefault(pk, set()).add(e164)
    return found


def _spellings(domain: str) -> list[str]:
    """A site's own address as lists write it."""
    hosts = (domain, f"www.{domain}")
    return [f"{scheme}://{host}{end}" for scheme in ("https", "http") for host in hosts for end in ("", "/")]


# --- Pairs waiting for a decision -----------------------------------------------------------------------------------


def lead_pairs_for(user: User) -> QuerySet[LeadDouble]:
    """Open pairs whose both leads `user` may merge: an admin any, a manager those of one own team."""
    pairs = LeadDouble.objects.filter(apart_at=None)
    if scope_of(user, Permission.REASSIGN) is Scope.ALL:
        return pairs
    if scope_of(user, Permission.REASSIGN) is Scope.TEAMS:
        return pairs.filter(first__team_id__in=user.team_ids, second__team_id=F("first__team_id"))
    return pairs.none()


def company_pairs_for(user: User) -> QuerySet[CompanyDouble]:
    """Open pairs of companies; a manager's are those at which only own teams' people are known."""
    pairs = CompanyDouble.objects.filter(apart_at=None)
    if scope_of(user, Permission.REASSIGN) is Scope.ALL:
        return pairs
    if scope_of(user, Permission.REASSIGN) is not Scope.TEAMS:
        return pairs.none()
    for end in ("first", "second"):
        people = Lead.objects.filter(company=OuterRef(end))
        own = people.filter(team_id__in=user.team_ids)
        pairs = pairs.filter(Exists(own), ~Exists(people.exclude(team_id__in=user.team_ids)))
    return pairs


def pairs_from(
    pairs: QuerySet[LeadDouble], *, lead_list: LeadList | None = None, lead_import: LeadImport | None = None
) -> QuerySet[LeadDouble]:
    """Pairs of which one at least is on the list; pairs an import came upon."""
    if lead_list:
        pairs = pairs.filter(Q(first__lead_list=lead_list) | Q(second__lead_list=lead_list))
    return pairs.filter(lead_import=lead_import) if lead_import else pairs


def origins_of_pairs(user: User) -> tuple[QuerySet[LeadList], QuerySet[LeadImport]]:
    """Lists `user` may see, and the imports that came upon an open pair."""
    lists = LeadList.objects.for_user(user).order_by("name", "pk")
    found = lead_pairs_for(user).order_by().values("lead_import")
    return lists, LeadImport.objects.filter(pk__in=found).order_by("-pk")


def open_doubles(user: User) -> int:
    """How many pairs wait, counted as far as a badge shows."""
    people = lead_pairs_for(user).values("pk")[:COUNTED].count()
    return people + company_pairs_for(user).values("pk")[: max(COUNTED - people, 0)].count()


def doubles_of(lead: Lead, user: User) -> list[tuple[Lead, LeadDouble, bool]]:
    """Who may be this lead, as far as `user` may see them: each with the pair, and whether `user` may decide."""
    pairs = LeadDouble.objects.filter(Q(first=lead) | Q(second=lead), apart_at=None).order_by("-found_at", "-pk")[
        :LIMIT
    ]
    others = {pair.second_id if pair.first_id == lead.pk else pair.first_id: pair for pair in pairs}
    if not others:
        return []
    seen = Lead.objects.for_user(user).filter(pk__in=others).select_related("company", "owner").order_by("pk")
    scope = scope_of(user, Permission.REASSIGN)
    return [(other, others[other.pk], _may_decide(scope, lead, other)) for other in seen]


def _may_decide(scope: Scope, lead: Lead, other: Lead) -> bool:
    return scope is Scope.ALL or (scope is Scope.TEAMS and lead.team_id == other.team_id)


@dataclass(frozen=True)
class Column:
    """One of two rows side by side: where it stands and what goes along with it, [(code, how many)]."""

    row: Lead | Company
    numbers: list[PhoneNumber]
    goes_along: list[tuple[str, int]]
    people: list[Lead]


def columns_of(pair: Sequence[Lead] | Sequence[Company]) -> list[Column]:
    """Both rows with their numbers and what a merge would take along."""
    if isinstance(pair[0], Company):
        return [_company_column(company) for company in pair]
    with_numbers(list(pair))
    counts = _counts([lead.pk for lead in pair])
    return [
        Column(lead, lead.numbers, [(code, per[lead.pk]) for code, per in counts.items() if per.get(lead.pk)], [])
        for lead in pair
    ]


def _company_column(company: Company) -> Column:
    people = Lead.objects.filter(company=company)
    blocks = DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.COMPANY, company=company)
    found = [("leads", people.count()), ("blocks", blocks.count())]
    return Column(company, [], [(code, n) for code, n in found if n], list(people.order_by("tier", "pk")[:LIMIT]))


def _counts(lead_ids: Collection[int]) -> dict[str, dict[int, int]]:
    blocks = DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.PERSON)
    counts = {code: per for part in attachments.values() for code, per in part.counts(lead_ids).items()}
    own = {"signals": Signal.objects.all(), "past_calls": PastCall.objects.all(), "blocks": blocks}
    return counts | {code: count_per_lead(rows, lead_ids) for code, rows in own.items()}


def weights_of(pair: Sequence[Lead] | Sequence[Company]) -> list[int]:
    """How much hangs on each: the one with more is proposed to stay."""
    ids = [row.pk for row in pair]
    if isinstance(pair[0], Company):
        people = Lead.objects.filter(company__in=ids).order_by().values_list("company").annotate(n=Count("pk"))
        counted = dict(people)
    else:
        counts = _counts(ids)
        counted = {pk: sum(per.get(pk, 0) for per in counts.values()) for pk in ids}
    return [counted.get(pk, 0) for pk in ids]


def company_digest(*companies: Company) -> str:
    """Changes with any field of any of them: what was shown is not what stands any more."""
    rows = [[company.pk, *(getattr(company, name) for name in COMPANY_FIELDS)] for company in companies]
    return hashlib.blake2b(json.dumps(sorted(rows)).encode(), digest_size=12).hexdigest()


def merges_for(user: User) -> QuerySet[Merge]:
    """Merges `user` may take apart, newest first."""
    merges = Merge.objects.select_related("by", "undone_by").order_by("-at", "-pk")
    if scope_of(user, Permission.REASSIGN) is Scope.ALL:
        return merges
    if scope_of(user, Permission.REASSIGN) is not Scope.TEAMS:
        return merges.none()
    own = Lead.objects.for_user(user)
    people = own.filter(pk=OuterRef("kept_id"))
    companies = own.filter(company_id=OuterRef("kept_id"))
    return merges.filter(Q(Exists(people), kind=Merge.Kind.LEAD) | Q(Exists(companies), kind=Merge.Kind.COMPANY))


def kept_by(merges: Sequence[Merge]) -> Mapping[tuple[str, int], Lead | Company]:
    """What stayed, by (kind, key), as far as it is still there."""
    ids = {kind: [merge.kept_id for merge in merges if merge.kind == kind] for kind in Merge.Kind.values}
    leads = Lead.objects.select_related("company").in_bulk(ids[Merge.Kind.LEAD])
    companies = Company.objects.in_bulk(ids[Merge.Kind.COMPANY])
    found = {(Merge.Kind.LEAD.value, pk): lead for pk, lead in leads.items()}
    return found | {(Merge.Kind.COMPANY.value, pk): company for pk, company in companies.items()}
