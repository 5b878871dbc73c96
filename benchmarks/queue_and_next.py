"""The queue page, "next" (claim and card) and saving a call, against a view with one indexed query, in one run."""

import argparse
import datetime as dt
import uuid

import scratch

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--leads", type=int, default=20_000)
parser.add_argument("--rounds", type=int, default=60)
options = parser.parse_args()
scratch.setup()

from django.http import HttpResponse
from django.test import Client
from django.urls import path

from accounts.models import Role, Team, User
from calls.models import Lease, Outcome
from config import clock, urls
from leads.models import Company, Lead, LeadList, PhoneNumber

NOW = dt.datetime(2026, 6, 16, 1, 0, tzinfo=dt.UTC)  # a Tuesday, 10:00 in Tokyo
clock.now = lambda: NOW


def bare(request):
    """The yardstick: session, login, middleware and one indexed query."""
    return HttpResponse(str(Lead.objects.filter(pk=request.user.pk).values_list("stage", flat=True).first()))


urls.urlpatterns.append(path("bench/bare/", bare))


def fill() -> User:
    team = Team.objects.create(name="計測")
    rep = User.objects.create_user("bench@example.jp", "bench", name="計測", role=Role.REP, team=team)
    lead_list = LeadList.objects.create(name="計測", team=team)
    numbers = range(options.leads)
    companies = Company.objects.bulk_create(
        [Company(name=f"株式会社{n}", name_key=str(n)) for n in numbers], batch_size=2000
    )
    leads = Lead.objects.bulk_create(
        [
            Lead(
                company=company,
                name=f"担当 {n}",
                team=team,
                lead_list=lead_list,
                tier="ABC"[n % 3],
                temperature=n % 100,
                has_callable_phone=True,
            )
            for n, company in zip(numbers, companies, strict=True)
        ],
        batch_size=2000,
    )
    PhoneNumber.objects.bulk_create(
        [PhoneNumber(lead=lead, raw=f"03{n:08}", e164=f"+813{n:08}") for n, lead in zip(numbers, leads, strict=True)],
        batch_size=2000,
    )
    return rep


rep = fill()
client = Client(HTTP_HOST="localhost")
client.force_login(rep)
no_answer = Outcome.objects.get(code="no_answer").pk


def get(address: str):
    def act():
        response = client.get(address)
        assert response.status_code == 200, response.status_code

    return act


def next_card():
    Lease.objects.all().delete()
    response = client.post("/calls/next/")
    assert response.status_code == 302, response.status_code
    assert client.get(response.url).status_code == 200


def save():
    lead = Lead.objects.filter(call_count=0).order_by("-pk").first()
    form = {"form_key": str(uuid.uuid4()), "outcome": no_answer, "retry_at": "2026-06-16T14:00", "stay": "1"}
    response = client.post(f"/calls/lead/{lead.pk}/save/", form)
    assert response.status_code == 302, response.status_code


print(f"{options.leads:,} leads")
yardstick = scratch.timings(get("/bench/bare/"), options.rounds)
scratch.report("view with one indexed query", yardstick)
scratch.report("queue page", scratch.timings(get("/calls/"), options.rounds), yardstick)
scratch.report("next: claim and card", scratch.timings(next_card, options.rounds), yardstick)
scratch.report("save a call", scratch.timings(save, options.rounds), yardstick)
scratch.report("lead list", scratch.timings(get("/leads/"), options.rounds), yardstick)
