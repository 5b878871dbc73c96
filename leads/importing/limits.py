"""How big a list may be. Beyond a limit a file is refused by name of the limit, before it costs memory."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, rows, columns, characters. The defaults fit a million rows of an ordinary list."""

    file_bytes: int = 300 * MIB
    rows: int = 1_000_000
    columns: int = 500
    cell_chars: int = 32_767
    record_chars: int = 2_000_000
    archive_entries: int = 2_000
    unpacked_bytes: int = 120 * MIB
    unpack_ratio: int = 100
    ratio_from_bytes: int = 20 * MIB


DEFAULT_LIMITS = Limits()
