"""Who we might call: companies, leads, their numbers and signals, lists, imports and blocks."""

from leads.models.blocks import DoNotCall
from leads.models.doubles import CompanyDouble, LeadDouble, Merge
from leads.models.history import PastCall
from leads.models.imports import ImportIssue, ImportRow, LeadImport, SavedMapping
from leads.models.lead import Company, Lead, Stage, StageMove, Tier
from leads.models.lists import LeadList
from leads.models.phones import PhoneNumber
from leads.models.signals import REACTING_SIGNALS, Signal, SignalKind
from leads.models.tiers import TemperatureModel, TierRuleVersion, TierSimulation

__all__ = [
    "REACTING_SIGNALS",
    "Company",
    "CompanyDouble",
    "DoNotCall",
    "ImportIssue",
    "ImportRow",
    "Lead",
    "LeadDouble",
    "LeadImport",
    "LeadList",
    "Merge",
    "PastCall",
    "PhoneNumber",
    "SavedMapping",
    "Signal",
    "SignalKind",
    "Stage",
    "StageMove",
    "TemperatureModel",
    "Tier",
    "TierRuleVersion",
    "TierSimulation",
]
