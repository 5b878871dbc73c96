"""A file whose form was refused for something else: kept for a day, so that it need not be chosen again.

The page gets a signed ticket for it, good for the person who uploaded it and for nobody else.
"""

import datetime as dt
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from django.core import signing
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User

FOLDER = "imports/held"
KEPT = dt.timedelta(days=1)
SALT = "leads.held_upload"


@dataclass(frozen=True)
class HeldUpload:
    """A kept file under the name it was uploaded by."""

    stored: str
    name: str
    ticket: str

    @property
    def size(self) -> int:
        return default_storage.size(self.stored)

    def open(self) -> File:
        """As a file on disk: read from its path, never whole into memory."""
        return File(default_storage.open(self.stored).file, name=default_storage.path(self.stored))

    def forget(self) -> None:
        default_storage.delete(self.stored)


def hold_upload(file: UploadedFile, *, by: User) -> HeldUpload:
    """Keep a file for the next try; those nobody came back for go."""
    forget_old()
    file.seek(0)
    stored = default_storage.save(f"{FOLDER}/{uuid.uuid4().hex}", file)
    name = file.name or ""
    return HeldUpload(stored, name, signing.dumps([stored, name, by.pk], salt=SALT))


def held_upload(ticket: str, *, by: User) -> HeldUpload | None:
    """The file a ticket stands for; None for somebody else's, an old one or a made-up one."""
    try:
        stored, name, owner = signing.loads(ticket, salt=SALT, max_age=KEPT)
    except signing.BadSignature:
        return None
    if owner != by.pk or not default_storage.exists(stored):
        return None
    return HeldUpload(stored, name, ticket)


def forget_old() -> None:
    """Ages are told by the clock of the disk, which no demonstration sets forward."""
    folder = Path(default_storage.path(FOLDER))
    if not folder.is_dir():
        return
    oldest = time.time() - KEPT.total_seconds()
    for path in folder.iterdir():
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
