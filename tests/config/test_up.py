"""`manage.py up` from an empty folder: it serves, it refuses a second start beside it, and Ctrl-C ends all of it."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 90


@pytest.fixture
def environment(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var"), "PORT": str(port), "WORKER_CONCURRENCY": "1"}


def up(environment, **kwargs) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **kwargs,
    )


def pids_of(folder: str) -> set[int]:
    """Every process that was started with this VAR_DIR."""
    wanted, found = f"VAR_DIR={folder}".encode(), set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if wanted in entry.read_bytes().split(b"\0"):
                found.add(int(entry.parent.name))
        except (OSError, PermissionError):
            continue
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_up_serves_until_ctrl_c(environment):
    with up(environment) as process:
        line = next(line for line in process.stdout if "http://" in line and "Open" in line)
        address = f"{line.split()[-1]}accounts/login/?searched=secret-name"
        with urllib.request.urlopen(address, timeout=PATIENCE_SECONDS) as page:
            status = page.status
        running = pids_of(environment["VAR_DIR"])
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert status == 200
    assert len(running) >= 6, "supervisor, web and its two, worker and its one, beat"
    assert process.returncode == 0
    assert output.rstrip().endswith("Stopped.")
    assert "secret-name" not in output
    assert pids_of(environment["VAR_DIR"]) == set()


def test_up_names_a_busy_port(environment):
    with socket.create_server(("127.0.0.1", int(environment["PORT"]))), up(environment) as process:
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert f"Port {environment['PORT']} on 127.0.0.1 cannot be used" in output
    assert "Traceback" not in output


def test_up_refuses_a_second_start_on_the_same_folder(environment):
    folder = Path(environment["VAR_DIR"])
    folder.mkdir()
    with (folder / "up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with up(environment) as process:
            output, _ = process.communicate(timeout=PATIENCE_SECONDS)

    assert process.returncode == 1
    assert "already running" in output
