"""The worked example through the database: selectors, command and page say the same, to the last fraction."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse

from reports.kpi import Counts
from reports.selectors import Basis, counts
from tests.reports.facts import make_list

EXPECTED = Counts(
    leads=30,
    leads_first_called=24,
    first_calls=40,
    first_leads_reached=16,
    follow_ups_opened=12,
    windows_closed=12,
    on_time_stored=10,
    on_time_raw=10,
    follow_ups_attempted=10,
    second_calls=14,
    second_calls_connected=9,
    second_calls_reached=7,
    follow_ups_reached=6,
    appointments=3,
    appointments_held=2,
    opportunities=1,
    won=1,
    customers_won=1,
    cost_yen=140_000,
)
# name → (fraction, value), as printed in the worked example
PRINTED = {
    "follow_ups_attempted": ("10", "10"),
    "attempt_rate": ("10 / 12", "83.3 %"),
    "connect_rate": ("6 / 10", "60.0 %"),
    "connect_rate_answered_per_call": ("9 / 14", "64.3 %"),
    "connect_rate_reached_per_call": ("7 / 14", "50.0 %"),
    "appointment_rate": ("3 / 10", "30.0 %"),
    "appointment_rate_per_call": ("3 / 14", "21.4 %"),
    "appointment_rate_per_reached_call": ("3 / 7", "42.9 %"),
    "appointment_rate_per_reached": ("3 / 6", "50.0 %"),
    "appointment_rate_per_opened": ("3 / 12", "25.0 %"),
    "appointment_rate_per_lead": ("3 / 30", "10.0 %"),
    "held_rate": ("2 / 3", "66.7 %"),
    "opportunity_rate": ("1 / 2", "50.0 %"),
    "opportunity_rate_per_appointment": ("1 / 3", "33.3 %"),
    "win_rate": ("1 / 3", "33.3 %"),
    "win_rate_per_lead": ("1 / 30", "3.3 %"),
    "first_connect_rate": ("16 / 24", "66.7 %"),
    "reaction_rate": ("12 / 24", "50.0 %"),
    "cac": ("140,000 / 1", "140,000"),
}


@pytest.mark.parametrize("basis", Basis)
def test_counts_are_those_of_the_example(vector, june, basis):
    assert counts(replace(june, basis=basis)) == EXPECTED


def test_counts_of_the_list_alone_are_the_same_but_for_the_cost(vector, june, team):
    other = make_list(team, "別のリスト")

    assert counts(replace(june, list_id=vector.pk)) == replace(EXPECTED, cost_yen=None)
    assert counts(replace(june, list_id=other.pk)) == Counts()


@pytest.mark.parametrize("basis", ["activity", "cohort"])
def test_command_prints_the_example(vector, june, basis):
    printed = _command("--basis", basis, "--json")

    figures = {figure["code"]: figure for figure in json.loads(printed)["figures"]}
    assert {code: figures[code]["text"] for code in PRINTED} == {code: value for code, (_, value) in PRINTED.items()}
    assert (figures["win_rate"]["numerator"], figures["win_rate"]["denominator"]) == (1, 3)
    assert figures["win_rate"]["fraction"] == "1 / 3 商談"
    assert figures["win_rate"]["definition"] == "受注 ÷ 二次架電で獲得した商談"
    assert figures["connect_rate"]["value"] == 0.6


def test_command_prints_the_same_as_a_table(vector, june):
    lines = _command().splitlines()

    for fraction, value in PRINTED.values():
        top, _, bottom = fraction.partition(" / ")
        assert any(value in line and top in line and bottom in line for line in lines), (fraction, value)


@pytest.mark.parametrize("basis", ["activity", "cohort"])
def test_page_prints_the_example(vector, june, manager, client_for, basis):
    answer = client_for(manager).get(
        reverse("reports:funnel"), {"from": "2026-06-01", "to": "2026-06-30", "basis": basis}
    )

    shown = {figure.code: figure for figure in answer.context["all_figures"]}
    for code, (fraction, value) in PRINTED.items():
        numbers = [shown[code].top.text, *([shown[code].bottom.text] if shown[code].bottom else [])]
        assert " / ".join(numbers).replace(" 円", "") == fraction
        assert shown[code].value.removesuffix(" 円") == value
        assert shown[code].value in answer.content.decode()


def _command(*options: str) -> str:
    out = StringIO()
    call_command("funnel", "--from", "2026-06-01", "--to", "2026-06-30", *options, stdout=out)
    return out.getvalue()
