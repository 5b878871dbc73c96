"""E-mail addresses, 法人番号, web addresses: read, checked, brought to one spelling."""

import re
from functools import lru_cache

from leads.importing.text import nfkc

EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.\-]{1,64}@(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9\-]{0,61}[a-z0-9]"
)
EMAIL_SEPARATOR = re.compile(r"[\s,;、/]+")
EMAIL_LIMIT = 254
_ROLES = """
info contact office sales mail admin support soumu somu eigyo toiawase inquiry webmaster postmaster hello recruit saiyo
jinji pr keiri customer help service master honsya honsha jimu jimukyoku
"""
ROLE_MAILBOXES = frozenset(_ROLES.split())
_FREE = """
gmail.com yahoo.co.jp yahoo.com outlook.com outlook.jp hotmail.com hotmail.co.jp icloud.com me.com live.jp docomo.ne.jp
ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp plala.or.jp
"""
FREE_DOMAINS = frozenset(_FREE.split())
URL = re.compile(r"(?:https?://)?(?:[\w\-]+\.)+[a-z]{2,}(?::\d+)?(?:[/?#]\S*)?", re.I)


def parse_email(text: str) -> str:
    """The first address of a cell, case folded; empty when there is none that could be delivered."""
    folded = nfkc(text).strip().casefold()
    if EMAIL.fullmatch(folded) and ".." not in folded:
        return folded if len(folded) <= EMAIL_LIMIT else ""
    if "@" not in folded:
        return ""
    folded = folded.removeprefix("mailto:").strip("<>")
    for part in EMAIL_SEPARATOR.split(folded):
        if EMAIL.fullmatch(part.strip("<>()")) and len(part) <= EMAIL_LIMIT and ".." not in part:
            return part.strip("<>()")
    return ""


def is_role_mailbox(email: str) -> bool:
    """info@ and the like belong to a company, not to a person."""
    return email.partition("@")[0] in ROLE_MAILBOXES


@lru_cache(maxsize=16384)
def parse_corporate_number(text: str) -> str:
    """13 digits whose check digit holds, else empty. A leading T (invoice number) is taken off."""
    digits = nfkc(text).strip().upper().removeprefix("T").replace("-", "").replace(" ", "").removesuffix(".0")
    if len(digits) != 13 or not (digits.isascii() and digits.isdigit()):
        return ""
    return digits if check_digit(digits[1:]) == int(digits[0]) else ""


def check_digit(base: str) -> int:
    """The first digit of a 法人番号 from the other twelve (Ministry of Finance ordinance: 9 - Σ PnQn mod 9)."""
    total = sum(int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(base)))
    return 9 - total % 9


def parse_url(text: str) -> str:
    """A web address with its scheme; empty when the text is none."""
    folded = nfkc(text).strip()
    first = folded.split()[0] if folded else ""
    if not URL.fullmatch(first):
        return ""
    return first if first.lower().startswith(("http://", "https://")) else "https://" + first


def domain_of(email: str, url: str) -> str:
    """The company's own domain from its site or a person's address; empty for free mail."""
    host = re.sub(r"^https?://", "", url.lower()).split("/")[0].split(":")[0] if url else email.partition("@")[2]
    host = host.removeprefix("www.")
    return "" if host in FREE_DOMAINS else host
