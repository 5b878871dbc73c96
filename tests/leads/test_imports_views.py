"""The pages of an import, through the client."""

import datetime as dt
import io
import os

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from kombu.exceptions import OperationalError

from accounts.models import User
from leads.importing.tabular import open_table
from leads.models import ImportIssue, Lead, LeadImport, LeadList
from leads.services.imports.held import held_upload
from leads.services.imports.running import run_import
from leads.tasks import run_import as run_import_task
from tests.leads.import_files import confirmed, content, imported, mapped, new_list, person, uploaded

pytestmark = pytest.mark.django_db
Status = LeadImport.Status


@pytest.fixture
def client(client_for, admin):
    return client_for(admin)


@pytest.fixture
def other_admin(admin) -> User:
    return User.objects.create_user("other-admin@example.jp", None, name="川口 総務", role=admin.role)


@pytest.fixture
def lead_list(team) -> LeadList:
    return LeadList.objects.create(name="既存リスト", team=team)


@pytest.fixture
def saved(lead_list, admin, now) -> LeadImport:
    return uploaded(content([person(1), person(2)]), lead_list=lead_list, by=admin, now=now)


def send(client, data: bytes, filename: str = "リスト.csv", **values):
    return client.post(reverse("leads:import_upload"), {"file": SimpleUploadedFile(filename, data), **values})


def page(name: str, saved: LeadImport) -> str:
    return reverse(f"leads:{name}", args=[saved.pk])


# --- Who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["rep", "agency_rep", "field_sales", "manager"])
def test_imports_do_not_exist_for_anybody_but_admins(client_for, request, role, saved):
    client = client_for(request.getfixturevalue(role))
    reads = [page(f"import_{name}", saved) for name in ("detail", "columns", "preview", "progress", "errors")]
    writes = [page(f"import_{name}", saved) for name in ("columns", "reread", "confirm", "cancel")]

    answers = {
        client.get(url).status_code for url in (reverse("leads:imports"), reverse("leads:import_upload"), *reads)
    }
    answers |= {client.post(url).status_code for url in (reverse("leads:import_upload"), *writes)}

    assert answers == {404}
    saved.refresh_from_db()
    assert saved.status == Status.UPLOADED


def test_unknown_import_is_404(client):
    assert client.get(reverse("leads:import_detail", args=[999])).status_code == 404


# --- Upload ---------------------------------------------------------------------------------------------------------


def test_upload_makes_a_list_with_its_provenance(client, team):
    values = {"team": team.pk, "source": "展示会", "acquired_on": "2026-06-01", "purpose": "ご案内"}

    answer = send(client, content([person(1)], encoding="cp932"), "展示会.csv", **values)

    saved = LeadImport.objects.get()
    assert answer.url == page("import_columns", saved)
    assert (saved.encoding, saved.header_line, saved.filename) == ("cp932", 1, "展示会.csv")
    made = saved.lead_list
    assert (made.name, made.team, made.source, str(made.acquired_on), made.purpose) == (
        "展示会",
        team,
        "展示会",
        "2026-06-01",
        "ご案内",
    )


def test_upload_into_a_list_that_is_there(client, lead_list):
    send(client, content([person(1)]), lead_list=lead_list.pk)

    assert LeadImport.objects.get().lead_list == lead_list


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "ファイルにデータがありません。"),
        ("会社名,電話番号\n".encode(), "見出しだけで、データの行がありません。"),
        (b"<!DOCTYPE html><html></html>", "Webページ（HTML）です"),
        (b"%PDF-1.7\n", "PDFファイルです"),
        ("会社名,電話\n日本語,1\n".encode("euc_jp"), "EUC-JP"),
        ("会社名,電話\n日本語,1\n".encode("iso2022_jp"), "ISO-2022-JP"),
        ("Company,Tel\nBlue Sky Inc.,1\n".encode("utf-16-le"), "UTF-16"),
        (b"\xff\xfe\x00\x00", "UTF-32"),
        ("会社名,電話\n株式会社青空,03\n".encode() + b"\xff\xff,1\n", "3行目に UTF-8 として読めない文字"),
        (b"PK\x03\x04" + b"0" * 50, "Excelファイルが壊れて"),
        ('会社名,電話\n"株式会社,03\n'.encode(), "2行目の「会社名」で始まった引用符"),
        ((",".join(["列"] * 600) + "\n" + ",".join(["a"] * 600)).encode(), "列が多すぎます"),
    ],
    ids=["empty", "header_only", "html", "pdf", "euc", "jis", "utf16", "utf32", "broken", "zip", "quote", "wide"],
)
def test_unreadable_file_is_refused_with_its_reason_and_leaves_nothing(client, team, data, sentence):
    answer = send(client, data, "x.csv", team=team.pk)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not LeadImport.objects.exists()
    assert not LeadList.objects.exists()


def test_upload_without_team_or_with_a_taken_name_is_refused_at_the_field(client, lead_list, other_team):
    answer = send(client, content([person(1)]))
    taken = client.post(
        reverse("leads:import_upload"),
        {"file": SimpleUploadedFile("x.csv", content([person(1)])), "name": lead_list.name, "team": other_team.pk},
    )

    assert "新しいリストのチームを選んでください" in answer.content.decode()
    assert "というリストがすでにあります" in taken.content.decode()
    assert not LeadImport.objects.exists()


def test_refused_form_keeps_what_was_typed_and_the_file(client, team, other_team):
    values = {"source": "展示会", "acquired_on": "2026-06-01", "purpose": "ご案内", "name": "秋の展示会"}

    refused = send(client, content([person(1)], encoding="cp932"), "来場者.csv", **values)

    html = refused.content.decode()
    assert refused.status_code == 422
    for text in ("新しいリストのチームを選んでください", "展示会", "2026-06-01", "ご案内", "秋の展示会", "来場者.csv"):
        assert text in html
    held = refused.context["held"]
    answer = client.post(reverse("leads:import_upload"), values | {"team": team.pk, "held": held.ticket})
    saved = LeadImport.objects.get()
    assert answer.url == page("import_columns", saved)
    assert (saved.filename, saved.encoding, saved.lead_list.name) == ("来場者.csv", "cp932", "秋の展示会")
    assert held_upload(held.ticket, by=saved.created_by) is None


def test_list_of_a_held_file_is_called_by_its_name(client, team, other_team):
    held = send(client, content([person(1)]), "来場者.csv").context["held"]

    client.post(reverse("leads:import_upload"), {"team": team.pk, "held": held.ticket})

    assert LeadList.objects.get().name == "来場者"


def test_held_file_is_given_to_its_uploader_only_and_another_choice_wins(
    client_for, other_admin, admin, team, other_team
):
    held = send(client_for(admin), content([person(1)]), "一.csv").context["held"]
    values = {"team": team.pk, "held": held.ticket}

    stranger = client_for(other_admin).post(reverse("leads:import_upload"), values)
    forged = client_for(admin).post(reverse("leads:import_upload"), values | {"held": held.ticket[:-2] + "xx"})
    chosen = send(client_for(admin), content([person(2)]), "二.csv", **values)

    assert (stranger.status_code, forged.status_code, chosen.status_code) == (422, 422, 302)
    assert "ファイルを選んでください。" in stranger.content.decode()
    assert LeadImport.objects.get().filename == "二.csv"


def test_unreadable_file_is_told_at_once_and_not_kept(client):
    answer = send(client, b"%PDF-1.7\n", "x.csv")

    html = answer.content.decode()
    assert "PDFファイルです" in html
    assert "新しいリストのチームを選んでください" in html
    assert answer.context["held"] is None


def test_held_files_nobody_came_back_for_go(client):
    old = send(client, content([person(1)]), "一.csv").context["held"]
    os.utime(default_storage.path(old.stored), (0, 0))

    send(client, content([person(2)]), "二.csv")

    assert not default_storage.exists(old.stored)


def test_file_that_is_in_already_is_pointed_out_with_its_import(client, lead_list, admin, now):
    data = content([person(1)])
    before = imported(data, lead_list=lead_list, by=admin, now=now)
    never_run = uploaded(content([person(2)]), lead_list=lead_list, by=admin, now=now)

    same = uploaded(data, lead_list=lead_list, by=admin, now=now, name="別の名前.csv")
    other = uploaded(content([person(2)]), lead_list=lead_list, by=admin, now=now)

    html = client.get(page("import_columns", same)).content.decode()
    for text in (
        "同じ内容のファイルが、すでに取り込まれています",
        page("import_detail", before),
        admin.name,
        lead_list.name,
    ):
        assert text in html
    assert never_run.sha256 == other.sha256
    assert "同じ内容のファイル" not in client.get(page("import_columns", other)).content.decode()


# --- Columns --------------------------------------------------------------------------------------------------------


def test_columns_page_shows_detection_samples_and_proposals(client, saved):
    html = client.get(page("import_columns", saved)).content.decode()

    for text in ("UTF-8", "1行目", "株式会社みほん00001", "管理番号", "追加情報として残す"):
        assert text in html


def test_columns_are_saved_and_a_small_file_is_previewed_at_once(client, saved):
    form = client.get(page("import_columns", saved)).context["form"]

    answer = client.post(page("import_columns", saved), form.initial | {f.html_name: f.value() for f in form})

    assert answer.url == page("import_preview", saved)
    html = client.get(answer.url).content.decode()
    assert "全2行をこのように取り込みます" in html


def test_undecided_column_is_asked_at_its_row(client, lead_list, admin, now):
    saved = uploaded(content([person(1, 担当="山田")]), lead_list=lead_list, by=admin, now=now)
    form = client.get(page("import_columns", saved)).context["form"]

    answer = client.post(page("import_columns", saved), {f.html_name: f.value() for f in form})

    assert answer.status_code == 422
    assert "自社担当者、氏名のどれかを選んでください" in answer.content.decode()


def test_mapping_without_a_name_or_with_a_field_twice_is_refused(client, saved):
    form = client.get(page("import_columns", saved)).context["form"]
    chosen = {f.html_name: f.value() for f in form}

    nobody = client.post(page("import_columns", saved), chosen | {"c0": "extra", "c1": "extra"})
    twice = client.post(page("import_columns", saved), chosen | {"c0": "person_name"})

    assert "会社名・氏名の列が見つかりません" in nobody.content.decode()
    for sentence in ("「氏名」は「氏名」にも割り当てられています", "「氏名」は「会社名」にも割り当てられています"):
        assert sentence in twice.content.decode()
    saved.refresh_from_db()
    assert saved.status == Status.UPLOADED


def test_file_is_read_again_as_told_and_nonsense_is_refused(client, lead_list, admin, now):
    saved = uploaded(content([person(1)], encoding="cp932"), lead_list=lead_list, by=admin, now=now)

    wrong = client.post(page("import_reread", saved), {"encoding": "utf-8", "header_line": ""})
    right = client.post(page("import_reread", saved), {"encoding": "", "delimiter": "", "header_line": "0"})

    assert wrong.status_code == 422
    assert "UTF-8 として読めない文字があります" in str(wrong.context["reading"].errors["encoding"])
    assert right.url == page("import_columns", saved)
    saved.refresh_from_db()
    assert (saved.header_line, saved.header[0]) == (None, "A")


def test_header_line_that_is_not_there_is_told_at_its_field(client, saved):
    wrong = client.post(page("import_reread", saved), {"header_line": "40"})

    assert "40行目を見出しに指定されました" in str(wrong.context["reading"].errors["header_line"])
    assert wrong.context["reading"]["header_line"].value() == "40"


# --- Preview and run ------------------------------------------------------------------------------------------------


def test_preview_shows_counts_for_each_policy_errors_and_cleaning(client, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    rows = [person(1, 備考="追記"), person(2, 電話番号="330001002"), person(3, 会社名="", 氏名="")]
    saved = uploaded(content(rows), lead_list=lead_list, by=admin, now=now)
    confirmed_targets(client, saved)

    html = client.get(page("import_preview", saved)).content.decode()

    for text in ("4行目「会社名」", "会社名も氏名もありません", "330001002", "03-3000-1002"):
        assert text in html
    rows = page("import_preview_rows", saved)
    assert f'<a href="{rows}?policy=fill_blanks&amp;outcome=updated">1</a>' in html
    assert f'<a href="{rows}?policy=skip&amp;outcome=duplicate_in_base">1</a>' in html
    assert f'<a href="{rows}?policy=skip&amp;outcome=updated">' not in html
    assert Lead.objects.count() == 1


def confirmed_targets(client, saved) -> None:
    form = client.get(page("import_columns", saved)).context["form"]
    client.post(page("import_columns", saved), {f.html_name: f.value() for f in form})


def test_confirmed_import_runs_and_shows_its_result(client, saved, django_capture_on_commit_callbacks):
    confirmed_targets(client, saved)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page("import_confirm", saved), {"policy": "skip"})

    html = client.get(answer.url).content.decode()
    assert "2行の取込が終わりました" in html
    assert f"{reverse('leads:list')}?list={saved.lead_list_id}" in html
    assert Lead.objects.count() == 2


def test_dead_broker_never_turns_confirming_into_an_error(
    client, saved, django_capture_on_commit_callbacks, monkeypatch
):
    confirmed_targets(client, saved)

    def dead(*args, **kwargs):
        raise OperationalError

    monkeypatch.setattr(run_import_task, "apply_async", dead)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(page("import_confirm", saved), {"policy": "fill_blanks"}, follow=True)

    saved.refresh_from_db()
    assert (answer.status_code, saved.status) == (200, Status.QUEUED)
    assert "順番を待っています" in answer.content.decode()


def test_progress_survives_a_reload_and_ends_in_the_result(client, lead_list, admin, now):
    rows = [person(n) for n in range(1, 8)]
    saved = confirmed(uploaded(content(rows), lead_list=lead_list, by=admin, now=now), now=now)
    LeadImport.objects.update(status=Status.RUNNING, rows_done=3, rows_total=7)

    running = client.get(page("import_progress", saved))
    reloaded = client.get(page("import_detail", saved)).content.decode()
    LeadImport.objects.update(rows_done=0)
    run_import(pk=saved.pk, clock=lambda: now)
    finished = client.get(page("import_progress", saved))

    assert 'max="7" value="3"' in running.content.decode()
    assert 'max="7" value="3"' in reloaded
    assert "HX-Refresh" not in running.headers
    assert finished.headers["HX-Refresh"] == "true"


def test_progress_tells_how_fast_and_how_long(client, saved, now, monkeypatch):
    monkeypatch.setattr("config.clock.now", lambda: now)
    begun = now - dt.timedelta(seconds=100)
    held_until = now + dt.timedelta(minutes=1)
    values = {"rows_done": 10_000, "rows_total": 40_000, "started_at": begun, "claimed_until": held_until}
    LeadImport.objects.update(status=Status.RUNNING, **values)

    running = client.get(page("import_progress", saved)).content.decode()
    LeadImport.objects.update(claimed_until=now - dt.timedelta(seconds=1))
    stopped = client.get(page("import_progress", saved)).content.decode()

    assert "毎秒100行" in running
    assert "残り約5分" in running
    assert "再開を待っています" not in running
    assert "再開を待っています" in stopped


def test_confirming_before_the_preview_leads_back(client, saved):
    answer = client.post(page("import_confirm", saved), {"policy": "skip"})

    assert answer.url == page("import_columns", saved)


def test_cancelled_import_says_so(client, saved):
    answer = client.post(page("import_cancel", saved), follow=True)

    assert "取込を取り消しました。何も登録していません。" in answer.content.decode()


def test_file_that_falls_apart_further_down_fails_with_its_line(client, lead_list, admin, now):
    good = content([person(n) for n in range(1, 200)])
    saved = uploaded(good + '"株式会社"閉じない,x\r\n'.encode(), lead_list=lead_list, by=admin, now=now)
    confirmed_targets(client, saved)

    html = client.get(page("import_detail", saved)).content.decode()

    assert "201行目" in html
    assert "余分な引用符" in html or "引用符" in html
    assert not Lead.objects.exists()


# --- Refused rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-16"])
def test_error_file_has_the_columns_of_the_upload_and_the_reason(client, lead_list, admin, now, encoding):
    rows = [person(1), person(2, 会社名="", 氏名="", 備考="=1+1")]
    saved = imported(content(rows, encoding=encoding), lead_list=lead_list, by=admin, now=now)

    data = b"".join(client.get(page("import_errors", saved)).streaming_content)

    table = open_table(data, encoding=encoding if encoding != "utf-8" else "utf-8-sig")
    (row,) = table.rows()
    cells = dict(zip(table.header, row.cells, strict=True))
    assert list(table.header) == [*rows[0], "取り込めなかった理由"]
    assert "会社名も氏名もありません" in cells["取り込めなかった理由"]
    assert "3行目" in cells["取り込めなかった理由"]
    assert cells["備考"] == "'=1+1"


def test_fixed_error_file_brings_in_only_what_was_missing(client, lead_list, admin, now):
    saved = imported(content([person(1), person(2, 会社名="", 氏名="")]), lead_list=lead_list, by=admin, now=now)
    data = b"".join(client.get(page("import_errors", saved)).streaming_content)
    lines = data.decode("utf-8-sig").splitlines()
    fixed = "\n".join([lines[0], "株式会社直した,直 太郎" + lines[1][1:]])

    again = imported(fixed.encode("utf-8-sig"), lead_list=lead_list, by=admin, now=now)

    assert again.counts["new"] == 1
    assert "取り込めなかった理由" not in Lead.objects.get(name="直 太郎").extra


def test_ten_thousand_broken_rows_are_refused_one_by_one(client, lead_list, admin, now):
    lines = io.StringIO()
    lines.write("会社名,電話番号\r\n")
    lines.writelines(f",03-0000-{n:04d}\r\n" if n % 2 else f"株式会社{n},1,2,3\r\n" for n in range(10_000))
    saved = uploaded(lines.getvalue().encode(), lead_list=lead_list, by=admin, now=now)
    mapped(saved, now=now)
    LeadImport.objects.update(status=Status.RUNNING)

    run_import(pk=saved.pk, clock=lambda: now)

    saved.refresh_from_db()
    assert saved.counts["error"] == 10_000
    assert ImportIssue.objects.filter(is_error=True).values("line").distinct().count() == 10_000
    html = client.get(page("import_detail", saved)).content.decode()
    assert "3行目「会社名」" in html
    assert not Lead.objects.exists()


# --- History --------------------------------------------------------------------------------------------------------


def test_history_is_empty_at_first(client):
    assert "取り込んだリストはまだありません" in client.get(reverse("leads:imports")).content.decode()


def test_history_tells_who_what_and_where_from(client, team, admin, now):
    imported(content([person(1)]), lead_list=new_list(team), by=admin, now=now)

    html = client.get(reverse("leads:imports")).content.decode()

    for text in ("リスト.csv", "展示会リスト", "展示会", "自社サービスのご案内", admin.name, "完了"):
        assert text in html


def test_history_costs_the_same_for_one_and_three(client, lead_list, admin, now, django_assert_max_num_queries):
    def cost() -> int:
        with django_assert_max_num_queries(30) as queries:
            client.get(reverse("leads:imports"))
        return len(queries)

    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    one = cost()
    for n in (2, 3):
        imported(content([person(n)]), lead_list=lead_list, by=admin, now=now)

    assert cost() == one
