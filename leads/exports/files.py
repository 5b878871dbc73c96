"""The kinds of file one may ask for, and how each is written and named."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from leads.exports.csvfile import csv_lines
from leads.exports.shift_jis import ShiftJis, encoded
from leads.exports.xlsxfile import xlsx_parts

FORBIDDEN_IN_NAMES = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\x7f]+')
NAME_LIMIT = 120


class Format(StrEnum):
    """CSV is UTF-8 with its mark; CP932 is CSV for programs that know only Shift_JIS."""

    CSV = "csv"
    CP932 = "cp932"
    XLSX = "xlsx"

    @property
    def extension(self) -> str:
        return "xlsx" if self is Format.XLSX else "csv"


_CONTENT_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.CP932: "text/csv; charset=shift_jis",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def content_type(kind: Format) -> str:
    return _CONTENT_TYPES[kind]


def written(kind: Format, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The file in pieces; nothing is kept of what is sent."""
    if kind is Format.XLSX:
        return xlsx_parts(header, rows)
    if kind is Format.CP932:
        return _shift_jis(header, rows)
    return (line.encode("utf-8", "replace") for line in csv_lines(header, rows))


def _shift_jis(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Fitted before it is neutralised: − becomes －, which a spreadsheet takes for a minus."""
    fitted = ShiftJis().fitted
    lines = csv_lines([fitted(cell) for cell in header], ([fitted(cell) for cell in row] for row in rows), mark="")
    return (encoded(line) for line in lines)


def file_name(parts: Iterable[str], extension: str = "csv") -> str:
    """A name that says what is in the file, safe on every system."""
    name = "_".join(FORBIDDEN_IN_NAMES.sub("-", part).strip("-.") for part in parts if part)
    return f"{name[:NAME_LIMIT]}.{extension}"
