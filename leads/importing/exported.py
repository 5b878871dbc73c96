"""Our own export when it comes back: what stands in it beside the fields of a lead.

Additional information keeps its name behind a prefix, so that a key called 担当 is not asked for again. What the base
works out by itself is written for reading only.
"""

EXTRA_PREFIX = "追加情報："
REFERENCE = (
    "Tier（参考）",
    "温度感（参考）",
    "状態（参考）",
    "担当（参考）",
    "チーム（参考）",
    "リスト（参考）",
    "最終架電（参考）",
    "次回架電（参考）",
    "無効な番号（参考）",
    "架電禁止の番号（参考）",
)


def is_reference(header: str) -> bool:
    """Whether a column is there to be read, and nothing of it comes back."""
    return header in REFERENCE


def extra_name(header: str) -> str:
    """The name under which additional information is kept."""
    return header.removeprefix(EXTRA_PREFIX)


def is_ours(header: str) -> bool:
    """Whether a column was named by our export and goes to no field."""
    return is_reference(header) or header.startswith(EXTRA_PREFIX)
