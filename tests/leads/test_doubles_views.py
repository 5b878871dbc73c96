"""The pages of possible duplicates: what waits, both side by side, one out of two, and back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role, User
from calls.services import leases
from leads.models import Company, CompanyDouble, Lead, LeadDouble, LeadImport, LeadList, Merge
from leads.selectors import timeline_of
from leads.services.blocks import block_lead
from leads.services.doubles import find_company_doubles, find_doubles
from tests.calls.factories import call
from tests.leads.test_views import form_of

pytestmark = pytest.mark.django_db

LIST, MERGES = reverse("leads:doubles"), reverse("leads:merges")


@pytest.fixture
def pair(make_lead, now) -> LeadDouble:
    one = make_lead("03-1234-5678", name="田中", department="営業部", memo="午前に")
    make_lead("03-1234-5678", name="田中 太郎", department="総務部", email="t@example.jp")
    find_doubles(lead_ids=[one.pk], now=now)
    return LeadDouble.objects.get()


@pytest.fixture
def companies(make_lead, now) -> CompanyDouble:
    one = make_lead("03-5555-6666", name="佐藤", company="株式会社みどり").company
    make_lead("03-5555-6666", name="鈴木", company="みどり商事")
    find_company_doubles(company_ids=[one.pk], now=now)
    return CompanyDouble.objects.get()


@pytest.fixture
def client(client_for, manager):
    return client_for(manager)


def page(kind: str, pair) -> str:
    return reverse("leads:double", args=[kind, pair.pk])


def sent(client, kind: str, pair, **choices):
    """The page's form, sent with these choices."""
    form = client.get(page(kind, pair)).context["form"]
    fields = {name: form[name].value() for name in form.fields}
    return client.post(page(kind, pair), {**fields, **choices})


# --- The list ---------------------------------------------------------------------------------------------------------


def test_pairs_are_listed_with_what_they_share(client, pair):
    html = client.get(LIST).content.decode()
    assert "田中 太郎" in html
    assert "電話番号が同じ" in html
    assert "姓が同じ" in html
    assert page("people", pair) in html


def test_companies_have_a_tab_of_their_own(client, pair, companies):
    html = client.get(LIST, {"tab": "companies"}).content.decode()
    assert "みどり商事" in html
    assert page("companies", companies) in html
    assert page("people", pair) not in html


def test_list_without_pairs_says_where_they_come_from(client):
    assert "毎晩" in client.get(LIST).content.decode()


def test_pairs_are_narrowed_to_a_list_and_an_import(client, pair, team):
    mine, other = (LeadList.objects.create(name=name, team=team) for name in ("展示会", "名簿"))
    Lead.objects.filter(pk=pair.second_id).update(lead_list=mine)
    lead_import = LeadImport.objects.create(lead_list=mine, filename="a.csv")
    LeadDouble.objects.update(lead_import=lead_import)
    for query, count in [({"list": mine.pk}, 1), ({"list": other.pk}, 0), ({"imported": lead_import.pk}, 1)]:
        assert len(client.get(LIST, query).context["page_obj"]) == count
    odd = {"list": "x", "imported": "9" * 30, "merged": "9" * 30, "apart": "x", "page": "x"}
    assert len(client.get(LIST, odd).context["page_obj"]) == 1


def test_number_of_queries_does_not_depend_on_the_pairs(client, pair, make_lead, now):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    queries()
    one = queries()
    for number in ("03-1111-1111", "03-2222-2222"):
        first = make_lead(number, name="林", company=number)
        make_lead(number, name="林 花子", company=number)
        find_doubles(lead_ids=[first.pk], now=now)
    assert LeadDouble.objects.count() == 3
    assert queries() == one


# --- Who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["rep", "agency_rep", "field_sales"])
def test_only_who_may_reassign_decides(request, client_for, pair, who):
    client = client_for(request.getfixturevalue(who))
    for url in (LIST, MERGES, page("people", pair)):
        assert client.get(url).status_code == 404
    assert client.post(reverse("leads:double_apart", args=["people", pair.pk])).status_code == 404
    assert Lead.objects.count() == 2


def test_pairs_of_other_teams_are_not_there(client_for, client, pair, companies, other_team):
    other = User.objects.create_user("m2@example.jp", "x" * 20, name="他部", role=Role.MANAGER, team=other_team)
    other.managed_teams.add(other_team)
    stranger = client_for(other)
    for kind, row in (("people", pair), ("companies", companies)):
        assert list(stranger.get(LIST, {"tab": kind}).context["page_obj"]) == []
        assert stranger.get(page(kind, row)).status_code == 404
        assert stranger.post(page(kind, row), {"kept": "first"}).status_code == 404


def test_pair_across_teams_is_the_admins(client_for, admin, manager, pair, companies, other_team):
    manager.managed_teams.add(other_team)
    Lead.objects.filter(pk=pair.second_id).update(team=other_team)
    Lead.objects.filter(company=companies.second_id).update(team=other_team)
    assert client_for(manager).get(page("people", pair)).status_code == 404
    assert client_for(manager).get(page("companies", companies)).status_code == 200
    assert client_for(admin).get(page("people", pair)).status_code == 200


def test_kind_that_is_none_is_not_there(client, pair):
    assert client.get(reverse("leads:double", args=["dogs", pair.pk])).status_code == 404
    assert client.post(reverse("leads:double_again", args=["dogs", pair.pk])).status_code == 404


# --- Side by side -----------------------------------------------------------------------------------------------------


def test_differing_fields_are_asked_and_what_goes_along_is_told(client, pair, rep, now):
    call(pair.first, rep, now, "interested")
    response = client.get(page("people", pair))
    asked = {line.name for line in response.context["lines"] if line.field}
    assert asked == {"name", "department"}
    html = response.content.decode()
    assert "架電の記録 <b>1</b>" in html
    assert "二次架電対象 <b>1</b>" in html


def test_fuller_name_and_the_lead_with_more_history_are_proposed(client, pair, rep, now):
    call(pair.first, rep, now, "no_answer")
    form = client.get(page("people", pair)).context["form"]
    assert (form["kept"].value(), form["name"].value(), form["department"].value()) == ("first", "second", "first")


def test_two_become_one_and_one_click_parts_them(client, pair):
    response = sent(client, "people", pair, kept="second", department="first")
    merge = Merge.objects.get()
    assert response.url == f"{LIST}?tab=people&merged={merge.pk}"
    lead = Lead.objects.get()
    assert (lead.pk, lead.name, lead.department, lead.memo) == (pair.second_id, "田中 太郎", "営業部", "午前に")
    undo = reverse("leads:merge_undo", args=[merge.pk])
    assert undo in client.get(response.url).content.decode()
    assert client.post(undo).url == reverse("leads:detail", args=[pair.first_id])
    assert Lead.objects.count() == 2
    assert undo not in client.get(response.url).content.decode()
    assert client.post(undo).url == MERGES


def test_two_companies_become_one(client, companies):
    response = sent(client, "companies", companies, kept="first", name="second")
    assert response.status_code == 302
    assert Company.objects.get(pk=companies.first_id).name == "みどり商事"
    assert not Company.objects.filter(pk=companies.second_id).exists()
    client.post(reverse("leads:merge_undo", args=[Merge.objects.get().pk]))
    assert Company.objects.filter(pk=companies.second_id).exists()


def test_who_was_overtaken_sees_what_stands_and_chooses_again(client, pair):
    seen = client.get(page("people", pair)).context["form"]["seen"].value()
    Lead.objects.filter(pk=pair.first_id).update(version=2, department="開発部")
    choices = {"kept": "first", "name": "first", "department": "first", "seen": seen}
    response = client.post(page("people", pair), choices)
    assert response.status_code == 409
    assert "開発部" in response.content.decode()
    assert Lead.objects.count() == 2
    again = {**choices, "seen": response.context["form"]["seen"].value()}
    assert client.post(page("people", pair), again).status_code == 302


@pytest.mark.parametrize("broken", [{"kept": "third"}, {"seen": "x"}, {"name": "both"}, {"kept": ""}])
def test_form_that_says_nothing_clear_is_refused(client, pair, broken):
    response = sent(client, "people", pair, **broken)
    assert response.status_code == 422
    assert Lead.objects.count() == 2


def test_lead_somebody_is_calling_is_refused_with_the_name(client, pair, rep, now, monkeypatch):
    monkeypatch.setattr("leads.views.doubles.clock.now", lambda: now)
    leases.claim(lead=pair.second, by=rep, now=now)
    response = sent(client, "people", pair, kept="first")
    assert response.status_code == 422
    assert "佐藤 架電さんが架電カードを開いている" in response.content.decode()


def test_pair_somebody_else_merged_is_told(client, client_for, admin, pair):
    fields = {"kept": "first", "name": "first", "department": "first", "seen": "1,1"}
    assert client_for(admin).post(page("people", pair), fields).status_code == 302
    response = client.post(page("people", pair), fields, follow=True)
    assert response.redirect_chain[0][0] == f"{LIST}?tab=people"
    assert "ほかの人が先に" in response.content.decode()
    assert Merge.objects.count() == 1


def test_blocked_lead_is_shown_as_such(client, pair, now):
    block_lead(lead=pair.first, scope="person", words="不要", requested_by="", requested_at=now, by=None, now=now)
    assert "架電禁止 <b>1</b>" in client.get(page("people", pair)).content.decode()


def test_merge_stands_in_the_story_of_the_lead(client, pair):
    sent(client, "people", pair, kept="first")
    lead = Lead.objects.get(pk=pair.first_id)
    (merge,) = [entry for entry in timeline_of(lead) if entry.kind == "edit" and entry.row.verb == "merge_lead"]
    assert merge.changes["merged"] == ["", "株式会社青空 田中 太郎"]


# --- Apart ------------------------------------------------------------------------------------------------------------


def test_two_people_are_not_offered_again_until_taken_back(client, pair):
    url = reverse("leads:double_apart", args=["people", pair.pk])
    assert client.get(url).url == page("people", pair)
    response = client.post(url)
    assert response.url == f"{LIST}?tab=people&apart={pair.pk}"
    shown = client.get(response.url)
    assert list(shown.context["page_obj"]) == []
    again = reverse("leads:double_again", args=["people", pair.pk])
    assert again in shown.content.decode()
    client.post(again)
    assert list(client.get(LIST).context["page_obj"]) == [pair]


# --- Elsewhere --------------------------------------------------------------------------------------------------------


def test_merges_are_listed_with_undo(client, pair):
    assert "統合はまだありません" in client.get(MERGES).content.decode()
    sent(client, "people", pair, kept="first")
    html = client.get(MERGES).content.decode()
    assert "株式会社青空 田中 太郎" in html
    assert reverse("leads:merge_undo", args=[Merge.objects.get().pk]) in html
    assert client.get(reverse("leads:merge_undo", args=[Merge.objects.get().pk])).url == MERGES


def test_lead_page_names_who_is_like_it(client, client_for, rep, pair):
    url = reverse("leads:detail", args=[pair.first_id])
    for who, decides in ((client, True), (client_for(rep), False)):
        html = who.get(url).content.decode()
        assert "似たリードがあります" in html
        assert (page("people", pair) in html) is decides


def test_lead_pages_count_what_waits(client, client_for, rep, pair):
    for url in (reverse("leads:list"), reverse("leads:lists")):
        assert client.get(url).context["open_doubles"] == 1
        assert LIST in client.get(url).content.decode()
        assert LIST not in client_for(rep).get(url).content.decode()


def test_lead_written_down_beside_a_like_one_is_offered(client_for, rep, make_lead):
    make_lead("03-1234-5678", name="田中 太郎")
    known = Lead.objects.get()
    url, client = reverse("leads:create"), client_for(rep)
    typed = form_of(client, url) | {"company_name": "青空", "name": "田中", "phone_0": "03-1234-5678"}
    assert "姓が同じ" in client.post(url, typed).content.decode()
    assert not LeadDouble.objects.exists()
    client.post(url, typed | {"confirmed": f"{known.pk},"})
    assert LeadDouble.objects.get().first == known
