"""The one service that recomputes tier and temperature, whichever way an input changed."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from leads.models import Lead, Signal
from leads.tiering import DEFAULT_RULES, LeadFacts, TierDecision, TierRules, tier_for

TIER_FIELDS = ["tier", "tier_reasons", "temperature", "tier_rule_version", "tiered_at"]


def facts_of(lead: Lead, signals: Iterable[tuple[str, dt.datetime]]) -> LeadFacts:
    """What the rule looks at, from the lead's own row and its signals."""
    return LeadFacts(
        signals=tuple(signals),
        last_called_at=lead.last_called_at,
        last_reached_at=lead.last_reached_at,
        problem_recorded_at=lead.problem_recorded_at,
        refused_at=lead.refused_at,
        timing=lead.timing,
        budget=lead.budget,
        decision_maker=lead.decision_maker,
        stage=lead.stage,
        created_at=lead.created_at,
    )


def apply_decision(lead: Lead, decision: TierDecision, now: dt.datetime, today: dt.date) -> None:
    """Put a decision on the lead (unsaved). A manager's override that has not expired wins over the rule's tier."""
    lead.tier, lead.tier_reasons = decision.tier, list(decision.reasons)
    if lead.tier_override and (lead.tier_override_until is None or lead.tier_override_until >= today):
        lead.tier = lead.tier_override
        lead.tier_reasons = [{"code": "override", "reason": lead.tier_override_reason}]
    lead.temperature = decision.temperature
    lead.tier_rule_version = decision.rule_version
    lead.tiered_at = now


def retier_lead(*, lead: Lead, now: dt.datetime, rules: TierRules = DEFAULT_RULES) -> None:
    """Recompute one lead inside the transaction that changed its inputs."""
    signals = Signal.objects.filter(lead=lead).values_list("kind", "occurred_at")
    apply_decision(lead, tier_for(facts_of(lead, signals), rules, now), now, _today(now))
    lead.save(update_fields=TIER_FIELDS)


def retier_leads(*, lead_ids: list[int], now: dt.datetime, rules: TierRules = DEFAULT_RULES) -> int:
    """Recompute a batch in three queries; returns how many leads were looked at."""
    with transaction.atomic():
        leads = list(Lead.objects.select_for_update().filter(pk__in=lead_ids).order_by("pk"))
        signals: dict[int, list] = {}
        for lead_id, kind, at in Signal.objects.filter(lead_id__in=lead_ids).values_list(
            "lead_id", "kind", "occurred_at"
        ):
            signals.setdefault(lead_id, []).append((kind, at))
        for lead in leads:
            apply_decision(lead, tier_for(facts_of(lead, signals.get(lead.pk, ())), rules, now), now, _today(now))
        Lead.objects.bulk_update(leads, TIER_FIELDS, batch_size=200)
    return len(leads)


def retier_stale(*, now: dt.datetime, batch: int = 500) -> int:
    """Recompute every lead whose tier is older than `now`'s day, batch by batch; resumable by its own nature."""
    done = 0
    while True:
        ids = list(
            Lead.objects.exclude(tiered_at__gte=_day_start(now)).order_by("pk").values_list("pk", flat=True)[:batch]
        )
        if not ids:
            return done
        done += retier_leads(lead_ids=ids, now=now)


def _today(now: dt.datetime) -> dt.date:
    return timezone.localdate(now)


def _day_start(now: dt.datetime) -> dt.datetime:
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
