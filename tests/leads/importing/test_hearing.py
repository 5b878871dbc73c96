"""Facts a list names: choices where the words are one, text where they are not."""

import datetime as dt

import pytest

from leads.importing.cleaned import NO_HISTORY
from leads.importing.fields import read_header
from leads.importing.hearing import read_choice, read_decision_maker
from leads.importing.mapping import ColumnMapping
from leads.importing.rows import RowCleaner

NOW = dt.datetime(2026, 6, 16, 10, 0)  # noqa: DTZ001  lists write Japanese time without a zone


def cleaned(**cells: str):
    fields = {"company_name": "山田商店", "phone_main": "03-1234-5678", **cells}
    mapping = ColumnMapping(tuple(f"列{name}" for name in fields), tuple(fields))
    return RowCleaner(mapping, now=NOW).clean(2, list(fields.values()))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("すぐにでも", ""),
        ("今すぐ", "within_1_month"),
        ("1ヶ月以内", "within_1_month"),
        ("３カ月以内", "within_3_months"),
        ("2か月後", "within_3_months"),
        ("半年以内", "within_6_months"),
        ("6ケ月程度", "within_6_months"),
        ("1年以内", "within_1_year"),
        ("12ヶ月", "within_1_year"),
        ("未定", "undecided"),
        ("半年以降", ""),
        ("1年以上先", ""),
        ("10月", ""),
        ("来期", ""),
        ("2年以内", ""),
    ],
)
def test_timing(text, code):
    assert read_choice("timing", text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("確保済み", "secured"),
        ("予算あり", "secured"),
        ("申請中", "applying"),
        ("予算未定", "undecided"),
        ("予算なし", "none"),
        ("未確保", ""),
        ("500万円", ""),
    ],
)
def test_budget(text, code):
    assert read_choice("budget", text) == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("本人", ("self", "")),
        ("部長決裁", ("superior", "")),
        ("山田部長", ("superior", "山田部長")),
        ("代表取締役", ("executive", "")),
        ("鈴木 社長", ("executive", "鈴木 社長")),
        ("別部署", ("other_department", "")),
        ("田中 太郎", ("", "")),
        ("総務の担当者", ("", "")),
    ],
)
def test_decision_maker(text, found):
    assert read_decision_maker(text) == found


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("課題", "hearing_problem"),
        ("お困りごと", "hearing_problem"),
        ("キーマン", "person_name"),
        ("キーマン（役職）", "hearing_decision_maker"),
        ("決裁者", "hearing_decision_maker"),
        ("検討時期", "hearing_timing"),
        ("予算感", "hearing_budget"),
        ("懸念点", "hearing_concerns"),
        ("稟議", "hearing_approval_process"),
        ("利用中サービス", "hearing_competitors"),
        ("導入背景", "hearing_background"),
        ("ヒアリング内容", "hearing"),
        ("対応履歴", "hearing"),
    ],
)
def test_headers_of_hearing_facts(header, field):
    assert read_header(header)[0] == field


def test_columns_of_history_left_empty_tell_nothing():
    assert cleaned(called_at="", call_result="-", hearing="", hearing_problem=" ").history is NO_HISTORY


def test_facts_are_read_and_the_rest_stays_text():
    history = cleaned(
        called_at="2026/6/15",
        hearing="前回と同じ",
        hearing_problem="手入力",
        hearing_timing="半年以内",
        hearing_budget="500万円",
        hearing_decision_maker="山田部長",
    ).history

    assert history.facts == {
        "problem": "手入力",
        "timing": "within_6_months",
        "decision_maker": "superior",
        "decision_maker_name": "山田部長",
    }
    assert history.note == "前回と同じ\n列hearing_budget: 500万円"


@pytest.mark.parametrize(
    ("text", "called_at", "warnings"),
    [
        ("2026/6/16", dt.date(2026, 6, 16), []),
        ("2026/6/16 9:59", dt.datetime(2026, 6, 16, 9, 59), []),  # noqa: DTZ001
        ("2026/6/16 10:01", None, ["call_in_future"]),
        ("2026/6/17", None, ["call_in_future"]),
        ("2026/2/30", None, ["date_impossible"]),
        ("先週", None, ["date_unreadable"]),
    ],
)
def test_call_has_been_or_is_no_call(text, called_at, warnings):
    row = cleaned(called_at=text, call_result="不在")

    assert row.history.called_at == called_at
    assert [problem.code for problem in row.warnings] == warnings
    assert row.extra == ({} if called_at else {"列called_at": text})


@pytest.mark.parametrize(
    ("result", "blocked", "warnings"),
    [("架電禁止", True, []), ("不在", False, []), ("今後電話はしないでほしいと言われた", True, ["block_unclear"])],
)
def test_outcome_that_forbids_calls_is_a_block(result, blocked, warnings):
    row = cleaned(call_result=result)

    assert (row.do_not_call, row.do_not_call_words) == (blocked, result if blocked else "")
    assert [problem.code for problem in row.warnings] == warnings
