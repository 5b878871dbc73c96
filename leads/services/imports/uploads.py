"""A file comes in: found out, refused whole or kept as a LeadImport; nothing is half-written."""

import datetime as dt
import hashlib
import uuid

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.importing.mapping import signature
from leads.importing.problems import RefusedError
from leads.importing.sources import Source
from leads.importing.tabular import Table, open_table
from leads.inputs import NewList, Reading
from leads.models import LeadImport, LeadList
from leads.services.imports.preview_rows import forget_rows
from leads.services.imports.problems import refusal, stored

SAMPLE_ROWS = 50
SAMPLE_CHARS = 200
Status = LeadImport.Status


def read_table(source: Source, how: Reading | None = None) -> Table:
    """What the file is. ValidationError on `file` when it cannot be read."""
    how = how or Reading()
    try:
        table = open_table(source, encoding=how.encoding, delimiter=how.delimiter, header_line=how.header_line)
        if next(table.rows(), None) is None:
            raise RefusedError("header_only" if table.header_line else "empty_file")
        return table
    except RefusedError as refused:
        raise refusal(refused) from refused


def source_of(upload: File) -> Source:
    """Where the bytes of an upload can be read again and again: its path, else a copy in memory."""
    if hasattr(upload, "temporary_file_path"):
        return upload.temporary_file_path()
    if not isinstance(upload, UploadedFile) and upload.name:
        return upload.name
    upload.seek(0)
    content = upload.read()
    upload.seek(0)
    return content


def create_import(
    *,
    file: UploadedFile | File,
    filename: str,
    lead_list: LeadList | NewList,
    by: User | None,
    now: dt.datetime,
    how: Reading | None = None,
) -> LeadImport:
    """Keep a readable file for a list. A refused one (ValidationError on `file`) leaves nothing behind."""
    table = read_table(source_of(file), how)
    saved = LeadImport(filename=filename[:255], sha256=sha256_of(file), created_by=by)
    _describe(saved, table)
    file.seek(0)
    saved.file.save(f"{uuid.uuid4().hex}.{table.format}", file, save=False)
    try:
        with transaction.atomic():
            saved.lead_list = _list(lead_list, by, now) if isinstance(lead_list, NewList) else lead_list
            saved.save()
            _came_at(saved, now)
            changes = {"filename": ["", saved.filename], "lead_list": ["", saved.lead_list.name]}
            audit.record(by=by, now=now, verb="upload_import", target=saved, changes=changes)
    except BaseException:
        saved.file.delete(save=False)
        raise
    return saved


def sha256_of(file: File) -> str:
    """By it the very same file is known again, under any name."""
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def create_list(*, new: NewList, by: User | None, now: dt.datetime) -> LeadList:
    """A list with its provenance (取得元, 取得日, 利用目的). Its name is taken once."""
    if LeadList.objects.filter(name=new.name).exists():
        taken = ValidationError(_("同じ名前のリストがあります。"), code="list_name_taken")
        raise ValidationError({"name": taken})
    lead_list = LeadList.objects.create(
        name=new.name,
        team=new.team,
        source=new.source,
        acquired_on=new.acquired_on,
        purpose=new.purpose,
        created_by=by,
    )
    _came_at(lead_list, now)
    changes = {
        "name": ["", new.name],
        "source": ["", new.source],
        "acquired_on": [None, new.acquired_on and new.acquired_on.isoformat()],
        "purpose": ["", new.purpose],
    }
    audit.record(by=by, now=now, verb="create_list", target=lead_list, changes=changes)
    return lead_list


def _came_at(saved: LeadImport | LeadList, now: dt.datetime) -> None:
    """By the clock of the app, as every later moment of it; the column itself takes the computer's."""
    saved.created_at = now
    type(saved).objects.filter(pk=saved.pk).update(created_at=now)


def _list(new: NewList, by: User | None, now: dt.datetime) -> LeadList:
    return create_list(new=new, by=by, now=now)


def _describe(saved: LeadImport, table: Table) -> None:
    saved.format = table.format
    saved.encoding = table.encoding.name if table.encoding else ""
    saved.delimiter = table.delimiter
    saved.header_line = table.header_line
    saved.header = list(table.header)
    saved.signature = signature(table.header)
    saved.notes = [stored(problem) for problem in table.warnings]
    try:
        rows = table.sample(SAMPLE_ROWS)
    except RefusedError as refused:
        raise refusal(refused) from refused
    saved.samples = [[text[:SAMPLE_CHARS] for text in cells] for cells in rows]


@transaction.atomic
def reread_import(*, lead_import: LeadImport, how: Reading, by: User | None, now: dt.datetime) -> LeadImport:
    """Read the file another way; what was mapped and previewed is forgotten. ValidationError when it does not fit."""
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if not saved.can_be_mapped:
        raise ValidationError(_("この取込はすでに進んでいるため、読み取り方を変更できません。"), code="too_late")
    before = {field: getattr(saved, field) for field in READ_FIELDS}
    _describe(saved, read_table(saved.file.path, how))
    saved.mapping, saved.first_phone, saved.preview, saved.status = {}, None, {}, Status.UPLOADED
    saved.save()
    forget_rows(saved)
    changes = audit.differences(before, {field: getattr(saved, field) for field in READ_FIELDS})
    audit.record(by=by, now=now, verb="reread_import", target=saved, changes=changes)
    return saved


READ_FIELDS = ("encoding", "delimiter", "header_line")


def table_of(lead_import: LeadImport) -> Table:
    """The table of a kept file, read as it was decided. Raises RefusedError."""
    try:
        path = lead_import.file.path
        return open_table(
            path,
            encoding=lead_import.encoding,
            delimiter=lead_import.delimiter,
            header_line=lead_import.header_line,
        )
    except FileNotFoundError:
        raise RefusedError("file_missing") from None
