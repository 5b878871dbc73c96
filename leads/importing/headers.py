"""Which row is the header: below title rows, or absent. And names for columns: distinct, never blank."""

from collections import Counter
from collections.abc import Sequence

from leads.importing.content import looks_like_value
from leads.importing.exported import is_reference
from leads.importing.fields import is_known_header
from leads.importing.text import cell, one_line

SEARCHED_RECORDS = 30
FILLED_SHARE = 0.5
VALUE_SHARE = 0.1
SURELY_KNOWN = 3
"""No row of data holds so many names of columns; some of its other names may be whole questions of a survey."""


def find_header(records: Sequence[Sequence[str]]) -> int | None:
    """Index of the header among the first records; None when the data begin at once."""
    rows = [[cell(text) for text in cells] for cells in records[:SEARCHED_RECORDS]]
    ours = next((at for at, cells in enumerate(rows) if any(map(is_reference, cells))), None)
    if ours is not None:
        return ours
    width = usual_width(rows)
    candidates = [at for at, cells in enumerate(rows) if _could_be_header(cells, width)]
    needed = 2 if width > 3 else 1
    best = next((at for at in candidates if _known(rows[at]) >= needed), None)
    if best is not None:
        return best + 1 if _is_second_line(best + 1, rows, candidates) else best
    first = next((at for at, cells in enumerate(rows) if _filled(cells) >= max(1, width * FILLED_SHARE)), None)
    return first if first is not None and first in candidates else None


def has_known_header(records: Sequence[Sequence[str]]) -> bool:
    """Whether the header found is one of a list of leads: two names of columns that we know."""
    at = find_header(records)
    return at is not None and _known([cell(text) for text in records[at]]) >= 2


def _is_second_line(at: int, rows: Sequence[Sequence[str]], candidates: Sequence[int]) -> bool:
    """A header over two lines names groups first (連絡先), then the columns (電話番号, FAX): the second one counts."""
    return at in candidates and _known(rows[at]) >= max(2, _known(rows[at - 1]))


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """The most common number of cells among rows that hold anything; the larger one on a tie."""
    widths = Counter(len(cells) for cells in rows if any(cells))
    return max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 0


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for text in cells if text)


def _known(cells: Sequence[str]) -> int:
    return sum(1 for text in cells if is_known_header(text))


def _could_be_header(cells: Sequence[str], width: int) -> bool:
    """About as wide as the data, mostly filled, and (almost) nothing in it is a value, or many names are known."""
    filled = _filled(cells)
    if not filled or filled < width * FILLED_SHARE:
        return False
    values = sum(1 for text in cells if text and looks_like_value(text))
    return values <= filled * VALUE_SHARE or _known(cells) >= max(SURELY_KNOWN, values)


def column_letter(index: int) -> str:
    """0 → A, 26 → AA, as Excel shows it."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def distinct_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Header cells on one line; a blank one gets its letter, a repeated one a number: 電話番号, 電話番号 (2)."""
    names: list[str] = []
    taken: set[str] = set()
    for index, text in enumerate(cells):
        base = " ".join(one_line(cell(text)).split()) or column_letter(index)
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base} ({count})"
        taken.add(name)
        names.append(name)
    return tuple(names)
