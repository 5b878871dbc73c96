"""Cells as text: dangerous characters out, blanks in all their spellings, keys for comparing and searching."""

import re
import unicodedata
from functools import lru_cache

DANGEROUS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""C0, C1, zero-width, bidi controls, lone surrogates, tags: never wanted, and PostgreSQL refuses NUL."""

VARIATION = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
SPACES = re.compile(r"\s+")
NEWLINES = re.compile("\r\n|\r|\u2028|\u2029")
HONORIFIC = re.compile("(?<=..)(?:様|さま|殿|氏)$")
FORMULA_TEXT = re.compile(r'="((?:[^"]|"")*)"', re.S)
TEXT_MARK = re.compile(r"'[\s\u0300-\u036f\ufe00-\ufe0f]*[=+\-@＝＋－＠﹢﹣﹦﹫⁺⁼₊₌⩵⩶﬩'＇\d\t]")

_BLANK_WORDS = """
- -- --- * ** *** . / select n/a #n/a #ref! #value! #name? #div/0! #null! #num! #spill! #calc! null none (null)
なし 無し 無 無記入 未記入 未入力 未登録 不明 該当なし 該当無し
"""
BLANKS = frozenset(_BLANK_WORDS.split())
DASHES = frozenset("-‐‑‒–—―−ー─━⁃~〜_*=・. ")
DITTO = frozenset(("〃", "同上", "々", "仝", '"', "''", "上記同", "上に同じ", "同"))
LONGEST_BLANK = 8
_FIRST_SIGNS = {word[0] for word in (*BLANKS, *DITTO, *DASHES, "「", "」", "(", ")")}
_MAY_SAY_NOTHING = frozenset(
    sign
    for sign in map(chr, (*range(0x20, 0x250), *range(0x2000, 0x2600), *range(0x3000, 0x30FF), *range(0xFE00, 0xFFF0)))
    if unicodedata.normalize("NFKC", sign).casefold()[:1] in _FIRST_SIGNS
) | frozenset(_FIRST_SIGNS)
"""First signs of cells that may be blank or a ditto; all other cells need no closer look."""

LOST_MARK = re.compile(r"\?(?=[\u30a1-\u30fa\u4e00-\u9fff\uff10-\uff19\uff21-\uff5a])")
BEFORE_LOST = re.compile(r"[\u30a1-\u30fa\u4e00-\u9fff\uff10-\uff19\uff21-\uff5a]")

OLD_CHARACTERS = str.maketrans(
    "髙﨑嵜碕邊邉齋齊濵濱𠮷澤廣國學會應櫻實壽榮圓龍瀧嶋嶌冨眞惠德豐曾藏條鐵關戶黑"
    "與萬彌淺增讓靜將總聰穗靑淸瀨賴步緖鷗驛區縣鹽爲團發氣假獨濟經營醫藥樂體醬麴餠鄕",
    "高崎崎崎辺辺斎斎浜浜吉沢広国学会応桜実寿栄円竜滝島島富真恵徳豊曽蔵条鉄関戸黒"
    "与万弥浅増譲静将総聡穂青清瀬頼歩緒鴎駅区県塩為団発気仮独済経営医薬楽体醤麹餅郷",
)
"""Old and variant characters to the form lists use most; for keys only, never for display."""
_OLD = re.compile("[" + "".join(map(chr, OLD_CHARACTERS)) + "]")


def cell(raw: str) -> str:
    """A cell safe to keep: no dangerous characters, LF newlines, no outer space, Excel's `="…"` and `'` undone."""
    text = DANGEROUS.sub("", raw) if DANGEROUS.search(raw) else raw
    text = text.strip()
    if not text:
        return ""
    if "\r" in text or "\u2028" in text or "\u2029" in text:
        text = NEWLINES.sub("\n", text)
    if text[0] == "=" and (formula := FORMULA_TEXT.fullmatch(text)):
        return cell(formula.group(1).replace('""', '"'))
    return text[1:].strip() if text[0] == "'" and TEXT_MARK.match(text) else text


def one_line(text: str) -> str:
    """Inner line breaks and runs of space become one space; a lone full-width space stays as written."""
    if "\n" in text or "\t" in text or "  " in text or "\u3000\u3000" in text:
        return SPACES.sub(" ", text)
    return text


def is_blank(text: str) -> bool:
    """Whether a cell says nothing: empty, `-`, `*`, `Select`, なし … in any width."""
    if not text:
        return True
    return len(text) <= LONGEST_BLANK and _says_nothing(text)


@lru_cache(maxsize=4096)
def _says_nothing(text: str) -> bool:
    folded = nfkc(text).strip().casefold()
    return folded in BLANKS or all(sign in DASHES for sign in folded)


def short_kind(text: str) -> str:
    """For a short, trimmed, non-empty cell: `blank`, `ditto`, or empty for a real value."""
    return _short_kind(text) if text[0] in _MAY_SAY_NOTHING else ""


@lru_cache(maxsize=16384)
def _short_kind(text: str) -> str:
    return "ditto" if is_ditto(text) else "blank" if _says_nothing(text) else ""


def is_ditto(text: str) -> bool:
    """Whether a cell points at the row above (〃, 同上); its value is not known from this row alone."""
    return len(text) <= 4 and text.strip("「」()（） ") in DITTO


def modern(text: str) -> str:
    """Old characters as lists write them today; the search is cheaper than a translation that changes nothing."""
    return text.translate(OLD_CHARACTERS) if _OLD.search(text) else text


def lost_places(text: str, before: str = "") -> list[int]:
    """Where characters were lost before we got them: U+FFFD, and `?` between kanji, katakana or full-width signs."""
    places = [match.start() for match in re.finditer("\ufffd", text)] if "\ufffd" in text else []
    if "?" in text:
        found = (match.start() for match in LOST_MARK.finditer(text))
        places += [at for at in found if BEFORE_LOST.match(text[at - 1] if at else before)]
    return places


def nfkc(text: str) -> str:
    """NFKC; the check is many times cheaper than the work, and most text needs none."""
    if text.isascii() or unicodedata.is_normalized("NFKC", text):
        return text
    return unicodedata.normalize("NFKC", text)


def kana_key(text: str) -> str:
    """For comparing kana: NFKC, hiragana as katakana, upper case, no spaces. 「さとう ｶｵﾘ」 → 「サトウカオリ」."""
    folded = SPACES.sub("", nfkc(text)).upper()
    return folded.translate(_TO_KATAKANA)


_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


def person_key(text: str) -> str:
    """For comparing people's names: NFKC, old characters, no spaces, no honorific."""
    if not text:
        return ""
    folded = modern("".join(nfkc(VARIATION.sub("", text)).split())).casefold()
    return HONORIFIC.sub("", folded) if folded[-1:] in "様ま殿氏" else folded


def search_key(text: str) -> str:
    """For the search column and the typed query alike: NFKC, katakana, old characters, casefold, no spaces."""
    return modern(kana_key(VARIATION.sub("", text))).casefold()
