"""A message broker made of files, for a machine without Redis. One folder; a message is one file.

kombu's own file transport writes a message in place, so a reader can pick up half of it and die. Here a message is
written aside and renamed into the queue, and a reader renames it out before it reads: both are one atomic step.
"""

import fcntl
import os
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str, str_to_bytes
from kombu.utils.json import dumps, loads


class Channel(filesystem.Channel):
    """One connection's view of the folders `queue` (messages), `control` (bindings) and `work` (in between)."""

    @property
    def folder(self) -> Path:
        return Path(self.transport_options["folder"])

    @property
    def queue_folder(self) -> Path:
        return self._made("queue")

    @property
    def work_folder(self) -> Path:
        return self._made("work")

    @property
    def control_folder(self) -> Path:
        return self._made("control")

    @property
    def data_folder_in(self) -> str:
        return str(self.queue_folder)

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _put(self, queue, payload, **kwargs):
        # Wall-clock nanoseconds, zero-padded: names sort in the order of sending, across a reboot too.
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        draft = self.work_folder / name
        draft.write_bytes(str_to_bytes(dumps(payload)))
        os.replace(draft, self.queue_folder / name)

    def _get(self, queue):
        for name in sorted(os.listdir(self.queue_folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = self.work_folder / name
            try:
                os.rename(self.queue_folder / name, taken)
            except FileNotFoundError:
                continue  # another worker was first
            payload = taken.read_bytes()
            taken.unlink()
            return loads(bytes_to_str(payload))
        raise Empty

    def _queue_bind(self, exchange, routing_key, pattern, queue):
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._rebind(exchange, lambda table: table if row in table else [row, *table])

    def _delete(self, queue, exchange, routing_key, pattern, *args, **kwargs):
        row = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        self._purge(queue)
        self._rebind(exchange, lambda table: [other for other in table if other != row])

    def _rebind(self, exchange: str, change: Callable[[list], list]) -> None:
        """Replace the list of bindings whole, so that a process starting beside this one never reads half of it."""
        file = self._exchange_file(exchange)
        with self._only_one():
            draft = file.with_suffix(".draft")
            draft.write_bytes(str_to_bytes(dumps(change(self.get_table(exchange)))))
            os.replace(draft, file)

    @contextmanager
    def _only_one(self):
        with (self.control_folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    Channel = Channel
    driver_type = "files"
    driver_name = "files"
