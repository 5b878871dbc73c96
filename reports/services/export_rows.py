"""Taking rows out as a file: written down in the audit trail before the first line leaves."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import translation

from accounts.models import User
from accounts.services import audit
from leads.exports import csv_lines, file_name
from reports import labels
from reports.columns import COLUMNS, lines
from reports.selectors import Basis, ReportFilter, kind_of, rows_for

CHUNK = 500


@dataclass(frozen=True)
class Export:
    """A file as it is sent: its name, how many rows, and its lines one by one."""

    name: str
    rows: int
    lines: Iterator[str]


def export_rows(*, report: ReportFilter, code: str, words: dict[str, str], by: User, now: dt.datetime) -> Export:
    """The rows `code` counted as CSV. `words` are the cuts in force as a reader knows them."""
    rows = rows_for(report, code)
    name = file_name(
        [
            labels.rows_words(code).label,
            str(labels.BASIS_NAMES[Basis(report.basis)]),
            f"{report.period.start:%Y-%m-%d}",
            f"{report.period.end:%Y-%m-%d}",
            *words.values(),
        ]
    )
    export = Export(name, rows.count(), _file(report, code, rows))
    audit.record(
        by=by,
        now=now,
        verb="export_rows",
        target=by,
        changes={
            "figure": [None, code],
            "rows": [None, export.rows],
            "basis": [None, str(report.basis)],
            "period": [None, f"{report.period.start}/{report.period.end}"],
            **{cut: [None, word] for cut, word in words.items()},
        },
    )
    return export


def _file(report: ReportFilter, code: str, rows: QuerySet) -> Iterator[str]:
    """The file in the language of the one who asked, also where it is read after the request is over."""
    language = translation.get_language()
    header = [str(column.label) for column in COLUMNS[kind_of(code)]]

    def body() -> Iterator[Sequence[str]]:
        for chunk in _chunks(rows.iterator(chunk_size=CHUNK)):
            with translation.override(language):
                found = lines(report, code, chunk)
            yield from (line.cells for line in found)

    return csv_lines(header, body())


def _chunks(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
