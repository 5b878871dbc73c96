"""Allowed moves of a deal, as one table: who may make them, when, and what they must say. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOVERS = ("field_sales", "manager", "admin")
CLOSED = ("won", "lost", "returned")


@dataclass(frozen=True)
class Move:
    """One allowed move. `after_start`: only once the meeting's start time has come. `fields` must be given."""

    from_stage: str
    to_stage: str
    roles: tuple[str, ...] = MOVERS
    after_start: bool = False
    fields: tuple[str, ...] = ()


MOVES: tuple[Move, ...] = (
    Move("appointment", "held", after_start=True),
    Move("appointment", "no_show", after_start=True),
    Move("appointment", "returned", fields=("return_reason",)),
    Move("appointment", "lost", fields=("lost_reason",)),
    Move("no_show", "appointment", fields=("starts_at",)),
    Move("no_show", "held", after_start=True),
    Move("no_show", "lost", fields=("lost_reason",)),
    Move("held", "opportunity"),
    Move("held", "lost", fields=("lost_reason",)),
    Move("opportunity", "won", fields=("amount_yen",)),
    Move("opportunity", "lost", fields=("lost_reason",)),
)
_BY_ENDS = {(move.from_stage, move.to_stage): move for move in MOVES}

# Where the lead stands once its deal is in a stage; a stage that is not here leaves the lead where it is.
LEAD_STAGE = {
    "appointment": "appointment",
    "opportunity": "opportunity",
    "won": "won",
    "lost": "lost",
    "returned": "follow_up",
}


def moves_from(*, stage: str, role: str, starts_at: dt.datetime, now: dt.datetime) -> list[Move]:
    """Moves that may be made now, in the order of the table; their fields are still to be asked."""
    return [
        move
        for move in MOVES
        if move.from_stage == stage and role in move.roles and not (move.after_start and now < starts_at)
    ]


def refusal_for(
    *,
    from_stage: str,
    to_stage: str,
    role: str | None,
    starts_at: dt.datetime,
    now: dt.datetime,
    given: Mapping[str, Any],
) -> tuple[str, str] | None:
    """Why this move is refused, as (code, field or ""), or None where it is allowed.

    `starts_at` is the meeting as it stands, `given` what the move says; `role` None is the system.
    """
    move = _BY_ENDS.get((from_stage, to_stage))
    if move is None:
        return "no_such_move", ""
    if role is not None and role not in move.roles:
        return "not_your_role", ""
    if move.after_start and now < starts_at:
        return "not_started", ""
    for field in move.fields:
        if not given.get(field):
            return f"needs_{field}", field
    if "starts_at" in move.fields and given["starts_at"] <= now:
        return "starts_in_the_past", "starts_at"
    return None


REFUSALS = (
    "no_such_move",
    "not_your_role",
    "not_started",
    "starts_in_the_past",
    *dict.fromkeys(f"needs_{field}" for move in MOVES for field in move.fields),
)
"""Every code `refusal_for` can answer with."""
