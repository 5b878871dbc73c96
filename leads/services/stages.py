"""The one door for a lead's stage."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from leads.models import Lead, Stage, StageMove
from leads.stages import can_move


@transaction.atomic
def move_stage(*, lead: Lead, to: str, by: User | None, now: dt.datetime) -> None:
    """Move `lead` to stage `to` and write the move down. A lead already there stays."""
    if lead.stage == to:
        return
    if not can_move(lead.stage, to):
        raise ValidationError(
            _("リードの状態を「%(from)s」から「%(to)s」へは変更できません。"),
            code="stage_move",
            params={"from": Stage(lead.stage).label, "to": Stage(to).label},
        )
    StageMove.objects.create(lead=lead, from_stage=lead.stage, to_stage=to, at=now, by=by)
    lead.stage = to
    lead.save(update_fields=["stage", "updated_at"])
