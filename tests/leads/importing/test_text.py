import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.identifiers import check_digit, domain_of, parse_corporate_number, parse_email, parse_url
from leads.importing.marks import means_block
from leads.importing.places import address_head, parse_postal, prefecture_of, split_address
from leads.importing.reading import is_plain
from leads.importing.text import DANGEROUS, cell, is_blank, is_ditto, kana_key, person_key, search_key, short_kind


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("　山田 ", "山田"),
        ("山\u200b田\u202e", "山田"),
        ("a\x00b\x1b[31m", "ab[31m"),
        ("\ud800山田", "山田"),
        ("一行目\r\n二行目\r三行目", "一行目\n二行目\n三行目"),
        ('="0312345678"', "0312345678"),
        ("'0312345678", "0312345678"),
        ("'=1+1", "=1+1"),
        ("''引用'", "'引用'"),
        ("O'Neil", "O'Neil"),
        ("㈱髙﨑", "㈱髙﨑"),
    ],
)
def test_cell_is_made_safe_and_otherwise_left_alone(raw, text):
    assert cell(raw) == text


@given(st.text(st.characters()))
def test_cell_never_keeps_a_dangerous_character(raw):
    text = cell(raw)
    assert not DANGEROUS.search(text)
    assert text == text.strip()
    text.encode("utf-8")


@pytest.mark.parametrize(
    "text",
    ["", "-", "－", "ー", "―――", "*", "＊", "Select", "ＳＥＬＥＣＴ", "なし", "N/A", "#N/A", "null", "不明", "未登録"],
)
def test_blank_in_every_spelling(text):
    assert is_blank(text)
    assert not text or short_kind(text) == "blank"


@pytest.mark.parametrize("text", ["0", "無印良品", "上田", "不動産部", "Selection", "なし田", "ー太郎", "なしこ"])
def test_short_words_are_no_blanks(text):
    assert not is_blank(text)
    assert short_kind(text) == ""


@pytest.mark.parametrize("text", ["〃", "同上", "「〃」", '"'])
def test_ditto_is_seen(text):
    assert is_ditto(text)
    assert short_kind(text) == "ditto"


@given(st.text(min_size=1, max_size=8).map(str.strip).filter(bool))
def test_quick_look_at_short_cells_agrees_with_the_long_one(text):
    assert short_kind(text) == ("ditto" if is_ditto(text) else "blank" if is_blank(text) else "")


@pytest.mark.parametrize(
    ("one", "other"),
    [("ｻﾄｳ ｶｵﾘ", "さとう　かおり"), ("ﾔﾏﾀﾞ", "ヤマダ"), ("ヴィ", "ゔぃ")],
)
def test_kana_compare_across_scripts_and_widths(one, other):
    assert kana_key(one) == kana_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("髙橋　太郎", "高橋太郎"), ("渡邊 花子様", "渡辺花子"), ("ＪＯＨＮ", "john")]
)
def test_people_compare_across_spellings(one, other):
    assert person_key(one) == person_key(other)


def test_search_key_is_one_spelling_of_all():
    assert search_key("ﾔﾏﾀﾞ 髙島") == search_key("やまだ　高島") == "ヤマダ高島"


@given(st.text("山髙渡邊さとうｻﾄｳヴゔー ABCａｂｃ1２　", max_size=30))
def test_keys_are_stable(text):
    assert kana_key(unicodedata.normalize("NFKC", text)) == kana_key(text)
    assert search_key(search_key(text)) == search_key(text)


@pytest.mark.parametrize(
    ("text", "code", "flags"),
    [
        ("060-0042", "060-0042", ()),
        ("〒０６０－００４２", "060-0042", ()),
        ("0600042", "060-0042", ()),
        ("600042", "060-0042", ("postal_lost_zero",)),
        ("10910", "001-0910", ("postal_lost_zero",)),
        ("600042.0", "060-0042", ("postal_lost_zero",)),
        ("060", "060", ("postal_invalid",)),
        ("東京", "東京", ("postal_invalid",)),
    ],
)
def test_postal_code(text, code, flags):
    assert parse_postal(text) == (code, flags)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("北海道札幌市中央区南一条西１０丁目", ("北海道", "札幌市中央区", "南一条西１０丁目")),
        ("三重県四日市市諏訪", ("三重県", "四日市市", "諏訪")),
        ("千葉県市川市八幡", ("千葉県", "市川市", "八幡")),
        ("群馬県佐波郡玉村町上新田", ("群馬県", "佐波郡玉村町", "上新田")),
        ("北海道余市郡余市町", ("北海道", "余市郡余市町", "")),
        ("京都府京都市中京区", ("京都府", "京都市中京区", "")),
        ("大阪市北区梅田1", ("大阪府", "大阪市北区", "梅田1")),
        ("港区新橋", ("", "港区", "新橋")),
        ("某所", ("", "", "某所")),
    ],
)
def test_address_is_taken_apart(text, parts):
    assert split_address(text) == parts


def test_prefecture_in_short_is_completed():
    assert [prefecture_of(text) for text in ("東京", "北海道", "京都", "京都府京都市", "火星")] == [
        "東京都",
        "北海道",
        "京都府",
        "京都府",
        "",
    ]


def test_address_head_ignores_prefecture_and_width():
    assert address_head("東京都 千代田区丸の内１－１") == address_head("千代田区丸の内1-2") == "千代田区丸"


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Taro.Yamada@Example.co.jp", "taro.yamada@example.co.jp"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "taro@example.jp"),
        ("mailto:taro@example.jp", "taro@example.jp"),
        ("<taro@example.jp>", "taro@example.jp"),
        ("無効 taro@example.jp; hanako@example.jp", "taro@example.jp"),
        ("taro@example", ""),
        ("taro", ""),
        ("a@b@example.jp", ""),
        ("taro..yamada@example.jp", ""),
    ],
)
def test_email(text, email):
    assert parse_email(text) == email


def number_of(base: int) -> str:
    return f"{check_digit(f'{base:012}')}{base:012}"


@given(st.integers(0, 10**12 - 1), st.integers(0, 12), st.integers(1, 8))
def test_corporate_number_with_a_wrong_digit_is_refused(base, place, step):
    right = number_of(base)
    digit = (int(right[place]) + step) % 10
    wrong = right[:place] + str(digit) + right[place + 1 :]
    assert parse_corporate_number(right) == right
    assert parse_corporate_number(wrong) == "" or abs(digit - int(right[place])) == 9


def test_corporate_number_is_read_in_any_width():
    number = number_of(123456789012)
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number)
    assert parse_corporate_number(wide) == parse_corporate_number(f"T{number}") == number
    assert parse_corporate_number("5.07E+12") == ""


def test_web_addresses():
    assert [parse_url(text) for text in ("www.example.jp", "https://example.jp/a?b=c", "なし", "ftp:x")] == [
        "https://www.example.jp",
        "https://example.jp/a?b=c",
        "",
        "",
    ]
    assert domain_of("taro@example.jp", "") == domain_of("", "https://www.example.jp/x") == "example.jp"
    assert domain_of("taro@gmail.com", "") == ""


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("○", (True, True)),
        ("1", (True, True)),
        ("TRUE", (True, True)),
        ("ＮＧ", (True, True)),
        ("No", (False, True)),
        ("0", (False, True)),
        ("いいえ", (False, True)),
        ("×", (True, False)),
        ("2025年にクレームあり", (True, False)),
    ],
)
def test_do_not_call_is_blocked_in_doubt(text, answer):
    assert means_block(text) == answer


def test_quick_look_at_a_row_misses_nothing_that_a_cell_would_lose():
    """Every character there is: a row it calls plain is one that `cell` leaves as it is."""
    texts = (f"a{chr(code)}b" for code in range(0x110000))
    assert [text for text in texts if is_plain(text) and cell(text) != text] == []
