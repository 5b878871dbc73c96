"""The rows behind each number of an import: kept at the preview, read a page at a time, told on pages."""

import pytest
from django.urls import reverse

from leads.inputs import Reading
from leads.models import Lead, LeadImport, LeadList
from leads.services.imports import preview_rows
from leads.services.imports.preview_rows import KeptRows, directory_of, kinds_of
from leads.services.imports.previews import run_preview
from leads.services.imports.running import cancel_import, confirm_import, run_import
from leads.services.imports.uploads import reread_import
from tests.leads.import_files import content, imported, mapped, person, uploaded

pytestmark = pytest.mark.django_db
POLICIES = LeadImport.Policy.values
OUTCOMES = ("new", "updated", "duplicate_in_base", "duplicate_in_file", "blocked", "error")


@pytest.fixture
def lead_list(team) -> LeadList:
    return LeadList.objects.create(name="既存リスト", team=team)


@pytest.fixture
def client(client_for, admin):
    return client_for(admin)


@pytest.fixture
def previewed(lead_list, admin, now):
    """`previewed(rows)`: those rows as far as their preview."""

    def make(rows) -> LeadImport:
        saved = mapped(uploaded(content(rows), lead_list=lead_list, by=admin, now=now), now=now)
        run_preview(pk=saved.pk, clock=lambda: now)
        saved.refresh_from_db()
        return saved

    return make


@pytest.fixture
def mixed(lead_list, admin, now, previewed) -> LeadImport:
    """A file with rows of every outcome."""
    imported(content([person(n, 架電禁止="") for n in range(1, 6)]), lead_list=lead_list, by=admin, now=now)
    rows = [
        person(1, 架電禁止=""),  # the very same row
        person(2, 架電禁止="", 備考="追記"),  # fills a blank
        person(3, 架電禁止="", 氏名="見本 00003", 住所="千代田区大手町9"),  # only overwriting would change it
        person(6, 架電禁止=""),
        person(6, 架電禁止="", 備考="同じ方"),
        person(7, 架電禁止="架電禁止"),
        person(8, 架電禁止="", 会社名="", 氏名=""),
    ]
    return previewed(rows)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_number_of_every_policy_has_exactly_its_rows(mixed, policy):
    counts = mixed.preview["counts"][policy]

    kept = {outcome: len(KeptRows(mixed, kinds_of(policy, outcome))) for outcome in OUTCOMES}

    assert kept == counts
    assert sum(kept.values()) - kept["blocked"] == mixed.rows_total == 7


def test_rows_of_a_known_lead_say_what_would_change_there(mixed):
    (row,) = KeptRows(mixed, kinds_of("fill_blanks", "updated"))[0:50]

    assert (row["line"], row["company"], row["person"]) == (3, "株式会社みほん00002", "見本 00002")
    assert row["lead"] == Lead.objects.get(name="見本 00002").pk
    assert row["changes"]["fill_blanks"] == {"memo": ["", "追記"]}


def test_what_a_preview_foresees_is_what_the_import_writes(mixed, now):
    foreseen = {
        row["line"]: row["changes"]["overwrite"] for row in KeptRows(mixed, kinds_of("overwrite", "updated"))[0:9]
    }

    confirm_import(lead_import=mixed, policy="overwrite", by=None, now=now)
    run_import(pk=mixed.pk, clock=lambda: now)

    written = {row.line: row.changes for row in mixed.rows.filter(outcome="updated")}
    assert written == foreseen
    assert len(written) == 2


def test_pages_are_in_the_order_of_the_file_across_kinds(previewed, lead_list, admin, now):
    known = range(1, 120, 2)
    imported(content([person(n) for n in known]), lead_list=lead_list, by=admin, now=now)
    saved = previewed([person(n, 備考="" if n % 3 else "追記") for n in range(1, 121)])

    rows = KeptRows(saved, kinds_of("create_anyway", "new"))
    lines = [row["line"] for start in range(0, len(rows), 7) for row in rows[start : start + 7]]

    assert lines == sorted(set(lines))
    assert len(lines) == len(rows) == saved.preview["counts"]["create_anyway"]["new"]


def test_of_very_many_rows_only_the_first_are_kept_and_the_page_says_so(client, previewed, monkeypatch):
    monkeypatch.setattr(preview_rows, "KEPT", 60)

    saved = previewed([person(n) for n in range(1, 101)])

    rows = KeptRows(saved, ("new",))
    assert (rows.total, len(rows)) == (100, 60)
    url = reverse("leads:import_preview_rows", args=[saved.pk])
    html = client.get(url, {"outcome": "new", "page": 2}).content.decode()
    assert "全100行のうち、先頭の60行を表示しています。" in html
    assert "株式会社みほん00060" in html
    assert "株式会社みほん00050" not in html


def test_rows_go_when_the_preview_is_no_longer_the_question(previewed, admin, now):
    rows = [person(1)]
    first, second, third, fourth = (previewed(rows) for _ in range(4))

    confirm_import(lead_import=first, policy="skip", by=admin, now=now)
    cancel_import(lead_import=second, by=admin, now=now)
    reread_import(lead_import=third, how=Reading(), by=admin, now=now)
    mapped(fourth, now=now)

    for saved in (first, second, third, fourth):
        folder = directory_of(saved)
        assert not list(folder.parent.glob(f"{folder.name}*"))


def test_preview_that_is_cancelled_while_it_is_reckoned_leaves_no_rows(lead_list, admin, now):
    saved = mapped(uploaded(content([person(n) for n in range(30)]), lead_list=lead_list, by=admin, now=now), now=now)
    looks = iter(range(3))

    def clock():
        if next(looks, None) == 1:
            cancel_import(lead_import=saved, by=admin, now=now)
        return now

    run_preview(pk=saved.pk, clock=clock, batch_size=1)

    saved.refresh_from_db()
    assert saved.status == LeadImport.Status.CANCELLED
    folder = directory_of(saved)
    assert not list(folder.parent.glob(f"{folder.name}*"))


# --- Pages ----------------------------------------------------------------------------------------------------------


def test_preview_rows_page_shows_changes_and_links_the_lead(client, mixed):
    url = reverse("leads:import_preview_rows", args=[mixed.pk])
    lead = Lead.objects.get(name="見本 00003")

    html = client.get(url, {"outcome": "updated", "policy": "overwrite"}).content.decode()

    for text in ("住所", "千代田区丸の内3", "千代田区大手町9", reverse("leads:detail", args=[lead.pk])):
        assert text in html
    errors = client.get(url, {"outcome": "error"}).content.decode()
    assert "会社名も氏名もありません" in errors


@pytest.mark.parametrize("query", [{"outcome": "x"}, {"policy": "x"}, {"warning": "x"}, {"warning": "../index.json"}])
def test_unknown_rows_are_404(client, mixed, query):
    assert client.get(reverse("leads:import_preview_rows", args=[mixed.pk]), query).status_code == 404


def test_warnings_of_a_preview_open_their_rows(client, previewed):
    saved = previewed([person(n, 電話番号=f"3300010{n:02d}") for n in range(10, 13)])

    page = client.get(reverse("leads:import_preview", args=[saved.pk])).content.decode()
    rows = client.get(reverse("leads:import_preview_rows", args=[saved.pk]), {"warning": "phone_lost_zero"})

    assert "?warning=phone_lost_zero" in page
    for text in ("2行目", "4行目", "330001012 → 03-3000-1012"):
        assert text in rows.content.decode()


def test_result_opens_the_rows_of_each_outcome(client, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now)
    rows = [person(1, 備考="追記"), person(2), person(3, 会社名="", 氏名=""), person(4, 電話番号="330001004")]
    saved = imported(content(rows), lead_list=lead_list, by=admin, now=now)
    url = reverse("leads:import_rows", args=[saved.pk])

    shown = {outcome: client.get(url, {"outcome": outcome}).content.decode() for outcome in OUTCOMES}
    warned = client.get(url, {"warning": "phone_lost_zero"}).content.decode()

    assert "株式会社みほん00002" in shown["new"]
    assert "追記" in shown["updated"]
    assert "会社名も氏名もありません" in shown["error"]
    assert "この種類の行はありません" in shown["duplicate_in_file"]
    assert "株式会社みほん00004" in warned
    assert reverse("leads:detail", args=[Lead.objects.get(name="見本 00004").pk]) in warned
    assert client.get(url, {"warning": "x"}).status_code == client.get(url, {"outcome": "x"}).status_code == 404


@pytest.mark.parametrize("name", ["import_preview_rows", "import_rows"])
@pytest.mark.parametrize("role", ["rep", "agency_rep", "field_sales", "manager"])
def test_rows_do_not_exist_for_anybody_but_admins(client_for, request, mixed, role, name):
    assert client_for(request.getfixturevalue(role)).get(reverse(f"leads:{name}", args=[mixed.pk])).status_code == 404


def test_rows_of_an_import_at_another_step_lead_to_its_page(client, lead_list, admin, now):
    saved = uploaded(content([person(1)]), lead_list=lead_list, by=admin, now=now)

    for name in ("import_preview_rows", "import_rows"):
        assert client.get(reverse(f"leads:{name}", args=[saved.pk])).url == reverse(
            "leads:import_columns", args=[saved.pk]
        )
