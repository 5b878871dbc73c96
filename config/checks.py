"""Start-up checks: what the settings ask for must be what the database really does."""

from django.core.checks import Error, Tags, register
from django.db import connections

SQLITE_EXPECTED = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1}


@register(Tags.database)
def sqlite_runs_in_wal_mode(databases=None, **kwargs):
    """Read the pragmas back: an option at the wrong level does nothing and says nothing."""
    return [
        Error(f"SQLite {name} is {found!r}, expected {expected!r}.", id="config.E001", obj=alias)
        for alias in databases or []
        if connections[alias].vendor == "sqlite" and not connections[alias].is_in_memory_db()
        for name, expected, found in _pragmas(connections[alias])
        if found != expected
    ] + [
        Error("SQLite transactions must start with BEGIN IMMEDIATE.", id="config.E002", obj=alias)
        for alias in databases or []
        if connections[alias].vendor == "sqlite" and connections[alias].transaction_mode != "IMMEDIATE"
    ]


def _pragmas(connection):
    with connection.cursor() as cursor:
        for name, expected in SQLITE_EXPECTED.items():
            found = cursor.execute(f"PRAGMA {name}").fetchone()[0]
            yield name, expected, found
