"""What must never break is a named constraint in the database; each is broken here, by the side of the services."""

import datetime as dt

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F

from accounts.models import Absence, User, WorkingHours
from calls.models import (
    FACTS,
    Call,
    CallRevision,
    FollowUp,
    FollowUpMove,
    Hearing,
    Outcome,
    ScriptVersion,
    Tick,
)
from calls.services.plans import plan_follow_ups
from deals.models import CallingCost, Deal, DealMove, Handover
from leads.models import (
    CompanyDouble,
    DoNotCall,
    ImportRow,
    Lead,
    LeadDouble,
    LeadImport,
    LeadList,
    PhoneNumber,
    Signal,
    StageMove,
    TemperatureModel,
    TierRuleVersion,
)
from leads.tier_rules import as_json
from leads.tiering import DEFAULT_RULES
from tests.calls.factories import call, make_lead

pytestmark = pytest.mark.django_db

BROKEN_BY_UPDATE = [
    ("user_role_known", User, {"role": "king"}),
    ("user_slots_sane", User, {"slots_per_hour": 0}),
    ("working_hours_end_after_start", WorkingHours, {"ends_at": F("starts_at")}),
    ("working_hours_weekday", WorkingHours, {"weekday": 7}),
    ("absence_end_after_start", Absence, {"ends_at": F("starts_at")}),
    ("lead_tier_known", Lead, {"tier": "D"}),
    ("lead_stage_known", Lead, {"stage": "lost in space"}),
    ("lead_temperature_0_100", Lead, {"temperature": 101}),
    ("signal_kind_known", Signal, {"kind": "wink"}),
    ("block_number_has_hash", DoNotCall, {"scope": "number", "e164_hash": ""}),
    ("block_lifted_with_reason", DoNotCall, {"lifted_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}),
    ("lead_double_ordered", LeadDouble, {"first": F("second")}),
    ("company_double_ordered", CompanyDouble, {"first": F("second")}),
    ("tier_rule_one_scope", TierRuleVersion, {"source": "展示会"}),
    ("tier_rule_current_or_ended", TierRuleVersion, {"is_current": False}),
    ("temperature_model_a_over_b", TemperatureModel, {"a_from": 40, "b_from": 40}),
    ("stage_move_moves", StageMove, {"to_stage": F("from_stage")}),
    ("outcome_reached_needs_connection", Outcome, {"connection": "none", "reached": "person"}),
    ("call_second_has_follow_up", Call, {"follow_up": None, "kind": "second"}),
    ("follow_up_window_not_empty", FollowUp, {"closes_at": F("opens_at")}),
    ("follow_up_raw_window", FollowUp, {"raw_closes_at": F("raw_opens_at")}),
    ("follow_up_has_reaction", FollowUp, {"reaction_call": None}),
    ("follow_up_cancelled_with_reason", FollowUp, {"state": "cancelled", "close_reason": ""}),
    ("follow_up_move_moves", FollowUpMove, {"to_state": F("from_state")}),
    *[(f"hearing_{fact}_state", Hearing, {f"{fact}_state": "answered", fact: ""}) for fact in FACTS],
    ("deal_lost_with_reason", Deal, {"stage": "lost", "lost_reason": ""}),
    ("deal_called_has_call", Deal, {"appointment_call": None}),
    ("deal_move_moves", DealMove, {"to_stage": F("from_stage")}),
    ("handover_returned_with_reason", Handover, {"status": "returned", "return_reason": ""}),
    ("calling_cost_month_start", CallingCost, {"month": dt.date(2026, 6, 2)}),
]
BROKEN_BY_A_COPY = [
    ("working_hours_once", WorkingHours, {}),
    ("import_row_once", ImportRow, {}),
    ("lead_double_once", LeadDouble, {}),
    ("company_double_once", CompanyDouble, {}),
    ("tier_rule_one_common", TierRuleVersion, {"lead_list": None, "source": ""}),
    ("tier_rule_one_per_list", TierRuleVersion, {"lead_list__isnull": False}),
    ("tier_rule_one_per_source", TierRuleVersion, {"source": "展示会"}),
    ("temperature_model_one_on", TemperatureModel, {}),
    ("phone_once_per_lead", PhoneNumber, {}),
    ("signal_once", Signal, {}),
    ("block_number_once", DoNotCall, {"scope": "number"}),
    ("block_person_once", DoNotCall, {"scope": "person"}),
    ("block_company_once", DoNotCall, {"scope": "company"}),
    ("call_revision_once", CallRevision, {}),
    ("script_version_once", ScriptVersion, {}),
    ("follow_up_one_open_per_lead", FollowUp, {"state": "waiting"}),
    ("tick_once", Tick, {}),
    ("calling_cost_once", CallingCost, {}),
]
ONE_TO_ONE = {"reaction_call_id": None, "reaction_signal_id": None}


@pytest.fixture
def world(team, rep, colleague, field_sales, now):
    """At least one row of everything that carries a constraint, made by the services where they make it."""
    lead = make_lead(team)
    first = call(lead, rep, now - dt.timedelta(days=2), "interested")
    call(lead, rep, now, "appointment")
    other = make_lead(team, number="+81334560010")
    LeadDouble.objects.create(first=lead, second=other, found_at=now)
    CompanyDouble.objects.create(first=lead.company, second=other.company, found_at=now)
    waiting = call(other, rep, now, "interested").follow_up
    plan_follow_ups(now=now)
    call(make_lead(team, number="+81334560011"), rep, now, "do_not_call")
    DoNotCall.objects.create(scope="company", company=lead.company, words="全社", requested_at=now)
    WorkingHours.objects.create(user=rep, weekday=0)
    Absence.objects.create(user=colleague, starts_at=now, ends_at=now + dt.timedelta(hours=1))
    lead_list = LeadList.objects.create(name="一覧", team=team)
    ImportRow.objects.create(lead_import=LeadImport.objects.create(lead_list=lead_list, filename="a.csv"), line=2)
    for scope in ({}, {"source": "展示会"}, {"lead_list": lead_list}):
        TierRuleVersion.objects.create(**scope, rules=as_json(DEFAULT_RULES), note="試し", created_at=now)
    TemperatureModel.objects.create(status="on", card={}, metrics={}, trained_at=now)
    CallRevision.objects.create(call=first.call, version=1, data={}, at=now)
    Tick.objects.create(job="x", slot=now, started_at=now)
    CallingCost.objects.create(team=team, month=dt.date(2026, 6, 1))
    return waiting


@pytest.mark.parametrize(("name", "model", "values"), BROKEN_BY_UPDATE, ids=lambda value: str(value)[:40])
def test_row_that_breaks_the_rule_is_refused(world, name, model, values):
    rows = model.objects.filter(pk=model.objects.order_by("pk").last().pk)
    assert rows.exists()

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        rows.update(**values)


@pytest.mark.parametrize(("name", "model", "which"), BROKEN_BY_A_COPY, ids=lambda value: str(value)[:40])
def test_second_row_of_its_kind_is_refused(world, name, model, which):
    row = model.objects.filter(**which).order_by("pk").last()
    assert row is not None
    constraint = next(each for each in model._meta.constraints if each.name == name)
    assert isinstance(constraint, models.UniqueConstraint)
    values = {
        field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields if not field.generated
    }
    values.pop("id")
    if model is FollowUp:  # another reaction of the same lead, so that only the rule in question is broken
        values |= ONE_TO_ONE | {"returned_from_id": row.pk}

    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(**values)


def test_every_named_constraint_is_broken_here():
    named = {
        constraint.name
        for app in ("accounts", "leads", "calls", "deals")
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }

    assert {name for name, *_ in BROKEN_BY_UPDATE + BROKEN_BY_A_COPY} == named
