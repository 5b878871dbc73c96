"""Lists with something wrong with them, by seed, each with the truth: what its rows really say.

A case damages either cells (written out soundly afterwards) or the file itself. Its truth is read from the damaged
bytes by `reference_rows`, a reader of a few lines that knows the encoding and delimiter beforehand and guesses nothing.
"""

import csv
import io
import random
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.leads.importing.workbooks import sheet_xml, workbook

HEADER = (
    "会社名",
    "氏名",
    "部署",
    "電話番号",
    "携帯",
    "メールアドレス",
    "都道府県",
    "住所",
    "資料請求日",
    "備考",
    "管理番号",
)
SURNAMES = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "髙﨑")
FORMS = ("株式会社{}", "{}株式会社", "㈱{}", "有限会社{}", "{}")
SHAPES = (
    ("utf-8", ","),
    ("utf-8-sig", ","),
    ("cp932", ","),
    ("cp932", "\t"),
    ("utf-16", "\t"),
    ("utf-8", ";"),
    ("cp932", ","),
)
NASTY = (
    "",
    " ",
    "　",
    "-",
    "〃",
    "同上",
    "Select",
    "'",
    '"',
    '""',
    "'=1+1",
    "=1+1",
    '="0312345678"',
    "@SUM(A1)",
    "a,b",
    "a;b",
    "a\tb",
    "#REF!",
    "#N/A",
    "令和8年2月30日",
    "2026/13/45",
    "R99.1.1",
    "９９９９９９９９９９９９９９９９９９",
    "1" * 400,
    "9" * 5_000,
    "1e308",
    "-1",
    "NaN",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "a\x0cb",
    "a\x0bb",
    "a\u2028b",
    "\u202e逆さ",
    "ゼロ\u200b幅",
    "\ufeff先頭",
    "%s %(x)s %",
    "{0} {x}",
    "<script>alert(1)</script>",
    "'; DROP TABLE leads_lead; --",
    "03-1234-5678/090-1234-5678 内線12",
    "110",
    "00000000000",
    "😀𠮷",
    "e\u0301",
    "\\",
    "../../etc/passwd",
)
PHONES = (
    ("０３ー１２３４ー５６７８", "+81312345678"),
    ("(03)1234-5678", "+81312345678"),
    ("03(1234)5678", "+81312345678"),
    ("03.1234.5678", "+81312345678"),
    ("+81 3 1234 5678", "+81312345678"),
    ("+81-(0)3-1234-5678", "+81312345678"),
    ("81-3-1234-5678", "+81312345678"),
    ("312345678", "+81312345678"),
    ("03-1234-5678(代)", "+81312345678"),
    ("代表03-1234-5678", "+81312345678"),
    ("03-1234-5678 内線123", "+81312345678"),
    ("３．１２３４５６７８E+08", "+81312345678"),
    ("9012345678", "+819012345678"),
    ("090−1234−5678", "+819012345678"),
    ("110", ""),
    ("0000000000", ""),
    ("電話なし希望", ""),
    ("3.12E+08", ""),
)
DATES = (
    ("2026/4/1", "2026-04-01"),
    ("2026.4.1", "2026-04-01"),
    ("2026年4月1日(水)", "2026-04-01"),
    ("令和8年4月1日", "2026-04-01"),
    ("R8.4.1", "2026-04-01"),
    ("20260401", "2026-04-01"),
    ("46113", "2026-04-01"),
    ("２０２６／４／１", "2026-04-01"),
    ("2026/2/30", ""),
    ("平成40年1月1日", ""),
    ("4/1", ""),
    ("未定です", ""),
)
PHONE_TRUTH, DATE_TRUTH = dict(PHONES), dict(DATES)
Rows = list[list[str]]


@dataclass
class Case:
    """One file. `truth` maps the line of each row a reader may take to its cells as written.

    With `all_in` every row of the truth must come in; a row in `spared` must unless the whole file is refused.
    """

    kind: str
    seed: int
    data: bytes
    truth: dict[int, list[str]] = field(default_factory=dict)
    all_in: bool = False
    spared: frozenset[int] = frozenset()
    must_refuse: bool = False
    codec: str = ""
    filename: str = "リスト.csv"


def made(kind: str, seed: int) -> Case:
    """The case of a kind and a seed, always the same one."""
    chance = random.Random(f"{kind} {seed}")
    return KINDS[kind](kind, seed, chance)


def sound_rows(chance: random.Random, seed: int) -> Rows:
    """People and companies nobody else in the file is."""
    tag = chance.randrange(10**6)
    rows = []
    for n in range(chance.randint(3, 12)):
        number = tag * 100 + n
        rows.append(
            [
                chance.choice(FORMS).format(f"みほん{number:08d}商事"),
                f"{chance.choice(SURNAMES)} {number:08d}",
                chance.choice(("営業部", "総務課", "")),
                f"03-{3000 + number // 9000 % 6000:04d}-{1000 + number % 9000:04d}",
                f"090{10_000_000 + number % 89_999_999:08d}" if n % 3 else "",
                f"person{number}@example{number}.co.jp",
                "東京都",
                f"千代田区丸の内{number % 9 + 1}-{n + 1}",
                f"2026/{n % 5 + 1}/{n + 1}",
                chance.choice(("", "来週また電話", "一行目\n二行目", 'いわゆる"本命", 要確認', "前回：不在")),
                f"K-{number}",
            ]
        )
    return rows


def written(rows: Rows, delimiter: str, *, newline: str = "\r\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=newline, quoting=quoting).writerows(rows)
    return out.getvalue()


def reference_rows(data: bytes, codec: str, delimiter: str) -> dict[int, list[str]] | None:
    """Line → cells by RFC 4180 to the letter, knowing the encoding; None where the bytes are not text in it.

    Stops at the first thing the RFC does not allow: what follows cannot be trusted.
    """
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    text = text.removeprefix("\ufeff")
    rows: dict[int, list[str]] = {}
    line, at = 1, 0
    while at < len(text):
        start, cells = line, []
        while True:
            if text.startswith('"', at):
                found = re.compile(r'"((?:[^"]|"")*)"').match(text, at)
                if not found:
                    return rows
                cells.append(found.group(1).replace('""', '"'))
            else:
                found = re.compile(rf"[^{re.escape(delimiter)}\r\n]*").match(text, at)
                if '"' in found.group():
                    cells.append(None)
                else:
                    cells.append(found.group())
            line += len(re.findall("\r\n|\r|\n", found.group()))
            at = found.end()
            if at >= len(text) or not text.startswith(delimiter, at):
                break
            at += 1
        ending = re.compile("\r\n|\r|\n").match(text, at)
        if at < len(text) and not ending:
            return rows
        if None not in cells:
            rows[start] = cells
        line, at = line + 1, ending.end() if ending else at
    return rows


# --- Damage to cells ------------------------------------------------------------------------------


def sound_case(kind: str, seed: int, chance: random.Random, rows: Rows, **how) -> Case:
    """The rows written soundly, in one of the shapes that can hold them."""
    shapes = [shape for shape in SHAPES if _can_write(rows, shape[0])]
    codec, delimiter = chance.choice(shapes)
    quoting = chance.choice((csv.QUOTE_MINIMAL, csv.QUOTE_ALL))
    newline = chance.choice(("\r\n", "\n"))
    data = written([list(HEADER), *rows], delimiter, newline=newline, quoting=quoting).encode(codec)
    return text_case(kind, seed, data, codec, delimiter, **how)


def text_case(kind: str, seed: int, data: bytes, codec: str, delimiter: str, *, all_in: bool = False, **how) -> Case:
    truth = reference_rows(data, codec, delimiter)
    if truth is None:
        return Case(kind, seed, data, must_refuse=True, codec=codec)
    rows = {line: cells for line, cells in truth.items() if any(text.strip() for text in cells)}
    header = next((line for line, cells in rows.items() if tuple(cells) == HEADER), None)
    if header is not None:
        rows = {line: cells for line, cells in rows.items() if line > header}
    return Case(kind, seed, data, rows, all_in=all_in and header is not None, codec=codec, **how)


def _can_write(rows: Rows, codec: str) -> bool:
    try:
        "".join("".join(row) for row in rows).encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def nothing(kind: str, seed: int, chance: random.Random) -> Case:
    return sound_case(kind, seed, chance, sound_rows(chance, seed), all_in=True)


def nasty_cells(kind: str, seed: int, chance: random.Random) -> Case:
    rows = sound_rows(chance, seed)
    for _ in range(chance.randint(1, 6)):
        chance.choice(rows)[chance.randrange(len(HEADER))] = chance.choice(NASTY)
    return sound_case(kind, seed, chance, rows)


def other_column(at: int, values: tuple[tuple[str, str], ...]) -> Callable[[str, int, random.Random], Case]:
    def damage(kind: str, seed: int, chance: random.Random) -> Case:
        rows = sound_rows(chance, seed)
        chance.choice(rows)[at] = chance.choice(values)[0]
        return sound_case(kind, seed, chance, rows, all_in=True)

    return damage


def one_value(*values: str) -> Callable[[str, int, random.Random], Case]:
    def damage(kind: str, seed: int, chance: random.Random) -> Case:
        rows = sound_rows(chance, seed)
        chance.choice(rows)[chance.randrange(len(HEADER))] = chance.choice(values)
        return sound_case(kind, seed, chance, rows)

    return damage


def cell_without_end(kind: str, seed: int, chance: random.Random) -> Case:
    rows = sound_rows(chance, seed)
    chance.choice(rows)[chance.randrange(len(HEADER))] = chance.choice("あa1") * chance.choice(
        (32_767, 40_000, 200_000)
    )
    return sound_case(kind, seed, chance, rows)


def same_row_again(kind: str, seed: int, chance: random.Random) -> Case:
    rows = sound_rows(chance, seed)
    rows += [list(chance.choice(rows)) for _ in range(chance.randint(1, 3))]
    chance.shuffle(rows)
    return sound_case(kind, seed, chance, rows, all_in=True)


# --- Damage to the table --------------------------------------------------------------------------


def ragged(kind: str, seed: int, chance: random.Random) -> Case:
    rows = sound_rows(chance, seed)
    row = chance.choice(rows)
    if chance.random() < 0.5:
        del row[chance.randint(1, len(row) - 1) :]
    else:
        row += chance.choices(("余り", "", "x"), k=chance.randint(1, 30))
    return sound_case(kind, seed, chance, rows)


def trailing_cells(kind: str, seed: int, chance: random.Random) -> Case:
    rows = [row + [""] * chance.randint(0, 5) for row in sound_rows(chance, seed)]
    return sound_case(kind, seed, chance, rows, all_in=True)


def lines_between(kind: str, seed: int, chance: random.Random) -> Case:
    rows = sound_rows(chance, seed)
    for _ in range(chance.randint(1, 5)):
        rows.insert(chance.randint(0, len(rows)), chance.choice(([], [""] * len(HEADER), [" "])))
    return sound_case(kind, seed, chance, rows, all_in=True)


def title_lines(kind: str, seed: int, chance: random.Random) -> Case:
    titles = chance.sample(
        (["顧客リスト 2026年度"], ["出力日", "2026/6/1"], ["", ""], ["※社外秘"]), chance.randint(1, 3)
    )
    rows = [*titles, list(HEADER), *sound_rows(chance, seed)]
    codec, delimiter = chance.choice(SHAPES)
    return text_case(kind, seed, written(rows, delimiter).encode(codec), codec, delimiter, all_in=True)


def no_header(kind: str, seed: int, chance: random.Random) -> Case:
    codec, delimiter = chance.choice(SHAPES)
    return text_case(kind, seed, written(sound_rows(chance, seed), delimiter).encode(codec), codec, delimiter)


def other_header(kind: str, seed: int, chance: random.Random) -> Case:
    """Doubled, blank, shuffled, spelled in full width; the header is the first line all the same."""
    names = list(HEADER)
    for _ in range(chance.randint(1, 4)):
        names[chance.randrange(len(names))] = chance.choice(("", "会社名", "電話番号", "担当者", "ＴＥＬ", "x" * 300))
    rows = sound_rows(chance, seed)
    if chance.random() < 0.3:
        order = list(range(len(names)))
        chance.shuffle(order)
        names, rows = [names[at] for at in order], [[row[at] for at in order] for row in rows]
    codec, delimiter = chance.choice(SHAPES)
    case = text_case(kind, seed, written([names, *rows], delimiter).encode(codec), codec, delimiter)
    case.truth.pop(1, None)
    return case


def many_columns(kind: str, seed: int, chance: random.Random) -> Case:
    count = chance.choice((490, 501, 2_000))
    rows = [[*HEADER, *(f"列{n}" for n in range(count))]]
    rows += [[*row, *("x" for _ in range(count))] for row in sound_rows(chance, seed)]
    case = text_case(kind, seed, written(rows, ",").encode(), "utf-8", ",")
    case.truth.pop(1, None)
    case.must_refuse = True
    return case


# --- Damage to the text ---------------------------------------------------------------------------


def damaged_text(change: Callable[[str, str, random.Random], str], *, all_in: bool = False):
    def damage(kind: str, seed: int, chance: random.Random) -> Case:
        codec, delimiter = chance.choice(SHAPES)
        text = change(written([list(HEADER), *sound_rows(chance, seed)], delimiter), delimiter, chance)
        return text_case(kind, seed, text.encode(codec), codec, delimiter, all_in=all_in)

    return damage


def _insert(text: str, what: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    return text[:at] + what + text[at:]


def _separators_lost(text: str, delimiter: str, chance: random.Random) -> str:
    lines = text.split("\r\n")
    at = chance.randrange(len(lines))
    other = chance.choice(("", "\t", ";", "，", delimiter * 2, " "))
    lines[at] = lines[at].replace(delimiter, other, chance.randint(1, 5))
    return "\r\n".join(lines)


def _newlines_mixed(text: str, delimiter: str, chance: random.Random) -> str:
    return "".join(chance.choice(("\r\n", "\n", "\r")) if part == "\r\n" else part for part in re.split("(\r\n)", text))


# --- Damage to the bytes --------------------------------------------------------------------------


def damaged_bytes(change: Callable[[bytes, random.Random], bytes]):
    def damage(kind: str, seed: int, chance: random.Random) -> Case:
        codec, delimiter = chance.choice(SHAPES)
        data = change(written([list(HEADER), *sound_rows(chance, seed)], delimiter).encode(codec), chance)
        return text_case(kind, seed, data, codec, delimiter)

    return damage


def _flipped(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken)


def _bits(data: bytes, chance: random.Random) -> bytes:
    broken = bytearray(data)
    broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def _removed(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randint(1, 20) :]


def _noise(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    noise = chance.choice(
        (b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\x1b$B", b"\xef\xbb\xbf", b"\x81", b"\xff", b"\x80")
    )
    return data[:at] + noise * chance.randint(1, 3) + data[at:]


def _doubled_mark(data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"%PDF-", b"\x1f\x8b")) + data


def random_bytes(kind: str, seed: int, chance: random.Random) -> Case:
    return Case(kind, seed, chance.randbytes(chance.randint(0, 3_000)), must_refuse=True)


def other_encoding(kind: str, seed: int, chance: random.Random) -> Case:
    codec = chance.choice(("euc_jp", "iso2022_jp", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "shift_jis_2004"))
    text = written([list(HEADER), *sound_rows(chance, seed)], ",")
    if codec == "shift_jis_2004":
        text = text.replace("髙﨑", "𠀋").replace("みほん", "俠", 1)
    else:
        text = text.replace("髙﨑", "高崎").replace("㈱", "株")
    return Case(kind, seed, text.encode(codec), must_refuse=True, codec=codec)


def two_encodings(kind: str, seed: int, chance: random.Random) -> Case:
    """Two files pasted into one."""
    first, second = chance.sample(("utf-8", "cp932"), 2)
    rows = sound_rows(chance, seed)
    data = written([list(HEADER), *rows], ",").encode(first) + written(sound_rows(chance, seed + 1), ",").encode(second)
    return Case(kind, seed, data, must_refuse=True)


# --- Workbooks ------------------------------------------------------------------------------------


def _sheet_case(kind: str, seed: int, rows: Rows, **how) -> Case:
    data = workbook(sheet_xml([list(HEADER), *rows]))
    truth = {number: row for number, row in enumerate(rows, 2) if any(text.strip() for text in row)}
    return Case(kind, seed, data, truth, filename="リスト.xlsx", **how)


def sound_workbook(kind: str, seed: int, chance: random.Random) -> Case:
    rows = [[text.replace("\n", " ") for text in row] for row in sound_rows(chance, seed)]
    return _sheet_case(kind, seed, rows, all_in=True)


def nasty_workbook(kind: str, seed: int, chance: random.Random) -> Case:
    rows = [[text.replace("\n", " ") for text in row] for row in sound_rows(chance, seed)]
    for _ in range(chance.randint(1, 6)):
        text = chance.choice(NASTY)
        if "\r" not in text and "\x0c" not in text and "\x0b" not in text:  # XML has none of these
            chance.choice(rows)[chance.randrange(len(HEADER))] = text
    return _sheet_case(kind, seed, rows)


def damaged_workbook(kind: str, seed: int, chance: random.Random) -> Case:
    """Bytes of the archive: its checksums guard every cell, so what is taken is the truth."""
    rows = [[text.replace("\n", " ") for text in row] for row in sound_rows(chance, seed)]
    case = _sheet_case(kind, seed, rows)
    case.data = chance.choice((_flipped, _bits, _removed, _cut))(case.data, chance)
    return case


def damaged_sheet(kind: str, seed: int, chance: random.Random) -> Case:
    """The sheet's XML itself, packed soundly afterwards."""
    rows = [[text.replace("\n", " ") for text in row] for row in sound_rows(chance, seed)]
    xml = sheet_xml([list(HEADER), *rows])
    tags = [found.start() for found in re.finditer("<", xml)]
    at = chance.choice(tags)
    damage = chance.choice(("cut", "tag", "far", "entity", "back"))
    if damage == "cut":
        xml = xml[:at]
    elif damage == "tag":
        xml = xml[:at] + "<x>" + xml[at:]
    elif damage == "entity":
        xml = xml.replace("東京都", "&bomb;", 1)
    elif damage == "back":
        xml = xml.replace('<row r="3"', '<row r="1"')
    else:
        xml = xml.replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    return Case(kind, seed, workbook(xml), must_refuse=True, filename="リスト.xlsx")


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data))]


KINDS: dict[str, Callable[[str, int, random.Random], Case]] = {
    "nothing": nothing,
    "nasty_cells": nasty_cells,
    "phones": other_column(3, PHONES),
    "dates": other_column(8, DATES),
    "huge_numbers": one_value("9" * 400, "9" * 5_000, "1e308", "-0", "９" * 40),
    "formulas": one_value("=1+1", "＝1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://x")', "\t=1"),
    "invisible_signs": one_value("\u202eabc", "a\u200bb", "\ufeffa", "\u2066a\u2069", "a\u00adb", "a\x0cb", "a\x1fb"),
    "lines_in_cells": one_value("a\nb", "a\r\nb", "a\rb", "\n", "a\n\n\nb", "a\u2028b", "a\x85b"),
    "cell_without_end": cell_without_end,
    "same_row_again": same_row_again,
    "ragged": ragged,
    "trailing_cells": trailing_cells,
    "lines_between": lines_between,
    "title_lines": title_lines,
    "no_header": no_header,
    "other_header": other_header,
    "many_columns": many_columns,
    "separators": damaged_text(_separators_lost),
    "newlines_mixed": damaged_text(_newlines_mixed, all_in=True),
    "carriage_returns": damaged_text(lambda text, _, chance: text.replace("\r\n", "\r"), all_in=True),
    "quote_added": damaged_text(lambda text, _, chance: _insert(text, '"', chance)),
    "nul_added": damaged_text(lambda text, _, chance: _insert(text, "\x00", chance)),
    "cut_short": damaged_text(lambda text, _, chance: text[: chance.randrange(1, len(text))]),
    "bytes_cut": damaged_bytes(_cut),
    "bytes_flipped": damaged_bytes(_flipped),
    "bit_flipped": damaged_bytes(_bits),
    "bytes_removed": damaged_bytes(_removed),
    "noise_added": damaged_bytes(_noise),
    "wrong_mark": damaged_bytes(_doubled_mark),
    "random_bytes": random_bytes,
    "other_encoding": other_encoding,
    "two_encodings": two_encodings,
    "workbook": sound_workbook,
    "nasty_workbook": nasty_workbook,
    "damaged_workbook": damaged_workbook,
    "damaged_sheet": damaged_sheet,
}


# --- What a cell must have become -----------------------------------------------------------------

INVISIBLE = ("Cc", "Cf", "Cs", "Cn")


def kept(text: str) -> str:
    """A text as the base must hold it, up to spaces: nothing that cannot be seen, Excel's text marks undone."""
    text = "".join(sign for sign in text if sign in "\n\r\t" or unicodedata.category(sign) not in INVISIBLE).strip()
    if found := re.fullmatch(r'="((?:[^"]|"")*)"', text):
        text = found.group(1).replace('""', '"')
    if re.match(r"'[=+\-@＝＋－＠\d\t]", text):
        text = text[1:]
    return squeezed(text)


def squeezed(text: str) -> str:
    return "".join(text.split())


def says_nothing(text: str) -> bool:
    """Blank in one of the spellings the lists of the trade use, or pointing at the row above."""
    folded = unicodedata.normalize("NFKC", kept(text)).casefold()
    if all(sign in "-_~*=・.|‐–—―ー〜" for sign in folded):
        return True
    words = ("select", "n/a", "#n/a", "#ref!", "none", "null", "なし", "未定", "不明", "〃", "同上", '"', "''", "nan")
    return folded in words


def e164_of(text: str) -> str | None:
    """The number a sound cell or one of PHONES means; None where no oracle knows. A mobile number has eleven digits."""
    if text in PHONE_TRUTH:
        return PHONE_TRUTH[text]
    digits = text.replace("-", "")
    is_whole = re.fullmatch(r"0[6-9]0\d{8}|0(?![6-9]0)[1-9]\d{8}", digits) and digits.isascii()
    return "+81" + digits[1:] if is_whole else None


def day_of(text: str) -> str | None:
    """The ISO day a sound cell or one of DATES means; None where no oracle knows."""
    if text in DATE_TRUTH:
        return DATE_TRUTH[text]
    found = re.fullmatch(r"2026/([1-9])/([1-9]|1\d)", text)
    return f"2026-{int(found[1]):02d}-{int(found[2]):02d}" if found else None
