"""By what two rows, or a row and the base, are the same: keys ordered by strength. Never a company's name alone.

Keys are plain strings, so the writer can look them up in the base and within the file alike. One strong key in common
(`match_keys`, `company_keys`) makes two one by itself. A weak one (`lead_hints`, `company_hints`) only says which two
to hold side by side; `shared_by_leads` and `shared_by_companies` say what they have in common, and a person decides.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

from leads.importing.cleaned import CleanCompany, CleanRow
from leads.importing.identifiers import domain_of, is_role_mailbox
from leads.importing.places import address_head
from leads.importing.text import person_key, search_key

WITHOUT_PERSON = "@"

MOST_NAMESAKES = 10
"""A weak key that more of them share says nothing: hundreds are called サンライズ, and a tower has one address."""

MOBILE = ("+8170", "+8180", "+8190")

NEAR = 4
"""Characters two company names must begin with alike before one can be a longer spelling of the other."""


def match_keys(row: CleanRow) -> tuple[str, ...]:
    """Keys under which the *lead* of a row is known, strongest first: any one in common means the same lead.

    E-mail · 法人番号 + person · phone + person · company + person; without a person, phone or address with company
    and office.
    """
    who = row.person.key
    return _person_keys(row, who) if who else _desk_keys(row)


def company_keys(row: CleanRow) -> tuple[str, ...]:
    """Keys under which the *company* of a row is known, strongest first.

    法人番号 · phone + name · address head + name · domain + name.
    """
    company = row.company
    keys = [f"corp:{company.corporate_number}"] if company.corporate_number else []
    if company.key:
        keys += [f"tel:{phone.e164}|{company.key}" for phone in row.phones if phone.e164]
        keys += [f"place:{head}|{company.key}" for head in _heads(company)]
        domain = domain_of(row.person.email, company.url)
        keys += [f"web:{domain}|{company.key}"] if domain else []
    return tuple(dict.fromkeys(keys))


def _person_keys(row: CleanRow, who: str) -> tuple[str, ...]:
    company, email = row.company, row.person.email
    keys = []
    if email:
        keys.append(f"mail:{email}|{who}" if is_role_mailbox(email) else f"mail:{email}")
    if company.corporate_number:
        keys.append(f"corp:{company.corporate_number}|{who}")
    keys += [f"tel:{phone.e164}|{who}" for phone in row.phones if phone.e164]
    if company.key:
        keys.append(f"name:{company.key}|{who}")
    return tuple(dict.fromkeys(keys))


def _desk_keys(row: CleanRow) -> tuple[str, ...]:
    """A number without a person: the company's desk, or that of one of its offices."""
    company, email = row.company, row.person.email
    desk = WITHOUT_PERSON + (search_key(company.office) or search_key(company.branch))
    keys = []
    if email:
        keys.append(f"mail:{email}" if not is_role_mailbox(email) else f"mail:{email}|{desk}")
    if company.corporate_number:
        keys.append(f"corp:{company.corporate_number}|{desk}")
    keys += [f"tel:{phone.e164}|{company.key}|{desk}" for phone in row.phones if phone.e164]
    keys += [f"place:{head}|{company.key}|{desk}" for head in _heads(company) if company.key]
    return tuple(dict.fromkeys(keys))


def _heads(company: CleanCompany) -> tuple[str, ...]:
    head = address_head(company.address)
    return (f"{company.prefecture}{head}",) if head else ()


def person_identity(name: str) -> str:
    """The person part of the keys above, for a lead that is not a row."""
    return person_key(name) or WITHOUT_PERSON


# --- Possibly one: what a person decides ------------------------------------------------------------------------------


class KnownCompany(NamedTuple):
    """What tells companies apart. `address` is everything behind the prefecture, as written."""

    key: str = ""
    corporate_number: str = ""
    prefecture: str = ""
    address: str = ""
    domain: str = ""
    numbers: frozenset[str] = frozenset()


class KnownLead(NamedTuple):
    """What tells people apart; without a name it is a company's desk, or one of its offices'."""

    company: KnownCompany = KnownCompany()
    name: str = ""
    email: str = ""
    office: str = ""
    department: str = ""
    numbers: frozenset[str] = frozenset()


Known = TypeVar("Known", KnownLead, KnownCompany)


def lead_hints(lead: KnownLead) -> tuple[str, ...]:
    """Weak keys of a lead: two that share one are held side by side."""
    company, who = lead.company, person_key(lead.name)
    initial = who[:1] or WITHOUT_PERSON
    hints = [f"mail:{lead.email}"] if lead.email else []
    hints += [f"tel:{number}" for number in sorted(lead.numbers)]
    hints += [f"corp:{company.corporate_number}|{initial}"] if company.corporate_number else []
    hints += [f"name:{company.key}|{initial}"] if company.key else []
    if who and len(company.key) >= NEAR:
        hints.append(f"near:{company.key[:NEAR]}|{who}")
    return tuple(hints)


def company_hints(company: KnownCompany) -> tuple[str, ...]:
    """Weak keys of a company: the strong ones' halves, each by itself."""
    hints = [f"corp:{company.corporate_number}"] if company.corporate_number else []
    hints += [f"name:{company.key}"] if company.key else []
    hints += [f"tel:{number}" for number in sorted(company.numbers)]
    hints += [f"web:{company.domain}"] if company.domain else []
    head = address_head(company.address)
    if head and len(company.key) >= NEAR:
        hints.append(f"near:{company.key[:NEAR]}|{company.prefecture}{head}")
    return tuple(hints)


def shared_by_leads(one: KnownLead, other: KnownLead) -> tuple[str, ...]:
    """What makes two leads possibly one, codes with the strongest first; empty when they are not to be offered.

    - the same personal address or mobile number, whatever the names: a person may have moved on or married
    - the same number, 法人番号 or company, with the same name or one that is a part of the other
    - the same number with a name on one side only, at companies of like names and in no two departments
    - the same name at companies of like names in one city
    - two desks: the same number, or company and place, and no two different offices
    People of two different 法人番号 are one only by what is personal.
    """
    numbers = one.numbers & other.numbers
    email = "email" if one.email and one.email == other.email else ""
    phone = "phone" if numbers else ""
    is_personal = bool(email and not is_role_mailbox(one.email)) or any(n.startswith(MOBILE) for n in numbers)
    if differ_in_law(one.company, other.company):
        return tuple(code for code in (email, phone) if code) if is_personal else ()
    company, names = companies_alike(one.company, other.company), names_alike(one.name, other.name)
    place = "place" if _head(one.company) and _head(one.company) == _head(other.company) else ""
    if names in ("person", "person_part"):
        at_one = company in ("corporate_number", "company") or (company and place and names == "person")
        is_offered = bool(email or phone or at_one)
    elif names == "one_nameless":
        is_offered = bool(phone and company) and _agree(one.department, other.department)
    else:
        is_offered = (
            names == "both_nameless" and bool(company and (phone or place)) and _agree(one.office, other.office)
        )
    said = names if names.startswith("person") else ""
    found = (email, phone, company, said, place)
    return tuple(code for code in found if code) if is_offered or is_personal else ()


def shared_by_companies(one: KnownCompany, other: KnownCompany) -> tuple[str, ...]:
    """What makes two companies possibly one, codes with the strongest first; empty when they are not to be offered.

    - the same 法人番号 or number
    - the same name, unless it stands in two prefectures with nothing else in common
    - the same domain or place with like names
    Two different 法人番号 are two companies. A domain alone is a portal's or a group's as often as a company's.
    """
    if differ_in_law(one, other):
        return ()
    company = companies_alike(one, other)
    phone = "phone" if one.numbers & other.numbers else ""
    domain = "domain" if one.domain and one.domain == other.domain else ""
    place = "place" if _head(one) and _head(one) == _head(other) else ""
    apart = bool(one.prefecture and other.prefecture and one.prefecture != other.prefecture)
    same = company == "corporate_number" or (company == "company" and not apart)
    is_offered = same or phone or (company and (domain or place))
    return tuple(code for code in (company, phone, domain, place) if code) if is_offered else ()


def differ_in_law(one: KnownCompany, other: KnownCompany) -> bool:
    """Two different 法人番号: two companies, whatever else they share."""
    return bool(one.corporate_number and other.corporate_number and one.corporate_number != other.corporate_number)


def names_alike(one: str, other: str) -> str:
    """`person`, `person_part` (田中 and 田中 太郎様), `one_nameless`, `both_nameless`, or empty: two people.

    A name with a space says where its surname ends; without one, what stands in front of a longer name is a part of it.
    """
    first, second = person_key(one), person_key(other)
    if not (first and second):
        return "one_nameless" if first or second else "both_nameless"
    if first == second:
        return "person"
    (short, short_name), (long, long_name) = sorted(((first, one), (second, other)), key=lambda pair: len(pair[0]))
    if _surname(short_name):
        return ""
    surname = _surname(long_name)
    is_part = short == surname if surname else len(short) > 1 and long.startswith(short)
    return "person_part" if is_part else ""


def companies_alike(one: KnownCompany, other: KnownCompany) -> str:
    """`corporate_number`, `company` (the same key), `company_part` (one key begins with the other), or empty."""
    if one.corporate_number and one.corporate_number == other.corporate_number:
        return "corporate_number"
    if not (one.key and other.key):
        return ""
    if one.key == other.key:
        return "company"
    short, long = sorted((one.key, other.key), key=len)
    return "company_part" if len(short) >= NEAR and long.startswith(short) else ""


def pairs_among(
    known: Mapping[int, Known],
    hints: Callable[[Known], Sequence[str]],
    shared: Callable[[Known, Known], tuple[str, ...]],
    wanted: Container[int] | None = None,
) -> dict[tuple[int, int], tuple[str, ...]]:
    """Every two that are possibly one, as (lower id, higher id), with what they share; of `wanted` at least one."""
    groups: dict[str, list[int]] = defaultdict(list)
    for pk in sorted(known):
        for hint in hints(known[pk]):
            groups[hint].append(pk)
    beside = {pair for hint, members in groups.items() for pair in _pairs(hint, members)}
    if wanted is not None:
        beside = {pair for pair in beside if pair[0] in wanted or pair[1] in wanted}
    found = {pair: shared(known[pair[0]], known[pair[1]]) for pair in sorted(beside)}
    return {pair: codes for pair, codes in found.items() if codes}


def _pairs(hint: str, members: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Each with each; of a crowd that shares an address or a 法人番号 each with the oldest, of any other crowd none."""
    if len(members) <= MOST_NAMESAKES:
        return combinations(members, 2)
    if hint.startswith(("mail:", "corp:")):
        return ((members[0], other) for other in members[1:])
    return iter(())


def _surname(name: str) -> str:
    parts = name.split()
    return person_key(parts[0]) if len(parts) > 1 and person_key(" ".join(parts)) != person_key(parts[0]) else ""


def _head(company: KnownCompany) -> str:
    """City and quarter with the prefecture; nothing when the address does not reach that far."""
    head = address_head(company.address)
    return f"{company.prefecture}{head}" if head else ""


def _agree(one: str, other: str) -> bool:
    """Whether nothing speaks against it: two different offices or departments do."""
    first, second = search_key(one), search_key(other)
    return first == second or not (first and second)
