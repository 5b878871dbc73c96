"""Company names: kept as written for display, with a key for matching, the legal form and where it stands, the branch.

A key never makes two companies one by itself: 株式会社A and A株式会社 share a key and are different companies in law.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from leads.importing.text import SPACES, VARIATION, modern, nfkc, one_line

FORMS = {
    "株式会社": "(株) 株) (株 カ) (カ (カ) (カブ) カブシキガイシヤ カブシキガイシャ カブシキカイシヤ カブシキカイシャ",
    "有限会社": "(有) 有) (有 ユ) (ユ (ユ) (ユウ) ユウゲンガイシヤ ユウゲンガイシャ ユウゲンカイシヤ ユウゲンカイシャ",
    "合同会社": "(同) (合) ド) (ド) ゴウドウガイシヤ ゴウドウガイシャ",
    "合資会社": "(資) シ) (シ)",
    "合名会社": "(名) メ) (メ)",
    "相互会社": "(相)",
    "特例有限会社": "",
    "外国会社": "",
    "医療法人社団": "",
    "医療法人財団": "",
    "特定医療法人": "",
    "社会医療法人": "",
    "医療法人": "(医) (医社) (医財) イ)",
    "社会福祉法人": "(福) (社福) フク)",
    "宗教法人": "(宗)",
    "学校法人": "(学)",
    "準学校法人": "",
    "独立行政法人": "(独) (独法)",
    "地方独立行政法人": "(地独)",
    "国立大学法人": "(国大)",
    "公立大学法人": "",
    "公益財団法人": "(公財)",
    "公益社団法人": "(公社)",
    "一般財団法人": "(一財)",
    "一般社団法人": "(一社) イッパンシャダンホウジン",
    "財団法人": "(財)",
    "社団法人": "(社)",
    "特定非営利活動法人": "NPO法人 (特非) (NPO) (非) 特非)",
    "農業協同組合": "",
    "漁業協同組合": "",
    "消費生活協同組合": "",
    "医療生活協同組合": "",
    "協同組合連合会": "",
    "組合連合会": "",
    "企業組合": "",
    "協業組合": "",
    "協同組合": "(協)",
    "農事組合法人": "(農)",
    "有限責任事業組合": "LLP",
    "投資法人": "",
    "特定目的会社": "",
    "税理士法人": "",
    "弁護士法人": "",
    "司法書士法人": "",
    "行政書士法人": "",
    "社会保険労務士法人": "",
    "有限責任監査法人": "",
    "監査法人": "",
    "特許業務法人": "",
    "更生保護法人": "",
    "職業訓練法人": "",
    "管理組合法人": "",
    "NPO": "",
}
"""Full form and its short spellings after NFKC and upper case.

信用金庫, 信用組合, 労働組合 and 商工会議所 stay in the key: what is left without them is a mere place name.
"""

ENGLISH = (
    r"CO\.?\s*,?\s*LTD\.?|COMPANY\s*,?\s*LIMITED|CORPORATION|INCORPORATED|LIMITED|CORP\.?|INC\.?|LTD\.?"
    r"|L\.L\.C\.?|LLC\.?|K\.\s?K\.?|G\.\s?K\.?|KK|GK"
)
BRANCH_WORDS = "支店|支社|営業所|出張所|事業所|支局|支部|本社|本店|本部|工場"

_SPELLINGS = {spelling: form for form, others in FORMS.items() for spelling in (form, *others.split())}
_FULL = "|".join(
    re.escape(s) for s in sorted(_SPELLINGS, key=len, reverse=True) if not re.fullmatch(r"[^()]+\)|\([^()]+", s)
)
_OPEN = "|".join(re.escape(s) for s in sorted(_SPELLINGS, key=len, reverse=True) if re.fullmatch(r"\([^()]+", s))
_CLOSE = "|".join(re.escape(s) for s in sorted(_SPELLINGS, key=len, reverse=True) if re.fullmatch(r"[^()]+\)", s))
_FIRST = "".join(sorted({spelling[0] for spelling in _SPELLINGS} | set("CIKLG") - {"("}))
FORM = re.compile(
    rf"(?=[{_FIRST}(])(?:(?P<full>{_FULL})|(?P<close>^(?:{_CLOSE}))|(?P<open>(?:{_OPEN})$)|(?P<english>(?<![A-Z])(?:{ENGLISH})(?![A-Z])))"
)
FORM_HINT = re.compile(
    r"特例|会社|法人|組合|\(|\)|財団|社団|NPO|カブシキ|ユウゲン|LTD|INC|CORP|LLC|LLP|K\.?K|G\.?K|LIMITED|カイシ|ガイシ"
)
COMMON_FORMS = (
    ("株式会社", "株式会社"),
    ("(株)", "株式会社"),
    ("有限会社", "有限会社"),
    ("(有)", "有限会社"),
    ("合同会社", "合同会社"),
)
BRANCH = re.compile(rf"^(?P<name>.*\S)\s+(?P<branch>\S{{0,12}}(?:{BRANCH_WORDS}))$")
WHOLE_BRANCH = re.compile(rf"\S{{0,12}}(?:{BRANCH_WORDS})")
HEAD_OFFICE = re.compile("(?P<name>.{2,})(?P<branch>本社)")
NOISE = re.compile(
    r"[\s・･．.,，、。'’‘`´\"“”„&＆!！?？:：;；/／\\|_+*#~〜～\-‐‑‒–—―−─━()（）\[\]【】「」『』〈〉《》<>]+"
)


class CompanyName(NamedTuple):
    """`form_position`: before (前株), after (後株), both or empty. `key` is never empty for a non-empty name."""

    display: str
    key: str
    form: str = ""
    form_position: str = ""
    branch: str = ""


@lru_cache(maxsize=8192)
def parse_company(name: str) -> CompanyName:
    """Take a company name apart; `name` is already a clean cell."""
    if not name:
        return CompanyName("", "")
    display = one_line(name)
    folded = nfkc(VARIATION.sub("", display)).upper().strip()
    rest, form, position = _common_form(folded) or _without_forms(folded)
    rest, branch = _without_branch(rest, has_form=bool(form))
    key = _squeezed(rest)
    if not key:
        key, branch = _squeezed(folded) or folded, ""
    return CompanyName(display, key, form, position, branch)


def company_key(name: str) -> str:
    """The matching key alone; empty only for an empty name."""
    return parse_company(name).key if name else ""


def has_form(name: str) -> bool:
    """Whether the name carries a legal form: a strong sign that a column holds companies."""
    return bool(parse_company(name).form)


def _squeezed(text: str) -> str:
    return modern(NOISE.sub("", text))


def _common_form(text: str) -> tuple[str, str, str] | None:
    """The short way for nine names of ten: one common form at the beginning or the end and none elsewhere."""
    for spelling, form in COMMON_FORMS:
        if text.startswith(spelling):
            rest, position = text[len(spelling) :], "before"
        elif text.endswith(spelling):
            rest, position = text[: -len(spelling)], "after"
        else:
            continue
        rest = rest.strip()
        return None if not rest or FORM_HINT.search(rest) else (SPACES.sub(" ", rest), form, position)
    return None


def _without_forms(text: str) -> tuple[str, str, str]:
    """The name with form words replaced by a space, the first form in full, and where it stood."""
    if not FORM_HINT.search(text):
        return text, "", ""
    places = [(m.start(), m.end(), m) for m in FORM.finditer(text)]
    if not places:
        return text, "", ""
    rest = FORM.sub(" ", text)
    before = not text[: places[0][0]].strip()
    after = not text[places[-1][1] :].strip() or not before
    found = places[0][2].group()
    position = "both" if before and after and len(places) > 1 else "before" if before else "after"
    return SPACES.sub(" ", rest).strip(), _SPELLINGS.get(found, _english_form(found)), position


def _english_form(text: str) -> str:
    letters = re.sub(r"[^A-Z]", "", text)
    if letters in ("KK",):
        return "株式会社"
    return "合同会社" if letters in ("GK", "LLC") else letters


def _without_branch(text: str, *, has_form: bool) -> tuple[str, str]:
    """支店 and the like behind a space (or behind the form) are the branch; glued on they may be part of the name."""
    found = BRANCH.match(text) if " " in text else HEAD_OFFICE.fullmatch(text) if has_form else None
    if not found or WHOLE_BRANCH.fullmatch(found["name"]):
        return text, ""
    return found["name"], found["branch"]
