"""The table of moves, read as the specification reads it."""

import datetime as dt

import pytest

from deals import pipeline
from deals.models import Deal
from deals.services.move_deal import SENTENCES
from leads.models import Stage

NOW = dt.datetime(2026, 6, 16, 1, 0, tzinfo=dt.UTC)
PAST, FUTURE = NOW - dt.timedelta(hours=1), NOW + dt.timedelta(hours=1)
STAGES = Deal.Stage.values
FULL = {"lost_reason": "他社", "return_reason": "対象外", "amount_yen": 1, "starts_at": FUTURE}

ALLOWED = {
    ("appointment", "held"),
    ("appointment", "no_show"),
    ("appointment", "returned"),
    ("appointment", "lost"),
    ("no_show", "appointment"),
    ("no_show", "held"),
    ("no_show", "lost"),
    ("held", "opportunity"),
    ("held", "lost"),
    ("opportunity", "won"),
    ("opportunity", "lost"),
}


def refusal(from_stage, to_stage, *, role="field_sales", planned=PAST, **given):
    return pipeline.refusal_for(
        from_stage=from_stage, to_stage=to_stage, role=role, starts_at=planned, now=NOW, given=given
    )


@pytest.mark.parametrize("from_stage", STAGES)
@pytest.mark.parametrize("to_stage", STAGES)
def test_moves_are_exactly_those_of_the_table(from_stage, to_stage):
    is_allowed = refusal(from_stage, to_stage, **FULL) is None

    assert is_allowed == ((from_stage, to_stage) in ALLOWED)


@pytest.mark.parametrize("role", ["field_sales", "manager", "admin", None])
def test_deals_are_moved_by_field_sales_managers_admins_and_the_system(role):
    assert refusal("held", "opportunity", role=role) is None


@pytest.mark.parametrize("role", ["rep", "agency_rep", "nobody"])
def test_reps_move_no_deal(role):
    assert refusal("held", "opportunity", role=role) == ("not_your_role", "")


@pytest.mark.parametrize("to_stage", ["held", "no_show"])
def test_a_result_before_the_meeting_starts_is_refused(to_stage):
    assert refusal("appointment", to_stage, planned=FUTURE) == ("not_started", "")
    assert refusal("appointment", to_stage, planned=NOW) is None


@pytest.mark.parametrize(
    ("from_stage", "to_stage", "field"),
    [
        ("appointment", "lost", "lost_reason"),
        ("held", "lost", "lost_reason"),
        ("opportunity", "lost", "lost_reason"),
        ("appointment", "returned", "return_reason"),
        ("opportunity", "won", "amount_yen"),
        ("no_show", "appointment", "starts_at"),
    ],
)
def test_a_move_without_its_field_is_refused_at_that_field(from_stage, to_stage, field):
    rest = {name: value for name, value in FULL.items() if name != field}

    assert refusal(from_stage, to_stage, **rest) == (f"needs_{field}", field)


def test_a_meeting_cannot_be_booked_again_into_the_past():
    assert refusal("no_show", "appointment", starts_at=NOW) == ("starts_in_the_past", "starts_at")


def test_moves_offered_before_the_meeting_leave_out_its_result():
    offered = pipeline.moves_from(stage="appointment", role="field_sales", starts_at=FUTURE, now=NOW)

    assert [move.to_stage for move in offered] == ["returned", "lost"]


def test_closed_stages_have_no_way_out():
    for stage in pipeline.CLOSED:
        assert pipeline.moves_from(stage=stage, role="admin", starts_at=PAST, now=NOW) == []


def test_every_refusal_has_its_sentence():
    assert set(pipeline.REFUSALS) <= set(SENTENCES)


def test_stages_of_the_table_are_those_of_the_models():
    assert {move.from_stage for move in pipeline.MOVES} | {move.to_stage for move in pipeline.MOVES} == set(STAGES)
    assert set(pipeline.LEAD_STAGE) <= set(STAGES)
    assert set(pipeline.LEAD_STAGE.values()) <= set(Stage.values)
