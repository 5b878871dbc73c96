"""What a number in a sheet looks like to a person: a date, a percentage, a code with leading zeros, or a number."""

import datetime as dt
import re
from enum import Enum

EXACT_INTEGERS = 1e15
EPOCH, EPOCH_1904 = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)  # noqa: DTZ001  a sheet knows no zones
LAST_SERIAL = 2_958_466
"""The first day of the year 10000, which Excel refuses too."""

DATE_IDS = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
"""Built-in date and time formats, the Japanese ones (27–36, 50–58) with them."""
PERCENT_IDS = frozenset((9, 10))

LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
ELAPSED = re.compile(r"\[[hms]+\]", re.I)
BRACKETS = re.compile(r"\[[^\]]*\]")
DATE_LETTERS = re.compile(r"[ymdhs]", re.I)
POWER = re.compile(r"E[+-]", re.I)
PADDED = re.compile(r"0[0-]+")


class Look(Enum):
    """How the number is shown; a PADDED one needs its pattern as well."""

    PLAIN = "plain"
    DATE = "date"
    PERCENT = "percent"


Shown = Look | str
"""A look, or the pattern of zeros and hyphens that pads a code: 000-0000."""


def look_of(number: int, code: str = "") -> Shown:
    """Of a number format: by its built-in number, or by its code where the workbook defines it."""
    if not code:
        return Look.DATE if number in DATE_IDS else Look.PERCENT if number in PERCENT_IDS else Look.PLAIN
    pattern = _padding(code)
    if pattern:
        return pattern
    if ELAPSED.search(code):
        return Look.PLAIN
    bare = POWER.sub("", BRACKETS.sub("", LITERAL.sub("", code.partition(";")[0]))).replace("General", "")
    if DATE_LETTERS.search(bare):
        return Look.DATE
    return Look.PERCENT if "%" in bare else Look.PLAIN


def _padding(code: str) -> str:
    """`000-0000` of `000\\-0000`, `"000"-0000`, or Excel's own format for postal codes."""
    section = code.rpartition(";")[2] if code.startswith("[<=") else code.partition(";")[0]
    bare = re.sub(r'\\(.)|"([^"]*)"', r"\1\2", BRACKETS.sub("", section))
    return bare if PADDED.fullmatch(bare) else ""


def number_text(text: str, shown: Shown = Look.PLAIN, *, is_1904: bool = False) -> str:
    """A stored number as a person would type it: 312345678, 1.5, 12%, 2026-04-01, 060-0001."""
    try:
        value = float(text)
    except ValueError:
        return text
    if shown is Look.DATE:
        return _date_text(value, EPOCH_1904 if is_1904 else EPOCH) or plain_number(text, value)
    if shown is Look.PERCENT:
        return plain_number("", round(value * 100, 10)) + "%"
    if shown is not Look.PLAIN and value.is_integer() and 0 <= value < EXACT_INTEGERS:
        return _padded(str(int(value)), shown)
    return plain_number(text, value)


def plain_number(text: str, value: float) -> str:
    """Digits as stored where they are only digits, else the shortest text that means the same number."""
    if text.isascii() and text.isdigit():
        return text
    return str(int(value)) if value.is_integer() and abs(value) < EXACT_INTEGERS else repr(value)


def _date_text(serial: float, epoch: dt.datetime) -> str:
    """Midnight is the date alone, a fraction of the first day the time alone. Empty for what is no date."""
    if not 0 <= serial < LAST_SERIAL - (epoch - EPOCH).days:
        return ""
    moment = epoch + dt.timedelta(seconds=round(serial * 86_400))
    if serial < 1:
        return moment.time().isoformat("seconds")
    if epoch == EPOCH and serial < 61:  # Excel believes in 29 February 1900
        moment += dt.timedelta(days=1)
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ", "seconds")


def _padded(digits: str, pattern: str) -> str:
    """Digits from the right into the pattern's zeros."""
    left = list(digits.zfill(pattern.count("0")))
    shown = [left.pop() if sign == "0" else sign for sign in reversed(pattern)]
    return "".join(left) + "".join(reversed(shown))
