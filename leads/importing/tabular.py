"""A list as a table: CSV or XLSX, whatever its encoding, delimiter and title rows. The one door to reading files."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from leads.importing import csvfile, xlsxfile
from leads.importing.archive import check_archive
from leads.importing.encoding import Encoding, detect
from leads.importing.formats import HEAD_BYTES, kind_of
from leads.importing.headers import column_letter, distinct_names, find_header, has_known_header, usual_width
from leads.importing.limits import DEFAULT_LIMITS, Limits
from leads.importing.problems import Problem, RefusedError
from leads.importing.sources import Source, open_binary, size_of

AUTO = -1
"""`header_line=AUTO`: find the header. None: there is none. n: it stands on line n."""

SEARCHED = 60


class Row(NamedTuple):
    """One row of data, exactly as wide as the header. With a `problem` it must not be imported; cells are as found."""

    line: int
    cells: list[str]
    problem: Problem | None = None


@dataclass(frozen=True)
class Table:
    """What was found out about a file. `rows()` reads it anew each time, so preview and import use the same table.

    `encoding` is None for XLSX, `delimiter` empty, `header_line` None when the columns are called A, B, C.
    """

    source: Source
    format: str
    header: tuple[str, ...]
    header_line: int | None
    encoding: Encoding | None = None
    delimiter: str = ""
    sheet: str = ""
    warnings: tuple[Problem, ...] = ()
    limits: Limits = DEFAULT_LIMITS
    first_line: int = 1

    def rows(self, after_line: int = 0) -> Iterator[Row]:
        """Rows that hold anything, in order; those up to `after_line` are skipped (to resume). Raises RefusedError."""
        count = 0
        try:
            for record in self._records():
                if record.line < self.first_line or not any(map(str.strip, record.cells)):
                    continue
                count += 1
                if count > self.limits.rows:
                    raise RefusedError("too_many_rows", line=record.line, limit=self.limits.rows)
                if record.line > after_line:
                    yield self._row(record)
        except RefusedError as refused:
            refused.problem = self._named(refused.problem)
            raise

    def sample(self, count: int = 50) -> list[list[str]]:
        """The cells of the first sound rows, for proposing a mapping and for showing."""
        sound = (row.cells for row in self.rows() if row.problem is None)
        return list(itertools.islice(sound, count))

    def _records(self) -> Iterator[csvfile.Record]:
        if self.format == "xlsx":
            rows = self._workbook.rows(self.sheet)
            return (
                csvfile.Record(line, cells, problem or self._long_cell(line, cells)) for line, cells, problem in rows
            )
        assert self.encoding is not None  # noqa: S101  a text table always has one
        return csvfile.records(self.source, self.encoding.name, self.delimiter, self.limits)

    @cached_property
    def _workbook(self) -> xlsxfile.Workbook:
        return xlsxfile.Workbook(self.source, self.limits)

    def _long_cell(self, line: int, cells: list[str]) -> Problem | None:
        limit = self.limits.cell_chars
        index = next((at for at, text in enumerate(cells) if len(text) > limit), None)
        if index is None:
            return None
        return Problem("cell_too_long", line, params={"index": index, "limit": limit, "length": len(cells[index])})

    def _row(self, record: csvfile.Record) -> Row:
        line, cells, problem = record
        width = len(self.header)
        if problem is not None:
            return Row(line, cells, self._named(problem))
        if len(cells) == width:
            return Row(line, cells)
        if len(cells) > width:
            return self._long_row(line, cells, width)
        if self.format == "xlsx":
            return Row(line, cells + [""] * (width - len(cells)))
        params = {"expected": width, "found": len(cells)}
        return Row(line, cells, Problem("row_too_short", line, self.header[len(cells)], "", params))

    def _long_row(self, line: int, cells: list[str], width: int) -> Row:
        extra = next((at for at in range(width, len(cells)) if cells[at].strip()), None)
        if extra is None:
            return Row(line, cells[:width])
        params = {"expected": width, "found": len(cells)}
        return Row(line, cells, Problem("row_too_long", line, column_letter(extra), cells[extra][:40], params))

    def _named(self, problem: Problem) -> Problem:
        """A reader knows a column by its index; the user knows it by its header."""
        index = problem.params.get("index")
        if problem.column or not isinstance(index, int):
            return problem
        name = self.header[index] if index < len(self.header) else column_letter(index)
        return replace(problem, column=name)


def open_table(
    source: Source,
    *,
    encoding: str = "",
    delimiter: str = "",
    header_line: int | None = AUTO,
    limits: Limits = DEFAULT_LIMITS,
) -> Table:
    """Find out what a file is and where its data begin. Given values are a person's choice. Raises RefusedError."""
    size = size_of(source)
    if size == 0:
        raise RefusedError("empty_file")
    if size > limits.file_bytes:
        raise RefusedError("file_too_big", limit=limits.file_bytes, size=size)
    with open_binary(source) as stream:
        kind = kind_of(stream.read(HEAD_BYTES))
    table = _open_xlsx(source, limits) if kind == "zip" else _open_text(source, encoding, delimiter, limits)
    return _with_header(table, header_line)


def _open_xlsx(source: Source, limits: Limits) -> Table:
    """The first sheet with a header we know, else the first that holds anything: title pages come first in many."""
    check_archive(source, limits)
    book = xlsxfile.Workbook(source, limits)
    filled = {}
    for sheet in book.sheets:
        first = [row.cells for row in itertools.islice(book.rows(sheet), SEARCHED)]
        if any(text.strip() for cells in first for text in cells):
            filled[sheet] = first
    if not filled:
        raise RefusedError("empty_file")
    chosen = next((sheet for sheet, first in filled.items() if has_known_header(first)), next(iter(filled)))
    others = [sheet for sheet in filled if sheet != chosen]
    table = Table(source, "xlsx", (), None, sheet=chosen, warnings=_sheet_notes(book, chosen, others), limits=limits)
    table.__dict__["_workbook"] = book
    return table


def _sheet_notes(book: xlsxfile.Workbook, chosen: str, others: list[str]) -> tuple[Problem, ...]:
    survey = book.survey(chosen)
    notes = []
    if others:
        notes.append(Problem("other_sheets", params={"sheet": chosen, "sheets": "、".join(others)[:200]}))
    if survey.hidden_rows:
        notes.append(Problem("rows_hidden", params={"count": survey.hidden_rows}))
    if survey.error_cells:
        notes.append(Problem("cells_in_error", params={"count": survey.error_cells}))
    if survey.merges:
        notes.append(Problem("cells_merged", survey.merges[0].first, params={"count": len(survey.merges)}))
    return tuple(notes)


def _open_text(source: Source, encoding: str, delimiter: str, limits: Limits) -> Table:
    found = detect(source, chosen=encoding)
    hinted = False
    if not delimiter:
        delimiter, hinted = csvfile.detect_delimiter(source, found.name)
    elif delimiter not in csvfile.DELIMITERS:
        raise RefusedError("delimiter_unknown", delimiter=delimiter)
    return Table(source, "csv", (), None, found, delimiter, "", _notes(found), limits, first_line=2 if hinted else 1)


def _notes(encoding: Encoding) -> tuple[Problem, ...]:
    notes = []
    if encoding.lost:
        notes.append(Problem("characters_lost", encoding.lost_line, params={"count": encoding.lost}))
    if encoding.doubtful:
        notes.append(Problem("characters_doubtful", params={"characters": encoding.doubtful[:20]}))
    return tuple(notes)


def _with_header(table: Table, header_line: int | None) -> Table:
    first = [record for record in _first_records(table) if record.line >= table.first_line]
    filled = [record for record in first if any(text.strip() for text in record.cells)]
    if not filled:
        raise RefusedError("empty_file")
    at = _header_index(filled, header_line)
    data = filled[at + 1 :] if at is not None else filled
    cells = filled[at].cells if at is not None else []
    header = _header_cells(cells, [record.cells for record in data if record.problem is None])
    if len(header) > table.limits.columns:
        last = table.limits.columns
        found = {"column": column_letter(last), "limit": last, "found": len(header)}
        raise RefusedError("too_many_columns", line=filled[at or 0].line, **found)
    skipped = at or 0
    warnings = table.warnings
    if skipped:
        warnings += (Problem("preamble_skipped", filled[0].line, params={"count": skipped}),)
    opened = replace(
        table,
        header=header,
        header_line=filled[at].line if at is not None else None,
        first_line=filled[at].line + 1 if at is not None else filled[0].line,
        warnings=warnings,
    )
    if "_workbook" in table.__dict__:
        opened.__dict__["_workbook"] = table._workbook
    return opened


def _first_records(table: Table) -> list[csvfile.Record]:
    """Enough records to find the header in; a file that falls apart further down is refused when it is read there."""
    found: list[csvfile.Record] = []
    try:
        found.extend(itertools.islice(table._records(), SEARCHED))
    except RefusedError:
        if not found:
            raise
    return found


def _header_index(filled: list[csvfile.Record], header_line: int | None) -> int | None:
    if header_line is None:
        return None
    if header_line == AUTO:
        return find_header([record.cells for record in filled])
    at = next((at for at, record in enumerate(filled) if record.line == header_line), None)
    if at is None:
        raise RefusedError("header_line_missing", line=header_line)
    return at


def _header_cells(cells: list[str], data: list[list[str]]) -> tuple[str, ...]:
    """As many names as there are columns with a header or a value in them."""
    width = max((at + 1 for at, text in enumerate(cells) if text.strip()), default=0)
    usual = usual_width(data)
    common = [row for row in data if len(row) == usual] if not cells or usual <= len(cells) else []
    for row in common:
        width = max(width, max((at + 1 for at, text in enumerate(row) if text.strip()), default=0))
    return distinct_names([cells[at] if at < len(cells) else "" for at in range(width)])
