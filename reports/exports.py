"""CSV that spreadsheets open as it is meant: a byte-order mark, every cell quoted, no cell a formula. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence

from leads.exports import neutralised

BOM = "\ufeff"
FORBIDDEN_IN_NAMES = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\x7f]+')
NAME_LIMIT = 120


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The file line by line, the header first."""
    yield BOM + _line(header)
    for row in rows:
        yield _line(row)


def file_name(parts: Iterable[str]) -> str:
    """A name that says what is in the file, safe on every system."""
    name = "_".join(FORBIDDEN_IN_NAMES.sub("-", part).strip("-.") for part in parts if part)
    return f"{name[:NAME_LIMIT]}.csv"


def _line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([neutralised(cell) for cell in cells])
    return buffer.getvalue()
