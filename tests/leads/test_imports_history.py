"""Lists that tell of calls before their people came to us: tiers, second calls, blocks are right at once."""

import datetime as dt
import io
import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.models import Call, FollowUp
from calls.selectors.queue import call_queue
from calls.services import ticks
from leads.models import (
    DoNotCall,
    ImportRow,
    Lead,
    LeadImport,
    LeadList,
    PastCall,
    PhoneNumber,
    Signal,
    StageMove,
    Tier,
)
from leads.services.imports.previews import run_preview
from leads.services.imports.undoing import run_undo, start_undo
from tests.calls.factories import call
from tests.leads.import_files import content, imported, mapped, person, uploaded

pytestmark = pytest.mark.django_db

CALLED = {"前回架電日": "2026/06/15", "架電結果": "資料送付希望", "ヒアリング内容": "在庫の集計に毎月三日かかる"}
MIDNIGHT = dt.datetime(2026, 6, 14, 15, tzinfo=dt.UTC)
"""The beginning of 2026-06-15 in Tokyo: yesterday, as every test has it."""


@pytest.fixture
def lead_list(team, admin) -> LeadList:
    return LeadList.objects.create(name="展示会リスト", team=team, created_by=admin)


@pytest.fixture
def bring(lead_list, admin, now):
    """`bring(row, …)`: a finished import of these rows."""

    def run(*rows, at=now, **values) -> LeadImport:
        return imported(content(rows), lead_list=lead_list, by=admin, now=at, **values)

    return run


def reasons(lead: Lead) -> set[str]:
    return {reason["code"] for reason in lead.tier_reasons}


# --- The journey ----------------------------------------------------------------------------------------------------


def test_reaction_of_yesterday_is_tier_a_opens_a_second_call_and_stands_on_the_card(bring, client_for, rep, now):
    bring(person(1, **CALLED))

    lead = Lead.objects.get()
    assert (lead.tier, reasons(lead)) == (Tier.A, {"signal", "problem"})
    assert (lead.stage, lead.call_count, lead.last_called_at, lead.last_reached_at) == (
        "calling",
        0,
        MIDNIGHT,
        MIDNIGHT,
    )

    ticks.tick(now=now)

    follow_up = FollowUp.objects.get()
    assert (follow_up.lead, follow_up.reaction_at) == (lead, MIDNIGHT)
    assert follow_up.opens_at < follow_up.closes_at
    assert Lead.objects.get().stage == "follow_up"

    page = client_for(rep).get(reverse("calls:card", args=[lead.pk])).content.decode()
    assert all(
        words in page
        for words in ("取込前の架電", "6/15", "資料送付希望", "在庫の集計に毎月三日かかる", "展示会リスト")
    )
    assert not Call.objects.exists()


def test_story_tells_the_call_once_with_the_name_of_its_list(bring, client_for, rep):
    bring(person(1, **CALLED))

    response = client_for(rep).get(reverse("calls:panel_history", args=[Lead.objects.get().pk]))

    kinds = [entry.kind for entry in response.context["timeline"]]
    assert kinds.count("past_call") == 1
    assert "signal" not in kinds
    assert "展示会リスト" in response.content.decode()


def planned(now) -> tuple[FollowUp, Lead]:
    ticks.tick(now=now)
    ticks.tick(now=now + dt.timedelta(minutes=1))
    return FollowUp.objects.get(), Lead.objects.get()


def test_next_call_of_the_list_is_when_the_second_call_is_made(bring, now, client_for, rep):
    bring(person(1, **CALLED, 次回架電日="2026/06/26 10:30"))
    named = dt.datetime(2026, 6, 26, 1, 30, tzinfo=dt.UTC)

    follow_up, lead = planned(now)
    assert (follow_up.promised_at, follow_up.planned_at, lead.next_call_at) == (named, named, named)
    page = client_for(rep).get(reverse("calls:card", args=[lead.pk])).content.decode()
    assert "リストの次回架電日" in page

    after_the_window = follow_up.closes_at + dt.timedelta(hours=1)
    assert after_the_window < named
    ticks.tick(now=after_the_window)
    assert (FollowUp.objects.get().missed_at, Lead.objects.get().next_call_at) == (None, named)

    ticks.tick(now=named + dt.timedelta(hours=1))
    assert FollowUp.objects.get().missed_at


def test_next_call_without_an_hour_begins_with_the_callable_day(bring, now):
    bring(person(1, **CALLED, 次回架電日="2026/06/26"))

    follow_up, lead = planned(now)
    assert follow_up.promised_at == lead.next_call_at == dt.datetime(2026, 6, 26, 0, tzinfo=dt.UTC)


def test_next_call_of_the_list_goes_with_its_import(bring, admin, now):
    saved = bring(person(1, **CALLED, 次回架電日="2026/06/26"))
    planned(now)

    later = now + dt.timedelta(minutes=5)
    start_undo(lead_import=saved, by=admin, now=later)
    run_undo(pk=saved.pk, clock=lambda: later)

    assert not Lead.objects.exists()
    assert not FollowUp.objects.exists()


def test_refused_of_the_list_is_never_a_first_call(bring, now, rep):
    bring(person(1, 前回架電日="2026/06/10", 架電結果="お断り"), person(2, 架電結果="断り"), person(3))

    assert [lead.stage for lead in Lead.objects.order_by("name")] == ["refused", "refused", "new"]
    assert [row.lead.stage for row in call_queue(rep, now).rows] == ["new"]


def test_refusal_takes_the_next_call_away_and_an_older_one_does_not(bring):
    bring(
        person(1, 前回架電日="2026/06/10", 架電結果="留守電", 次回架電日="2026/06/20"),
        person(2, 前回架電日="2026/06/10", 架電結果="留守電", 次回架電日="2026/06/20"),
    )
    bring(
        person(1, 前回架電日="2026/06/12", 架電結果="お断り"),
        person(2, 前回架電日="2026/06/01", 架電結果="お断り"),
    )

    later, older = Lead.objects.order_by("name")
    assert (later.stage, later.next_call_at) == ("refused", None)
    assert (older.stage, bool(older.next_call_at)) == ("calling", True)


@pytest.mark.parametrize("result", ["アポ獲得", "商談獲得"])
def test_appointment_of_the_past_owes_no_second_call_and_is_seen(bring, now, client_for, rep, result):
    bring(person(1, 前回架電日="2026/06/15", 架電結果=result))
    ticks.tick(now=now)

    lead = Lead.objects.get()
    assert not FollowUp.objects.exists()
    assert lead.stage == "nurturing"
    page = client_for(rep).get(reverse("calls:card", args=[lead.pk])).content.decode()
    assert "過去に商談獲得あり" in page


def test_dates_without_a_year_are_the_nearest_and_warned_of(bring):
    saved = bring(person(1, 前回架電日="12月19日", 架電結果="留守電", 次回架電日="7/1 15:00"))

    lead = Lead.objects.get()
    assert lead.last_called_at == dt.datetime(2025, 12, 18, 15, tzinfo=dt.UTC)
    assert lead.next_call_at == dt.datetime(2026, 7, 1, 6, tzinfo=dt.UTC)
    assert saved.warnings["date_year_guessed"]


def test_day_without_an_hour_is_shown_as_a_day(bring, client_for, rep):
    bring(person(1, 次回架電日="2026/06/20", 名刺交換日="2026/06/01"))
    lead, client = Lead.objects.get(), client_for(rep)

    for address in (reverse("leads:list"), reverse("leads:detail", args=[lead.pk])):
        page = client.get(address).content.decode()
        assert "6/20" in page
        assert " 00:00" not in page
    assert " 00:00" not in client.get(reverse("calls:card", args=[lead.pk])).content.decode()


def test_script_does_not_claim_a_call_the_rep_never_made(bring, client_for, rep, now):
    bring(person(1, **CALLED))
    ticks.tick(now=now)
    lead = Lead.objects.get()
    address = reverse("calls:card", args=[lead.pk])

    assert f"先日お話を伺った担当者に代わりご連絡した{rep.name}です" in client_for(rep).get(address).content.decode()
    call(lead, rep, FollowUp.objects.get().opens_at, "no_answer")
    assert f"先日お話を伺った{rep.name}です" in client_for(rep).get(address).content.decode()


def test_same_file_again_changes_nothing(bring, now):
    row = person(1, **CALLED, 次回架電日="2026/06/20", 予算="確保済")
    bring(row)
    Lead.objects.update(next_call_at=None, call_count=1, timing="", budget="")
    before = Lead.objects.values().get()

    again = bring(row, at=now + dt.timedelta(days=1))

    assert again.counts["updated"] == 0
    assert Lead.objects.values().get() == before
    assert (PastCall.objects.count(), Signal.objects.count(), StageMove.objects.count()) == (1, 1, 1)


def test_outcome_that_forbids_calls_blocks(bring, now):
    bring(
        person(1, 前回架電日="2026/06/01", 架電結果="架電禁止"),
        person(2, 架電結果="クレーム"),
        person(3, 架電結果="不在"),
    )

    first, second, third = Lead.objects.order_by("name")
    assert (first.is_blocked, second.is_blocked, third.is_blocked) == (True, True, False)
    assert first.refused_at is not None
    assert "架電結果：架電禁止" in DoNotCall.objects.get(lead=first).words
    ticks.tick(now=now)
    assert not FollowUp.objects.exists()


# --- What a call comes to -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "tier", "codes"),
    [
        ("留守電", Tier.C, {"no_reaction"}),
        ("担当者不在", Tier.C, {"no_reaction"}),
        ("お断り", Tier.C, {"refused"}),
        ("かけ直し希望", Tier.B, {"contact"}),
        ("アポ獲得", Tier.A, {"signal"}),
        ("継続検討", Tier.A, {"signal"}),
        ("社内で回覧中", Tier.C, {"no_reaction"}),
    ],
)
def test_outcome_decides_the_tier(bring, result, tier, codes):
    bring(person(1, 前回架電日="2026/06/10", 架電結果=result))

    lead = Lead.objects.get()
    assert (lead.tier, reasons(lead)) == (tier, codes)
    assert lead.past_calls.get().result == result


def test_old_reaction_counts_for_the_tier_and_owes_no_call(bring, now):
    bring(person(1, 前回架電日="2026/05/25", 架電結果="興味あり"))
    ticks.tick(now=now)

    assert Lead.objects.get().tier == Tier.A
    assert not FollowUp.objects.exists()


def test_refusal_after_the_reaction_owes_no_call(bring, now):
    bring(
        person(1, 前回架電日="2026/06/11", 架電結果="興味あり"),
        person(1, 前回架電日="2026/06/14", 架電結果="お断り"),
    )
    ticks.tick(now=now)

    assert Lead.objects.get().tier != Tier.A
    assert PastCall.objects.count() == 2
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize(
    ("result", "reason"), [("現アナ", "out_of_service"), ("番号違い", "wrong_number"), ("FAX", "fax")]
)
def test_dead_number_is_marked_with_its_reason(bring, result, reason):
    bring(person(1, 前回架電日="2026/06/10", 架電結果=result))

    phone, lead = PhoneNumber.objects.get(), Lead.objects.get()
    assert (phone.is_valid, phone.invalid_reason, lead.has_callable_phone) == (False, reason, False)


def test_dead_number_of_a_known_lead_is_marked_and_named_among_the_changes(bring, now):
    bring(person(1))
    bring(person(1, 前回架電日="2026/06/10", 架電結果="現アナ"))

    assert not PhoneNumber.objects.get().is_valid
    assert not Lead.objects.get().has_callable_phone
    changes = ImportRow.objects.order_by("pk").last().changes
    assert changes["phones_invalid"] == [[], ["03-3000-1001"]]


def test_facts_of_the_list_fill_the_lead_and_the_hearing(bring, client_for, rep):
    bring(
        person(
            1,
            **CALLED,
            課題="手入力が多い",
            検討時期="3ヶ月以内",
            予算感="確保済み",
            **{"キーマン(役職)": "山田部長"},
            利用中サービス="表計算",
        )
    )

    lead = Lead.objects.get()
    assert (lead.timing, lead.budget, lead.decision_maker) == ("within_3_months", "secured", "superior")
    assert lead.past_calls.get().hearing == {
        "problem": "手入力が多い",
        "timing": "within_3_months",
        "budget": "secured",
        "decision_maker": "superior",
        "decision_maker_name": "山田部長",
        "competitors": "表計算",
    }
    page = client_for(rep).get(reverse("calls:card", args=[lead.pk])).content.decode()
    assert all(words in page for words in ("手入力が多い", "3か月以内", "確保済", "山田部長", "取込前の記録"))


def test_words_that_are_no_choice_stay_under_their_header(bring):
    bring(person(1, **CALLED, 予算="500万円", 検討時期="来期"))

    lead = Lead.objects.get()
    assert (lead.budget, lead.timing) == ("", "")
    assert lead.past_calls.get().note == "在庫の集計に毎月三日かかる\n検討時期: 来期\n予算: 500万円"


def test_note_of_a_call_on_which_nobody_spoke_is_no_problem(bring):
    bring(person(1, 前回架電日="2026/06/10", 架電結果="留守電", ヒアリング内容="伝言を残した"))

    assert Lead.objects.get().problem_recorded_at is None


def test_text_without_a_date_is_kept_and_dates_nothing(bring):
    bring(person(1, ヒアリング内容="決算後に検討"))

    lead = Lead.objects.get()
    call = lead.past_calls.get()
    assert (call.called_at, call.note, lead.problem_recorded_at, lead.stage, lead.memo) == (
        None,
        "決算後に検討",
        None,
        "new",
        "",
    )


def test_call_in_the_future_is_warned_of_kept_as_written_and_counts_for_nothing(bring):
    saved = bring(person(1, 前回架電日="2026/07/15", 架電結果="興味あり"))

    lead = Lead.objects.get()
    assert saved.warnings["call_in_future"] == 1
    assert lead.extra["前回架電日"] == "2026/07/15"
    assert (lead.past_calls.get().called_at, lead.last_called_at, lead.tier) == (None, None, Tier.C)
    assert not Signal.objects.exists()


def test_next_call_waits_only_if_it_is_still_to_come(bring):
    bring(person(1, 次回架電日="2026/06/20 14:00"), person(2, 次回架電日="2026/06/01"))

    later, past = Lead.objects.order_by("name")
    assert later.next_call_at == dt.datetime(2026, 6, 20, 5, tzinfo=dt.UTC)
    assert (past.next_call_at, past.stage, past.extra["次回架電日"]) == (None, "new", "2026/06/01")
    assert not PastCall.objects.exists()


@pytest.mark.parametrize("status", ["未架電", "有効"])
def test_status_that_tells_of_no_call_stays_additional_information(bring, status):
    bring(person(1, ステータス=status))

    lead = Lead.objects.get()
    assert (lead.extra["ステータス"], lead.stage) == (status, "new")
    assert not PastCall.objects.exists()


# --- Leads that are there already -----------------------------------------------------------------------------------


def test_lead_that_is_worked_on_keeps_stage_and_newer_facts(bring, rep, now):
    bring(person(1))
    newer = now - dt.timedelta(hours=1)
    Lead.objects.update(
        stage="appointment", owner=rep, call_count=3, last_called_at=newer, last_reached_at=newer, timing="undecided"
    )

    bring(person(1, **CALLED, 検討時期="半年以内"))
    ticks.tick(now=now)

    lead = Lead.objects.get()
    assert (lead.stage, lead.owner, lead.call_count, lead.last_called_at) == ("appointment", rep, 3, newer)
    assert (lead.last_reached_at, lead.timing) == (newer, "undecided")
    assert lead.past_calls.count() == 1
    assert not FollowUp.objects.exists()
    assert not StageMove.objects.exists()


def test_changes_of_a_known_lead_say_from_what_to_what(bring):
    bring(person(1))
    bring(person(1, **CALLED))

    changes = ImportRow.objects.order_by("pk").last().changes
    assert changes["stage"] == ["new", "calling"]
    assert changes["last_called_at"] == [None, "2026-06-15T00:00:00+09:00"]
    assert changes["past_calls"] == [[], ["2026-06-15 資料送付希望"]]
    assert changes["signals"] == [[], ["call_reaction 2026-06-15T00:00:00+09:00"]]


def test_policy_skip_writes_no_history_on_a_known_lead(bring):
    bring(person(1))
    bring(person(1, **CALLED), policy="skip")

    assert not PastCall.objects.exists()
    assert Lead.objects.get().stage == "new"


def test_preview_foresees_the_history(bring, lead_list, admin, now):
    bring(person(1))
    bring(person(2, **CALLED))
    saved = uploaded(content([person(1, **CALLED), person(2, **CALLED)]), lead_list=lead_list, by=admin, now=now)
    mapped(saved, now=now)
    run_preview(pk=saved.pk, clock=lambda: now)

    saved.refresh_from_db()
    assert saved.preview["counts"]["fill_blanks"]["updated"] == 1
    assert saved.preview["counts"]["fill_blanks"]["duplicate_in_base"] == 1


def test_queries_do_not_grow_with_the_calls_of_the_past(bring):
    def queries(*rows) -> int:
        with CaptureQueriesContext(connection) as seen:
            bring(*rows)
        return len(seen)

    few = queries(*(person(n, **CALLED) for n in range(1, 4)))
    many = queries(*(person(n, **CALLED) for n in range(10, 60)))
    assert many <= few + 2


def test_no_figure_counts_a_call_of_the_past(bring):
    def figures() -> list:
        told = io.StringIO()
        call_command("funnel", "--from", "2026-06-01", "--to", "2026-06-30", "--json", stdout=told)
        return json.loads(told.getvalue())["figures"]

    bring(person(1), person(2))
    before = figures()
    bring(person(1, **CALLED), person(2, 前回架電日="2026/06/10", 架電結果="アポ獲得"))

    assert figures() == before
    assert PastCall.objects.count() == 2
    assert not Call.objects.exists()
    assert set(Lead.objects.values_list("call_count", flat=True)) == {0}
