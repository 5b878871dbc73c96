"""What is read of calls: callable time, cards, the queue, windows at risk."""

from calls.selectors.calendar import business_calendar, window_rule
from calls.selectors.cards import (
    HEARING_EXTRAS,
    active_script,
    hearing_for_lead,
    history_for_lead,
    live_follow_up,
    past_calls_for_lead,
    story_of,
)
from calls.selectors.queue import Queue, QueueRow, call_queue, queue_filters
from calls.selectors.windows import missed_windows, tick_health, windows_at_risk

__all__ = [
    "HEARING_EXTRAS",
    "Queue",
    "QueueRow",
    "active_script",
    "business_calendar",
    "call_queue",
    "hearing_for_lead",
    "history_for_lead",
    "live_follow_up",
    "missed_windows",
    "past_calls_for_lead",
    "queue_filters",
    "story_of",
    "tick_health",
    "window_rule",
    "windows_at_risk",
]
