"""XLSX by content: checked by the archive's directory before anything is unpacked, then rows of text by calamine."""

import datetime as dt
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator

import python_calamine

from leads.importing.limits import Limits
from leads.importing.problems import RefusedError
from leads.importing.sources import Source, open_binary, size_of

END_RECORD = b"PK\x05\x06"
END_SEARCH = 65_557
EXACT_INTEGERS = 1e15


def check_archive(source: Source, limits: Limits) -> None:
    """Raises RefusedError unless the archive is a workbook within limits. Reads the directory only."""
    _check_entry_count(source, limits)
    try:
        with open_binary(source) as stream, zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise RefusedError("xlsx_broken") from None
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise RefusedError(_other_archive(names))
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError("xlsx_locked")
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if unpacked > limits.unpacked_bytes:
        raise RefusedError("xlsx_too_big", limit=limits.unpacked_bytes, size=unpacked)
    if unpacked > limits.ratio_from_bytes and unpacked > packed * limits.unpack_ratio:
        raise RefusedError("xlsx_too_dense", limit=limits.unpack_ratio)
    _check_honest(source, entries)


def _check_entry_count(source: Source, limits: Limits) -> None:
    """From the end record alone, so that a directory of a million entries is not even parsed."""
    with open_binary(source) as stream:
        stream.seek(max(0, size_of(source) - END_SEARCH), os.SEEK_SET)
        tail = stream.read(END_SEARCH)
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) < at + 22:
        raise RefusedError("xlsx_broken")
    (count,) = struct.unpack_from("<H", tail, at + 10)
    if count > limits.archive_entries:
        raise RefusedError("xlsx_too_many_parts", limit=limits.archive_entries)


def _check_honest(source: Source, entries: list[zipfile.ZipInfo]) -> None:
    """A directory that understates sizes is caught by unpacking no further than it says."""
    with open_binary(source) as stream, zipfile.ZipFile(stream) as archive:
        for entry in entries:
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise RefusedError("xlsx_broken")
            try:
                with archive.open(entry) as part:
                    while part.read(1 << 20):
                        pass
            except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, zlib.error):
                raise RefusedError("xlsx_broken") from None


def _other_archive(names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "format_xlsb"
    if "mimetype" in names and "content.xml" in names:
        return "format_ods"
    return "format_document" if "word/document.xml" in names else "format_archive"


class Workbook:
    """The first visible sheet that holds anything; `others` names further sheets with content, which are not read."""

    def __init__(self, source: Source):
        try:
            book = python_calamine.CalamineWorkbook.from_filelike(_whole(source))
            sheets = [book.get_sheet_by_name(meta.name) for meta in book.sheets_metadata if _is_visible(meta)]
        except python_calamine.PasswordError:
            raise RefusedError("xlsx_locked") from None
        except (python_calamine.CalamineError, python_calamine.XmlError, python_calamine.ZipError, OSError, ValueError):
            raise RefusedError("xlsx_broken") from None
        filled = [sheet for sheet in sheets if sheet.height and sheet.width]
        if not filled:
            raise RefusedError("empty_file")
        self.sheet = filled[0]
        self.others = tuple(sheet.name for sheet in filled[1:])

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(row number as Excel shows it, cells as text)."""
        first_row, first_column = self.sheet.start
        for number, values in enumerate(self.sheet.to_python(skip_empty_area=True), first_row + 1):
            yield number, [""] * first_column + [as_text(value) for value in values]


def _whole(source: Source) -> io.BytesIO:
    with open_binary(source) as stream:
        return io.BytesIO(stream.read())


def _is_visible(meta: python_calamine.SheetMetadata) -> bool:
    return (
        meta.visible == python_calamine.SheetVisibleEnum.Visible and meta.typ == python_calamine.SheetTypeEnum.WorkSheet
    )


def as_text(value: object) -> str:
    """A cell as a person would type it: 312345678.0 → 312345678, midnight → the date alone."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < EXACT_INTEGERS else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    if isinstance(value, dt.time):
        return value.isoformat("seconds")
    return str(value)
