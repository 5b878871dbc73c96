"""How leads are found: one normalised text per lead, and the same folding for what somebody types. Pure."""

import re
import unicodedata

_DROP = re.compile(r"[\s・．，、。‐‑–—―−─━⁃\-_()（）.,'’]+")
_HIRAGANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_OLD_CHARACTERS = str.maketrans("髙﨑邊邉齋齊濵濱𠮷澤櫻廣國", "高崎辺辺斎斎浜浜吉沢桜広国")


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, lower case, katakana for hiragana, new for old signs, no spaces or dashes."""
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_HIRAGANA).translate(_OLD_CHARACTERS)
    return _DROP.sub("", folded)


def search_text(*, company: str, company_kana: str, name: str, kana: str, email: str, numbers: list[str]) -> str:
    """The text a lead is found by. `numbers` are E.164; they are found in national form, whole or by their end."""
    parts = [fold(part) for part in (company, company_kana, name, kana) if part]
    parts += [email.casefold()] if email else []
    parts += dict.fromkeys(national_digits(number) for number in numbers if number)
    return " ".join(parts)


def national_digits(e164: str) -> str:
    """+81312345678 → 0312345678; other countries keep their digits."""
    return "0" + e164[3:] if e164.startswith("+81") else e164.lstrip("+")


def query_terms(query: str) -> list[str]:
    """Terms that must all occur. Digits in any spelling of a Japanese number become its national digits."""
    text = unicodedata.normalize("NFKC", query).strip()
    digits = re.sub(r"\D", "", text)
    if len(digits) >= 4 and not re.search(r"[^\d\s()+\-‐‑–—―−─━⁃ー.]", text):
        return [_national(digits, is_international=text.startswith("+"))]
    return [term for term in (part.casefold() if "@" in part else fold(part) for part in text.split()) if term]


def _national(digits: str, *, is_international: bool) -> str:
    if digits.startswith("81") and (is_international or len(digits) >= 11):
        rest = digits[2:]
        return rest if rest.startswith("0") else "0" + rest
    return digits
