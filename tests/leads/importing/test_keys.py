import pytest

from leads.importing.keys import company_keys, match_keys
from tests.leads.importing.lists import cleaned

CORPORATE_NUMBER = "5070001000715"
PERSON = {"company_name": "株式会社山田商店", "person_name": "佐藤 花子"}
DESK = {"company_name": "株式会社山田商店"}
PHONE = {"phone_main": "03-1234-5678"}


def keys(**fields: str) -> tuple[str, ...]:
    return match_keys(cleaned(**fields))


def share(one: dict[str, str], other: dict[str, str]) -> bool:
    return bool(set(keys(**one)) & set(keys(**other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PERSON, {"company_name": "㈱山田商店", "person_name": "佐藤花子"}),
        (PERSON | {"email": "a@example.jp"}, {"company_name": "別名", "email": "A@example.jp", "person_name": "佐藤"}),
        (PERSON | PHONE, {"company_name": "山田", "person_name": "佐藤　花子様", "phone_main": "0312345678"}),
        (DESK | PHONE, {"company_name": "山田商店（株）", "phone_main": "+81 3 1234 5678"}),
        (
            DESK | {"address": "東京都千代田区丸の内1-1"},
            {"company_name": "㈱山田商店", "address": "東京都千代田区丸の内１"},
        ),
        (
            DESK | {"corporate_number": CORPORATE_NUMBER},
            {"company_name": "旧社名", "corporate_number": CORPORATE_NUMBER},
        ),
    ],
)
def test_same_lead_shares_a_key(one, other):
    assert share(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (DESK, DESK),
        (DESK, PERSON),
        (PERSON | PHONE, {"company_name": "株式会社山田商店", "person_name": "鈴木一郎"} | PHONE),
        (PERSON, {"company_name": "株式会社山田商会", "person_name": "佐藤 花子"}),
        (
            PERSON | {"email": "info@example.jp"},
            {"company_name": "x", "person_name": "鈴木", "email": "info@example.jp"},
        ),
        (DESK | PHONE, {"company_name": "佐藤工業"} | PHONE),
        (DESK | PHONE | {"office_name": "札幌の家"}, DESK | PHONE | {"office_name": "函館の家"}),
        (DESK | {"address": "東京都千代田区丸の内"}, DESK | {"address": "大阪府大阪市北区梅田"}),
    ],
)
def test_different_leads_share_none(one, other):
    assert not share(one, other)


def test_keys_come_strongest_first():
    found = keys(**PERSON, **PHONE, email="hanako@example.jp", corporate_number=CORPORATE_NUMBER)
    assert [key.partition(":")[0] for key in found] == ["mail", "corp", "tel", "name"]


def test_company_is_never_known_by_its_name_alone():
    assert company_keys(cleaned(**DESK)) == ()
    found = company_keys(cleaned(**DESK, **PHONE, address="東京都千代田区", corporate_number=CORPORATE_NUMBER))
    assert [key.partition(":")[0] for key in found] == ["corp", "tel", "place"]
