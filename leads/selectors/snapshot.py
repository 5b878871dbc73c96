"""What is known of a lead at one moment, as plain JSON: from it, and from nothing later, outcomes may be foretold."""

import datetime as dt
from typing import Any

from leads.models import Lead, PhoneNumber, Signal
from leads.tiering import day_of

MOMENTS = ("last_called_at", "last_reached_at", "problem_recorded_at", "refused_at", "created_at")
CHOICES = ("last_result", "timing", "budget", "decision_maker", "stage", "tier", "temperature", "call_count", "source")


def snapshot_of(lead: Lead, at: dt.datetime) -> dict[str, Any]:
    """Days, choices and traits of the lead as they stand, with the signals up to `at`."""
    signals = Signal.objects.filter(lead=lead, occurred_at__lte=at).order_by("occurred_at", "pk")
    company = lead.company
    return {
        "at": at.isoformat(),
        "signals": [[kind, day_of(moment)] for kind, moment in signals.values_list("kind", "occurred_at")],
        **{name: day_of(moment) if (moment := getattr(lead, name)) else None for name in MOMENTS},
        **{name: getattr(lead, name) for name in CHOICES},
        "lead_list": lead.lead_list_id,
        "industry": company.industry,
        "employees": company.employees,
        "prefecture": company.prefecture,
        "has_email": bool(lead.email),
        "has_title": bool(lead.title),
        "has_mobile": PhoneNumber.objects.filter(lead=lead, label=PhoneNumber.Label.MOBILE).exists(),
    }
