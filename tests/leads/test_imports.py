"""Lists into the base: what is made, what is matched, what is left alone."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from leads.importing.identifiers import check_digit
from leads.importing.phones import e164_of
from leads.inputs import Reading
from leads.models import Company, DoNotCall, ImportRow, Lead, LeadImport, LeadList, PhoneNumber, Signal, Tier
from leads.services.blocks import block_number
from leads.services.imports.columns import columns_of
from leads.services.imports.running import cancel_import, confirm_import, run_import
from leads.services.imports.uploads import reread_import
from tests.leads.import_files import confirmed, content, imported, mapped, new_list, person, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead_list(team, admin) -> LeadList:
    return LeadList.objects.create(name="展示会リスト", team=team, created_by=admin)


@pytest.fixture
def bring(lead_list, admin, now):
    """`bring(rows, …)`: a finished import of these rows."""

    def run(rows, *, encoding: str = "utf-8", delimiter: str = ",", at=now, **values) -> LeadImport:
        data = content(rows, encoding=encoding, delimiter=delimiter)
        return imported(data, lead_list=lead_list, by=admin, now=at, **values)

    return run


def counts(saved: LeadImport) -> dict[str, int]:
    return {name: count for name, count in saved.counts.items() if count}


# --- What comes in --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("cp932", ","), ("utf-8", ","), ("utf-8-sig", ","), ("utf-16", "\t"), ("utf-8", "\t"), ("cp932", ";")],
)
def test_list_comes_in_from_every_spelling_excel_writes(bring, lead_list, admin, encoding, delimiter):
    saved = bring([person(1, 会社名="㈱髙﨑商事"), person(2)], encoding=encoding, delimiter=delimiter)

    lead = Lead.objects.select_related("company").get(name="見本 00001")
    assert counts(saved) == {"new": 2}
    assert (saved.status, saved.encoding, saved.delimiter) == (LeadImport.Status.DONE, encoding, delimiter)
    assert (lead.company.name, lead.company.prefecture, lead.company.address) == (
        "㈱髙﨑商事",
        "東京都",
        "千代田区丸の内1",
    )
    assert (lead.lead_list, lead.lead_import, lead.team) == (lead_list, saved, lead_list.team)


def test_lead_can_be_found_and_called_at_once(bring):
    bring([person(1, 電話番号="330001001")])

    lead = Lead.objects.callable().get()
    phone = lead.phones.get()
    assert (phone.e164, phone.raw, phone.is_valid) == ("+81330001001", "330001001", True)
    assert "0330001001" in lead.search_text
    assert (lead.tier, lead.tier_reasons) == (Tier.C, [{"code": "no_contact"}])


def test_columns_without_a_field_stay_as_additional_information_unless_dropped(bring):
    bring([person(1)])
    bring([person(2)], 管理番号="drop")

    assert Lead.objects.get(name="見本 00001").extra == {"管理番号": "A-1"}
    assert Lead.objects.get(name="見本 00002").extra == {}


def test_reaction_of_yesterday_makes_tier_a_and_owes_a_call(bring, now):
    bring([person(1, 資料請求日="2026/06/15"), person(2, 資料請求日="2026/05/01"), person(3, 資料請求日="")])

    fresh, old, none = Lead.objects.order_by("name")
    signal = fresh.signals.get()
    assert (fresh.tier, old.tier, none.tier) == (Tier.A, Tier.A, Tier.C)
    assert signal.needs_follow_up
    assert fresh.last_reaction_at == signal.occurred_at == dt.datetime(2026, 6, 14, 15, tzinfo=dt.UTC)
    assert not old.signals.get().needs_follow_up


def test_reaction_in_the_future_is_no_reaction(bring):
    bring([person(1, 資料請求日="2026/07/01")])

    assert not Signal.objects.exists()


def test_unreadable_number_is_kept_and_not_callable(bring):
    bring([person(1, 電話番号="お問い合わせ窓口")])

    phone = PhoneNumber.objects.get()
    assert (phone.raw, phone.e164, phone.is_valid, phone.invalid_reason) == (
        "お問い合わせ窓口",
        "",
        False,
        "unreadable",
    )
    assert not Lead.objects.get().has_callable_phone


def test_two_people_of_one_company_share_it(bring):
    bring([person(1), person(2, 会社名="株式会社みほん00001", 電話番号=person(1)["電話番号"])])

    assert Lead.objects.count() == 2
    assert Company.objects.count() == 1


def test_company_name_alone_makes_neither_people_nor_companies_one(bring):
    far = {"会社名": "株式会社みほん00001", "都道府県": "大阪府", "住所": "大阪市北区9"}

    bring([person(1), person(2, **far)])

    assert Lead.objects.count() == Company.objects.count() == 2


def test_different_corporate_numbers_are_different_companies(bring):
    same = {"会社名": "株式会社同名", "氏名": "", "電話番号": "03-3000-1001", "メールアドレス": ""}

    one, other = (f"{check_digit(base)}{base}" for base in ("000000000001", "000000000002"))

    bring([person(1, **same, 法人番号=one), person(2, **same, 法人番号=other)])

    assert Company.objects.count() == Lead.objects.count() == 2


def test_offices_of_one_company_are_leads_of_their_own(bring):
    shared = {"会社名": "社会福祉法人みほん", "氏名": "", "メールアドレス": "", "電話番号": "03-3000-1001"}
    home = person(1, **shared)

    bring([home | {"事業所名": "みほんの家"}, home | {"事業所名": "みほんの丘"}])

    assert sorted(Lead.objects.values_list("office", flat=True)) == ["みほんの丘", "みほんの家"]
    assert Company.objects.count() == 1


# --- The same again -------------------------------------------------------------------------------------------------


def test_same_file_again_changes_nothing(bring):
    rows = [person(n) for n in range(1, 30)] + [person(3), {**person(4), "備考": "二度目"}]
    bring(rows, batch_size=7)
    before = list(Lead.objects.order_by("pk").values())

    again = bring(rows, batch_size=5)

    assert counts(again) == {"duplicate_in_base": 29, "duplicate_in_file": 2}
    assert list(Lead.objects.order_by("pk").values()) == before
    assert (PhoneNumber.objects.count(), Company.objects.count()) == (29, 29)


def test_same_row_is_recognised_although_the_lead_was_corrected(bring):
    bring([person(1)])
    Lead.objects.update(name="訂正 太郎", email="new@example.co.jp")
    PhoneNumber.objects.update(e164="+81399999999", raw="03-9999-9999")

    again = bring([person(1)])

    assert again.counts["new"] == 0
    assert Lead.objects.get().name == "訂正 太郎"


def test_row_that_names_nothing_but_a_company_is_not_doubled_by_its_own_file(bring):
    rows = [{"会社名": "株式会社名前だけ", "備考": "a"}, {"会社名": "株式会社名前だけ", "備考": "b"}]
    bring(rows)

    again = bring(rows)

    assert Lead.objects.count() == 2
    assert counts(again) == {"duplicate_in_base": 2}


def test_first_row_of_a_file_wins_and_later_ones_fill_its_blanks(bring):
    saved = bring([person(1, 備考=""), person(1, 備考="後から", 住所="別の住所")])

    lead = Lead.objects.select_related("company").get()
    assert counts(saved) == {"new": 1, "duplicate_in_file": 1}
    assert (lead.memo, lead.company.address) == ("後から", "千代田区丸の内1")


# --- Policies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "memo", "address", "phones"),
    [
        ("skip", "", "千代田区丸の内1", 1),
        ("fill_blanks", "新しい備考", "千代田区丸の内1", 2),
        ("overwrite", "新しい備考", "港区新橋1", 2),
    ],
)
def test_policy_decides_what_a_known_person_takes(bring, policy, memo, address, phones):
    bring([person(1)])

    saved = bring([person(1, 備考="新しい備考", 住所="港区新橋1", 携帯="090-1234-5678")], policy=policy)

    lead = Lead.objects.select_related("company").get()
    assert (lead.memo, lead.company.address, lead.phones.count()) == (memo, address, phones)
    assert counts(saved) == ({"duplicate_in_base": 1} if policy == "skip" else {"updated": 1})


def test_overwriting_again_changes_nothing_even_with_contradicting_rows(bring):
    rows = [person(1, 住所="甲"), person(2, 会社名=person(1)["会社名"], 電話番号=person(1)["電話番号"], 住所="乙")]
    bring(rows)
    bring(rows, policy="overwrite", batch_size=1)

    again = bring(rows, policy="overwrite", batch_size=1)

    assert counts(again) == {"duplicate_in_base": 2}


def test_blank_cell_never_erases(bring):
    bring([person(1, 備考="大切")])

    bring([person(1, 備考="", 住所="")], policy="overwrite")

    lead = Lead.objects.select_related("company").get()
    assert (lead.memo, lead.company.address) == ("大切", "千代田区丸の内1")


def test_owner_stage_and_override_are_never_touched(bring, rep, now):
    bring([person(1)])
    Lead.objects.update(owner=rep, stage="nurturing", tier_override="B", tier_override_until="2026-12-31")

    bring([person(1, 備考="変更", 資料請求日="2026/06/15", 営業担当="別の人")], policy="overwrite")

    lead = Lead.objects.get()
    assert (lead.owner, lead.stage, lead.tier_override, lead.tier) == (rep, "nurturing", "B", "B")


def test_update_stands_in_the_trail_and_raises_the_version(bring, admin):
    bring([person(1)])

    bring([person(1, 備考="追記")])

    lead = Lead.objects.get()
    entry = AuditEntry.objects.about(lead).get(verb="import_lead")
    assert (entry.by, entry.changes, lead.version) == (admin, {"memo": ["", "追記"]}, 2)
    assert ImportRow.objects.get(outcome="updated").changes == {"memo": ["", "追記"]}


# --- Blocks ---------------------------------------------------------------------------------------------------------


def test_blocked_number_comes_in_blocked_and_counted(bring, now):
    block_number(e164="+81330001001", words="不要", requested_by="本人", requested_at=now, by=None, now=now)

    saved = bring([person(1), person(2)])

    assert counts(saved) == {"new": 2, "blocked": 1}
    assert saved.preview["counts"]["fill_blanks"]["blocked"] == 1
    assert list(Lead.objects.callable().values_list("name", flat=True)) == ["見本 00002"]


def test_block_that_kept_only_the_hash_is_recognised(bring, now):
    block_number(e164="+81330001001", words="不要", requested_by="本人", requested_at=now, by=None, now=now)
    DoNotCall.objects.update(e164="")

    saved = bring([person(1)])

    assert saved.counts["blocked"] == saved.preview["counts"]["skip"]["blocked"] == 1
    assert Lead.objects.get().is_blocked


@pytest.mark.parametrize("policy", ["skip", "fill_blanks", "overwrite"])
def test_do_not_call_column_blocks_whatever_the_policy(bring, policy):
    bring([person(1)])

    saved = bring([person(1, 架電禁止="○"), person(2, 架電禁止=""), person(3, 架電禁止="可")], policy=policy)

    block = DoNotCall.objects.get()
    assert (block.scope, block.e164) == ("number", "+81330001001")
    assert "○" in block.words
    assert saved.counts["blocked"] == 1
    assert Lead.objects.get(name="見本 00001").is_blocked


def test_who_left_the_company_blocks_the_person_not_the_number(bring):
    shared = person(1)["電話番号"]

    bring([person(1, 退職者フラグ="1"), person(2, 電話番号=shared, 退職者フラグ="")])

    assert DoNotCall.objects.get().scope == "person"
    assert list(Lead.objects.callable().values_list("name", flat=True)) == ["見本 00002"]


# --- Preview --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("skip", {"new": 12, "duplicate_in_base": 7, "duplicate_in_file": 2, "blocked": 2, "error": 1}),
        (
            "fill_blanks",
            {"new": 12, "updated": 3, "duplicate_in_base": 4, "duplicate_in_file": 2, "blocked": 2, "error": 1},
        ),
        (
            "overwrite",
            {"new": 12, "updated": 4, "duplicate_in_base": 3, "duplicate_in_file": 2, "blocked": 2, "error": 1},
        ),
        ("create_anyway", {"new": 16, "duplicate_in_base": 3, "duplicate_in_file": 2, "blocked": 2, "error": 1}),
    ],
)
@pytest.mark.parametrize("batch_size", [4, 500])
def test_preview_counts_what_the_run_then_does(lead_list, admin, now, bring, policy, expected, batch_size):
    bring([person(n) for n in range(1, 8)])
    for number in (5, 15):
        refused = e164_of(person(number)["電話番号"])
        block_number(e164=refused, words="不要です", requested_by="", requested_at=now, by=admin, now=now)
    rows = [person(n, 備考="x" if n < 4 else "") for n in range(1, 20)]
    rows[3]["住所"] = "千代田区丸の内4-99"
    rows += [person(19), person(2, 備考="x"), person(20, 会社名="", 氏名="")]
    saved = uploaded(content(rows), lead_list=lead_list, by=admin, now=now)
    confirmed(saved, now=now, policy=policy)
    saved.refresh_from_db()
    foreseen = saved.preview["counts"][policy]

    run_import(pk=saved.pk, clock=lambda: now, batch_size=batch_size)

    saved.refresh_from_db()
    assert counts(saved) == expected
    assert saved.counts == foreseen


def test_everybody_anew_but_no_row_twice(bring, now):
    """Who is known comes in beside themselves; the same row comes in once, and a later row of the file fills blanks."""
    bring([person(1), person(2)])
    known = Lead.objects.get(name="見本 00001")
    again = [person(1, 管理番号="B-1"), person(1, 備考="あとから"), person(2)]

    saved = bring(again, policy="create_anyway", batch_size=1)

    assert counts(saved) == {"new": 1, "duplicate_in_file": 1, "duplicate_in_base": 1}
    made = Lead.objects.get(lead_import=saved)
    assert (made.company, made.memo, made.extra) == (known.company, "あとから", {"管理番号": "B-1"})
    known.refresh_from_db()
    assert (known.memo, known.extra, known.version) == ("", {"管理番号": "A-1"}, 1)
    assert counts(bring(again, policy="create_anyway")) == {"duplicate_in_base": 2, "duplicate_in_file": 1}


def test_preview_writes_nothing_but_itself(lead_list, admin, now):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)

    mapped(saved, now=now)

    assert not Lead.objects.exists()
    assert not Company.objects.exists()


def test_mapping_of_the_last_list_with_this_header_is_proposed_again(bring, lead_list, admin, now):
    bring([person(1)], 備考="hearing", 管理番号="drop")

    saved = uploaded(content([person(2)]), lead_list=lead_list, by=admin, now=now)

    targets = {column.header: column.target for column in columns_of(saved)}
    assert (targets["備考"], targets["管理番号"]) == ("hearing", "drop")


def test_ambiguous_person_in_charge_must_be_decided(lead_list, admin, now):
    saved = uploaded(content([person(1, 担当者="山田")]), lead_list=lead_list, by=admin, now=now)

    with pytest.raises(ValidationError) as refused:
        mapped(saved, now=now)

    assert "「担当者」" in str(refused.value)
    assert mapped(saved, now=now, 担当者="owner").status == LeadImport.Status.PREVIEWING


def test_percent_in_a_header_does_not_break_the_refusal(lead_list, admin, now):
    saved = uploaded(content([{"割引%s率": "1", "備考": "x"}]), lead_list=lead_list, by=admin, now=now)

    with pytest.raises(ValidationError) as refused:
        mapped(saved, now=now, **{"割引%s率": "memo", "備考": ""})

    assert refused.value.messages


# --- Order of steps -------------------------------------------------------------------------------------------------


def test_import_cannot_be_confirmed_before_its_preview(lead_list, admin, now):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)

    with pytest.raises(ValidationError, match="確認が済んでいない"):
        confirm_import(lead_import=saved, policy="skip", by=admin, now=now)


def test_confirming_twice_runs_once(lead_list, admin, now):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    confirmed(saved, now=now)
    run_import(pk=saved.pk, clock=lambda: now)

    confirm_import(lead_import=saved, policy="overwrite", by=admin, now=now)

    assert not run_import(pk=saved.pk, clock=lambda: now)
    saved.refresh_from_db()
    assert (saved.status, saved.policy, Lead.objects.count()) == ("done", "fill_blanks", 1)


def test_cancelled_import_does_not_run(lead_list, admin, now):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    confirmed(saved, now=now)

    cancel_import(lead_import=saved, by=admin, now=now)

    assert not run_import(pk=saved.pk, clock=lambda: now)
    assert not Lead.objects.exists()
    with pytest.raises(ValidationError):
        cancel_import(lead_import=saved, by=admin, now=now)


def test_file_read_another_way_forgets_its_mapping(lead_list, admin, now):
    saved = uploaded(content([person(1)], encoding="cp932"), lead_list=lead_list, by=admin, now=now)
    confirmed_targets = mapped(saved, now=now).mapping
    LeadImport.objects.update(status=LeadImport.Status.PREVIEWED)

    again = reread_import(lead_import=saved, how=Reading(header_line=None), by=admin, now=now)

    assert confirmed_targets
    assert (again.mapping, again.header[:2], again.status) == ({}, ["A", "B"], LeadImport.Status.UPLOADED)


def test_upload_confirmation_and_end_stand_in_the_trail(team, admin, now):
    saved = imported(content([person(1)]), lead_list=new_list(team), by=admin, now=now)

    trail = AuditEntry.objects.order_by("pk").values_list("verb", "by__email", "target_id")
    made = (saved.lead_list_id, saved.pk)
    assert list(trail) == [
        ("create_list", admin.email, made[0]),
        ("upload_import", admin.email, made[1]),
        ("confirm_import", admin.email, made[1]),
        ("finish_import", admin.email, made[1]),
    ]


# --- Cost -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [False, True])
def test_queries_do_not_grow_with_the_rows_of_a_batch(lead_list, admin, now, known):
    def cost(numbers: range) -> int:
        rows = [person(n, 資料請求日="2026/06/10", 架電禁止="○" if n % 2 else "") for n in numbers]
        if known:
            imported(content([person(n) for n in numbers]), lead_list=lead_list, by=admin, now=now)
        saved = uploaded(content(rows), lead_list=lead_list, by=admin, now=now)
        confirmed(saved, now=now)
        with CaptureQueriesContext(connection) as queries:
            run_import(pk=saved.pk, clock=lambda: now)
        assert saved.rows.count() == len(numbers)
        return len(queries)

    assert cost(range(100, 104)) == cost(range(200, 240))
