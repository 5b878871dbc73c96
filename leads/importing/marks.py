"""Cells that say yes or no: whether somebody must not be called."""

from leads.importing.text import nfkc

_NO = "no n false f 0 0.0 off いいえ 可 架電可 ok 許可 対象外 非該当 未 否"
_YES = "yes y true t 1 1.0 on はい あり 有 有り ○ ◯ 〇 ● ✓ ✔ ☑ レ 済 ng 禁止 架電禁止 不可 停止 拒否 退職 該当 dnc"
NO = frozenset(_NO.split())
YES = frozenset(_YES.split())


def means_block(text: str) -> tuple[bool, bool]:
    """(blocked, clear) for a filled cell of a do-not-call column. In doubt (×, free words) blocked, but not clear."""
    folded = nfkc(text).strip().casefold()
    if folded in NO:
        return False, True
    return True, folded in YES or nfkc(text).strip() in YES
