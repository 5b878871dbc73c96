"""What is read of leads: the list, one lead with its numbers and timeline, blocks, lists, possible doubles."""

from leads.selectors.basis import TierBasis, card_of, tier_basis, traits_of
from leads.selectors.blocks import blocked_among, blocks_for
from leads.selectors.detail import Temperature, facts_of, numbers_of, rule_decision, siblings_of, temperature_of
from leads.selectors.doubles import (
    Double,
    columns_of,
    company_pairs_for,
    doubles_of,
    kept_by,
    lead_pairs_for,
    merges_for,
    open_doubles,
    origins_of_pairs,
    pairs_from,
    possible_doubles,
    weights_of,
)
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
from leads.selectors.snapshot import snapshot_of
from leads.selectors.timeline import Entry, signals_beside_calls, timeline_of

__all__ = [
    "DEFAULT_SORT",
    "SORTS",
    "Double",
    "Entry",
    "LeadFilter",
    "Temperature",
    "TierBasis",
    "blocked_among",
    "blocks_for",
    "candidates_for",
    "card_of",
    "columns_of",
    "company_pairs_for",
    "doubles_of",
    "facts_of",
    "kept_by",
    "lead_pairs_for",
    "leads_for",
    "lists_for",
    "merges_for",
    "numbers_of",
    "open_doubles",
    "origins_of_pairs",
    "owners_for",
    "pairs_from",
    "possible_doubles",
    "rule_decision",
    "siblings_of",
    "signals_beside_calls",
    "snapshot_of",
    "teams_for",
    "temperature_of",
    "tier_basis",
    "timeline_of",
    "traits_of",
    "weights_of",
    "with_counts",
    "with_numbers",
]
