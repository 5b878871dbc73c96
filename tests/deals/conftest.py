"""A lead that was called twice and an appointment that came of it."""

import datetime as dt
import uuid

import pytest

from calls.inputs import AppointmentDetails
from calls.models import Call, FollowUp, Hearing, Outcome
from deals.models import Deal
from deals.services.open_deal import open_deal_from_call
from leads.models import Company, Lead, PhoneNumber, Stage

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def make_lead(team, *, company="株式会社青空商会", name="青木 花子", **fields) -> Lead:
    firm = Company.objects.create(name=company, name_key=company, industry="製造業", prefecture="東京都")
    lead = Lead.objects.create(
        company=firm, name=name, title="部長", team=team, search_text=f"{company} {name}".replace(" ", ""), **fields
    )
    PhoneNumber.objects.create(lead=lead, raw="03-1234-5678", e164="+81312345678", label="direct")
    return lead


def make_call(lead, rep, *, now, follow_up=None, result="reaction", memo="資料をご覧になった") -> Call:
    outcome, _ = Outcome.objects.get_or_create(
        code=f"test_{result}",
        defaults={
            "label": result,
            "label_en": result,
            "connection": "yes",
            "reached": "person",
            "result": result,
        },
    )
    return Call.objects.create(
        lead=lead,
        follow_up=follow_up,
        kind=Call.Kind.SECOND if follow_up else Call.Kind.FIRST,
        rep=rep,
        team=lead.team,
        tier="A",
        outcome=outcome,
        connection="yes",
        reached="person",
        result=result,
        memo=memo,
        started_at=now,
        called_at=now,
        form_key=uuid.uuid4(),
    )


def make_follow_up(lead, rep, reaction_call, *, now, state=FollowUp.State.CLOSED) -> FollowUp:
    opens, closes = reaction_call.called_at + DAY, reaction_call.called_at + 3 * DAY
    return FollowUp.objects.create(
        lead=lead,
        reaction_call=reaction_call,
        reaction_at=reaction_call.called_at,
        raw_opens_at=opens,
        raw_closes_at=closes,
        opens_at=opens,
        closes_at=closes,
        state=state,
        first_rep=rep,
        rep=rep,
        team=lead.team,
        tier="A",
        first_attempted_at=now,
        connected_at=now,
        appointment_at=now,
    )


def details_for(owner, now, **fields) -> AppointmentDetails:
    values = {
        "starts_at": now + 3 * DAY,
        "is_online": True,
        "place": "https://meet.example.jp/abc",
        "participants": "青木部長、当社 伊藤",
        "owner": owner,
        "todo": "見積りの前提を確かめる",
    }
    return AppointmentDetails(**(values | fields))


@pytest.fixture
def lead(team) -> Lead:
    return make_lead(team, stage=Stage.APPOINTMENT)


@pytest.fixture
def second_call(lead, rep, now) -> Call:
    """The second call that won the appointment, with its hearing; the follow-up it served is closed."""
    first = make_call(lead, rep, now=now - 2 * DAY)
    follow_up = make_follow_up(lead, rep, first, now=now)
    call = make_call(lead, rep, now=now, follow_up=follow_up, result="appointment", memo="来週の打合せで\n合意")
    Hearing.objects.create(
        call=call,
        lead=lead,
        heard_at=now,
        problem_state="answered",
        problem="紙の受注処理に時間がかかる",
        decision_maker_state="answered",
        decision_maker="executive",
        decision_maker_name="森 専務",
        timing_state="answered",
        timing="within_3_months",
        timing_month=dt.date(2026, 9, 1),
        budget_state="answered",
        budget="applying",
        budget_yen=3_000_000,
        concerns_state="answered",
        concerns="現場の定着",
        competitors_state="unknown",
    )
    return call


@pytest.fixture
def deal(second_call, field_sales, rep, now) -> Deal:
    return open_deal_from_call(call=second_call, details=details_for(field_sales, now), by=rep, now=now)


@pytest.fixture
def failing(monkeypatch):
    """`failing("module.name")`: the last step of a service breaks, so that what came before must be taken back."""

    def fails(*args, **kwargs):
        raise ZeroDivisionError

    return lambda name: monkeypatch.setattr(name, fails)
