"""Messages through the broker: whole, once, in order; and through the configured one, whichever that is."""

import os
import threading
from queue import Empty
from uuid import uuid4

import pytest
from django.conf import settings
from kombu import Connection
from kombu.transport import virtual

from config.broker import Transport
from config.celery import app


@pytest.fixture
def connect(tmp_path, monkeypatch):
    """`connect()`: a new connection to one file broker; each stands for a process."""
    monkeypatch.setattr(Transport, "global_state", virtual.BrokerState())  # what this process has declared so far
    opened = []

    def make() -> Connection:
        options = {"folder": str(tmp_path / "broker"), "polling_interval": 0.01}
        opened.append(Connection("files://localhost/", transport_options=options))
        return opened[-1]

    yield make
    for connection in opened:
        connection.release()


def drain(connection: Connection, queue: str = "calls") -> list:
    """Every payload waiting in `queue`."""
    simple, found = connection.SimpleQueue(queue), []
    while True:
        try:
            message = simple.get(block=False)
        except Empty:
            return found
        message.ack()
        found.append(message.payload)


def test_messages_arrive_in_order(connect):
    sender = connect().SimpleQueue("calls")
    for number in range(20):
        sender.put({"id": number})

    assert drain(connect()) == [{"id": number} for number in range(20)]


def test_queues_are_apart(connect):
    connect().SimpleQueue("other").put({"id": 1})

    assert drain(connect()) == []


def test_message_not_yet_renamed_is_not_seen(connect, monkeypatch):
    """The instant before the rename: the message is fully written, and no reader may touch it."""
    sender = connect().SimpleQueue("calls")
    reader, seen, replace = connect(), [], os.replace

    def look_first(*paths):
        seen.append(drain(reader))
        replace(*paths)

    drain(reader)  # declares the queue, so that the patched step below is the message's alone
    monkeypatch.setattr("config.broker.os.replace", look_first)
    sender.put({"id": 1})

    assert seen == [[]]
    assert drain(reader) == [{"id": 1}]


def test_two_readers_share_without_loss_or_double(connect):
    """Long messages, written while two readers poll: half a message would be a JSON error."""
    total, text, found, errors = 200, "x" * 50_000, [], []
    drain(connect())  # declares the queue

    def read():
        connection = connect()
        try:
            while len(found) < total and not errors:
                found.extend(payload["id"] for payload in drain(connection))
        except Exception as error:
            errors.append(error)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(2)]
    for reader in readers:
        reader.start()
    sender = connect().SimpleQueue("calls")
    for number in range(total):
        sender.put({"id": number, "text": text})
    for reader in readers:
        reader.join(timeout=30)

    assert errors == []
    assert sorted(found) == list(range(total))


def test_configured_broker_carries_a_message():
    """The file broker, or Redis where REDIS_URL is set."""
    queue = f"test-{uuid4().hex}"
    with app.connection_for_write() as connection:
        simple = connection.SimpleQueue(queue)
        simple.put({"id": 7})
        message = simple.get(timeout=5)
        message.ack()
        simple.queue.delete()

    assert message.payload == {"id": 7}
    assert app.conf.broker_url == settings.CELERY_BROKER_URL
