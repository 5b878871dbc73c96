"""Many new rows at once, without a model's ceremony for each: keys are reserved first, then one statement per table.

PostgreSQL takes the rows of a table by COPY, SQLite by one prepared statement.
"""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from django.db import connection, models

NULL = r"\N"


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


@cache
def draft_of(model: type[models.Model]) -> type:
    """A plain class with the columns of `model` and their defaults: a row to be, a tenth of the price of a model.

    Methods that ask only its columns may be borrowed from the model. Mutable defaults are shared: never change one.
    """
    columns = {field.attname: field.get_default() for field in model._meta.concrete_fields if not field.primary_key}
    return type(f"New{model.__name__}", (), {**columns, "pk": None, "__doc__": f"A {model.__name__} to be inserted."})


def insert_drafts(model: type[models.Model], drafts: Sequence[Any], now: dt.datetime) -> None:
    """Insert objects with the columns of `model` (drafts or unsaved models); each gets its key as `pk`."""
    if not drafts:
        return
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    keys = reserve_keys(model, len(drafts))
    for item in drafts:
        item.pk = next(keys)
    insert_rows(model, ["id", *names], map(attrgetter("pk", *names), drafts), now)


def insert_rows(
    model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]], now: dt.datetime
) -> None:
    """Insert rows given as values in the order of `names` (attribute names). A column set by the clock gets `now`."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    stamped = [name for name, field in fields.items() if _is_stamped(field)]
    added = [name for name in stamped if name not in names]
    columns = [fields[name] for name in (*names, *added)]
    text = _texts()
    texts = {at: text for at, field in enumerate(columns) if isinstance(field, models.JSONField)}
    if connection.vendor == "postgresql":
        _copy(model, columns, _finished(rows, (now,) * len(added), texts, _stamps(columns, now)))
        return
    for at, field in enumerate(columns):
        if isinstance(field, models.DateField):  # and moments, which are dates
            texts[at] = _adapted(field)
    _execute(model, columns, list(_finished(rows, (now,) * len(added), texts, _stamps(columns, now))))


def _stamps(columns: Sequence[models.Field], now: dt.datetime) -> dict[int, dt.datetime]:
    return {at: now for at, field in enumerate(columns) if _is_stamped(field)}


def _is_stamped(field: models.Field) -> bool:
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def _finished(
    rows: Iterable[Sequence[Any]], added: tuple, texts: dict[int, Callable], stamps: dict[int, dt.datetime]
) -> Iterator[list]:
    """The rows as the database takes them."""
    if not (added or texts or stamps):
        yield from rows  # type: ignore[misc]
        return
    for row in rows:
        values = [*row, *added]
        for at, moment in stamps.items():
            values[at] = moment
        for at, text in texts.items():
            values[at] = text(values[at])
        yield values


def _texts() -> Callable[[Any], str | None]:
    """JSON of values; rows that share one object are written once. The caller keeps the objects alive."""
    known: dict[int, str] = {}

    def text(value: Any) -> str | None:
        if value is None:
            return None
        if not value:
            return "[]" if value == [] else "{}"
        key = id(value)
        if key not in known:
            known[key] = json.dumps(value, ensure_ascii=False)
        return known[key]

    return text


def _adapted(field: models.Field) -> Callable:
    """Moments as SQLite keeps them. A batch has few, so each is adapted once."""
    known: dict[Any, Any] = {None: None}

    def adapt(value: Any) -> Any:
        if value not in known:
            known[value] = field.get_db_prep_save(value, connection)
        return known[value]

    return adapt


def _copy(model: type[models.Model], columns: Sequence[models.Field], rows: Iterable[Sequence[Any]]) -> None:
    r"""COPY as CSV, which Python writes fast. A NULL is \N; in a column that takes none, the same text is text."""
    quote = connection.ops.quote_name
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(
        [NULL if value is None else value for value in row] for row in rows
    )
    if not buffer.tell():
        return
    buffer.seek(0)
    names = ", ".join(quote(field.column) for field in columns)
    never_null = ", ".join(quote(field.column) for field in columns if not field.null)
    options = f"FORMAT csv, NULL '{NULL}', FORCE_NOT_NULL ({never_null})"
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN WITH ({options})", buffer)


def _execute(model: type[models.Model], columns: Sequence[models.Field], rows: list[list]) -> None:
    if not rows:
        return
    quote = connection.ops.quote_name
    names, marks = ", ".join(quote(field.column) for field in columns), ", ".join(["%s"] * len(columns))
    # Table and columns are names of our own models; every value is a parameter.
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(insert, rows)
