"""Whether an archive is a workbook within limits, told from its directory alone: nothing is unpacked to find out."""

import os
import struct
import zipfile

from leads.importing.limits import Limits
from leads.importing.problems import RefusedError
from leads.importing.sources import Source, open_binary, size_of

END_RECORD, END_RECORD_64 = b"PK\x05\x06", b"PK\x06\x06"
END_SEARCH = 65_557
ENTRY_BYTES = 1_024
"""More than an honest directory needs for one entry."""


def check_archive(source: Source, limits: Limits) -> None:
    """Raises RefusedError unless the archive is a workbook within limits."""
    _check_directory(source, limits)
    try:
        with open_binary(source) as stream, zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error):
        raise RefusedError("xlsx_broken") from None
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise RefusedError(_other_archive(names))
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError("xlsx_locked")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise RefusedError("xlsx_broken")
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > limits.unpacked_bytes:
        raise RefusedError("xlsx_too_big", limit=limits.unpacked_bytes, size=unpacked)
    if unpacked > limits.ratio_from_bytes and unpacked > packed * limits.unpack_ratio:
        raise RefusedError("xlsx_too_dense", limit=limits.unpack_ratio)


def _check_directory(source: Source, limits: Limits) -> None:
    """From the end records alone: a directory of a million entries is not even read, whatever count it claims."""
    with open_binary(source) as stream:
        stream.seek(max(0, size_of(source) - END_SEARCH), os.SEEK_SET)
        tail = stream.read(END_SEARCH)
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) < at + 22:
        raise RefusedError("xlsx_broken")
    count, size = struct.unpack_from("<HI", tail, at + 10)
    large = tail.rfind(END_RECORD_64, 0, at)
    if large >= 0 and len(tail) >= large + 48:
        count, size = struct.unpack_from("<QQ", tail, large + 32)
    if count > limits.archive_entries or size > limits.archive_entries * ENTRY_BYTES:
        raise RefusedError("xlsx_too_many_parts", limit=limits.archive_entries)


def _other_archive(names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "format_xlsb"
    if "mimetype" in names and "content.xml" in names:
        return "format_ods"
    return "format_document" if "word/document.xml" in names else "format_archive"
