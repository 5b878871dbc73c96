"""学習した温度感: what was learned from outcomes, how well it did, and the switch. For admins; others find nothing."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import AuditEntry
from accounts.permissions import Permission, require
from accounts.trail import verb_label
from calls.forms import SwitchForm, ThresholdForm
from calls.selectors.learning import BANDS, learning_progress, shares_of, thresholds_like_the_rule
from calls.services import learning
from config import clock
from config.acts import act_of
from config.celery import enqueue
from leads.models import TemperatureModel
from leads.reasons import feature_words
from leads.selectors import card_of
from leads.tasks import retier_all
from leads.views.acts import put_errors

Status = TemperatureModel.Status
PER_PAGE = 20
CAN_BE_ON = (Status.OFFERED, Status.OFF, Status.ON)


@require_GET
@require(Permission.EDIT_RULES)
def models(request: HttpRequest) -> HttpResponse:
    """The offer, else the card in use, else the newest attempt."""
    shown = (
        _newest(Status.OFFERED) or _newest(Status.ON) or TemperatureModel.objects.order_by("-trained_at", "-pk").first()
    )
    return _page(request, shown)


@require_GET
@require(Permission.EDIT_RULES)
def model(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them."""
    return _page(request, get_object_or_404(TemperatureModel, pk=pk))


@act_of("calls:learning_model")
@require(Permission.EDIT_RULES)
def switch_on(request: HttpRequest, pk: int) -> HttpResponse:
    form = SwitchForm(request.POST)

    def act(cleaned: dict) -> None:
        learning.switch_on(model_id=pk, by=request.user, now=clock.now(), **cleaned)
        messages.success(request, _("学習した温度感を使い始めました。リードの温度感は順次更新されます。"))

    return _act(request, pk, form, act)


@act_of("calls:learning_model")
@require(Permission.EDIT_RULES)
def switch_off(request: HttpRequest, pk: int) -> HttpResponse:
    form = SwitchForm(request.POST)

    def act(cleaned: dict) -> None:
        learning.switch_off(model_id=pk, reason=cleaned["reason"], by=request.user, now=clock.now())
        messages.success(request, _("ルールの温度感に戻しました。リードの温度感は順次更新されます。"))

    return _act(request, pk, form, act)


def _act(request: HttpRequest, pk: int, form: SwitchForm, act: Callable[[dict], None]) -> HttpResponse:
    """Do it and have every lead decided anew; a refusal stands in the form, an offer that is gone on the page."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except ValidationError as refusal:
            put_errors(form, refusal)
        else:
            enqueue(retier_all)
            return redirect("calls:learning_model", pk)
    shown = TemperatureModel.objects.filter(pk=pk).first()
    if shown is None:
        messages.error(request, _("このモデルはもう提案されていません。最新の提案を確認してください。"))
        return redirect("calls:learning")
    return _page(request, shown, form)


def _newest(status: str) -> TemperatureModel | None:
    return TemperatureModel.objects.filter(status=status).order_by("-trained_at", "-pk").first()


def _page(request: HttpRequest, shown: TemperatureModel | None, form: SwitchForm | None = None) -> HttpResponse:
    now = clock.now()
    history = Paginator(TemperatureModel.objects.select_related("switched_by").order_by("-trained_at", "-pk"), PER_PAGE)
    progress = learning_progress(now)
    context = {
        "on": _newest(Status.ON),
        "offer": _newest(Status.OFFERED),
        "shown": shown,
        "progress": progress,
        "is_thin": progress["n"] < progress["needed"],
        "page_obj": history.get_page(request.GET.get("page")),
        "now": now,
    }
    if shown:
        context |= _shown(request, shown, form)
    return render(request, "calls/learning.html", context, status=422 if form else 200)


def _shown(request: HttpRequest, shown: TemperatureModel, form: SwitchForm | None) -> dict:
    """What the page says of one card."""
    thresholds = {"a_from": shown.a_from, "b_from": shown.b_from}
    looked_at = ThresholdForm(request.GET if "a_from" in request.GET else None, initial=thresholds)
    if looked_at.is_bound and looked_at.is_valid():
        thresholds = looked_at.cleaned_data
    elif form:
        thresholds = {name: form.cleaned_data.get(name) for name in thresholds}
    preview, lines = shown.metrics["preview"], lines_of(shown)
    return {
        "judgement": judgement(shown.metrics),
        "in_use": judgement(shown.metrics["in_use"]) if "in_use" in shown.metrics else "",
        "lines": lines,
        "largest": lines[0]["size"] if lines else 1,
        "preview": preview,
        "bands": list(zip(band_names(), preview["bands"], strict=True)),
        "band_names": band_names(),
        "moved": sum(
            count for row, counts in enumerate(preview["bands"]) for to, count in enumerate(counts) if to != row
        ),
        "threshold_form": looked_at,
        "thresholds": thresholds,
        "shares": _shares(preview, thresholds),
        "proposed": thresholds_like_the_rule(preview),
        "form": form or SwitchForm(initial=thresholds),
        "can_be_on": shown.status in CAN_BE_ON,
        "trail": _trail(shown),
    }


def _shares(preview: dict, thresholds: dict) -> dict | None:
    a_from, b_from = thresholds["a_from"], thresholds["b_from"]
    if a_from is None or b_from is None:
        return None
    return shares_of(preview, a_from, b_from)


def _trail(shown: TemperatureModel) -> list[dict]:
    """Who switched it, when and why; the newest first."""
    entries = AuditEntry.objects.filter(target_type=shown._meta.label_lower, target_id=shown.pk).select_related("by")
    return [
        {
            "verb": verb_label(entry.verb),
            "reason": entry.changes.get("reason", ["", ""])[1],
            "by": entry.by,
            "at": entry.at,
        }
        for entry in entries.order_by("-at", "-pk")[:PER_PAGE]
    ]


def judgement(metrics: dict) -> str:
    """「AUC 0.78（ルール 0.71、差 +0.07、95%区間 +0.02〜+0.12、n=412）」"""
    return _("AUC %(auc).2f（ルール %(rule).2f、差 %(by)+.2f、95%%区間 %(low)+.2f〜%(high)+.2f、n=%(n)s）") % {
        "auc": metrics["auc"],
        "rule": metrics["rule_auc"],
        "by": metrics["difference"],
        "low": metrics["low"],
        "high": metrics["high"],
        "n": metrics["n"],
    }


def lines_of(shown: TemperatureModel) -> list[dict]:
    """The card as people read it: what counts most comes first."""
    card = card_of(shown)
    ordered = sorted(card.points.items(), key=lambda pair: (-abs(pair[1]), pair[0]))
    return [
        {"words": feature_words(name, card.names.get(name, "")), "points": points, "size": abs(points)}
        for name, points in ordered
    ]


def band_names() -> list[str]:
    """0–24, 25–49, …"""
    ends = [*(low - 1 for low in BANDS[1:]), 100]
    return [f"{low}–{end}" for low, end in zip(BANDS, ends, strict=True)]
