"""Start-up checks: what the settings ask for must be what the database really does."""

from django.core.checks import Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

SQLITE_EXPECTED = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}


@register(Tags.database)
def sqlite_is_set_up(databases=None, **kwargs):
    """`migrate` runs this too, so a wrongly configured SQLite never starts."""
    return [problem for alias in databases or [] for problem in sqlite_problems(connections[alias])]


def sqlite_problems(connection: BaseDatabaseWrapper) -> list[Error]:
    """Read the pragmas back: an option at the wrong level does nothing and says nothing."""
    if connection.vendor != "sqlite" or connection.is_in_memory_db():
        return []
    problems = [
        Error(f"SQLite {name} is {found!r}, expected {SQLITE_EXPECTED[name]!r}.", id="config.E001")
        for name, found in _pragmas(connection).items()
        if found != SQLITE_EXPECTED[name]
    ]
    if connection.transaction_mode != "IMMEDIATE":
        problems.append(Error("SQLite transactions must start with BEGIN IMMEDIATE.", id="config.E002"))
    return problems


def _pragmas(connection) -> dict[str, object]:
    with connection.cursor() as cursor:
        return {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in SQLITE_EXPECTED}
