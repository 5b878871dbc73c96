import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.cleaned import CleanRow, CleanSignal, RowErrors
from leads.importing.fields import FIELDS
from leads.importing.mapping import ColumnMapping
from leads.importing.messages import render
from leads.importing.rows import RowCleaner, clean_row
from tests.leads.importing.lists import cleaned, codes, mapped


def test_ordinary_row_is_cleaned_whole():
    mapping = mapped(
        "会社名",
        "氏名",
        "電話番号",
        "FAX",
        "メール",
        "〒",
        "都道府県",
        "住所",
        "流入元",
        "獲得日",
        "備考",
        "架電禁止",
        "色",
    )
    cells = [
        "㈱髙島 商店",
        "山田　太郎",
        "０３－１２３４－５６７８",
        "03-1234-5679",
        "Taro@Example.jp",
        "600042",
        "北海道",
    ]
    row = clean_row(mapping, [*cells, "札幌市中央区大通西1", "展示会", "R8.4.1", "一行目\r\n二行目", "", "赤"], 2)
    assert isinstance(row, CleanRow)
    assert (row.company.name, row.company.key, row.company.form) == ("㈱髙島 商店", "高島商店", "株式会社")
    assert (row.company.postal, row.company.prefecture, row.company.city) == ("060-0042", "北海道", "札幌市中央区")
    assert row.company.address == "札幌市中央区大通西1"
    assert (row.person.name, row.person.key, row.person.email) == ("山田　太郎", "山田太郎", "taro@example.jp")
    assert [(p.e164, p.label) for p in row.phones + row.faxes] == [("+81312345678", "main"), ("+81312345679", "fax")]
    assert (row.source, row.acquired_on, row.memo) == ("展示会", dt.date(2026, 4, 1), "一行目\n二行目")
    assert row.signals == (CleanSignal("seminar", dt.date(2026, 4, 1)),)
    assert (row.do_not_call, row.extra, row.is_callable) == (False, {"色": "赤"}, True)
    assert codes(row) == ["postal_lost_zero"]


def test_row_without_company_and_person_is_refused():
    row = cleaned(company_name=" ", person_name="-", phone_main="03-1234-5678")
    assert isinstance(row, RowErrors)
    assert [(p.code, p.line, p.column) for p in row.errors] == [("row_without_name", 7, "company_name")]


def test_row_with_a_person_alone_is_taken_and_flagged():
    assert codes(cleaned(company_name="", person_name="山田太郎", phone_main="03-1234-5678")) == ["company_missing"]


@pytest.mark.parametrize("phone", ["", "-", "要確認", "110"])
def test_row_without_a_number_is_taken_but_cannot_be_called(phone):
    row = cleaned(company_name="山田商店", phone_main=phone)
    assert not row.is_callable
    assert "row_not_callable" in codes(row)


@pytest.mark.parametrize(
    ("fields", "code", "column"),
    [
        ({"company_name": "=HYPERLINK(1)"}, "formula", "company_name"),
        ({"company_name": "〃"}, "ditto_name", "company_name"),
        ({"company_name": "山" * 201}, "text_too_long", "company_name"),
        ({"company_name": "山田商店", "person_name": "太" * 101}, "text_too_long", "person_name"),
    ],
)
def test_name_that_is_none_is_refused_with_its_column(fields, code, column):
    row = cleaned(**fields)
    assert [(p.code, p.column) for p in row.errors] == [(code, column)]


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("postal", "西1", "postal_invalid"),
        ("email", "taro(at)example", "email_invalid"),
        ("url", "近日公開", "url_invalid"),
        ("corporate_number", "1234567890123", "corporate_number_invalid"),
        ("acquired_on", "2026/2/30", "date_impossible"),
        ("acquired_on", "先週", "date_unreadable"),
        ("prefecture", "火星", "prefecture_unknown"),
        ("department", "部" * 101, "text_moved"),
    ],
)
def test_what_cannot_be_read_is_flagged_and_kept(field, text, code):
    row = cleaned(**{"company_name": "山田商店", "phone_main": "03-1234-5678", field: text})
    assert codes(row) == [code]
    assert row.extra == {field: text}


def test_ditto_in_an_ordinary_column_is_blank_and_flagged():
    row = cleaned(company_name="山田商店", department="〃", phone_main="03-1234-5678")
    assert (row.person.department, codes(row)) == ("", ["ditto"])


def test_lost_characters_are_flagged_where_they_are():
    row = cleaned(company_name="山?田\ufffd商店", phone_main="03-1234-5678")
    assert [(p.code, p.column) for p in row.warnings] == [("characters_lost_here", "company_name")]


def test_numbers_come_in_the_order_they_are_tried_and_once():
    mapping = ColumnMapping(
        ("携帯", "会社名", "直通", "電話", "事業所", "FAX"),
        ("phone_mobile", "company_name", "phone_direct", "phone_main", "phone_office", "fax"),
    )
    cells = [
        "090-1234-5678",
        "山田商店",
        "03-1234-5678",
        "03-1234-5678/FAX 03-1234-5670",
        "06-1234-5678",
        "03-1234-5679",
    ]
    row = clean_row(mapping, cells, 2)
    assert [(p.national, p.label) for p in row.phones] == [
        ("03-1234-5678", "main"),
        ("090-1234-5678", "mobile"),
        ("06-1234-5678", "other"),
    ]
    assert [p.national for p in row.faxes] == ["03-1234-5670", "03-1234-5679"]


def test_name_in_two_columns_is_joined():
    row = cleaned(
        last_name="山田", first_name="太郎", last_kana="ヤマダ", first_kana="タロウ", phone_main="03-1234-5678"
    )
    assert (row.person.name, row.person.kana, row.person.key) == ("山田 太郎", "ヤマダ タロウ", "山田太郎")


def test_address_in_several_columns_is_joined():
    mapping = ColumnMapping(("会社名", "1", "2", "ビル"), ("company_name", "address", "address", "building"))
    row = clean_row(mapping, ["山田商店", "北海道札幌市中央区", "大通西1-2", "山田ビル3F"], 2)
    assert (row.company.prefecture, row.company.address) == ("北海道", "札幌市中央区大通西1-2 山田ビル3F")


def test_several_memos_keep_their_headers():
    mapping = ColumnMapping(("会社名", "備考", "メモ"), ("company_name", "memo", "memo"))
    assert clean_row(mapping, ["山田商店", "赤", "青"], 2).memo == "備考: 赤\nメモ: 青"


def test_reactions_and_history_are_read():
    row = cleaned(
        company_name="山田商店",
        phone_main="03-1234-5678",
        source="資料請求",
        acquired_on="2026/4/2 10:30",
        signal_document_request="2026/4/1",
        signal_business_card="46113",
        called_at="2026/3/1",
        call_result="不在",
        hearing="担当変更",
        next_call_at="2026/5/1 14:00",
    )
    assert row.signals == (
        CleanSignal("document_request", dt.date(2026, 4, 1)),
        CleanSignal("business_card", dt.date(2026, 4, 1)),
        CleanSignal("document_request", dt.datetime(2026, 4, 2, 10, 30)),  # noqa: DTZ001
    )
    assert row.acquired_on == dt.date(2026, 4, 2)
    assert (row.history.called_at, row.history.result, row.history.meaning) == (dt.date(2026, 3, 1), "不在", "absent")
    assert (row.history.next_call_at, row.history.note) == (dt.datetime(2026, 5, 1, 14, 0), "担当変更")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "blocked", "words", "warnings"),
    [
        ("", False, "", []),
        ("0", False, "", []),
        ("○", True, "○", []),
        ("苦情あり", True, "苦情あり", ["block_unclear"]),
    ],
)
def test_do_not_call_keeps_the_words(text, blocked, words, warnings):
    row = cleaned(company_name="山田商店", phone_main="03-1234-5678", do_not_call=text)
    assert (row.do_not_call, row.do_not_call_words, codes(row)) == (blocked, words, warnings)


def test_unmapped_columns_can_be_left_out():
    mapping = ColumnMapping(("会社名", "色", "資本金"), ("company_name", None, "capital"))
    cells = ["山田商店", "赤", "100"]
    assert RowCleaner(mapping).clean(2, cells).extra == {"色": "赤", "資本金": "100"}
    assert RowCleaner(mapping, keep_extra=False).clean(2, cells).extra == {"資本金": "100"}


MAPPING = ColumnMapping(tuple(f"列{n}" for n in range(len(FIELDS))), tuple(FIELDS))
NASTY = st.one_of(
    st.text(max_size=15),
    st.sampled_from(
        ["", "-", "〃", "=1+1", "2026/2/30", "312345678", "a" * 400, "山\ufffd田", "\ud800", "03-1234-5678/内線"]
    ),
)


@given(st.lists(NASTY, min_size=len(FIELDS), max_size=len(FIELDS)))
def test_any_cells_are_taken_or_refused_in_words(cells):
    row = clean_row(MAPPING, cells, 3)
    problems = row.errors if isinstance(row, RowErrors) else row.warnings
    assert problems or isinstance(row, CleanRow)
    for problem in problems:
        assert render(problem)
        assert problem.line == 3
    if isinstance(row, CleanRow):
        assert row.company.name or row.person.name
        "".join(row.company[:15]).encode()
