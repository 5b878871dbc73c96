"""The report pages: who sees what, every number opens its rows, bad addresses, the file and its trace."""

import csv
import io
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from leads.exports import BOM
from leads.models import Lead, PhoneNumber
from reports.kpi import COUNT_UNITS
from tests.reports.facts import DAY, make_call, make_follow_up, make_lead, make_list, make_vector, tokyo

JUNE = {"from": "2026-06-01", "to": "2026-06-30"}
FUNNEL, ROWS, EXPORT = "reports:funnel", "reports:rows", "reports:export"


@pytest.fixture
def see(client_for, after_june):
    """`see(user, name, **parameters)`: the page under June."""

    def get(user, name=FUNNEL, **parameters):
        return client_for(user).get(reverse(name), {**JUNE, **parameters})

    return get


@pytest.fixture
def export(client_for, after_june):
    def post(user, **parameters):
        query = "&".join(f"{name}={value}" for name, value in {**JUNE, **parameters}.items())
        return client_for(user).post(f"{reverse(EXPORT)}?{query}")

    return post


def shown(response, code):
    (figure,) = [figure for figure in response.context["all_figures"] if figure.code == code]
    return figure


def links(response) -> set[tuple[str, str]]:
    """(address of rows, number that leads there) of a page."""
    found = re.findall(r'<a href="([^"]*/reports/rows/[^"]*)"[^>]*>\s*([^<]*?)\s*</a>', response.content.decode())
    return {(url.replace("&amp;", "&"), text) for url, text in found}


# --- Who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["rep", "agency_rep", "field_sales", "manager", "admin"])
def test_funnel_opens_for_every_role(vector, see, request, who):
    response = see(request.getfixturevalue(who))

    assert response.status_code == 200


@pytest.mark.parametrize("who", ["rep", "field_sales", "admin"])
def test_funnel_of_an_empty_base_says_so(see, request, who):
    response = see(request.getfixturevalue(who))

    assert response.status_code == 200
    assert response.context["report"].is_empty


def test_visitor_is_sent_to_the_login(client, db):
    for name in (FUNNEL, ROWS):
        response = client.get(reverse(name))
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


def test_rep_sees_own_figures_only_and_no_tables_of_others(vector, see, rep, colleague, other_team):
    assert shown(see(rep), "follow_ups_attempted").value == "10"
    page = see(colleague, team=other_team.pk, rep=rep.pk)  # parameters of a filter a rep does not have
    assert page.context["report"].is_empty
    assert rep.name not in page.content.decode()


def test_rep_sees_no_costs(vector, see, rep):
    page = see(rep)

    assert "cac" not in {figure.code for figure in page.context["all_figures"]}
    assert see(rep, ROWS, figure="cost_yen").status_code == 404


def test_manager_of_another_team_sees_nothing(vector, see, manager, other_team):
    manager.managed_teams.set([other_team])
    manager.team = other_team
    manager.save()

    assert see(manager).context["report"].is_empty
    assert see(manager, ROWS, figure="appointments").context["page_obj"].paginator.count == 0


def test_manager_cannot_ask_for_a_strange_team_or_rep(vector, see, manager, other_team, stranger):
    for cut in ({"team": other_team.pk}, {"rep": stranger.pk}):
        answer = see(manager, **cut)
        assert (answer.status_code, stranger.name in answer.content.decode()) == (400, False)
        assert see(manager, ROWS, figure="appointments", **cut).status_code == 404


def test_manager_may_ask_for_somebody_who_has_left_the_team(vector, see, manager, rep, other_team):
    rep.team = other_team
    rep.save()

    page = see(manager, rep=rep.pk)

    assert shown(page, "follow_ups_attempted").value == "10"
    assert rep.name in page.content.decode()


def test_field_sales_see_their_deals_and_nothing_of_the_calling(vector, see, field_sales):
    page = see(field_sales)

    assert [step.count.text for step in page.context["steps"]] == ["3", "1", "1"]
    assert see(field_sales, ROWS, figure="appointments").context["page_obj"].paginator.count == 3
    for code in ("first_calls", "follow_ups_opened", "leads", "cost_yen"):
        assert see(field_sales, ROWS, figure=code).status_code == 404


# --- Numbers and rows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["rep", "manager", "admin", "field_sales"])
@pytest.mark.parametrize("parameters", [{}, {"basis": "cohort"}, {"tier": "B", "agency": "in_house"}])
def test_every_number_of_the_page_opens_as_many_rows(vector, see, client_for, request, who, parameters):
    user = request.getfixturevalue(who)
    found = links(see(user, **parameters))
    client, seen = client_for(user), set()

    for url, text in found:
        code = dict(parse_qsl(urlsplit(url).query))["figure"]
        response = client.get(url)
        assert response.status_code == 200, url
        if code == "cost_yen":
            assert response.context["total"].removesuffix(" 円") == text.removesuffix(" 円")
        elif text[0].isdigit() and "%" not in text:
            assert f"{response.context['page_obj'].paginator.count:,}" == text, url
            seen.add(code)
    assert len(seen) >= (4 if who == "field_sales" else len(COUNT_UNITS) - 2)


def test_rows_name_what_they_are_and_link_the_lead(vector, see, manager):
    page = see(manager, ROWS, figure="appointments")
    html = page.content.decode()

    assert len(page.context["lines"]) == 3
    for lead in Lead.objects.filter(follow_ups__appointment_at__isnull=False):
        assert lead.company.name in html
        assert reverse("leads:detail", args=[lead.pk]) in html


def test_rows_hide_a_lead_the_reader_may_no_longer_open(vector, see, rep, other_team):
    lead = Lead.objects.filter(follow_ups__won_at__isnull=False).get()
    lead.team = other_team
    lead.save()

    page = see(rep, ROWS, figure="won")

    assert page.context["page_obj"].paginator.count == 1
    assert lead.company.name not in page.content.decode()
    assert "閲覧権限なし" in page.content.decode()


def test_rows_come_in_pages(see, admin, team):
    for _ in range(51):
        make_lead(team, at=tokyo(6, 1))

    page = see(admin, ROWS, figure="leads", page=2)

    assert len(page.context["lines"]) == 1


def test_zero_denominators_are_a_dash(see, admin, team, rep):
    make_call(make_lead(team, at=tokyo(6, 1)), rep, tokyo(6, 2))

    page = see(admin)

    assert shown(page, "appointment_rate").value == "—"
    assert shown(page, "cac").value == "—"
    assert "—" in page.content.decode()


def test_nothing_at_all_is_an_empty_page(see, admin):
    page = see(admin)

    assert "この期間の記録はまだありません" in page.content.decode()
    assert "data-chart" not in page.content.decode()


def test_small_samples_are_marked(vector, see, manager):
    assert "参考" in see(manager).content.decode().split("担当別")[1]


@pytest.mark.parametrize(
    "parameters",
    [
        {"period": "this_month"},
        {"period": "today", "basis": "cohort"},
        {"period": "last_30_days"},
        {"period": "this_fiscal_year"},
        {"from": "2026-06-03", "to": "2026-06-03"},
    ],
)
def test_periods_open(vector, client_for, after_june, manager, parameters):
    assert client_for(manager).get(reverse(FUNNEL), parameters).status_code == 200


@pytest.mark.parametrize(
    "parameters",
    [
        {"from": "2026-06-30", "to": "2026-06-01"},
        {"from": "2026-06-30", "to": ""},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
        {"from": "2000-01-01", "to": "2099-12-31"},
        {"from": "きのう"},
        {"period": "aeon"},
        {"basis": "both"},
        {"team": "x"},
        {"team": "99999999999999999999"},
        {"rep": "99999999999999999999"},
        {"rep": "²"},
        {"rep": "-1"},
        {"tier": "Z"},
        {"list": "0"},
        {"agency": "maybe"},
        {"source": "a\0b"},
        {"source": "x" * 101},
        {"as_of": "0001-01-01T00:00:00+09:00"},
        {"as_of": "9999-12-31T23:59:59-09:00"},
        {"as_of": "soon"},
    ],
)
def test_bad_address_is_refused_in_words_and_has_no_rows(see, manager, parameters):
    answer = see(manager, **parameters)
    assert answer.status_code == 400
    assert "invalid-feedback" in answer.content.decode()
    assert see(manager, ROWS, figure="appointments", **parameters).status_code == 404


@pytest.mark.parametrize("figure", ["", "appointment_rate", "nonsense", "a\0b"])
def test_rows_of_no_count_are_not_found(see, manager, figure):
    assert see(manager, ROWS, figure=figure).status_code == 404


def test_pages_only_answer_to_their_method(client_for, manager):
    client = client_for(manager)

    assert client.post(reverse(FUNNEL)).status_code == 405
    assert client.post(reverse(ROWS)).status_code == 405
    assert client.get(reverse(EXPORT)).status_code == 405


def test_funnel_asks_the_same_number_of_questions_for_more_reps_and_rows(
    see, manager, team, rep, colleague, field_sales
):
    make_vector(rep, field_sales, make_list(team), day=tokyo(6, 8, 9))
    first = _queries(see, manager)
    for index in range(3):
        make_follow_up(make_lead(team, at=tokyo(6, 1)), colleague, tokyo(6, 9 + index), first_attempted_at=tokyo(6, 12))

    assert _queries(see, manager) == first
    assert first <= 45


def test_rows_ask_the_same_number_of_questions_for_more_rows(see, manager, team, rep):
    counted = []
    for number in (1, 3):
        for _ in range(number):
            make_follow_up(make_lead(team, at=tokyo(6, 1)), rep, tokyo(6, 9), first_attempted_at=tokyo(6, 9) + DAY)
        counted.append([_queries(see, manager, ROWS, figure=code) for code in COUNT_UNITS if code != "cost_yen"])

    assert counted[0] == counted[1]


def _queries(see, user, name=FUNNEL, **parameters) -> int:
    see(user, name, **parameters)  # the choices of the filters are kept from the first look on
    with CaptureQueriesContext(connection) as found:
        see(user, name, **parameters)
    return len([query for query in found if "django_session" not in query["sql"]])


# --- Export ---------------------------------------------------------------------------------------------------------


def test_export_holds_the_rows_and_leaves_a_trace(vector, export, manager):
    response = export(manager, figure="appointments", tier="B", basis="cohort")
    text = b"".join(response.streaming_content).decode()

    rows = list(csv.reader(io.StringIO(text.removeprefix(BOM))))
    assert text.startswith(BOM)
    assert rows[0][:3] == ["会社", "担当者", "Tier"]
    assert len(rows) == 1 + 3
    assert "filename*=utf-8''" in response["Content-Disposition"]
    entry = AuditEntry.objects.get(verb="export_rows")
    assert (entry.by, entry.changes["figure"], entry.changes["rows"]) == (manager, [None, "appointments"], [None, 3])
    assert entry.changes["tier"] == [None, "Tier B"]


def test_export_name_says_what_is_in_it(vector, export, manager):
    name = unquote(export(manager, figure="won", list=vector.pk)["Content-Disposition"])

    for part in ("受注数", "実績", "2026-06-01", "2026-06-30", "展示会リスト", ".csv"):
        assert part in name


def test_export_writes_phones_in_national_form_and_defuses_formulas(export, manager, team, rep):
    lead = make_lead(team, at=tokyo(6, 1), name="＝HYPERLINK(1)")
    phone = PhoneNumber.objects.create(lead=lead, raw="+81312345678", e164="+81312345678")
    make_call(lead, rep, tokyo(6, 2), phone=phone)

    text = b"".join(export(manager, figure="first_calls").streaming_content).decode()

    assert '"03-1234-5678"' in text
    assert '"\'＝HYPERLINK(1)"' in text


@pytest.mark.parametrize("who", ["rep", "agency_rep", "field_sales"])
def test_export_does_not_exist_for_others(vector, export, request, who):
    assert export(request.getfixturevalue(who), figure="appointments").status_code == 404
    assert not AuditEntry.objects.filter(verb="export_rows").exists()


def test_export_button_is_for_those_who_may(vector, see, manager, rep):
    assert reverse(EXPORT) in see(manager, ROWS, figure="won").content.decode()
    assert reverse(EXPORT) not in see(rep, ROWS, figure="won").content.decode()
