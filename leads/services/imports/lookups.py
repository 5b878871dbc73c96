"""Rows by thousands of keys in one statement, without an ORM's price for each key.

The keys travel as one parameter: an array in PostgreSQL, a JSON text in SQLite.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection, models


def by_index_only() -> None:
    """For the rest of the transaction: what is looked up by keys is looked up by index.

    While an import fills a table, PostgreSQL's picture of it is always behind, and a scan of all of it seems cheap.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")


def rows_by(
    model: type[models.Model], columns: Sequence[str], key: str, values: Collection[Any], also: str = ""
) -> list[tuple]:
    """`columns` (field names, or `pk`) of the rows whose `key` is one of `values`, oldest first.

    `also` is SQL over the table `t` that narrows further; it takes no parameter.
    """
    if not values:
        return []
    quote = connection.ops.quote_name
    names = ", ".join(f"t.{quote(_column(model, name))}" for name in columns)
    among, listed = among_keys(values)
    where = f"t.{quote(_column(model, key))} {among}{f' AND {also}' if also else ''}"
    # Names are those of our own models; every value is a parameter.
    statement = f"SELECT {names} FROM {quote(model._meta.db_table)} t WHERE {where} ORDER BY t.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, [listed])
        return _as_python(model, columns, cursor.fetchall())


def _as_python(model: type[models.Model], columns: Sequence[str], rows: list[tuple]) -> list[tuple]:
    """SQLite gives moments as text."""
    fields = [model._meta.pk if name == "pk" else model._meta.get_field(name) for name in columns]
    moments = [at for at, field in enumerate(fields) if isinstance(field, models.DateTimeField)]
    if connection.vendor == "postgresql" or not moments:
        return rows
    convert = connection.ops.convert_datetimefield_value
    found = []
    for row in rows:
        values = list(row)
        for at in moments:
            values[at] = convert(values[at], None, connection)
        found.append(tuple(values))
    return found


def among_keys(values: Collection[Any]) -> tuple[str, Any]:
    """SQL for "is one of these" with one parameter, and that parameter."""
    if connection.vendor == "postgresql":
        return "= ANY(%s)", list(values)
    return "IN (SELECT value FROM json_each(%s))", json.dumps(list(values), ensure_ascii=False)


def _column(model: type[models.Model], name: str) -> str:
    return model._meta.pk.column if name == "pk" else model._meta.get_field(name).column
