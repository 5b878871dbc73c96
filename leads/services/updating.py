"""Many changed rows at once: one prepared statement per table and as few journeys as can be.

`bulk_update` writes every value of every row into one expression per column; SQLite needs seconds for a thousand rows.
"""

from collections.abc import Iterable, Sequence

from django.db import connection, models

PAGE = 200


def update_objects(objects: Sequence[models.Model], names: Iterable[str]) -> None:
    """Write the fields `names` of saved objects of one model."""
    if not objects:
        return
    model, quote = type(objects[0]), connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in names]
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    # Table and columns are names of our own models; every value is a parameter.
    statement = f"UPDATE {quote(model._meta.db_table)} SET {columns} WHERE {quote(model._meta.pk.column)} = %s"  # noqa: S608
    rows = [
        [*(field.get_db_prep_save(getattr(item, field.attname), connection) for field in fields), item.pk]
        for item in objects
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            from psycopg2.extras import execute_batch

            execute_batch(cursor.cursor, statement, rows, page_size=PAGE)
        else:
            cursor.executemany(statement, rows)
