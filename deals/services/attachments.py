"""What deals hang on leads: a deal is always somebody's work."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from deals.models import Deal
from leads.ports import count_per_lead


class DealAttachments:
    """See `leads.ports.Attachment`."""

    def worked_on(self, lead_ids: Iterable[int]) -> dict[int, str]:
        deals = Deal.objects.filter(lead_id__in=lead_ids).order_by()
        return dict.fromkeys(deals.values_list("lead_id", flat=True).distinct(), "deal")

    def remove(self, lead_ids: Iterable[int], *, now: dt.datetime) -> None:
        """Nothing here is made without a person."""

    def used(self, *, phone_ids: Iterable[int], signal_ids: Iterable[int]) -> tuple[set[int], set[int]]:
        deals = Deal.objects.filter(follow_up__reaction_signal_id__in=signal_ids)
        return set(), set(deals.values_list("follow_up__reaction_signal_id", flat=True))

    def forget(self, *, signal_ids: Iterable[int], now: dt.datetime) -> None:
        """Nothing here is made without a person."""

    def move(self, *, gone: int, kept: int, now: dt.datetime) -> dict[str, Any]:
        """Deals with their hand-overs and moves."""
        ids = list(Deal.objects.filter(lead_id=gone).order_by("pk").values_list("pk", flat=True))
        Deal.objects.filter(pk__in=ids).update(lead_id=kept)
        return {"deals": ids}

    def move_back(self, moved: dict[str, Any], *, gone: int, kept: int, now: dt.datetime) -> None:
        Deal.objects.filter(pk__in=moved["deals"], lead_id=kept).update(lead_id=gone)

    def counts(self, lead_ids: Iterable[int]) -> dict[str, dict[int, int]]:
        return {"deals": count_per_lead(Deal.objects.all(), lead_ids)}
