"""Rows that calls need, made the way the app makes them."""

import datetime as dt
import uuid

from accounts.models import Team, User
from calls.calendar import BusinessCalendar
from calls.inputs import AppointmentDetails, BlockRequest, CallInput
from calls.models import Outcome
from calls.services.log_call import LoggedCall, log_call
from leads.models import Company, Lead, PhoneNumber
from leads.services.callability import refresh_callability

ANSWERS = {
    "problem": {"state": "answered", "value": "入力に時間がかかる"},
    "decision_maker": {"state": "answered", "value": "superior", "decision_maker_name": "部長"},
    "timing": {"state": "answered", "value": "within_3_months"},
    "budget": {"state": "answered", "value": "secured", "budget_yen": 1_000_000},
    "concerns": {"state": "answered", "value": "移行の手間"},
}


def make_lead(team: Team, *, number: str = "+81312345678", **fields) -> Lead:
    """A callable lead of `team` at a company of its own."""
    company = Company.objects.create(name=fields.pop("company", "株式会社あおば"), name_key="あおば")
    lead = Lead.objects.create(company=company, name=fields.pop("name", "田中 一郎"), team=team, **fields)
    if number:
        PhoneNumber.objects.create(lead=lead, raw=number, e164=number)
        refresh_callability([lead.pk])
        lead.refresh_from_db()
    return lead


def outcome(code: str) -> Outcome:
    return Outcome.objects.get(code=code)


def call(lead: Lead, by: User, now: dt.datetime, code: str, *, form_key=None, **fields) -> LoggedCall:
    """Log a call with everything its outcome needs; `fields` replace what is filled in."""
    data = CallInput(outcome=outcome(code), **{**_needed(lead, code, now), **fields})
    return log_call(lead=lead, data=data, form_key=form_key or uuid.uuid4(), by=by, now=now)


def _needed(lead: Lead, code: str, now: dt.datetime) -> dict:
    result = outcome(code).result
    later = BusinessCalendar().next_callable(now + dt.timedelta(hours=3))
    phone = lead.phones.order_by("position").first()
    return {
        "no_answer": {"retry_at": later, "phone": phone},
        "invalid_number": {"phone": phone},
        "wrong_number": {"phone": phone},
        "gatekeeper_refused": {"memo": "受付で断られた", "retry_at": later},
        "absent": {"retry_at": later},
        "call_back": {"promised_at": later},
        "reaction": {
            "memo": "興味を持っていただいた",
            "hearing": {"problem": ANSWERS["problem"]},
            "next_action_kind": "follow_up_call",
            "next_action_due_at": later,
        },
        "hearing_done": {
            "memo": "検討していただく",
            "hearing": {"problem": ANSWERS["problem"], "timing": ANSWERS["timing"]},
            "next_action_kind": "follow_up_call",
            "next_action_due_at": now + dt.timedelta(days=7),
        },
        "appointment": {"memo": "商談を設定", "hearing": ANSWERS, "appointment": appointment(now)},
        "refused": {"reason": "間に合っている", "hearing": {"concerns": ANSWERS["concerns"]}},
        "do_not_call": {
            "phone": phone,
            "block": BlockRequest(requested_by="ご本人", requested_at=now, words="もうかけないでほしい"),
        },
    }[result]


def appointment(now: dt.datetime) -> AppointmentDetails:
    owner = User.objects.field_sales().first()
    return AppointmentDetails(now + dt.timedelta(days=3), True, "https://meet.example.jp/x", "田中様", owner)
