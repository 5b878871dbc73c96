import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.importing.companies import FORMS, company_key, has_form, parse_company


@pytest.mark.parametrize(
    ("name", "key", "form", "position", "branch"),
    [
        ("株式会社 山田製作所", "山田製作所", "株式会社", "before", ""),
        ("山田製作所㈱", "山田製作所", "株式会社", "after", ""),
        ("（株）山田製作所", "山田製作所", "株式会社", "before", ""),
        ("㍿山田製作所", "山田製作所", "株式会社", "before", ""),
        ("カ)ヤマダ", "ヤマダ", "株式会社", "before", ""),
        ("ヤマダ(カ", "ヤマダ", "株式会社", "after", ""),
        ("(ｶﾌﾞ) ﾔﾏﾀﾞ", "ヤマダ", "株式会社", "before", ""),
        ("㈲カワ﨑商店", "カワ崎商店", "有限会社", "before", ""),
        ("髙島屋株式会社", "高島屋", "株式会社", "after", ""),
        ("ＡＢＣ　Ｃｏ．，Ｌｔｄ．", "ABC", "COLTD", "after", ""),
        ("KK Link", "LINK", "株式会社", "before", ""),
        ("医療法人社団　医仁会　中村記念病院", "医仁会中村記念病院", "医療法人社団", "before", ""),
        ("特定非営利活動法人　ひなた", "ひなた", "特定非営利活動法人", "before", ""),
        ("NPO法人ひなた", "ひなた", "特定非営利活動法人", "before", ""),
        ("㈶日本協会", "日本協会", "財団法人", "before", ""),
        ("株式会社　日本新聞社　札幌支社", "日本新聞社", "株式会社", "before", "札幌支社"),
        ("山田商事株式会社東京支店", "山田商事", "株式会社", "after", "東京支店"),
        ("株式会社山田商事本社", "山田商事", "株式会社", "before", "本社"),
        ("株式会社 山田屋本店", "山田屋本店", "株式会社", "before", ""),
        ("札幌支店", "札幌支店", "", "", ""),
        ("株式会社", "株式会社", "株式会社", "before", ""),
        ("横浜信用金庫", "横浜信用金庫", "", "", ""),
        ("INCORE", "INCORE", "", "", ""),
        ("マンション・サービス", "マンションサービス", "", "", ""),
        ("株式会社Ａ’ｓ　Ｐｏｃｋｅｔ", "ASPOCKET", "株式会社", "before", ""),
    ],
)
def test_company_name_is_taken_apart(name, key, form, position, branch):
    found = parse_company(name)
    assert (found.display, found.key, found.form, found.form_position, found.branch) == (
        name,
        key,
        form,
        position,
        branch,
    )


@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_is_stripped_on_both_sides(form):
    assert company_key(f"{form}山田") == company_key(f"山田 {form}") == "山田"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("日本電気株式会社", "日本電産株式会社"),
        ("ハート", "ハト"),
        ("株式会社センター", "株式会社センタ"),
        ("山田商店", "山田商会"),
    ],
)
def test_different_companies_keep_different_keys(one, other):
    assert company_key(one) != company_key(other)


def test_name_without_form_has_none():
    assert [has_form(name) for name in ("株式会社山田", "山田商店", "")] == [True, False, False]


NAMES = st.text("山田製作所ヤマダ髙﨑ABCabc・ー 　（）()株式会社有限", min_size=1, max_size=20)


@given(NAMES.map(str.strip).filter(bool))
def test_key_is_never_empty_and_stable(name):
    key = company_key(name)
    assert key
    assert key == company_key(name + " ") == company_key(name.replace("　", " "))


@given(st.text("山田製作所東西南北", min_size=1, max_size=10), st.sampled_from(["株式会社", "(株)", "㈱", "（株）"]))
def test_form_in_any_spelling_gives_the_same_key(name, form):
    assert company_key(form + name) == company_key(f"{name}　{form}") == company_key(f"株式会社 {name}")
