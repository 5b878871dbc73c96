"""Who we might call: companies, leads, their numbers and signals, lists, imports and blocks."""

from leads.models.blocks import DoNotCall
from leads.models.lead import Company, Lead, Stage, StageMove, Tier
from leads.models.lists import ImportIssue, ImportRow, LeadImport, LeadList
from leads.models.phones import PhoneNumber
from leads.models.signals import REACTING_SIGNALS, Signal, SignalKind

__all__ = [
    "REACTING_SIGNALS",
    "Company",
    "DoNotCall",
    "ImportIssue",
    "ImportRow",
    "Lead",
    "LeadImport",
    "LeadList",
    "PhoneNumber",
    "Signal",
    "SignalKind",
    "Stage",
    "StageMove",
    "Tier",
]
