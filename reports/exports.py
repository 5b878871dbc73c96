"""CSV that spreadsheets open as it is meant: a byte-order mark, every cell quoted, no cell a formula. Pure."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

BOM = "\ufeff"
FORMULA_SIGNS = "=+-@"
# A leading ' is doubled too, so that the import, which takes one off, gives back what was there.
PROTECTED = FORMULA_SIGNS + "'"
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}
FORBIDDEN_IN_NAMES = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\x7f]+')
NAME_LIMIT = 120


def neutralised(text: str) -> str:
    """`text` with a leading ' where a spreadsheet might read a formula.

    Decided on the first character a reader would see, folded by NFKC: ＝, ＋ and ⁺ count as = and +, and no blank or
    invisible character in front hides them.
    """
    visible = next((sign for sign in text if unicodedata.category(sign) not in INVISIBLE), "")
    folded = unicodedata.normalize("NFKC", visible).strip()
    is_risky = folded[:1] in PROTECTED if folded else False
    return f"'{text}" if is_risky or text[:1] in ("\t", "\r", "\n") else text


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
