"""Outcomes a temperature can be learned from, and what a card would do to the leads there are."""

import datetime as dt
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from calls.learning import KNOWN_AFTER, NEEDED, NEEDED_OF_EACH, Example, Row, example_of
from calls.models import FollowUp
from leads.models import Lead, LeadList, Signal
from leads.scorecard import SAID_NO, Scorecard, features_of, known_of, tier_from
from leads.selectors import TierBasis, facts_of, traits_of
from leads.tier_rules import RuleBook
from leads.tiering import TOKYO

MOST = 40_000
SAMPLE = 3_000
BANDS = (0, 25, 50, 75)
"""Lower ends of the bands of temperature that a change is counted in."""


def known_follow_ups(now: dt.datetime) -> QuerySet[FollowUp]:
    """Reactions whose outcome is known. Those of before snapshots were kept teach nothing: what was known of their
    leads then could only be guessed from what is known today."""
    known = FollowUp.objects.filter(reaction_at__lte=now - KNOWN_AFTER, facts__has_key="at")
    return known.filter(first_attempted_at__lte=F("reaction_at") + KNOWN_AFTER)


def examples_for(now: dt.datetime, book: RuleBook, since: dt.datetime | None = None) -> list[Example]:
    """What the newest reactions teach (later than `since`), oldest first."""
    rows = known_follow_ups(now)
    if since:
        rows = rows.filter(reaction_at__gt=since)
    newest = rows.order_by("-reaction_at", "-pk")
    found = []
    for row in newest.values_list("reaction_at", "facts", "first_attempted_at", "appointment_at")[:MOST]:
        rules = book.rules_for(row[1].get("lead_list"), row[1].get("source") or "")
        if example := example_of(Row(*row), rules, now):
            found.append(example)
    return found[::-1]


def learning_progress(now: dt.datetime) -> dict[str, int]:
    """How much there is to learn from, and how much is needed."""
    won = Q(appointment_at__lte=F("reaction_at") + KNOWN_AFTER)
    found = known_follow_ups(now).aggregate(n=Count("pk"), won=Count("pk", filter=won))
    return found | {"needed": NEEDED, "of_each": NEEDED_OF_EACH, "days": KNOWN_AFTER.days}


def names_for(card: Scorecard) -> dict[str, str]:
    """Words for the lists a card has points for."""
    keys = {name: name.removeprefix("list=") for name in card.points if name.startswith("list=")}
    found = dict(
        LeadList.objects.filter(pk__in=[key for key in keys.values() if key.isdecimal()]).values_list("pk", "name")
    )
    return {name: found[int(key)] for name, key in keys.items() if key.isdecimal() and int(key) in found}


def preview_of(card: Scorecard, basis: TierBasis, now: dt.datetime) -> dict[str, Any]:
    """What the card would do: among a sample of all leads, evenly drawn, moves between bands of temperature, and for
    every tier of the rule how many leads the card gives each temperature. `settled` are those who said no: thresholds
    do not move them."""
    by_rule = TierBasis(basis.book)
    total = Lead.objects.count()
    step = max(1, -(-total // SAMPLE))
    leads = list(Lead.objects.alias(place=F("pk") % step).filter(place=0).select_related("company").order_by("pk"))
    signals: dict[int, list] = {}
    for lead_id, *signal in Signal.objects.filter(lead__in=leads).values_list("lead_id", "kind", "occurred_at"):
        signals.setdefault(lead_id, []).append(tuple(signal))
    tiers, settled = {tier: [0] * 101 for tier in "ABC"}, dict.fromkeys("ABC", 0)
    bands = [[0] * len(BANDS) for _band in BANDS]
    today = now.astimezone(TOKYO).date()
    for lead in leads:
        facts = facts_of(lead, signals.get(lead.pk, ()))
        decision = by_rule.decide(lead, facts, now)
        temperature = card.temperature(features_of(known_of(facts, traits_of(lead), now), today))
        if lead.stage in SAID_NO:
            settled[decision.tier] += 1
        else:
            tiers[decision.tier][temperature] += 1
        bands[_band(decision.temperature)][_band(temperature)] += 1
    return {"leads": total, "seen": len(leads), "tiers": tiers, "settled": settled, "bands": bands}


def _band(temperature: int) -> int:
    return sum(temperature >= low for low in BANDS[1:])


def shares_of(preview: dict[str, Any], a_from: int, b_from: int) -> dict[str, Any]:
    """How thresholds would share out the leads of a preview: per tier by the rule and by the card, and how many leads
    would be in another tier."""
    settled, by_card, moved = preview["settled"], dict(preview["settled"]), 0
    for tier, counts in preview["tiers"].items():
        for temperature, count in enumerate(counts):
            to = tier_from(temperature, a_from, b_from)
            by_card[to] += count
            moved += count if to != tier else 0
    by_rule = {tier: settled[tier] + sum(counts) for tier, counts in preview["tiers"].items()}
    tiers = [{"tier": tier, "rule": by_rule[tier], "card": by_card[tier]} for tier in "ABC"]
    return {"tiers": tiers, "moved": moved}


def thresholds_like_the_rule(preview: dict[str, Any]) -> tuple[int, int] | None:
    """Thresholds that leave A, and A with B, about as large as the rule makes them. None when there are none."""
    counts = [sum(at) for at in zip(*preview["tiers"].values(), strict=True)]
    of_a = sum(preview["tiers"]["A"])
    wanted = (of_a, of_a + sum(preview["tiers"]["B"]))
    a_from, b_from = (min(range(1, 101), key=lambda low: (abs(sum(counts[low:]) - want), low)) for want in wanted)
    return (a_from, b_from) if a_from > b_from else None
