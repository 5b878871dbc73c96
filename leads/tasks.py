"""Periodic work on leads. Thin: one service call each; whatever a lost message leaves undone, the next run finds."""

from celery import shared_task

from config import clock
from leads.services.tiers import retier_stale

SLICE = 20_000


@shared_task
def retier_all() -> int:
    """Recompute every tier of a day that is over. A big base is done in slices, each a message of its own."""
    done = retier_stale(now=clock.now(), limit=SLICE)
    if done >= SLICE:
        retier_all.delay()
    return done
