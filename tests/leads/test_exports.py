"""Leads out as a file and back in: nothing runs in a spreadsheet, nothing is lost on the way, everything is logged."""

import csv
import datetime as dt
import io
import re
import unicodedata
import zipfile
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry
from leads.exports import Format, written
from leads.importing.exported import EXTRA_PREFIX
from leads.importing.mapping import propose
from leads.importing.phones import parse_phones
from leads.importing.tabular import open_table
from leads.models import Company, DoNotCall, ImportRow, Lead, LeadImport, LeadList, PastCall, PhoneNumber, Signal
from leads.selectors import LeadFilter
from leads.services import exports
from leads.services.blocks import block_lead, block_number, lift_block
from leads.services.exports import COLUMNS, EXTRA_LIMIT, FIELDS, FOR_READING, Extras, export_leads, header_of
from leads.services.imports.columns import columns_of
from leads.services.phones import mark_invalid
from tests.leads.import_files import content, imported, new_list, person, uploaded

TOKYO = ZoneInfo("Asia/Tokyo")
URL = reverse("leads:export")
EXPECTED = {
    "会社名": "company_name",
    "会社名カナ": "company_kana",
    "法人番号": "corporate_number",
    "事業所名": "office_name",
    "郵便番号": "postal",
    "都道府県": "prefecture",
    "住所": "address",
    "業種": "industry",
    "従業員数": "employees",
    "URL": "url",
    "氏名": "person_name",
    "氏名カナ": "person_kana",
    "部署": "department",
    "役職": "title",
    "メールアドレス": "email",
    "電話番号": "phone_main",
    "直通電話": "phone_direct",
    "携帯電話": "phone_mobile",
    "その他の電話番号": "phone_office",
    "FAX番号": "fax",
    "架電禁止": "do_not_call",
    "流入元": "source",
    "資料請求日": "signal_document_request",
    "問合せ日": "signal_inquiry",
    "セミナー参加日": "signal_seminar",
    "返信日": "signal_reply",
    "名刺交換日": "signal_business_card",
    "前回架電日": "called_at",
    "架電結果": "call_result",
    "ヒアリング内容": "hearing",
    "課題": "hearing_problem",
    "決裁者": "hearing_decision_maker",
    "検討時期": "hearing_timing",
    "予算": "hearing_budget",
    "懸念点": "hearing_concerns",
    "導入背景": "hearing_background",
    "決裁プロセス": "hearing_approval_process",
    "競合": "hearing_competitors",
    "備考": "memo",
}


def file_of(user, now, kind: Format = Format.CSV, wanted: LeadFilter | None = None) -> bytes:
    file = export_leads(wanted=wanted or LeadFilter(sort="created"), words={}, kind=kind, by=user, now=now)
    return b"".join(file.parts)


def rows_in(data: bytes) -> list[dict[str, str]]:
    """What stands in the file, read by nobody's importer."""
    table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [dict(zip(table[0], cells, strict=True)) for cells in table[1:]]


def base() -> list[tuple]:
    """Everything a file is to bring back, lead by lead; how a readable number was once typed is not part of it."""
    return sorted(
        (_lead(lead) for lead in Lead.objects.select_related("company")),
        key=repr,
    )


COMPANY_FIELDS = (
    *("name", "name_key", "kana", "corporate_number", "industry", "employees"),
    *("postal_code", "prefecture", "address", "url"),
)
LEAD_FIELDS = (
    *("name", "kana", "department", "title", "office", "email", "memo", "source"),
    *("is_blocked", "has_callable_phone"),
)


def _lead(lead: Lead) -> tuple:
    phones = sorted((p.label, p.e164 or p.raw, p.extension, p.is_valid, p.invalid_reason) for p in lead.phones.all())
    past = lead.past_calls.order_by("called_at", "pk").last()
    return (
        [getattr(lead.company, name) for name in COMPANY_FIELDS],
        [getattr(lead, name) for name in LEAD_FIELDS],
        sorted(lead.extra.items()),
        phones,
        sorted((signal.kind, signal.occurred_at) for signal in lead.signals.all()),
        (past.called_at, past.result, past.meaning, past.note, sorted(past.hearing.items())) if past else None,
    )


def everything() -> dict[str, list]:
    """Every row that an import could touch, byte by byte."""
    models = (Company, Lead, PhoneNumber, Signal, PastCall, DoNotCall)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


def emptied() -> None:
    for model in (ImportRow, DoNotCall, PastCall, Signal, PhoneNumber, Lead, Company, LeadImport):
        model.objects.all().delete()


@pytest.fixture
def lead_list(team, admin) -> LeadList:
    return LeadList.objects.create(name="展示会", team=team, source="展示会", created_by=admin)


# --- Headers ----------------------------------------------------------------------------------------------------------


def test_import_reads_each_header_as_the_field_it_holds():
    header = header_of(Extras(("担当", "温度感", "メールアドレス", "備考2"), 0))

    proposed = {guess.header: guess for guess in propose(header, [])}

    assert {name: proposed[name].field for name in EXPECTED} == EXPECTED
    assert [column.header for column in FIELDS] == list(EXPECTED)
    others = [name for name in header if name not in EXPECTED]
    assert {proposed[name].field for name in others} == {None}
    assert not any(guess.ambiguous_choices for guess in proposed.values())


def test_columns_for_reading_are_dropped_and_additional_ones_kept(lead_list, admin, now):
    imported(content([person(1, 担当="佐藤", 温度感="高")]), lead_list=lead_list, by=admin, now=now, 担当="extra")

    saved = uploaded(file_of(admin, now), lead_list=lead_list, by=admin, now=now)

    targets = {column.header: column.target for column in columns_of(saved)}
    assert {targets[column.header] for column in FOR_READING} == {"drop"}
    assert targets[f"{EXTRA_PREFIX}担当"] == targets[f"{EXTRA_PREFIX}温度感"] == "extra"


def test_header_is_believed_whatever_stands_below(lead_list, admin, now):
    """A column of numbers nobody could read is still the column of numbers."""
    rows = [person(n, 電話番号=f"不明{n}") for n in range(1, 6)]
    imported(content(rows), lead_list=lead_list, by=admin, now=now, 電話番号="phone_main")

    saved = uploaded(file_of(admin, now), lead_list=lead_list, by=admin, now=now)

    assert next(column.target for column in columns_of(saved) if column.header == "電話番号") == "phone_main"


# --- Back again -------------------------------------------------------------------------------------------------------


def rich(number: int, **values: str) -> dict[str, str]:
    """Somebody with something in every column, and signs that spreadsheets and encodings stumble over."""
    return person(
        number,
        **{
            "会社名カナ": "カブシキガイシャミホン",
            "事業所名": "大阪支店",
            "郵便番号": "100-0005",
            "業種": "@製造業",
            "従業員数": "-50名",
            "URL": "https://example.jp/?a=1&b=2",
            "氏名": f"𠮷田 髙﨑{number}",
            "氏名カナ": "ヨシダ タカサキ",
            "部署": "'引用部",
            "役職": "=部長",
            "電話番号": f"03-{3000 + number}-1111 内線12 / 03-{3000 + number}-2222",
            "直通電話": f"06-{6000 + number}-3333",
            "携帯電話": f"090-{1000 + number}-4444",
            "その他の電話番号": "わかりません",
            "FAX番号": f"03-{3000 + number}-9999",
            "流入元": "＝展示会😀",
            "資料請求日": "2026-06-01",
            "問合せ日": "2026-06-02 10:30",
            "セミナー参加日": "2026-05-01",
            "返信日": "2026-06-03 09:00:05",
            "名刺交換日": "2026-04-01",
            "前回架電日": "2026-05-20 11:00",
            "架電結果": "不在",
            "ヒアリング内容": "「=検討中」と\n「+来月」",
            "課題": "-手作業が多い",
            "決裁者": "山田部長",
            "検討時期": "3か月以内",
            "予算": "申請中",
            "備考": '-1行目\n"2行目",\n\n=4行目',
            "管理番号": f"'00{number}",
            **values,
        },
    )


KINDS = [Format.CSV, Format.XLSX]
SAME = {"policy": "overwrite"}, {"policy": "fill_blanks"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("how", SAME)
def test_coming_back_changes_nothing(lead_list, admin, now, kind, how):
    imported(content([rich(n) for n in range(1, 4)] + [person(9)]), lead_list=lead_list, by=admin, now=now)
    before = everything()

    saved = imported(file_of(admin, now, kind), lead_list=lead_list, by=admin, now=now, **how)

    assert everything() == before
    assert saved.counts["duplicate_in_base"] == 4
    assert "phone_lost_zero" not in saved.warnings


@pytest.mark.parametrize("kind", KINDS)
def test_empty_base_is_filled_as_it_was(lead_list, admin, now, kind):
    imported(content([rich(n) for n in range(1, 4)] + [person(9)]), lead_list=lead_list, by=admin, now=now)
    before, data = base(), file_of(admin, now, kind)
    emptied()

    imported(data, lead_list=lead_list, by=admin, now=now)

    assert base() == before
    assert [phone[1] for phone in before[0][3]]


def test_file_of_a_file_is_the_same_file(lead_list, admin, now):
    imported(content([rich(n) for n in range(1, 4)]), lead_list=lead_list, by=admin, now=now)
    first = rows_in(file_of(admin, now))
    emptied()
    imported(file_of_rows(first), lead_list=lead_list, by=admin, now=now)

    assert rows_in(file_of(admin, now)) == first


def file_of_rows(rows: list[dict[str, str]]) -> bytes:
    return ("\ufeff" + content(rows).decode()).encode()


def test_numbers_are_written_as_in_japan(make_lead, admin, now):
    lead = make_lead("0312345678", "0120111222")
    PhoneNumber.objects.create(lead=lead, raw="+1 650 253 0000", e164="+16502530000", label="other")

    [row] = rows_in(file_of(admin, now))

    assert row["電話番号"] == "03-1234-5678 / 0120-111-222"
    assert row["その他の電話番号"] == "'+1 650-253-0000"
    assert parse_phones(row["その他の電話番号"])[0].e164 == "+16502530000"


# --- Do not call ------------------------------------------------------------------------------------------------------


def asked(now) -> dict:
    return {"words": "もうかけないで", "requested_by": "本人", "requested_at": now, "now": now}


@pytest.mark.parametrize(
    ("scope", "word"), [("number", "架電禁止"), ("person", "架電禁止（担当者）"), ("company", "架電禁止（会社）")]
)
def test_refusal_comes_back_as_far_as_it_reached(lead_list, admin, now, scope, word):
    rows = [person(1, 会社名="株式会社青空"), person(2, 会社名="株式会社青空", 電話番号="03-3000-1001", 住所="")]
    rows[1]["住所"] = rows[0]["住所"]
    imported(content(rows), lead_list=lead_list, by=admin, now=now)
    first, colleague = Lead.objects.order_by("pk")
    assert first.company_id == colleague.company_id
    PhoneNumber.objects.filter(lead=colleague).update(e164=first.phones.get().e164)
    if scope == "number":
        block_number(e164=first.phones.get().e164, lead=first, by=admin, **asked(now))
    else:
        block_lead(lead=first, scope=scope, by=admin, **asked(now))
    blocked, before = list(Lead.objects.order_by("pk").values_list("is_blocked", flat=True)), everything()
    data = file_of(admin, now)
    assert rows_in(data)[0]["架電禁止"] == word

    imported(data, lead_list=lead_list, by=admin, now=now)
    assert everything() == before

    emptied()
    imported(data, lead_list=lead_list, by=admin, now=now)
    assert list(Lead.objects.order_by("pk").values_list("is_blocked", flat=True)) == blocked
    assert set(DoNotCall.objects.values_list("scope", flat=True)) == {scope}


def test_one_blocked_number_of_two_is_never_dialled_again(make_lead, admin, lead_list, now):
    make_lead("03-1234-5678", "03-1111-2222")
    block_number(e164="+81311112222", by=admin, **asked(now))

    [row] = rows_in(file_of(admin, now))

    assert (row["電話番号"], row["架電禁止"]) == ("03-1234-5678", "")
    assert row["架電禁止の番号（参考）"] == "03-1111-2222"


def test_lifted_refusal_stays_lifted(lead_list, admin, now):
    """The list of old says 架電NG; an admin has lifted it since, and its own export must not bring it back."""
    row = person(1, 前回架電日="2026-05-01", 架電結果="架電NG")
    imported(content([row]), lead_list=lead_list, by=admin, now=now)
    assert Lead.objects.get().is_blocked
    lift_block(block=DoNotCall.objects.get(), reason="本人から連絡", by=admin, now=now)
    before, data = everything(), file_of(admin, now)

    imported(data, lead_list=lead_list, by=admin, now=now)
    assert everything() == before

    emptied()
    imported(data, lead_list=lead_list, by=admin, now=now)
    assert not Lead.objects.get().is_blocked


def test_dead_number_does_not_come_back_to_life(make_lead, admin, lead_list, now):
    lead = make_lead("03-1234-5678", "03-1111-2222")
    mark_invalid(phone=lead.phones.get(raw="03-1111-2222"), reason="out_of_service", by=admin, now=now)

    [row] = rows_in(file_of(admin, now))

    assert row["電話番号"] == "03-1234-5678"
    assert row["無効な番号（参考）"] == "03-1111-2222（使われていない番号）"


# --- What a spreadsheet does to numbers ------------------------------------------------------------------------------

DAMAGED = [
    ("03-1234-5678", "312345678"),
    ("03-1234-5678", "312345678.0"),
    ("03-1234-5678", "3.12345678E+08"),
    ("03-1234-5678", "3.12E+08"),
    ("03-1234-5678", "81312345678"),
    ("03-1234-5678", "8.1312345678E+10"),
    ("090-1234-5678", "9012345678"),
    ("090-1234-5678", "9.01E+09"),
    ("090-1234-5678", "819012345678"),
    ("0120-111-222", "120111222"),
    ("0584-12-3456", "584123456"),
    ("03-1", "3-1"),
    ("03-1", "3月1日"),
    ("03-1", "2026-03-01"),
    ("03-1", "2026/3/1"),
    ("03-1", "46082"),
]


@pytest.mark.parametrize(("number", "damaged"), DAMAGED)
def test_damaged_number_is_flagged_and_never_stored_as_another(number, damaged):
    right = parse_phones(number)[0].e164

    [found] = parse_phones(damaged)

    assert {"phone_lost_zero", "phone_scientific", "phone_unreadable"} & set(found.flags)
    assert found.e164 in ("", right)


@given(st.integers(min_value=100_000_000, max_value=9_999_999_999))
def test_every_number_without_its_zero_is_flagged(digits):
    sound = parse_phones(f"0{digits}")[0]
    shown = [str(digits), f"{digits}.0", f"{float(digits):E}", f"{float(digits):.2E}", f"81{digits}"]

    for text in shown if sound.e164.startswith("+81") else []:
        for phone in parse_phones(text):
            assert phone.flags, (text, phone)
            assert phone.e164 in ("", sound.e164), (text, phone)


def test_apostrophe_before_a_number_is_no_damage():
    assert parse_phones("'03-1234-5678")[0].flags == ()


@pytest.mark.parametrize("kind", KINDS)
def test_lost_zeros_of_a_whole_file_are_counted(lead_list, admin, now, kind):
    imported(content([person(n) for n in range(1, 41)]), lead_list=lead_list, by=admin, now=now)
    rows = rows_in(file_of(admin, now))
    for row in rows:
        row["電話番号"] = row["電話番号"].replace("-", "").removeprefix("0")
    before = base()
    emptied()

    header = list(rows[0])
    data = b"".join(written(kind, header, [list(row.values()) for row in rows]))
    saved = imported(data, lead_list=lead_list, by=admin, now=now)

    assert saved.warnings["phone_lost_zero"] == 40
    assert base() == before


# --- Formulas ---------------------------------------------------------------------------------------------------------

SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹦", "﹢", "﹣", "﹫", "⁺", "⁻", "₊", "₋", "⁼", "⩵", "﬩"]
PREFIXES = ["", " ", "　", "\u00a0", "\u200b", "\ufeff", "\t", "'", '"', "\n"]
PAYLOADS = [f"{prefix}{sign}cmd|' /C calc'!A0" for prefix in PREFIXES for sign in SIGNS][:187]


def is_dangerous(cell: str) -> bool:
    folded = unicodedata.normalize("NFKC", cell).strip("\u200b\ufeff\u202e \t\r\n")
    return folded[:1] in tuple("=+-@") or cell[:1] in tuple("\t\r\n")


@pytest.mark.parametrize("kind", list(Format))
def test_no_cell_of_187_payloads_runs(team, admin, now, kind):
    """Put straight into the base: whatever way it came in, it does not get out as a formula."""
    assert len(PAYLOADS) == 187
    companies = Company.objects.bulk_create(
        Company(name=text, name_key="k", kana=text, industry=text, employees=text, address=text) for text in PAYLOADS
    )
    leads = Lead.objects.bulk_create(
        Lead(company=company, team=team, name=text[:100], memo=text, source=text, extra={text: text, f"a,{text}": text})
        for company, text in zip(companies, PAYLOADS, strict=True)
    )
    PhoneNumber.objects.bulk_create(PhoneNumber(lead=lead, raw=lead.name) for lead in leads)

    table = open_table(file_of(admin, now, kind))
    cells = [*table.header, *(cell for row in table.rows() for cell in row.cells)]

    assert [cell for cell in cells if is_dangerous(cell)] == []
    assert len(list(table.rows())) == 187


def test_workbook_holds_strings_and_no_formula(make_lead, admin, now):
    make_lead("03-1234-5678", memo="=1+1", source="+81")

    with zipfile.ZipFile(io.BytesIO(file_of(admin, now, Format.XLSX))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()

    assert "<f" not in sheet
    assert set(re.findall(r' t="(\w+)"', sheet)) == {"inlineStr"}
    assert set(re.findall(r'<c [^>]*s="(\d)"', sheet)) == {"1", "2"}


# --- Any text at all --------------------------------------------------------------------------------------------------

LETTERS = "山田太郎𠮷髙﨑邉サトウﾄﾞさabcXYZ0189😀👨‍👩‍👧=+-@＝－⁺'’\"”,;、/\\&<>_x0041_％〜—é "
TEXT = st.text(alphabet=LETTERS, max_size=12)
LONG = st.text(alphabet=LETTERS + "\n", max_size=40)
NUMBERS = st.lists(
    st.tuples(
        st.sampled_from(["03-{}-{}", "06-{}-{}", "090-{}-{}", "0120-{:.3}-{:.3}"]),
        st.integers(3000, 9999).map(str),
        st.integers(1000, 9999).map(str),
        st.sampled_from(["", " 内線12", "（内線 3456）"]),
    ),
    max_size=2,
).map(lambda found: " / ".join(shape.format(a, b) + extension for shape, a, b, extension in found))
PEOPLE = st.fixed_dictionaries(
    {
        "会社名": TEXT.filter(lambda text: re.search(r"\w", text) and text.strip(" '’")[:1] not in tuple("=＝")),
        "会社名カナ": TEXT,
        "事業所名": TEXT,
        "業種": TEXT,
        "住所": TEXT,
        "氏名": TEXT.filter(lambda text: text.strip(" '’")[:1] not in tuple("=＝")),
        "部署": TEXT,
        "役職": TEXT,
        "電話番号": NUMBERS,
        "直通電話": NUMBERS,
        "携帯電話": NUMBERS,
        "FAX番号": NUMBERS,
        "流入元": TEXT,
        "備考": LONG,
        "管理番号": TEXT,
    }
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(rows=st.lists(PEOPLE, min_size=1, max_size=8))
def test_any_list_comes_back_as_it_went(team, admin, now, kind, rows):
    """Everybody has an address: whom nothing names but a company, no import can know again."""
    with transaction.atomic():
        data = content({**row, "メールアドレス": f"p{n}@example.co.jp"} for n, row in enumerate(rows))
        imported(data, lead_list=new_list(team), by=admin, now=now)
        lead_list, before, out = LeadList.objects.get(), base(), file_of(admin, now, kind)
        same = everything()

        imported(out, lead_list=lead_list, by=admin, now=now)
        assert everything() == same

        emptied()
        imported(out, lead_list=lead_list, by=admin, now=now)
        assert base() == before
        transaction.set_rollback(True)


# --- Shift_JIS --------------------------------------------------------------------------------------------------------


def test_shift_jis_names_what_it_cannot_say_before_it_is_written(client_for, make_lead, admin):
    make_lead("03-1234-5678", name="𠮷野 —髙﨑〜", memo="😀😀é")
    client = client_for(admin)

    refused = client.post(URL, {"format": "cp932"})

    assert refused.status_code == 422
    shown = {item["sign"]: (item["count"], item["instead"]) for item in refused.context["signs"]}
    assert shown == {"😀": (2, "?"), "𠮷": (1, "?"), "—": (1, "―"), "〜": (1, "～"), "é": (1, "?")}
    assert "U+20BB7" in refused.content.decode()
    assert "𠮷野 —髙﨑〜" in refused.content.decode()
    assert not AuditEntry.objects.filter(verb="export_leads").exists()

    sent = client.post(URL, {"format": "cp932", "accepts": "on"})
    data = b"".join(sent.streaming_content)

    assert sent.status_code == 200
    assert "?野 ―髙﨑～" in data.decode("cp932")
    assert open_table(data).encoding.name == "cp932"
    assert AuditEntry.objects.filter(verb="export_leads").count() == 1


def test_shift_jis_comes_at_once_where_it_can_say_everything(client_for, make_lead, admin):
    make_lead("03-1234-5678", name="髙﨑 ①㈱ 纊")

    sent = client_for(admin).post(URL, {"format": "cp932"})
    data = b"".join(sent.streaming_content)

    assert sent.status_code == 200
    assert "髙﨑 ①㈱ 纊".encode("cp932") not in data, "Python has NEC's codes, Windows IBM's"
    assert open_table(data).encoding.name == "cp932"
    assert "髙﨑 ①㈱ 纊" in data.decode("cp932")


@given(st.text(max_size=30))
def test_shift_jis_takes_any_text(text):
    data = b"".join(written(Format.CP932, ["甲"], [[text]]))

    [header, *rows] = csv.reader(io.StringIO(data.decode("cp932"), newline=""))

    assert header == ["甲"]
    assert not any(is_dangerous(cell) for row in rows for cell in row)


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["rep", "agency_rep", "field_sales"])
def test_page_does_not_exist_for_those_who_may_not(client_for, make_lead, request, who):
    user = request.getfixturevalue(who)
    make_lead("03-1234-5678", owner=user)
    client = client_for(user)

    assert client.get(URL).status_code == client.post(URL, {"format": "csv"}).status_code == 404
    assert URL not in client.get(reverse("leads:list")).content.decode()
    assert not AuditEntry.objects.filter(verb="export_leads").exists()


@pytest.mark.parametrize("who", ["manager", "admin"])
def test_list_leads_to_the_page_with_its_filters(client_for, make_lead, request, who):
    make_lead("03-1234-5678")
    client = client_for(request.getfixturevalue(who))

    page = client.get(reverse("leads:list"), {"q": "青空", "sort": "-company", "page": 1}).content.decode()

    [address] = re.findall(rf'href="({URL}\?[^"]*)"', page)
    assert "page=" not in address
    assert client.get(address.replace("&amp;", "&")).context["form"].rows == 1


def test_file_holds_what_the_list_shows_in_its_order(client_for, make_lead, manager, other_team):
    make_lead("03-1234-5678", company="株式会社あさひ", name="一")
    make_lead("03-1234-5679", company="株式会社わかば", name="二")
    make_lead("03-1234-5680", company="株式会社あさひ", name="三", team=other_team)
    client = client_for(manager)

    both = client.post(f"{URL}?sort=-company", {"format": "csv"})
    one = client.post(f"{URL}?q=あさひ", {"format": "csv"})

    assert [row["氏名"] for row in rows_in(b"".join(both.streaming_content))] == ["二", "一"]
    assert [row["氏名"] for row in rows_in(b"".join(one.streaming_content))] == ["一"]
    assert both["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in both["Content-Disposition"]


def test_every_file_is_written_down(client_for, make_lead, manager):
    make_lead("03-1234-5678")

    client_for(manager).post(f"{URL}?tier=C&q=青空", {"format": "xlsx"})

    [entry] = AuditEntry.objects.filter(verb="export_leads")
    assert (entry.by, entry.changes) == (
        manager,
        {"rows": [None, 1], "format": [None, "xlsx"], "q": [None, "青空"], "tier": [None, "C"]},
    )


def test_unknown_format_is_refused_at_its_place(client_for, make_lead, admin):
    make_lead("03-1234-5678")

    refused = client_for(admin).post(URL, {"format": "pdf"})

    assert refused.status_code == 422
    assert refused.context["form"].errors["format"]


def test_nothing_to_write_offers_no_button(client_for, admin):
    page = client_for(admin).get(URL)

    assert page.status_code == 200
    assert "<fieldset" not in page.content.decode()


def test_cells_speak_the_language_of_the_one_who_asked(make_lead, admin, now):
    from django.utils import translation

    make_lead("03-1234-5678")
    with translation.override("en"):
        file = export_leads(wanted=LeadFilter(), words={}, kind=Format.CSV, by=admin, now=now)
    [row] = rows_in(b"".join(file.parts))

    assert "会社名" in row
    with translation.override("en"):
        assert row["状態（参考）"] == str(Lead.objects.get().get_stage_display())


def test_rarest_additional_columns_are_left_out_and_said(client_for, make_lead, admin, now):
    lead = make_lead("03-1234-5678")
    other = make_lead("03-1234-5679", company="株式会社わかば")
    Lead.objects.filter(pk=lead.pk).update(extra={f"項目{n}": "x" for n in range(EXTRA_LIMIT + 3)})
    Lead.objects.filter(pk=other.pk).update(extra={"項目102": "y"})

    assert client_for(admin).get(URL).context["left_out"] == 3
    header = list(rows_in(file_of(admin, now))[0])
    assert len(header) == len(COLUMNS) + EXTRA_LIMIT
    assert f"{EXTRA_PREFIX}項目102" in header


# --- Many -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(exports, "CHUNK", 20)


def many(team, count: int) -> None:
    companies = Company.objects.bulk_create(Company(name=f"会社{n}", name_key=f"会社{n}") for n in range(count))
    leads = Lead.objects.bulk_create(
        Lead(company=company, team=team, name="見本 太郎", memo="長い備考" * 20, extra={"管理番号": "A-1"})
        for company in companies
    )
    PhoneNumber.objects.bulk_create(
        PhoneNumber(lead=lead, raw=f"03-1{n:03d}-0000", e164=f"+8131{n % 1000:03d}0000") for n, lead in enumerate(leads)
    )


def test_a_chunk_costs_few_queries_and_rows_none(team, admin, now, small_chunks):
    def queries(count: int) -> int:
        emptied()
        many(team, count)
        with CaptureQueriesContext(connection) as found:
            file_of(admin, now)
        return len(found)

    few, chunk, chunks = queries(3), queries(20), queries(60)

    assert few == chunk
    assert chunks - chunk <= 2 * 6


@pytest.mark.parametrize("kind", [Format.CSV, Format.CP932])
def test_rows_are_read_as_they_are_sent(team, admin, now, kind, small_chunks):
    """What is not yet sent is not yet read, so the memory of a file is that of a chunk."""
    many(team, 60)
    file = export_leads(wanted=LeadFilter(), words={}, kind=kind, by=admin, now=now)
    with CaptureQueriesContext(connection) as first:
        next(file.parts), next(file.parts)
    with CaptureQueriesContext(connection) as rest:
        assert len(list(file.parts)) == 59

    assert len(rest) == 2 * (len(first) - 1)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (dt.datetime(2026, 6, 1, tzinfo=TOKYO), "2026-06-01"),
        (dt.datetime(2026, 6, 1, 9, 5, tzinfo=TOKYO), "2026-06-01 09:05"),
        (dt.datetime(2026, 6, 1, 9, 5, 7, tzinfo=TOKYO), "2026-06-01 09:05:07"),
        (dt.datetime(2026, 5, 31, 15, tzinfo=dt.UTC), "2026-06-01"),
        (None, ""),
    ],
)
def test_moments_are_those_of_tokyo(at, text):
    from leads.services.exports import moment_text

    assert moment_text(at) == text
