"""The whole road through the test client, as the five people walk it: list, first call, second call, deal, funnel.

Nothing is made behind the pages: what a step finds was left by the steps before. The clock stands still until a step
moves it, and beat is its tick, run by hand.
"""

import datetime as dt
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from calls.models import Call, FollowUp, Lease, Notice, Outcome
from calls.selectors import call_queue
from calls.tasks import tick
from config import clock
from deals.models import Deal
from leads.models import DoNotCall, Lead, LeadImport

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
LIST = [
    "会社名,氏名,フリガナ,部署,役職,電話番号,メールアドレス,備考",
    "株式会社青葉商会,青木 花子,アオキ ハナコ,経理部,課長,03-3456-0001,aoki@aoba.example.jp,展示会で名刺交換",
    "馬場製作所(株),馬場 次郎,ババ ジロウ,総務部,,０３－３４５６－０００２,,",
    "千葉物産 株式会社,千葉 三郎,チバ サブロウ,,,(03)3456-0003,,",
    ",,,,,03-3456,,会社名のない行",
    "土井工業㈱,土井 四郎,ドイ シロウ,情報システム部,部長,03-3456-0004,,",
]
HEARING = {
    "problem": "請求書の入力に毎月3日かかる",
    "decision_maker": "superior",
    "decision_maker_name": "小川部長",
    "timing": "within_3_months",
    "budget": "applying",
    "budget_yen": "1200000",
    "concerns": "いまのシステムからの移行",
}


@pytest.fixture
def at(monkeypatch, now):
    """`at(moment)` sets the clock; it starts on Tuesday 2026-06-16, 10:00."""

    def set_to(moment: dt.datetime) -> dt.datetime:
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_to(now)
    return set_to


@pytest.fixture
def desk(client_for, rep):
    return client_for(rep)


@pytest.fixture
def sales(client_for, field_sales):
    return client_for(field_sales)


@pytest.fixture
def leads(admin, team, client_for, at, django_capture_on_commit_callbacks) -> dict[str, Lead]:
    """The people of the list, by name."""
    load_list(client_for(admin), team, django_capture_on_commit_callbacks)
    return {lead.name: lead for lead in Lead.objects.all()}


# --- Steps ----------------------------------------------------------------------------------------------------------


def local(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def log(client, lead: Lead, code: str, **fields):
    """Open the card of `lead`, fill in its form, save it, and go where the page leads."""
    card = client.post(reverse("calls:open", args=[lead.pk]), follow=True)
    assert card.redirect_chain == [(reverse("calls:card", args=[lead.pk]), 302)]
    form = {
        "form_key": str(Lease.objects.get(lead=lead).form_key),
        "outcome": Outcome.objects.get(code=code).pk,
        "phone": lead.phones.get().pk,
        "stay": "1",
        **fields,
    }
    response = client.post(reverse("calls:save", args=[lead.pk]), form, follow=True)
    assert response.status_code == 200, response.context["form"].errors
    return response


def answer(client, name: str, deal: Deal, **fields):
    """Press a button of the deal's page, as the page shows it now."""
    deal.refresh_from_db()
    response = client.post(reverse(f"deals:{name}", args=[deal.pk]), {"version": deal.version, **fields}, follow=True)
    assert response.status_code == 200
    deal.refresh_from_db()
    return response


def page(client, name: str, *args, **query) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def queue(client) -> list[tuple[str, str]]:
    """The queue as its page shows it: names and groups."""
    rows = client.get(reverse("calls:queue")).context["queue"].rows
    return [(row.lead.name, row.group) for row in rows]


def react(client, lead: Lead) -> FollowUp:
    """A first call that ends in a reaction."""
    log(client, lead, "documents_wanted", memo="資料を見て相談したい", problem=HEARING["problem"])
    return FollowUp.objects.get(lead=lead)


def win_appointment(client, lead: Lead, moment: dt.datetime, owner) -> Deal:
    """A second call that ends in an appointment; the problem was heard on the first."""
    log(
        client,
        lead,
        "appointment",
        memo="小川部長にご同席いただく",
        **(HEARING | {"problem": ""}),
        appointment_starts_at=local(moment + 5 * DAY),
        appointment_is_online="on",
        appointment_place="https://meet.example.jp/aoba",
        appointment_participants="青木様、小川部長",
        appointment_owner=owner.pk,
        appointment_todo="移行の費用を用意する",
    )
    return Deal.objects.get(lead=lead)


def load_list(client, team, commits) -> None:
    """Upload the list as Excel saves it, take the columns as they are found, look at the counts, confirm."""
    file = SimpleUploadedFile("展示会.csv", "\r\n".join(LIST).encode("cp932"), "text/csv")
    upload = {"file": file, "team": team.pk, "source": "展示会", "purpose": "サービスのご案内"}
    columns = client.post(reverse("leads:import_upload"), upload, follow=True)
    saved = LeadImport.objects.get()
    assert columns.redirect_chain == [(reverse("leads:import_columns", args=[saved.pk]), 302)]
    found = {name: field.initial for name, field in columns.context["form"].fields.items()}
    preview = client.post(reverse("leads:import_columns", args=[saved.pk]), found, follow=True)
    assert (preview.context["counts"]["new"], preview.context["counts"]["error"]) == (4, 1)
    assert not Lead.objects.exists()
    with commits(execute=True):
        client.post(reverse("leads:import_confirm", args=[saved.pk]), {"policy": "fill_blanks"})
    result = client.get(reverse("leads:import_detail", args=[saved.pk]))
    assert result.context["import"].status == "done"
    assert "5行目" in result.content.decode()


def funnel(capsys, start: str, end: str, *options: str) -> dict:
    capsys.readouterr()
    call_command("funnel", f"--from={start}", f"--to={end}", "--json", *options)
    return json.loads(capsys.readouterr().out)


# --- The road -------------------------------------------------------------------------------------------------------


def test_road_from_list_to_won_deal(desk, sales, client_for, rep, manager, field_sales, leads, at, now, capsys):
    # First calls: one lead reacts and is given its window, one reacts and is forgotten, one is not there, one is left.
    follow_up = react(desk, leads["青木 花子"])
    forgotten = react(desk, leads["馬場 次郎"])
    log(desk, leads["千葉 三郎"], "no_answer", retry_at=local(now + 4 * HOUR))
    assert (follow_up.state, follow_up.opens_at, follow_up.closes_at) == ("waiting", now + DAY, now + 3 * DAY)
    assert queue(desk) == [("土井 四郎", "first")]

    # The tick gives both a time and a rep inside their windows.
    tick()
    for row in (follow_up, forgotten):
        row.refresh_from_db()
        assert row.opens_at <= row.planned_at < row.closes_at
        assert row.rep == rep

    # The window opens: the bell rings, the lead is on top of the queue, its card shows what was said.
    moment = at(follow_up.planned_at.astimezone(now.tzinfo) + dt.timedelta(minutes=1))
    tick()
    assert Notice.objects.filter(user=follow_up.rep, kind="opened").count() == 2
    assert [row for row in queue(desk) if row[1] == "second"] == [("青木 花子", "second"), ("馬場 次郎", "second")]
    desk.post(reverse("calls:open", args=[follow_up.lead_id]))
    card = page(desk, "calls:card", follow_up.lead_id)
    assert HEARING["problem"] in card
    assert "資料を見て相談したい" in card

    # The second call, inside the window, ends in an appointment, which is a deal for field sales.
    deal = win_appointment(desk, follow_up.lead, moment, field_sales)
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.first_attempted_at, follow_up.connected_at) == ("closed", moment, moment)
    assert (deal.stage, deal.origin, deal.owner) == ("appointment", "second_call", field_sales)
    sheet = page(sales, "deals:detail", deal.pk)
    for words in (HEARING["problem"], "小川部長", HEARING["concerns"], "移行の費用を用意する"):
        assert words in sheet

    # Hand-over, meeting, opportunity, won.
    answer(sales, "accept", deal)
    assert deal.handover.status == "accepted"
    assert Notice.objects.filter(user=deal.set_by, kind="accepted").exists()
    at(deal.starts_at + HOUR)
    answer(sales, "move", deal, to="held")
    answer(sales, "move", deal, to="opportunity", amount_yen="1100000")
    closed = at(deal.starts_at + 3 * DAY)
    answer(sales, "move", deal, to="won", amount_yen="1200000")
    assert (deal.stage, deal.amount_yen, deal.won_at) == ("won", 1_200_000, closed)
    assert Lead.objects.get(pk=deal.lead_id).stage == "won"

    # The forgotten one was missed, and everybody is told.
    tick()
    forgotten.refresh_from_db()
    assert forgotten.state == "missed"
    assert Notice.objects.filter(kind="missed").values("user").distinct().count() == 2

    # The numbers.
    report = funnel(capsys, "2026-06-01", "2026-06-30")
    assert [(step["code"], step["count"]) for step in report["funnel"]] == [
        ("leads_first_called", 3),
        ("follow_ups_opened", 2),
        ("follow_ups_attempted", 1),
        ("follow_ups_reached", 1),
        ("appointments", 1),
        ("opportunities", 1),
        ("won", 1),
    ]
    fractions = {
        row["code"]: (row["numerator"], row["denominator"]) for row in report["figures"] if "_rate" in row["code"]
    }
    assert {code: fractions[code] for code in EXPECTED} == EXPECTED
    seen = client_for(manager).get(reverse("reports:funnel"), CUSTOM_JUNE)
    assert {
        code: (figure.numerator, figure.denominator)
        for code, figure in seen.context["report"].figures.items()
        if code in EXPECTED
    } == EXPECTED


CUSTOM_JUNE = {"period": "custom", "from": "2026-06-01", "to": "2026-06-30"}
EXPECTED = {
    "reaction_rate": (2, 3),
    "attempt_rate": (1, 2),
    "on_time_rate": (1, 2),
    "on_time_rate_raw": (1, 2),
    "connect_rate": (1, 1),
    "appointment_rate": (1, 1),
    "appointment_rate_per_opened": (1, 2),
    "appointment_rate_per_lead": (1, 4),
    "held_rate": (1, 1),
    "opportunity_rate": (1, 1),
    "win_rate": (1, 1),
    "win_rate_per_lead": (1, 4),
}


# --- Branches -------------------------------------------------------------------------------------------------------


def test_returned_hand_over_is_owed_a_second_call_again(desk, sales, rep, manager, field_sales, leads, at, now):
    lead = leads["青木 花子"]
    first = react(desk, lead)
    moment = at(first.opens_at.astimezone(now.tzinfo) + HOUR)
    tick()
    deal = win_appointment(desk, lead, moment, field_sales)
    assert queue(desk) == [("馬場 次郎", "first"), ("千葉 三郎", "first"), ("土井 四郎", "first")]

    answer(sales, "return", deal, reason="ご予算の確認がまだです")

    again = FollowUp.objects.live().get(lead=lead)
    assert deal.stage == "returned"
    assert (again.returned_from, again.reaction_at, again.rep) == (first, moment, rep)
    assert again.opens_at == moment + DAY
    assert Notice.objects.filter(user=rep, kind="returned").exists()
    moment = at(again.opens_at.astimezone(now.tzinfo) + HOUR / 2)
    tick()
    assert queue(desk)[0] == ("青木 花子", "second")
    log(desk, lead, "no_answer", retry_at=local(moment + 3 * HOUR))
    assert list(Call.objects.filter(lead=lead).order_by("pk").values_list("kind", "follow_up")) == [
        ("first", None),
        ("second", first.pk),
        ("second", again.pk),
    ]


def test_refusal_on_a_second_call_blocks_the_number_everywhere(desk, client_for, rep, manager, leads, at, now):
    lead = leads["青木 花子"]
    follow_up = react(desk, lead)
    at(follow_up.opens_at.astimezone(now.tzinfo) + HOUR)
    tick()
    said = {"block_requested_by": "青木様", "block_requested_at": local(now), "block_words": "もうかけないでください"}

    log(desk, lead, "do_not_call", **said, block_scope="number")

    lead.refresh_from_db()
    follow_up.refresh_from_db()
    assert lead.is_blocked
    assert follow_up.is_live is False
    assert DoNotCall.objects.standing().filter(e164=lead.phones.get().e164).exists()
    assert "青木 花子" not in [name for name, _ in queue(desk)]
    assert "青木 花子" not in [row.lead.name for row in call_queue(manager, clock.now()).rows]
    assert "架電禁止のリードです" in page(desk, "leads:detail", lead.pk)
    desk.post(reverse("calls:open", args=[lead.pk]))
    assert not Lease.objects.filter(lead=lead).exists()
    blocked = desk.post(
        reverse("calls:save", args=[lead.pk]),
        {
            "form_key": "2f0b3a46-4a7c-4b0b-9b60-54f36a7fcb11",
            "outcome": Outcome.objects.get(code="no_answer").pk,
            "phone": lead.phones.get().pk,
            "retry_at": local(now + 5 * DAY),
        },
    )
    assert blocked.status_code == 422
    assert Call.objects.filter(lead=lead).count() == 2
