"""By which keys the rows of a file were known so far: a few in memory, millions in a scratch file.

Keys are kept as numbers, each with the 法人番号 its row stated (empty for none). Memory stays flat whatever comes.
"""

import json
import os
import sqlite3
import tempfile
from collections.abc import Iterable

IN_MEMORY = 200_000
CACHE_KIB = 16_384


class Seen:
    """Say `coming` for each batch of keys before asking for them; the first row that has a key keeps it."""

    def __init__(self, in_memory: int = IN_MEMORY):
        self.limit = in_memory
        self.recent: dict[int, str] = {}
        self.near: dict[int, str] = {}
        self.disk: sqlite3.Connection | None = None

    def coming(self, keys: Iterable[str]) -> None:
        """The keys that will be asked for until the next call."""
        if len(self.recent) > self.limit:
            self._write_down()
        if self.disk is None:
            return
        wanted = json.dumps([hash(key) for key in keys])
        found = self.disk.execute(
            "SELECT key, stated FROM seen WHERE key IN (SELECT value FROM json_each(?))", [wanted]
        )
        self.near = dict(found.fetchall())

    def get(self, key: str) -> str | None:
        """What the first row with this key stated; None when there was none."""
        number = hash(key)
        stated = self.recent.get(number)
        return self.near.get(number) if stated is None else stated

    def put(self, key: str, stated: str) -> None:
        number = hash(key)
        if number not in self.near:
            self.recent.setdefault(number, stated)

    def close(self) -> None:
        if self.disk is not None:
            self.disk.close()

    def _write_down(self) -> None:
        if self.disk is None:
            self.disk = _scratch()
        with self.disk:
            self.disk.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", sorted(self.recent.items()))
        self.recent = {}


def _scratch() -> sqlite3.Connection:
    """A table in a file that has no name any more: it is gone with its connection, however the process ends."""
    handle, path = tempfile.mkstemp(prefix="import-seen-")
    os.close(handle)
    # The preview's batches may be read in one thread and looked at in another, never by two at a time.
    disk = sqlite3.connect(path, check_same_thread=False)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", f"cache_size=-{CACHE_KIB}"):
        disk.execute(f"PRAGMA {pragma}")
    disk.execute("CREATE TABLE seen (key INTEGER PRIMARY KEY, stated TEXT NOT NULL)")
    os.unlink(path)
    return disk
