"""Background work of deals: thin, each task one service call; it may run late or twice."""

from celery import shared_task

from config import clock
from deals.services import mail_handovers


@shared_task(name="deals.tasks.send_handovers")
def send_handovers() -> int:
    """Mail the hand-over sheets that are due."""
    return mail_handovers(clock.now())
