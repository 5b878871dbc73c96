"""Undo of a whole import: what would happen, while it happens, what came of it. For all but admins it is not there."""

import datetime as dt
import math

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from config import clock
from config.celery import enqueue
from leads.forms.import_history import UndoForm
from leads.labels import kept_because
from leads.models import ImportRow, LeadImport
from leads.selectors.imports import blocks_standing, rows_kept
from leads.services.imports.undo_plan import SHOWN, plan_undo
from leads.services.imports.undoing import can_be_undone, start_undo
from leads.tasks import undo_import

PAGE = 50
SOON = 2
"""Seconds after which a speed says anything."""

Status = LeadImport.Status


@require_http_methods(["GET", "POST"])
@require(Permission.IMPORT)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask first; then show how far it is; at last what came of it, with the rows that stayed."""
    saved = _import(pk)
    if request.method == "POST":
        return _start(request, saved)
    if saved.status == Status.UNDOING:
        return render(request, "leads/imports/undo_progress.html", _progress(saved))
    if saved.status == Status.UNDONE:
        return _result(request, saved)
    if not can_be_undone(saved):
        messages.error(request, _("この取込は元に戻せません。登録された行がありません。"))
        return redirect("leads:import_detail", pk=pk)
    plan = plan_undo(saved)
    stays = [(stay.lead, stay.undo == ImportRow.Undo.PARTLY, _words(stay.reasons)) for stay in plan.stays]
    context = {"import": saved, "plan": plan, "stays": stays, "more": plan.kept + plan.partly - len(stays)}
    return render(request, "leads/imports/undo.html", {**context, "shown": SHOWN, "form": UndoForm()})


def _start(request: HttpRequest, saved: LeadImport) -> HttpResponse:
    """Let it be undone. With no worker or broker alive it waits, and is taken up by the sweep."""
    form = UndoForm(request.POST)
    lifts_blocks = form.is_valid() and form.cleaned_data["lifts_blocks"]
    try:
        start_undo(lead_import=saved, by=request.user, now=clock.now(), lifts_blocks=lifts_blocks)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("leads:import_detail", pk=saved.pk)
    enqueue(undo_import, saved.pk)
    return redirect("leads:import_undo", pk=saved.pk)


def _result(request: HttpRequest, saved: LeadImport) -> HttpResponse:
    page = Paginator(rows_kept(saved), PAGE).get_page(request.GET.get("page"))
    rows = [(row, row.undo == ImportRow.Undo.PARTLY, _words(row.undo_reasons or [])) for row in page]
    context = {"import": saved, "page_obj": page, "rows": rows, "blocks_left": blocks_standing(saved).count()}
    return render(request, "leads/imports/undone.html", context)


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def undo_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone, asked for every second; when there is nothing left to wait for, the page is loaded anew."""
    saved = _import(pk)
    response = render(request, "leads/imports/undo_progress.html#progress", _progress(saved))
    if saved.status != Status.UNDOING:
        response["HX-Refresh"] = "true"
    return response


def _import(pk: int) -> LeadImport:
    related = LeadImport.objects.select_related("lead_list__team", "created_by", "undone_by")
    return get_object_or_404(related, pk=pk)


def _progress(saved: LeadImport) -> dict:
    counts, now = saved.undo_counts, clock.now()
    context = {"import": saved, "done": counts.get("rows", 0), "total": counts.get("of", 0)}
    is_waiting = saved.claimed_until is None or saved.claimed_until < now
    return {**context, "is_waiting": is_waiting, "left": None if is_waiting else _left(counts, now)}


def _left(counts: dict, now: dt.datetime) -> dict[str, int] | None:
    """About how long it still takes at the speed of the worker that is at it; nothing while it is too early."""
    done = counts.get("rows", 0) - counts.get("began_after", 0)
    seconds = (now - dt.datetime.fromisoformat(counts["began_at"])).total_seconds() if "began_at" in counts else 0
    if done <= 0 or seconds < SOON:
        return None
    left = max(0, counts["of"] - counts["rows"]) * seconds / done
    return {"minutes": math.ceil(left / 60), "seconds": math.ceil(left)}


def _words(reasons: list[str]) -> list[str]:
    return [kept_because(code) for code in reasons]
