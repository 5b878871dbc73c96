import io
import struct
import tracemalloc
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.limits import Limits
from leads.importing.numberformats import Look, look_of, number_text
from leads.importing.problems import RefusedError
from leads.importing.tabular import open_table
from tests.leads.importing.workbooks import cell_xml, sheet_xml, workbook


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


def test_title_page_is_not_taken_for_the_list():
    cover = sheet_xml([["2026年度 顧客リスト"], ["作成：営業企画部"]])
    table = open_table(workbook(cover, sheet_xml([["会社名", "電話番号"], ["山田商店", "031"]])))
    assert (table.sheet, cells_of(table)) == ("S2", [["山田商店", "031"]])
    assert table.warnings[0].params == {"sheet": "S2", "sheets": "S1"}


def cells_of(table) -> list[list[str]]:
    return [row.cells for row in table.rows() if row.problem is None]


HEADER = ["会社名", "氏名", "電話番号"]


def test_what_a_person_sees_is_read():
    """Strings with furigana and runs, escapes, booleans, formulas' results, dates and codes by their format."""
    strings = [
        "<si><t>山田商店</t><rPh sb='0' eb='2'><t>ヤマダ</t></rPh></si>",
        "<si><r><t>佐藤</t></r><r><t xml:space='preserve'> 花子</t></r></si>",
        "<si><t>一行目_x000D_\n二行目</t></si>",
    ]
    rows = [
        ["会社名", "氏名", "電話番号", "登録日", "備考"],
        [
            '<c t="s"><v>0</v></c>',
            '<c t="s"><v>1</v></c>',
            '<c s="1"><v>312345678</v></c>',
            '<c s="2"><v>46113</v></c>',
            '<c t="s"><v>2</v></c>',
        ],
        [
            '<c t="str"><f>A2&amp;"X"</f><v>山田商店X</v></c>',
            '<c t="b"><v>1</v></c>',
            '<c t="e"><v>#N/A</v></c>',
            '<c t="d"><v>2026-04-01</v></c>',
            '<c t="str"><f>""</f><v></v></c>',
        ],
    ]
    formats = {1: "0000000000", 2: "yyyy/m/d"}
    table = open_table(workbook(sheet_xml(rows), strings=strings, formats=formats))
    assert cells_of(table) == [
        ["山田商店", "佐藤 花子", "0312345678", "2026-04-01", "一行目\r\n二行目"],
        ["山田商店X", "TRUE", "#N/A", "2026-04-01", ""],
    ]
    assert [(note.code, note.params["count"]) for note in table.warnings] == [("cells_in_error", 1)]


def test_formula_nobody_has_calculated_is_refused_at_its_cell():
    rows = [[*map(cell_xml, HEADER)], [cell_xml("山田商店"), "<c><f>B1</f></c>", cell_xml("031")]]
    (row,) = open_table(workbook(sheet_xml(rows))).rows()
    assert (row.problem.code, row.problem.line, row.problem.column) == ("formula_uncalculated", 2, "氏名")


def test_value_of_joined_cells_stands_on_each_of_their_rows():
    rows = [HEADER, ["山田商店", "山田", "031"], ["", "佐藤", "032"], ["", "鈴木", "033"], ["高橋商店", "高橋", "034"]]
    table = open_table(workbook(sheet_xml(rows, merges=["A2:A4", "A1:B1"])))
    assert [row[0] for row in cells_of(table)] == ["山田商店"] * 3 + ["高橋商店"]
    assert [(note.code, note.params["count"]) for note in table.warnings] == [("cells_merged", 1)]


def test_second_line_of_a_joined_header_is_the_header():
    rows = [["会社名", "連絡先", ""], ["", "電話番号", "FAX"], ["山田商店", "031", "032"]]
    table = open_table(workbook(sheet_xml(rows, merges=["A1:A2", "B1:C1"])))
    assert (table.header, table.header_line) == (("会社名", "電話番号", "FAX"), 2)
    assert cells_of(table) == [["山田商店", "031", "032"]]


def test_hidden_rows_are_read_and_told():
    sheet = sheet_xml([HEADER, ["山田商店", "山田", "031"]]).replace('<row r="2">', '<row r="2" hidden="1">')
    table = open_table(workbook(sheet))
    assert [(note.code, note.params["count"]) for note in table.warnings] == [("rows_hidden", 1)]
    assert len(cells_of(table)) == 1


def test_sheet_beside_a_hidden_one_is_read():
    source = workbook(sheet_xml([HEADER, ["秘密", "x", "1"]]), sheet_xml([HEADER, ["山田商店", "x", "1"]]), hidden=(1,))
    table = open_table(source)
    assert (table.sheet, table.warnings) == ("S2", ())


def test_cell_at_the_far_corner_costs_nothing():
    """A reader that lays a sheet out as a grid asks for 512 GiB here."""
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    source = workbook(sheet_xml([HEADER, ["山田商店", "山田", "031"]]).replace("</sheetData>", far))
    problem = refusal(source)
    assert (problem.code, problem.line, problem.column) == ("too_many_columns", 1_048_576, "SG")


def test_cell_without_end_is_refused_not_gathered():
    source = workbook(sheet_xml([HEADER, ["山田商店", "あ" * 200_000, "031"], ["佐藤商店", "佐藤", "032"]]))
    bad, good = open_table(source).rows()
    assert (bad.problem.code, bad.problem.line, bad.problem.column) == ("cell_too_long", 2, "氏名")
    assert len(bad.cells[1]) == 32_768
    assert good.problem is None


@pytest.mark.parametrize(
    "broken",
    [
        lambda sheet: sheet.replace("<sheetData>", "<!DOCTYPE x [<!ENTITY a 'b'>]><sheetData>"),
        lambda sheet: '<!DOCTYPE x [<!ENTITY a "bbbb">]>' + sheet.partition("?>")[2].replace("山田", "&a;"),
        lambda sheet: sheet[: len(sheet) // 2],
        lambda sheet: sheet.replace('r="2"', 'r="0"'),
        lambda sheet: sheet.replace("<v>7</v>", '</c><c t="s"><v>9</v>'),
    ],
    ids=["doctype inside", "doctype", "cut", "rows out of order", "string that is not there"],
)
def test_broken_sheet_is_refused(broken):
    sheet = sheet_xml([HEADER, ["山田商店", "山田", 7], ["佐藤商店", "佐藤", "032"]])
    assert open_table(workbook(sheet)).header == tuple(HEADER)
    assert refusal(workbook(broken(sheet))).code == "xlsx_broken"


def bomb() -> bytes:
    """A workbook of 469 KiB or so that unpacks to hundreds of megabytes."""
    row = '<row><c t="inlineStr"><is><t>' + "0" * 1_000 + "</t></is></c></row>"
    out = io.BytesIO(workbook(sheet_xml([HEADER, ["山田商店", "山田", "031"]])))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/worksheets/s2.xml", "w") as part:
        for _ in range(150):
            part.write(row.encode() * 1_000)
    return out.getvalue()


def peak_of(act) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_bomb_is_refused_by_its_directory_alone():
    source = bomb()
    assert len(source) < 500_000
    assert peak_of(lambda: refusal(source)) < 2 << 20
    assert refusal(source).code == "xlsx_too_big"


def test_rows_of_a_sheet_are_streamed():
    """Twenty thousand rows, two megabytes of text, need no more memory than two hundred."""

    def read(count: int) -> None:
        table = open_table(made[count])
        assert sum(1 for _ in table.rows()) == count

    made = {
        count: workbook(sheet_xml([HEADER, *[["山田商店" * 6, n, "031"] for n in range(count)]]))
        for count in (200, 20_000)
    }
    assert peak_of(lambda: read(20_000)) < peak_of(lambda: read(200)) + (2 << 20)


def test_directory_that_understates_its_entries_is_not_believed():
    source = bytearray(workbook(sheet_xml([HEADER])))
    at = source.rfind(b"PK\x05\x06")
    struct.pack_into("<HI", source, at + 10, 1, 1 << 30)
    assert refusal(bytes(source)).code == "xlsx_too_many_parts"


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
    ("stored", "number", "code", "text"),
    [
        ("312345678", 0, "", "312345678"),
        ("312345678.0", 0, "", "312345678"),
        ("3.12345678E8", 0, "General", "312345678"),
        ("5070001000715", 1, "", "5070001000715"),
        ("1.1000000000000001", 0, "", "1.1"),
        ("0.125", 10, "", "12.5%"),
        ("0.3", 164, "0%", "30%"),
        ("46113", 14, "", "2026-04-01"),
        ("46113.4375", 22, "", "2026-04-01 10:30:00"),
        ("46113", 58, "", "2026-04-01"),
        ("46113", 164, '[$-411]ggge"年"m"月"d"日"', "2026-04-01"),
        ("46113", 164, "yyyy/mm/dd;@", "2026-04-01"),
        ("0.37847222222222221", 20, "", "09:05:00"),
        ("1", 14, "", "1900-01-01"),
        ("59", 14, "", "1900-02-28"),
        ("61", 14, "", "1900-03-01"),
        ("-1", 14, "", "-1"),
        ("99999999", 14, "", "99999999"),
        ("46113", 164, '#,##0"日"', "46113"),
        ("46113", 164, "[Red]#,##0", "46113"),
        ("46113", 164, "[h]:mm", "46113"),
        ("46113", 164, "0.00E+00", "46113"),
        ("600001", 164, "[<=999]000;[<=9999]000\\-00;000\\-0000", "060-0001"),
        ("312345678", 164, "0000000000", "0312345678"),
        ("312345678", 164, "00-0000-0000", "03-1234-5678"),
        ("1.5", 164, "0000", "1.5"),
        ("abc", 0, "", "abc"),
    ],
)
def test_numbers_become_what_a_person_would_type(stored, number, code, text):
    assert number_text(stored, look_of(number, code)) == text


def test_mac_workbook_counts_its_days_from_1904():
    assert number_text("44651", Look.DATE, is_1904=True) == "2026-04-01"
