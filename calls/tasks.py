"""Background work of calling: thin, each task one service call; it may run late or twice."""

from celery import shared_task

from calls.services.learning import learn_nightly
from calls.services.ticks import tick as run_tick
from config import clock
from leads.tasks import retier_all


@shared_task(name="calls.tasks.tick")
def tick() -> None:
    """Open what is owed, plan, remind, hand over, mark what was missed."""
    run_tick(now=clock.now())


@shared_task(name="calls.tasks.learn_temperature")
def learn_temperature() -> None:
    """Judge the learned temperature in use, and try for a better one. Leads are decided anew when it is given up."""
    if learn_nightly(now=clock.now()).fell_back:
        retier_all.delay()
