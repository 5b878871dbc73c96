"""Allowed moves of a lead, as one table. Pure."""

MOVES: dict[str, frozenset[str]] = {
    "new": frozenset({"calling", "follow_up", "nurturing", "appointment", "refused", "blocked"}),
    "calling": frozenset({"follow_up", "nurturing", "appointment", "refused", "blocked"}),
    "follow_up": frozenset({"calling", "nurturing", "appointment", "refused", "blocked"}),
    "nurturing": frozenset({"calling", "follow_up", "appointment", "refused", "blocked"}),
    "appointment": frozenset({"follow_up", "nurturing", "opportunity", "won", "lost", "refused", "blocked"}),
    "opportunity": frozenset({"won", "lost", "follow_up", "nurturing", "blocked"}),
    "won": frozenset({"follow_up", "nurturing", "blocked"}),
    "lost": frozenset({"follow_up", "nurturing", "calling", "blocked"}),
    "refused": frozenset({"calling", "follow_up", "nurturing", "appointment", "blocked"}),
    # A lifted block gives back the stage it took; a deal of a blocked lead goes on.
    "blocked": frozenset(
        {"new", "calling", "follow_up", "nurturing", "appointment", "opportunity", "won", "lost", "refused"}
    ),
}


def can_move(from_stage: str, to_stage: str) -> bool:
    """Whether a lead in `from_stage` may move to `to_stage`; staying is not a move."""
    return to_stage in MOVES[from_stage]
