"""The desk through the client: each page for each role, refusals at their fields, saving once."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from calls.models import Call, FollowUp, Lease, NextAction, Notice
from calls.services import leases
from config import clock
from leads.models import Lead
from leads.services.signals import add_signal
from tests.calls.factories import call, make_lead, outcome

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _working_morning(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def lead(team) -> Lead:
    return make_lead(team)


def url(name: str, *args) -> str:
    return reverse(f"calls:{name}", args=args)


def form(lead: Lead, code: str, **fields) -> dict:
    """What the browser posts for an outcome."""
    key = Lease.objects.filter(lead=lead).values_list("form_key", flat=True).first() or uuid.uuid4()
    return {"form_key": str(key), "outcome": outcome(code).pk, "phone": lead.phones.get().pk, **fields}


def test_next_hands_out_the_card_and_its_form(client_for, rep, lead):
    client = client_for(rep)
    response = client.post(url("next"), follow=True)

    assert response.redirect_chain == [(url("card", lead.pk), 302)]
    assert Lease.objects.get().rep == rep
    page = response.content.decode()
    assert str(Lease.objects.get().form_key) in page
    assert "03-1234-5678" in page


def test_next_with_nothing_to_call_says_so(client_for, rep):
    response = client_for(rep).post(url("next"), follow=True)

    assert "いま架電できるリードはありません" in response.content.decode()


def test_next_keeps_to_the_filters_of_the_page(client_for, rep, team, lead):
    cold = make_lead(team, number="+81334560002", tier="B")
    client = client_for(rep)

    assert client.post(url("next"), {"tier": "B"}).url == url("card", cold.pk)
    client.post(url("skip", cold.pk))
    assert not Lease.objects.filter(lead=lead).exists()


def test_card_that_is_not_held_offers_to_open_it(client_for, rep, lead):
    page = client_for(rep).get(url("card", lead.pk)).content.decode()

    assert url("open", lead.pk) in page
    assert url("save", lead.pk) not in page
    assert not Lease.objects.exists()


def test_card_held_by_a_colleague_names_them(client_for, rep, colleague, lead, now):
    leases.claim(lead=lead, by=colleague, now=now)
    client = client_for(rep)

    assert f"{colleague.name}さんが対応中" in client.get(url("card", lead.pk)).content.decode()
    response = client.post(url("open", lead.pk), follow=True)
    assert f"{colleague.name}さんが対応中" in response.content.decode()


def test_saving_goes_on_to_the_next_card(client_for, rep, team, lead, now):
    following = make_lead(team, number="+81334560001", name="次の 方")
    client = client_for(rep)
    client.post(url("open", lead.pk))

    response = client.post(url("save", lead.pk), form(lead, "no_answer", retry_at="2026-06-16T14:00"))

    assert response.url == url("card", following.pk)
    call_ = Call.objects.get()
    assert call_.retry_at == now.replace(hour=14)
    assert call_.started_at == now


def test_refused_save_keeps_what_was_typed_and_marks_the_fields(client_for, rep, lead):
    client = client_for(rep)
    client.post(url("open", lead.pk))

    response = client.post(url("save", lead.pk), form(lead, "interested", memo="また来月と言われた"))

    assert response.status_code == 422
    page = response.content.decode()
    assert "また来月と言われた" in page
    assert response.context["form"].errors.keys() == {"problem"}
    assert not Call.objects.exists()


def test_reaction_saved_in_the_browser_opens_a_follow_up(client_for, rep, lead):
    client = client_for(rep)
    client.post(url("open", lead.pk))
    fields = {"memo": "資料がほしい", "problem": "請求書に2日", "budget_unknown": "on", "stay": "1"}

    response = client.post(url("save", lead.pk), form(lead, "documents_wanted", **fields), follow=True)

    assert "二次架電の予定に入りました" in response.content.decode()
    hearing = FollowUp.objects.get().reaction_call.hearing
    assert (hearing.problem_state, hearing.budget_state, hearing.timing_state) == ("answered", "unknown", "not_asked")


def test_double_submit_logs_one_call(client_for, rep, lead):
    client = client_for(rep)
    client.post(url("open", lead.pk))
    posted = form(lead, "no_answer", retry_at="2026-06-16T14:00")

    client.post(url("save", lead.pk), posted)
    again = client.post(url("save", lead.pk), posted, follow=True)

    assert Call.objects.count() == 1
    assert "すでに登録済み" in again.content.decode()


@pytest.mark.parametrize(
    "broken",
    [
        {"form_key": "x"},
        {"outcome": "99999"},
        {"outcome": ""},
        {"retry_at": "昨日"},
        {"retry_at": "2026-06-15T10:00"},
        {"retry_at": ""},
        {"phone": "99999"},
        {"memo": "あ" * 5001},
        {"budget_yen": "-1"},
        {"timing_month": "2026-13"},
        {"decision_maker": "king"},
        {"memo": "\x00"},
    ],
)
def test_broken_form_is_refused_and_nothing_is_saved(client_for, rep, lead, broken):
    client = client_for(rep)
    client.post(url("open", lead.pk))

    response = client.post(url("save", lead.pk), form(lead, "no_answer", **{"retry_at": "2026-06-16T14:00", **broken}))

    assert response.status_code == 422
    assert not Call.objects.exists()


def test_skipped_card_stays_away_for_half_an_hour(client_for, rep, lead, now, monkeypatch):
    client = client_for(rep)
    client.post(url("next"))
    client.post(url("skip", lead.pk))

    assert not Lease.objects.exists()
    assert client.get(url("queue")).context["queue"].rows == []
    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(minutes=31))
    assert [row.lead for row in client.get(url("queue")).context["queue"].rows] == [lead]


def test_heartbeat_extends_and_says_when_the_card_has_passed_on(client_for, rep, colleague, lead, now):
    client = client_for(rep)
    client.post(url("open", lead.pk))
    token = Lease.objects.get().token

    assert client.post(url("heartbeat", lead.pk, token)).status_code == 204
    Lease.objects.update(rep=colleague, token=token + 1)
    assert client.post(url("heartbeat", lead.pk, token)).status_code == 409


PAGES = [
    ("queue", "get", []),
    ("next", "post", []),
    ("card", "get", ["lead"]),
    ("open", "post", ["lead"]),
    ("skip", "post", ["lead"]),
    ("save", "post", ["lead"]),
    ("panel_history", "get", ["lead"]),
    ("correct", "get", ["call"]),
]


@pytest.mark.parametrize(("name", "method", "args"), PAGES)
def test_other_teams_rows_do_not_exist(client_for, stranger, rep, lead, now, name, method, args):
    ids = {"lead": lead.pk, "call": call(lead, rep, now, "no_answer").call.pk}
    response = getattr(client_for(stranger), method)(url(name, *(ids[arg] for arg in args)))

    assert response.status_code == (404 if args else (200 if name == "queue" else 302))


@pytest.mark.parametrize("name", ["queue", "next", "card", "open", "save"])
def test_field_sales_log_no_calls(client_for, field_sales, lead, name):
    args = [] if name in ("queue", "next") else [lead.pk]
    method = "get" if name in ("queue", "card") else "post"

    assert getattr(client_for(field_sales), method)(url(name, *args)).status_code == 404


def test_board_shows_what_is_at_risk_and_hands_it_over(client_for, manager, rep, colleague, lead, now):
    follow_up = call(lead, rep, now - dt.timedelta(days=3), "interested").follow_up
    FollowUp.objects.update(state="open", opens_at=now - dt.timedelta(days=1), closes_at=now + dt.timedelta(hours=2))
    client = client_for(manager)

    assert lead.company.name in client.get(url("board")).content.decode()
    client.post(url("reassign", follow_up.pk), {"rep": colleague.pk})

    follow_up.refresh_from_db()
    assert follow_up.rep == colleague
    assert client_for(rep).get(url("board")).status_code == 404
    assert client_for(rep).post(url("reassign", follow_up.pk), {"rep": rep.pk}).status_code == 404


def test_manager_cancels_a_follow_up_with_a_reason(client_for, manager, rep, lead, now):
    follow_up = call(lead, rep, now, "interested").follow_up
    client = client_for(manager)

    client.post(url("cancel_follow_up", follow_up.pk), {"reason": ""})
    assert FollowUp.objects.get().is_live
    client.post(url("cancel_follow_up", follow_up.pk), {"reason": "not_wanted"})
    assert (FollowUp.objects.get().state, FollowUp.objects.get().close_reason) == ("cancelled", "not_wanted")


def test_author_corrects_a_call_for_a_day_and_every_version_is_kept(client_for, rep, manager, lead, now, monkeypatch):
    saved = call(lead, rep, now, "no_answer", memo="初版").call
    client = client_for(rep)

    client.post(url("correct", saved.pk), {"memo": "第二版", "reason": "", "version": 1})
    stale = client.post(url("correct", saved.pk), {"memo": "古い版から", "reason": "", "version": 1})
    saved.refresh_from_db()
    assert (saved.memo, saved.version) == ("第二版", 2)
    assert stale.status_code == 422
    assert saved.revisions.get().data["memo"] == "初版"

    monkeypatch.setattr(clock, "now", lambda: now + dt.timedelta(hours=25))
    late = client.post(url("correct", saved.pk), {"memo": "翌々日", "reason": "", "version": 2})
    assert late.status_code == 422
    client_for(manager).post(url("correct", saved.pk), {"memo": "管理者", "reason": "", "version": 2})
    saved.refresh_from_db()
    assert saved.memo == "管理者"


def test_bell_counts_my_unread_notices(client_for, rep, colleague, now):
    Notice.objects.create(user=rep, kind="opened", key="a", created_at=now)
    Notice.objects.create(user=colleague, kind="opened", key="b", created_at=now)
    client = client_for(rep)

    assert client.get(url("bell")).context["unread_count"] == 1
    client.post(url("notices_read"))
    assert client.get(url("bell")).context["unread_count"] == 0
    assert Notice.objects.unread().count() == 1


def test_healthz_tells_the_age_of_the_last_tick(client, now):
    from calls.services.ticks import tick

    assert client.get("/healthz").json()["tick"] == "never"
    tick(now=now)
    assert client.get("/healthz").json()["tick"] == "ok"


def test_card_asks_no_more_questions_for_a_long_history(client_for, rep, lead, now, django_assert_max_num_queries):
    for count in range(6):
        call(lead, rep, now - dt.timedelta(days=9, hours=count), "no_answer", retry_at=now)
    client = client_for(rep)
    client.post(url("open", lead.pk))

    with django_assert_max_num_queries(40):
        client.get(url("card", lead.pk))


def test_owed_action_is_shown_until_it_is_done(client_for, rep, colleague, lead, now):
    saved = call(lead, rep, now - dt.timedelta(hours=1), "hearing_done").call
    action = saved.next_actions.get()
    NextAction.objects.update(kind="send_documents", due_at=now + dt.timedelta(hours=2))
    client = client_for(rep)

    assert url("finish_action", action.pk) in client.get(url("queue")).content.decode()
    assert client_for(colleague).post(url("finish_action", action.pk)).status_code == 404
    client.post(url("finish_action", action.pk))
    assert url("finish_action", action.pk) not in client.get(url("queue")).content.decode()
    action.refresh_from_db()
    assert action.done_at == now


@pytest.mark.parametrize("name", ["save", "open", "skip"])
def test_address_of_an_act_shows_the_card(client_for, rep, lead, name):
    assert client_for(rep).get(url(name, lead.pk)).url == url("card", lead.pk)
    assert not Lease.objects.exists()


def test_refused_save_under_htmx_answers_the_form_and_a_good_one_moves_on(client_for, rep, lead):
    client = client_for(rep)
    client.post(url("open", lead.pk))
    htmx = {"HTTP_HX_REQUEST": "true"}

    refused = client.post(url("save", lead.pk), form(lead, "interested", memo="途中"), **htmx)
    saved = client.post(url("save", lead.pk), form(lead, "no_answer", retry_at="2026-06-16T14:00", stay="1"), **htmx)

    assert refused.status_code == 422
    assert "途中" in refused.content.decode()
    assert saved.headers["HX-Redirect"] == f"/leads/{lead.pk}/"


@pytest.mark.parametrize(
    ("code", "fields", "wrong"),
    [
        ("refused", {"reason": "不要", "concerns": "なし", "revive_on": "2020-01-01"}, "revive_on"),
        ("call_back", {"promised_at": "2036-01-01T03:00"}, "promised_at"),
        ("no_answer", {"retry_at": "2026-06-21T03:00"}, "retry_at"),
    ],
)
def test_moment_that_makes_no_sense_is_refused_at_its_field(client_for, rep, lead, code, fields, wrong):
    client = client_for(rep)
    client.post(url("open", lead.pk))

    response = client.post(url("save", lead.pk), form(lead, code, **fields))

    assert response.context["form"].errors.keys() == {wrong}
    assert not Call.objects.exists()


def test_follow_up_is_not_handed_to_another_team(client_for, manager, rep, stranger, lead, now):
    manager.managed_teams.add(stranger.team)
    follow_up = call(lead, rep, now, "interested").follow_up

    response = client_for(manager).post(url("reassign", follow_up.pk), {"rep": stranger.pk}, follow=True)

    assert "別のチームの担当者には引き継げません" in response.content.decode()
    assert FollowUp.objects.get().rep == rep


def test_story_of_a_lead_weaves_calls_signals_and_stages_newest_first(client_for, rep, lead, now):
    add_signal(lead=lead, kind="seminar", occurred_at=now - dt.timedelta(days=3), by=rep, now=now)
    call(lead, rep, now - dt.timedelta(days=2), "no_answer")
    call(lead, rep, now - dt.timedelta(days=1), "interested", memo="資料を見たい")

    response = client_for(rep).get(url("panel_history", lead.pk))

    moments = [entry.at for entry in response.context["timeline"]]
    assert moments == sorted(moments, reverse=True)
    assert [entry.kind for entry in response.context["timeline"]][-2:] == ["call", "signal"]
    page = response.content.decode()
    assert all(words in page for words in ("資料を見たい", "不通", "セミナー参加", "二次架電対象"))
