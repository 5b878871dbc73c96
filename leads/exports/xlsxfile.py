"""XLSX as it is read: one sheet of text cells, made and sent row by row, so that memory stays flat.

Cells and columns carry the format "text": a number typed over keeps its first zero. No cell is ever a formula.
"""

import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from leads.exports.cells import neutralised

ROWS = 1_048_576
"""What a sheet holds, the header included."""

CELL_CHARS = 32_767
ROWS_AT_ONCE = 200
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ESCAPE_LIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Yu Gothic"/></font>'
    '<font><b/><sz val="11"/><name val="Yu Gothic"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
TEXT, HEADING = 1, 2
"""Indexes of `cellXfs` above; number format 49 is "text"."""

SHEET = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="{width}" width="18" style="1" customWidth="1"/></cols><sheetData>'
)
SHEET_END = "</sheetData></worksheet>"


def xlsx_parts(header: Sequence[str], rows: Iterable[Sequence[str]], *, sheet: str = "Sheet1") -> Iterator[bytes]:
    """The file in pieces, the header first."""
    sink = _Sink()
    letters = [_letter(index) for index in range(len(header))]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in PARTS.items():
            archive.writestr(name, content.replace("{sheet}", escape(sheet)))
        with archive.open("xl/worksheets/sheet1.xml", "w") as part:
            part.write(SHEET.replace("{width}", str(max(1, len(header)))).encode())
            part.write(_row(1, header, letters, HEADING).encode())
            numbered = enumerate(rows, 2)
            while taken := list(itertools.islice(numbered, ROWS_AT_ONCE)):
                part.write("".join(_row(number, cells, letters, TEXT) for number, cells in taken).encode())
                yield sink.taken()
            part.write(SHEET_END.encode())
    yield sink.taken()


class _Sink:
    """Where the archive goes until it is taken away; it cannot seek, so the archive never looks back."""

    def __init__(self):
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def taken(self) -> bytes:
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data


def _row(number: int, cells: Sequence[str], letters: Sequence[str], style: int) -> str:
    filled = "".join(
        f'<c r="{letter}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{_text(cell)}</t></is></c>'
        for letter, cell in zip(letters, cells, strict=True)
        if cell
    )
    return f'<row r="{number}">{filled}</row>'


def _text(cell: str) -> str:
    text = neutralised(NOT_XML.sub("", cell).replace("\r\n", "\n").replace("\r", "\n"))
    if "_x" in text:
        text = ESCAPE_LIKE.sub("_x005F_", text)
    return escape(text[:CELL_CHARS])


def _letter(index: int) -> str:
    letters, rest = "", index + 1
    while rest:
        rest, place = divmod(rest - 1, 26)
        letters = chr(ord("A") + place) + letters
    return letters
