"""How leads are found: one normalised text per lead, and the same folding for what somebody types. Pure.

Both sides are folded, so a lead matches when each term occurs in its text as it stands, in any database.
"""

import re
import unicodedata

from leads.importing.companies import has_form, parse_company
from leads.importing.phones import parse_phone
from leads.importing.text import OLD_CHARACTERS, VARIATION

_DROPPED = "・．，、。‐‑‒–—―−─━⁃-_()（）.,'’" + "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
_FOLDED = {code: code + 0x60 for code in range(0x3041, 0x3097)} | OLD_CHARACTERS | str.maketrans("", "", _DROPPED)
"""Katakana for hiragana, new for old signs, nothing for spaces and dashes."""
_BETWEEN = "\x01"  # no cell holds it, and folding leaves it alone
_NUMBER = re.compile(r"[\d\s()+\-‐‑‒–—―−─━⁃ー.]+")
_FEWEST_DIGITS = 4  # the last four of a number; fewer are read as text


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, lower case, katakana for hiragana, new for old signs, no spaces or dashes."""
    return unicodedata.normalize("NFKC", VARIATION.sub("", text)).casefold().translate(_FOLDED)


def search_text(
    *, company: str, company_kana: str, name: str, kana: str, email: str, numbers: list[str], office: str = ""
) -> str:
    """The text a lead is found by. `numbers` are E.164; they are found in national form, whole or by their end."""
    told = (parse_company(company).key, company, company_kana, name, kana, office, email)
    key, *parts = fold(_BETWEEN.join(told)).split(_BETWEEN)
    if key not in parts[0]:
        parts.append(key)
    parts += dict.fromkeys(national_digits(number) for number in numbers if number)
    return " ".join(part for part in parts if part)


def national_digits(e164: str) -> str:
    """+81312345678 → 0312345678; other countries keep their digits."""
    return "0" + e164[3:] if e164.startswith("+81") else e164.lstrip("+")


def query_terms(query: str) -> list[str]:
    """Terms that must all occur. A number in any spelling becomes its national digits, a company loses its 株式会社."""
    text = unicodedata.normalize("NFKC", query).strip()
    whole = _digits(text)
    if whole:
        return [whole]
    return [term for term in (_term(part) for part in text.split()) if term]


def _term(part: str) -> str:
    digits = _digits(part)
    if digits:
        return digits
    return fold(parse_company(part).key if has_form(part) else part)


def _digits(text: str) -> str:
    """The digits to look for when `text` is a number, whole or in part, and nothing else; otherwise empty."""
    if not any(sign.isdecimal() for sign in text):
        return ""
    phone = parse_phone(text)
    if phone and phone.is_valid and "phone_note" not in phone.flags and "phone_split" not in phone.flags:
        return national_digits(phone.e164)
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) >= _FEWEST_DIGITS and _NUMBER.fullmatch(text) else ""
