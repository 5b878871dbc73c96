"""What a form of a call says, as plain values: the arguments of `log_call`."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import User
from calls.models import Outcome, ScriptVersion
from leads.models import PhoneNumber


@dataclass(frozen=True)
class AppointmentDetails:
    """When, where, with whom and for whom; `owner` is an active field-sales person."""

    starts_at: dt.datetime
    is_online: bool
    place: str
    participants: str
    owner: User
    todo: str = ""


@dataclass(frozen=True)
class BlockRequest:
    """Who asked not to be called, when, in which words, and how far the block reaches."""

    requested_by: str
    requested_at: dt.datetime
    words: str
    scope: str = "number"


@dataclass(frozen=True)
class CallInput:
    """What the form says of one call. `hearing` maps a fact to {"state": …, "value": …} and the fact's extra fields."""

    outcome: Outcome
    phone: PhoneNumber | None = None
    memo: str = ""
    reason: str = ""
    retry_at: dt.datetime | None = None
    promised_at: dt.datetime | None = None
    revive_on: dt.date | None = None
    hearing: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    next_action_kind: str = ""
    next_action_due_at: dt.datetime | None = None
    next_action_note: str = ""
    appointment: AppointmentDetails | None = None
    block: BlockRequest | None = None
    script_version: ScriptVersion | None = None
    started_at: dt.datetime | None = None
