"""The Japanese number plan, from libphonenumber's own metadata: which kind a number is, how it is written.

Works on the national significant number (without the trunk zero) of 9 or 10 digits. Same answers as libphonenumber,
without its parser and its search through formats.
"""

import re

from phonenumbers import PhoneMetadata

_JAPAN = PhoneMetadata.metadata_for_region("JP", None)

KINDS = (
    ("premium", "premium_rate"),
    ("toll_free", "toll_free"),
    ("ip", "voip"),
    ("other", "personal_number"),
    ("pager", "pager"),
    ("navi", "uan"),
    ("fixed", "fixed_line"),
    ("mobile", "mobile"),
)
"""Our word and the library's, in the order in which the library decides."""

PREFIX = 3
"""Digits that decide the kind: every pattern of the plan fixes at most these (a test checks it)."""

STYLE_PREFIX = 5
"""Digits that decide how a number is written."""


def _kinds(length: int) -> dict[str, str]:
    plan = [(kind, re.compile(getattr(_JAPAN, name).national_number_pattern)) for kind, name in KINDS]
    found = {}
    for prefix in map(str, range(10 ** (PREFIX - 1), 10**PREFIX)):
        number = prefix.ljust(length, "1")
        kind = next((kind for kind, pattern in plan if pattern.fullmatch(number)), "")
        if kind:
            found[prefix] = kind
    return found


_KINDS = {length: _kinds(length) for length in (9, 10)}


def _groups(pattern: str) -> tuple[int, ...] | None:
    r"""The sizes of a format like (\d{2})(\d{4})(\d{4}); None for one of variable length."""
    sizes = re.findall(r"\(\\d(?:\{(\d+)\})?\)", pattern)
    whole = re.sub(r"\(\\d(?:\{\d+\})?\)", "", pattern)
    return tuple(int(size or 1) for size in sizes) if not whole else None


def _styles(length: int) -> list[tuple[re.Pattern[str], tuple[int, ...]]]:
    """Leading digits and group sizes of the ways a number of this length can be written, in order."""
    return [
        (re.compile(style.leading_digits_pattern[-1]), groups)
        for style in _JAPAN.number_format
        if style.national_prefix_formatting_rule
        and (groups := _groups(style.pattern)) is not None
        and sum(groups) == length
    ]


_STYLES = {length: _styles(length) for length in (9, 10)}


def kind_of(national: str) -> str:
    """fixed, mobile, ip, toll_free, navi, premium, pager, other; empty for a number that does not exist."""
    kinds = _KINDS.get(len(national))
    return kinds.get(national[:PREFIX], "") if kinds else ""


def national_format(national: str) -> str:
    """A valid number as it is written in Japan: 312345678 → 03-1234-5678."""
    prefix = (national[:STYLE_PREFIX], len(national))
    first, second = _CUTS.get(prefix) or _CUTS.setdefault(prefix, _cuts(*prefix))
    return f"0{national[:first]}-{national[first:second]}-{national[second:]}"


_CUTS: dict[tuple[str, int], tuple[int, int]] = {}
"""Filled as prefixes are met; there are at most 180,000."""


def _cuts(prefix: str, length: int) -> tuple[int, int]:
    """Where the two hyphens go."""
    for leading, groups in _STYLES[length]:
        if leading.match(prefix):
            return groups[0], groups[0] + groups[1]
    raise ValueError(prefix)
