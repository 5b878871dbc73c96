"""Undo and history on screen: asked before, shown while, listed after; for all but admins not there."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from calls.services import leases
from config import clock
from leads.models import DoNotCall, ImportRow, Lead, LeadImport, LeadList
from leads.services.imports.undoing import start_undo
from leads.views.import_history import PAGE
from tests.leads.import_files import content, imported, new_list, person, uploaded

pytestmark = pytest.mark.django_db
Status = LeadImport.Status
HISTORY = reverse("leads:imports")


@pytest.fixture
def lead_list(team) -> LeadList:
    values = {"source": "展示会", "acquired_on": dt.date(2026, 6, 1), "purpose": "自社サービスのご案内"}
    return LeadList.objects.create(name="展示会リスト", team=team, **values)


@pytest.fixture
def done(lead_list, admin, now) -> LeadImport:
    """An import of three people, of whom the first has been worked on and the second refused in the list."""
    rows = [person(1), person(2, 架電禁止="架電禁止"), person(3)]
    saved = imported(content(rows), lead_list=lead_list, by=admin, now=now)
    leases.claim(lead=Lead.objects.get(name="見本 00001"), by=admin, now=now)
    return saved


@pytest.fixture
def page(client_for, admin):
    """`page(address)`: what an admin is shown."""
    client = client_for(admin)
    return lambda address: client.get(address).content.decode()


def address(saved: LeadImport, name: str = "import_undo") -> str:
    return reverse(f"leads:{name}", args=[saved.pk])


@pytest.mark.parametrize("person_of", ["rep", "manager", "agency_rep", "field_sales"])
@pytest.mark.parametrize("name", ["import_undo", "import_undo_progress"])
def test_not_there_for_anybody_but_admins(request, client_for, done, person_of, name):
    client = client_for(request.getfixturevalue(person_of))

    assert client.get(address(done, name)).status_code == 404
    assert client.post(address(done)).status_code == 404
    done.refresh_from_db()
    assert done.status == Status.DONE


def test_asks_with_numbers_and_names_before_it_happens(page, done):
    shown = page(address(done))

    assert "削除するリード" in shown
    assert "株式会社みほん00001 見本 00001" in shown
    assert reverse("leads:detail", args=[Lead.objects.get(name="見本 00001").pk]) in shown
    assert "架電カードが開かれています" in shown
    assert "架電禁止も解除する（1件）" in shown
    assert "2件のリードを削除します" in shown
    assert Lead.objects.count() == 3


@pytest.mark.parametrize(("data", "left"), [({}, 1), ({"lifts_blocks": "on"}, 0)])
def test_journey_from_the_result_page_to_the_list_of_what_stayed(
    client_for, admin, done, data, left, django_capture_on_commit_callbacks
):
    client = client_for(admin)
    assert address(done) in client.get(address(done, "import_detail")).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(address(done), data)

    assert answer.url == address(done)
    result = client.get(answer.url).content.decode()
    assert "山本 総括 がこの取込を元に戻しました" in result
    assert "2行目" in result
    assert "架電カードが開かれています" in result
    assert [lead.name for lead in Lead.objects.all()] == ["見本 00001"]
    assert DoNotCall.objects.standing().count() == left
    assert ("架電禁止1件は残っています" in result) == bool(left)
    assert (f"{reverse('leads:blocks')}?q=%E5%B1%95" in result) == bool(left)
    shown = client.get(reverse("leads:blocks"), {"q": done.lead_list.name}).content.decode()
    assert ("リスト「展示会リスト」の架電禁止の列" in shown) == bool(left)
    detail = client.get(address(done, "import_detail")).content.decode()
    assert "この取込は元に戻しました" in detail
    assert "この取込を元に戻す<" not in detail


def test_progress_survives_a_reload_and_ends_by_itself(client_for, admin, done, now):
    client = client_for(admin)
    start_undo(lead_import=done, by=admin, now=now)

    shown = client.get(address(done)).content.decode()
    assert 'max="3" value="0"' in shown
    polled = client.get(address(done, "import_undo_progress"))
    assert "HX-Refresh" not in polled
    assert "<html" not in polled.content.decode()
    assert address(done) in client.get(address(done, "import_detail")).content.decode()

    LeadImport.objects.update(status=Status.UNDONE, undone_at=now)
    assert client.get(address(done, "import_undo_progress"))["HX-Refresh"] == "true"


@pytest.mark.parametrize(
    ("seconds", "rows", "words"),
    [(1, 10, None), (10, 0, None), (10, 10, "残り約80秒"), (10, 90, "残り約0秒"), (60, 10, "残り約8分")],
)
def test_progress_tells_how_long_it_will_take(page, done, now, monkeypatch, seconds, rows, words):
    monkeypatch.setattr(clock, "now", lambda: now)
    began = now - dt.timedelta(seconds=seconds)
    counts = {"rows": 10 + rows, "of": 100, "began_after": 10, "began_at": began.isoformat()}
    claimed = now + dt.timedelta(minutes=1)
    LeadImport.objects.update(status=Status.UNDOING, undo_counts=counts, claimed_until=claimed)

    shown = page(address(done))

    assert ("残り約" in shown) == bool(words)
    assert words is None or words in shown
    assert "順番を待っています" not in shown


def test_undo_nobody_works_on_says_that_it_waits(page, done, admin, now):
    start_undo(lead_import=done, by=admin, now=now)

    shown = page(address(done))

    assert "順番を待っています" in shown
    assert "残り約" not in shown


def test_asking_twice_starts_it_once(client_for, admin, done, rep):
    client = client_for(admin)
    client.post(address(done))
    client.post(address(done), {"lifts_blocks": "on"})

    done.refresh_from_db()
    assert (done.status, done.undo_lifts_blocks) == (Status.UNDOING, False)


def test_what_is_not_in_the_base_is_not_asked_about(client_for, admin, now, lead_list):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    client = client_for(admin)

    assert client.get(address(saved)).url == address(saved, "import_detail")
    assert client.post(address(saved)).url == address(saved, "import_detail")
    saved.refresh_from_db()
    assert saved.status == Status.UPLOADED


def test_kept_rows_come_in_pages(page, done, now):
    LeadImport.objects.update(status=Status.UNDONE, undone_at=now)
    rows = [
        ImportRow(lead_import=done, line=n, outcome="new", digest=str(n), undo="kept", undo_reasons=["edited"])
        for n in range(100, 220)
    ]
    ImportRow.objects.bulk_create(rows)

    assert "219行目" in page(f"{address(done)}?page=3")
    assert "219行目" not in page(address(done))


# --- History --------------------------------------------------------------------------------------------------------


def test_history_tells_who_when_what_and_where_from(page, done, admin, now):
    start_undo(lead_import=done, by=admin, now=now)
    LeadImport.objects.update(status=Status.UNDONE, undone_at=now + dt.timedelta(hours=1))

    shown = page(HISTORY)

    for words in ("リスト.csv", "展示会リスト", "展示会", "取得 6/1(月)", "自社サービスのご案内", "空欄だけ補う"):
        assert words in shown
    assert "元に戻し済み" in shown
    assert "6/16(火) 11:00 山本 総括" in shown
    assert "6/16(火) 10:00 · 空欄だけ補う" in shown


def test_history_is_narrowed_by_list_and_person(page, done, team, rep, admin, now):
    other = uploaded(content([person(9)]), lead_list=new_list(team, "購入リスト"), by=rep, now=now, name="購入.csv")

    assert "購入.csv" in page(HISTORY)
    assert "購入.csv" not in page(f"{HISTORY}?list={done.lead_list_id}")
    assert "リスト.csv" not in page(f"{HISTORY}?list={other.lead_list_id}")
    assert "購入.csv" not in page(f"{HISTORY}?by={admin.pk}")
    assert "条件に合う取込はありません" in page(f"{HISTORY}?by={rep.pk}&list={done.lead_list_id}")
    assert "購入.csv" in page(f"{HISTORY}?list=nonsense&by=999")


def test_history_without_imports_says_what_to_do(page):
    assert "取り込んだリストはまだありません" in page(HISTORY)


def test_long_history_comes_in_pages_with_the_same_queries(client_for, admin, lead_list, done):
    client = client_for(admin)

    def spent() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(HISTORY)
        return len(queries)

    few = spent()
    for n in range(PAGE + 5):
        LeadImport.objects.create(lead_list=lead_list, filename=f"{n:03d}.csv", file=ContentFile(b"", "x.csv"))
    assert spent() == few
    assert "リスト.csv" in client.get(f"{HISTORY}?page=2").content.decode()
