"""Sheets of a workbook as rows of text, streamed: memory stays flat, and a hostile sheet costs no more than its size.

Values are those a person sees: cached results of formulas, dates by their format, a merged cell's value on each of its
rows, no furigana. What cannot be told from the file (a formula nobody has calculated) is named, never left blank.
"""

import posixpath
import re
import struct
import zipfile
import zlib
from array import array
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from leads.importing.headers import column_letter
from leads.importing.limits import Limits
from leads.importing.numberformats import Look, Shown, look_of, number_text
from leads.importing.problems import Problem, RefusedError
from leads.importing.sources import Source, open_binary

CHUNK = 1 << 16
LAST_ROW = 1_048_576
MOST_MERGES = 100_000
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\b[^<>]*?\shidden="(?:1|true)"')
ERROR_CELL = re.compile(rb'<(?:\w+:)?c\b[^<>]*?\st="e"')
MERGE = re.compile(rb'<(?:\w+:)?mergeCell\b[^<>]*?\sref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    EOFError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
    NotImplementedError,
    struct.error,
)


class Merge(NamedTuple):
    """Cells of one column, joined over several rows."""

    first: int
    last: int
    column: int


class Survey(NamedTuple):
    """What is worth knowing of a sheet before it is read, found in one pass over its bytes."""

    hidden_rows: int
    error_cells: int
    merges: tuple[Merge, ...]


class SheetRow(NamedTuple):
    """A row by its number as Excel shows it."""

    line: int
    cells: list[str]
    problem: Problem | None = None


@contextmanager
def _or_broken(place: Callable[[], int | None] = lambda: None) -> Iterator[None]:
    """Whatever a damaged archive makes the libraries raise is one refusal."""
    try:
        yield
    except BROKEN:
        raise RefusedError("xlsx_broken", line=place()) from None


class Workbook:
    """An archive that `check_archive` let pass. Opens its parts anew for each reading, and holds only the strings."""

    def __init__(self, source: Source, limits: Limits):
        self.source, self.limits = source, limits
        self.is_1904 = False
        self._listed: list[tuple[str, str]] = []
        self._surveys: dict[str, Survey] = {}
        with _or_broken():
            self._scan("xl/workbook.xml", self._list_sheet)
            self._looks = self._read_looks()
            self.sheets = self._visible_sheets()

    def rows(self, sheet: str) -> Iterator[SheetRow]:
        """Rows that hold a cell, in order. Raises RefusedError at the row where the sheet falls apart."""
        reading = _SheetReading(self, sheet)
        with _or_broken(lambda: reading.line + 1), self._open(self.sheets[sheet]) as stream:
            while chunk := stream.read(CHUNK):
                reading.parser.Parse(chunk)
                yield from reading.take()
            reading.parser.Parse(b"", True)
            yield from reading.take()

    def survey(self, sheet: str) -> Survey:
        """What the sheet hides or could not reckon, and where cells are joined. Its part is read to the end once."""
        if sheet not in self._surveys:
            self._surveys[sheet] = self._survey(sheet)
        return self._surveys[sheet]

    def _survey(self, sheet: str) -> Survey:
        hidden = errors = 0
        merges: set[Merge] = set()
        with _or_broken(), self._open(self.sheets[sheet]) as stream:
            for part in _whole_tags(stream):
                hidden += len(HIDDEN_ROW.findall(part)) if b"hidden=" in part else 0
                errors += len(ERROR_CELL.findall(part)) if b't="e"' in part else 0
                merges.update(_merges(part) if b"mergeCell" in part else ())
                if len(merges) > MOST_MERGES:
                    raise RefusedError("xlsx_too_many_parts", limit=MOST_MERGES)
        return Survey(hidden, errors, tuple(sorted(merges)))

    def look(self, style: str | None) -> Shown:
        at = int(style) if style else 0
        return self._looks[at] if at < len(self._looks) else Look.PLAIN

    @cached_property
    def strings(self) -> "_Strings":
        found = _Strings(self.limits.cell_chars)
        name = next((name for name in self._names() if name.lower() == "xl/sharedstrings.xml"), "")
        if name:
            with self._open(name) as stream:
                found.read(stream)
        return found

    def _names(self) -> list[str]:
        with open_binary(self.source) as stream, zipfile.ZipFile(stream) as archive:
            return archive.namelist()

    @contextmanager
    def _open(self, name: str) -> Iterator[BinaryIO]:
        with open_binary(self.source) as stream, zipfile.ZipFile(stream) as archive, archive.open(name) as part:
            yield part

    def _scan(self, name: str, meet: Callable[[str, dict[str, str]], None]) -> None:
        """Show every element of a small part to `meet`."""
        parser = _parser()
        parser.StartElementHandler = lambda tag, attributes: meet(_local(tag), attributes)
        with self._open(name) as stream:
            while chunk := stream.read(CHUNK):
                parser.Parse(chunk)
            parser.Parse(b"", True)

    def _list_sheet(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "workbookPr":
            self.is_1904 = attributes.get("date1904") in ("1", "true")
        elif tag == "sheet" and attributes.get("state", "visible") == "visible":
            link = next((value for name, value in attributes.items() if _local(name) == "id"), "")
            self._listed.append((attributes["name"], link))

    def _visible_sheets(self) -> dict[str, str]:
        """Name → part, in the order of the tabs; charts and macros are no sheets."""
        parts: dict[str, str] = {}

        def link(tag: str, attributes: dict[str, str]) -> None:
            if tag == "Relationship" and attributes["Type"].endswith("/worksheet"):
                parts[attributes["Id"]] = posixpath.normpath(posixpath.join("/xl", attributes["Target"]))[1:]

        self._scan("xl/_rels/workbook.xml.rels", link)
        return {name: parts[identifier] for name, identifier in self._listed if identifier in parts}

    def _read_looks(self) -> list[Shown]:
        """How each cell style shows a number."""
        codes: dict[int, str] = {}
        looks: list[Shown] = []
        inside = [""]

        def meet(tag: str, attributes: dict[str, str]) -> None:
            if tag == "numFmt":
                codes[int(attributes["numFmtId"])] = attributes["formatCode"]
            elif tag in ("cellStyleXfs", "cellXfs", "cellStyles"):
                inside[0] = tag
            elif tag == "xf" and inside[0] == "cellXfs":
                number = int(attributes.get("numFmtId", 0))
                looks.append(look_of(number, codes.get(number, "")))

        if "xl/styles.xml" in self._names():
            self._scan("xl/styles.xml", meet)
        return looks


class _Strings:
    """Shared strings, packed: a list of a million Python strings would weigh several times as much."""

    def __init__(self, limit: int):
        self.limit = limit
        self.packed = bytearray()
        self.ends = array("Q")
        self.room = 0
        self.reading = self.is_phonetic = False

    def __getitem__(self, at: int) -> str:
        if at < 0:
            raise IndexError(at)
        return self.packed[self.ends[at - 1] if at else 0 : self.ends[at]].decode("utf-8", "surrogatepass")

    def read(self, stream: BinaryIO) -> None:
        parser = _parser()
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if tag == "si":
            self.room = self.limit + 1
        elif tag == "rPh":
            self.is_phonetic = True
        elif tag == "t":
            self.reading = not self.is_phonetic

    def _end(self, tag: str) -> None:
        tag = _local(tag)
        if tag == "si":
            self.ends.append(len(self.packed))
        elif tag == "rPh":
            self.is_phonetic = False
        elif tag == "t":
            self.reading = False

    def _text(self, text: str) -> None:
        if self.reading and self.room > 0:
            self.packed += text[: self.room].encode("utf-8", "surrogatepass")
            self.room -= len(text)


class _SheetReading:
    """Expat's events of one sheet, gathered to rows."""

    def __init__(self, book: Workbook, sheet: str):
        self.book, self.limits = book, book.limits
        self.found: list[SheetRow] = []
        self.line = self.column = 0
        self.cells: list[str] = []
        self.problem: Problem | None = None
        self.kind, self.style = "n", None
        self.pieces: list[str] = []
        self.length = 0
        self.reading = self.is_phonetic = self.has_value = self.has_formula = False
        self.merges = _Merges(book.survey(sheet).merges)
        self.parser = _parser()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._text

    def take(self) -> list[SheetRow]:
        found, self.found = self.found, []
        return found

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = _local(tag)
        if tag == "c":
            self._start_cell(attributes)
        elif tag in ("v", "t"):
            self.has_value, self.reading = True, not self.is_phonetic
        elif tag == "f":
            self.has_formula = True
        elif tag == "row":
            self._start_row(attributes)
        elif tag == "rPh":
            self.is_phonetic = True

    def _end(self, tag: str) -> None:
        tag = _local(tag)
        if tag == "c":
            self._end_cell()
        elif tag in ("v", "t"):
            self.reading = False
        elif tag == "row":
            self.merges.fill(self.line, self.cells)
            if self.cells or self.problem:
                self.found.append(SheetRow(self.line, self.cells, self.problem))
        elif tag == "rPh":
            self.is_phonetic = False

    def _text(self, text: str) -> None:
        if self.reading and self.length <= self.limits.cell_chars:
            self.pieces.append(text)
            self.length += len(text)

    def _start_row(self, attributes: dict[str, str]) -> None:
        line = int(attributes.get("r", self.line + 1))
        if not self.line < line <= LAST_ROW:
            raise ValueError(line)
        self.line, self.column = line, -1
        self.cells, self.problem = [], None

    def _start_cell(self, attributes: dict[str, str]) -> None:
        place = attributes.get("r")
        self.column = column_index(place.rstrip("0123456789")) if place else self.column + 1
        self.kind, self.style = attributes.get("t", "n"), attributes.get("s")
        self.pieces, self.length = [], 0
        self.has_value = self.has_formula = False

    def _end_cell(self) -> None:
        if self.has_formula and not self.has_value:
            self.problem = self.problem or Problem("formula_uncalculated", self.line, params={"index": self.column})
        text = self._cell() if self.has_value else ""
        if not text:
            return
        if self.column >= self.limits.columns:
            last = self.limits.columns
            raise RefusedError(
                "too_many_columns", line=self.line, column=column_letter(last), limit=last, found=self.column + 1
            )
        self.cells.extend([""] * (self.column + 1 - len(self.cells)))
        self.cells[self.column] = text

    def _cell(self) -> str:
        text = "".join(self.pieces)[: self.limits.cell_chars + 1]
        if self.kind == "n":
            return number_text(text, self.book.look(self.style), is_1904=self.book.is_1904) if text else ""
        if self.kind == "s":
            text = self.book.strings[int(text)] if text else ""
        elif self.kind == "b":
            return "TRUE" if text.strip() in ("1", "true") else "FALSE"
        return ESCAPED.sub(_unescaped, text) if "_x" in text else text


class _Merges:
    """Joined cells on their way down: the value of the first row stands on all of them."""

    def __init__(self, merges: tuple[Merge, ...]):
        self.coming = list(reversed(merges))
        self.open: list[tuple[int, int, str]] = []

    def fill(self, line: int, cells: list[str]) -> None:
        if self.open:
            self.open = [item for item in self.open if item[0] >= line]
            for _, column, text in self.open:
                cells.extend([""] * (column + 1 - len(cells)))
                cells[column] = cells[column] or text
        while self.coming and self.coming[-1].first <= line:
            merge = self.coming.pop()
            text = cells[merge.column] if merge.column < len(cells) and merge.first == line else ""
            if text:
                insort(self.open, (merge.last, merge.column, text))


def _parser() -> expat.XMLParserType:
    """Without document types, so without entities: no workbook has any."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    return parser


def _refuse_doctype(*_about: object) -> None:
    raise RefusedError("xlsx_broken")


@lru_cache(maxsize=256)
def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


@lru_cache(maxsize=1024)
def column_index(letters: str) -> int:
    """A → 0, AA → 26."""
    if not 1 <= len(letters) <= 3 or not letters.isascii() or not letters.isupper():
        raise ValueError(letters)
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found.group(1), 16))


def _whole_tags(stream: BinaryIO) -> Iterator[bytes]:
    """The bytes in pieces that never cut a tag in two."""
    tail = b""
    while chunk := stream.read(4 * CHUNK):
        piece = tail + chunk
        cut = piece.rfind(b"<")
        tail = piece[cut:][-CHUNK:] if cut >= 0 else b""
        yield piece[:cut] if cut >= 0 else piece
    yield tail


def _merges(part: bytes) -> Iterator[Merge]:
    """One for each merge over several rows; merges along a row keep their value in the first column."""
    for left, first, _, last in MERGE.findall(part):
        if int(last) > int(first):
            yield Merge(int(first), int(last), column_index(left.decode()))
