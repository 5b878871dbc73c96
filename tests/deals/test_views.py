"""The deals pages: who sees what, every button, and what a wrong or second press answers."""

import datetime as dt

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from icalendar import Calendar

from calls.models import FollowUp
from config import clock
from deals.models import CallingCost, Deal
from deals.services.open_deal import enter_inbound_deal, open_deal_from_call
from tests.deals.conftest import details_for, make_call, make_lead


def url(name, *args) -> str:
    return reverse(f"deals:{name}", args=args)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


@pytest.fixture
def running(monkeypatch, now):
    """The clock of the pages stands at `now`; `running(moment)` sets it on."""

    def set_to(moment):
        monkeypatch.setattr(clock, "now", lambda: moment)

    set_to(now)
    return set_to


@pytest.fixture
def other_deal(other_team, stranger, running, now) -> Deal:
    """A deal of another team, for another field-sales person."""
    owner = stranger.__class__.objects.create_user(
        "other-field@example.jp", "x", name="中村 他営業", role="field_sales", team=other_team
    )
    lead = make_lead(other_team, company="極秘産業株式会社")
    call = make_call(lead, stranger, now=now, result="appointment")
    return open_deal_from_call(call=call, details=details_for(owner, now), by=stranger, now=now)


@pytest.fixture
def begun(deal, running):
    """The meeting began an hour ago."""
    running(deal.starts_at + dt.timedelta(hours=1))
    return deal


def post(client, name, deal, **data):
    return client.post(url(name, deal.pk), {"version": deal.version, **data})


# --- Who sees what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["rep", "field_sales", "manager", "admin"])
def test_own_deals_are_listed_and_open(request, client_for, deal, running, person):
    client = client_for(request.getfixturevalue(person))

    assert "株式会社青空商会" in client.get(url("list")).content.decode()
    page = client.get(url("detail", deal.pk)).content.decode()
    assert "紙の受注処理に時間がかかる" in page
    assert "聞けなかった" in page


@pytest.mark.parametrize("person", ["rep", "colleague", "agency_rep", "field_sales", "manager"])
def test_deals_of_others_do_not_exist(request, client_for, deal, other_deal, person):
    client = client_for(request.getfixturevalue(person))

    assert "極秘産業" not in client.get(url("list")).content.decode()
    for address in (
        url("detail", other_deal.pk),
        url("calendar", other_deal.pk),
        url("panel", other_deal.lead_id),
    ):
        assert client.get(address).status_code == 404
    for name in ("accept", "return", "move", "edit"):
        answer = post(client, name, other_deal, to="lost", lost_reason="x", reason="x")
        assert answer.status_code == 404
    other_deal.refresh_from_db()
    assert other_deal.stage == "appointment"


def test_an_admin_sees_every_team(client_for, admin, deal, other_deal):
    page = client_for(admin).get(url("list")).content.decode()

    assert "青空商会" in page
    assert "極秘産業" in page


@pytest.mark.parametrize("name", ["accept", "return", "move", "edit"])
def test_a_rep_reads_but_presses_nothing(client_for, rep, deal, running, name):
    client = client_for(rep)

    assert post(client, name, deal, to="lost", lost_reason="x", reason="x").status_code == 404
    page = client.get(url("detail", deal.pk)).content.decode()
    assert url("accept", deal.pk) not in page
    assert url("move", deal.pk) not in page


@pytest.mark.parametrize("name", ["accept", "return", "move", "edit"])
def test_a_get_never_acts(client_for, field_sales, deal, running, name):
    before = Deal.objects.values().get()

    response = client_for(field_sales).get(url(name, deal.pk))

    assert response.url == url("detail", deal.pk)
    assert Deal.objects.values().get() == before


def test_nobody_sees_deals_without_signing_in(client, deal):
    assert client.get(url("detail", deal.pk)).status_code == 302


# --- The list -------------------------------------------------------------------------------------------------------


def test_field_sales_start_from_three_boxes(client_for, field_sales, begun):
    response = client_for(field_sales).get(url("list"))

    assert response.context["shows_boxes"]
    assert {box.key: box.count for box in response.context["boxes"]} == {"new": 1, "today": 1, "waiting": 1}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?q=青空", True),
        ("?q=あおぞら", False),
        ("?stage=appointment", True),
        ("?stage=won", False),
        ("?origin=second_call", True),
        ("?origin=inbound", False),
        ("?box=new", True),
        ("?box=waiting", False),
        ("?start=2026-06-19&end=2026-06-19", True),
        ("?start=2026-06-20", False),
        ("?end=2026-06-18", False),
        ("?stage=nonsense&start=2026-99-99&end=9999-12-31&sort=;drop&page=zzz&owner=999999", True),
    ],
)
def test_filters_narrow_the_list_and_nonsense_is_left_out(client_for, manager, deal, running, query, found):
    response = client_for(manager).get(url("list") + query)

    assert response.status_code == 200
    assert ([row.pk for row in response.context["page_obj"]] == [deal.pk]) is found


@pytest.mark.parametrize(
    "sort", ["starts_at", "-starts_at", "company", "-company", "stage", "amount_yen", "-amount_yen"]
)
def test_every_order_is_offered_and_kept(client_for, admin, deal, other_deal, sort):
    Deal.objects.filter(pk=other_deal.pk).update(amount_yen=5)

    rows = client_for(admin).get(url("list") + f"?sort={sort}").context["page_obj"].object_list

    assert {row.pk for row in rows} == {deal.pk, other_deal.pk}
    if sort.endswith("amount_yen"):
        assert rows[0].pk == other_deal.pk  # deals without an amount come last either way


def test_htmx_gets_the_rows_alone(client_for, manager, deal, running):
    page = client_for(manager).get(url("list"), headers={"HX-Request": "true"}).content.decode()

    assert "青空商会" in page
    assert "<html" not in page


def test_the_list_asks_as_often_for_three_deals_as_for_one(
    client_for, manager, field_sales, team, deal, running, now, django_assert_num_queries
):
    client = client_for(manager)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as one:
        client.get(url("list"))
    for number in range(2):
        lead = make_lead(team, company=f"株式会社{number}")
        enter_inbound_deal(lead=lead, details=details_for(field_sales, now), by=manager, now=now)

    with CaptureQueriesContext(connection) as three:
        client.get(url("list"))

    assert len(three) == len(one)


def test_an_empty_list_says_where_deals_come_from(client_for, field_sales, running):
    page = client_for(field_sales).get(url("list")).content.decode()

    assert "商談はまだありません" in page


# --- Buttons --------------------------------------------------------------------------------------------------------


def test_accepting_works_once(client_for, field_sales, deal, running):
    client = client_for(field_sales)

    first, second = post(client, "accept", deal), post(client, "accept", deal)

    assert first.status_code == second.status_code == 302
    assert "受理しました" in said(first)
    assert "先に更新されています" in said(second)
    deal.handover.refresh_from_db()
    assert deal.handover.status == "accepted"


def test_returning_needs_words_and_opens_a_second_call(client_for, field_sales, deal, running):
    client = client_for(field_sales)

    empty = post(client, "return", deal, reason="")
    full = post(client, "return", deal, reason="時期が先すぎる")

    assert empty.status_code == 422
    assert "reason" in empty.context["return_form"].errors
    assert full.status_code == 302
    assert FollowUp.objects.live().get().lead == deal.lead
    assert "時期が先すぎる" in client.get(url("detail", deal.pk)).content.decode()


def test_only_moves_allowed_now_are_offered(client_for, field_sales, deal, running):
    client = client_for(field_sales)

    before = client.get(url("detail", deal.pk))
    running(deal.starts_at)
    after = client.get(url("detail", deal.pk))

    assert [move["to"] for move in before.context["moves"]] == ["lost"]
    assert "開始時刻を過ぎると登録できます" in before.content.decode()
    assert [move["to"] for move in after.context["moves"]] == ["held", "no_show", "lost"]
    assert after.content.decode().count('value="held"') == 1


def test_a_result_is_one_press_and_a_second_press_is_told(client_for, field_sales, begun):
    client = client_for(field_sales)

    first, second = post(client, "move", begun, to="held"), post(client, "move", begun, to="held")

    assert "「商談実施」に変更しました" in said(first)
    assert "先に更新されています" in said(second)
    begun.refresh_from_db()
    assert (begun.stage, begun.version) == ("held", 2)


def test_the_whole_road_by_buttons(client_for, field_sales, begun):
    client = client_for(field_sales)
    post(client, "move", begun, to="held")
    post(client, "move", Deal.objects.get(), to="opportunity", amount_yen="1200000", close_on="2026-07-31")
    post(client, "move", Deal.objects.get(), to="won", amount_yen="1300000")

    begun.refresh_from_db()
    assert (begun.stage, begun.amount_yen, begun.close_on) == ("won", 1_300_000, dt.date(2026, 7, 31))
    assert "この商談は完了しています" in client.get(url("detail", begun.pk)).content.decode()


def test_a_refused_field_is_shown_at_the_field_with_what_was_typed(client_for, field_sales, begun):
    client = client_for(field_sales)
    post(client, "move", begun, to="no_show")

    response = post(client, "move", Deal.objects.get(), to="appointment", starts_at="2026-06-01T10:00")

    page = response.content.decode()
    assert response.status_code == 422
    assert "これからの日時を入力してください" in page
    assert "2026-06-01T10:00" in page
    assert Deal.objects.get().stage == "no_show"


def test_a_no_show_is_booked_again_in_japanese_time(client_for, field_sales, begun):
    client = client_for(field_sales)
    post(client, "move", begun, to="no_show")

    post(client, "move", Deal.objects.get(), to="appointment", starts_at="2026-06-25T15:30")

    assert Deal.objects.get().starts_at == dt.datetime(2026, 6, 25, 6, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("to", ["nonsense", "", "%d%s%n"])
def test_a_stage_that_does_not_exist_is_not_found(client_for, field_sales, begun, to):
    assert post(client_for(field_sales), "move", begun, to=to).status_code == 404


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 30])
def test_a_form_without_a_readable_version_changes_nothing(client_for, field_sales, begun, version):
    response = client_for(field_sales).post(url("move", begun.pk), {"to": "held", "version": version})

    assert "読み取れませんでした" in said(response)
    assert Deal.objects.get().stage == "appointment"


def test_a_meeting_is_changed_from_the_page(client_for, field_sales, deal, running):
    response = post(
        client_for(field_sales),
        "edit",
        deal,
        starts_at="2026-06-22T14:00",
        is_online="0",
        place="先方本社",
        participants="青木部長",
        amount_yen="900000",
        close_on="",
    )

    deal.refresh_from_db()
    assert "保存しました" in said(response)
    assert (deal.place, deal.is_online, deal.amount_yen) == ("先方本社", False, 900_000)
    assert deal.starts_at == dt.datetime(2026, 6, 22, 5, 0, tzinfo=dt.UTC)


def test_the_calendar_file_reads_back(client_for, field_sales, deal, running):
    response = client_for(field_sales).get(url("calendar", deal.pk))

    (event,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert response["Content-Type"].startswith("text/calendar")
    assert event["DTSTART"].dt == deal.starts_at


# --- The lead's panel, inbound deals, costs -------------------------------------------------------------------------


def test_the_panel_shows_the_deals_the_reader_may_see(client_for, rep, colleague, deal, running):
    mine = client_for(rep).get(url("panel", deal.lead_id)).content.decode()
    theirs = client_for(colleague).get(url("panel", deal.lead_id)).content.decode()

    assert url("detail", deal.pk) in mine
    assert url("detail", deal.pk) not in theirs
    assert "表示できる商談はありません" in theirs


def test_field_sales_enter_an_inbound_deal_on_a_lead_of_theirs(client_for, field_sales, deal, running):
    client = client_for(field_sales)
    data = {
        "starts_at": "2026-06-30T10:00",
        "is_online": "1",
        "place": "https://meet.example.jp/x",
        "participants": "青木部長",
        "owner": field_sales.pk,
    }

    refused = client.post(url("enter", deal.lead_id), data | {"starts_at": "2026-06-01T10:00"})
    done = client.post(url("enter", deal.lead_id), data)

    assert refused.status_code == 422
    assert "これからの日時" in refused.content.decode()
    assert done.status_code == 302
    assert Deal.objects.filter(origin="inbound", owner=field_sales).count() == 1


def test_an_inbound_deal_on_a_stranger_s_lead_does_not_exist(client_for, field_sales, rep, other_deal, running):
    assert client_for(field_sales).get(url("enter", other_deal.lead_id)).status_code == 404
    assert client_for(rep).get(url("enter", other_deal.lead_id)).status_code == 404


def test_a_manager_enters_costs_of_own_teams_alone(client_for, manager, team, other_team, running):
    client = client_for(manager)
    data = {"month": "2026-06", "people_yen": "800000", "agency_yen": "0", "tools_yen": "30000"}

    foreign = client.post(url("costs"), data | {"team": other_team.pk})
    own = client.post(url("costs"), data | {"team": team.pk})

    assert (foreign.status_code, own.status_code) == (422, 302)
    assert CallingCost.objects.get().team == team
    assert "830,000円" in client.get(url("costs")).content.decode()


@pytest.mark.parametrize("wrong", [{"month": "2026-13"}, {"people_yen": "-1"}, {"tools_yen": "9" * 40}, {"team": "x"}])
def test_costs_that_cannot_be_are_refused_at_their_field(client_for, admin, team, running, wrong):
    data = {"team": team.pk, "month": "2026-06", "people_yen": "1", "agency_yen": "1", "tools_yen": "1"} | wrong

    response = client_for(admin).post(url("costs"), data)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(wrong)
    assert not CallingCost.objects.exists()


def test_a_month_can_be_taken_up_again(client_for, admin, manager, team, other_team, running):
    cost = CallingCost.objects.create(team=other_team, month=dt.date(2026, 5, 1), people_yen=7)

    assert client_for(admin).get(url("costs") + f"?cost={cost.pk}").context["form"].initial["people_yen"] == 7
    assert client_for(manager).get(url("costs") + f"?cost={cost.pk}").status_code == 404


@pytest.mark.parametrize("person", ["rep", "agency_rep", "field_sales"])
def test_costs_do_not_exist_for_others(request, client_for, person, running):
    assert client_for(request.getfixturevalue(person)).get(url("costs")).status_code == 404
