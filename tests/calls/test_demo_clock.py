"""The moment a demonstration's clock is set to: callable time with some of the day left, never back."""

import datetime as dt

import pytest
from django.core.management import call_command

from calls.calendar import JST, BusinessCalendar
from calls.management.commands.demo_clock import callable_moment, seconds_ahead
from calls.models import Tick


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-06-16T10:20", "2026-06-16T10:20"),  # in the middle of a working day
        ("2026-06-16T09:00", "2026-06-16T09:00"),
        ("2026-06-16T16:00", "2026-06-16T16:00"),  # two hours left
        ("2026-06-16T16:01", "2026-06-17T10:00"),
        ("2026-06-16T12:30", "2026-06-16T13:00"),  # lunch
        ("2026-06-16T07:45", "2026-06-16T10:00"),  # before the office opens
        ("2026-06-16T23:00", "2026-06-17T10:00"),
        ("2026-06-19T17:00", "2026-06-22T10:00"),  # Friday evening
        ("2026-06-20T11:00", "2026-06-22T10:00"),  # Saturday
        ("2026-11-22T21:00", "2026-11-24T10:00"),  # Sunday before a holiday
        ("2026-12-28T17:30", "2027-01-04T10:00"),  # the last afternoon of the year
    ],
)
def test_callable_moment(moment, expected):
    assert callable_moment(at(moment), BusinessCalendar()) == at(expected)


def test_clock_never_goes_back_behind_what_the_database_has_seen(db):
    seen = at("2026-06-16T10:40")
    Tick.objects.create(job="follow_ups", slot=seen, started_at=seen)

    ahead = seconds_ahead(at("2026-06-14T21:00"))

    assert at("2026-06-14T21:00") + dt.timedelta(seconds=ahead) == seen


def test_command_prints_whole_seconds(db, capsys):
    call_command("demo_clock")

    assert int(capsys.readouterr().out) >= 0


@pytest.mark.parametrize(("shift", "is_said"), [(3600.0, True), (0.0, False)])
def test_pages_say_that_the_clock_runs_ahead(client_for, rep, settings, shift, is_said):
    settings.DEMO_CLOCK_SHIFT = shift

    page = client_for(rep).get("/leads/").content.decode()

    assert ("デモの時計" in page) is is_said
