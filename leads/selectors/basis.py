"""By what tiers are decided now: the rules in force, common ones and variations, and a learned card that is on."""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from leads.models import TemperatureModel, TierRuleVersion
from leads.scorecard import Scorecard, Traits, features_of, known_of
from leads.scorecard import from_json as card_from_json
from leads.tier_rules import RuleBook, from_json
from leads.tiering import DEFAULT_RULES, TOKYO, LeadFacts, TierDecision, TierRules, tier_for

if TYPE_CHECKING:
    from leads.models import Lead


@dataclass(frozen=True)
class TierBasis:
    """Read once per transaction or batch; decides any number of leads without asking the database."""

    book: RuleBook
    card: Scorecard | None = None

    def rules_for(self, lead: "Lead") -> TierRules:
        return self.book.rules_for(lead.lead_list_id, lead.source)

    def decide(self, lead: "Lead", facts: LeadFacts, now: dt.datetime) -> TierDecision:
        """What the rule says, whatever a manager has set by hand; with a card that is on, its temperature."""
        by_rule = tier_for(facts, self.rules_for(lead), now)
        if self.card is None:
            return by_rule
        features = features_of(known_of(facts, traits_of(lead), now), now.astimezone(TOKYO).date())
        return self.card.decide(by_rule, features, stage=facts.stage)

    def key_of(self, lead: "Lead", facts: LeadFacts) -> Hashable:
        """Two leads with the same key are decided alike at the same moment."""
        return facts, self.rules_for(lead).version, self.card and traits_of(lead)

    def _version(self, rules: TierRules) -> Value:
        """What a lead remembers to have been decided by."""
        return Value(rules.version if self.card is None else self.card.version_with(rules.version))

    def with_traits(self, leads: QuerySet["Lead"]) -> QuerySet["Lead"]:
        """`leads` with what deciding them reads of their companies, if it reads anything."""
        return leads if self.card is None else leads.select_related("company")

    def outdated(self) -> Q:
        """Leads that other rules than those in force for them decided; the same order as `RuleBook.rules_for`."""
        own = [When(lead_list_id=pk, then=self._version(rules)) for pk, rules in self.book.by_list.items()]
        own += [When(source=source, then=self._version(rules)) for source, rules in self.book.by_source.items()]
        in_force = Case(*own, default=self._version(self.book.common), output_field=CharField())
        return ~Q(tier_rule_version=in_force)


def traits_of(lead: "Lead") -> Traits:
    """What the lead is; its company may be a draft with the same attributes."""
    company = lead.company
    return Traits(
        source=lead.source,
        lead_list=str(lead.lead_list_id or ""),
        industry=company.industry,
        employees=company.employees,
        prefecture=company.prefecture,
        has_email=bool(lead.email),
        has_title=bool(lead.title),
        call_count=lead.call_count,
    )


def card_of(model: TemperatureModel) -> Scorecard:
    """The card a row keeps."""
    return card_from_json(model.card, f"m{model.pk}", model.a_from, model.b_from)


def tier_basis() -> TierBasis:
    """As it stands in the base. Two queries."""
    common, by_list, by_source = DEFAULT_RULES, {}, {}
    for version in TierRuleVersion.objects.filter(is_current=True):
        rules = from_json(version.rules, version.label)
        if version.lead_list_id:
            by_list[version.lead_list_id] = rules
        elif version.source:
            by_source[version.source] = rules
        else:
            common = rules
    model = TemperatureModel.objects.filter(status=TemperatureModel.Status.ON).first()
    return TierBasis(RuleBook(common, by_list, by_source), card_of(model) if model else None)
