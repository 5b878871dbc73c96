"""Made-up lists for the tests of the import, and the road from bytes to a finished import in one call."""

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator

from django.core.files.uploadedfile import SimpleUploadedFile

from leads.inputs import NewList
from leads.models import LeadImport
from leads.services.imports.columns import columns_of, save_mapping
from leads.services.imports.previews import run_preview
from leads.services.imports.running import confirm_import, run_import
from leads.services.imports.uploads import create_import

HEADER = ("会社名", "氏名", "電話番号", "メールアドレス", "都道府県", "住所", "備考", "管理番号")


def person(number: int, **values: str) -> dict[str, str]:
    """One made-up person at a company of their own."""
    row = {
        "会社名": f"株式会社みほん{number:05d}",
        "氏名": f"見本 {number:05d}",
        "電話番号": f"03-{3000 + number // 9000:04d}-{1000 + number % 9000:04d}",
        "メールアドレス": f"person{number}@example{number}.co.jp",
        "都道府県": "東京都",
        "住所": f"千代田区丸の内{number}",
        "備考": "",
        "管理番号": f"A-{number}",
    }
    return row | values


def content(rows: Iterable[dict[str, str]], *, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """The rows as a file; the header is the union of their keys in order."""
    rows = list(rows)
    header = list(dict.fromkeys([name for row in rows for name in row])) or list(HEADER)
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=delimiter, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def uploaded(data: bytes, *, lead_list, by, now, name: str = "リスト.csv") -> LeadImport:
    return create_import(file=SimpleUploadedFile(name, data), filename=name, lead_list=lead_list, by=by, now=now)


def new_list(team, name: str = "展示会リスト") -> NewList:
    return NewList(name=name, team=team, source="展示会", purpose="自社サービスのご案内")


def mapped(saved: LeadImport, *, by=None, now=None, **targets: str) -> LeadImport:
    """The proposal as it stands, with some columns decided by their header."""
    chosen = {str(column.index): targets.get(column.header, column.target) for column in columns_of(saved)}
    return save_mapping(lead_import=saved, targets=chosen, by=by, now=now)


def confirmed(saved: LeadImport, *, now, policy: str = "fill_blanks", **targets: str) -> LeadImport:
    mapped(saved, now=now, **targets)
    run_preview(pk=saved.pk, clock=lambda: now)
    return confirm_import(lead_import=saved, policy=policy, by=saved.created_by, now=now)


def imported(
    data: bytes, *, lead_list, by, now: dt.datetime, policy: str = "fill_blanks", batch_size: int = 500, **targets: str
) -> LeadImport:
    """From bytes to a finished import."""
    saved = uploaded(data, lead_list=lead_list, by=by, now=now)
    confirmed(saved, now=now, policy=policy, **targets)
    run_import(pk=saved.pk, clock=lambda: now, batch_size=batch_size)
    saved.refresh_from_db()
    return saved


class DyingClock:
    """A clock that stops a worker at its n-th look: whatever it was about to commit is lost with it."""

    def __init__(self, now: dt.datetime, looks: int):
        self.now, self.left = now, looks

    def __call__(self) -> dt.datetime:
        if self.left == 0:
            raise WorkerKilled
        self.left -= 1
        return self.now


class WorkerKilled(BaseException):
    """Not an Exception: nothing on the way may catch it and go on."""


def ticks(start: dt.datetime, step: dt.timedelta) -> Iterator[dt.datetime]:
    while True:
        yield start
        start += step
