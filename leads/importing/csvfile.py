"""CSV, TSV and `;` files to records with their line numbers: strict about quotes, flat in memory.

The csv module parses; we watch over what it lets pass (a stray quote in an unquoted cell) and name the place of what
it refuses.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from leads.importing.limits import Limits
from leads.importing.problems import Problem, RefusedError, excerpt
from leads.importing.sources import Source, open_binary

DELIMITERS = (",", "\t", ";")
SAMPLE_CHARS = 65_536
SAMPLE_RECORDS = 60
QUOTED = re.compile(r'"(?:[^"]|"")*+"')
EXCEL_HINT = re.compile(r"sep=(.)\s*", re.I)


class Record(NamedTuple):
    """Cells as written. With a `problem` the record cannot be trusted; its cells are what the parser made of it."""

    line: int
    cells: list[str]
    problem: Problem | None = None


class _Lines:
    """Physical lines (LF, CRLF or CR) for the csv reader, remembering those of the record in progress."""

    def __init__(self, text: io.TextIOBase, limit: int):
        self.text, self.limit = text, limit
        self.count = self.chars = 0
        self.start = 1
        self.raw: list[str] = []

    def __iter__(self) -> Iterator[str]:
        for line in iter(partial(self.text.readline, self.limit + 1), ""):
            self.count += 1
            self.chars += len(line)
            self.raw.append(line)
            if self.chars > self.limit:
                raise RefusedError("record_too_long", line=self.start, limit=self.limit)
            yield line

    def next_record(self) -> None:
        self.start, self.chars = self.count + 1, 0
        self.raw.clear()


def detect_delimiter(source: Source, encoding: str) -> tuple[str, bool]:
    """The delimiter whose records agree best in width, and whether line 1 is Excel's `sep=` hint. `,` in doubt."""
    with open_binary(source) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        sample = text.read(SAMPLE_CHARS)
    hint = EXCEL_HINT.match(sample)
    if hint and hint.group(1) in DELIMITERS and sample[hint.end() - 1] in "\r\n":
        return hint.group(1), True
    return max(DELIMITERS, key=lambda delimiter: _agreement(sample, delimiter)), False


def _agreement(sample: str, delimiter: str) -> float:
    """Cells explained by the most common width, discounted by the records that break it."""
    lines = io.StringIO(sample, newline="")
    widths: list[int] = []
    try:
        for cells in csv.reader(lines, delimiter=delimiter):
            if cells:
                widths.append(len(cells))
            if len(widths) >= SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    if len(sample) >= SAMPLE_CHARS and len(widths) < SAMPLE_RECORDS:
        widths = widths[:-1] or widths
    if not widths:
        return 0.0
    width, count = max(Counter(widths).items(), key=lambda item: (item[0] > 1) * item[1] * item[0])
    return (width - 1) * count * (count / len(widths))


def records(source: Source, encoding: str, delimiter: str, limits: Limits) -> Iterator[Record]:
    """Every record of the file, a blank line as one empty cell. Raises RefusedError where the file falls apart."""
    with open_binary(source) as stream, io.TextIOWrapper(stream, encoding=encoding, newline="") as text:
        lines = _Lines(text, limits.record_chars)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.next_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _refusal(error, lines, delimiter, limits) from None
            yield Record(lines.start, cells or [""], _problem(lines, cells, delimiter, limits))


def _problem(lines: _Lines, cells: list[str], delimiter: str, limits: Limits) -> Problem | None:
    if lines.chars > limits.cell_chars:
        for index, cell in enumerate(cells):
            if len(cell) > limits.cell_chars:
                params = {"index": index, "limit": limits.cell_chars, "length": len(cell)}
                return Problem("cell_too_long", lines.start, "", excerpt(cell), params)
    if any('"' in line for line in lines.raw) and '"' in "".join(cells):
        index = _stray_quote("".join(lines.raw), delimiter)
        if index is not None:
            value = cells[index] if index < len(cells) else ""
            return Problem("quote_stray", lines.start, "", excerpt(value), {"index": index})
    return None


def _refusal(error: csv.Error, lines: _Lines, delimiter: str, limits: Limits) -> RefusedError:
    raw = "".join(lines.raw)
    index = _stray_quote(raw, delimiter)
    place = {"index": index if index is not None else _last_cell(raw, delimiter)}
    if "field larger" in str(error):
        index = _last_cell(raw, delimiter)
        return RefusedError("cell_endless", line=lines.start, limit=limits.cell_chars, index=index)
    if "unexpected end of data" in str(error):
        return RefusedError("quote_unclosed", line=lines.start, value=raw[:80], **place)
    return RefusedError("quote_broken", line=lines.count, value=lines.raw[-1][:80] if lines.raw else "", **place)


def _cells_from(raw: str, delimiter: str) -> Iterator[tuple[int, bool]]:
    """Start of each cell in a raw record and whether a quote stands in it where none may stand."""
    end_of_cell = re.compile(rf"[{re.escape(delimiter)}\r\n]")
    at = 0
    while True:
        start = at
        if raw.startswith('"', at):
            quoted = QUOTED.match(raw, at)
            at = quoted.end() if quoted else len(raw)
            yield start, at < len(raw) and not end_of_cell.match(raw, at)
        else:
            found = end_of_cell.search(raw, at)
            at = found.start() if found else len(raw)
            yield start, '"' in raw[start:at]
        if not raw.startswith(delimiter, at):
            return
        at += 1


def _stray_quote(raw: str, delimiter: str) -> int | None:
    return next((index for index, (_, stray) in enumerate(_cells_from(raw, delimiter)) if stray), None)


def _last_cell(raw: str, delimiter: str) -> int:
    return sum(1 for _ in _cells_from(raw, delimiter)) - 1
