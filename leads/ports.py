"""What the apps above hang on leads, for the two acts that reach up: undoing an import and merging two leads.

`leads` imports none of them. Each app registers its part in its `apps.py`; a part answers about many leads at once, in
a fixed number of queries, inside the caller's transaction.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Protocol


class Attachment(Protocol):
    """One app's rows that point at leads."""

    def worked_on(self, lead_ids: Iterable[int]) -> dict[int, str]:
        """The leads somebody has worked on, each with the code of the reason (see `leads.labels.KEPT_BECAUSE`)."""

    def remove(self, lead_ids: Iterable[int], *, now: dt.datetime) -> None:
        """Delete what the app made by itself for leads nobody worked on, so that they can be deleted."""

    def move(self, *, gone: int, kept: int, now: dt.datetime) -> dict[str, Any]:
        """Hang everything of lead `gone` on lead `kept`; answers, as JSON, what `move_back` needs."""

    def move_back(self, moved: dict[str, Any], *, gone: int, kept: int, now: dt.datetime) -> None:
        """Undo `move`. What came to `kept` since then stays there."""


attachments: dict[str, Attachment] = {}


def register(app: str, part: Attachment) -> None:
    """Called once from the app's `ready`."""
    attachments[app] = part
