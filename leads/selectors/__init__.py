"""What is read of leads: the list, one lead with its numbers and timeline, blocks, lists, possible doubles."""

from leads.selectors.blocks import blocked_among, blocks_for
from leads.selectors.detail import Temperature, facts_of, numbers_of, rule_decision, siblings_of, temperature_of
from leads.selectors.doubles import Double, possible_doubles
from leads.selectors.listing import (
    DEFAULT_SORT,
    SORTS,
    LeadFilter,
    candidates_for,
    leads_for,
    lists_for,
    owners_for,
    teams_for,
    with_counts,
    with_numbers,
)
from leads.selectors.timeline import Entry, signals_beside_calls, timeline_of

__all__ = [
    "DEFAULT_SORT",
    "SORTS",
    "Double",
    "Entry",
    "LeadFilter",
    "Temperature",
    "blocked_among",
    "blocks_for",
    "candidates_for",
    "facts_of",
    "leads_for",
    "lists_for",
    "numbers_of",
    "owners_for",
    "possible_doubles",
    "rule_decision",
    "siblings_of",
    "signals_beside_calls",
    "teams_for",
    "temperature_of",
    "timeline_of",
    "with_counts",
    "with_numbers",
]
