"""An import taken back: the base is as it was before, but for what somebody has worked on since."""

import datetime as dt
import io
import json

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from calls.models import FollowUp, FollowUpMove, Notice
from calls.services import leases, ticks
from calls.services.plans import reassign
from leads.inputs import CompanyInput, LeadInput, PhoneInput
from leads.labels import kept_because
from leads.models import (
    Company,
    DoNotCall,
    ImportRow,
    Lead,
    LeadImport,
    LeadList,
    PastCall,
    PhoneNumber,
    Signal,
    Stage,
    StageMove,
    Tier,
)
from leads.services.blocks import block_lead, block_number
from leads.services.imports.undo_plan import plan_undo
from leads.services.imports.undoing import run_undo, start_undo
from leads.services.leads import assign_owner, update_lead
from leads.services.merging_leads import merge_leads
from leads.services.signals import add_signal
from leads.services.tiers import override_tier
from leads.services.unmerging import undo_merge
from tests.calls.factories import call
from tests.leads.import_files import confirmed, content, imported, person, uploaded

pytestmark = pytest.mark.django_db
Status, Undo = LeadImport.Status, ImportRow.Undo

IMPORTS_THEMSELVES = {"leadimport", "importrow", "importissue", "leadlist", "savedmapping", "tick", "outcome"}
CHANGES_ANYWAY = {"version", "created_at", "updated_at", "tiered_at"}
HISTORY = {"前回架電日": "2026/06/12", "架電結果": "資料送付希望", "ヒアリング内容": "在庫の集計に毎月三日かかる"}
LATER = dt.timedelta(hours=1)


@pytest.fixture
def lead_list(team, admin) -> LeadList:
    return LeadList.objects.create(name="展示会リスト", team=team, created_by=admin)


@pytest.fixture
def bring(lead_list, admin, now):
    """`bring(rows, …)`: a finished import of these rows."""

    def run(rows, *, at=now, **values) -> LeadImport:
        return imported(content(rows), lead_list=lead_list, by=admin, now=at, **values)

    return run


@pytest.fixture
def undo(admin, now):
    """`undo(saved)`: the import undone, an hour later."""

    def run(saved: LeadImport, *, batch_size: int = 200, **values) -> LeadImport:
        start_undo(lead_import=saved, by=admin, now=now + LATER, **values)
        run_undo(pk=saved.pk, clock=lambda: now + LATER, batch_size=batch_size)
        saved.refresh_from_db()
        assert saved.status == Status.UNDONE
        return saved

    return run


def base() -> dict[str, list[dict]]:
    """Every row about leads and of calling them, but for versions and moments of writing."""
    tables = {}
    models = [*apps.get_app_config("leads").get_models(), *apps.get_app_config("calls").get_models()]
    for model in models:
        if model._meta.model_name not in IMPORTS_THEMSELVES:
            rows = model.objects.order_by("pk").values()
            tables[model._meta.model_name] = [
                {name: value for name, value in row.items() if name not in CHANGES_ANYWAY} for row in rows
            ]
    return tables


def differences(before: dict[str, list[dict]]) -> list:
    """What is not as it was: (table, row before, row now), of rows that are there both times only what differs."""
    found = []
    for table, rows in base().items():
        was, now = {row["id"]: row for row in before[table]}, {row["id"]: row for row in rows}
        for pk in sorted(was.keys() | now.keys()):
            old, new = was.get(pk), now.get(pk)
            if old and new:
                changed = [name for name in new if new[name] != old[name]]
                old, new = {name: old[name] for name in changed}, {name: new[name] for name in changed}
            if old != new:
                found.append((table, pk, old, new))
    return found


def outcomes(saved: LeadImport) -> dict[str, int]:
    """What came of the leads, noughts left out."""
    names = ("removed", "restored", "partly", "kept")
    return {name: saved.undo_counts[name] for name in names if saved.undo_counts[name]}


def planned(saved: LeadImport) -> dict[str, int]:
    plan = plan_undo(saved).as_json()
    return {name: count for name, count in plan.items() if count and name != "blocks"}


def known(number: int, **values) -> dict[str, str]:
    """A row with blanks that a later list can fill."""
    return person(number, メールアドレス="", 住所="", **values)


def lead_of(number: int) -> Lead:
    return Lead.objects.get(name=f"見本 {number:05d}")


def edit(lead: Lead, now: dt.datetime, **values) -> Lead:
    """The lead as its form would save it, with some fields typed anew."""
    company = CompanyInput(
        **{name: getattr(lead.company, name) for name in ("name", "prefecture", "address", "url", "industry")}
        | {name.removeprefix("company_"): values.pop(name) for name in list(values) if name.startswith("company_")}
    )
    phones = tuple(PhoneInput(phone.raw, phone.e164) for phone in lead.phones.order_by("position"))
    names = ("name", "kana", "department", "title", "email", "source", "memo")
    typed = {name: getattr(lead, name) for name in names} | values
    data = LeadInput(company=company, phones=phones, **typed)
    return update_lead(lead=lead, data=data, version=lead.version, by=None, now=now)


# --- The whole of it ------------------------------------------------------------------------------------------------

POLICIES = ("skip", "fill_blanks", "overwrite", "create_anyway")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("batch_size", [2, 200])
def test_base_is_as_it_was_before(bring, undo, policy, batch_size):
    bring([known(n) for n in range(1, 6)])
    before = base()
    rows = [
        *(person(n, 備考="二度目", 資料請求日="2026-06-10", **HISTORY) for n in range(1, 4)),
        person(4, 電話番号="03-9999-0004", 資料請求日="2026-06-15"),
        person(5, 会社名="株式会社みほん00005", 電話番号="090-1111-2222", URL="https://www.example.co.jp"),
        *(person(n, 問合せ日="2026-06-14", **HISTORY) for n in range(10, 16)),
        person(10, 備考="同じファイルの二行目", 管理番号="B-10"),
        person(11, 氏名="見本 別人", 電話番号="03-8888-0011", メールアドレス="other@example11.co.jp"),
    ]
    saved = bring(rows, policy=policy, batch_size=4)
    assert base() != before
    plan = planned(saved)

    undo(saved, batch_size=batch_size)

    assert differences(before) == []
    assert outcomes(saved) == plan
    assert not saved.rows.filter(undo="").exists()


ROW = st.fixed_dictionaries(
    {"number": st.integers(1, 6)},
    optional={
        "備考": st.sampled_from(["", "一", "二"]),
        "メールアドレス": st.sampled_from(["", "a@example.co.jp", "b@example.co.jp"]),
        "電話番号": st.sampled_from(["", "03-7777-0001", "090-7777-0002"]),
        "都道府県": st.sampled_from(["", "大阪府"]),
        "URL": st.sampled_from(["", "https://www.example.co.jp"]),
        "役職": st.sampled_from(["", "部長"]),
        "管理番号": st.sampled_from(["", "X", "Y"]),
        "資料請求日": st.sampled_from(["", "2026-06-10", "2026-06-15"]),
        "架電結果": st.sampled_from(["", "不在", "現在使われておりません", "お断り"]),
        "前回架電日": st.sampled_from(["", "2026-06-12"]),
    },
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(ROW, max_size=8), st.lists(ROW, min_size=1, max_size=12), st.sampled_from(POLICIES), st.integers(1, 5))
def test_any_import_on_any_base_can_be_taken_back(bring, undo, there, rows, policy, size):
    sid = connection.savepoint() if connection.in_atomic_block else None
    for row in (there, rows):
        for number, values in enumerate(row):
            values.setdefault("備考", str(number) if number % 3 == 0 else "")
    if there:
        bring([person(**row) for row in there])
    before = base()
    saved = bring([person(**row) for row in rows], policy=policy, batch_size=size)
    plan = planned(saved)

    undo(saved, batch_size=size)

    assert differences(before) == []
    assert outcomes(saved) == plan
    connection.savepoint_rollback(sid)


def test_reaction_that_opened_a_second_call_goes_with_it_while_nobody_has_seen_to_it(bring, undo, rep, now):
    bring([person(1), person(2, **{**HISTORY, "架電結果": "不在"})])
    before = base()
    rows = [person(n, 資料請求日="2026-06-15") for n in (1, 2, 3)]
    saved = bring(rows)
    ticks.tick(now=now + dt.timedelta(minutes=1))
    ticks.tick(now=now + dt.timedelta(days=2))
    assert FollowUp.objects.count() == 3
    assert lead_of(1).stage == Stage.FOLLOW_UP
    assert Notice.objects.exists()

    undo(saved)

    assert differences(before) == []
    assert not FollowUpMove.objects.exists()


def test_same_file_comes_in_as_new_again(bring, undo, now):
    rows = [person(n, 資料請求日="2026-06-10") for n in range(1, 4)]
    first = bring(rows)
    undo(first)

    again = bring(rows, at=now + LATER * 2)

    assert again.counts["new"] == 3
    assert Lead.objects.filter(lead_import=again).count() == 3
    assert first.lead_list.imports.count() == 2


def test_restored_rows_are_not_known_by_their_digest_either(bring, undo, now):
    """The lead has become somebody else since; only the digest of the row could still name it."""
    bring([known(1)])
    undo(bring([person(1)]))
    Lead.objects.update(name="見本 別人")
    PhoneNumber.objects.all().delete()

    again = bring([person(1)], at=now + LATER * 2)

    assert again.counts["new"] == 1


def test_list_stays_even_if_nothing_is_left_in_it(bring, undo, lead_list):
    undo(bring([person(1)]))

    lead_list.refresh_from_db()
    assert not lead_list.leads.exists()


def test_trail_tells_of_restored_leads_and_sums_up_the_rest(bring, undo, admin, now):
    bring([known(1)])
    saved = bring([person(1), person(2)])

    undo(saved)

    entry = AuditEntry.objects.about(lead_of(1)).get(verb="undo_import_lead")
    assert (entry.by, entry.changes["email"]) == (admin, ["person1@example1.co.jp", ""])
    verbs = AuditEntry.objects.about(saved).filter(verb__endswith="undo").values_list("changes", flat=True)
    assert verbs.get()["removed"] == [0, 1]
    assert not AuditEntry.objects.filter(verb="undo_import_lead").exclude(target_id=lead_of(1).pk).exists()
    assert (saved.undone_by, saved.undone_at) == (admin, now + LATER)


def test_open_form_of_a_restored_lead_is_stale(bring, undo):
    bring([known(1)])
    saved = bring([person(1)])
    version = lead_of(1).version

    undo(saved)

    assert lead_of(1).version == version + 1
    assert "example1" not in lead_of(1).search_text


# --- What stays -----------------------------------------------------------------------------------------------------

ASKED = {"words": "もうかけないでほしい", "requested_by": "ご本人", "by": None}


def _called(lead, rep, now):
    call(lead, rep, now, "no_answer")


def _opened(lead, rep, now):
    leases.claim(lead=lead, by=rep, now=now)


def _edited(lead, rep, now):
    edit(lead, now, title="部長")


def _assigned(lead, rep, now):
    assign_owner(lead=lead, owner=rep, by=None, now=now)


def _overridden(lead, rep, now):
    until = dt.date(2026, 7, 1)
    override_tier(lead=lead, tier=Tier.A, reason="社長の紹介", until=until, by=rep, now=now)


def _reacted(lead, rep, now):
    add_signal(lead=lead, kind="inquiry", occurred_at=now, by=rep, now=now)


def _blocked(lead, rep, now):
    block_lead(lead=lead, scope="person", requested_at=now, now=now, **ASKED)


def _number_blocked(lead, rep, now):
    block_number(e164=lead.phones.first().e164, lead=lead, requested_at=now, now=now, **ASKED)


def _handed_over(lead, rep, now):
    FollowUp.objects.filter(lead=lead).update(rep=None)
    reassign(follow_up=FollowUp.objects.get(lead=lead), rep=rep, by=rep, now=now)


WORK = {
    "called": _called,
    "card_open": _opened,
    "edited": _edited,
    "assigned": _assigned,
    "tier_overridden": _overridden,
    "signal_added": _reacted,
    "follow_up": _handed_over,
}


@pytest.mark.parametrize("code", WORK)
def test_lead_somebody_has_worked_on_stays_and_says_why(bring, undo, rep, now, code):
    saved = bring([person(n, 資料請求日="2026-06-15") for n in (1, 2)])
    ticks.tick(now=now)
    WORK[code](lead_of(1), rep, now)
    plan = plan_undo(saved)
    stays = [(stay.lead.name, stay.undo, stay.reasons[0]) for stay in plan.stays]

    undo(saved)

    assert stays == [("見本 00001", Undo.KEPT, code)]
    assert list(Lead.objects.values_list("name", flat=True)) == ["見本 00001"]
    assert outcomes(saved) == planned_of(plan) == {"removed": 1, "kept": 1}
    row = saved.rows.get(undo=Undo.KEPT)
    assert (row.lead.name, row.undo_reasons[0]) == ("見本 00001", code)
    assert lead_of(1).signals.count() == (2 if code == "signal_added" else 1)


def planned_of(plan) -> dict[str, int]:
    return {name: count for name, count in plan.as_json().items() if count}


@pytest.mark.parametrize("block", [_blocked, _number_blocked])
def test_lead_with_a_refusal_taken_down_by_hand_stays(bring, undo, rep, now, block):
    saved = bring([person(1), person(2)])
    block(lead_of(1), rep, now)

    undo(saved)

    assert lead_of(1).is_blocked
    assert saved.rows.get(undo=Undo.KEPT).undo_reasons == ["blocked"]


def test_lead_another_list_names_too_stays_until_that_is_undone(bring, undo):
    first = bring([person(1), person(2)])
    second = bring([person(1, 備考="別のリスト")])

    undo(first)
    assert [lead.name for lead in Lead.objects.all()] == ["見本 00001"]
    assert first.rows.get(undo=Undo.KEPT).undo_reasons == ["other_import"]

    undo(second)
    assert lead_of(1).memo == ""


def test_later_import_undone_keeps_nobody(bring, undo):
    first = bring([person(1)])
    undo(bring([person(1, 備考="別のリスト")]))

    undo(first)

    assert not Lead.objects.exists()


def test_very_same_file_again_is_no_other_list(bring, undo):
    first = bring([person(1)])
    bring([person(1)])

    undo(first)

    assert not Lead.objects.exists()


@pytest.mark.parametrize("kept", [1, 2])
def test_merged_leads_stay(bring, undo, now, kept):
    saved = bring([person(1, 会社名="株式会社同じ"), person(2, 会社名="株式会社同じ"), person(3)])
    merge_leads(kept_id=lead_of(kept).pk, gone_id=lead_of(3 - kept).pk, choices={}, by=None, now=now)

    undo(saved)

    assert Lead.objects.get().pk == lead_of(kept).pk
    assert [row.undo for row in saved.rows.order_by("line")] == [Undo.KEPT, Undo.KEPT, Undo.REMOVED]
    assert "merged" in saved.rows.get(line=2).undo_reasons


def test_lead_merged_into_an_older_one_is_told_of_and_stays_a_part_of_it(bring, undo, now):
    bring([person(1)])
    saved = bring([person(2), person(3)])
    merge_leads(kept_id=lead_of(1).pk, gone_id=lead_of(2).pk, choices={}, by=None, now=now)
    plan = plan_undo(saved)

    undo(saved)

    assert [(stay.lead, stay.reasons) for stay in plan.stays] == [(lead_of(1), ["merged"])]
    assert outcomes(saved) == planned_of(plan) == {"removed": 1, "kept": 1}
    assert [row.undo_reasons for row in saved.rows.order_by("line")] == [["merged"], None]
    assert lead_of(1).phones.count() == 2


@pytest.mark.parametrize("kept", [1, 2])
def test_merge_that_was_undone_keeps_nobody(bring, undo, now, kept):
    bring([person(1)])
    before = base()
    saved = bring([person(2), person(3)])
    merge = merge_leads(kept_id=lead_of(kept).pk, gone_id=lead_of(3 - kept).pk, choices={}, by=None, now=now)
    undo_merge(merge=merge, by=None, now=now)
    plan = planned(saved)

    undo(saved)

    assert [table for table, *_ in differences(before)] == ["merge"]
    assert outcomes(saved) == plan == {"removed": 2}


def test_merge_before_the_import_keeps_no_value(bring, undo, now):
    bring([known(1), person(2)])
    merge_leads(kept_id=lead_of(1).pk, gone_id=lead_of(2).pk, choices={"email": "kept"}, by=None, now=now)
    memo = lead_of(1).memo
    saved = bring([person(1, 備考="二度目")], at=now + LATER / 2, policy="overwrite")
    assert lead_of(1).memo == "二度目"
    plan = planned(saved)

    undo(saved)

    assert lead_of(1).memo == memo
    assert outcomes(saved) == plan == {"restored": 1}


def test_merged_lead_the_list_only_named_again_is_not_counted(bring, undo, now):
    bring([person(1), person(2)])
    saved = bring([person(1)])
    merge_leads(kept_id=lead_of(1).pk, gone_id=lead_of(2).pk, choices={}, by=None, now=now)
    plan = planned(saved)

    undo(saved)

    assert outcomes(saved) == plan == {}


def test_duplicate_rows_of_a_lead_share_its_fate(bring, undo, rep, now):
    rows = [person(1), person(2), person(1, 備考="後の行"), person(2, 備考="後の行")]
    saved = bring(rows)
    _called(lead_of(1), rep, now)

    undo(saved, batch_size=1)

    outcome_of = dict(saved.rows.values_list("line", "undo"))
    assert outcome_of == {2: Undo.KEPT, 3: Undo.REMOVED, 4: Undo.KEPT, 5: Undo.REMOVED}
    assert outcomes(saved) == {"removed": 1, "kept": 1}


def test_every_reason_has_words(bring):
    assert kept_because("email") == "「メールアドレス」がその後変更されています"
    assert kept_because("company.url") == "「URL」がその後変更されています"
    assert kept_because("called") == "架電した記録があります"


# --- Values that were there -----------------------------------------------------------------------------------------


def test_value_changed_since_stays_the_others_return(bring, undo, now):
    bring([known(1)])
    saved = bring([person(1, 役職="部長")])
    edit(lead_of(1), now, email="new@example.jp")
    plan = planned(saved)

    undo(saved)

    lead = lead_of(1)
    assert (lead.email, lead.title, lead.company.address) == ("new@example.jp", "", "")
    assert outcomes(saved) == plan == {"partly": 1}
    row = saved.rows.get()
    assert (row.undo, row.undo_reasons) == (Undo.PARTLY, ["email"])


def test_company_value_changed_since_stays(bring, undo, now):
    bring([known(1)])
    saved = bring([person(1)])
    edit(lead_of(1), now, company_address="千代田区大手町9")

    plan = planned(saved)
    undo(saved)

    assert Company.objects.get().address == "千代田区大手町9"
    assert outcomes(saved) == plan == {"partly": 1}
    assert saved.rows.get().undo_reasons == ["company.address"]


def test_new_person_at_a_known_company_gives_its_blanks_back(bring, undo):
    bring([known(1)])
    company = Company.objects.get()
    version = lead_of(1).version
    saved = bring([person(1, 氏名="見本 別人", 電話番号="03-3000-1001", メールアドレス="b@example1.co.jp")])
    assert Company.objects.get().address

    undo(saved)

    company.refresh_from_db()
    assert (company.address, Lead.objects.count()) == ("", 1)
    assert lead_of(1).version == version + 2
    assert AuditEntry.objects.about(company).filter(verb="undo_import_company").count() == 1


def test_dialled_number_stays_an_idle_one_goes(bring, undo, rep, now):
    bring([person(1), person(2)])
    saved = bring([person(n, 電話番号=f"090-1111-000{n}") for n in (1, 2)])
    lead = lead_of(1)
    call(lead, rep, now, "no_answer", phone=lead.phones.get(raw="090-1111-0001"))

    plan = planned(saved)
    undo(saved)

    assert lead_of(1).phones.count() == 2
    assert lead_of(2).phones.count() == 1
    assert outcomes(saved) == plan == {"kept": 1, "restored": 1}


def test_signal_with_a_second_call_that_was_made_stays(bring, undo, rep, now):
    bring([person(1), person(2)])
    saved = bring([person(n, 資料請求日="2026-06-15") for n in (1, 2)])
    ticks.tick(now=now)
    call(lead_of(1), rep, now, "no_answer")

    plan = planned(saved)
    undo(saved)

    assert list(Signal.objects.values_list("lead__name", flat=True)) == ["見本 00001"]
    assert FollowUp.objects.get().lead == lead_of(1)
    assert outcomes(saved) == plan == {"kept": 1, "restored": 1}
    assert lead_of(2).last_reaction_at is None


def test_call_of_ours_since_keeps_its_stage_and_facts(bring, undo, rep, now):
    bring([person(1)])
    saved = bring([person(1, **HISTORY)])
    ticks.tick(now=now)
    call(lead_of(1), rep, now, "no_answer")

    undo(saved)

    lead = lead_of(1)
    assert lead.stage != Stage.NEW
    assert lead.last_called_at == now
    assert not PastCall.objects.exists()


def test_past_calls_go_with_what_they_told(bring, undo):
    bring([person(1)])
    before = base()
    saved = bring([person(1, 前回架電日="2026/06/12", 架電結果="現在使われておりません", ヒアリング内容="")])
    assert PastCall.objects.exists()
    assert not PhoneNumber.objects.get().is_valid
    assert StageMove.objects.exists()

    undo(saved)

    assert differences(before) == []


def test_company_somebody_else_is_at_stays(bring, undo, make_lead, now):
    saved = bring([person(1), person(2)])
    make_lead("03-5555-0001", name="後から 登録", company="株式会社みほん00001", prefecture="東京都", at=now)

    undo(saved)

    assert [company.name for company in Company.objects.all()] == ["株式会社みほん00001"]


# --- Blocks ---------------------------------------------------------------------------------------------------------


def test_refusals_of_the_list_outlive_it(bring, undo, now):
    saved = bring([person(1, 架電禁止="架電禁止"), person(2, 架電禁止="")])

    undo(saved)

    assert not Lead.objects.exists()
    block = DoNotCall.objects.standing().get()
    assert (block.e164, block.lead) == ("+81330001001", None)
    bring([person(1, 備考="別のリスト")], at=now + LATER * 2)
    assert lead_of(1).is_blocked


def test_refusals_are_lifted_when_asked_and_say_why(bring, undo, admin):
    bring([person(1)])
    saved = bring([person(1, 架電禁止="架電禁止"), person(2, 架電禁止="架電禁止")])
    assert lead_of(1).is_blocked
    assert plan_undo(saved).blocks == 2

    undo(saved, lifts_blocks=True)

    assert not DoNotCall.objects.standing().exists()
    lifted = DoNotCall.objects.first()
    assert (lifted.lifted_by, lifted.lift_reason) == (admin, "取込「リスト.csv」を元に戻したため")
    assert not lead_of(1).is_blocked
    assert saved.undo_counts["blocks_lifted"] == 2


def test_person_whose_refusal_no_number_would_keep_stays(bring, undo):
    rows = [person(1, 架電禁止="退職"), person(2, 架電禁止="")]
    saved = bring(rows)

    undo(saved)

    assert [lead.name for lead in Lead.objects.all()] == ["見本 00001"]
    assert lead_of(1).is_blocked
    assert saved.rows.get(undo=Undo.KEPT).undo_reasons == ["refused_in_list"]


def test_such_a_person_goes_when_the_refusal_is_lifted(bring, undo):
    saved = bring([person(1, 架電禁止="退職"), person(2, 架電禁止="")])

    undo(saved, lifts_blocks=True)

    assert not Lead.objects.exists()


# --- Asking for it --------------------------------------------------------------------------------------------------


def test_asking_twice_is_once(bring, undo, admin, now):
    saved = bring([person(1)])
    undo(saved)

    start_undo(lead_import=saved, by=None, now=now + LATER * 2)

    saved.refresh_from_db()
    assert (saved.status, saved.undone_by) == (Status.UNDONE, admin)


def test_what_is_not_in_the_base_cannot_be_undone(team, admin, now, lead_list):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    with pytest.raises(ValidationError) as refused:
        start_undo(lead_import=saved, by=admin, now=now)
    assert refused.value.code == "cannot_undo"

    confirmed(saved, now=now)
    LeadImport.objects.update(status=Status.CANCELLED)
    with pytest.raises(ValidationError):
        start_undo(lead_import=saved, by=admin, now=now)


def test_queries_do_not_grow_with_the_rows(bring, admin, rep, now):
    def spent(first: int, count: int) -> tuple[int, int]:
        numbers = range(first, first + count)
        bring([known(n) for n in numbers])
        bring(
            [
                person(n, 資料請求日="2026-06-15", **HISTORY)
                for n in (*numbers, *range(first + 500, first + 500 + count))
            ]
        )
        saved = LeadImport.objects.latest("pk")
        ticks.tick(now=now)
        for n in numbers:
            leases.claim(lead=lead_of(n), by=rep, now=now)
        with CaptureQueriesContext(connection) as planning:
            plan_undo(saved)
        start_undo(lead_import=saved, by=admin, now=now)
        with CaptureQueriesContext(connection) as undoing:
            run_undo(pk=saved.pk, clock=lambda: now)
        return len(planning), len(undoing)

    few, many = spent(1, 2), spent(100, 20)
    assert many[0] <= few[0]
    assert many[1] <= few[1]


# --- From a shell ---------------------------------------------------------------------------------------------------


def run(*args: object) -> dict:
    out = io.StringIO()
    call_command("undo_import", *map(str, args), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_shell_says_what_would_happen_and_then_does_it(bring, rep, now):
    saved = bring([person(1), person(2, 架電禁止="架電禁止")])
    _called(lead_of(1), rep, now)

    would = run(saved.pk, "--dry-run")
    assert Lead.objects.count() == 2
    did = run(saved.pk, "--lift-blocks")

    told = {"removed": 1, "restored": 0, "partly": 0, "kept": 1}
    assert "blocks_left" not in would
    assert did["blocks_left"] == 0
    assert (would["dry_run"], would["counts"]) == (True, {**told, "blocks": 1})
    assert did["counts"] == {**told, "blocks_lifted": 1}
    assert did["stays"][0]["reasons"][0] == {"code": "called", "reason": "架電した記録があります"}
    assert (did["file"], did["list"]) == ("リスト.csv", "展示会リスト")


def test_shell_refuses_what_is_not_there(db):
    with pytest.raises(CommandError, match="999"):
        run(999)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_shell_refuses_what_was_undone_already(bring, undo, options):
    saved = undo(bring([person(1)]))

    with pytest.raises(CommandError, match="すでに元に戻されています"):
        run(saved.pk, *options)


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_shell_refuses_what_never_reached_the_base(lead_list, admin, now, options):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)

    with pytest.raises(CommandError, match="元に戻せません"):
        run(saved.pk, *options)


def test_shell_names_the_row_where_there_is_no_lead_any_more(bring, undo):
    first = bring([person(1)])
    saved = bring([person(1)])
    undo(first)
    out = io.StringIO()

    call_command("undo_import", str(saved.pk), stdout=out)

    assert "2行目: リードがすでにありません" in out.getvalue()
    assert "None" not in out.getvalue()


def test_shell_says_how_many_refusals_stay(bring):
    saved = bring([person(1, 架電禁止="架電禁止"), person(2, 架電禁止="")])
    out = io.StringIO()

    call_command("undo_import", str(saved.pk), stdout=out)

    assert "blocks_left: 1" in out.getvalue()
