"""SQLite must really run the way the settings say."""

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper

from config import checks


@pytest.fixture
def sqlite(tmp_path, db):
    """`sqlite(**options)`: a fresh SQLite file opened with these OPTIONS."""
    opened = []

    def make(**options):
        wrapper = DatabaseWrapper({**connection.settings_dict, "NAME": str(tmp_path / "db"), "OPTIONS": options})
        opened.append(wrapper)
        return wrapper

    yield make
    for wrapper in opened:
        wrapper.close()


def test_running_database_is_set_up(db):
    assert checks.sqlite_problems(connection) == []


def test_wal_and_immediate_pass(sqlite):
    options = {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

    assert checks.sqlite_problems(sqlite(**options)) == []


def test_default_sqlite_is_refused(sqlite):
    problems = checks.sqlite_problems(sqlite())

    assert {problem.id for problem in problems} == {"config.E001", "config.E002"}
    assert "journal_mode" in problems[0].msg
