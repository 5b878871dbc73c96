"""Cells on their way out, safe to open in a spreadsheet. Pure."""

import unicodedata

FORMULA_SIGNS = "=+-@"
# A leading ' is doubled too, so that the import, which takes one off, gives back what was there.
PROTECTED = FORMULA_SIGNS + "'"
INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Mn"}


def neutralised(text: str) -> str:
    """`text` with a leading ' where a spreadsheet might read a formula.

    Decided on the first character a reader would see, folded by NFKC: ＝, ＋ and ⁺ count as = and +, and no blank or
    invisible character in front hides them.
    """
    visible = next((sign for sign in text if unicodedata.category(sign) not in INVISIBLE), "")
    folded = unicodedata.normalize("NFKC", visible).strip()
    is_risky = folded[:1] in PROTECTED if folded else False
    return f"'{text}" if is_risky or text[:1] in ("\t", "\r", "\n") else text
