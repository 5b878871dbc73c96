"""The commands of docker-compose.yml, started for real against PostgreSQL and Redis, without Docker."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import psycopg2
import pytest
import yaml
from django.conf import settings

from config.probe import is_healthy

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_SECONDS = 60

pytestmark = pytest.mark.skipif(
    settings.EMBEDDED or not settings.REDIS_URL, reason="needs DATABASE_URL and REDIS_URL: run bin/test"
)


@pytest.fixture
def database_url():
    """An empty database of its own."""
    there = settings.DATABASES["default"]
    access = {"user": there["USER"], "password": there["PASSWORD"], "host": there["HOST"], "port": there["PORT"]}
    name = f"start_{uuid4().hex[:8]}"
    admin = psycopg2.connect(dbname="postgres", **{key: value for key, value in access.items() if value})
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
        person = f"{quote(there['USER'])}:{quote(there['PASSWORD'])}"
        yield f"postgres://{person}@{there['HOST']}:{there['PORT'] or 5432}/{name}"
        cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    admin.close()


@pytest.fixture
def environment(database_url, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "start-test-" * 6,
        "ALLOWED_HOSTS": "calls.example.jp",
        "PORT": str(port),
        "VAR_DIR": str(tmp_path / "var"),
        "STATIC_ROOT": str(tmp_path / "static"),
        "WORKER_CONCURRENCY": "1",
    }


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def command_of(service: dict) -> list[str]:
    return [sys.executable, *shlex.split(service["command"])[1:]]


def eventually(condition) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        threading.Event().wait(0.3)
    return False


def test_commands_start_answer_and_stop(compose, environment):
    prepare = ([*command_of(compose["migrate"])], [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"])
    for command in prepare:
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    started = {
        name: subprocess.Popen(command_of(compose[name]), env=environment, cwd=ROOT, start_new_session=True)
        for name in ("web", "worker", "beat")
    }
    try:
        assert eventually(lambda: is_healthy(environment))
        assert eventually(lambda: "pong" in ping(environment))
        assert {name: process.poll() for name, process in started.items()} == dict.fromkeys(started)
    finally:
        for process in started.values():
            process.send_signal(signal.SIGTERM)
        codes = {name: process.wait(PATIENCE_SECONDS) for name, process in started.items()}

    assert codes == {"web": 0, "worker": 0, "beat": 0}


def ping(environment) -> str:
    command = [sys.executable, "-m", "celery", "-A", "config", "inspect", "ping", "--timeout", "3"]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False).stdout
