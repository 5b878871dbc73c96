"""A temperature learned from the team's own outcomes: tried every night, offered when it beats the rule, switched on
by an admin, and given up by itself when it does worse."""

import datetime as dt
import logging
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from calls.learning import (
    MEASURED,
    MEASURED_OF_EACH,
    WORTHLESS,
    Comparison,
    Example,
    compare,
    has_both,
    is_enough,
    split_by_time,
)
from calls.selectors.learning import examples_for, names_for, preview_of
from calls.services.fitting import fit_card
from leads.models import TemperatureModel
from leads.scorecard import Scorecard, as_json
from leads.selectors import TierBasis, card_of, tier_basis

logger = logging.getLogger(__name__)

Status = TemperatureModel.Status

NEW_OUTCOMES = 50
"""A further attempt waits for so many outcomes: tried every night on much the same ones, chance would win some day."""

KEPT = dt.timedelta(days=90)
NEWEST_MEASURED = 1_000


@dataclass(frozen=True)
class Attempt:
    """What training came to. `status` is empty when there was too little to learn from."""

    n: int
    won: int
    status: str = ""
    card: Scorecard | None = None
    metrics: dict[str, Any] | None = None
    model: TemperatureModel | None = None


@dataclass(frozen=True)
class Night:
    """What a night came to: whether the card in use was given up, and the attempt at a new one, if there was one."""

    fell_back: bool
    attempt: Attempt | None


def learn_nightly(*, now: dt.datetime) -> Night:
    """Judge the card in use, try for a better one when there are new outcomes, forget old failures. A second run on
    the same outcomes changes nothing."""
    fell_back = fall_back_if_worse(now=now)
    attempt = train(now=now) if _is_due(now) else None
    forget_refused(now=now)
    return Night(fell_back, attempt)


def _is_due(now: dt.datetime) -> bool:
    last = TemperatureModel.objects.order_by("-trained_at", "-pk").first()
    if last is None:
        return True
    basis = tier_basis()
    fresh = examples_for(now, basis.book, dt.datetime.fromisoformat(last.metrics["newest_at"]))
    return len(fresh) >= NEW_OUTCOMES or last.metrics["rules"] != sorted(basis.book.versions)


def train(*, now: dt.datetime, save: bool = True) -> Attempt:
    """Learn from the older 70 %, judge by the newest 30 %, keep what came of it. An earlier offer is replaced."""
    basis = tier_basis()
    examples = examples_for(now, basis.book)
    attempt = _attempt(examples, basis)
    if not attempt.status:
        return attempt
    card = replace(attempt.card, names=names_for(attempt.card))
    metrics = attempt.metrics | {"rules": sorted(basis.book.versions), "preview": preview_of(card, basis, now)}
    attempt = replace(attempt, card=card, metrics=metrics)
    logger.info("temperature_trained status=%s n=%s auc=%s", attempt.status, attempt.n, metrics["auc"])
    return replace(attempt, model=_keep(attempt, now)) if save else attempt


def _attempt(examples: list[Example], basis: TierBasis) -> Attempt:
    won = sum(example.is_won for example in examples)
    older, newest = split_by_time(examples)
    if not is_enough(older, newest):
        return Attempt(len(examples), won)
    card, strength = fit_card(older, "")
    judged = judge(card, newest)
    figures = judged.as_json() | {"of": len(examples), "won_of": won, "strength": strength}
    figures |= {"split_at": newest[0].at.isoformat(), "newest_at": newest[-1].at.isoformat()}
    is_offered = judged.is_better
    if basis.card:
        figures["on_auc"] = round(judge(basis.card, newest).auc, 4)
        is_offered = is_offered and judged.auc > figures["on_auc"]
    return Attempt(len(examples), won, Status.OFFERED if is_offered else Status.REFUSED, card, figures)


def judge(card: Scorecard, examples: list[Example]) -> Comparison:
    """The card as it serves, whole points and limits included, against the rule's temperature."""
    scores = [card.temperature(example.features) for example in examples]
    return compare(scores, [example.by_rule for example in examples], [example.is_won for example in examples])


@transaction.atomic
def _keep(attempt: Attempt, now: dt.datetime) -> TemperatureModel:
    TemperatureModel.objects.filter(status=Status.OFFERED).delete()
    return TemperatureModel.objects.create(
        status=attempt.status, card=as_json(attempt.card), metrics=attempt.metrics, trained_at=now
    )


def forget_refused(*, now: dt.datetime) -> int:
    """Attempts that came to nothing are kept for a while; the newest attempt of all always is."""
    newest = TemperatureModel.objects.order_by("-trained_at", "-pk").values_list("pk", flat=True).first()
    old = TemperatureModel.objects.filter(status=Status.REFUSED, trained_at__lt=now - KEPT).exclude(pk=newest)
    return old.delete()[0]


# --- Use ------------------------------------------------------------------------------------------------------------


def fall_back_if_worse(*, now: dt.datetime) -> bool:
    """Judge the card in use by outcomes that are newer than all it was made and tried with."""
    model = TemperatureModel.objects.filter(status=Status.ON).first()
    if model is None:
        return False
    since = dt.datetime.fromisoformat(model.metrics["newest_at"])
    fresh = examples_for(now, tier_basis().book, since)[-NEWEST_MEASURED:]
    if len(fresh) < MEASURED or not has_both(fresh, MEASURED_OF_EACH):
        return False
    judged = judge(card_of(model), fresh)
    return _write_judgement(model.pk, judged, now)


@transaction.atomic
def _write_judgement(pk: int, judged: Comparison, now: dt.datetime) -> bool:
    model = TemperatureModel.objects.select_for_update().filter(pk=pk, status=Status.ON).first()
    if model is None:
        return False
    model.metrics = model.metrics | {"in_use": judged.as_json() | {"at": now.isoformat()}}
    is_over = judged.is_worse or judged.auc < WORTHLESS
    if is_over:
        _move(model, Status.FALLEN_BACK, "fall_back_temperature", by=None, now=now, reason="")
    model.save(update_fields=["metrics"])
    return is_over


@transaction.atomic
def switch_on(
    *, model_id: int, reason: str, a_from: int | None, b_from: int | None, by: User, now: dt.datetime
) -> TemperatureModel:
    """Let a card decide the temperature, and with thresholds the tier. One that is on already gets new thresholds."""
    reason = _reason(reason)
    _check_thresholds(a_from, b_from)
    models = {model.pk: model for model in TemperatureModel.objects.select_for_update().order_by("pk")}
    model = models.get(model_id)
    if model is None or model.status not in (Status.OFFERED, Status.OFF, Status.ON):
        raise ValidationError(
            _("このモデルはもう提案されていません。最新の提案を確認してください。"), code="not_offered"
        )
    for other in models.values():
        if other.status == Status.ON and other.pk != model.pk:
            _move(other, Status.OFF, "switch_off_temperature", by=by, now=now, reason=reason)
    before = {"a_from": model.a_from, "b_from": model.b_from}
    model.a_from, model.b_from = a_from, b_from
    model.save(update_fields=["a_from", "b_from"])
    changes = audit.differences(before, {"a_from": a_from, "b_from": b_from})
    _move(model, Status.ON, "switch_on_temperature", by=by, now=now, reason=reason, changes=changes)
    return model


@transaction.atomic
def switch_off(*, model_id: int, reason: str, by: User, now: dt.datetime) -> None:
    """Give the temperature back to the rules."""
    reason = _reason(reason)
    model = TemperatureModel.objects.select_for_update().filter(pk=model_id, status=Status.ON).first()
    if model is None:
        raise ValidationError(_("このモデルは使用中ではありません。"), code="not_on")
    _move(model, Status.OFF, "switch_off_temperature", by=by, now=now, reason=reason)


def _move(
    model: TemperatureModel,
    to: str,
    verb: str,
    *,
    by: User | None,
    now: dt.datetime,
    reason: str,
    changes: dict | None = None,
) -> None:
    seen = {"status": [model.status, to]} if model.status != to else {}
    seen |= (changes or {}) | ({"reason": ["", reason]} if reason else {})
    model.status, model.switched_at, model.switched_by = to, now, by
    model.save(update_fields=["status", "switched_at", "switched_by"])
    audit.record(by=by, now=now, verb=verb, target=model, changes=seen)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("変更の理由を入力してください。"), code="reason_required")})
    return reason.strip()


def _check_thresholds(a_from: int | None, b_from: int | None) -> None:
    """Both or neither, A above B, within what a temperature can be."""
    if a_from is None and b_from is None:
        return
    if a_from is None or b_from is None:
        missing = "a_from" if a_from is None else "b_from"
        raise ValidationError({missing: ValidationError(_("AとBの両方を入力してください。"), code="both")})
    if not 1 <= b_from <= 100 or not 1 <= a_from <= 100:
        wrong = "b_from" if not 1 <= b_from <= 100 else "a_from"
        raise ValidationError({wrong: ValidationError(_("1〜100で入力してください。"), code="range")})
    if a_from <= b_from:
        raise ValidationError({"a_from": ValidationError(_("AはBより高い温度にしてください。"), code="order")})
