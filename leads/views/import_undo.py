"""Undo of a whole import: what would happen, while it happens, what came of it. For all but admins it is not there."""

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
from leads.selectors.imports import rows_kept
from leads.services.imports.undo_plan import SHOWN, plan_undo
from leads.services.imports.undoing import can_be_undone, start_undo
from leads.tasks import undo_import

PAGE = 50
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
    return render(request, "leads/imports/undone.html", {"import": saved, "page_obj": page, "rows": rows})


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
    return {"import": saved, "done": saved.undo_counts.get("rows", 0), "total": saved.undo_counts.get("of", 0)}


def _words(reasons: list[str]) -> list[str]:
    return [kept_because(code) for code in reasons]
