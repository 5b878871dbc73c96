"""Decisions about columns: what is asked, what is remembered, and under which name."""

import pytest
from django.urls import reverse

from accounts.models import AuditEntry
from leads.models import Lead, LeadImport, LeadList, SavedMapping
from leads.services.imports.columns import columns_of
from tests.leads.import_files import content, imported, person, uploaded

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_for, admin):
    return client_for(admin)


@pytest.fixture
def lead_list(team) -> LeadList:
    return LeadList.objects.create(name="既存リスト", team=team)


@pytest.fixture
def upload(lead_list, admin, now):
    """`upload(**columns)`: a file of two people with these columns beside the usual ones."""

    def make(**columns: str) -> LeadImport:
        rows = [person(n, **columns) for n in (1, 2)]
        return uploaded(content(rows), lead_list=lead_list, by=admin, now=now)

    return make


def url(saved: LeadImport) -> str:
    return reverse("leads:import_columns", args=[saved.pk])


def proposed(client, saved: LeadImport, query: str = "") -> dict:
    form = client.get(url(saved) + query).context["form"]
    return {field.html_name: value for field in form if (value := field.value()) is not None}


def target(client, saved: LeadImport, header: str, query: str = "") -> str:
    return proposed(client, saved, query)[f"c{saved.header.index(header)}"]


# --- Names ----------------------------------------------------------------------------------------------------------


def test_named_mapping_is_proposed_for_the_next_file_of_the_same_shape(client, upload, admin):
    first, second = upload(), upload()

    client.post(url(first), proposed(client, first) | {"c7": "drop", "save_as": "受付システム"})

    page = client.get(url(second)).content.decode()
    assert "保存した割り当て「受付システム」を使っています。" in page
    assert target(client, second, "管理番号") == "drop"
    assert target(client, second, "管理番号", "?use=auto") == "extra"
    assert AuditEntry.objects.filter(verb="name_mapping", by=admin).count() == 1


def test_of_several_that_fit_the_one_used_last_is_proposed_and_each_can_be_chosen(client, upload):
    for name, where in (("あ", "memo"), ("い", "drop")):
        saved = upload()
        client.post(url(saved), proposed(client, saved, "?use=auto") | {"c7": where, "save_as": name})
    saved, other = upload(), SavedMapping.objects.get(name="あ")

    page = client.get(url(saved)).content.decode()

    assert target(client, saved, "管理番号") == "drop"
    assert f'href="?use={other.pk}"' in page
    assert target(client, saved, "管理番号", f"?use={other.pk}") == "memo"


def test_same_name_is_decided_anew_and_that_of_another_header_is_refused_at_its_field(client, upload):
    first, second, wider = upload(), upload(), upload(役職="部長")
    client.post(url(first), proposed(client, first) | {"save_as": "形"})

    client.post(url(second), proposed(client, second) | {"c7": "drop", "save_as": "形"})
    refused = client.post(url(wider), proposed(client, wider) | {"save_as": "形"})

    assert SavedMapping.objects.get().mapping["7"] == "drop"
    assert refused.status_code == 422
    assert "見出しの違うファイルの割り当ての名前です" in refused.content.decode()
    wider.refresh_from_db()
    assert (wider.status, wider.mapping) == ("uploaded", {})


def test_last_import_is_remembered_without_a_name_also_for_its_fixed_rows(client, lead_list, admin, now):
    imported(content([person(1)]), lead_list=lead_list, by=admin, now=now, 管理番号="drop")
    fixed = content([person(2) | {"取り込めなかった理由": "会社名も氏名もありません。"}])

    again = uploaded(content([person(3)]), lead_list=lead_list, by=admin, now=now)
    back = uploaded(fixed, lead_list=lead_list, by=admin, now=now)

    assert target(client, again, "管理番号") == target(client, back, "管理番号") == "drop"
    assert target(client, back, "取り込めなかった理由") == "drop"


def test_file_without_a_header_is_proposed_nothing_by_itself(client, upload, lead_list, admin, now):
    data = "\r\n".join(f"株式会社みほん{n},03-3000-100{n},見本 太郎" for n in range(1, 6)).encode()
    first, second = (uploaded(data, lead_list=lead_list, by=admin, now=now) for _ in range(2))
    assert first.header_line is None
    client.post(url(first), proposed(client, first) | {"c2": "memo", "save_as": "見出しなし"})

    assert not any(column.is_remembered for column in columns_of(second))
    assert "「見出しなし」を使う" in client.get(url(second)).content.decode()


def test_names_are_changed_and_deleted_on_their_page(client, admin):
    kept = [SavedMapping.objects.create(name=name, signature=name * 32, header=["会社名"], mapping={}) for name in "ab"]
    names = {saved.name: saved for saved in kept}

    renamed = client.post(reverse("leads:mapping_rename", args=[names["a"].pk]), {f"m{names['a'].pk}-name": "c"})
    taken = client.post(reverse("leads:mapping_rename", args=[names["b"].pk]), {f"m{names['b'].pk}-name": "c"})
    blank = client.post(reverse("leads:mapping_rename", args=[names["b"].pk]), {f"m{names['b'].pk}-name": " "})
    client.post(reverse("leads:mapping_delete", args=[names["a"].pk]))

    assert renamed.url == reverse("leads:mappings")
    assert (taken.status_code, blank.status_code) == (422, 422)
    assert "「c」という割り当てがすでにあります。" in taken.content.decode()
    assert list(SavedMapping.objects.values_list("name", flat=True)) == ["b"]
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "rename_mapping",
        "delete_mapping",
    ]


def test_page_of_names_is_empty_at_first(client):
    assert "保存した割り当てはまだありません" in client.get(reverse("leads:mappings")).content.decode()


@pytest.mark.parametrize("role", ["rep", "agency_rep", "field_sales", "manager"])
def test_names_do_not_exist_for_anybody_but_admins(client_for, request, role):
    saved = SavedMapping.objects.create(name="a", signature="a" * 32)
    client = client_for(request.getfixturevalue(role))

    answers = {client.get(reverse("leads:mappings")).status_code}
    answers |= {
        client.post(reverse(f"leads:mapping_{act}", args=[saved.pk])).status_code for act in ("rename", "delete")
    }

    assert answers == {404}
    assert SavedMapping.objects.exists()


# --- Which number, which company, which rest -----------------------------------------------------------------------


def run_to_the_end(client, saved: LeadImport, callbacks) -> None:
    with callbacks(execute=True):
        client.post(reverse("leads:import_confirm", args=[saved.pk]), {"policy": "fill_blanks"})


@pytest.mark.parametrize(("first", "expected"), [("電話番号", "+81330001001"), ("携帯電話", "+819011110001")])
def test_chosen_column_is_called_first_and_no_number_is_lost(
    client, upload, django_capture_on_commit_callbacks, first, expected
):
    saved = upload(携帯電話="090-1111-0001", FAX番号="03-3999-0001", FAX2="03-3999-0002")

    chosen = proposed(client, saved) | {"first_phone": saved.header.index(first)}
    client.post(url(saved), chosen)
    run_to_the_end(client, saved, django_capture_on_commit_callbacks)

    numbers = Lead.objects.get(name="見本 00001").phones.order_by("position").values_list("e164", flat=True)
    assert numbers[0] == expected
    assert set(numbers) == {"+81330001001", "+819011110001", "+81339990001", "+81339990002"}


def test_column_that_holds_no_phone_cannot_be_called_first(client, upload):
    saved = upload()

    client.post(url(saved), proposed(client, saved) | {"first_phone": "1"})

    saved.refresh_from_db()
    assert (saved.status, saved.first_phone) == ("previewed", None)


def test_company_and_office_change_places_with_one_click(client, upload):
    saved = upload(事業所名="みほん工場")
    chosen = proposed(client, saved)
    assert "会社＝<b>会社名</b>、拠点＝<b>事業所名</b>" in client.get(url(saved)).content.decode()

    answer = client.post(url(saved), chosen | {"swap": "1", "save_as": "書きかけ"})

    form = answer.context["form"]
    assert answer.status_code == 200
    assert form["c0"].value() == "office_name"
    assert form[f"c{saved.header.index('事業所名')}"].value() == "company_name"
    assert form["save_as"].value() == "書きかけ"
    assert "会社＝<b>事業所名</b>、拠点＝<b>会社名</b>" in answer.content.decode()
    saved.refresh_from_db()
    assert saved.status == "uploaded"


@pytest.mark.parametrize("rest", ["drop", "extra"])
def test_all_other_columns_are_kept_or_left_out_at_once(client, upload, rest):
    saved = upload(社内区分="甲", 社内記号="乙")
    before = proposed(client, saved)

    form = client.post(url(saved), before | {"rest": rest}).context["form"]

    after = {name: form[name].value() for name in before if name.startswith("c")}
    others = {f"c{saved.header.index(name)}" for name in ("管理番号", "社内区分", "社内記号")}
    assert {after[name] for name in others} == {rest}
    assert all(after[name] == before[name] for name in after if name not in others)


def test_page_of_five_hundred_columns_shows_each_once_and_takes_them_all(client, lead_list, admin, now):
    header = ["会社名", "電話番号", *(f"項目{n}" for n in range(498))]
    row = ["株式会社みほん", "03-3000-1001", *map(str, range(498))]
    saved = uploaded("\n".join(map(",".join, (header, row))).encode(), lead_list=lead_list, by=admin, now=now)

    html = client.get(url(saved)).content.decode()
    answer = client.post(url(saved), proposed(client, saved))

    assert html.count('class="form-select form-select-sm"') == 500
    assert html.count('<option value="company_name" selected>') == 1
    assert answer.url == reverse("leads:import_preview", args=[saved.pk])
