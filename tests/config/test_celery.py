"""`enqueue`: after commit, ids only, and a dead broker never reaches the request."""

import logging
import socket
import time

import pytest
from celery import Celery
from django.conf import settings
from django.db import transaction

from config.celery import app, enqueue

LONGEST_WAIT_SECONDS = 2  # a stalled Redis may cost a request one time-out of a second, and this machine its own pace


@pytest.fixture
def task():
    """`task(url)`: a task of an application whose broker is at `url`, with what it was sent in `.runs`."""

    def make(url: str):
        other = Celery(broker=url, set_as_current=False)
        other.conf.broker_transport_options = settings.REDIS_BROKER_OPTIONS
        other.conf.broker_connection_timeout = settings.CELERY_BROKER_CONNECTION_TIMEOUT
        return other.task(_nothing, name="test.nothing", shared=False)

    return make


@pytest.fixture
def recorded():
    """An eager task that remembers its ids."""
    runs = []
    other = Celery(set_as_current=False)
    other.conf.task_always_eager = True

    def record(*ids):
        runs.append(ids)

    return other.task(record, name="test.record", shared=False), runs


@pytest.fixture
def silent_server():
    """A port that takes a connection and never says a word, as a frozen Redis does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.django_db(transaction=True)
def test_enqueue_with_dead_broker_returns_at_once(task, closed_port, caplog):
    started = time.monotonic()

    with caplog.at_level(logging.WARNING):
        enqueue(task(f"redis://127.0.0.1:{closed_port}/0"), 1, 2)

    assert time.monotonic() - started < 1
    assert "enqueue_failed task=test.nothing ids=(1, 2)" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_enqueue_with_frozen_broker_gives_up_soon(task, silent_server, caplog):
    started = time.monotonic()

    with caplog.at_level(logging.WARNING):
        enqueue(task(f"redis://127.0.0.1:{silent_server}/0"), 1)

    assert time.monotonic() - started < LONGEST_WAIT_SECONDS
    assert "enqueue_failed" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_enqueue_waits_for_the_commit(recorded):
    recording, runs = recorded
    with transaction.atomic():
        enqueue(recording, 5)
        before = list(runs)

    assert before == []
    assert runs == [(5,)]


@pytest.mark.django_db(transaction=True)
def test_enqueue_sends_nothing_after_a_rollback(recorded):
    recording, runs = recorded

    with transaction.atomic():
        enqueue(recording, 5)
        transaction.set_rollback(True)

    assert runs == []


def test_lost_worker_gives_its_message_back():
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_ignore_result


def test_redis_gives_a_message_back_only_after_the_longest_task():
    timeout = settings.REDIS_BROKER_OPTIONS["visibility_timeout"]

    assert timeout > settings.CELERY_TASK_TIME_LIMIT > settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_every_periodic_task_exists_and_expires_before_the_next():
    app.loader.import_default_modules()

    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["task"] in app.tasks
        assert "expires" in entry["options"]


def _nothing(*ids):
    pass
