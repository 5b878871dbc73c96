"""Where a company is: postal codes with their lost zeros, prefecture, city, and the head of an address for matching."""

import re
from functools import lru_cache
from typing import NamedTuple

from leads.importing.text import SPACES, modern, nfkc

_PREFECTURES = """
北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 新潟県 富山県
石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県
岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県
"""
PREFECTURES = tuple(_PREFECTURES.split())
SHORT_PREFECTURES = {name if name == "北海道" else name[:-1]: name for name in PREFECTURES}
_BIG_CITIES = {
    "北海道": "札幌市",
    "宮城県": "仙台市",
    "埼玉県": "さいたま市",
    "千葉県": "千葉市",
    "神奈川県": "横浜市 川崎市 相模原市",
    "新潟県": "新潟市",
    "静岡県": "静岡市 浜松市",
    "愛知県": "名古屋市",
    "京都府": "京都市",
    "大阪府": "大阪市 堺市",
    "兵庫県": "神戸市",
    "岡山県": "岡山市",
    "広島県": "広島市",
    "福岡県": "北九州市 福岡市",
    "熊本県": "熊本市",
    "東京都": "千代田区 新宿区 文京区 台東区 墨田区 江東区 品川区 目黒区 大田区 世田谷区 渋谷区 中野区 杉並区 豊島区 "
    "荒川区 板橋区 練馬区 足立区 葛飾区 江戸川区",
}
BIG_CITIES = {city: prefecture for prefecture, cities in _BIG_CITIES.items() for city in cities.split()}
"""Cities and wards whose name alone says the prefecture when an address leaves it out."""

PREFECTURE = re.compile("|".join(PREFECTURES))
BIG_CITY = re.compile("|".join(BIG_CITIES))

_ODD_CITIES = """
四日市市 廿日市市 野々市市 市川市 市原市 十日町市 大町市 町田市 村山市 東村山市 武蔵村山市 羽村市 田村市 村上市 大村市
郡山市 郡上市 蒲郡市 小郡市 大和郡山市 大町町 玉村町 村田町 上市町 下市町 余市町
"""
_ODD = "|".join(_ODD_CITIES.split())
"""Names in which 市, 町, 村 or 郡 stands before their end."""

_WITH_WARDS = "|".join(city for city in BIG_CITIES if city.endswith("市"))
CITY = re.compile(
    rf"(?:{_ODD}|\S{{1,5}}?郡(?:{_ODD}|\S{{1,6}}?[町村])|(?:{_WITH_WARDS})\S{{1,4}}?区"
    r"|\S{1,6}?市|\S{1,4}?区|\S{1,6}?[町村])"
)
POSTAL_SIGNS = re.compile(r"[〒\s\-‐‑‒–—―−ー]")
PLAIN_POSTAL = re.compile("[0-9]{3}-[0-9]{4}")
HEAD_CHARACTERS = 5


class Postal(NamedTuple):
    """`code` as 123-4567, or the text as written when it is no postal code (then flagged)."""

    code: str
    flags: tuple[str, ...] = ()


def parse_postal(text: str) -> Postal:
    """〒 and hyphens in any width; one or two zeros lost in front are repaired and flagged."""
    return Postal(text) if PLAIN_POSTAL.fullmatch(text) else _read_postal(text)


def _read_postal(text: str) -> Postal:
    folded = nfkc(text).strip()
    if re.fullmatch(r"\d+\.0", folded):
        folded = folded[:-2]
    digits = POSTAL_SIGNS.sub("", folded)
    if not (digits.isascii() and digits.isdigit()):
        return Postal(text, ("postal_invalid",))
    if len(digits) == 7:
        return Postal(f"{digits[:3]}-{digits[3:]}")
    if len(digits) in (5, 6) and "-" not in folded:
        digits = digits.zfill(7)
        return Postal(f"{digits[:3]}-{digits[3:]}", ("postal_lost_zero",))
    return Postal(text, ("postal_invalid",))


@lru_cache(maxsize=4096)
def prefecture_of(text: str) -> str:
    """The prefecture a cell or an address begins with, in full (東京 → 東京都); empty when it says none."""
    folded = nfkc(text).strip()
    found = PREFECTURE.match(folded)
    if found:
        return found.group()
    if folded in SHORT_PREFECTURES:
        return SHORT_PREFECTURES[folded]
    city = BIG_CITY.match(folded)
    return BIG_CITIES[city.group()] if city else ""


def split_address(text: str) -> tuple[str, str, str]:
    """(prefecture, city, rest) of an address; parts that cannot be told apart stay in the rest."""
    written = PREFECTURE.match(text) if text[2:3] in "県都府道" or text[3:4] == "県" else None
    rest = text[written.end() :].lstrip() if written else text
    found = CITY.match(rest)
    city = found.group() if found else ""
    return written.group() if written else prefecture_of(rest[:8]), city, rest[len(city) :].lstrip()


def address_key(text: str) -> str:
    """For comparing addresses: NFKC, old characters, no prefecture, no spaces; numbers as written."""
    folded = modern(SPACES.sub("", nfkc(text)))
    found = PREFECTURE.match(folded)
    return folded[found.end() :] if found else folded


def address_head(text: str) -> str:
    """The first characters of the key: enough to tell a company's city and quarter."""
    return address_key(text[:40])[:HEAD_CHARACTERS]
