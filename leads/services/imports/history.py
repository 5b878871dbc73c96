"""Calls of the past, as a row tells them, on the lead: its story, the facts its tier is decided from, what is owed.

A call that stands on the lead already says nothing new. No figure counts these calls: `call_count` stays as it is.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.services import audit
from leads.importing.cleaned import NO_HISTORY, CleanHistory, CleanRow
from leads.importing.results import NOBODY_SPOKE, REACTED, is_fax, read_result
from leads.models import Lead, LeadImport, PastCall, PhoneNumber, Stage, StageMove
from leads.services.imports.inserting import insert_rows
from leads.services.imports.moments import FRESH, moment
from leads.services.updating import update_objects

if TYPE_CHECKING:
    from leads.services.imports.merging import Number, Target

Key = tuple[dt.datetime | None, str, str, tuple[tuple[str, str], ...]]
REFUSALS = ("refused", "do_not_call")
LEADS_TO = {"refused": Stage.REFUSED.value, "appointment": Stage.NURTURING.value}
"""Outcomes after which nobody makes a first call any more: who said no has said so, who met us knows us."""

CALL_COLUMNS = ("lead_id", "lead_import_id", "called_at", "result", "meaning", "note", "hearing")
CHOICES = ("timing", "budget", "decision_maker")
FURTHER_ON = (Stage.APPOINTMENT, Stage.OPPORTUNITY, Stage.WON, Stage.BLOCKED)
"""Stages at which a reaction of the past owes nobody a call any more."""

INVALID_BECAUSE = {
    "invalid_number": PhoneNumber.Invalid.OUT_OF_SERVICE.value,
    "wrong_number": PhoneNumber.Invalid.WRONG_NUMBER.value,
}
FAX = PhoneNumber.Label.FAX.value


@dataclass(slots=True, eq=False)
class History:
    """The calls of the past a lead has, and what a batch adds to them."""

    known: set[Key] = field(default_factory=set)
    calls: list[tuple] = field(default_factory=list)
    moves: list[tuple[str, str]] = field(default_factory=list)
    invalid: dict[str, str] = field(default_factory=dict)


def know_history(targets: Mapping[int, "Target"], rows: Iterable[CleanRow]) -> None:
    """Read the calls of the past these leads have, if any row tells of such calls: one query, or none."""
    if not targets or all(row.history is NO_HISTORY for row in rows):
        return
    calls = PastCall.objects.filter(lead_id__in=targets)
    for pk, *told, facts in calls.values_list("lead_id", "called_at", "result", "note", "hearing"):
        _history_of(targets[pk]).known.add((*told, _sorted(facts)))


def foreseen_history(target: "Target", row: CleanRow, now: dt.datetime) -> dict[str, list]:
    """What the row would add, as {"field": [from, to]}, without adding it."""
    history = row.history
    if history is NO_HISTORY:
        return {}
    lead, at = target.lead, _called_at(history, now)
    changes = {name: [_plain(getattr(lead, name)), _plain(value)] for name, value in _values(target, row, now).items()}
    if _is_new(target, history, now):
        changes["past_calls"] = [[], [" ".join(filter(None, (at and f"{at:%Y-%m-%d}", history.result)))]]
        if number := _dead_number(target, row, at):
            changes["phones_invalid"] = [[], [number.raw]]
    return changes


def add_history(target: "Target", row: CleanRow, now: dt.datetime) -> dict[str, list]:
    """Put on the lead what the row tells of calls of the past; answers the changes as {"field": [from, to]}."""
    if row.history is NO_HISTORY:
        return {}
    changes = foreseen_history(target, row, now)
    if not changes:
        return {}
    lead, history, at = target.lead, row.history, _called_at(row.history, now)
    number = _dead_number(target, row, at) if "phones_invalid" in changes else None
    for name, value in _values(target, row, now).items():
        if name == "stage":
            _history_of(target).moves.append((lead.stage, value))
        setattr(lead, name, value)
        target.lead_fields.add(name)
    if number is not None:
        _invalidate(target, number, INVALID_BECAUSE[history.meaning] if not is_fax(history.result) else FAX)
    if "past_calls" in changes:
        _add_call(target, history, at)
    return changes


def save_history(targets: Iterable["Target"], lead_import: LeadImport, now: dt.datetime) -> None:
    """Write what `add_history` gathered; leads and their new numbers are in the base by now."""
    told = [target for target in targets if target.history is not None]
    if not told:
        return
    calls = [(target.lead.pk, lead_import.pk, *call) for target in told for call in target.history.calls]
    insert_rows(PastCall, CALL_COLUMNS, calls, now)
    by = lead_import.created_by_id
    moves = [(target.lead.pk, *move, now, by) for target in told for move in target.history.moves]
    insert_rows(StageMove, ("lead_id", "from_stage", "to_stage", "at", "by_id"), moves, now)
    _mark_invalid(told, lead_import, now)


def reaction_at(history: CleanHistory, now: dt.datetime) -> dt.datetime | None:
    """When the person reacted to a call of the past, if the list says both that and when."""
    return _called_at(history, now) if history.meaning in REACTED else None


def reaction_owes_follow_up(lead: Lead, history: CleanHistory, at: dt.datetime, now: dt.datetime) -> bool:
    """A fresh reaction nobody has answered yet, by a call of ours or by going further; an appointment is answered."""
    if history.meaning == "appointment":
        return False
    answered = lead.call_count > 0 and lead.last_called_at is not None and lead.last_called_at >= at
    return now - at <= FRESH and not answered and lead.stage not in FURTHER_ON


def block_words(row: CleanRow, list_name: str) -> str:
    """Where the list says that this person must not be called, and in which words."""
    facts = {"list": list_name, "words": row.do_not_call_words}
    if blocks_by_result(row):
        return _("リスト「%(list)s」の架電結果：%(words)s") % facts
    return _("リスト「%(list)s」の架電禁止の列：%(words)s") % facts


def blocks_by_result(row: CleanRow) -> bool:
    """Whether it was the outcome of a call, not the column for it, that says so."""
    return row.history.meaning == "do_not_call" and row.do_not_call_words == row.history.result


# --- What a row says ------------------------------------------------------------------------------------------------


def _called_at(history: CleanHistory, now: dt.datetime) -> dt.datetime | None:
    at = moment(history.called_at) if history.called_at else None
    return at if at is not None and at <= now else None


def _key(history: CleanHistory, at: dt.datetime | None) -> Key:
    return at, history.result, history.note, _sorted(history.facts)


def _sorted(facts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(facts.items()))


def _is_new(target: "Target", history: CleanHistory, now: dt.datetime) -> bool:
    if not history.tells_of_call:
        return False
    return target.history is None or _key(history, _called_at(history, now)) not in target.history.known


def _tells_problem(history: CleanHistory) -> bool:
    """A problem that was named, or something heard on a call on which somebody can have said it."""
    if history.facts.get("problem"):
        return True
    meaning = history.meaning or read_result(history.note).code
    return bool(history.note) and meaning not in NOBODY_SPOKE and meaning not in REFUSALS


def _values(target: "Target", row: CleanRow, now: dt.datetime) -> dict[str, Any]:
    """The lead's fields as the row would have them: moments only move forward, choices only fill blanks."""
    lead, history, at = target.lead, row.history, _called_at(row.history, now)
    is_new = _is_new(target, history, now)
    values: dict[str, Any] = {}
    if is_new:
        values |= {name: at for name in _moments(history) if at and _is_later(at, getattr(lead, name))}
        if "last_called_at" in values and lead.last_result != history.meaning:
            values["last_result"] = history.meaning
        values |= {name: history.facts[name] for name in CHOICES if history.facts.get(name) and not getattr(lead, name)}
        if (stage := _stage(lead, history, at)) != lead.stage:
            values["stage"] = stage
    again = moment(history.next_call_at) if history.next_call_at else None
    may_wait = lead.stage in (Stage.NEW, Stage.CALLING) and (is_new or lead.call_count == 0)
    if values.get("stage") == Stage.REFUSED:
        again = None
        if lead.next_call_at is not None:
            values["next_call_at"] = None
    if again and again > now and lead.next_call_at is None and may_wait and history.meaning not in REFUSALS:
        values["next_call_at"] = again
    return values


def _stage(lead: Lead, history: CleanHistory, at: dt.datetime | None) -> str:
    """Where a call of the past leaves a lead whose first call is still to be made; a later call knows better."""
    if lead.stage not in (Stage.NEW, Stage.CALLING):
        return lead.stage
    is_last = lead.last_called_at is None or (at is not None and at >= lead.last_called_at)
    if is_last and history.meaning in LEADS_TO:
        return LEADS_TO[history.meaning]
    return Stage.CALLING.value if at or history.meaning else lead.stage


def _moments(history: CleanHistory) -> Iterable[str]:
    yield "last_called_at"
    if history.meaning in REFUSALS:
        yield "refused_at"
    elif read_result(history.result).reached:
        yield "last_reached_at"
    if _tells_problem(history):
        yield "problem_recorded_at"


def _is_later(at: dt.datetime, known: dt.datetime | None) -> bool:
    return known is None or known < at


def _dead_number(target: "Target", row: CleanRow, at: dt.datetime | None) -> "Number | None":
    """The number the call was made to: the first of the row, unless a later call knows better."""
    if row.history.meaning not in INVALID_BECAUSE:
        return None
    called = target.lead.last_called_at
    if called is not None and (at is None or called > at):
        return None
    dialled = next((phone.e164 for phone in row.phones if phone.e164), "")
    numbers = (number for number in target.phones if number.is_valid and number.label != FAX)
    return next((number for number in numbers if dialled and number.e164 == dialled), None)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


# --- What comes of it -----------------------------------------------------------------------------------------------


def _history_of(target: "Target") -> History:
    if target.history is None:
        target.history = History()
    return target.history


def _add_call(target: "Target", history: CleanHistory, at: dt.datetime | None) -> None:
    told = _history_of(target)
    told.known.add(_key(history, at))
    told.calls.append((at, history.result, history.meaning, history.note, dict(history.facts)))


def _invalidate(target: "Target", number: "Number", reason: str) -> None:
    dead = number._replace(is_valid=False, invalid_reason=reason)
    if not any(phone is number for phone in target.new_phones):
        _history_of(target).invalid[number.raw] = reason
    for phones in (target.phones, target.new_phones):
        phones[:] = [dead if phone is number else phone for phone in phones]


def _mark_invalid(targets: list["Target"], lead_import: LeadImport, now: dt.datetime) -> None:
    """Numbers that were in the base before; new ones went in as they are."""
    dead = {(t.lead.pk, raw): reason for t in targets if t.history for raw, reason in t.history.invalid.items()}
    if not dead:
        return
    raws = {raw for _lead, raw in dead}
    rows = PhoneNumber.objects.filter(lead_id__in={pk for pk, _raw in dead}, raw__in=raws, is_valid=True)
    phones = [phone for phone in rows.order_by("pk") if (phone.lead_id, phone.raw) in dead]
    for phone in phones:
        phone.is_valid, phone.invalid_reason = False, dead[phone.lead_id, phone.raw]
    update_objects(phones, ["is_valid", "invalid_reason"])
    entries = [(phone, {"is_valid": [True, False]}) for phone in phones]
    audit.record_many(by=lead_import.created_by, now=now, verb="invalidate_phone", entries=entries)
