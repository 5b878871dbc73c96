"""One row of a list, cleaned: what goes to the company, the person, the numbers; what was changed or could not be read.

A `RowCleaner` is made once per mapping and called for every row; it keeps nothing between rows, so any worker can
resume anywhere.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from leads.importing.cleaned import (
    NO_HISTORY,
    CleanCompany,
    CleanHistory,
    CleanPerson,
    CleanRow,
    CleanSignal,
    RowErrors,
)
from leads.importing.companies import parse_company
from leads.importing.dates import When
from leads.importing.exported import extra_name
from leads.importing.hearing import CHOICE_FACTS, TEXT_FACTS, read_choice, read_decision_maker
from leads.importing.identifiers import parse_corporate_number, parse_email, parse_url
from leads.importing.mapping import ColumnMapping
from leads.importing.marks import LIFTED, means_block, reach_of
from leads.importing.phones import DIRECT, FAX, MAIN, MOBILE, OTHER, Phone
from leads.importing.places import parse_postal, prefecture_of, split_address
from leads.importing.reading import LENGTHS, Columns, Reading
from leads.importing.results import is_sure, read_result, says_not_called
from leads.importing.text import nfkc, person_key

PHONE_LABELS = {"phone_main": MAIN, "phone_direct": DIRECT, "phone_mobile": MOBILE, "phone_office": OTHER}
"""In the order in which a lead's numbers are tried."""

SIGNAL_FIELDS = {
    "signal_document_request": "document_request",
    "signal_inquiry": "inquiry",
    "signal_seminar": "seminar",
    "signal_reply": "reply",
    "signal_business_card": "business_card",
}
SOURCE_WORDS = (
    ("document_request", ("資料請求", "資料ダウンロード", "資料dl", "ホワイトペーパー")),
    ("inquiry", ("問い合わせ", "問合せ", "問合わせ", "お問い合せ", "inquiry")),
    ("seminar", ("セミナー", "ウェビナー", "展示会", "seminar", "webinar")),
    ("business_card", ("名刺交換",)),
)
"""A source in these words with a date is a reaction on that date."""

EXTRA_FIELDS = frozenset(
    ("company_short", "office_kana", "capital", "sales", "founded", "representative", "interest", "product", "owner")
)
"""Understood, but without a place of their own on the lead: kept as additional information under the header."""

HISTORY_FIELDS = ("called_at", "call_result", "next_call_at", "hearing", *TEXT_FACTS, *CHOICE_FACTS)


def clean_row(mapping: ColumnMapping, cells: Sequence[str], line: int) -> CleanRow | RowErrors:
    """One row. For many rows make a RowCleaner once."""
    return RowCleaner(mapping).clean(line, cells)


class RowCleaner:
    """Cleans rows of one mapping; with `keep_extra` unmapped columns are kept as additional information.

    `now` (naive JST) tells calls of the past from dates that cannot be any, and the year of dates without one.
    """

    def __init__(self, mapping: ColumnMapping, *, keep_extra: bool = True, now: dt.datetime | None = None):
        self.columns = columns = Columns(mapping)
        self.extra_columns = [
            (index, extra_name(header))
            for index, (header, name) in enumerate(zip(mapping.header, mapping.fields, strict=True))
            if (name is None and keep_extra) or name in EXTRA_FIELDS
        ]
        self.phone_columns = [(*at, label) for name, label in PHONE_LABELS.items() for at in columns.of(name)]
        self.fax_columns = [(*at, FAX) for at in columns.of("fax")]
        self.signals = [(name, kind) for name, kind in SIGNAL_FIELDS.items() if name in columns]
        self.has_history = any(name in columns for name in HISTORY_FIELDS)
        self.now, self.today = now, now.date() if now else None

    def clean(self, line: int, cells: Sequence[str]) -> CleanRow | RowErrors:
        """`cells` is as wide as the mapping's header, as `Table.rows` gives them."""
        row = Reading(line, cells, self.columns, self.today)
        for index, header in self.extra_columns:
            if cells[index] and (text := row.tidy(index, "")):
                row.extra[header] = text
        company, person = _company(row), _person(row)
        if not company.name and not person.name and not row.errors:
            row.refuse("row_without_name", "company_name" if "company_name" in self.columns else "person_name")
        if row.errors:
            return RowErrors(line, tuple(row.errors), tuple(row.warnings))
        return self._assembled(row, company, person)

    def _assembled(self, row: Reading, company: CleanCompany, person: CleanPerson) -> CleanRow:
        phones, faxes = self._numbers(row)
        acquired, source = row.when("acquired_on"), row.text("source")
        signals = self._signals(row, source, acquired)
        memo = row.long_text("memo") if "memo" in self.columns else ""
        history = _history(row, self.now) if self.has_history else NO_HISTORY
        blocked, words = _block(row, history)
        return CleanRow(
            row.line,
            company,
            person,
            row.extra,
            phones,
            faxes,
            source,
            acquired.date() if isinstance(acquired, dt.datetime) else acquired,
            signals,
            memo,
            history,
            blocked,
            words,
            tuple(row.warnings),
        )

    def _numbers(self, row: Reading) -> tuple[tuple[Phone, ...], tuple[Phone, ...]]:
        """Numbers to call and FAX numbers; a FAX number in a phone cell moves over, a repeated one is named once."""
        calls: list[Phone] = []
        faxes: list[Phone] = []
        is_callable = False
        for phone in row.phones(self.phone_columns):
            if phone.label == FAX:
                faxes.append(phone)
            else:
                calls.append(phone)
                is_callable = is_callable or phone.e164 != ""
        if not is_callable:
            row.warn("row_not_callable", "phone_main")
        faxes += row.phones(self.fax_columns)
        return _distinct(calls), _distinct(faxes)

    def _signals(self, row: Reading, source: str, acquired: When | None) -> tuple[CleanSignal, ...]:
        found = [CleanSignal(kind, on) for name, kind in self.signals if (on := row.when(name)) is not None]
        if acquired is not None and source and (kind := source_kind(source)):
            found.append(CleanSignal(kind, acquired))
        return tuple(dict.fromkeys(found)) if len(found) > 1 else tuple(found)


def _distinct(phones: list[Phone]) -> tuple[Phone, ...]:
    if len(phones) < 2:
        return tuple(phones)
    first: dict[tuple[str, str], Phone] = {}
    for phone in phones:
        first.setdefault((phone.e164 or phone.raw, phone.extension), phone)
    return tuple(first.values())


def _company(row: Reading) -> CleanCompany:
    values = row.values
    written = values.get("company_name", "")
    name = parse_company(written)
    if not written and "company_name" in row.columns:
        row.warn("company_missing", "company_name")
    prefecture, city, address = _place(row)
    return CleanCompany(
        name.display,
        name.key,
        values.get("company_kana", ""),
        name.form,
        name.form_position,
        name.branch,
        values.get("office_name", ""),
        _corporate_number(row) if "corporate_number" in values else "",
        _postal(row) if "postal" in values else "",
        prefecture,
        city,
        address,
        values.get("industry", ""),
        values.get("employees", ""),
        _url(row) if "url" in values else "",
    )


def _place(row: Reading) -> tuple[str, str, str]:
    """(prefecture, city, address behind the prefecture); a prefecture column wins over the address's own beginning."""
    stated, building = row.text("prefecture"), row.text("building")
    whole = row.text("city") + row.joined("address")
    prefecture, city, rest = split_address(whole) if whole else ("", "", "")
    if stated:
        known = prefecture_of(stated)
        prefecture = known or prefecture
        if not known:
            row.warn("prefecture_unknown", "prefecture", stated)
            row.keep_whole("prefecture", stated)
    address = city + rest + (f" {building}" if building else "")
    if len(address) > LENGTHS["address"]:
        row.keep_whole("address", address)
        row.warn("text_moved", "address", address, limit=LENGTHS["address"])
        address = ""
    return prefecture, city, address


def _corporate_number(row: Reading) -> str:
    text = row.text("corporate_number")
    number = parse_corporate_number(text)
    if not number:
        row.keep_whole("corporate_number", text)
        row.warn("corporate_number_invalid", "corporate_number", text)
    return number


def _postal(row: Reading) -> str:
    text = row.text("postal")
    postal = parse_postal(text)
    for flag in postal.flags:
        row.warn(flag, "postal", text, repaired=postal.code)
    if "postal_invalid" in postal.flags:
        row.keep_whole("postal", text)
        return ""
    return postal.code


def _url(row: Reading) -> str:
    text = row.text("url")
    url = parse_url(text)
    if url and len(url) <= LENGTHS["url"]:
        return url
    row.keep_whole("url", text)
    row.warn("url_invalid", "url", text)
    return ""


def _person(row: Reading) -> CleanPerson:
    values = row.values
    name = values.get("person_name") or _full(row, "last_name", "first_name")
    kana = values.get("person_kana") or _full(row, "last_kana", "first_kana")
    email = _email(row) if "email" in values else ""
    return CleanPerson(name, person_key(name), kana, values.get("department", ""), values.get("title", ""), email)


def _full(row: Reading, last: str, first: str) -> str:
    if last not in row.values and first not in row.values:
        return ""
    return f"{row.text(last)} {row.text(first)}".strip()


def _email(row: Reading) -> str:
    text = row.text("email")
    email = parse_email(text)
    if not email:
        row.keep_whole("email", text)
        row.warn("email_invalid", "email", text)
    return email


def _history(row: Reading, now: dt.datetime | None) -> CleanHistory:
    called_at, result = _called_at(row, now), row.text("call_result")
    facts, rest = _facts(row)
    note = "\n".join(text for text in (row.long_text("hearing"), *rest) if text)
    if result and says_not_called(result) and called_at is None:
        row.keep_whole("call_result", result)
        result = ""
    history = CleanHistory(
        called_at, result, read_result(result).code if result else "", row.when("next_call_at"), facts, note
    )
    if history.tells_of_call:
        return history
    if result:
        row.keep_whole("call_result", result)
    return CleanHistory(next_call_at=history.next_call_at) if history.next_call_at else NO_HISTORY


def _called_at(row: Reading, now: dt.datetime | None) -> When | None:
    """When the call was; a moment still to come is kept as written, for it is no call."""
    when = row.when("called_at")
    if when is None or now is None:
        return when
    is_future = when > now if isinstance(when, dt.datetime) else when > now.date()
    if not is_future:
        return when
    text = row.text("called_at")
    row.keep_whole("called_at", text)
    row.warn("call_in_future", "called_at", text)
    return None


def _facts(row: Reading) -> tuple[dict[str, str], list[str]]:
    """The facts the row names, and under their headers the words that are none of the choices."""
    facts = {fact: text for name, fact in TEXT_FACTS.items() if name in row.columns and (text := row.long_text(name))}
    rest = []
    for name, fact in CHOICE_FACTS.items():
        text = row.text(name)
        if not text:
            continue
        code, who = read_decision_maker(text) if fact == "decision_maker" else (read_choice(fact, text), "")
        if code:
            facts[fact] = code
        if who:
            facts["decision_maker_name"] = who
        if not code:
            rest.append(f"{row.columns.header(name)}: {text}")
    return facts, rest


def _block(row: Reading, history: CleanHistory) -> tuple[bool, str]:
    """In doubt a person is not called; the doubt is shown. An outcome that says so blocks like the column for it."""
    words = row.text("do_not_call")
    if words:
        blocked, clear = means_block(words)
        if blocked and not clear:
            row.warn("block_unclear", "do_not_call", words)
        if blocked:
            return True, words
    if history.meaning != "do_not_call" or reach_of(words) == LIFTED:
        return False, ""
    if not is_sure(history.result):
        row.warn("block_unclear", "call_result", history.result)
    return True, history.result


@lru_cache(maxsize=4096)
def source_kind(source: str) -> str:
    """The reaction a source names (資料請求 → document_request), or empty."""
    folded = nfkc(source).casefold()
    return next((kind for kind, words in SOURCE_WORDS if any(word in folded for word in words)), "")
