"""Dates in every shape seen in Japanese lists, to naive JST dates or datetimes. Impossible ones are refused.

2026/4/1 · 2026.4.1 · 2026-04-01T10:00 · 20260401 · 2026年4月1日(水) 10時30分 · 令和8年4月1日 · R8.4.1 · 平成元年 ·
Excel serial 46113.
"""

import datetime as dt
import re
from functools import lru_cache

from leads.importing.text import nfkc

JST = dt.timezone(dt.timedelta(hours=9))
EXCEL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001  Excel knows no zones
EXCEL_SERIALS = (20_000, 80_000)
"""Serials 1954–2119; smaller or larger numbers in a date column are not dates."""

ERAS = {
    "令和": (2018, dt.date(2019, 5, 1), 2118),
    "平成": (1988, dt.date(1989, 1, 8), 2019),
    "昭和": (1925, dt.date(1926, 12, 25), 1989),
    "大正": (1911, dt.date(1912, 7, 30), 1926),
    "明治": (1867, dt.date(1868, 1, 25), 1912),
}
ERA_LETTERS = {
    "R": "令和",
    "H": "平成",
    "S": "昭和",
    "T": "大正",
    "M": "明治",
    "令": "令和",
    "平": "平成",
    "昭": "昭和",
}

WEEKDAY = re.compile(r"\((?:[日月火水木金土祝・]+|Sun|Mon|Tue|Wed|Thu|Fri|Sat)(?:曜日?)?\)|[日月火水木金土]曜日?", re.I)
DAY = re.compile(
    r"(?P<era>令和|平成|昭和|大正|明治|[RHSTM令平昭](?=[\s.\d元]))?\.?\s*(?P<year>\d{1,4}|元)\s*(?:年|[/.\-])\s*"
    r"(?P<month>\d{1,2})\s*(?:月|[/.\-])\s*(?:(?P<day>\d{1,2})\s*日?)?",
    re.I,
)
MONTH = re.compile(r"(?P<year>\d{4})\s*(?:年|[/.\-])\s*(?P<month>\d{1,2})\s*月?")
YEARLESS = re.compile(r"(?P<month>\d{1,2})\s*[月/]\s*(?P<day>\d{1,2})\s*日?(?![\d/.\-])")
LEAP_YEARS_APART = 8
"""Within so many years every day of a calendar comes, the 29th of February too."""
COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?:(?P<hour>\d{2})(?P<minute>\d{2})(?:\d{2})?)?"
)
SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
TIME = re.compile(
    r"[T\s]*(?P<half>午前|午後|AM|PM)?\s*(?P<hour>\d{1,2})\s*(?::|時)\s*(?:(?P<minute>\d{1,2})\s*分?)?"
    r"(?::(?P<second>\d{1,2})(?:\.\d+)?|\s*\d{1,2}秒)?\s*(?P<after>AM|PM)?\s*(?P<zone>Z|[+-]\d{2}:?\d{2}|JST)?",
    re.I,
)

When = dt.date | dt.datetime


class BadDateError(ValueError):
    """`code` is date_impossible (2026/2/30, 平成40年) or date_unreadable."""

    def __init__(self, code: str):
        self.code = code
        super().__init__(code)


@lru_cache(maxsize=8192)
def parse_when(text: str) -> When | None:
    """A date, or a naive JST datetime where a time is given; None for a blank cell. Raises BadDateError."""
    folded = WEEKDAY.sub("", nfkc(text)).strip()
    if not folded:
        return None
    if SERIAL.fullmatch(folded):
        return _from_serial(float(folded))
    found = COMPACT.fullmatch(folded)
    if found:
        day = _date(int(found["year"]), int(found["month"]), int(found["day"]))
        return _at(day, int(found["hour"]), int(found["minute"]), 0) if found["hour"] else day
    return _written(folded)


def parse_without_year(text: str, today: dt.date, *, ahead: bool) -> When | None:
    """11/19, 12月1日 15:00: the nearest such day not after today or, with `ahead`, not before. None for all else."""
    folded = WEEKDAY.sub("", nfkc(text)).strip()
    found = YEARLESS.match(folded)
    if not found:
        return None
    step = 1 if ahead else -1
    for year in range(today.year, today.year + step * (LEAP_YEARS_APART + 1), step):
        try:
            day = dt.date(year, int(found["month"]), int(found["day"]))
        except ValueError:
            continue
        if day >= today if ahead else day <= today:
            rest = folded[found.end() :].strip()
            return _with_time(day, rest) if rest else day
    return None


def parse_date(text: str) -> dt.date | None:
    """The date alone. Raises BadDateError."""
    when = parse_when(text)
    return when.date() if isinstance(when, dt.datetime) else when


def _from_serial(serial: float) -> When:
    if not EXCEL_SERIALS[0] <= serial < EXCEL_SERIALS[1]:
        raise BadDateError("date_unreadable")
    moment = EXCEL_EPOCH + dt.timedelta(seconds=round(serial * 86_400))
    return moment.date() if serial == int(serial) else moment


def _written(text: str) -> When:
    found = DAY.match(text) or MONTH.match(text)
    if not found:
        raise BadDateError("date_unreadable")
    parts = found.groupdict()
    day = _date(_year(parts), int(parts["month"]), int(parts.get("day") or 1))
    if parts.get("era"):
        _check_era(_era(parts["era"]), day)
    rest = text[found.end() :].strip()
    return _with_time(day, rest) if rest else day


def _year(parts: dict[str, str | None]) -> int:
    number = 1 if parts["year"] == "元" else int(parts["year"] or 0)
    if parts.get("era"):
        return ERAS[_era(parts["era"])][0] + number
    if number < 1000:
        raise BadDateError("date_unreadable")
    return number


def _era(text: str | None) -> str:
    return ERA_LETTERS.get((text or "").upper(), text or "")


def _check_era(era: str, day: dt.date) -> None:
    """An era holds from its first day; its last year is written to the end (平成31年10月), later ones never were."""
    _, first, last_year = ERAS[era]
    if day < first or day.year > last_year:
        raise BadDateError("date_impossible")


def _date(year: int, month: int, day: int) -> dt.date:
    try:
        return dt.date(year, month, day)
    except (ValueError, OverflowError):
        raise BadDateError("date_impossible") from None


def _with_time(day: dt.date, rest: str) -> When:
    """Midnight to the second is how a program writes a date without a time."""
    found = TIME.fullmatch(rest)
    if not found:
        raise BadDateError("date_unreadable")
    hour = int(found["hour"])
    half = (found["half"] or found["after"] or "").upper()
    if half in ("午後", "PM") and hour < 12:
        hour += 12
    elif half in ("午前", "AM") and hour == 12:
        hour = 0
    moment = _at(day, hour, int(found["minute"] or 0), int(found["second"] or 0))
    moment = _in_jst(moment, found["zone"])
    return moment if moment.time() != dt.time() else moment.date()


def _at(day: dt.date, hour: int, minute: int, second: int) -> dt.datetime:
    if hour == 24 and minute == second == 0:
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(days=1)
    try:
        return dt.datetime.combine(day, dt.time(hour, minute, second))
    except ValueError:
        raise BadDateError("date_impossible") from None


def _in_jst(moment: dt.datetime, zone: str | None) -> dt.datetime:
    if not zone or zone.upper() == "JST":
        return moment
    hours, minutes = (0, 0) if zone.upper() == "Z" else (int(zone[1:3]), int(zone[-2:]))
    offset = dt.timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    try:
        return moment - offset + dt.timedelta(hours=9)
    except OverflowError:
        raise BadDateError("date_impossible") from None
