"""What was said, and when we call again."""

from calls.models.call import (
    Call,
    CallRevision,
    Lease,
    NextAction,
    Outcome,
    Script,
    ScriptVersion,
)
from calls.models.follow_up import FollowUp, FollowUpMove
from calls.models.hearing import FACTS, FactState, Hearing
from calls.models.schedule import ClosedDay, Notice, Tick

__all__ = [
    "FACTS",
    "Call",
    "CallRevision",
    "ClosedDay",
    "FactState",
    "FollowUp",
    "FollowUpMove",
    "Hearing",
    "Lease",
    "NextAction",
    "Notice",
    "Outcome",
    "Script",
    "ScriptVersion",
    "Tick",
]
