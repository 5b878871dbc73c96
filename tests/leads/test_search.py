"""Every spelling finds the lead, and a number typed in any of a thousand ways is the same number."""

import itertools

import pytest

from leads.importing.phones import e164_of
from leads.models import Lead
from leads.search import fold, query_terms, search_text
from leads.selectors import LeadFilter, leads_for
from leads.services.blocks import block_number

HYPHENS = ["-", "ー", "－", "‐", "−", "–", "―", " ", "", "."]
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
TEXT = search_text(
    company="株式会社　あおぞら商事",
    company_kana="アオゾラショウジ",
    name="髙橋 花子",
    kana="たかはし はなこ",
    email="Hanako.Takahashi@example.jp",
    numbers=["+81312345678", "+819087654321"],
)


def thousand_spellings() -> list[str]:
    """Spellings of 03-1234-5678: hyphens and widths mixed, brackets, country code, remarks."""
    plain = [f"{a}03{b}1234{c}5678" for a in ("", "TEL ") for b, c in itertools.product(HYPHENS, HYPHENS)]
    abroad = [f"{p}{b}3{b}1234{c}5678" for p in ("+81", "＋81") for b, c in itertools.product(HYPHENS, HYPHENS)]
    brackets = [f"(03){a}1234{b}5678" for a, b in itertools.product(HYPHENS, HYPHENS)]
    narrow = [*plain, *abroad, *brackets]
    wide = [spelling.translate(FULL_WIDTH) for spelling in narrow]
    return list(dict.fromkeys([*narrow, *wide]))


@pytest.mark.parametrize(
    "query",
    [
        "あおぞら",
        "アオゾラ",
        "株式会社あおぞら商事",
        "(株)あおぞら商事",
        "㈱あおぞら商事",
        "あおぞら商事株式会社",
        "ｱｵｿﾞﾗ",
        "高橋",
        "髙橋花子",
        "高橋　花子",
        "タカハシ",
        "hanako.takahashi@example.jp",
        "HANAKO",
        "hanako.takahashi",
        "@example.jp",
        "03-1234-5678",
        "0312345678",
        "312345678",
        "５６７８",
        "5678",
        "8765-4321",
        "+81 90-8765-4321",
        "03-1234-5678(代)",
        "03-1234-5678 内線12",
        "高橋 5678",
        "あおぞら 03-1234-5678",
    ],
)
def test_query_finds_the_lead(query):
    assert all(term in TEXT for term in query_terms(query))


@pytest.mark.parametrize("query", ["鈴木", "03-1234-9999", "5679", "あおぞら 鈴木", "高橋 9999", "other@example.jp"])
def test_query_leaves_out_what_is_not_there(query):
    assert not all(term in TEXT for term in query_terms(query))


def test_thousand_spellings_are_one_number():
    spellings = thousand_spellings()

    terms = {tuple(query_terms(spelling)) for spelling in spellings}

    assert len(spellings) >= 1000
    assert terms == {("0312345678",)}


def test_thousand_spellings_are_blocked_by_one_block(make_lead, now, rep):
    lead = make_lead("03-1234-5678")
    block_number(e164="+81312345678", words="もうかけないで", requested_by="山田", requested_at=now, by=rep, now=now)
    lead.refresh_from_db()

    assert lead.is_blocked
    assert {e164_of(spelling) for spelling in thousand_spellings()} == {"+81312345678"}


@pytest.mark.parametrize("sign", ["'", "。", "（）", "---", "　"])
def test_query_of_nothing_but_signs_finds_nobody_or_is_no_query(rep, make_lead, sign):
    make_lead("03-1234-5678")

    found = leads_for(rep, LeadFilter(q=sign))

    assert found.count() == (0 if sign.strip() else 1)


def test_percent_and_underscore_are_plain_signs(rep, make_lead):
    make_lead(company="株式会社百")
    hundred = make_lead(company="株式会社100%")

    assert list(leads_for(rep, LeadFilter(q="100%"))) == [hundred]
    assert not leads_for(rep, LeadFilter(q="%株")).exists()


def test_fold_never_touches_the_long_vowel():
    assert fold("サーバー") == "サーバー"


def test_search_is_folded_on_both_sides_in_the_database(rep, make_lead):
    lead = make_lead("03-1234-5678", company="株式会社サクラ", name="齋藤 一郎", email="Ichiro@example.jp")
    make_lead("03-9999-0000", company="株式会社ツバキ", name="鈴木 次郎")

    for query in ("さくら", "斎藤", "5678", "ICHIRO@EXAMPLE.JP", "(株)さくら 斎藤"):
        assert list(leads_for(rep, LeadFilter(q=query))) == [lead], query
    assert Lead.objects.count() == 2
