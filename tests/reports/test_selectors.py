"""reports.selectors: whose rows, which moment, which cut; the parts add up and the rows are what was counted."""

import datetime as dt
from dataclasses import replace

import pytest

from calls.models import FollowUp
from deals.models import CallingCost
from reports.kpi import COUNT_UNITS, figures
from reports.periods import Period
from reports.selectors import Basis, counts, counts_by, funnel_report, rows_for, share_of_cost, trend
from reports.selectors.counts import LINE_CODES
from tests.reports.conftest import JUNE
from tests.reports.facts import DAY, HOUR, make_call, make_deal, make_follow_up, make_lead, tokyo

NOON = tokyo(6, 10, 12)


@pytest.fixture
def followed(team, rep):
    """`followed(at, **stamps)`: a follow-up of a new lead."""

    def make(at=NOON, holder=rep, in_team=team, **stamps) -> FollowUp:
        return make_follow_up(make_lead(in_team, at=at - DAY), holder, at, **stamps)

    return make


def test_activity_counts_what_happened_and_cohort_what_became_of_it(followed, june):
    followed(tokyo(5, 28), first_attempted_at=tokyo(6, 2), appointment_at=tokyo(6, 2))
    followed(tokyo(6, 28), first_attempted_at=tokyo(7, 1), appointment_at=tokyo(7, 2))
    followed(tokyo(6, 29))

    activity, cohort = counts(june), counts(replace(june, basis=Basis.COHORT))

    assert (activity.follow_ups_opened, activity.follow_ups_attempted, activity.appointments) == (2, 1, 1)
    assert (cohort.follow_ups_opened, cohort.follow_ups_attempted, cohort.appointments) == (2, 1, 1)
    assert rows_for(june, "appointments").get().appointment_at == tokyo(6, 2)
    assert rows_for(replace(june, basis=Basis.COHORT), "appointments").get().appointment_at == tokyo(7, 2)


@pytest.mark.parametrize(
    ("moment", "counted"),
    [
        (tokyo(5, 31, 23, 59), 0),
        (tokyo(6, 1, 0), 1),
        (tokyo(6, 30, 23, 59), 1),
        (tokyo(7, 1, 0), 0),
    ],
)
def test_days_end_at_midnight_in_tokyo(followed, june, moment, counted):
    followed(moment)

    assert counts(june).follow_ups_opened == counted


def test_nothing_later_than_the_moment_asked_for_is_counted(followed, june):
    followed(first_attempted_at=tokyo(6, 12), connected_at=tokyo(6, 14))
    earlier = replace(june, as_of=tokyo(6, 13))

    for report in (earlier, replace(earlier, basis=Basis.COHORT)):
        found = counts(report)
        assert (found.follow_ups_attempted, found.follow_ups_reached, found.windows_closed) == (1, 0, 0)


def test_period_before_is_looked_at_when_it_was_as_old(june):
    now = tokyo(6, 16)

    before = replace(june, as_of=now).previous

    assert before.period == Period(dt.date(2026, 5, 1), dt.date(2026, 5, 31))
    assert before.as_of == tokyo(5, 16)


def test_first_call_on_the_edge_of_a_window_is_in_time_and_a_minute_later_is_not(followed, june):
    edges = {"opens_at": tokyo(6, 11, 13), "closes_at": tokyo(6, 15, 18)}
    followed(first_attempted_at=edges["opens_at"], **edges)
    followed(first_attempted_at=edges["closes_at"], **edges)
    followed(first_attempted_at=edges["opens_at"] - dt.timedelta(minutes=1), **edges)
    followed(first_attempted_at=edges["closes_at"] + dt.timedelta(minutes=1), **edges)
    followed(**edges)

    found = counts(june)

    assert (found.windows_closed, found.on_time_stored) == (5, 2)
    assert found.on_time_raw == 2  # the raw window is 11 June 12:00 to 13 June 12:00: two of the calls fell into it


def test_inbound_wins_are_no_customers_of_the_calling(followed, june, rep, field_sales):
    followed_up = followed()
    call = make_call(followed_up.lead, rep, NOON, follow_up=followed_up)
    won = {"stage": "won", "won_at": tokyo(6, 20)}
    make_deal(followed_up, field_sales, call=call, **won)
    asked_us = make_lead(rep.team, at=NOON)
    make_deal(followed_up, field_sales, call=call, lead=asked_us, origin="inbound", appointment_call=None, **won)

    assert counts(june).customers_won == 1


def test_two_wins_of_one_company_are_one_customer(followed, june, rep, field_sales):
    followed_up = followed()
    for hour in (1, 2):
        call = make_call(followed_up.lead, rep, NOON + hour * HOUR, follow_up=followed_up)
        make_deal(followed_up, field_sales, call=call, stage="won", won_at=tokyo(6, 20), amount_yen=100)

    company = rows_for(june, "customers_won").get()

    assert counts(june).customers_won == 1
    assert (company.deals_won, company.amount_won) == (2, 200)


def test_cost_of_half_a_month_is_half_of_it(team, june):
    cost = CallingCost.objects.create(team=team, month=dt.date(2026, 6, 1), people_yen=100_001)
    half = Period(dt.date(2026, 6, 16), dt.date(2026, 7, 15))

    assert share_of_cost(cost, JUNE) == 100_001
    assert share_of_cost(cost, half) == 50_001
    assert counts(replace(june, period=half)).cost_yen == 50_001


def test_cost_is_unknown_under_a_cut_it_was_not_entered_for(team, june, manager, rep):
    CallingCost.objects.create(team=team, month=dt.date(2026, 6, 1), people_yen=5)

    assert counts(replace(june, team_id=team.pk)).cost_yen == 5
    for cut in ({"rep_id": rep.pk}, {"tier": "A"}, {"source": "紹介"}, {"is_agency": False}):
        assert counts(replace(june, **cut)).cost_yen is None
    assert counts(replace(june, period=Period(dt.date(2026, 5, 1), dt.date(2026, 5, 31)))).cost_yen is None


# --- Whose rows -----------------------------------------------------------------------------------------------------


@pytest.fixture
def two_teams(followed, team, other_team, rep, colleague, stranger, field_sales):
    """A reached follow-up with a call and a deal of each of three reps, and one that nobody holds."""
    for person, owner in ((rep, field_sales), (colleague, field_sales), (stranger, stranger)):
        held = followed(holder=person, in_team=person.team, first_attempted_at=NOON + DAY, appointment_at=NOON + DAY)
        call = make_call(held.lead, person, NOON + DAY, reached="person", follow_up=held)
        make_deal(held, owner, call=call)
    followed(holder=None)


@pytest.mark.parametrize(
    ("who", "opened", "second_calls", "appointments"),
    [("rep", 1, 1, 1), ("manager", 3, 2, 2), ("admin", 4, 3, 3), ("field_sales", 2, 0, 2), ("agency_rep", 0, 0, 0)],
)
def test_figures_reach_as_far_as_the_role(two_teams, june, request, who, opened, second_calls, appointments):
    found = counts(replace(june, user=request.getfixturevalue(who)))

    assert (found.follow_ups_opened, found.second_calls, found.appointments) == (opened, second_calls, appointments)


def test_team_is_the_one_of_then(two_teams, june, rep, other_team, manager):
    rep.team = other_team
    rep.save()

    assert counts(replace(june, user=manager)).second_calls == 2
    assert counts(replace(june, team_id=other_team.pk)).second_calls == 1


@pytest.mark.parametrize("basis", Basis)
def test_lines_of_a_table_add_up_to_the_whole(two_teams, vector, june, basis):
    report = replace(june, basis=basis)
    whole, tables = counts(report), counts_by(report)

    for key in ("rep", "team"):
        for code in LINE_CODES:
            assert sum(getattr(part, code) for part in tables[key].values()) == getattr(whole, code), (key, code)
    assert sum(part.cost_yen or 0 for part in tables["team"].values()) == whole.cost_yen


@pytest.mark.parametrize("basis", Basis)
def test_every_line_of_a_table_is_the_report_cut_to_it(two_teams, vector, june, basis):
    report = replace(june, basis=basis)
    for key, table in counts_by(report).items():
        assert len(table) > 1
        for pk, part in table.items():
            alone = counts(replace(report, **{f"{key}_id": pk or 0}))
            assert {code: getattr(part, code) for code in LINE_CODES} == {
                code: getattr(alone, code) for code in LINE_CODES
            }


# --- Rows and trend -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("basis", Basis)
def test_rows_are_as_many_as_counted_under_every_cut(two_teams, vector, june, team, rep, manager, field_sales, basis):
    cuts = (
        {},
        {"team_id": team.pk},
        {"rep_id": rep.pk},
        {"rep_id": 0},
        {"tier": "B"},
        {"tier": "A"},
        {"list_id": vector.pk},
        {"source": "どこにもない"},
        {"industry": "製造業"},
        {"is_agency": True},
        {"is_agency": False},
        {"user": manager},
        {"user": rep},
        {"user": field_sales},
        {"as_of": NOON + DAY},
    )
    some = 0
    for cut in cuts:
        report = replace(june, basis=basis, **cut)
        found = counts(report)
        for code in COUNT_UNITS:
            rows = rows_for(report, code)
            number = sum(share_of_cost(row, JUNE) for row in rows) if code == "cost_yen" else rows.count()
            assert number == (getattr(found, code) or 0), (cut, code)
            assert len({row.pk for row in rows}) == rows.count()
            some += number > 0
    assert some > 50


@pytest.mark.parametrize("basis", Basis)
@pytest.mark.parametrize(
    "period",
    [JUNE, Period(dt.date(2026, 6, 8), dt.date(2026, 6, 14)), Period(dt.date(2026, 4, 1), dt.date(2027, 3, 31))],
)
def test_trend_is_the_report_of_each_piece(vector, june, basis, period):
    report = replace(june, basis=basis, period=period)

    size, pieces = trend(report)

    assert size == {30: "week", 7: "day"}.get(period.days, "month")
    assert sum(piece.counts.follow_ups_opened for piece in pieces) == 12
    for piece in pieces:
        alone = counts(replace(report, period=piece.period))
        for code in ("follow_ups_opened", "follow_ups_attempted", "appointments", "windows_closed", "on_time_stored"):
            assert getattr(piece.counts, code) == getattr(alone, code), (piece.period, code)


def test_verdict_names_the_step_that_leaks(followed, june):
    for day in range(40):
        at = tokyo(5, 1) + day % 20 * DAY
        followed(at, first_attempted_at=at + 2 * DAY, connected_at=at + 2 * DAY if day % 10 else None)
        later = tokyo(6, 1) + day % 20 * DAY
        followed(later, first_attempted_at=later + 2 * DAY, connected_at=None if day % 2 else later + 2 * DAY)

    verdict = funnel_report(june).verdict

    assert (verdict.code, verdict.worst.step) == ("bottleneck", "follow_ups_reached")
    assert (verdict.worst.current.fraction_text, verdict.worst.reference.fraction_text) == ("20 / 40", "36 / 40")


def test_verdict_gives_a_young_cohort_the_time_the_old_one_had(followed, june):
    """Nobody of June has been called again on the 3rd, nor had anybody of May on 3 May: no leak."""
    for number in range(30):
        followed(tokyo(5, 1) + number * HOUR, first_attempted_at=tokyo(5, 8), connected_at=tokyo(5, 8))
        followed(tokyo(6, 1) + number * HOUR)

    verdict = funnel_report(replace(june, as_of=tokyo(6, 3))).verdict

    assert verdict.code != "bottleneck"
    assert counts(replace(june, as_of=tokyo(6, 3)).previous).follow_ups_attempted == 0


def test_empty_base_has_no_figures_but_no_errors(june, db):
    report = funnel_report(june)

    assert report.is_empty
    assert {figure.text for figure in report.figures.values() if figure.denominator_code} == {"—"}


@pytest.mark.parametrize(("won", "cac", "rate"), [(0, "—", "0.0 %"), (1, "70", "50.0 %")])
def test_zero_wins_have_a_rate_but_no_acquisition_cost(followed, june, team, rep, field_sales, won, cac, rate):
    CallingCost.objects.create(team=team, month=dt.date(2026, 6, 1), tools_yen=70)
    for number in range(2):
        stamps = {"won_at": tokyo(6, 20)} if number < won else {}
        held = followed(appointment_at=tokyo(6, 12), **stamps)
        call = make_call(held.lead, rep, tokyo(6, 12), follow_up=held, result="appointment")
        make_deal(held, field_sales, call=call, **stamps)

    found = figures(counts(june))

    assert (found["cac"].text, found["win_rate"].text) == (cac, rate)


def test_agency_cut_of_leads_follows_team_and_owner(june, team, agency_rep):
    make_lead(team, at=NOON)
    make_lead(team, at=NOON, owner=agency_rep)
    make_lead(agency_rep.team, at=NOON)

    assert counts(replace(june, is_agency=True)).leads == 2
    assert counts(replace(june, is_agency=False)).leads == 1
