"""Tier rules as they stand and as they were: per scope, which is a list, a source (流入元), or all leads."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet

from accounts.models import User
from leads.models import Lead, LeadList, TierRuleVersion
from leads.tier_rules import RuleBook, from_json
from leads.tiering import DEFAULT_RULES, TierRules

SOURCES_OFFERED = 200


@dataclass(frozen=True)
class RuleScope:
    """Whose rules: a list's, a source's, or with neither the common ones."""

    lead_list: LeadList | None = None
    source: str = ""

    @property
    def list_id(self) -> int | None:
        return self.lead_list.pk if self.lead_list else None

    @property
    def is_common(self) -> bool:
        return self.lead_list is None and not self.source

    @property
    def query(self) -> dict[str, str]:
        """The scope as an address carries it."""
        if self.lead_list:
            return {"list": str(self.lead_list.pk)}
        return {"source": self.source} if self.source else {}


@dataclass(frozen=True)
class RuleEvent:
    """One entry of the history: rules that came (`rules`), or were given up (`rules` is None)."""

    version: TierRuleVersion
    at: dt.datetime
    by: User | None
    note: str
    before: TierRules
    rules: TierRules | None


def versions_of(scope: RuleScope) -> QuerySet[TierRuleVersion]:
    return TierRuleVersion.objects.filter(lead_list=scope.lead_list, source=scope.source)


def own_version(scope: RuleScope) -> TierRuleVersion | None:
    """The rules in force of the scope itself, if it has any."""
    return versions_of(scope).filter(is_current=True).select_related("created_by").first()


def rules_of(version: TierRuleVersion | None) -> TierRules:
    """A version's rules; without one the defaults."""
    return from_json(version.rules, version.label) if version else DEFAULT_RULES


def scope_of_version(version: TierRuleVersion) -> RuleScope:
    return RuleScope(version.lead_list, version.source)


def variations() -> QuerySet[TierRuleVersion]:
    """Rules in force of single lists and sources, lists first."""
    own = TierRuleVersion.objects.filter(is_current=True).exclude(lead_list=None, source="")
    return own.select_related("lead_list", "created_by").order_by(F("lead_list__name").asc(nulls_last=True), "source")


def lead_is_in(scope: RuleScope, book: RuleBook) -> Q:
    """Leads the scope's rules decide, or would decide; the same order as `RuleBook.rules_for`."""
    if scope.lead_list:
        return Q(lead_list=scope.lead_list)
    others = ~Q(lead_list__in=list(book.by_list)) if book.by_list else Q()
    others = others | Q(lead_list=None) if book.by_list else others
    if scope.source:
        return others & Q(source=scope.source)
    return others & ~Q(source__in=list(book.by_source)) if book.by_source else others


def history_of(scope: RuleScope) -> QuerySet[TierRuleVersion]:
    """Every version of the scope, the newest first."""
    return versions_of(scope).select_related("lead_list", "created_by", "ended_by").order_by("-pk")


def events_of(versions: list[TierRuleVersion], predecessor: TierRuleVersion | None = None) -> list[RuleEvent]:
    """What happened with these versions (newest first), each held against what it replaced; `predecessor` came before
    the last one. A version that was given up tells of it too."""
    found = []
    for version, older in zip(versions, [*versions, predecessor][1:], strict=True):
        rules = rules_of(version)
        if version.end_note:
            found.append(RuleEvent(version, version.ended_at, version.ended_by, version.end_note, rules, None))
        found.append(
            RuleEvent(version, version.created_at, version.created_by, version.note, _before(version, older), rules)
        )
    return found


def _before(version: TierRuleVersion, older: TierRuleVersion | None) -> TierRules:
    """What held when a version came: its predecessor, or for the first of a list or source the common rules."""
    if older and not older.end_note:
        return rules_of(older)
    if scope_of_version(version).is_common:
        return DEFAULT_RULES
    common = TierRuleVersion.objects.filter(lead_list=None, source="", created_at__lte=version.created_at)
    return rules_of(common.filter(Q(ended_at=None) | Q(ended_at__gt=version.created_at)).order_by("-pk").first())


def sources_known() -> list[str]:
    """Sources of leads, the most frequent first."""
    rows = Lead.objects.exclude(source="").values("source").annotate(n=Count("pk")).order_by("-n", "source")
    return [row["source"] for row in rows[:SOURCES_OFFERED]]
