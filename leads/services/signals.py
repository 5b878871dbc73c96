"""Signals: what leads did. A reacting one is marked as owing a follow-up; `calls` opens it."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import REACTING_SIGNALS, Lead, LeadImport, Signal
from leads.services.tiers import retier_lead


@transaction.atomic
def add_signal(
    *,
    lead: Lead,
    kind: str,
    occurred_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
    note: str = "",
    lead_import: LeadImport | None = None,
) -> Signal:
    """Record a signal and re-tier the lead. The same kind at the same moment is the same signal.

    The lead is read afresh under its lock: a `lead` the caller holds does not change.
    """
    if occurred_at > now:
        raise ValidationError(
            {"occurred_at": ValidationError(_("未来の日時は登録できません。"), code="signal_in_future")}
        )
    lead = Lead.objects.locked(lead.pk)
    signal, created = Signal.objects.get_or_create(
        lead=lead,
        kind=kind,
        occurred_at=occurred_at,
        defaults={
            "note": note,
            "created_by": by,
            "lead_import": lead_import,
            "needs_follow_up": kind in REACTING_SIGNALS,
        },
    )
    if created:
        if lead.last_reaction_at is None or lead.last_reaction_at < occurred_at:
            lead.last_reaction_at = occurred_at
            lead.save(update_fields=["last_reaction_at", "updated_at"])
        audit.record(by=by, now=now, verb="add_signal", target=lead, changes={"signal": [None, kind]})
        retier_lead(lead=lead, now=now)
    return signal
