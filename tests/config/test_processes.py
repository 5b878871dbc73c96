"""The supervisor: what dies comes back, what is told to stop leaves nothing behind."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from config import processes
from config.processes import Part, Supervisor

FOREVER = ["timeit", "-n1", "-r1", "import time; time.sleep(600)"]
DEAF = ["timeit", "-n1", "-r1", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]
PATIENCE_SECONDS = 20


def eventually(condition) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        threading.Event().wait(0.02)
    return False


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def ignores(pid: int, number: int) -> bool:
    with open(f"/proc/{pid}/status") as status:
        (mask,) = [line.split()[1] for line in status if line.startswith("SigIgn:")]
    return bool(int(mask, 16) >> (number - 1) & 1)


@pytest.fixture
def supervised(monkeypatch):
    """`supervised(command)`: a supervisor of one part, running in a thread; returns (supervisor, part, said)."""
    monkeypatch.setattr(processes, "FIRST_PAUSE", 0.05)
    running = []

    def make(command):
        said, part = [], Part("part", command, pause=0.05)
        supervisor, ready = Supervisor(say=said.append, parts=[part]), threading.Event()
        thread = threading.Thread(target=supervisor.run, args=[ready.set])
        running.append((supervisor, thread))
        thread.start()
        assert ready.wait(PATIENCE_SECONDS)
        return supervisor, part, said, thread

    yield make
    for supervisor, thread in running:
        supervisor.stopping.set()
        thread.join()


def test_part_that_dies_starts_again(supervised):
    _, part, said, _ = supervised(FOREVER)
    first = part.process.pid

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: part.process is not None and part.process.pid != first)
    assert said == ["part ended with -9; it starts again."]


def test_stop_ends_every_part(supervised):
    supervisor, part, _, thread = supervised(FOREVER)
    pid = part.process.pid

    supervisor.stopping.set()
    thread.join(PATIENCE_SECONDS)

    assert not thread.is_alive()
    assert not is_alive(pid)


def test_part_that_will_not_stop_is_killed(supervised, monkeypatch):
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    supervisor, part, _, thread = supervised(DEAF)
    process = part.process
    assert eventually(lambda: ignores(process.pid, signal.SIGTERM))

    supervisor.stopping.set()
    thread.join(PATIENCE_SECONDS)

    assert process.returncode == -signal.SIGKILL


def test_pause_doubles_until_the_part_stays_up():
    part = Part("part", FOREVER)
    pauses = []
    for _ in range(7):
        part.started_at = time.monotonic()
        pauses.append(part.pause)
        part.schedule_restart()
    part.started_at = time.monotonic() - processes.SETTLED_SECONDS - 1
    part.schedule_restart()

    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    assert part.pause == 2


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal exists on Linux only")
def test_parts_end_with_a_supervisor_that_is_killed():
    code = f"""
from config.processes import Part, Supervisor
part = Part("part", {FOREVER!r})
Supervisor(say=print, parts=[part]).run(lambda: print(part.process.pid, flush=True))
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    with supervisor:
        pid = int(supervisor.stdout.readline())
        supervisor.kill()

    assert eventually(lambda: not is_alive(pid))
