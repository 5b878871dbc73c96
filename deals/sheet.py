"""The hand-over sheet: taken once as plain codes and texts, shown in whatever language the reader has."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from calls.models import FACTS, Call, FactState, Hearing
from calls.models.call import Result
from calls.selectors import hearing_for_lead, history_for_lead, past_calls_for_lead
from deals.models import Deal
from leads.models import PastCall, PhoneNumber

CALLS_SHOWN = 3
MEMO_LENGTH = 120
_COMPANY = ("name", "kana", "industry", "employees", "postal_code", "prefecture", "address", "url")
_PERSON = ("name", "kana", "department", "title", "email")
_EXTRAS = ("decision_maker_name", "timing_month", "budget_yen")


def sheet_for(deal: Deal) -> dict[str, Any]:
    """Everything known about the deal's lead now, as JSON: codes for choices, ISO text for times."""
    lead = deal.lead
    return {
        "company": _texts(lead.company, _COMPANY),
        "person": _texts(lead, _PERSON),
        "phones": [
            {"label": phone.label, "number": phone.raw, "extension": phone.extension}
            for phone in PhoneNumber.objects.filter(lead=lead, is_valid=True).order_by("position", "pk")
        ],
        "hearing": [_fact(fact, entry) for fact, entry in hearing_for_lead(lead).items()],
        "calls": [_call(call) for call in history_for_lead(lead, limit=CALLS_SHOWN)],
        "past_calls": [_past_call(call) for call in past_calls_for_lead(lead, CALLS_SHOWN)],
        "call_count": Call.objects.filter(lead=lead).count(),
        "set_by": str(deal.set_by) if deal.set_by else "",
        "team": deal.team.name,
    }


def _texts(row: Model, fields: tuple[str, ...]) -> dict[str, str]:
    return {field: getattr(row, field) for field in fields}


def _fact(fact: str, entry: dict[str, Any]) -> dict[str, Any]:
    extras = {extra: _plain(entry[extra]) for extra in _EXTRAS if entry.get(extra)}
    return {"fact": fact, "state": str(entry["state"]), "value": entry["value"], **extras}


def _call(call: Call) -> dict[str, str]:
    return {
        "at": call.called_at.isoformat(),
        "kind": call.kind,
        "result": call.result,
        "rep": call.rep.name,
        "memo": call.memo.replace("\n", " ")[:MEMO_LENGTH],
    }


def _past_call(call: PastCall) -> dict[str, str]:
    return {
        "at": call.called_at.isoformat() if call.called_at else "",
        "result": call.result,
        "list": call.lead_import.lead_list.name if call.lead_import else "",
        "memo": call.note.replace("\n", " ")[:MEMO_LENGTH],
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


@dataclass(frozen=True)
class FactLine:
    """One hearing fact in words. `state` stays a code for the page's marks."""

    fact: str
    label: str
    state: str
    state_label: str
    text: str


@dataclass(frozen=True)
class CallLine:
    """A call in words; one a list tells of may have no date, and has the list's name for a rep."""

    at: dt.datetime | None
    kind: str
    result: str
    rep: str
    memo: str


def fact_lines(sheet: dict[str, Any]) -> list[FactLine]:
    """The eight facts in the reader's language, in the order of the call panel."""
    entries = {entry["fact"]: entry for entry in sheet.get("hearing", [])}
    return [_fact_line(fact, entries.get(fact, {})) for fact in FACTS]


def call_lines(sheet: dict[str, Any]) -> list[CallLine]:
    """The last calls, newest first, one line each; behind them what lists tell of earlier ones."""
    kinds, results = dict(Call.Kind.choices), dict(Result.choices)
    calls = [
        CallLine(
            at=dt.datetime.fromisoformat(call["at"]),
            kind=str(kinds.get(call["kind"], call["kind"])),
            result=str(results.get(call["result"], call["result"])),
            rep=call["rep"],
            memo=call["memo"],
        )
        for call in sheet.get("calls", [])
    ]
    return calls + [_past_line(call) for call in sheet.get("past_calls", [])]


def _past_line(call: dict[str, str]) -> CallLine:
    return CallLine(
        at=dt.datetime.fromisoformat(call["at"]) if call["at"] else None,
        kind=_("取込前の架電"),
        result=call["result"],
        rep=call["list"],
        memo=call["memo"],
    )


def phone_lines(sheet: dict[str, Any]) -> list[tuple[str, str]]:
    """(kind of number, number as written, with its extension)."""
    labels = dict(PhoneNumber.Label.choices)
    return [
        (
            str(labels.get(phone["label"], phone["label"])),
            phone["number"] + (_("（内線%(ext)s）") % {"ext": phone["extension"]} if phone.get("extension") else ""),
        )
        for phone in sheet.get("phones", [])
    ]


def _fact_line(fact: str, entry: dict[str, Any]) -> FactLine:
    state = entry.get("state", FactState.NOT_ASKED)
    field = Hearing._meta.get_field(fact)
    text = str(dict(field.flatchoices).get(entry.get("value"), entry.get("value") or ""))
    extra = _extra_text(entry)
    return FactLine(
        fact=fact,
        label=str(field.verbose_name),
        state=str(state),
        state_label=str(FactState(state).label),
        text=_("%(text)s（%(extra)s）") % {"text": text, "extra": extra} if text and extra else text,
    )


def _extra_text(entry: dict[str, Any]) -> str:
    if entry.get("decision_maker_name"):
        return entry["decision_maker_name"]
    if entry.get("timing_month"):
        month = dt.date.fromisoformat(entry["timing_month"])
        return _("%(year)s年%(month)s月") % {"year": month.year, "month": month.month}
    if entry.get("budget_yen"):
        return _("%(yen)s円") % {"yen": f"{entry['budget_yen']:,}"}
    return ""
