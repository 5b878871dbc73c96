"""What calling hangs on leads: what counts as work on one, and what the app made by itself and may take away again."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import AuditEntry
from calls.models import Call, FollowUp, FollowUpMove, Lease, NextAction
from calls.services.lead_merges import give_calls_back, take_calls
from leads.models import Lead, Stage, StageMove
from leads.ports import count_per_lead


class CallAttachments:
    """See `leads.ports.Attachment`."""

    def worked_on(self, lead_ids: Iterable[int]) -> dict[int, str]:
        """A call, a second call somebody saw to, something promised, a card that was opened and never put away."""
        found: dict[int, str] = {}
        follow_ups = _touched(FollowUp.objects.filter(lead_id__in=lead_ids))
        actions, cards = NextAction.objects.filter(lead_id__in=lead_ids), Lease.objects.filter(lead_id__in=lead_ids)
        calls = Call.objects.filter(lead_id__in=lead_ids)
        rows = {"called": calls, "follow_up": follow_ups, "next_action": actions, "card_open": cards}
        for code, queryset in rows.items():
            for pk in queryset.order_by().values_list("lead_id", flat=True).distinct():
                found.setdefault(pk, code)
        return found

    def remove(self, lead_ids: Iterable[int], *, now: dt.datetime) -> None:
        """Second calls nobody has touched, with their moves and notices."""
        FollowUp.objects.filter(lead_id__in=lead_ids).delete()

    def used(self, *, phone_ids: Iterable[int], signal_ids: Iterable[int]) -> tuple[set[int], set[int]]:
        """Numbers that were dialled, and signals whose second call somebody saw to."""
        dialled = Call.objects.filter(phone_id__in=phone_ids).values_list("phone_id", flat=True)
        followed = _touched(FollowUp.objects.filter(reaction_signal_id__in=signal_ids))
        return set(dialled), set(followed.values_list("reaction_signal_id", flat=True))

    def forget(self, *, signal_ids: Iterable[int], now: dt.datetime) -> None:
        """Take back the second calls these signals opened, and where the app itself moved their leads for them."""
        follow_ups = FollowUp.objects.filter(reaction_signal_id__in=signal_ids)
        rows = list(follow_ups.select_related("lead"))
        if not rows:
            return
        leads = {row.lead_id: row.lead for row in rows}
        begun = FollowUpMove.objects.filter(follow_up__in=rows, from_state="").order_by("-at", "-pk")
        since = dict(begun.values_list("follow_up__lead_id", "at"))
        moves: dict[int, list[StageMove]] = {}
        for move in StageMove.objects.filter(lead_id__in=leads).order_by("at", "pk"):
            if move.lead_id in since and move.at >= since[move.lead_id]:
                moves.setdefault(move.lead_id, []).append(move)
        for row in rows:
            if row.is_live and leads[row.lead_id].next_call_at == row.planned_at:
                leads[row.lead_id].next_call_at = None
        taken_back = [move.pk for pk, later in moves.items() for move in _move_back(leads[pk], later)]
        Lead.objects.bulk_update(leads.values(), ["stage", "next_call_at"], batch_size=200)
        StageMove.objects.filter(pk__in=taken_back).delete()
        follow_ups.delete()

    def move(self, *, gone: int, kept: int, now: dt.datetime) -> dict[str, Any]:
        """Calls, hearings, next actions, second calls, notices and the card."""
        return take_calls(gone=gone, kept=kept, now=now)

    def move_back(self, moved: dict[str, Any], *, gone: int, kept: int, now: dt.datetime) -> None:
        give_calls_back(moved, gone=gone, kept=kept, now=now)

    def counts(self, lead_ids: Iterable[int]) -> dict[str, dict[int, int]]:
        live, owed = FollowUp.objects.live(), NextAction.objects.open()
        rows = {"calls": Call.objects.all(), "follow_ups": live, "next_actions": owed}
        return {name: count_per_lead(queryset, lead_ids) for name, queryset in rows.items()}


def _move_back(lead: Lead, moves: list[StageMove]) -> list[StageMove]:
    """Put the lead (unsaved) where it was before, unless a person has moved it since; answers the moves undone."""
    if moves[0].to_stage != Stage.FOLLOW_UP or any(move.by_id for move in moves):
        return []
    lead.stage = moves[0].from_stage
    return moves


def _touched(follow_ups: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
    """Those a person has attempted, got back from field sales or given to a colleague.

    A promise without an attempt is a list's.
    """
    by_hand = AuditEntry.objects.filter(target_type="calls.followup", verb="reassign").values("target_id")
    seen_to = Q(first_attempted_at__isnull=False) | Q(attempts__gt=0)
    return follow_ups.filter(seen_to | Q(returned_from__isnull=False) | Q(pk__in=by_hand))
