"""What the pages of an import tell somebody who has never seen them, where they once told too little or an untruth."""

import datetime as dt

import pytest
from django.urls import reverse

from leads.models import Lead, LeadImport, LeadList
from leads.services.imports.previews import run_preview
from leads.services.imports.running import COUNTS, cancel_import, confirm_import, run_import
from leads.templatetags.imports_ui import import_changes
from tests.leads.import_files import content, imported, mapped, new_list, person, uploaded

pytestmark = pytest.mark.django_db
Status = LeadImport.Status


@pytest.fixture
def client(client_for, admin):
    return client_for(admin)


@pytest.fixture
def lead_list(team) -> LeadList:
    return LeadList.objects.create(name="既存リスト", team=team)


@pytest.fixture
def previewed(lead_list, admin, now):
    def make(rows, at=now, **targets) -> LeadImport:
        saved = mapped(uploaded(content(rows), lead_list=lead_list, by=admin, now=now), now=now, **targets)
        run_preview(pk=saved.pk, clock=lambda: at)
        saved.refresh_from_db()
        return saved

    return make


def page(name: str, saved: LeadImport) -> str:
    return reverse(f"leads:{name}", args=[saved.pk])


def test_numbers_that_another_import_made_untrue_are_counted_again_before_they_run(
    client, previewed, lead_list, admin, now
):
    saved = previewed([person(1), person(2)])
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now + dt.timedelta(minutes=5))

    assert "数え直してから取り込んでください" in client.get(page("import_preview", saved)).content.decode()
    refused = client.post(page("import_confirm", saved), {"policy": "skip"}, follow=True)
    assert "ほかの取込で登録内容が変わりました" in refused.content.decode()
    saved.refresh_from_db()
    assert saved.status == Status.PREVIEWED

    client.post(page("import_recount", saved))
    saved.refresh_from_db()
    assert (saved.preview["counts"]["skip"]["new"], saved.preview["counts"]["skip"]["duplicate_in_base"]) == (1, 1)


def test_recounted_preview_may_run(previewed, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    saved = previewed([person(1)], at=now + dt.timedelta(minutes=1))

    confirmed = confirm_import(lead_import=saved, policy="skip", by=admin, now=now + dt.timedelta(minutes=2))

    assert confirmed.status == Status.QUEUED


def test_block_of_a_known_lead_stands_among_the_changes_before_and_after(client, previewed, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    saved = previewed([person(1, 架電禁止="○")])

    assert "架電禁止だけは登録します" in client.get(page("import_preview", saved)).content.decode()
    before = client.get(page("import_preview_rows", saved), {"policy": "skip", "outcome": "duplicate_in_base"})
    assert before.context["rows"][0]["changes"]["do_not_call"] == ["", "○"]

    confirm_import(lead_import=saved, policy="skip", by=admin, now=now)
    run_import(pk=saved.pk, clock=lambda: now)
    after = client.get(page("import_rows", saved), {"outcome": "duplicate_in_base"})
    assert "架電禁止" in [label for label, _old, _text in import_changes(after.context["rows"][0]["changes"])]
    assert Lead.objects.get().is_blocked


def test_row_of_another_company_is_warned_of_with_both_names(client, previewed, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    saved = previewed([person(1, 会社名="株式会社べつもの")])

    html = client.get(page("import_preview_rows", saved), {"warning": "other_company"}).content.decode()

    assert "会社の情報は変えません" in html
    assert "株式会社べつもの（登録済み：株式会社みほん00001）" in html


def test_warned_row_says_who_and_what_and_counts_once(client, previewed):
    saved = previewed([person(1, 電話番号="03-3000-1001 / 03-3000-1002 / 03-3000-1003")])

    warning = next(found for found in saved.preview["warnings"] if found["code"] == "phone_split")
    rows = client.get(page("import_preview_rows", saved), {"warning": "phone_split"}).context["rows"]

    assert warning["count"] == len(rows) == 1
    assert rows[0]["company"] == "株式会社みほん00001"
    assert rows[0]["reasons"][0]["value"]


def test_import_counts_warned_rows_not_their_cells(lead_list, admin, now):
    row = person(1, 電話番号="03-3000-1001 / 03-3000-1002 / 03-3000-1003")

    saved = imported(content([row]), lead_list=lead_list, by=admin, now=now)

    assert saved.warnings["phone_split"] == saved.issues.filter(code="phone_split").count() == 1


def test_given_up_import_takes_the_list_it_made_with_it(client, team, admin, now):
    saved = uploaded(content([person(1)]), lead_list=new_list(team, "一度きり"), by=admin, now=now)

    answer = client.post(page("import_cancel", saved), follow=True)

    assert "空のリスト「一度きり」も残していません" in answer.content.decode()
    assert not LeadList.objects.filter(name="一度きり").exists()
    assert not LeadImport.objects.exists()


def test_list_that_was_there_or_is_used_stays_when_an_import_is_given_up(team, lead_list, admin, now):
    first = uploaded(content([person(1)]), lead_list=new_list(team, "二度使う"), by=admin, now=now)
    uploaded(content([person(2)]), lead_list=first.lead_list, by=admin, now=now)
    third = uploaded(content([person(3)]), lead_list=lead_list, by=admin, now=now)

    cancel_import(lead_import=first, by=admin, now=now)
    cancel_import(lead_import=third, by=admin, now=now)

    assert set(LeadList.objects.values_list("name", flat=True)) == {"二度使う", "既存リスト"}
    assert LeadImport.objects.filter(status=Status.CANCELLED).count() == 2


def test_import_stopped_half_way_is_called_stopped(client, previewed, admin, now):
    saved = previewed([person(1), person(2)])
    confirm_import(lead_import=saved, policy="skip", by=admin, now=now)
    LeadImport.objects.filter(pk=saved.pk).update(
        status=Status.RUNNING, started_at=now, rows_done=1, counts=dict.fromkeys(COUNTS, 0)
    )

    html = client.post(page("import_cancel", saved), follow=True).content.decode()

    assert "取込を中止しました。取り込んだ行は残っています。" in html
    assert ">中止</span>" in html


@pytest.mark.parametrize("name", ["reread", "recount", "confirm", "cancel"])
def test_address_that_only_acts_leads_to_its_page(client, previewed, name):
    answer = client.get(page(f"import_{name}", previewed([person(1)])), follow=True)

    assert answer.status_code == 200


def test_codes_of_calls_are_shown_in_words():
    changes = {"timing": ["", "within_3_months"], "last_result": ["", "refused"], "do_not_call": ["", "○"]}

    assert import_changes(changes) == [
        ("検討時期", "", "3か月以内"),
        ("最後の架電結果", "", "お断り"),
        ("架電禁止", "", "○"),
    ]


def test_file_without_a_number_to_call_is_said_so_twice(client, previewed):
    rows = [{name: text for name, text in person(1).items() if name != "電話番号"}]
    saved = previewed(rows)

    for name in ("import_columns", "import_preview"):
        assert "架電できる電話番号の列がありません" in client.get(page(name, saved)).content.decode()


def test_preview_follows_the_chosen_policy(client, previewed, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    saved = previewed([person(1, 氏名="別人 太郎"), person(2)])

    answer = client.get(page("import_preview", saved), {"policy": "create_anyway"})

    assert len(answer.context["first"]) == 2
    assert "outcome=new&amp;policy=create_anyway" in answer.content.decode()


def test_saved_mapping_is_confirmed_and_leads_back(client, previewed):
    saved = previewed([person(1)])
    targets = {f"c{index}": target for index, target in saved.mapping.items()}

    answer = client.post(page("import_columns", saved), {**targets, "save_as": "展示会用"}, follow=True)
    mappings = client.get(reverse("leads:mappings"), {"import": saved.pk})

    assert "割り当てを「展示会用」として保存しました。" in answer.content.decode()
    assert page("import_columns", saved) in mappings.content.decode()


def test_same_file_that_was_undone_is_said_to_be_undone(client, previewed):
    first = previewed([person(1)])
    LeadImport.objects.filter(pk=first.pk).update(status=Status.UNDONE)

    html = client.get(page("import_preview", previewed([person(1)]))).content.decode()

    assert "前に取り込み、元に戻しています" in html
