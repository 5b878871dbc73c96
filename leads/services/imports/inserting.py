"""Many new rows at once, without a model's ceremony for each: keys are reserved first, then one statement per table.

What `bulk_create` does in hundreds of statements on SQLite is here one per table, in either database.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from operator import attrgetter
from typing import Any

from django.db import connection, models

PLAIN = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.ForeignKey)
"""Fields whose Python value is what the database takes; the others are prepared."""


def reserve_keys(model: type[models.Model], count: int) -> Iterator[int]:
    """`count` primary keys nobody else will get. The caller is in a transaction (on SQLite: the one writer)."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(sequence, [table, column, count])
            return iter([row[0] for row in cursor.fetchall()])
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return iter(range(first, first + count))


def insert_objects(objects: Sequence[models.Model], now: dt.datetime) -> None:
    """Insert unsaved objects of one model; each gets its key. Foreign keys must be set by their `_id`."""
    if not objects:
        return
    model = type(objects[0])
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    keys = reserve_keys(model, len(objects))
    for item in objects:
        item.pk = next(keys)
        item._state.adding = False
    values_of = attrgetter("pk", *names)
    insert_rows(model, ["id", *names], map(values_of, objects), now)


def insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]], now: dt.datetime
) -> None:
    """Insert rows given as values in the order of `names` (attribute names). A column set by the clock gets `now`."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    chosen = [fields[name] for name in names]
    stamped = [name for name, field in fields.items() if _is_stamped(field) and name not in names]
    chosen += [fields[name] for name in stamped]
    moments = [now] * len(stamped)
    prepared = [
        (at, field, now if _is_stamped(field) else None)
        for at, field in enumerate(chosen)
        if not isinstance(field, PLAIN) or isinstance(field, models.FileField)
    ]
    known: dict[tuple[int, dt.datetime], Any] = {}
    values = [_prepared([*row, *moments], prepared, known) for row in rows]
    if values:
        _execute(model._meta.db_table, [field.column for field in chosen], values)


def _execute(table: str, columns: Sequence[str], values: list[list]) -> None:
    """SQLite runs one prepared statement for every row; PostgreSQL takes all rows in one statement, one journey."""
    quote = connection.ops.quote_name
    names = ", ".join(map(quote, columns))
    marks = f"({', '.join(['%s'] * len(columns))})"
    # Table and columns are names of our own models; every value is a parameter.
    insert = f"INSERT INTO {quote(table)} ({names}) VALUES "  # noqa: S608
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(insert + ", ".join([marks] * len(values)), list(chain.from_iterable(values)))
        else:
            cursor.executemany(insert + marks, values)


def _is_stamped(field: models.Field) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def _prepared(
    row: list, prepared: list[tuple[int, models.Field, dt.datetime | None]], known: dict[tuple[int, dt.datetime], Any]
) -> list:
    """The row as the database takes it. A batch has few moments, so each is prepared once."""
    for at, field, moment in prepared:
        value = moment or row[at]
        if isinstance(value, dt.datetime):
            if (at, value) not in known:
                known[at, value] = field.get_db_prep_save(value, connection)
            row[at] = known[at, value]
        else:
            row[at] = None if value is None else field.get_db_prep_save(value, connection)
    return row
