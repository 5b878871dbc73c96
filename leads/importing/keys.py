"""By what two rows, or a row and the base, are the same: keys ordered by strength. Never a company's name alone.

Keys are plain strings, so the writer can look them up in the base and within the file alike.
"""

from leads.importing.cleaned import CleanCompany, CleanRow
from leads.importing.identifiers import domain_of, is_role_mailbox
from leads.importing.places import address_head
from leads.importing.text import person_key, search_key

WITHOUT_PERSON = "@"


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
