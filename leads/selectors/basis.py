"""By what tiers are decided now: the rules in force, common ones and variations."""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from leads.models import TierRuleVersion
from leads.tier_rules import RuleBook, from_json
from leads.tiering import DEFAULT_RULES, LeadFacts, TierDecision, TierRules, tier_for

if TYPE_CHECKING:
    from leads.models import Lead


@dataclass(frozen=True)
class TierBasis:
    """Read once per transaction or batch; decides any number of leads without asking the database."""

    book: RuleBook

    def rules_for(self, lead: "Lead") -> TierRules:
        return self.book.rules_for(lead.lead_list_id, lead.source)

    def decide(self, lead: "Lead", facts: LeadFacts, now: dt.datetime) -> TierDecision:
        """What the rule says, whatever a manager has set by hand."""
        return tier_for(facts, self.rules_for(lead), now)

    def key_of(self, lead: "Lead", facts: LeadFacts) -> Hashable:
        """Two leads with the same key are decided alike at the same moment."""
        return facts, self.rules_for(lead).version


def tier_basis() -> TierBasis:
    """As it stands in the base. One query."""
    common, by_list, by_source = DEFAULT_RULES, {}, {}
    for version in TierRuleVersion.objects.filter(is_current=True):
        rules = from_json(version.rules, version.label)
        if version.lead_list_id:
            by_list[version.lead_list_id] = rules
        elif version.source:
            by_source[version.source] = rules
        else:
            common = rules
    return TierBasis(RuleBook(common, by_list, by_source))
