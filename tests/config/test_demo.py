"""The demonstration: loaded once, its clock in working hours and never running back, real data left alone."""

import datetime as dt

import pytest
from django.core.management import BaseCommand
from django.utils import timezone

from accounts.models import User
from config import clock, demo

LOGINS = [("admin", "admin@example.jp", "a password")]


class FakeLoader(BaseCommand):
    """Stands for `load_demo`: an hour before working hours, one user."""

    loaded_at: list[dt.datetime] = []

    def handle(self, *args, **options):
        self.loaded_at.append(clock.now())
        User.objects.create_user("admin@example.jp", "a password", name="A")

    def logins(self):
        return LOGINS

    def seconds_to_working_hours(self, now):
        return 3600.0


@pytest.fixture
def loader(monkeypatch, settings, tmp_path, db):
    monkeypatch.setattr(demo, "_command", lambda: FakeLoader())
    monkeypatch.setattr(FakeLoader, "loaded_at", [])
    monkeypatch.setenv("DEMO_CLOCK_SHIFT", "0")  # so that what the test sets is taken back
    monkeypatch.delenv("DEMO_CLOCK_SHIFT")
    settings.VAR_DIR = tmp_path
    settings.DEMO_CLOCK_SHIFT = 0.0
    return FakeLoader


def quiet(text: str) -> None:
    pass


def test_empty_database_is_filled_at_the_shifted_hour(loader, settings):
    logins = demo.prepare(quiet)

    assert logins == LOGINS
    assert settings.DEMO_CLOCK_SHIFT == 3600
    (loaded_at,) = loader.loaded_at
    assert loaded_at - timezone.now() > dt.timedelta(minutes=59)


def test_second_start_keeps_the_data_and_never_turns_the_clock_back(loader, settings, monkeypatch):
    demo.prepare(quiet)
    monkeypatch.delenv("DEMO_CLOCK_SHIFT")
    settings.DEMO_CLOCK_SHIFT = 0.0

    logins = demo.prepare(quiet)

    assert logins == LOGINS
    assert len(loader.loaded_at) == 1
    assert settings.DEMO_CLOCK_SHIFT == 7200


def test_database_with_other_data_is_left_alone(loader, settings, rep):
    assert demo.prepare(quiet) == []
    assert loader.loaded_at == []
    assert settings.DEMO_CLOCK_SHIFT == 0


def test_missing_loader_is_said(monkeypatch, db):
    monkeypatch.setattr(demo, "_command", lambda: None)
    said = []

    assert demo.prepare(said.append) == []
    assert "no demo data" in said[0]
