"""A message broker made of files, for a machine without Redis. One folder; a message is one file.

kombu's own file transport writes a message in place, so a reader can pick up half of it and die. Here a message is
written aside and renamed into the queue, and a reader renames it out before it reads: both are one atomic step.
"""

import os
import time
import uuid
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


class Transport(filesystem.Transport):
    Channel = Channel
    driver_type = "files"
    driver_name = "files"
