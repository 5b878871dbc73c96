import pytest

from leads.importing.fields import ASKED, FIELDS, REPEATABLE, SYNONYMS, read_header
from leads.importing.mapping import ColumnMapping, propose, signature
from leads.importing.messages import FIELD_LABELS_JA


def fields_of(headers, rows=()):
    return {guess.header: guess.field for guess in propose(headers, rows)}


def test_every_synonym_means_its_field():
    wrong = [
        (header, field, read_header(header)[0])
        for field, headers in SYNONYMS.items()
        for header in headers.split()
        if read_header(header)[0] != field
    ]
    assert wrong == []


def test_every_field_has_synonyms_and_a_label():
    assert set(SYNONYMS) == set(FIELDS) == set(FIELD_LABELS_JA)
    assert set(FIELDS) >= REPEATABLE


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("会社名", "company_name"),
        (" 会　社　名 ", "company_name"),
        ("【会社名】※", "company_name"),
        ("会社名（必須）", "company_name"),
        ("ＴＥＬ", "phone_main"),
        ("tel.", "phone_main"),
        ("電話番号（会社）", "phone_main"),
        ("Ｅ－ｍａｉｌ", "email"),
        ("E_Mail", "email"),
        ("資本金（百万円）", "capital"),
        ("会社名（カナ）", "company_kana"),
        ("提出者名（英字）", None),
        ("法人電話番号", "phone_main"),
        ("事業所電話番号", "phone_office"),
        ("申請者－住所", "address"),
        ("担当者メールアドレス", "email"),
        ("担当者携帯", "phone_mobile"),
        ("名刺交換日", "signal_business_card"),
        ("資料請求日", "signal_document_request"),
        ("事業所番号", None),
        ("好きな色", None),
    ],
)
def test_header_in_any_dress_means_its_field(header, field):
    assert read_header(header)[0] == field


@pytest.mark.parametrize("header", list(ASKED))
def test_bare_word_for_two_people_is_asked(header):
    guess = propose(["会社名", header], [["山田商店", "佐藤"]])[1]
    assert guess.field is None
    assert set(guess.ambiguous_choices) == {"person_name", "owner"}


def test_kana_belongs_to_the_name_before_it():
    headers = ["会社名", "フリガナ", "氏名", "フリガナ (2)"]
    assert list(fields_of(headers).values())[:2] == ["company_name", "company_kana"]
    assert fields_of(["氏名", "フリガナ"])["フリガナ"] == "person_kana"


def test_corporation_and_office_are_told_apart():
    headers = [
        "法人の名称",
        "法人住所（市区町村）",
        "法人住所（番地以降）",
        "法人電話番号",
        "法人FAX番号",
        "事業所の名称",
    ]
    headers += ["事業所住所（市区町村）", "事業所住所（番地以降）", "事業所電話番号", "事業所FAX番号"]
    assert list(fields_of(headers).values()) == [
        "company_name",
        "city",
        "address",
        "phone_main",
        "fax",
        "office_name",
        None,
        None,
        "phone_office",
        "fax",
    ]


def test_office_is_the_company_where_nothing_else_is():
    assert fields_of(["店舗名", "電話番号"]) == {"店舗名": "company_name", "電話番号": "phone_main"}


def test_header_is_not_believed_against_its_cells():
    rows = [["山田商店", f"taro{n}@example.jp"] for n in range(5)]
    guess = propose(["会社名", "連絡先"], rows)[1]
    assert guess.field == "email"
    assert set(guess.ambiguous_choices) == {"email", "phone_main"}


def test_numbers_under_an_unknown_header_are_offered_not_assumed():
    rows = [["山田商店", f"01202004{n:02}"] for n in range(5)]
    guess = propose(["会社名", "管理コード"], rows)[1]
    assert (guess.field, guess.ambiguous_choices) == (None, ("phone_main",))


def test_columns_without_header_are_proposed_from_content():
    rows = [
        [
            "株式会社山田商店",
            "ヤマダショウテン",
            "東京都",
            "千代田区",
            "丸の内1-1-1",
            "100-0005",
            f"03-1234-56{n:02}",
            f"a{n}@example.jp",
        ]
        for n in range(10, 20)
    ]
    assert list(fields_of("ABCDEFGH", rows).values()) == [
        "company_name",
        "company_kana",
        "prefecture",
        "city",
        "address",
        "postal",
        "phone_main",
        "email",
    ]


def test_second_column_of_a_field_is_offered_as_a_choice():
    first, second = propose(["会社名", "企業名"], [])
    assert (first.field, second.field, second.ambiguous_choices) == ("company_name", None, ("company_name",))


def test_proposal_carries_confidence_and_samples():
    (guess,) = propose(["電話番号"], [["-"], ["03-1234-5678"], ["06-1234-5678"], ["x"], ["011-382-4141"]])
    assert guess.samples == ("03-1234-5678", "06-1234-5678", "x")
    assert 0.5 < guess.confidence < 0.95


def test_signature_forgets_dress_but_not_order():
    assert signature(["会社名", "ＴＥＬ"]) == signature(["会 社 名※", "tel"])
    assert signature(["会社名", "TEL"]) != signature(["TEL", "会社名"])


def test_mapping_is_stored_and_comes_back():
    mapping = ColumnMapping(("会社名", "TEL", "色"), ("company_name", "phone_main", None))
    assert mapping.to_dict() == {"0": "company_name", "1": "phone_main"}
    assert ColumnMapping.from_dict(mapping.header, mapping.to_dict()) == mapping
    assert ColumnMapping.from_names(mapping.header, {"会社名": "company_name", "ＴＥＬ": "phone_main"}) == mapping
    assert ColumnMapping.from_dict(mapping.header, {"2": "no_such_field", "9": "email"}).fields == (None, None, None)


def test_mapping_that_names_nobody_or_gives_a_field_twice_is_no_good():
    nobody = ColumnMapping(("色",), (None,))
    twice = ColumnMapping(("会社名", "企業名"), ("company_name", "company_name"))
    phones = ColumnMapping(("会社名", "TEL1", "TEL2"), ("company_name", "phone_main", "phone_main"))
    assert [problem.code for problem in nobody.problems()] == ["mapping_no_name"]
    assert [(problem.code, problem.column) for problem in twice.problems()] == [("mapping_twice", "企業名")]
    assert phones.problems() == ()
    assert (twice.can_be_called(), phones.can_be_called()) == (False, True)
