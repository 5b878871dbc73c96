"""Text for programs that read nothing but Shift_JIS: what it cannot say is replaced, counted and named.

The bytes are those Windows writes. Python has NEC's codes for IBM's characters (髙, 﨑), and Shift_JIS-2004 has
ordinary kanji at these, so a reader must doubt them.
"""

from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache

CODEC = "cp932"
REPLACEMENT = "?"
LOOK_ALIKES = {
    "〜": "～",
    "−": "－",
    "—": "―",
    "–": "‐",
    "‑": "‐",
    "‒": "‐",
    "‖": "∥",
    "¢": "￠",
    "£": "￡",
    "¬": "￢",
    "¥": "￥",
    "•": "・",
    "·": "・",
    "\u00a0": " ",
    "\u202f": " ",
    "\u2009": " ",
    "\u200b": "",
    "\u2028": "\n",
    "\u2029": "\n",
}
"""Signs of other systems (a Mac's 〜 above all) with the one that looks the same."""

EXAMPLE_LENGTH = 40
PRIVATE_USE = range(0xE000, 0xF900)
C1 = range(0x80, 0xA0)
NEC_LEADS = (0xED, 0xEE)


@dataclass
class ShiftJis:
    """One file in the making: `replaced` counts each character that could not be written, `examples` shows where."""

    replaced: Counter = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def fitted(self, text: str) -> str:
        """`text` with nothing in it that Shift_JIS lacks."""
        if text.isascii() or all(map(is_writable, set(text))):
            return text
        for sign in filter(lambda sign: not is_writable(sign), text):
            self.replaced[sign] += 1
            self.examples.setdefault(sign, excerpt(text, sign))
        return "".join(sign if is_writable(sign) else instead_of(sign) for sign in text)


def instead_of(sign: str) -> str:
    """What is written for a character that cannot be."""
    return LOOK_ALIKES.get(sign, REPLACEMENT)


def excerpt(text: str, sign: str) -> str:
    """The words around a character, on one line."""
    at = text.index(sign)
    start = max(0, at - EXAMPLE_LENGTH // 2)
    return " ".join(text[start : start + EXAMPLE_LENGTH].split())


@lru_cache(maxsize=1 << 17)
def is_writable(sign: str) -> bool:
    """Whether a reader gets the very same character back, on every machine: private ones differ on each."""
    if ord(sign) in PRIVATE_USE or ord(sign) in C1:
        return False
    try:
        return sign.encode(CODEC).decode(CODEC) == sign
    except UnicodeEncodeError:
        return False


def encoded(text: str) -> bytes:
    """The bytes of a text that is `fitted`."""
    if _IBM.keys().isdisjoint(text):
        return text.encode(CODEC)
    return b"".join(_IBM.get(sign) or sign.encode(CODEC) for sign in text)


def _ibm_codes() -> dict[str, bytes]:
    codes = {}
    for lead in (0xFA, 0xFB, 0xFC):
        for trail in (*range(0x40, 0x7F), *range(0x80, 0xFD)):
            sign = bytes((lead, trail)).decode(CODEC, "ignore")
            if sign and sign.encode(CODEC)[0] in NEC_LEADS:
                codes[sign] = bytes((lead, trail))
    return codes


_IBM = _ibm_codes()
