"""`manage.py import_leads`: the same road from a shell, with real files where they are at hand."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from leads.models import Company, Lead, LeadImport, LeadList, SavedMapping
from tests.leads.import_files import content, person

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "japan"


def run(*args: object) -> dict:
    out = io.StringIO()
    call_command("import_leads", *map(str, args), "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "見込み客.csv"
    path.write_bytes(content([person(1), person(2), person(3, 会社名="", 氏名="")], encoding="cp932"))
    return path


@pytest.fixture
def real():
    """`real(name)`: one of the real files beside the project."""
    if not DATA.is_dir():
        pytest.skip("no ../shared/data beside the project")
    return lambda name: DATA / name


def test_file_comes_in_and_json_says_everything(file, team):
    answer = run(file)

    assert (answer["encoding"], answer["delimiter"], answer["header_line"], answer["rows"]) == ("cp932", ",", 1, 3)
    assert answer["mapping"]["電話番号"] == "phone_main"
    assert answer["mapping"]["管理番号"] == "extra"
    assert answer["counts"] == {
        "new": 2,
        "updated": 0,
        "duplicate_in_file": 0,
        "duplicate_in_base": 0,
        "blocked": 0,
        "error": 1,
    }
    (issue,) = answer["issues"]
    assert (issue["line"], issue["column"], issue["code"]) == (4, "会社名", "row_without_name")
    assert issue["reason"] == "会社名も氏名もありません。"
    assert Lead.objects.filter(lead_list__name="見込み客", team=team).count() == 2


def test_dry_run_says_the_same_and_writes_nothing(file):
    answer = run(file, "--dry-run")

    assert answer["counts"]["new"] == 2
    assert answer["issues"][0]["line"] == 4
    assert not LeadImport.objects.exists()
    assert not Lead.objects.exists()


def test_options_decide_list_team_policy_and_columns(file, team, other_team):
    run(file, "--list", "A社リスト", "--team", other_team.name, "--mapping", "管理番号=drop,備考=hearing")
    file.write_bytes(content([person(1, 備考="追記")], encoding="cp932"))

    again = run(file, "--list", "A社リスト", "--policy", "skip", "--encoding", "cp932")

    assert LeadList.objects.get().team == other_team
    assert Lead.objects.get(name="見本 00001").extra == {}
    assert again["counts"]["duplicate_in_base"] == 1


@pytest.mark.parametrize(
    ("data", "args", "code"),
    [
        (b"", (), "empty_file"),
        (b"<html></html>", (), "format_html"),
        ("備考\nあ\n".encode(), (), "mapping_no_name"),
        ("会社名,担当者\n株式会社あ,い\n".encode(), (), "mapping_undecided"),
        ("会社名\n株式会社あ\n".encode(), ("--mapping", "社名x=company_name"), "mapping_unknown_column"),
        ("会社名\n株式会社あ\n".encode(), ("--mapping", "会社名=nonsense"), "mapping_unknown_field"),
        ("会社名\n株式会社あ\n".encode("cp932"), ("--encoding", "utf-8"), "encoding_broken"),
        ('会社名\n株式会社あ\n"い\n'.encode(), (), "quote_unclosed"),
    ],
)
def test_refusal_names_its_reason_and_ends_with_a_status(tmp_path, team, data, args, code):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    out = io.StringIO()

    with pytest.raises(CommandError) as refused:
        call_command("import_leads", str(path), *args, "--json", stdout=out)

    answer = json.loads(out.getvalue())["refused"]
    assert answer["code"] == code
    assert answer["reason"] == str(refused.value)
    assert not Lead.objects.exists()


def test_new_list_needs_a_team_when_there_are_several(file, team, other_team):
    with pytest.raises(CommandError, match="--team"):
        run(file)


def test_provenance_of_a_new_list_is_written_down(file, team):
    run(file, "--source", "名簿の会社", "--acquired-on", "2026-06-01", "--purpose", "ご案内")

    made = LeadList.objects.get()
    assert (made.source, str(made.acquired_on), made.purpose) == ("名簿の会社", "2026-06-01", "ご案内")


def test_mapping_is_kept_under_a_name_and_used_by_it(file, team):
    first = run(file, "--mapping", "管理番号=drop,備考=hearing", "--save-mapping", "A社の形")
    file.write_bytes(content([person(4)], encoding="cp932"))

    again = run(file, "--mapping", "A社の形")

    assert again["mapping"] == first["mapping"]
    assert again["mapping"]["管理番号"] == "drop"
    assert SavedMapping.objects.get().name == "A社の形"


def test_first_phone_is_the_number_of_the_named_column(tmp_path, team):
    path = tmp_path / "x.csv"
    path.write_bytes(content([person(1, 携帯電話="090-1111-0001")]))

    answer = run(path, "--first-phone", "携帯電話")

    assert answer["first_phone"] == "携帯電話"
    numbers = Lead.objects.get().phones.order_by("position").values_list("e164", flat=True)
    assert list(numbers) == ["+819011110001", "+81330001001"]


def test_dry_run_names_every_refused_row(tmp_path, team):
    path = tmp_path / "x.csv"
    path.write_bytes(content([person(n, 会社名="", 氏名="") for n in range(1, 121)]))

    answer = run(path, "--dry-run")

    assert [issue["line"] for issue in answer["issues"]] == list(range(2, 122))
    assert answer["counts"]["error"] == 120


def test_the_very_same_file_is_pointed_out(file, team):
    first = run(file)

    assert run(file)["same_file"] == [first["import"]]
    assert first["same_file"] == []


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--mapping", "知らない名前"), "mapping_unknown_name"),
        (("--mapping", "別の形"), "mapping_of_other_header"),
        (("--save-mapping", "別の形"), "mapping_name_taken"),
        (("--first-phone", "ない列"), "mapping_unknown_column"),
        (("--first-phone", "氏名"), "first_phone_no_phone"),
    ],
)
def test_option_that_does_not_fit_is_refused_before_anything_is_written(file, team, args, code):
    SavedMapping.objects.create(name="別の形", signature="0" * 32, header=["会社"], mapping={"0": "company_name"})
    out = io.StringIO()

    with pytest.raises(CommandError):
        call_command("import_leads", str(file), *args, "--json", stdout=out)

    assert json.loads(out.getvalue())["refused"]["code"] == code
    assert not LeadImport.objects.exists()


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "rows", "encoding"),
    [("pref_saga.csv", 149, "utf-8"), ("pref_aichi.csv", 254, "utf-8"), ("pref_tokyo.csv", 901, "utf-8")],
)
def test_real_list_comes_in_can_be_called_and_is_the_same_again(real, team, name, rows, encoding):
    answer = run(real(name))
    again = run(real(name))

    assert (answer["rows"], answer["encoding"], answer["counts"]["error"]) == (rows, encoding, 0)
    assert answer["counts"]["new"] + answer["counts"]["duplicate_in_file"] == rows
    assert again["counts"]["new"] == again["counts"]["updated"] == 0
    assert Lead.objects.callable().count() >= 0.98 * answer["counts"]["new"]


@pytest.mark.realdata
def test_ten_thousand_real_facilities_come_in_from_cp932(real, team):
    foreseen = run(real("facilities_cp932.csv"), "--dry-run")

    answer = run(real("facilities_cp932.csv"))

    assert answer["counts"] == foreseen["counts"]
    assert (answer["encoding"], answer["header_line"], answer["rows"]) == ("cp932", 1, 10_386)
    assert answer["counts"]["error"] == 0
    assert Lead.objects.callable().count() >= 0.99 * answer["counts"]["new"]
    numbers = Company.objects.exclude(corporate_number="").values_list("corporate_number", flat=True)
    assert len(numbers) == len(set(numbers))
