"""The three processes of the product, and a supervisor that keeps them running on one machine."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

COMMANDS = {
    "web": ["gunicorn", "-c", "python:config.gunicorn", "config.wsgi"],
    "worker": ["celery", "-A", "config", "-q", "worker", "--without-gossip", "--without-mingle"],
    "beat": ["celery", "-A", "config", "-q", "beat", "--pidfile="],
}
POLL_SECONDS = 0.3
GRACE_SECONDS = 25
FIRST_PAUSE, LONGEST_PAUSE, SETTLED_SECONDS = 1.0, 30.0, 60.0
PR_SET_PDEATHSIG = 1


@dataclass
class Part:
    """One process: restarted when it ends, after a pause that doubles until it stays up for a minute."""

    name: str
    command: list[str]
    process: subprocess.Popen | None = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    due_at: float = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        # A session of its own: Ctrl-C reaches the supervisor alone, which then ends all parts in order.
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *self.command],
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def schedule_restart(self) -> None:
        if time.monotonic() - self.started_at > SETTLED_SECONDS:
            self.pause = FIRST_PAUSE
        self.due_at = time.monotonic() + self.pause
        self.pause = min(self.pause * 2, LONGEST_PAUSE)
        self.process = None

    def tell(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


@dataclass
class Supervisor:
    """Runs parts until told to stop. `say` prints what a person at the terminal should know."""

    say: Callable[[str], None]
    parts: list[Part] = field(default_factory=lambda: [Part(name, command) for name, command in COMMANDS.items()])
    stopping: threading.Event = field(default_factory=threading.Event)

    def stop_on_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def run(self, ready: Callable[[], None]) -> None:
        """Start everything, call `ready` once, keep everything alive; returns when all parts have ended."""
        try:
            for part in self.parts:
                part.start()
            ready()
            while not self.stopping.wait(POLL_SECONDS):
                self.revive()
        finally:
            self.end()

    def revive(self) -> None:
        for part in self.parts:
            if part.has_ended():
                code = part.process.returncode
                part.schedule_restart()
                self.say(f"{part.name} ended with {code}; it starts again.")
            if part.process is None and time.monotonic() >= part.due_at:
                part.start()

    def end(self) -> None:
        for part in self.parts:
            part.tell(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for part in self.parts:
            if part.process is None:
                continue
            try:
                part.process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                os.killpg(part.process.pid, signal.SIGKILL)
                part.process.wait()


def _die_with_parent() -> None:
    """In the child, before it becomes the part: end with the supervisor, even if that is killed outright (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
