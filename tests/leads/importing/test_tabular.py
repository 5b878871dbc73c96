import datetime as dt
import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.limits import Limits
from leads.importing.problems import RefusedError
from leads.importing.tabular import open_table
from leads.importing.xlsxfile import as_text


def refusal(source: bytes, **options):
    with pytest.raises(RefusedError) as caught:
        list(open_table(source, **options).rows())
    return caught.value.problem


def cells(source: bytes, **options) -> list[list[str]]:
    return [row.cells for row in open_table(source, **options).rows() if row.problem is None]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_delimiter_is_found(delimiter):
    text = '会社名,電話番号,備考\n山田商店,0312345678,"a;b,c\td"\n'
    source = text.replace(",", delimiter).replace(f"b{delimiter}c", "b,c").encode()
    table = open_table(source)
    assert table.delimiter == delimiter
    assert [len(row.cells) for row in table.rows()] == [3]


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_list_is_read_in_every_encoding(codec):
    rows = [["会社名", "電話番号"], ["㈱髙﨑商店", "03-1234-5678"], ["複数行\r\nの会社", "-"]]
    text = "".join("\t".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)
    table = open_table(text.encode(codec))
    assert table.header == ("会社名", "電話番号")
    assert [(row.line, row.cells) for row in table.rows()] == [(2, rows[1]), (3, rows[2])]


def test_excel_delimiter_hint_is_followed_and_skipped():
    table = open_table("sep=;\r\n会社名;電話番号\r\n山田;031\r\n".encode())
    assert (table.header, table.header_line, [row.line for row in table.rows()]) == (("会社名", "電話番号"), 2, [3])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_are_counted_in_every_newline(newline):
    text = f'会社名,備考{newline}A,"一行目{newline}二行目"{newline}B,x{newline}'
    assert [(row.line, row.cells[0]) for row in open_table(text.encode()).rows()] == [(2, "A"), (4, "B")]


def test_rows_can_be_resumed_after_a_line():
    table = open_table("会社名,備考\nA,1\nB,2\nC,3\n".encode())
    assert [row.line for row in table.rows(after_line=3)] == [4]


def test_blank_lines_are_no_rows_but_keep_the_count():
    table = open_table("会社名,備考\n\nA,1\n,\nB,2\n".encode())
    assert [row.line for row in table.rows()] == [3, 5]


@pytest.mark.parametrize(
    ("source", "header", "line", "first"),
    [
        ("会社名,電話番号,備考\nA社,03,x\n", ("会社名", "電話番号", "備考"), 1, 2),
        ("2026年 顧客リスト,,\n,,\n会社名,電話番号,備考\nA社,03,x\n", ("会社名", "電話番号", "備考"), 3, 4),
        ("出力日,2026/4/1\n会社名,電話番号,備考\nA社,03,x\n", ("会社名", "電話番号", "備考"), 2, 3),
        ("foo,bar\n1,2\n", ("foo", "bar"), 1, 2),
        ("株式会社山田商店,東京都千代田区,03-1234-5678\n㈱佐藤,大阪府大阪市,06-1234-5678\n", ("A", "B", "C"), None, 1),
        ("会社名,,電話番号,電話番号,\nA,b,1,2,\n", ("会社名", "B", "電話番号", "電話番号 (2)"), 1, 2),
    ],
)
def test_header_is_found_or_made(source, header, line, first):
    table = open_table(source.encode())
    assert (table.header, table.header_line, next(table.rows()).line) == (header, line, first)


def test_header_line_can_be_chosen():
    source = "会社名,電話番号\nfoo,bar\nA,1\n".encode()
    assert open_table(source, header_line=2).header == ("foo", "bar")
    assert open_table(source, header_line=None).header == ("A", "B")
    assert refusal(source, header_line=9).code == "header_line_missing"


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        ("A,1", "row_too_short", "備考"),
        ("A,1,x,y", "row_too_long", "D"),
        ('A,1 "2" 3,x', "quote_stray", "電話番号"),
        ("A,1," + "あ" * 40_000, "cell_too_long", "備考"),
    ],
)
def test_bad_row_is_told_by_line_and_column_and_others_stay(row, code, column):
    rows = list(open_table(f"会社名,電話番号,備考\n前,1,x\n{row}\n後,2,y\n".encode()).rows())
    assert [r.cells[0] for r in rows if r.problem is None] == ["前", "後"]
    assert (rows[1].problem.code, rows[1].problem.line, rows[1].problem.column) == (code, 3, column)


def test_trailing_blank_cells_are_no_error():
    assert cells("会社名,備考\nA,x,,\n".encode()) == [["A", "x"]]


@pytest.mark.parametrize(
    ("body", "code", "line", "column"),
    [
        ('A,"開いたまま,x\nB,1,2\n', "quote_unclosed", 3, "電話番号"),
        ('A,"途中の" 引用符",x\nB,1,2\n', "quote_broken", 3, "電話番号"),
        ('A,1,"' + "い" * 200_000 + '"\n', "cell_endless", 3, "備考"),
    ],
)
def test_file_that_falls_apart_is_refused_at_its_place(body, code, line, column):
    problem = refusal(f"会社名,電話番号,備考\n前,1,x\n{body}".encode())
    assert (problem.code, problem.line, problem.column) == (code, line, column)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(file_bytes=10), "file_too_big"),
        (Limits(rows=1), "too_many_rows"),
        (Limits(columns=1), "too_many_columns"),
        (Limits(record_chars=8), "record_too_long"),
    ],
)
def test_limits_are_named(limits, code):
    assert refusal("会社名,電話番号\nA,1\nB,2\n".encode(), limits=limits).code == code


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"%PDF-1.7 ...", "format_pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "format_xls"),
        (b"\n\n<!DOCTYPE html><html>", "format_html"),
        (b"<?xml version='1.0'?>", "format_xml"),
        (b"\x1f\x8b\x08 gz", "format_archive"),
        (b"\x89PNG\r\n", "format_image"),
        (b"PK\x03\x04 broken", "xlsx_broken"),
        (b"BEGIN:VCARD\n", "format_vcard"),
        (b"\r\n \n", "empty_file"),
    ],
)
def test_file_of_another_kind_is_refused_by_name(source, code):
    assert refusal(source).code == code


PLAIN_CELL = st.text("会社名山田A1-_. ", min_size=1, max_size=8).map(lambda text: "x" + text)
ANY_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=20).map(lambda text: "x" + text)


@given(st.lists(st.lists(ANY_CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_accepted_cells_are_the_written_cells(rows):
    written = [["会社名", "電話番号", "備考"], *rows]
    text = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\r\n" for row in written)
    assert cells(text.encode()) == rows


@given(st.text('ab,";\t\n\r', max_size=80))
def test_any_text_is_read_or_refused_with_a_place(text):
    source = ("会社名,電話番号\n" + text).encode()
    try:
        table = open_table(source)
        rows = list(table.rows())
    except RefusedError:
        assert refusal(source).line
        return
    for row in rows:
        assert (row.problem is None) == (len(row.cells) == len(table.header)) or row.problem.code == "quote_stray"


# --- XLSX -------------------------------------------------------------------------------------------------------------

CONTENT_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def sheet_xml(rows: list[list[str | float]], first: int = 1) -> str:
    body = ""
    for number, row in enumerate(rows, first):
        body += f'<row r="{number}">'
        for index, value in enumerate(row):
            place = f"{'ABCDEFG'[index]}{number}"
            if isinstance(value, str):
                body += f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
            else:
                body += f'<c r="{place}"><v>{value}</v></c>'
        body += "</row>"
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def workbook(*sheets: str) -> bytes:
    names = range(1, len(sheets) + 1)
    listed = "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="rId{n}"/>' for n in names)
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{RELATION}/worksheet" Target="worksheets/s{n}.xml"/>' for n in names
    )
    root = f'<Relationship Id="r1" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{PACKAGE}">{root}</Relationships>')
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>')
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets>{listed}</sheets></workbook>'
        )
        for number, sheet in zip(names, sheets, strict=True):
            archive.writestr(f"xl/worksheets/s{number}.xml", sheet)
    return out.getvalue()


def test_workbook_is_read_by_content():
    source = workbook(
        sheet_xml([["会社名", "電話番号"], ["山田商店", 312345678], ["佐藤商店", "06-1234-5678"]], first=3)
    )
    table = open_table(source)
    assert (table.format, table.encoding, table.sheet, table.header_line) == ("xlsx", None, "S1", 3)
    assert [(row.line, row.cells) for row in table.rows()] == [
        (4, ["山田商店", "312345678"]),
        (5, ["佐藤商店", "06-1234-5678"]),
    ]


def test_workbook_names_the_sheets_it_leaves_out():
    filled = sheet_xml([["会社名", "電話番号"], ["山田商店", "031"]])
    table = open_table(workbook(sheet_xml([]), filled, filled))
    assert table.sheet == "S2"
    assert [(note.code, note.params["sheets"]) for note in table.warnings] == [("other_sheets", "S3")]


def test_workbook_beyond_limits_is_refused_before_it_is_unpacked():
    source = workbook(sheet_xml([["会社名" * 50] * 3] * 2_000))
    assert refusal(source, limits=Limits(unpacked_bytes=100_000)).code == "xlsx_too_big"
    assert refusal(source, limits=Limits(unpack_ratio=2, ratio_from_bytes=1_000)).code == "xlsx_too_dense"
    assert refusal(source, limits=Limits(archive_entries=3)).code == "xlsx_too_many_parts"


def test_workbook_with_a_lying_directory_is_refused():
    source = bytearray(workbook(sheet_xml([["会社名", "電話番号"], *[["山田商店", "031"]] * 500])))
    at = source.rfind(b"PK\x01\x02")
    struct.pack_into("<I", source, at + 24, 100)  # the sheet's unpacked size in the directory
    assert refusal(bytes(source)).code == "xlsx_broken"


@pytest.mark.parametrize(
    ("name", "code"),
    [("xl/workbook.bin", "format_xlsb"), ("word/document.xml", "format_document"), ("list.csv", "format_archive")],
)
def test_archive_of_something_else_is_refused_by_name(name, code):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    assert refusal(out.getvalue()).code == code


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (312345678.0, "312345678"),
        (5070001000715.0, "5070001000715"),
        (1.5, "1.5"),
        (True, "TRUE"),
        (dt.datetime(2026, 4, 1), "2026-04-01"),  # noqa: DTZ001
        (dt.datetime(2026, 4, 1, 10, 30), "2026-04-01 10:30:00"),  # noqa: DTZ001
        (dt.date(2026, 4, 1), "2026-04-01"),
        (dt.time(9, 5), "09:05:00"),
    ],
)
def test_sheet_values_become_what_a_person_would_type(value, text):
    assert as_text(value) == text
