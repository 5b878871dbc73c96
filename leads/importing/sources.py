"""Where bytes come from: a path or bytes in memory, opened as often as a reader needs."""

import io
import os
from pathlib import Path
from typing import BinaryIO

Source = bytes | str | os.PathLike


def open_binary(source: Source) -> BinaryIO:
    """A fresh binary stream at the beginning of the source; the caller closes it."""
    return io.BytesIO(source) if isinstance(source, bytes) else Path(source).open("rb")


def size_of(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else Path(source).stat().st_size
