"""The one service that recomputes tier and temperature, whichever way an input changed; and a manager's override."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import Lead
from leads.selectors import TierBasis, facts_of, rule_decision, signals_of, tier_basis
from leads.services.updating import update_objects
from leads.tiering import TierDecision

DECIDED = ["tier", "tier_reasons", "temperature", "tier_rule_version"]
TIER_FIELDS = [*DECIDED, "tiered_at"]
OVERRIDE_FIELDS = ["tier_override", "tier_override_reason", "tier_override_until", "tier_override_by"]


def apply_decision(lead: Lead, decision: TierDecision, now: dt.datetime, today: dt.date) -> None:
    """Put a decision on the lead (unsaved). A manager's override that has not expired wins over the rule's tier."""
    lead.tier, lead.tier_reasons = decision.tier, list(decision.reasons)
    if lead.override_stands(today):
        lead.tier = lead.tier_override
        lead.tier_reasons = [{"code": "override", "reason": lead.tier_override_reason}]
    lead.temperature = decision.temperature
    lead.tier_rule_version = decision.rule_version
    lead.tiered_at = now


def retier_lead(*, lead: Lead, now: dt.datetime) -> None:
    """Recompute one lead inside the transaction that changed its inputs."""
    apply_decision(lead, rule_decision(lead, now), now, timezone.localdate(now))
    lead.save(update_fields=TIER_FIELDS)


def retier_leads(
    *, lead_ids: list[int], now: dt.datetime, basis: TierBasis | None = None, still: Q | None = None
) -> int:
    """Recompute a batch; returns how many leads were looked at. Leads whose tier stays only learn when that was.

    `still`: what must yet hold of a lead once it is locked; one that somebody else has done meanwhile is left alone.
    """
    basis, today = basis or tier_basis(), timezone.localdate(now)
    with transaction.atomic():
        rows = Lead.objects.select_for_update(of=("self",)).filter(still or Q(), pk__in=lead_ids)
        leads = list(basis.with_traits(rows).order_by("pk"))
        signals = signals_of([lead.pk for lead in leads])
        changed = []
        for lead in leads:
            before = [getattr(lead, field) for field in DECIDED]
            apply_decision(lead, basis.decide(lead, facts_of(lead, signals.get(lead.pk, ())), now), now, today)
            if before != [getattr(lead, field) for field in DECIDED]:
                changed.append(lead)
        update_objects(changed, DECIDED)
        Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(tiered_at=now)
    return len(leads)


def retier_stale(*, now: dt.datetime, batch: int = 500, limit: int | None = None) -> int:
    """Recompute leads whose tier is not of `now`'s day or not by the rules in force, batch by batch; answers how many.

    At most about `limit`. Resumable by its own nature: whatever a run leaves behind, the next one finds. Each batch
    asks for the rules anew, so that a change in the middle of a run counts from there on.
    """
    batch = min(batch, limit or batch)
    done = last = 0
    while limit is None or done < limit:
        basis = tier_basis()
        stale = is_stale(basis, now)
        ids = list(Lead.objects.filter(stale, pk__gt=last).order_by("pk").values_list("pk", flat=True)[:batch])
        if ids:
            done += retier_leads(lead_ids=ids, now=now, basis=basis, still=stale)
            last = ids[-1]
        if len(ids) < batch:
            break
    return done


def is_stale(basis: TierBasis, now: dt.datetime) -> Q:
    """Leads whose tier was not decided on `now`'s day, or not by the rules in force for them."""
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    of_today = Q(tiered_at__gte=today, tiered_at__lt=today + dt.timedelta(days=1))
    return Q(tiered_at=None) | ~of_today | basis.outdated()


@transaction.atomic
def override_tier(*, lead: Lead, tier: str, reason: str, until: dt.date, by: User, now: dt.datetime) -> Lead:
    """Set the tier by hand through `until` (its last day, Japanese date); afterwards the rule decides again."""
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("変更の理由を入力してください。"), code="reason_required")})
    if until < timezone.localdate(now):
        raise ValidationError({"until": ValidationError(_("今日以降の日付を指定してください。"), code="until_in_past")})
    override = {
        "tier_override": tier,
        "tier_override_reason": reason.strip(),
        "tier_override_until": until,
        "tier_override_by": by,
    }
    return _write_override(lead, override, "override_tier", by, now)


@transaction.atomic
def clear_override(*, lead: Lead, by: User, now: dt.datetime) -> Lead:
    """Give the tier back to the rule before the override expires."""
    override = {
        "tier_override": "",
        "tier_override_reason": "",
        "tier_override_until": None,
        "tier_override_by": None,
    }
    return _write_override(lead, override, "clear_override", by, now)


def _write_override(lead: Lead, override: dict, verb: str, by: User, now: dt.datetime) -> Lead:
    lead = Lead.objects.locked(lead.pk)
    seen = [field for field in OVERRIDE_FIELDS if field != "tier_override_by"] + ["tier"]
    before = {field: getattr(lead, field) for field in seen}
    for field, value in override.items():
        setattr(lead, field, value)
    lead.save(update_fields=[*override, "updated_at"])
    retier_lead(lead=lead, now=now)
    changes = audit.differences(before, {field: getattr(lead, field) for field in seen})
    if changes:
        audit.record(by=by, now=now, verb=verb, target=lead, changes=changes)
    return lead
