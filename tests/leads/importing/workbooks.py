"""Workbooks written by hand, down to the XML: whatever a reader may meet."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def cell_xml(value: str | float) -> str:
    """A text or a number as a cell; what is a cell already stays one."""
    if not isinstance(value, str):
        return f"<c><v>{value}</v></c>"
    return value if value.startswith("<c") else f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def sheet_xml(rows: Sequence[Sequence[str | float]], first: int = 1, merges: Sequence[str] = ()) -> str:
    body = "".join(f'<row r="{number}">{"".join(map(cell_xml, row))}</row>' for number, row in enumerate(rows, first))
    joined = "".join(f'<mergeCell ref="{place}"/>' for place in merges)
    tail = f"<mergeCells>{joined}</mergeCells>" if joined else ""
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData>{tail}</worksheet>'


def workbook(
    *sheets: str, strings: Sequence[str] = (), formats: Mapping[int, str] | None = None, hidden: Sequence[int] = ()
) -> bytes:
    """Sheets S1, S2 … in this order; `strings` are shared, style n shows numbers by `formats[n]`."""
    names = range(1, len(sheets) + 1)
    states = {number: "hidden" if number in hidden else "visible" for number in names}
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" state="{states[n]}" r:id="rId{n}"/>' for n in names)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATION}/worksheet" Target="worksheets/s{n}.xml"/>' for n in names
    )
    root = f'<Relationship Id="r1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}">{root}</Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{listed}</sheets></workbook>',
        **{f"xl/worksheets/s{number}.xml": sheet for number, sheet in zip(names, sheets, strict=True)},
    }
    if strings:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{"".join(strings)}</sst>'
    if formats:
        parts["xl/styles.xml"] = _styles(formats)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _styles(formats: Mapping[int, str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{163 + style}" formatCode="{escape(code, {chr(34): "&quot;"})}"/>'
        for style, code in formats.items()
    )
    looks = "".join(f'<xf numFmtId="{163 + style}"/>' for style in formats)
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{looks}</cellXfs></styleSheet>'
    )
