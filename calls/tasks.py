"""Background work of calling: thin, each task one service call; it may run late or twice."""

from celery import shared_task

from calls.services.ticks import tick as run_tick
from config import clock


@shared_task(name="calls.tasks.tick")
def tick() -> None:
    """Open what is owed, plan, remind, hand over, mark what was missed."""
    run_tick(now=clock.now())
