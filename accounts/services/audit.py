"""The audit trail: services write here in the transaction of the change itself."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from accounts.models import AuditEntry, User


def record(
    *,
    by: User | None,
    now: dt.datetime,
    verb: str,
    target: Model,
    changes: dict[str, list] | None = None,
) -> None:
    """Write down that `by` did `verb` to `target`. `changes` maps a field to [from, to], JSON-able values."""
    AuditEntry.objects.create(
        at=now,
        by=by,
        verb=verb,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        changes=changes or {},
    )


def record_many(
    *,
    by: User | None,
    now: dt.datetime,
    verb: str,
    entries: Iterable[tuple[Model, dict[str, list]]],
) -> None:
    """The same deed done to many rows at once: (target, changes) each."""
    AuditEntry.objects.bulk_create(
        AuditEntry(
            at=now,
            by=by,
            verb=verb,
            target_type=target._meta.label_lower,
            target_id=target.pk,
            changes=changes,
        )
        for target, changes in entries
    )


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list]:
    """Fields whose values differ, as `record` wants them; values that JSON cannot hold become text."""
    return {
        field: [_plain(before.get(field)), _plain(value)]
        for field, value in after.items()
        if before.get(field) != value
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str | list | dict) else str(value)
