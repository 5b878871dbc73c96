"""The cells of one row by field, tidied, with what was found wrong on the way."""

import datetime as dt
from collections.abc import Sequence

from leads.importing.dates import BadDateError, When, parse_when, parse_without_year
from leads.importing.hearing import TEXT_FACTS
from leads.importing.mapping import ColumnMapping
from leads.importing.phones import FAX, Phone, parse_phones
from leads.importing.problems import Problem, excerpt
from leads.importing.text import LONGEST_BLANK, cell, lost_places, one_line, short_kind

CAREFUL_SIGNS = ("?", "=", "'", "\ufffd", "\u3164", "  ")
"""Signs (beside all that cannot be printed) for which a row is looked at cell by cell."""

LENGTHS = {
    "company_name": 200,
    "person_name": 100,
    "last_name": 50,
    "first_name": 49,
    "email": 254,
    "company_kana": 200,
    "person_kana": 100,
    "department": 100,
    "title": 100,
    "industry": 100,
    "employees": 50,
    "url": 300,
    "source": 100,
    "address": 300,
    "office_name": 200,
    "call_result": 100,
}
"""Longest text a field holds. A longer name is refused; anything else is kept whole as additional information."""

ANY_LENGTH = 1 << 30
NAME_FIELDS = frozenset(("company_name", "person_name", "last_name", "first_name"))
LONG_FIELDS = ("memo", "hearing", "address", *TEXT_FACTS)
DATES_AHEAD = ("next_call_at",)
PHONE_FIELDS = ("phone_main", "phone_direct", "phone_mobile", "phone_office", "fax")


def is_plain(text: str) -> bool:
    """Whether trimming is all its cells need: true of most rows, so one look at the whole row spares many."""
    spaced = text.replace("\u3000", " ")
    return spaced.isprintable() and not any(sign in spaced for sign in CAREFUL_SIGNS)


class Columns:
    """Where each field stands: made once per mapping."""

    def __init__(self, mapping: ColumnMapping):
        self.headers = mapping.header
        self.by_field: dict[str, list[tuple[int, str]]] = {}
        for index, (header, name) in enumerate(zip(mapping.header, mapping.fields, strict=True)):
            if name:
                self.by_field.setdefault(name, []).append((index, header))
        skipped = (*LONG_FIELDS, *PHONE_FIELDS)
        self.singles = [
            (columns[0][0], name, LENGTHS.get(name, ANY_LENGTH))
            for name, columns in self.by_field.items()
            if name not in skipped
        ]

    def __contains__(self, name: str) -> bool:
        return name in self.by_field

    def of(self, name: str) -> Sequence[tuple[int, str]]:
        return self.by_field.get(name, ())

    def header(self, name: str) -> str:
        columns = self.by_field.get(name)
        return columns[0][1] if columns else ""


class Reading:
    """One row being read. `values` holds the fields of one column; the others are asked for by kind.

    `today` tells the year of a date that is written without one; without it such a date cannot be read.
    """

    __slots__ = ("cells", "columns", "errors", "extra", "line", "plain", "today", "values", "warnings")

    def __init__(self, line: int, cells: Sequence[str], columns: Columns, today: dt.date | None = None):
        self.line, self.cells, self.columns, self.today = line, cells, columns, today
        self.warnings: list[Problem] = []
        self.errors: list[Problem] = []
        self.extra: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self.plain = is_plain(",".join(cells))
        self._read_singles()

    def _read_singles(self) -> None:
        cells, plain, values = self.cells, self.plain, self.values
        for index, name, limit in self.columns.singles:
            text = cells[index].strip() if plain else cell(cells[index])
            if not text:
                continue
            if len(text) <= LONGEST_BLANK:
                kind = short_kind(text)
                if kind:
                    self._short(kind, index, name)
                    continue
            if not plain:
                text = self._looked_over(one_line(text), index, name)
            if len(text) > limit:
                self._too_long(name, text, limit)
                continue
            values[name] = text

    def _short(self, kind: str, index: int, name: str) -> None:
        """Blank spellings are blank. 〃 points at another row, perhaps sorted away: for a name that is an error."""
        if kind == "ditto":
            found, code = (self.errors, "ditto_name") if name in NAME_FIELDS else (self.warnings, "ditto")
            found.append(Problem(code, self.line, self._header_of(index), self.cells[index].strip()))

    def _looked_over(self, text: str, index: int, name: str) -> str:
        if ("?" in text or "\ufffd" in text) and lost_places(text):
            self.warnings.append(Problem("characters_lost_here", self.line, self._header_of(index), excerpt(text)))
        if name in NAME_FIELDS and text[0] in "=＝":
            self.refuse("formula", name, text)
        return text

    def _header_of(self, index: int) -> str:
        return self.columns.headers[index]

    def _too_long(self, name: str, text: str, limit: int) -> None:
        if name in NAME_FIELDS:
            self.refuse("text_too_long", name, text, limit=limit, length=len(text))
        else:
            self.keep_whole(name, text)
            self.warn("text_moved", name, text, limit=limit)

    def text(self, name: str) -> str:
        """The cell of a field on one line; empty for blanks in all spellings."""
        return self.values.get(name, "")

    def tidy(self, index: int, name: str) -> str:
        """Any cell, with its line breaks; empty for blanks."""
        text = self.cells[index].strip() if self.plain else cell(self.cells[index])
        if len(text) <= LONGEST_BLANK:
            if not text:
                return ""
            kind = short_kind(text)
            if kind:
                self._short(kind, index, name)
                return ""
        return text if self.plain else self._looked_over(text, index, name)

    def long_text(self, name: str) -> str:
        """All columns of a field with their line breaks; several are told apart by their headers."""
        found = [(header, text) for index, header in self.columns.of(name) if (text := self.tidy(index, name))]
        if len(found) == 1:
            return found[0][1]
        return "\n".join(f"{header}: {text}" for header, text in found)

    def joined(self, name: str) -> str:
        """Columns of a field that continue each other, as addresses do; Latin letters stay apart."""
        whole = ""
        for index, _ in self.columns.of(name):
            text = one_line(self.tidy(index, name))
            if text:
                space = " " if whole and whole[-1].isascii() and text[0].isascii() else ""
                whole += space + text
        return whole

    def when(self, name: str) -> When | None:
        """A date or time; what is none is flagged and kept as additional information."""
        text = self.values.get(name)
        if not text:
            return None
        try:
            return parse_when(text)
        except BadDateError as bad:
            if (guessed := self._without_year(name, text)) is not None:
                return guessed
            self.keep_whole(name, text)
            self.warn(bad.code, name, text)
            return None

    def _without_year(self, name: str, text: str) -> When | None:
        """A next call lies ahead, all else behind us."""
        if self.today is None:
            return None
        try:
            when = parse_without_year(text, self.today, ahead=name in DATES_AHEAD)
        except BadDateError:
            return None
        if when is not None:
            self.warn("date_year_guessed", name, text, year=when.year)
        return when

    def phones(self, columns: Sequence[tuple[int, str, str]]) -> list[Phone]:
        """Numbers of several columns (index, header, label) in order; each flag of a number becomes a warning."""
        found: list[Phone] = []
        for index, header, label in columns:
            raw = self.cells[index]
            if not raw or (len(raw) <= LONGEST_BLANK and not self.tidy(index, FAX)):
                continue
            for phone in parse_phones(raw, label):
                found.append(phone)
                for flag in phone.flags:
                    self.warnings.append(Problem(flag, self.line, header, excerpt(raw), {"national": phone.national}))
        return found

    def keep_whole(self, name: str, text: str) -> None:
        """What a field cannot hold is not lost: it stays under the column's header."""
        self.extra[self.columns.header(name)] = text

    def warn(self, code: str, name: str, value: str = "", **params: object) -> None:
        self.warnings.append(self._problem(code, name, value, params))

    def refuse(self, code: str, name: str, value: str = "", **params: object) -> None:
        self.errors.append(self._problem(code, name, value, params))

    def _problem(self, code: str, name: str, value: str, params: dict[str, object]) -> Problem:
        return Problem(code, self.line, self.columns.header(name), excerpt(value) if value else "", params)
