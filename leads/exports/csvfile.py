"""CSV with every cell quoted and no cell a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from leads.exports.cells import neutralised

BOM = "\ufeff"


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]], *, mark: str = BOM) -> Iterator[str]:
    """The file line by line, the header first. Without its `mark` Excel takes UTF-8 for Shift_JIS."""
    yield mark + _line(header)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([neutralised(cell) for cell in cells])
    return buffer.getvalue()
