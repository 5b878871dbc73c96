"""The page about tiers: its counts against a second count in plain Python, who sees it, every number opens its rows."""

import datetime as dt
import json
from collections import Counter
from dataclasses import replace
from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Call, FollowUp
from deals.models import Deal
from leads.models import Lead, Signal
from leads.tiering import DEFAULT_RULES
from reports.selectors import Basis, ReportFilter, rows_for, tier_report
from reports.tier_looks import GroupOf, PointsFor
from tests.reports.facts import make_call, make_deal, make_follow_up, make_lead, make_list, tokyo
from tests.reports.test_independent import History
from tests.reports.test_views import links

TIERS = "reports:tiers"
JUNE = {"from": "2026-06-01", "to": "2026-06-30"}
RECENT = GroupOf("A", DEFAULT_RULES.a[0])


@pytest.fixture
def cohort(june) -> ReportFilter:
    return replace(june, basis=Basis.COHORT)


@pytest.fixture
def see(client_for, after_june):
    def get(user, **parameters):
        return client_for(user).get(reverse(TIERS), {**JUNE, **parameters})

    return get


def react(team, rep, *, n, met, **fields) -> None:
    """`n` reactions in June, the first `met` of which became appointments."""
    for number in range(n):
        lead = make_lead(team, at=tokyo(6, 1))
        stamps = {"appointment_at": tokyo(6, 12)} if number < met else {}
        make_follow_up(lead, rep, tokyo(6, 10), **fields, **stamps)


def known(*signals: str, **facts) -> dict:
    moments = dict.fromkeys(("last_called_at", "last_reached_at", "problem_recorded_at", "refused_at", "created_at"))
    return {"signals": [[kind, "2026-06-10"] for kind in signals], **moments, **facts}


# --- A second count -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_those_of_plain_python(db, seed):
    history = History(seed)
    for follow_up in FollowUp.objects.order_by("pk"):
        temperature = history.luck.choice((None, 0, 10, 55, 100))
        FollowUp.objects.filter(pk=follow_up.pk).update(temperature=temperature)
    for _ in range(6):
        report = replace(history.some_filter(), basis=Basis.COHORT, industry="", is_agency=None, rep_id=None, tier="")
        found = tier_report(report)

        assert _steps(found.called) == _called_by_hand(report)
        assert _steps(found.reactions) == _reactions_by_hand(report, "tier")
        by_temperature = _reactions_by_hand(report, "temperature")
        assert found.without_temperature == by_temperature.pop(None, (0, 0, 0, 0))[0]
        assert _steps(found.temperatures) == by_temperature


def _steps(table) -> dict:
    return {key: (one.n, one.reacted, one.met, one.won) for key, one in table.items() if one.n}


def _fits(report: ReportFilter, row, lead: Lead) -> bool:
    return (
        report.team_id in (None, row.team_id)
        and report.list_id in (None, lead.lead_list_id)
        and report.source in ("", lead.source)
    )


def _within(report: ReportFilter, moment: dt.datetime) -> bool:
    return report.period.opens_at <= moment < report.period.closes_at and moment <= report.as_of


def _called_by_hand(report: ReportFilter) -> dict:
    found: Counter = Counter()
    for lead in Lead.objects.all():
        calls = sorted(Call.objects.filter(lead=lead), key=lambda call: (call.called_at, call.pk))
        if not calls or calls[0].kind != "first":
            continue
        first = calls[0]
        if not (_within(report, first.called_at) and _fits(report, first, lead)):
            continue
        reactions = [f for f in FollowUp.objects.filter(lead=lead) if first.called_at <= f.reaction_at <= report.as_of]
        deals = [deal for deal in Deal.objects.filter(lead=lead) if deal.origin != "inbound"]
        deals = [deal for deal in deals if first.called_at <= deal.appointment_at <= report.as_of]
        won = [deal for deal in deals if deal.won_at and deal.won_at <= report.as_of]
        found[first.tier, bool(reactions or deals), bool(deals), bool(won)] += 1
    return _summed(found)


def _reactions_by_hand(report: ReportFilter, key: str) -> dict:
    found: Counter = Counter()
    for row in FollowUp.objects.select_related("lead"):
        if _within(report, row.reaction_at) and _fits(report, row, row.lead):
            met = bool(row.appointment_at and row.appointment_at <= report.as_of)
            won = bool(row.won_at and row.won_at <= report.as_of)
            found[getattr(row, key), False, met, won] += 1
    return _summed(found)


def _summed(found: Counter) -> dict:
    table: dict = {}
    for (key, *flags), n in found.items():
        before = table.get(key, (0, 0, 0, 0))
        table[key] = tuple(old + n * part for old, part in zip(before, (True, *flags), strict=True))
    return table


def test_only_the_very_first_call_counts_with_its_tier(team, rep, cohort):
    lead = make_lead(team, at=tokyo(5, 1), tier="A")
    make_call(lead, rep, tokyo(6, 2), tier="C")
    make_call(lead, rep, tokyo(6, 3), tier="A")
    old = make_lead(team, at=tokyo(5, 1))
    make_call(old, rep, tokyo(5, 20))
    make_call(old, rep, tokyo(6, 3))

    assert _steps(tier_report(cohort).called) == {"C": (1, 0, 0, 0)}


def test_inbound_deals_are_nobodys_calling(team, rep, field_sales, cohort):
    for origin in ("inbound", "first_call"):
        lead = make_lead(team, at=tokyo(5, 1), tier="A")
        call = make_call(lead, rep, tokyo(6, 2), reached="person", result="appointment")
        Deal.objects.create(
            lead=lead,
            appointment_call=None if origin == "inbound" else call,
            owner=field_sales,
            set_by=rep,
            origin=origin,
            team=team,
            starts_at=tokyo(6, 5),
            place="オンライン",
            participants="担当者",
            appointment_at=tokyo(6, 2),
            won_at=tokyo(6, 20),
        )

    assert _steps(tier_report(cohort).called) == {"A": (2, 1, 1, 1)}


# --- Conditions -----------------------------------------------------------------------------------------------------


def test_conditions_that_tell_and_those_that_do_not_are_named(team, rep, cohort):
    react(team, rep, n=60, met=36, facts=known("reply", budget="secured"))
    react(team, rep, n=60, met=6, facts=known("reply"))
    react(team, rep, n=60, met=21, facts=known("reply", timing="within_1_month"))

    found = {look.condition: look for look in tier_report(cohort).looks}

    assert found[PointsFor("budget", "secured")].code == "raises"
    assert found[PointsFor("timing", "within_1_month")].code == "no_information"
    assert found[RECENT].code == found[PointsFor("signal", "reply")].code == "always"
    assert found[PointsFor("signal", "inquiry")].code == "never"
    with_it = found[PointsFor("budget", "secured")].with_it
    assert (with_it.hits, with_it.n) == (36, 60)


def test_older_reactions_are_judged_by_what_still_has_a_date(team, rep, cohort):
    react(team, rep, n=3, met=1)
    lead = FollowUp.objects.order_by("pk").first().lead
    Signal.objects.create(lead=lead, kind="reply", occurred_at=tokyo(6, 9))
    Signal.objects.create(lead=lead, kind="inquiry", occurred_at=tokyo(6, 11))  # after the reaction

    found = {look.condition: look for look in tier_report(cohort).looks}

    replied = found[PointsFor("signal", "reply")]
    assert (replied.with_it.hits, replied.with_it.n, replied.without.n) == (1, 1, 2)
    assert found[PointsFor("signal", "inquiry")].with_it.n == 0
    assert PointsFor("problem") not in found


# --- The page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("rep", 200), ("agency_rep", 200), ("field_sales", 404), ("manager", 200), ("admin", 200)]
)
def test_who_may_open_it(team, rep, see, request, who, status):
    react(team, rep, n=3, met=1, tier="A", temperature=40)

    assert see(request.getfixturevalue(who)).status_code == status


def test_a_visitor_is_sent_to_the_login(client, db):
    assert client.get(reverse(TIERS)).status_code == 302


def test_everybody_counts_what_the_funnel_lets_them(team, other_team, rep, colleague, manager, admin, see):
    react(team, rep, n=3, met=1, tier="A")
    react(other_team, None, n=2, met=0, tier="B")

    def reactions(user) -> int:
        return sum(steps.n for steps in see(user).context["report"].reactions.values())

    assert (reactions(rep), reactions(colleague), reactions(manager), reactions(admin)) == (3, 0, 3, 5)


def test_field_sales_are_not_led_there_and_others_are(rep, field_sales, client_for, after_june):
    funnel = reverse("reports:funnel")

    assert reverse(TIERS) in client_for(rep).get(funnel).content.decode()
    assert reverse(TIERS) not in client_for(field_sales).get(funnel).content.decode()


def test_an_empty_base_says_so(admin, see):
    page = see(admin)

    assert page.status_code == 200
    assert page.context["report"].is_empty
    assert "この期間の記録はまだありません" in page.content.decode()


def test_little_data_is_called_little_data(team, rep, admin, see):
    react(team, rep, n=3, met=1, tier="A", temperature=40)
    page = see(admin).content.decode()

    assert "データ不足のため判定できません。いま 3 件、あと 57 件必要です。" in page
    assert "33.3" not in page


def test_every_number_opens_as_many_rows(team, rep, field_sales, admin, see, client_for):
    lead_list = make_list(team)
    for number in range(26):
        lead = make_lead(team, at=tokyo(6, 1), tier="AB"[number % 2], lead_list=lead_list, source="展示会")
        call = make_call(lead, rep, tokyo(6, 9), reached="person", result="reaction")
        met = {"appointment_at": tokyo(6, 12)} if number % 3 == 0 else {}
        won = {"won_at": tokyo(6, 20)} if number % 6 == 0 else {}
        follow_up = make_follow_up(lead, rep, tokyo(6, 9), call=call, temperature=number * 3, **met, **won)
        if met:
            second = make_call(lead, rep, tokyo(6, 12), follow_up=follow_up, result="appointment", reached="person")
            make_deal(follow_up, field_sales, call=second, **won)

    page = see(admin, list=lead_list.pk, source="展示会")
    found = links(page)

    assert len(found) > 25
    assert {"newly_called", "newly_reacted", "newly_met", "newly_won"} <= {
        part.removeprefix("figure=") for url, _ in found for part in url.split("?")[1].split("&")
    }
    assert any("temperature=" in url for url, _ in found)
    client = client_for(admin)
    for url, text in found:
        rows = client.get(unescape(url))
        assert rows.status_code == 200, url
        assert f"{rows.context['page_obj'].paginator.count:,}" == text, url
        if "temperature=" in url or "newly" in url:
            assert reverse(TIERS) in rows.context["back_url"]


def test_rows_of_a_tier_may_be_taken_out_and_are_not_for_field_sales(team, rep, manager, field_sales, client_for, june):
    make_call(make_lead(team, at=tokyo(6, 1), tier="A"), rep, tokyo(6, 2))
    query = f"{reverse('reports:export')}?figure=newly_called&tier=A&from=2026-06-01&to=2026-06-30"

    file = client_for(manager).post(query)

    assert b"".join(file.streaming_content).decode("utf-8-sig").count("\r\n") == 2
    assert "初めて架電したリード" in file["Content-Disposition"] or "filename*" in file["Content-Disposition"]
    rows = reverse("reports:rows")
    parameters = {"figure": "newly_called", **JUNE}
    assert client_for(manager).get(rows, parameters).status_code == 200
    assert client_for(field_sales).get(rows, parameters).status_code == 404


@pytest.mark.parametrize("temperature", ["x", "1", "1-2-3", "-5", "1-2\n", "１-２０", "9999-1"])
def test_a_bad_cut_by_temperature_finds_no_page(admin, client_for, after_june, temperature):
    parameters = {"figure": "follow_ups_opened", "temperature": temperature, **JUNE}

    assert client_for(admin).get(reverse("reports:rows"), parameters).status_code == 404


def test_temperature_cuts_follow_ups_alone(team, rep, admin, client_for, cohort, after_june):
    react(team, rep, n=2, met=0, temperature=30)
    react(team, rep, n=1, met=0, temperature=31)

    assert rows_for(replace(cohort, temperature=(30, 30)), "follow_ups_opened").count() == 2
    parameters = {"temperature": "30-30", **JUNE}
    assert client_for(admin).get(reverse("reports:rows"), {"figure": "leads", **parameters}).status_code == 404


@pytest.mark.parametrize("bad", [{"from": "2026-06-30", "to": "2026-06-01"}, {"period": "never"}, {"list": "0"}])
def test_a_bad_address_is_answered_with_the_form(admin, see, bad):
    page = see(admin, **bad)

    assert page.status_code == 400
    assert "条件を確認してください" in page.content.decode()


def test_an_address_of_the_funnel_cuts_nothing_it_should_not(team, rep, admin, see):
    react(team, rep, n=3, met=1, tier="A")

    page = see(admin, tier="B", rep=str(rep.pk), industry="小売業", agency="agency", basis="activity")

    assert page.context["report"].reactions["A"].n == 3


def test_the_usual_period_is_half_a_year(admin, client_for, after_june):
    report = client_for(admin).get(reverse(TIERS)).context["report"]

    assert (report.filter.period.end, report.filter.period.days) == (after_june.date(), 180)


def test_more_rows_ask_no_more_questions(team, rep, admin, see):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            see(admin)
        return len(queries)

    react(team, rep, n=2, met=1, tier="A", temperature=40)
    see(admin)
    before = asked()
    react(team, rep, n=20, met=9, tier="B", temperature=60)

    assert asked() == before


# --- The command ----------------------------------------------------------------------------------------------------


def test_command_says_the_same_as_the_page(team, rep, after_june, capsys):
    react(team, rep, n=40, met=30, tier="A", temperature=80, facts=known("reply"))
    react(team, rep, n=40, met=10, tier="B", temperature=20, facts=known("reply"))

    call_command("tier_report", "--from", "2026-06-01", "--to", "2026-06-30", "--json")
    found = json.loads(capsys.readouterr().out)

    assert found["reactions"]["A"] == {"n": 40, "reacted": 0, "appointments": 30, "won": 0}
    assert found["verdicts"]["reactions_met"]["code"] == "higher"
    assert found["verdicts"]["reactions_met"]["ratio"]["value"] == pytest.approx(3.0)
    assert found["temperature"]["code"] == "rises"
    assert [part["n"] for part in found["temperature"]["bins"]] == [40, 40]

    call_command("tier_report", "--from", "2026-06-01", "--to", "2026-06-30")
    text = capsys.readouterr().out
    assert "それ以外の3.0倍" in text
    assert "30 / 40" in text


def test_command_refuses_what_makes_no_sense(db):
    with pytest.raises(CommandError, match="before"):
        call_command("tier_report", "--from", "2026-06-30", "--to", "2026-06-01")
    with pytest.raises(CommandError, match="nobody"):
        call_command("tier_report", "--team", "nobody")
