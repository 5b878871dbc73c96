"""The rows behind each number of an import, before it runs and after; for all but admins they are not there."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from leads.labels import place
from leads.models import ImportIssue, ImportRow, LeadImport
from leads.selectors.import_results import blocks_made, leads_at, taken_rows, warned_rows
from leads.selectors.imports import refused_rows
from leads.services.imports.error_file import issue_sentence
from leads.services.imports.preview_rows import KeptRows, kinds_of
from leads.views.imports import OUTCOMES, import_of, next_page, numbers_of, sentence_of_stored, told

PAGE = 50
CELLS_SHOWN = 6
Status, Policy = LeadImport.Status, LeadImport.Policy


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_preview_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows behind one number of the preview, with what each would change."""
    saved = import_of(pk)
    if saved.status != Status.PREVIEWED:
        return redirect(next_page(saved), pk=pk)
    policy = request.GET.get("policy") or saved.policy
    warnings = {warning["code"]: sentence_of_stored(warning) for warning in saved.preview["warnings"]}
    shown, code = request.GET.get("outcome", "new"), request.GET.get("warning", "")
    if policy not in Policy.values or shown not in OUTCOMES or (code and code not in warnings):
        raise Http404
    kept = KeptRows(saved, (f"warning-{code}",) if code else kinds_of(policy, shown))
    page = Paginator(kept, PAGE).get_page(request.GET.get("page"))
    context = {
        "import": saved,
        "step": 3,
        "policy": policy,
        "policy_label": Policy(policy).label,
        "title": warnings[code] if code else OUTCOMES[shown],
        "shown": "" if code else shown,
        "tabs": numbers_of(saved.preview["counts"][policy]),
        "page_obj": page,
        "rows": [_preview_row(row, policy) for row in page.object_list],
        "total": kept.total,
        "is_cut": kept.total > len(kept),
        "back": reverse("leads:import_preview", args=[pk]),
    }
    return render(request, "leads/imports/rows.html", context)


def _preview_row(row: dict, policy: str) -> dict:
    reasons = [told(problem) for problem in row.get("problems", [])]
    changes = dict(row.get("changes", {}).get(policy, {}))
    if row.get("blocks"):
        changes["do_not_call"] = ["", row["blocks"]]
    return {**row, "changes": changes, "reasons": reasons}


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows behind one number of the result, each with its lead and what it changed there."""
    saved = import_of(pk)
    if saved.started_at is None:
        return redirect(next_page(saved), pk=pk)
    shown, code = request.GET.get("outcome", "new"), request.GET.get("warning", "")
    if shown not in OUTCOMES or (code and code not in saved.warnings):
        raise Http404
    if code:
        found = warned_rows(saved, code)
    else:
        found = refused_rows(saved) if shown == "error" else taken_rows(saved, shown)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    total = saved.warnings[code] if code else page.paginator.count
    context = {
        "import": saved,
        "step": 4,
        "title": issue_sentence(found[0]) if code and found else OUTCOMES[shown],
        "shown": "" if code else shown,
        "tabs": numbers_of(saved.counts),
        "page_obj": page,
        "rows": _result_rows(saved, list(page.object_list)),
        "total": total,
        "is_cut": total > page.paginator.count and bool(code),
        "back": reverse("leads:import_detail", args=[pk]),
    }
    return render(request, "leads/imports/rows.html", context)


def _result_rows(saved: LeadImport, found: list[ImportRow] | list[ImportIssue]) -> list[dict]:
    if found and isinstance(found[0], ImportIssue):
        taken = leads_at(saved, [issue.line for issue in found])
        return [_issue_row(issue, taken.get(issue.line)) for issue in found]
    blocked = blocks_made(saved, [row.lead_id for row in found])
    return [_taken_row(row, blocked.get(row.lead_id, "")) for row in found]


def _issue_row(issue: ImportIssue, taken: ImportRow | None) -> dict:
    sentence, value = issue_sentence(issue), str(issue.params.get("value") or "")
    shown = "" if value in sentence else value
    reason = {"place": place(issue.line, issue.column), "reason": sentence, "value": shown}
    known = _taken_row(taken) if taken else {"line": issue.line, "cells": issue.cells[:CELLS_SHOWN]}
    return {**known, "changes": {}, "reasons": [reason]}


def _taken_row(row: ImportRow, blocked: str = "") -> dict:
    lead = row.lead
    changes = row.changes | ({"do_not_call": ["", blocked]} if blocked else {})
    who = (
        {"company": lead.company.name, "person": lead.name or lead.office, "lead": lead.pk, "tiered": lead}
        if lead
        else {"gone": True}
    )
    return {"line": row.line, "changes": changes, **who}
