"""The Celery application, and `enqueue`: the one way a view or command wakes background work."""

import logging
import os

from celery import Celery, Task
from celery.signals import celeryd_init
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES
from redis.exceptions import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
TRANSPORT_ALIASES["files"] = "config.broker:Transport"

logger = logging.getLogger(__name__)
WORKER_SOCKET_TIMEOUT = 10
BROKER_ERRORS = (OperationalError, RedisError, OSError)

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def _be_patient(conf, **kwargs) -> None:
    """A worker rides out a slow moment of Redis; losing the connection would have its messages run twice."""
    conf.broker_transport_options = {**conf.broker_transport_options, "socket_timeout": WORKER_SOCKET_TIMEOUT}


def enqueue(task: Task, *ids: int) -> None:
    """Ask a worker to run `task` with `ids`, once the open transaction has committed.

    A dead broker is logged and forgotten: the row says what is due, and the next beat finds it.
    """
    transaction.on_commit(lambda: _publish(task, ids))


def _publish(task: Task, ids: tuple[int, ...]) -> None:
    try:
        task.apply_async(args=ids, retry=False)
    except BROKER_ERRORS as error:
        logger.warning("enqueue_failed task=%s ids=%s error=%s", task.name, ids, type(error).__name__)
