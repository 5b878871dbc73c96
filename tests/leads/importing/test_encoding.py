import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.encoding import detect
from leads.importing.problems import RefusedError
from leads.importing.tabular import open_table
from tests.leads.importing.encoded import OTHERS, OURS, list_text

LIST = "会社名,電話番号,備考\r\n㈱髙﨑①商店,03-1234-5678,～第Ⅲ期～\r\n"
JAPANESE = st.text("会社株式山田太郎あいうアイウー髙﨑①㈱ｱｲｳ,-0123ABC\n", min_size=1, max_size=200)


def refusal(source: bytes, **options: str) -> str:
    with pytest.raises(RefusedError) as caught:
        detect(source, **options)
    return caught.value.problem.code


@pytest.mark.parametrize(
    ("codec", "name", "bom"),
    [
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8-sig", True),
        ("cp932", "cp932", False),
        ("utf-16", "utf-16", True),
    ],
)
def test_encoding_of_a_list_is_found(codec, name, bom):
    found = detect(LIST.encode(codec))
    assert (found.name, found.bom) == (name, bom)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "empty_file"),
        (LIST.replace("髙", "高").replace("﨑", "崎").replace("①Ⅲ", "").encode("euc_jp", "ignore"), "encoding_eucjp"),
        ("会社名,電話番号\n山田商店,03-1234-5678\n".encode("iso2022_jp"), "encoding_iso2022jp"),
        ("会社名\n𠀋木商店\n".encode("shift_jis_2004"), "encoding_sjis2004"),
        ("会社名\n俠客商店\n".encode("shift_jis_2004"), "encoding_sjis2004"),
        ("会社名\n祈禱所\n".encode("shift_jis_2004"), "encoding_sjis2004"),
        ("会社名,電話\nabc,031\n".encode("utf-16-le"), "encoding_utf16_without_bom"),
        ("会社名".encode("utf-32"), "encoding_utf32"),
        ("会社名,電話番号\n山田商店,031\n".encode("utf-7"), "encoding_utf7"),
        (b"a,b\n1,\x002\n", "nul_byte"),
        (b"a,b\n\x81\xff\xff\x81,2\n", "encoding_unreadable"),
    ],
)
def test_encoding_that_is_not_ours_is_refused(source, code):
    assert refusal(source) == code


def test_one_broken_byte_does_not_turn_a_list_into_mojibake():
    """Each byte of the name in turn: 株式会社 in UTF-8 with a broken byte is often whole CP932."""
    whole = "会社名,備考\n株式会社山田,資料希望\n".encode()
    for at in range(17, len(whole)):
        for bit in range(8):
            broken = bytearray(whole)
            broken[at] ^= 1 << bit
            try:
                broken.decode()
            except UnicodeDecodeError:
                with pytest.raises(RefusedError) as caught:
                    detect(bytes(broken))
                assert caught.value.problem.line in (2, 3)


def test_numbers_of_the_world_are_not_taken_for_utf7():
    assert detect(b"name,tel\nA,+81312345678\nB,+442079460000\nC,+12125550100\n").name == "utf-8"


@pytest.mark.parametrize(
    ("text", "line"), [("aaaaaaaa\r\nb\n\x00", 3), ("a\rb\r\nc\x00d\n", 3), ("\x00" + "a" * 50, 1)]
)
def test_nul_is_named_by_line(text, line):
    with pytest.raises(RefusedError) as caught:
        detect(text.encode())
    assert (caught.value.problem.code, caught.value.problem.line) == ("nul_byte", line)


def test_end_of_file_mark_of_old_systems_is_no_reason_to_refuse():
    assert detect("会社名\r\n山田商店\r\n\x1a".encode("cp932")).name == "cp932"


@pytest.mark.parametrize("codec", OURS)
def test_lists_of_any_size_are_read_as_written(codec):
    for seed in range(60):
        written, data = list_text(codec, random.Random(f"{codec} {seed}"))
        assert data.decode(detect(data).name).removeprefix("\ufeff") == written, seed


@pytest.mark.parametrize("codec", OTHERS)
def test_no_list_in_another_encoding_is_taken(codec):
    for seed in range(60):
        _, data = list_text(codec, random.Random(f"{codec} {seed}"))
        with pytest.raises(RefusedError):
            list(open_table(data).rows())


def test_broken_byte_is_named_by_line():
    with pytest.raises(RefusedError) as caught:
        detect(b"\xef\xbb\xbfa,b\r\n1,2\r\n3,\xff\r\n")
    assert (caught.value.problem.code, caught.value.problem.line) == ("encoding_broken", 3)


def test_half_width_kana_alone_is_not_taken_for_euc():
    assert detect("ｶﾌﾞｼｷｶﾞｲｼﾔ ﾔﾏﾀﾞ,0312345678\n".encode("cp932")).name == "cp932"


def test_name_variants_are_read_by_either_of_their_codes():
    for variant in (b"\xfb\xfc\xfa\xb1", b"\xee\xe0\xed\x95"):
        source = "会社名\n".encode("cp932") + variant + b"\n"
        assert source.decode(detect(source).name) == "会社名\n髙﨑\n"


def test_rare_characters_are_read_but_named():
    assert detect(b"\x89\xef\x8e\xd0\n\xfa\x92\n").doubtful == b"\xfa\x92".decode("cp932")
    assert detect("㈱髙﨑福①".encode("cp932")).doubtful == ""


def test_chosen_encoding_is_verified():
    assert detect("会社名\n山田\n".encode("euc_jp"), chosen="euc_jp").name == "euc_jp"
    assert refusal("会社名\n山田\n".encode("cp932"), chosen="utf-8") == "encoding_broken"
    assert refusal(b"a", chosen="klingon") == "encoding_unknown"


@pytest.mark.parametrize(
    ("text", "lost", "line"),
    [
        ("会社名\n本郷通８丁目南２?２４\n", 1, 2),
        ("会社名\n山\ufffd\ufffd\n", 2, 2),
        ("会社名,URL\r\nありますか?はい,https://example.jp/?a=b\r\n", 0, None),
    ],
)
def test_lost_characters_are_counted(text, lost, line):
    found = detect(text.encode())
    assert (found.lost, found.lost_line) == (lost, line)


@given(JAPANESE, st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]))
def test_detected_encoding_gives_the_text_back(text, codec):
    """Whatever is not refused decodes to exactly what was written; a header makes it a list."""
    written = "会社名,電話番号\n" + text
    source = written.encode(codec)
    assert source.decode(detect(source).name) == written


@given(JAPANESE, st.sampled_from(["euc_jp", "iso2022_jp"]))
def test_other_japanese_encodings_never_become_mojibake(text, codec):
    source = ("会社名,電話番号\n" + text.translate(str.maketrans("髙﨑①㈱ｱｲｳ", "高崎一株アイウ"))).encode(codec)
    assert refusal(source).startswith("encoding_")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(source):
    try:
        found = detect(source)
    except RefusedError:
        return
    source.decode(found.name)


def test_file_larger_than_a_chunk_is_scanned_whole(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(
        "会社名,電話番号\n".encode("cp932") + "山田商店,0312345678\n".encode("cp932") * 120_000 + b"\x85\x40"
    )
    with pytest.raises(RefusedError) as caught:
        detect(path)
    assert caught.value.problem.line == 120_002
