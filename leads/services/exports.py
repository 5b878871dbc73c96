"""Leads as a file, under headers the import reads: what goes out and comes back changes nothing.

Written down in the audit trail before the first row leaves. Memory is that of one chunk, and a chunk costs five
queries. A number nobody may dial, or nobody answers at, stands in no column that an import takes numbers from.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone, translation

from accounts.models import User
from accounts.services import audit
from leads.exports import Format, ShiftJis, file_name, written
from leads.importing.exported import EXTRA_PREFIX, REFERENCE
from leads.importing.marks import COMPANY, LIFTED, NUMBERS, PERSON
from leads.importing.phone_plan import kind_of, national_format
from leads.importing.phones import parse_phone
from leads.models import DoNotCall, Lead, PastCall, PhoneNumber, Signal, SignalKind
from leads.selectors import LeadFilter, leads_for, with_numbers

CHUNK = 500
EXTRA_LIMIT = 100
"""Columns of additional information; a file has at most 500 columns, and a reader loses sight long before."""

BETWEEN = " / "
Label, Invalid, Scope = PhoneNumber.Label, PhoneNumber.Invalid, DoNotCall.Scope


@dataclass(frozen=True)
class Export:
    """A file as it is sent: its name, how many rows, and its bytes piece by piece."""

    name: str
    kind: Format
    rows: int
    parts: Iterator[bytes]


@dataclass(frozen=True)
class Extras:
    """The names of additional information that get a column, and how many are left out."""

    names: tuple[str, ...]
    left_out: int


# --- What a lead says -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """One column of a lead that `_with_story` has seen to."""

    header: str
    text: Callable[[Lead], str]


def moment_text(at: dt.datetime | None) -> str:
    """A moment in Tokyo as the import reads it back: midnight is a date, seconds only where there are any."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    if local.time() == dt.time():
        return f"{local:%Y-%m-%d}"
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"


def number_text(phone: PhoneNumber) -> str:
    """03-1234-5678 内線12; what could not be read stays as written."""
    if not phone.e164:
        return phone.raw
    extension = f" 内線{phone.extension}" if phone.extension else ""
    return national_number(phone.e164) + extension


def national_number(e164: str) -> str:
    """+81312345678 → 03-1234-5678; a number abroad keeps its +."""
    digits = e164.removeprefix("+81")
    if digits != e164 and kind_of(digits):
        return national_format(digits)
    phone = parse_phone(e164)
    return (phone.national if phone else "") or e164


def _is_dead(phone: PhoneNumber) -> bool:
    """Somebody found out that nobody is reached there; one that could not be read may still be made out."""
    return bool(phone.e164) and not phone.is_valid


def _is_out(lead: Lead, phone: PhoneNumber) -> bool:
    """Whether a number stays out of the columns an import reads: it would be called."""
    return _is_dead(phone) or (phone.is_blocked and lead.refusal != NUMBERS)


def _numbers(label: str) -> Callable[[Lead], str]:
    return lambda lead: BETWEEN.join(
        number_text(phone) for phone in lead.numbers if phone.label == label and not _is_out(lead, phone)
    )


def _dead(lead: Lead) -> str:
    return BETWEEN.join(
        f"{number_text(phone)}（{phone.get_invalid_reason_display()}）" if phone.invalid_reason else number_text(phone)
        for phone in lead.numbers
        if _is_dead(phone)
    )


def _blocked(lead: Lead) -> str:
    return BETWEEN.join(number_text(phone) for phone in lead.numbers if phone.is_blocked)


def _company(field: str) -> Callable[[Lead], str]:
    return lambda lead: getattr(lead.company, field)


def _own(field: str) -> Callable[[Lead], str]:
    return lambda lead: getattr(lead, field)


def _named(field: str) -> Callable[[Lead], str]:
    return lambda lead: str(getattr(lead, field) or "")


def _at(field: str) -> Callable[[Lead], str]:
    return lambda lead: moment_text(getattr(lead, field))


def _reacted(kind: str) -> Callable[[Lead], str]:
    return lambda lead: moment_text(lead.reactions.get(kind))


def _past(text: Callable[[PastCall], str]) -> Callable[[Lead], str]:
    return lambda lead: text(lead.past) if lead.past else ""


def _heard(fact: str, words: Mapping[str, str] | None = None) -> Callable[[Lead], str]:
    return _past(lambda past: (words or {}).get(heard := past.hearing.get(fact, ""), heard))


def _company_name(lead: Lead) -> str:
    """Blank where the list named no company; what stands there then is only for the screen."""
    return lead.company.name if lead.company.name_key else ""


DECIDERS = {"self": "本人", "superior": "上長", "executive": "役員", "other_department": "別部署"}
TIMINGS = {
    "within_1_month": "1か月以内",
    "within_3_months": "3か月以内",
    "within_6_months": "6か月以内",
    "within_1_year": "1年以内",
    "undecided": "未定",
}
BUDGETS = {"secured": "確保済み", "applying": "申請中", "undecided": "未定", "none": "予算なし"}
"""The words by which `leads.importing.hearing` knows each choice."""


def _decider(past: PastCall) -> str:
    """A name that says the rank (山田部長) says both."""
    return past.hearing.get("decision_maker_name") or DECIDERS.get(past.hearing.get("decision_maker", ""), "")


FIELDS = (
    Column("会社名", _company_name),
    Column("会社名カナ", _company("kana")),
    Column("法人番号", _company("corporate_number")),
    Column("事業所名", _own("office")),
    Column("郵便番号", _company("postal_code")),
    Column("都道府県", _company("prefecture")),
    Column("住所", _company("address")),
    Column("業種", _company("industry")),
    Column("従業員数", _company("employees")),
    Column("URL", _company("url")),
    Column("氏名", _own("name")),
    Column("氏名カナ", _own("kana")),
    Column("部署", _own("department")),
    Column("役職", _own("title")),
    Column("メールアドレス", _own("email")),
    Column("電話番号", _numbers(Label.MAIN)),
    Column("直通電話", _numbers(Label.DIRECT)),
    Column("携帯電話", _numbers(Label.MOBILE)),
    Column("その他の電話番号", _numbers(Label.OTHER)),
    Column("FAX番号", _numbers(Label.FAX)),
    Column("架電禁止", _own("refusal")),
    Column("流入元", _own("source")),
    Column("資料請求日", _reacted(SignalKind.DOCUMENT_REQUEST)),
    Column("問合せ日", _reacted(SignalKind.INQUIRY)),
    Column("セミナー参加日", _reacted(SignalKind.SEMINAR)),
    Column("返信日", _reacted(SignalKind.REPLY)),
    Column("名刺交換日", _reacted(SignalKind.BUSINESS_CARD)),
    Column("前回架電日", _past(lambda past: moment_text(past.called_at))),
    Column("架電結果", _past(lambda past: past.result)),
    Column("ヒアリング内容", _past(lambda past: past.note)),
    Column("課題", _heard("problem")),
    Column("決裁者", _past(_decider)),
    Column("検討時期", _heard("timing", TIMINGS)),
    Column("予算", _heard("budget", BUDGETS)),
    Column("懸念点", _heard("concerns")),
    Column("導入背景", _heard("background")),
    Column("決裁プロセス", _heard("approval_process")),
    Column("競合", _heard("competitors")),
    Column("備考", _own("memo")),
)
"""What an import reads back, under the headers it knows. Japanese in every language of the reader."""

FOR_READING = tuple(
    Column(header, text)
    for header, text in zip(
        REFERENCE,
        (
            _own("tier"),
            _named("temperature"),
            lambda lead: str(lead.get_stage_display()),
            _named("owner"),
            _named("team"),
            _named("lead_list"),
            _at("last_called_at"),
            _at("next_call_at"),
            _dead,
            _blocked,
        ),
        strict=True,
    )
)
"""What the base works out or decides itself; an import lets it be."""

COLUMNS = FIELDS + FOR_READING


def header_of(extras: Extras) -> list[str]:
    return [column.header for column in COLUMNS] + [EXTRA_PREFIX + name for name in extras.names]


def rows_of(leads: QuerySet[Lead], extras: Extras) -> Iterator[list[str]]:
    """The cells of each lead in the reader's language, also where they are read after the request is over."""
    return _rows(leads, extras, translation.get_language())


def _rows(leads: QuerySet[Lead], extras: Extras, language: str) -> Iterator[list[str]]:
    found = leads.select_related("company", "owner", "team", "lead_list").defer("search_text", "tier_reasons")
    for chunk in _chunks(found.iterator(chunk_size=CHUNK)):
        with translation.override(language):
            cells = [_cells(lead, extras) for lead in _with_story(chunk)]
        for lead in chunk:
            lead.numbers, lead.first_number = [], None  # rings with their lead would wait for the garbage collector
        yield from cells


def _cells(lead: Lead, extras: Extras) -> list[str]:
    kept = lead.extra
    return [column.text(lead) for column in COLUMNS] + [str(kept.get(name, "")) for name in extras.names]


def _chunks(rows: Iterable[Lead]) -> Iterator[list[Lead]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def extras_of(leads: QuerySet[Lead]) -> Extras:
    """The names of additional information among these leads, in the order met; the rarest are left out."""
    counted: Counter[str] = Counter()
    for kept in leads.order_by().exclude(extra={}).values_list("extra", flat=True).iterator(chunk_size=2000):
        counted.update(kept.keys())
    wanted = {name for name, _count in counted.most_common(EXTRA_LIMIT)}
    return Extras(tuple(name for name in counted if name in wanted), len(counted) - len(wanted))


# --- What stands around a lead ----------------------------------------------------------------------------------------


def _with_story(leads: list[Lead]) -> list[Lead]:
    """The same leads with `numbers`, `reactions` (the last of each kind), `past` (the last call) and `refusal`."""
    with_numbers(leads)
    ids = [lead.pk for lead in leads]
    reactions: dict[int, dict[str, dt.datetime]] = {}
    last = Signal.objects.filter(lead__in=ids).values_list("lead", "kind").annotate(Max("occurred_at"))
    for pk, kind, at in last.order_by():
        reactions.setdefault(pk, {})[kind] = at
    calls = PastCall.objects.filter(lead__in=ids).order_by(F("called_at").asc(nulls_first=True), "pk")
    past = {call.lead_id: call for call in calls}
    people, companies = _refusing(leads)
    for lead in leads:
        lead.reactions = reactions.get(lead.pk, {})
        lead.past = past.get(lead.pk)
        lead.refusal = _refusal(lead, lead.company_id in companies, lead.pk in people)
    return leads


def _refusing(leads: Sequence[Lead]) -> tuple[set[int], set[int]]:
    """Those of the leads, and of their companies, whom a standing block names."""
    person = Q(scope=Scope.PERSON, lead__in=[lead.pk for lead in leads])
    company = Q(scope=Scope.COMPANY, company__in={lead.company_id for lead in leads})
    blocks = DoNotCall.objects.standing().filter(person | company)
    named = list(blocks.values_list("scope", "lead", "company"))
    people = {lead for scope, lead, _company in named if scope == Scope.PERSON}
    return people, {company for scope, _lead, company in named if scope == Scope.COMPANY}


def _refusal(lead: Lead, by_company: bool, by_person: bool) -> str:
    """How far a refusal reaches, so that it reaches as far when it comes back, and no one who was freed is caught."""
    if by_company:
        return COMPANY
    if by_person:
        return PERSON
    if lead.is_blocked:
        return NUMBERS
    return LIFTED if lead.past and lead.past.meaning == "do_not_call" else ""


# --- The file ---------------------------------------------------------------------------------------------------------


def unwritable(user: User, wanted: LeadFilter) -> ShiftJis:
    """What Shift_JIS cannot say of these leads, each character counted and shown at its place. Reads every row."""
    leads = leads_for(user, wanted)
    extras, found = extras_of(leads), ShiftJis()
    for cells in chain([header_of(extras)], rows_of(leads, extras)):
        for cell in cells:
            found.fitted(cell)
    return found


def export_leads(*, wanted: LeadFilter, words: Mapping[str, str], kind: Format, by: User, now: dt.datetime) -> Export:
    """The leads `by` may see that `wanted` names, in its order. `words` are the filters as a reader knows them."""
    leads = leads_for(by, wanted)
    extras, count = extras_of(leads), leads.count()
    name = file_name(["リード", f"{timezone.localtime(now):%Y-%m-%d_%H%M}", *words.values()], kind.extension)
    filters = {name: [None, word] for name, word in words.items()}
    changes = {"rows": [None, count], "format": [None, str(kind)], **filters}
    audit.record(by=by, now=now, verb="export_leads", target=by, changes=changes)
    return Export(name, kind, count, written(kind, header_of(extras), rows_of(leads, extras)))
