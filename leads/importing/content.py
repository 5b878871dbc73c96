"""What a column holds by its look: the share of samples that are phones, e-mails, dates, prefectures, 法人番号 …"""

import re
from collections.abc import Callable, Sequence

from leads.importing.companies import has_form
from leads.importing.dates import BadDateError, parse_when
from leads.importing.identifiers import parse_corporate_number, parse_email
from leads.importing.phones import parse_phone
from leads.importing.places import PREFECTURE, SHORT_PREFECTURES, split_address
from leads.importing.text import cell, is_blank, is_ditto, nfkc

NUMBER = re.compile(r"[¥$\-+]?\d[\d,]*(?:\.\d+)?%?")
PHONE_SHAPE = re.compile(r"[+(]?\d[\d\-\s().]{7,}\d")
WEB = re.compile(r"https?://|www\.", re.I)
POSTAL_SHAPE = re.compile(r"〒?\s*\d{3}-?\d{4}")
KANA = re.compile(r"[\u3041-\u309f\u30a0-\u30ff\s()・.,\-A-Z0-9]+")
HAS_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa]")
STREET = re.compile(r"丁目|番地|番\d|\d+\s*[-－ー‐−の]\s*\d+|条|字|\d号")
PERSON = re.compile(r"[\u4e00-\u9fff々ヶ\u3040-\u30ff]{1,4}[\s\u3000][\u4e00-\u9fff々\u3040-\u30ff]{1,5}")
LONG_TEXT = 60


def is_phone(text: str) -> bool:
    """Digits in the shape of a phone number, valid or not: an invalid number is still a phone cell."""
    folded = nfkc(text).strip()
    digits = re.sub(r"\D", "", folded)
    if not 9 <= len(digits) <= 30 or re.fullmatch(r"\d{12,}", folded):
        return False
    phone = parse_phone(text)
    if phone is not None and phone.is_valid:
        return True
    return 9 <= len(digits) <= 13 and bool(PHONE_SHAPE.fullmatch(re.sub("[‐‑‒–—―−ー─━]", "-", folded)))


def is_email(text: str) -> bool:
    return bool(parse_email(text))


def is_date(text: str) -> bool:
    try:
        return parse_when(text) is not None
    except BadDateError:
        return False


def is_prefecture(text: str) -> bool:
    folded = nfkc(text).strip()
    return bool(PREFECTURE.fullmatch(folded)) or folded in SHORT_PREFECTURES


def is_corporate_number(text: str) -> bool:
    return bool(parse_corporate_number(text))


def is_postal(text: str) -> bool:
    return bool(POSTAL_SHAPE.fullmatch(nfkc(text).strip()))


def is_url(text: str) -> bool:
    return bool(WEB.match(nfkc(text).strip()))


def is_company(text: str) -> bool:
    return len(text) > 4 and has_form(text)


def is_city(text: str) -> bool:
    prefecture, city, rest = split_address(text)
    return bool(city or prefecture) and not rest and not is_prefecture(text)


def is_address(text: str) -> bool:
    prefecture, city, rest = split_address(text)
    return bool((prefecture or city) and rest and len(text) > 5) or bool(
        not text.isascii() and STREET.search(nfkc(text))
    )


def is_kana(text: str) -> bool:
    folded = nfkc(text).upper()
    return bool(KANA.fullmatch(folded)) and bool(HAS_KANA.search(folded)) and len(folded) > 3


def is_person(text: str) -> bool:
    return bool(PERSON.fullmatch(text)) and not has_form(text)


def is_words(text: str) -> bool:
    """Something said, as against a number, a date, a phone or an address of any kind."""
    folded = nfkc(text).strip()
    is_code = NUMBER.fullmatch(folded) or "@" in folded or WEB.match(folded)
    return not (is_code or is_phone(text) or is_date(text) or is_postal(text))


CHECKS: dict[str, Callable[[str], bool]] = {
    "corporate_number": is_corporate_number,
    "email": is_email,
    "url": is_url,
    "phone": is_phone,
    "postal": is_postal,
    "prefecture": is_prefecture,
    "date": is_date,
    "kana": is_kana,
    "company": is_company,
    "person": is_person,
    "city": is_city,
    "address": is_address,
    "words": is_words,
}
"""In the order in which a column without a name is tried: the stricter look first."""


def share(look: str, samples: Sequence[str]) -> float | None:
    """How many of the non-blank samples have the look, 0–1; None when there is nothing to judge by."""
    filled = [text for text in samples if not is_blank(text) and not is_ditto(text)]
    return sum(1 for text in filled if CHECKS[look](text)) / len(filled) if filled else None


def looks_like_value(text: str) -> bool:
    """Whether a cell is data rather than the name of a column."""
    text = cell(text)
    folded = nfkc(text)
    if len(text) > LONG_TEXT or NUMBER.fullmatch(folded) or "@" in folded or WEB.match(folded):
        return True
    if is_phone(text) or is_prefecture(text) or is_date(text) or POSTAL_SHAPE.fullmatch(folded):
        return True
    if is_company(text) and not folded.endswith(("名", "法人", "会社", ")")):
        return True
    prefecture, city, rest = split_address(text)
    return bool(prefecture and (city or rest) and PREFECTURE.match(text))
