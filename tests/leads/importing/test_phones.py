import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.importing.phone_plan import PREFIX, STYLE_PREFIX, kind_of, national_format
from leads.importing.phones import e164_of, parse_phone, parse_phones, search_digits

MAIN_NUMBER = "+81312345678"


@pytest.mark.parametrize(
    "raw",
    [
        "03-1234-5678",
        "0312345678",
        "０３ー１２３４ー５６７８",
        "03−1234−5678",
        "03 1234 5678",
        "03.1234.5678",
        "(03)1234-5678",
        "03(1234)5678",
        "（０３）１２３４－５６７８",
        "+81 3 1234 5678",
        "+81-3-1234-5678",
        "+81(0)3-1234-5678",
        "+810312345678",
        "81-3-1234-5678",
        "0081-3-1234-5678",
        "010-81-3-1234-5678",
        "312345678",
        "312345678.0",
        "3.12345678E+08",
        "'0312345678",
        '="0312345678"',
        "03-1234-5678(代)",
        "03-1234-5678㈹",
        "代表 03-1234-5678",
        "℡03-1234-5678",
        "TEL：03-1234-5678",
        "電話番号:03-1234-5678",
        "03\u200b-1234-\u200d5678",
        "\u202d03-1234-5678\u202c",
        "03-1234-5678 内線123",
        "03-1234-5678(内線 123)",
        "03-1234-5678 ext.123",
        "03-1234-5678x123",
        "03-1234-5678 (営業部)",
    ],
)
def test_number_in_any_spelling_is_the_same(raw):
    assert e164_of(raw) == MAIN_NUMBER


@pytest.mark.parametrize(
    ("raw", "national", "kind"),
    [
        ("03-3430-1111", "03-3430-1111", "fixed"),
        ("0113824141", "011-382-4141", "fixed"),
        ("0123333131", "0123-33-3131", "fixed"),
        ("0126723182", "01267-2-3182", "fixed"),
        ("09012345678", "090-1234-5678", "mobile"),
        ("06012345678", "060-1234-5678", "mobile"),
        ("05012345678", "050-1234-5678", "ip"),
        ("0120123456", "0120-123-456", "toll_free"),
        ("08001234567", "0800-123-4567", "toll_free"),
        ("0570012345", "0570-012-345", "navi"),
        ("+1 650 253 0000", "+1 650-253-0000", "foreign"),
    ],
)
def test_number_is_written_and_named_as_in_japan(raw, national, kind):
    phone = parse_phone(raw)
    assert (phone.national, phone.kind, phone.is_valid) == (national, kind, True)


@pytest.mark.parametrize(
    ("raw", "flags"),
    [
        ("312345678", ("phone_lost_zero",)),
        ("9012345678", ("phone_lost_zero",)),
        ("0120-123-456", ("phone_toll_free",)),
        ("0570-012-345", ("phone_navi",)),
        ("03-1234-5678 山田様", ("phone_note",)),
        ("03-1234-5678", ()),
    ],
)
def test_what_was_repaired_or_odd_is_flagged(raw, flags):
    assert parse_phone(raw).flags == flags


@pytest.mark.parametrize("raw", ["110", "119", "0000000000", "要確認", "03-1234", "12345", "3.12E+08", "03-1234-56789"])
def test_number_that_cannot_be_dialled_is_kept_and_flagged(raw):
    (phone,) = parse_phones(raw)
    assert (phone.raw, phone.e164, phone.is_valid) == (raw, "", False)
    assert phone.flags in (("phone_unreadable",), ("phone_scientific",))


@pytest.mark.parametrize("raw", ["", " ", "-", "ー", "―", "なし", "*", "Select", "\u200b"])
def test_blank_cell_has_no_number(raw):
    assert parse_phones(raw) == ()


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("03-1234-5678/090-1234-5678", [("03-1234-5678", "main"), ("090-1234-5678", "mobile")]),
        ("03-1234-5678、03-1234-5679", [("03-1234-5678", "main"), ("03-1234-5679", "main")]),
        ("03-1234-5678\n直通 03-1234-5679", [("03-1234-5678", "main"), ("03-1234-5679", "direct")]),
        ("TEL:03-1234-5678 FAX:03-1234-5679", [("03-1234-5678", "main"), ("03-1234-5679", "fax")]),
        ("03-1234-5678 090-1234-5678", [("03-1234-5678", "main"), ("090-1234-5678", "mobile")]),
    ],
)
def test_several_numbers_in_a_cell_are_told_apart(raw, found):
    assert [(phone.national, phone.label) for phone in parse_phones(raw)] == found


def test_extension_is_split_off():
    assert [(p.national, p.extension) for p in parse_phones("03-1234-5678 内線12/03-1234-5679")] == [
        ("03-1234-5678", "12"),
        ("03-1234-5679", ""),
    ]
    assert parse_phone("03-1234-5678/内線34").extension == "34"


@pytest.mark.parametrize(
    ("typed", "digits"),
    [("０３－１２３４", "031234"), ("5678", "5678"), ("+81 3 1234 5678", "0312345678"), ("山田", "")],
)
def test_search_takes_whole_numbers_and_parts(typed, digits):
    assert search_digits(typed) == digits


def japanese(digits: str) -> phonenumbers.PhoneNumber:
    return phonenumbers.PhoneNumber(country_code=81, national_number=int(digits))


@given(st.from_regex(r"[1-9][0-9]{8,9}", fullmatch=True))
def test_number_plan_agrees_with_libphonenumber(digits):
    number = japanese(digits)
    assert bool(kind_of(digits)) == phonenumbers.is_valid_number(number)
    if kind_of(digits):
        assert national_format(digits) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)


@pytest.mark.parametrize("length", [9, 10])
def test_number_plan_agrees_for_every_area_code(length):
    """A third of the prefixes that decide kind or style, evenly spread: shows that the prefixes are long enough."""
    for prefix in range(10 ** (STYLE_PREFIX - 1), 10**STYLE_PREFIX, 3):
        if length == 10 and kind_of(str(prefix)[:PREFIX].ljust(10, "1")) == "":
            continue
        digits = f"{prefix}{'05' * 3}"[:length]
        kind = kind_of(digits)
        assert bool(kind) == phonenumbers.is_valid_number(japanese(digits)), digits
        if kind:
            style = phonenumbers.PhoneNumberFormat.NATIONAL
            assert national_format(digits) == phonenumbers.format_number(japanese(digits), style), digits


def wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isdecimal() else sign for sign in text)


SPELLINGS = [
    lambda national: national,
    lambda national: national.replace("-", ""),
    lambda national: wide(national),
    lambda national: "+81 " + national[1:],
    lambda national: "+81(0)" + national[1:],
    lambda national: "(" + national.replace("-", ")", 1),
    lambda national: national.replace("-", "(", 1).replace("-", ")", 1),
]
HYPHENS = "-‐‑‒–—―−ー－─━. "
BEHIND = ["", "(代)", "（代表）", " 内線12", " ext.3", "\u200b", " "]


@settings(max_examples=300)
@given(
    st.from_regex(r"0(3[3-6][0-9]{7}|6[4-7][0-9]{7}|90[1-9][0-9]{7}|112[0-9]{6}|52[2-9][0-9]{6})", fullmatch=True),
    st.sampled_from(SPELLINGS),
    st.sampled_from(HYPHENS),
    st.sampled_from(BEHIND),
    st.sampled_from(["", "TEL ", "電話：", "\u202a"]),
)
def test_spelling_never_hides_a_number(digits, spell, hyphen, behind, before):
    """What a block on a number must survive."""
    plain = parse_phone(digits)
    if plain.is_valid:
        assert e164_of(before + spell(plain.national).replace("-", hyphen) + behind) == plain.e164


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_flagged(text):
    for phone in parse_phones(text):
        assert phone.is_valid != bool(set(phone.flags) & {"phone_unreadable", "phone_scientific"})
        assert len(phone.raw) <= 100


@pytest.mark.parametrize("raw", ["2078-24-3988", "2078243988", "20 7824 3988"])
def test_number_abroad_without_its_code_is_no_pager_that_lost_its_zero(raw):
    phone = parse_phone(raw)

    assert (phone.e164, phone.flags) == ("", ("phone_unreadable",))
