"""Leases: one holder at a time, however many ask at once."""

import datetime as dt
import threading

import pytest
from django.db import connection

from accounts.models import Role, Team, User
from calls.models import Lease
from calls.services import leases
from tests.calls.factories import make_lead


@pytest.mark.django_db
def test_claim_again_keeps_the_form_key_and_extends(team, rep, now):
    lead = make_lead(team)
    first = leases.claim(lead=lead, by=rep, now=now)
    again = leases.claim(lead=lead, by=rep, now=now + dt.timedelta(minutes=5))

    assert again.form_key == first.form_key
    assert again.expires_at > first.expires_at


@pytest.mark.django_db
def test_claim_after_expiry_passes_to_the_colleague_with_a_new_token(team, rep, colleague, now):
    lead = make_lead(team)
    first = leases.claim(lead=lead, by=rep, now=now)

    assert leases.claim(lead=lead, by=colleague, now=now) is None
    taken = leases.claim(lead=lead, by=colleague, now=now + dt.timedelta(minutes=20))

    assert taken.token == first.token + 1
    assert taken.form_key != first.form_key
    assert not leases.extend(lead_id=lead.pk, token=first.token, by=rep, now=now + dt.timedelta(minutes=21))


@pytest.mark.django_db(transaction=True)
def test_claim_by_many_at_once_has_one_winner(now):
    team = Team.objects.create(name="同時")
    reps = [
        User.objects.create(email=f"rep{n}@example.jp", name=str(n), role=Role.REP, team=team, password="!")
        for n in range(8)
    ]
    leads = [make_lead(team, number=f"+8133456{1000 + n}") for n in range(5)]
    won: list[tuple[int, int]] = []
    gate = threading.Barrier(len(reps))

    def work(rep: User) -> None:
        gate.wait()
        try:
            won.extend((lead.pk, rep.pk) for lead in leads if leases.claim(lead=lead, by=rep, now=now))
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(rep,)) for rep in reps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(lead for lead, _rep in won) == [lead.pk for lead in leads]
    assert set(Lease.objects.values_list("lead_id", "rep_id")) == set(won)
