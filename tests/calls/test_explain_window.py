"""`manage.py explain_window`: what it prints, from which calendar, and what it refuses."""

import csv
import datetime as dt
import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from calls.models import ClosedDay

pytestmark = pytest.mark.django_db
VECTORS = Path(__file__).with_name("window_vectors.csv")


def explained(*args: str) -> list[dict]:
    out = StringIO()
    call_command("explain_window", *args, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_json_equals_the_worked_answers():
    rows = list(csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines()))[::29]
    found = explained(*(row["reaction_at"] for row in rows))
    assert len(found) == len(rows) > 40
    for shown, row in zip(found, rows, strict=True):
        reasons = shown.pop("reasons")
        assert shown == {**row, "callable_hours": float(row["callable_hours"])}
        assert bool(reasons) is ((row["opens_at"], row["closes_at"]) != (row["raw_opens_at"], row["raw_closes_at"]))


def test_reasons_name_the_holiday_and_its_day():
    (shown,) = explained("2026-05-01 15:00", "--tier", "A")
    assert shown["opens_at"] == "2026-05-07T09:00"
    assert {
        "effect": "opens_later",
        "code": "holiday",
        "dates": ["2026-05-04"],
        "name": "みどりの日",
        "hours": None,
    } in shown["reasons"]


def test_closed_day_of_the_company_moves_the_window():
    ClosedDay.objects.create(on=dt.date(2026, 6, 3), name="創立記念日")
    (shown,) = explained("2026-06-02 10:00")
    assert shown["opens_at"] == "2026-06-04T09:00"
    assert "創立記念日" in [reason["name"] for reason in shown["reasons"]]


def test_database_without_tables_leaves_closed_days_out_and_says_so():
    connection.cursor().execute("ALTER TABLE calls_closedday RENAME TO calls_closedday_gone")
    out, err = StringIO(), StringIO()
    call_command("explain_window", "2026-06-02 10:00", "--json", stdout=out, stderr=err)
    assert json.loads(out.getvalue())[0]["opens_at"] == "2026-06-03T10:00"
    assert "closed days" in err.getvalue()


def test_minimum_of_hours_comes_from_the_settings(settings):
    settings.SECOND_CALL_MIN_CALLABLE = 2
    (shown,) = explained("2026-06-04 15:00")
    assert shown["closes_at"] == "2026-06-05T18:00"


def test_time_zone_in_the_input_is_respected():
    assert explained("2026-06-02T01:00+00:00") == explained("2026-06-02 10:00")


def test_text_prints_a_block_per_time():
    out = StringIO()
    call_command("explain_window", "2026-06-04 15:00", "2026-06-02 10:00", stdout=out)
    moved, plain = out.getvalue().split("\n\n")
    assert "closes_at       2026-06-08T18:00" in moved
    assert "callable_hours  11.00" in moved
    assert "closes_later: weekend 2026-06-06, 2026-06-07" in moved
    assert "closes_later: too_few_hours 3.00 h" in moved
    assert plain.rstrip().endswith("reasons         -")


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01 10:00", "2026-05-01", "", "9999-12-31 10:00"])
def test_senseless_time_is_refused_and_nothing_printed(text):
    out = StringIO()
    with pytest.raises(CommandError, match=r"time|window"):
        call_command("explain_window", "2026-06-02 10:00", text, stdout=out)
    assert out.getvalue() == ""


def test_senseless_time_ends_with_an_error_on_stderr():
    root = Path(__file__).parents[2]
    command = [sys.executable, "manage.py", "explain_window", "yesterday"]
    run = subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=False)
    assert run.returncode == 1
    assert run.stdout == ""
    assert '"yesterday" is not a time' in run.stderr
