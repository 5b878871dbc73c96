"""Lists as they are published, and reader suites with their truth: read whole, or refused with a reason and a place."""

import itertools
import json
from collections import Counter, defaultdict

import pytest

from leads.importing.cleaned import CleanRow, RowErrors
from leads.importing.identifiers import domain_of
from leads.importing.keys import KnownCompany, company_hints, company_keys, pairs_among, shared_by_companies
from leads.importing.mapping import ColumnMapping, propose
from leads.importing.messages import render
from leads.importing.problems import Problem, RefusedError
from leads.importing.rows import RowCleaner
from leads.importing.tabular import Table, open_table

pytestmark = pytest.mark.realdata

SUITES = "nasty/sineemore", "nasty/spectrum"


def proposed(table: Table) -> ColumnMapping:
    return ColumnMapping.from_proposals(propose(table.header, table.sample(100)))


def cleaned_rows(table: Table) -> list[CleanRow | RowErrors]:
    cleaner = RowCleaner(proposed(table))
    return [cleaner.clean(row.line, row.cells) for row in table.rows() if row.problem is None]


def columns_of(table: Table) -> dict[str, str | None]:
    mapping = proposed(table)
    return {header: field for header, field in zip(mapping.header, mapping.fields, strict=True) if field}


@pytest.mark.parametrize(
    ("name", "encoding", "header_line", "columns", "rows"),
    [
        ("facilities_cp932", "cp932", 1, 29, 10_386),
        ("edinet_preamble_cp932", "cp932", 2, 13, 7_675),
        ("jigyosyo_no_header_cp932", "cp932", None, 13, 22_416),
        ("pref_aichi", "utf-8", 1, 23, 254),
        ("pref_hokkaido", "utf-8", 1, 18, 776),
        ("pref_saga", "utf-8", 1, 12, 149),
        ("pref_saitama", "utf-8", 1, 20, 869),
        ("pref_tokyo", "utf-8", 1, 14, 901),
    ],
)
def test_japanese_list_is_read_whole(data, name, encoding, header_line, columns, rows):
    table = open_table(data / "japan" / f"{name}.csv")
    found = list(table.rows())
    assert (table.encoding.name, table.delimiter, table.header_line) == (encoding, ",", header_line)
    assert (len(table.header), len(found)) == (columns, rows)
    assert not any(row.problem for row in found)
    assert proposed(table).problems() == ()
    assert all(isinstance(row, CleanRow) for row in cleaned_rows(table))


@pytest.mark.parametrize(
    ("name", "callable_rows"),
    [
        ("facilities_cp932", 10_380),
        ("pref_aichi", 254),
        ("pref_hokkaido", 774),
        ("pref_saga", 148),
        ("pref_saitama", 869),
        ("pref_tokyo", 901),
    ],
)
def test_japanese_list_can_be_called_afterwards(data, name, callable_rows):
    rows = cleaned_rows(open_table(data / "japan" / f"{name}.csv"))
    assert sum(row.is_callable for row in rows) >= callable_rows


def test_corporation_and_office_columns_are_mapped(data):
    assert columns_of(open_table(data / "japan" / "facilities_cp932.csv")) == {
        "法人の名称": "company_name",
        "法人の名称_かな": "company_kana",
        "法人番号": "corporate_number",
        "法人住所（市区町村）": "city",
        "法人住所（番地以降）": "address",
        "法人電話番号": "phone_main",
        "法人FAX番号": "fax",
        "法人URL": "url",
        "事業所の名称": "office_name",
        "事業所の名称_かな": "office_kana",
        "事業所電話番号": "phone_office",
        "事業所FAX番号": "fax",
    }


def test_columns_without_header_are_known_by_content(data):
    assert columns_of(open_table(data / "japan" / "jigyosyo_no_header_cp932.csv")) == {
        "B": "company_kana",
        "C": "company_name",
        "D": "prefecture",
        "E": "city",
        "F": "address",
        "G": "address",
        "H": "postal",
    }


def test_preamble_is_told_and_skipped(data):
    table = open_table(data / "japan" / "edinet_preamble_cp932.csv")
    assert [note.code for note in table.warnings] == ["preamble_skipped"]
    assert columns_of(table)["提出者名"] == "company_name"


def test_lost_characters_and_lost_zeros_are_told(data):
    aichi = open_table(data / "japan" / "pref_aichi.csv")
    assert [(note.code, note.params["count"]) for note in aichi.warnings] == [("characters_lost", 6)]
    tokyo = Counter(
        note.code for row in cleaned_rows(open_table(data / "japan" / "pref_tokyo.csv")) for note in row.warnings
    )
    assert tokyo["phone_lost_zero"] > 100


def test_embedded_newline_keeps_the_line_count(data):
    lines = [row.line for row in open_table(data / "japan" / "pref_saga.csv").rows()]
    skipped = [after for before, after in itertools.pairwise(lines) if after != before + 1]
    assert len(skipped) == 1


def test_workbook_named_csv_is_read_as_the_workbook_it_is(data):
    table = open_table(data / "leads" / "really_an_xlsx.csv")
    plain = open_table(data / "leads" / "xeducation_leads.csv")
    assert (table.format, table.header) == ("xlsx", plain.header)
    assert [row.cells[0] for row in table.rows()] == [row.cells[0] for row in plain.rows()]


def test_web_page_named_csv_is_refused(data):
    with pytest.raises(RefusedError) as caught:
        open_table(data / "leads" / "really_html.csv")
    assert caught.value.problem.code == "format_html"


def test_damaged_rows_are_told_by_line_and_not_imported(data):
    rows = list(open_table(data / "leads" / "xeducation_leads_damaged.csv").rows())
    damaged = [row for row in rows if row.problem]
    assert (len(rows), len(damaged)) == (9_240, 338)
    assert {(row.problem.code, row.problem.params["found"]) for row in damaged} == {("row_too_short", 1)}
    assert damaged[0].line == 24


def test_semicolon_list_is_read(data):
    table = open_table(data / "leads" / "bank_telemarketing.csv")
    assert (table.delimiter, len(table.header), sum(1 for _ in table.rows())) == (";", 21, 41_188)


def truth_of(path) -> list[list[str]]:
    """The suites' truth as rows of cells without the header."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    return [list(row.values()) for row in rows] if rows and isinstance(rows[0], dict) else rows[1:]


def test_suites_come_out_as_their_truth_says(data):
    checked = 0
    for suite in SUITES:
        folder = data / suite
        for path in sorted(folder.glob("*.csv")):
            truth = folder / ("json" if (folder / "json").is_dir() else "") / f"{path.stem}.json"
            if truth.exists() and path.stem not in ("all-empty", "empty-one-column"):
                table = open_table(path)
                assert [row.cells for row in table.rows() if row.problem is None] == truth_of(truth), path.name
                checked += 1
    assert checked == 27


def test_rows_of_nothing_are_no_rows(data):
    """The suite calls a blank line a row of one empty cell; a list of leads has nobody there."""
    assert list(open_table(data / "nasty/sineemore/empty-one-column.csv").rows()) == []
    assert refusal(data / "nasty/sineemore/all-empty.csv").code == "empty_file"


def refusal(path) -> Problem:
    """Why a file gives nothing to import: refused whole, no column that names anybody, or every row refused."""
    try:
        table = open_table(path)
        rows = list(table.rows())
    except RefusedError as refused:
        return refused.problem
    bad = [row.problem for row in rows if row.problem]
    return bad[0] if bad else proposed(table).problems()[0]


@pytest.mark.parametrize(
    ("name", "code", "line"),
    [
        ("bad-header-less-fields", "row_too_short", 2),
        ("bad-header-more-fields", "row_too_long", 2),
        ("bad-header-no-header", "empty_file", None),
        ("bad-header-wrong-header", "mapping_no_name", None),
        ("bad-missing-quote", "quote_unclosed", 2),
        ("bad-quotes-with-unescaped-quote", "quote_broken", 2),
        ("bad-unescaped-quote", "quote_stray", 2),
    ],
)
def test_bad_files_are_refused_with_reason_and_line(data, name, code, line):
    problem = refusal(data / "nasty/sineemore" / f"{name}.csv")
    assert (problem.code, problem.line) == (code, line)
    assert render(problem)


@pytest.mark.parametrize("path", ["escape", "european", "essential", "essential-dos", "essential-mac"])
def test_other_quoting_dialects_are_refused_at_their_line(data, path):
    problem = refusal(data / "nasty/univocity" / f"{path}.csv")
    assert (problem.code, problem.line is not None) == ("quote_broken", True)


def test_naughty_strings_are_cleaned_or_refused(data):
    strings = json.loads((data / "nasty/blns.json").read_text(encoding="utf-8"))
    mapping = ColumnMapping(("会社名", "氏名", "TEL", "メモ"), ("company_name", "person_name", "phone_main", "memo"))
    cleaner = RowCleaner(mapping)
    for number, text in enumerate(strings):
        row = cleaner.clean(number, [text, text, text, text])
        assert isinstance(row, RowErrors) or "\x00" not in row.company.name + row.memo


def test_companies_match_as_their_corporate_numbers_say(data):
    """Yardstick of automatic matches: rows joined by a key (法人番号 withheld) against 法人番号 as published."""
    table = open_table(data / "japan" / "facilities_cp932.csv")
    rows = [row for row in cleaned_rows(table) if row.company.corporate_number]
    groups = defaultdict(list)
    for at, row in enumerate(rows):
        for key in company_keys(row):
            if not key.startswith("corp:"):
                groups[key].append(at)
    found = {pair for members in groups.values() for pair in pairs(members)}
    numbers = defaultdict(list)
    for at, row in enumerate(rows):
        numbers[row.company.corporate_number].append(at)
    true = {pair for members in numbers.values() for pair in pairs(members)}
    precision, recall = len(found & true) / len(found), len(found & true) / len(true)
    assert precision >= 0.95
    assert recall >= 0.95


def test_companies_that_keys_leave_apart_are_offered(data):
    """What automatic matches miss is offered, and little else: companies as the importer would make them, 法人番号
    withheld. With the numbers, two that differ are never offered."""
    table = open_table(data / "japan" / "facilities_cp932.csv")
    rows = [row for row in cleaned_rows(table) if row.company.corporate_number]
    home: dict[str, int] = {}
    companies: list[list[int]] = []
    for at, row in enumerate(rows):
        keys = [key for key in company_keys(row) if not key.startswith("corp:")]
        company = next((home[key] for key in keys if key in home), len(companies))
        if company == len(companies):
            companies.append([])
        companies[company].append(at)
        for key in keys:
            home.setdefault(key, company)
    number_of = [rows[members[0]].company.corporate_number for members in companies]
    known = {pk: known_company([rows[at] for at in members]) for pk, members in enumerate(companies)}
    offered = pairs_among(known, company_hints, shared_by_companies)
    numbers = defaultdict(list)
    for at, row in enumerate(rows):
        numbers[row.company.corporate_number].append(at)
    true = {pair for members in numbers.values() for pair in pairs(members)}
    found = {pair for members in companies for pair in pairs(members)}
    found |= {tuple(sorted((one, other))) for a, b in offered for one in companies[a] for other in companies[b]}
    assert len(found & true) / len(found) >= 0.95
    assert len(found & true) / len(true) >= 0.999
    assert len(offered) <= len(companies) / 100
    told = {pk: company._replace(corporate_number=number_of[pk]) for pk, company in known.items()}
    certain = pairs_among(told, company_hints, shared_by_companies)
    assert certain
    assert all(number_of[one] == number_of[other] for one, other in certain)


def known_company(rows: list[CleanRow]) -> KnownCompany:
    first = rows[0].company
    numbers = frozenset(phone.e164 for row in rows for phone in row.phones if phone.e164)
    domain = next((domain for row in rows if (domain := domain_of("", row.company.url))), "")
    return KnownCompany(first.key, "", first.prefecture, first.address, domain, numbers)


def pairs(members: list[int]):
    return ((one, other) for at, one in enumerate(members) for other in members[at + 1 :])
