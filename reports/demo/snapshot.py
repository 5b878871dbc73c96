"""What was known of a lead at its reaction: `leads.selectors.snapshot_of` without a database."""

import datetime as dt
from typing import Any

from leads.selectors.snapshot import CHOICES, MOMENTS
from leads.tiering import day_of
from reports.demo.records import Lead


def snapshot(lead: Lead, at: dt.datetime) -> dict[str, Any]:
    """The list's id is known only once it is written: the row adds it."""
    known = sorted((signal for signal in lead.signals if signal.occurred_at <= at), key=lambda one: one.occurred_at)
    company = lead.company
    return {
        "at": at.isoformat(),
        "signals": [[signal.kind, day_of(signal.occurred_at)] for signal in known],
        **{name: day_of(moment) if (moment := getattr(lead, name)) else None for name in MOMENTS},
        **{name: getattr(lead, name) for name in CHOICES},
        "industry": company.industry,
        "employees": company.employees,
        "prefecture": company.prefecture,
        "has_email": bool(lead.email),
        "has_title": bool(lead.title),
        "has_mobile": any(phone.label == "mobile" for phone in lead.phones),
    }
