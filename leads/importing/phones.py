"""Phone cells to numbers: labels, extensions and second numbers split off, E.164, national display, kind, validity.

Clear-cut Japanese numbers take a short way through the number plan that libphonenumber ships (`phone_plan`); everything
else goes through libphonenumber itself. A property test holds the two ways together.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from leads.importing.phone_plan import kind_of, national_format
from leads.importing.text import DANGEROUS, cell, is_blank, nfkc

MAIN, DIRECT, MOBILE, OTHER, FAX = "main", "direct", "mobile", "other", "fax"
LABELS = (MAIN, DIRECT, MOBILE, OTHER, FAX)
RAW_LIMIT = 100

HYPHENS = "\\-‐‑‒–—―−ー─━⁃"
BETWEEN_DIGITS = re.compile(rf"(?<=[\d)])\s*[{HYPHENS}]+\s*(?=[\d(])")
PLAIN = re.compile(r"0[1-9][0-9-]{7,13}")
"""Digits and hyphens with the trunk zero: nine cells of ten."""
NUMBER = re.compile(r"\+?[\d(][\d\s\-.()]{5,}\d")
ONLY_NUMBER = re.compile(r"[+\d][\d\s\-.()_]*")
SEPARATOR = re.compile(r"[/、,;\n|・]|または|又は|もしくは|\bor\b", re.I)
BEFORE_WORD = re.compile(r"(?<=[\d)])\s+(?=(?:TEL|FAX|電話|携帯|直通|代表|ファックス|ファクス|mobile|direct)\b)", re.I)
EXTENSION = re.compile(r"\(?\s*(?:内線番号|内線|extension|ext\.?|(?<=[\d\s])x|#)\s*[:.\-]?\s*(\d{1,8})\s*\)?", re.I)
TRUNK_ZERO = re.compile(r"(?<=\d)\s*\(0\)")
SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?E\+?(\d{1,2})", re.I)
FLOAT = re.compile(r"(\+?\d{8,15})\.0+")
NUMERIC = re.compile(r"81[\d.]*(?:E\+?\d+)?|8\.1\d*E\+?\d+", re.I)
"""+81312345678 after a spreadsheet took it for a number."""

MACHINE = re.compile(r"20\d{8}")
"""With a zero before it a number of pagers and machines, 020: nobody lost that zero."""

_KIND_FLAGS = {kind: (f"phone_{kind}",) for kind in ("toll_free", "navi", "foreign", "premium")}
WORDS = (
    (FAX, re.compile(r"(?:\bFAX|ファックス|ファクシミリ|ファクス)(?:番号)?", re.I)),
    (DIRECT, re.compile(r"直通(?:電話|番号)*|ダイヤルイン|direct", re.I)),
    (MOBILE, re.compile(r"携帯(?:電話|番号)*|モバイル|mobile|cell(?:ular)?|スマホ", re.I)),
    (MAIN, re.compile(r"代表(?:電話|番号)*|\(代\)|(?<!\w)代(?!\w)|(?<=\d)\s*代$|大代表", re.I)),
    ("", re.compile(r"電話(?:番号)?|(?<![a-z])tel(?:ephone)?\.?(?![a-z])|phone|フリーダイヤル|☎|☏|📞", re.I)),
)


class Phone(NamedTuple):
    """One number. `raw` as written, `e164` empty when it could not be read, `national` for display (03-1234-5678)."""

    raw: str
    e164: str = ""
    national: str = ""
    kind: str = "unreadable"
    label: str = OTHER
    extension: str = ""
    flags: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        return self.e164 != ""


def parse_phones(raw: str, label: str = MAIN) -> tuple[Phone, ...]:
    """All numbers of a cell in order; none for a blank cell. What cannot be read is one Phone without e164, flagged."""
    if PLAIN.fullmatch(raw):
        national = raw.replace("-", "")[1:]
        kind = kind_of(national)
        if kind:
            return (
                Phone(raw, "+81" + national, national_format(national), kind, label, "", _KIND_FLAGS.get(kind, ())),
            )
    return _parse(raw, label)


def parse_phone(raw: str, label: str = MAIN) -> Phone | None:
    """The first number of a cell that can be dialled, else the first as written, else None."""
    found = parse_phones(raw, label)
    return next((phone for phone in found if phone.is_valid), found[0] if found else None)


def e164_of(raw: str) -> str:
    """The E.164 form of any spelling, empty if it is none. The one door for blocks, search by number and matching."""
    phone = parse_phone(raw)
    return phone.e164 if phone else ""


def search_digits(text: str) -> str:
    """Digits to look for in a search: national form of a full number, otherwise the digits as typed (last four)."""
    phone = parse_phone(text)
    if phone and phone.national:
        return re.sub(r"\D", "", phone.national)
    return re.sub(r"\D", "", nfkc(text))


@lru_cache(maxsize=16384)
def _parse(raw: str, label: str) -> tuple[Phone, ...]:
    text = cell(raw)
    if is_blank(text):
        return ()
    return _split(text, label)


def _split(raw: str, label: str) -> tuple[Phone, ...]:
    phones: list[Phone] = []
    for part in _parts(raw):
        phones.extend(_part(part, label, alone=not phones))
        if phones and phones[-1].kind == "extension":
            extension = phones.pop()
            phones[-1] = phones[-1]._replace(extension=extension.extension)
    if not any(phone.is_valid for phone in phones):
        return (Phone(raw[:RAW_LIMIT], label=label, flags=_bad_flags(raw)),)
    phones = _without_notes(phones)
    if len(phones) == 1:
        return (phones[0]._replace(raw=raw[:RAW_LIMIT]),)
    return tuple(_one_of_many(phone, at, label) for at, phone in enumerate(phones))


def _parts(raw: str) -> list[str]:
    text = BETWEEN_DIGITS.sub("-", nfkc(DANGEROUS.sub("", raw)))
    return [part.strip() for part in SEPARATOR.split(BEFORE_WORD.sub("/", text)) if part.strip()]


def _one_of_many(phone: Phone, at: int, label: str) -> Phone:
    """A mobile number behind the main one is a mobile number, whatever the column is called; none behind a FAX is."""
    is_mobile = at > 0 and phone.kind == "mobile" and phone.label == label != FAX
    return phone._replace(label=MOBILE if is_mobile else phone.label, flags=(*phone.flags, "phone_split"))


def _without_notes(phones: list[Phone]) -> list[Phone]:
    """Words beside a number are a remark on it, not another number; a broken second number stays."""
    kept = [phone for phone in phones if phone.is_valid or len(re.sub(r"\D", "", phone.raw)) >= 6]
    if len(kept) < len(phones):
        kept[0] = kept[0]._replace(flags=(*kept[0].flags, "phone_note"))
    return kept


def _part(part: str, label: str, *, alone: bool) -> list[Phone]:
    extension, rest = _extension(part)
    label, rest = _label(rest, label)
    rest = rest.strip(" :.-_()") if not rest.lstrip(" :.-").startswith(("(", "+")) else rest.strip(" :.-_")
    if not rest and extension and not alone:
        return [Phone(part, kind="extension", extension=extension)]
    noted = ()
    if not ONLY_NUMBER.fullmatch(rest.replace("(", "").strip()) and not SCIENTIFIC.fullmatch(rest):
        found = NUMBER.search(rest)
        if not found:
            return [Phone(part[:RAW_LIMIT], label=label, extension=extension, flags=_bad_flags(part))]
        noted = ("phone_note",) if re.search(r"\w", rest[: found.start()] + rest[found.end() :]) else ()
        rest = found.group()
    return [phone._replace(flags=(*phone.flags, *noted)) for phone in _numbers(rest, part, label, extension)]


def _extension(part: str) -> tuple[str, str]:
    found = EXTENSION.search(part)
    if not found:
        return "", part
    return found.group(1), part[: found.start()] + " " + part[found.end() :]


def _label(part: str, label: str) -> tuple[str, str]:
    for name, words in WORDS:
        part, count = words.subn(" ", part)
        if count and name:
            label = name
    return label, part.strip()


def _numbers(text: str, raw: str, label: str, extension: str) -> list[Phone]:
    """One number, or several with only a space between them."""
    whole = _number(text, raw, label, extension)
    pieces = text.split()
    if whole.is_valid or len(pieces) < 2:
        return [whole]
    several = [_number(piece, piece, label, "") for piece in pieces]
    if all(phone.is_valid for phone in several):
        several[-1] = several[-1]._replace(extension=extension)
        return several
    return [whole]


def _number(text: str, raw: str, label: str, extension: str) -> Phone:
    raw = raw[:RAW_LIMIT]
    digits, flags = _digits(text)
    if MACHINE.fullmatch(digits):
        return Phone(raw, label=label, extension=extension, flags=(*flags, *_bad_flags(text)))
    found = _japanese(digits)
    if not found and digits and digits[0] != "0" and (found := _japanese("0" + digits)):
        flags = (*flags, "phone_lost_zero")
    if not found and (found := _anywhere(digits)) and NUMERIC.fullmatch(text.strip()):
        flags = (*flags, "phone_lost_zero")
    if not found:
        return Phone(raw, label=label, extension=extension, flags=(*flags, *_bad_flags(text)))
    return Phone(raw, *found, label=label, extension=extension, flags=(*flags, *_KIND_FLAGS.get(found[2], ())))


def _digits(text: str) -> tuple[str, tuple[str, ...]]:
    """Digits with a leading + if there was one. +81 (0)3… loses its trunk zero; Excel's 3.12345678E+08 is unfolded.

    3.12E+08 has no digits to speak of: those that are left, and the exponent's, would make another's number.
    """
    if whole := FLOAT.fullmatch(text):
        text = whole.group(1)
    if power := SCIENTIFIC.fullmatch(text.strip()):
        mantissa = power.group(1) + (power.group(2) or "")
        return (mantissa if len(mantissa) == int(power.group(3)) + 1 else ""), ()
    plus = text.lstrip(" (").startswith("+")
    digits = "".join(sign for sign in (TRUNK_ZERO.sub("", text) if plus else text) if sign.isdecimal())
    if plus and digits.startswith("810"):
        digits = "81" + digits[3:]
    return ("+" + digits if plus else digits), ()


def _japanese(digits: str) -> tuple[str, str, str] | None:
    """(e164, national, kind) of a Japanese number written with its trunk zero."""
    if len(digits) not in (10, 11) or digits[0] != "0" or digits[:2] == "00" or not digits.isascii():
        return None
    kind = kind_of(digits[1:])
    return ("+81" + digits[1:], national_format(digits[1:]), kind) if kind else None


def _anywhere(digits: str) -> tuple[str, str, str] | None:
    """The same by libphonenumber, for +81, 81, 0081, 010…, foreign numbers and rare Japanese ones."""
    if len(digits) < 8:
        return None
    for text in (digits, *(("+" + digits[2:],) if digits.startswith("0081") else ()), "+" + digits):
        if text[:1] == "+" and digits[:1] != "+" and not text.startswith("+81"):
            continue
        try:
            number = phonenumbers.parse(text, "JP")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return _described(number)
    return None


def _described(number: phonenumbers.PhoneNumber) -> tuple[str, str, str]:
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.country_code != 81:
        return e164, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL), "foreign"
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return e164, national, kind_of(e164[3:]) or "other"


def _bad_flags(text: str) -> tuple[str, ...]:
    return ("phone_scientific",) if SCIENTIFIC.search(nfkc(text)) else ("phone_unreadable",)
