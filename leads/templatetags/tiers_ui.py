"""How tier rules look: groups as sentences, points as tables. Display only."""

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _

from leads import rule_words
from leads.tiering import TierRules

register = template.Library()


@register.filter
def rule_groups(rules: TierRules, side: str) -> list[tuple[str, list[str]]]:
    """(A-1, its conditions as sentences) of a side."""
    return [
        (f"{side.upper()}-{at}", [rule_words.condition_words(condition) for condition in group])
        for at, group in enumerate(getattr(rules, side), 1)
    ]


@register.filter
def signal_points(rules: TierRules) -> list[tuple[str, int, int]]:
    """(reaction, points, half-life in days)."""
    kinds = rule_words.VALUES["signal"].items()
    return [(label, rules.signal_points.get(key, 0), rules.half_life_days.get(key)) for key, label in kinds]


@register.filter
def hearing_points(rules: TierRules) -> list[tuple[str, int]]:
    """(what was heard, points); what counts nothing is left out."""
    found = rule_words.numbers_of(rules)
    names = [path for path in found if path.startswith(("timing_points.", "budget_points."))]
    names += ["decision_maker_points", "problem_points"]
    return [(rule_words.number_label(name), found[name]) for name in names if found[name]]


@register.filter
def cooling_points(rules: TierRules) -> list[tuple[str, int]]:
    """(what cools, points below zero)."""
    silence = _("%(days)s日を超えて接触・反応がない") % {"days": rules.silence_days}
    return [(rule_words.number_label("refusal_points"), rules.refusal_points), (silence, rules.silence_points)]


@register.filter
def rules_url(rule_version: str) -> str:
    """Where the rules stand by which a lead was decided; without a version of their own, those in force."""
    number = rule_version.partition("+")[0].removeprefix("r")
    if rule_version.startswith("r") and number.isdecimal():
        return reverse("leads:tier_version", args=[number])
    return reverse("leads:tiers")
