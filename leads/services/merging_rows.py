"""A lead's own rows on the way from one lead to another, and back: numbers, signals, past calls, stages, import rows.

Rows keep their keys. Only a number or a signal the other has too is dropped, and kept in the record of the merge.
"""

import datetime as dt
from typing import Any

from django.db import models

from accounts.models import User
from leads.models import DoNotCall, ImportRow, Lead, LeadDouble, PastCall, PhoneNumber, Signal, StageMove
from leads.services.blocks import block_lead
from leads.services.merging import (
    fields_of,
    frozen,
    give_blocks_back,
    give_pairs_back,
    take_blocks,
    take_pairs,
    thaw,
    value_of,
)

PLAIN_ROWS: dict[str, type[models.Model]] = {
    "past_calls": PastCall,
    "stage_moves": StageMove,
    "import_rows": ImportRow,
}
"""Rows that only change hands."""

TICK = dt.timedelta(microseconds=1)


def take_rows(*, kept: Lead, gone: Lead, refusal: DoNotCall | None, by: User | None, now: dt.datetime) -> dict:
    """Hang what `gone` has on `kept`; answers, as JSON, what `give_rows_back` needs.

    `refusal` is a block of the company that `gone` leaves: it goes on as one of the person.
    """
    taken: dict[str, Any] = {name: _take(model, gone, kept) for name, model in PLAIN_ROWS.items()}
    taken["phones"] = _take_phones(gone, kept)
    taken["signals"] = _take_signals(gone, kept)
    taken["blocks"] = take_blocks(DoNotCall.Scope.PERSON, gone, kept, by, now)
    taken["block_made"] = _go_on_refusing(kept, refusal, by, now) if refusal else None
    taken["pairs"] = take_pairs(LeadDouble, gone.pk, kept.pk)
    return taken


def give_rows_back(taken: dict, *, kept: Lead, gone: Lead) -> None:
    """Undo `take_rows`; `gone` is there again. What came to `kept` since then stays there."""
    for name, model in PLAIN_ROWS.items():
        model.objects.filter(pk__in=taken[name], lead=kept).update(lead=gone)
    _give_phones_back(taken["phones"], kept, gone)
    _give_signals_back(taken["signals"], kept, gone)
    give_blocks_back(taken["blocks"], gone, kept)
    if taken["block_made"]:
        DoNotCall.objects.standing().filter(pk=taken["block_made"], lead=kept).delete()
    give_pairs_back(LeadDouble, taken["pairs"])


def _take(model: type[models.Model], gone: Lead, kept: Lead) -> list[int]:
    ids = list(model.objects.filter(lead=gone).order_by("pk").values_list("pk", flat=True))
    model.objects.filter(pk__in=ids).update(lead=kept)
    return ids


def _take_phones(gone: Lead, kept: Lead) -> dict:
    """Numbers go behind those of `kept`. A number both have stays once, and out of use if it is so on either."""
    known = list(kept.phones.order_by("position", "pk"))
    twins = {phone.raw: phone for phone in known} | {phone.e164: phone for phone in known if phone.e164}
    behind = max((phone.position for phone in known), default=-1) + 1
    taken: dict[str, list] = {"moved": [], "dropped": [], "changed": []}
    for phone in gone.phones.order_by("position", "pk"):
        twin = twins.get(phone.e164) or twins.get(phone.raw)
        if twin is None:
            taken["moved"].append([phone.pk, phone.position])
            PhoneNumber.objects.filter(pk=phone.pk).update(lead=kept, position=behind)
            behind += 1
            continue
        taken["dropped"] += frozen([phone])
        if twin.is_valid and not phone.is_valid:
            twin.is_valid, twin.invalid_reason = False, phone.invalid_reason
            twin.save(update_fields=["is_valid", "invalid_reason"])
            taken["changed"].append([twin.pk, phone.invalid_reason])
    return taken


def _give_phones_back(taken: dict, kept: Lead, gone: Lead) -> None:
    for pk, position in taken["moved"]:
        PhoneNumber.objects.filter(pk=pk, lead=kept).update(lead=gone, position=position)
    thaw(taken["dropped"])
    for pk, reason in taken["changed"]:
        unchanged = PhoneNumber.objects.filter(pk=pk, is_valid=False, invalid_reason=reason)
        unchanged.update(is_valid=True, invalid_reason="")


def _take_signals(gone: Lead, kept: Lead) -> dict:
    """The same reaction noted on both is one. Only where a second call hangs on either, both stay, a tick apart."""
    present = set(kept.signals.values_list("kind", "occurred_at"))
    in_use = set(gone.signals.filter(opened_follow_up__isnull=False).values_list("pk", flat=True))
    taken: dict[str, list] = {"moved": [], "dropped": []}
    for signal in gone.signals.order_by("occurred_at", "pk"):
        at = signal.occurred_at
        if (signal.kind, at) in present and signal.pk not in in_use:
            taken["dropped"] += frozen([signal])
            continue
        while (signal.kind, at) in present:
            at += TICK
        present.add((signal.kind, at))
        taken["moved"].append([signal.pk, fields_of(signal)["occurred_at"]])
        Signal.objects.filter(pk=signal.pk).update(lead=kept, occurred_at=at)
    return taken


def _give_signals_back(taken: dict, kept: Lead, gone: Lead) -> None:
    for pk, at in taken["moved"]:
        attribute, moment = value_of(Signal, "occurred_at", at)
        Signal.objects.filter(pk=pk, lead=kept).update(lead=gone, **{attribute: moment})
    thaw(taken["dropped"])


def _go_on_refusing(kept: Lead, refusal: DoNotCall, by: User | None, now: dt.datetime) -> int | None:
    """The person's own block in the words of the company's; nothing new where one stands already."""
    standing = DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.PERSON, lead=kept)
    if standing.exists():
        return None
    asked = {
        "words": refusal.words,
        "requested_by": refusal.requested_by,
        "requested_at": min(refusal.requested_at, now),
    }
    return block_lead(lead=kept, scope=DoNotCall.Scope.PERSON, by=by, now=now, **asked).pk
