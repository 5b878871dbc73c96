"""Rules of a test, put in force the way a change of them leaves the base behind."""

import datetime as dt
from dataclasses import replace

from leads.models import LeadList, TierRuleVersion
from leads.tier_rules import as_json
from leads.tiering import DEFAULT_RULES


def set_rules(now: dt.datetime, *, lead_list: LeadList | None = None, source: str = "", **changes) -> TierRuleVersion:
    """The next version: the defaults with `changes`."""
    current = TierRuleVersion.objects.filter(is_current=True, lead_list=lead_list, source=source)
    current.update(is_current=False, ended_at=now)
    rules = as_json(replace(DEFAULT_RULES, **changes))
    return TierRuleVersion.objects.create(
        lead_list=lead_list, source=source, rules=rules, note="見直し", created_at=now
    )
