"""A file in batches of cleaned rows: the same for preview and run. Needs no transaction and holds no lock."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from leads.importing.cleaned import CleanRow, RowErrors
from leads.importing.mapping import ColumnMapping
from leads.importing.problems import Problem, excerpt
from leads.importing.rows import RowCleaner
from leads.importing.tabular import Row, Table
from leads.services.imports.matching import Candidate, candidate

HISTORY_FIELDS = ("acquired_on", "next_call_at")
"""Read, but without a place of their own where they stay: kept as written under their headers."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was refused, with every reason and the cells to give back."""

    line: int
    cells: list[str]
    problems: tuple[Problem, ...]


@dataclass(slots=True)
class Batch:
    """Some rows of a file, in order. `last_line` is the line of the last of them."""

    candidates: list[Candidate] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    count: int = 0
    last_line: int = 0
    first_cells: dict[int, list[str]] = field(default_factory=dict)


class Reader:
    """Batches of one table under one cleaner."""

    def __init__(self, table: Table, cleaner: RowCleaner, mapping: ColumnMapping, signature: str, size: int):
        self.table, self.cleaner, self.signature, self.size = table, cleaner, signature, size
        self.kept = [(index, mapping.header[index]) for name in HISTORY_FIELDS for index in mapping.columns_of(name)]

    def batches(self, after_line: int = 0) -> Iterator[Batch]:
        """Batches of rows behind `after_line`. Raises RefusedError where the file falls apart."""
        rows = self.table.rows(after_line)
        while taken := list(itertools.islice(rows, self.size)):
            yield self._batch(taken)

    def _batch(self, taken: list[Row]) -> Batch:
        batch = Batch(count=len(taken), last_line=taken[-1].line)
        for line, cells, problem in taken:
            if problem is not None:
                batch.bad.append(BadRow(line, cells, (problem,)))
                continue
            row = self.cleaner.clean(line, cells)
            if isinstance(row, RowErrors):
                batch.bad.append(BadRow(line, cells, row.errors))
            else:
                self._take(batch, row, cells)
        return batch

    def _take(self, batch: Batch, row: CleanRow, cells: list[str]) -> None:
        for index, header in self.kept:
            if (text := self.cleaner_text(cells[index])) and header not in row.extra:
                row.extra[header] = text
        batch.warnings.extend(row.warnings)
        batch.candidates.append(candidate(row, cells, self.signature))
        batch.first_cells[row.line] = cells

    @staticmethod
    def cleaner_text(text: str) -> str:
        return excerpt(text.strip()) if len(text) > 200 else text.strip()
