"""Words of an outcome column, by table: what they mean, and what they must never be taken for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.results import PHRASES, is_fax, is_sure, read_result, says_not_called

KNOWN = {
    "no_answer": ("留守電", "不通", "話中", "応答なし", "コールのみ", "No answer", "voicemail", "Busy", "不通(2回目)"),
    "invalid_number": ("現アナ", "使われておりません", "欠番", "FAX", "ＦＡＸ音", "Out of service", "disconnected"),
    "wrong_number": ("番号違い", "間違い電話", "wrong number"),
    "gatekeeper_refused": ("受付拒否", "受付NG", "受付で断られた", "取り次ぎ拒否", "Gatekeeper"),
    "absent": ("不在", "担当者不在", "ご担当者様不在", "席外し", "外出中", "不在×3", "Not available"),
    "call_back": (
        "再コール",
        "追客",
        "かけ直し希望",
        "折り返し待ち",
        "call back",
        "留守電→再コール",
        "担当者不在 再架電",
    ),
    "reaction": (
        "資料送付",
        "資料送付希望",
        "資料送付希望とのこと",
        "興味あり",
        "前向き",
        "見込みあり",
        "A/興味あり",
        "Ａ　前向き",
        "【A】見込みあり",
        "Interested",
    ),
    "hearing_done": ("ヒアリング済", "継続検討", "検討中"),
    "appointment": ("アポ", "アポ獲得", "アポイント取得", "商談化", "Appointment set"),
    "refused": (
        "お断り",
        "不要",
        "興味なし",
        "アポNG",
        "ＮＧ",
        "見込みなし",
        "ニーズなし",
        "担当者断り",
        "間に合っています",
        "Not interested",
    ),
    "do_not_call": (
        "架電禁止",
        "架電NG",
        "クレーム",
        "再架電不可",
        "DNC",
        "do not call",
        "不在/架電禁止",
        "ご担当者より今後電話しないでほしいとのこと",
        "二度とかけてくるなと言われた",
        "クレームになりかけた",
    ),
}
UNKNOWN = (
    "",
    "社内で回覧中",
    "興味あり→お断り",
    "興味あり/なし",
    "アポ（なし）",
    "アポキャンセル",
    "アポ前確認",
    "資料送付不要",
    "架電禁止解除",
    "架電禁止ではない",
    "クレームなし",
    "退職",
    "A",
    "○",
    "interesting",
    "not interested at all",
    "12345",
)


@pytest.mark.parametrize(("text", "code"), [(text, code) for code, texts in KNOWN.items() for text in texts])
def test_words_mean_their_result(text, code):
    assert read_result(text).code == code


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_nobody_can_be_sure_of_means_nothing(text):
    assert read_result(text).code == ""


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("興味あり", True),
        ("かけ直し希望", True),
        ("お断り", True),
        ("再コール", False),
        ("不在", False),
        ("架電禁止", False),
    ],
)
def test_person_was_reached_only_where_the_words_say_so(text, reached):
    assert read_result(text).reached is reached


def test_wish_inside_a_sentence_blocks_but_is_not_sure():
    assert is_sure("架電禁止")
    assert is_sure("不在/架電禁止")
    assert not is_sure("ご担当者より今後電話しないでほしいとのこと")


def test_row_that_was_never_called_tells_of_no_call():
    assert says_not_called("未架電")
    assert not says_not_called("不在")


def test_fax_is_told_from_a_dead_line():
    assert is_fax("ＦＡＸ")
    assert not is_fax("現アナ")
    assert not is_fax("FAX送付希望")


@given(st.sampled_from(sorted(PHRASES)), st.sampled_from(["なし", "ではない", "キャンセル", "解除", "不成立"]))
def test_phrase_with_its_negation_behind_it_never_stays_what_it_was(phrase, negation):
    said, denied = PHRASES[phrase], read_result(f"{phrase}({negation})")
    assert denied.code in ("", "do_not_call") or denied != said


@given(st.text(max_size=40))
def test_any_text_is_read(text):
    assert read_result(text).code in {meaning.code for meaning in PHRASES.values()} | {""}
