"""/healthz must turn red when the work stops, whatever the processes look like."""

import datetime as dt
import time

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from calls.models import Tick
from calls.views import health


@pytest.fixture
def long_running(monkeypatch):
    """A web server that has been up for an hour."""
    monkeypatch.setattr(health, "STARTED", time.monotonic() - 3600)


def finished(seconds_ago: int) -> Tick:
    moment = timezone.now() - dt.timedelta(seconds=seconds_ago)
    return Tick.objects.create(job="tick", slot=moment, started_at=moment, finished_at=moment)


def test_health_is_green_for_a_stranger_after_a_recent_tick(client, db, long_running):
    finished(30)

    response = client.get(reverse("healthz"))

    assert response.status_code == 200
    assert response.json()["tick"] == "ok"


@pytest.mark.parametrize("seconds", [121, 3 * 24 * 3600])
def test_health_is_red_when_no_tick_finished_lately(client, db, long_running, seconds):
    finished(seconds)

    response = client.get(reverse("healthz"))

    assert response.status_code == 503
    assert response.json()["status"] == "late"


def test_health_is_red_when_no_tick_ever_finished(client, db, long_running):
    assert client.get(reverse("healthz")).status_code == 503


def test_health_of_a_server_just_started_waits_for_the_first_tick(client, db, monkeypatch):
    monkeypatch.setattr(health, "STARTED", time.monotonic())

    assert client.get(reverse("healthz")).status_code == 200


def test_health_is_red_without_a_database(client, db, monkeypatch):
    def broken(now):
        raise OperationalError

    monkeypatch.setattr(health.selectors, "tick_health", broken)

    response = client.get(reverse("healthz"))

    assert response.status_code == 503
    assert response.json() == {"status": "database"}
