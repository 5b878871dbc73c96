"""Facts a list names of its people: 検討時期, 予算, 決裁者 in words → the choices of `calls.models.Hearing`.

What is not one of the choices stays as text; a time or a sum is never turned into one by guessing.
"""

import re
from functools import lru_cache

from leads.importing.text import nfkc

TEXT_FACTS = {
    "hearing_problem": "problem",
    "hearing_concerns": "concerns",
    "hearing_background": "background",
    "hearing_approval_process": "approval_process",
    "hearing_competitors": "competitors",
}
CHOICE_FACTS = {"hearing_decision_maker": "decision_maker", "hearing_timing": "timing", "hearing_budget": "budget"}

DECISION_MAKERS = {
    "self": "本人 ご本人 担当者 担当者本人 本人決裁 自分 自身 キーマン self me",
    "superior": (
        "上長 上司 直属の上長 部長 本部長 次長 課長 係長 室長 工場長 支店長 店長 所長 マネージャー マネジャー manager"
    ),
    "executive": (
        "役員 社長 代表 代表者 代表取締役 代表取締役社長 会長 専務 常務 専務取締役 常務取締役 取締役 執行役員 経営者 "
        "経営陣 経営層 理事長 院長 オーナー ceo coo cfo cto owner president executive"
    ),
    "other_department": "別部署 他部署 他部門 別部門 別の部署 他の部署 otherdepartment",
}
TIMINGS = {
    "within_1_month": "すぐ すぐに 今すぐ 即 即時 即日 至急 早急 今月 今月中 来月 来月中 1か月 一か月 asap now",
    "within_3_months": "2か月 3か月 三か月 四半期以内",
    "within_6_months": "4か月 5か月 6か月 六か月 半年",
    "within_1_year": "7か月 8か月 9か月 10か月 11か月 12か月 1年 一年",
    "undecided": "未定 時期未定 検討時期未定 決まっていない 決まってない 不定 undecided tbd",
}
BUDGETS = {
    "secured": (
        "確保済 確保済み 確保 確保している 予算確保済 予算確保済み 予算確保 予算あり 予算有 予算有り あり 有 有り "
        "取得済 secured"
    ),
    "applying": "申請中 予算申請中 稟議中 稟議申請中 承認待ち applying pending",
    "undecided": "未定 予算未定 検討中 決まっていない 決まってない undecided tbd",
    "none": "予算なし 予算無し 予算無 なし 無し 無 ゼロ 確保なし none nobudget",
}
MONTHS = re.compile("[ヶケヵカか個箇ヵ]月間?")
SPELLED = {
    "timing": re.compile(
        r"(?:以内|程度|くらい|ぐらい|ほど|後|ごろ|頃|を目途|を目処|目途|目処|予定|に導入|導入予定|導入希望)+$"
    ),
    "budget": re.compile(r"(?:です|との(?:こと|事))+$"),
    "decision_maker": re.compile(r"(?:様|さん|決裁|が決裁|が決定)+$"),
}


def _fold(text: str) -> str:
    return re.sub(r"[\s。.、,・「」()]+", "", nfkc(text)).casefold()


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {_fold(word): code for code, words in table.items() for word in words.split()}


WORDS = {"timing": _by_word(TIMINGS), "budget": _by_word(BUDGETS), "decision_maker": _by_word(DECISION_MAKERS)}
_TITLES = sorted((word for word in WORDS["decision_maker"] if len(word) > 1), key=len, reverse=True)
TITLES = re.compile("(?:" + "|".join(map(re.escape, _TITLES)) + ")$")


@lru_cache(maxsize=4096)
def read_choice(fact: str, text: str) -> str:
    """The code of a choice, empty when the words name none: 3ヶ月以内 → within_3_months, 半年以降 → nothing."""
    folded = _fold(text)
    if fact == "timing":
        folded = MONTHS.sub("か月", folded)
    words = WORDS[fact]
    return words.get(folded) or words.get(SPELLED[fact].sub("", folded)) or ""


@lru_cache(maxsize=4096)
def read_decision_maker(text: str) -> tuple[str, str]:
    """(code, name) of who decides: 山田部長 → superior and the name; a name alone says nobody's rank."""
    if code := read_choice("decision_maker", text):
        return code, ""
    title = TITLES.search(SPELLED["decision_maker"].sub("", _fold(text)))
    if title is None or title.group() in _NO_TITLE:
        return "", ""
    return WORDS["decision_maker"][title.group()], " ".join(text.split())[:100]


_NO_TITLE = frozenset(_fold(word) for word in DECISION_MAKERS["self"].split())
