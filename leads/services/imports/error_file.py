"""Refused rows back to the uploader: as uploaded, in the same encoding, each with the reason; ready to be fixed."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from leads.exports import neutralised
from leads.labels import REASON_HEADER, place, sentence
from leads.models import ImportIssue, LeadImport

REASON_BETWEEN = " / "


def error_file_encoding(lead_import: LeadImport) -> str:
    """The uploader's; UTF-8 and UTF-16 always with their mark, by which a spreadsheet and the next upload know them."""
    if lead_import.encoding in ("", "utf-8", "utf-8-sig"):
        return "utf-8-sig"
    return "utf-16" if lead_import.encoding.startswith("utf-16") else lead_import.encoding


def error_lines(lead_import: LeadImport) -> Iterator[bytes]:
    """The file, line by line: the columns of the upload, then the reason, then cells beyond the header's width."""
    encoder = codecs.getincrementalencoder(error_file_encoding(lead_import))("replace")
    width, delimiter = len(lead_import.header), lead_import.delimiter or ","
    yield encoder.encode(_line([*lead_import.header, _(REASON_HEADER)], delimiter))
    errors = ImportIssue.objects.filter(lead_import=lead_import, is_error=True).order_by("line", "pk")
    for _at, found in itertools.groupby(errors.iterator(), key=lambda issue: issue.line):
        issues = list(found)
        cells = issues[0].cells
        padded = cells[:width] + [""] * (width - len(cells))
        yield encoder.encode(_line([*padded, _reason(issues), *cells[width:]], delimiter))


def _reason(issues: Sequence[ImportIssue]) -> str:
    return REASON_BETWEEN.join(f"{place(issue.line, issue.column)} {issue_sentence(issue)}" for issue in issues)


def issue_sentence(issue: ImportIssue) -> str:
    params = dict(issue.params)
    return sentence(issue.code, line=issue.line, column=issue.column, value=params.pop("value", ""), params=params)


def _line(cells: Sequence[str], delimiter: str) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerow([neutralised(cell) for cell in cells])
    return buffer.getvalue()
