"""`check_tiers`: what differs from a fresh computation is found, told and, when asked, put right."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from leads.models import Lead, LeadList, Signal
from leads.services import tier_drift
from leads.services.signals import add_signal
from leads.services.tier_drift import check_tiers
from leads.services.tiers import override_tier
from leads.tiering import Condition
from tests.leads.rule_versions import set_rules


@pytest.fixture(autouse=True)
def _clock(monkeypatch, now):
    monkeypatch.setattr("config.clock.now", lambda: now)


def run(*options) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_tiers", *options, stdout=out)
    except SystemExit as ended:
        return ended.code, out.getvalue()
    return 0, out.getvalue()


def test_base_that_services_wrote_has_no_drift(make_lead, rep, manager, now):
    leads = [make_lead(f"03-1234-000{n}") for n in range(3)]
    add_signal(lead=leads[0], kind="inquiry", occurred_at=now - dt.timedelta(days=3), by=rep, now=now)
    override_tier(lead=leads[1], tier="A", reason="大型案件", until=now.date(), by=manager, now=now)

    report = check_tiers(now=now, batch=2)

    assert (report.checked, report.drifted) == (3, 0)
    assert run()[0] == 0


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        ({"tier": "A"}, "tier"),
        ({"temperature": 7}, "temperature"),
        ({"tier_reasons": [{"code": "considering"}]}, "reasons"),
        ({"tier_rule_version": "r0"}, "version"),
    ],
)
def test_every_kind_of_drift_is_told_and_put_right(make_lead, now, stored, kind):
    make_lead("03-1234-0001")
    lead = make_lead("03-1234-0002")
    before = Lead.objects.filter(pk=lead.pk).values(*stored).get()
    Lead.objects.filter(pk=lead.pk).update(**stored)

    status, out = run("--json")
    told = json.loads(out)

    assert status == 1
    assert (told["checked"], told["drifted"], told["fixed"], told["kinds"]) == (2, 1, 0, {kind: 1})
    assert told["first"][0]["lead"] == lead.pk
    assert list(told["first"][0]["differences"]) == [kind]
    assert run("--fix")[0] == 0
    assert Lead.objects.filter(pk=lead.pk).values(*stored).get() == before
    assert run()[0] == 0


def test_input_that_went_past_the_service_is_drift(make_lead, now):
    lead = make_lead()
    Signal.objects.create(lead=lead, kind="inquiry", occurred_at=now)

    assert set(check_tiers(now=now).kinds) == {"tier", "reasons", "temperature"}


def test_rules_nobody_applied_yet_are_drift(make_lead, now):
    make_lead()
    set_rules(now, a=((Condition("quiet", days=1),),))

    assert set(check_tiers(now=now).kinds) == {"tier", "reasons", "version"}


def test_one_list_alone(make_lead, team, now):
    lead_list = LeadList.objects.create(name="展示会", team=team)
    make_lead("03-1234-0001", lead_list=lead_list)
    Lead.objects.filter(pk=make_lead("03-1234-0002").pk).update(tier="A")

    status, out = run("--list", "展示会", "--json")

    assert (status, json.loads(out)["checked"]) == (0, 1)
    assert run()[0] == 1
    with pytest.raises(CommandError, match="名簿"):
        run("--list", "名簿")


def test_many_drifts_are_counted_and_the_first_shown(make_lead, now, monkeypatch):
    monkeypatch.setattr(tier_drift, "SHOWN", 2)
    leads = [make_lead(f"03-1234-000{n}") for n in range(4)]
    Lead.objects.update(temperature=9)

    status, out = run()

    assert status == 1
    assert "相違 4件" in out
    assert out.count("temperature 9 → 0") == 2
    assert f"#{leads[0].pk} " in out


def test_words_of_an_override_stay_out_of_the_terminal(make_lead, manager, now):
    lead = make_lead()
    override_tier(lead=lead, tier="A", reason="社長の紹介", until=now.date(), by=manager, now=now)
    Lead.objects.update(tier_reasons=[{"code": "override", "reason": "別の理由"}])

    out = run()[1]

    assert "override → override" in out
    assert "社長" not in out


def test_check_reads_a_fixed_number_of_queries_per_batch(make_lead, now, django_assert_num_queries):
    for n in range(6):
        make_lead(f"03-1234-000{n}")

    with django_assert_num_queries(7):  # the basis, two batches with their signals, and none left
        check_tiers(now=now, batch=3)
