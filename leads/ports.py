"""What the apps above hang on leads, for the two acts that reach up: undoing an import and merging two leads.

`leads` imports none of them. Each app registers its part in its `apps.py`; a part answers about many leads at once, in
a fixed number of queries, inside the caller's transaction.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Protocol

from django.db.models import Count, QuerySet


class Attachment(Protocol):
    """One app's rows that point at leads."""

    def worked_on(self, lead_ids: Iterable[int]) -> dict[int, str]:
        """The leads somebody has worked on, each with the code of the reason (see `leads.labels.KEPT_BECAUSE`).

        `lead_ids` may be a queryset of keys: then all of them are asked for by one subquery.
        """

    def remove(self, lead_ids: Iterable[int], *, now: dt.datetime) -> None:
        """Delete what the app made by itself for leads nobody worked on, so that they can be deleted."""

    def used(self, *, phone_ids: Iterable[int], signal_ids: Iterable[int]) -> tuple[set[int], set[int]]:
        """Of these numbers and signals those somebody has worked with: neither may be taken off its lead."""

    def forget(self, *, signal_ids: Iterable[int], now: dt.datetime) -> None:
        """Delete what the app made by itself because of these signals, none of them used, so that they can go."""

    def move(self, *, gone: int, kept: int, now: dt.datetime) -> dict[str, Any]:
        """Hang everything of lead `gone` on lead `kept`; answers, as JSON, what `move_back` needs."""

    def move_back(self, moved: dict[str, Any], *, gone: int, kept: int, now: dt.datetime) -> None:
        """Undo `move`. What came to `kept` since then stays there."""

    def counts(self, lead_ids: Iterable[int]) -> dict[str, dict[int, int]]:
        """How much there is of what `move` takes along: by its code, per lead."""


attachments: dict[str, Attachment] = {}


def register(app: str, part: Attachment) -> None:
    """Called once from the app's `ready`."""
    attachments[app] = part


def count_per_lead(rows: QuerySet, lead_ids: Iterable[int]) -> dict[int, int]:
    """For `counts`: how many of `rows` each of these leads has."""
    found = rows.filter(lead_id__in=lead_ids).order_by().values_list("lead_id").annotate(n=Count("pk"))
    return dict(found)
