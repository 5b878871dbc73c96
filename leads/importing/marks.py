"""Cells that say yes or no: whether somebody must not be called."""

from leads.importing.text import nfkc

_NO = "no n false f 0 0.0 off いいえ 可 架電可 ok 許可 対象外 非該当 未 否"
_YES = "yes y true t 1 1.0 on はい あり 有 有り ○ ◯ 〇 ● ✓ ✔ ☑ レ 済 ng 禁止 架電禁止 不可 停止 拒否 退職 該当 dnc"
NUMBERS, PERSON, COMPANY, LIFTED = "架電禁止", "架電禁止（担当者）", "架電禁止（会社）", "架電禁止（解除済み）"
"""How our own export says how far a refusal reaches, or that it was taken back since."""

YES = frozenset((*_YES.split(), *map(nfkc, (PERSON, COMPANY))))
NO = frozenset((*_NO.split(), nfkc(LIFTED)))


def reach_of(words: str) -> str:
    """PERSON, COMPANY or LIFTED where a cell says so in these words; every other refusal is one of the numbers."""
    folded = nfkc(words).strip()
    return next((reach for reach in (PERSON, COMPANY, LIFTED) if nfkc(reach) == folded), NUMBERS)


def means_block(text: str) -> tuple[bool, bool]:
    """(blocked, clear) for a filled cell of a do-not-call column. In doubt (×, free words) blocked, but not clear."""
    folded = nfkc(text).strip().casefold()
    if folded in NO:
        return False, True
    return True, folded in YES or nfkc(text).strip() in YES
