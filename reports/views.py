"""The report pages: the funnel, the rows behind its numbers, and those rows as a file."""

import datetime as dt
from collections.abc import Callable

from django.core.paginator import Paginator
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, Scope, can, require, scope_of
from config import clock
from reports import funnel_page, kpi, labels, tier_page
from reports.columns import COLUMNS, lines
from reports.forms import ReportFilterForm, RowsFilterForm, TierFilterForm
from reports.links import funnel_url, parameters, tiers_url
from reports.periods import Preset
from reports.selectors import (
    NEWLY_CALLED,
    Basis,
    Kind,
    ReportFilter,
    counts,
    funnel_report,
    kind_of,
    openable,
    rows_for,
    tier_report,
)
from reports.services.export_rows import export_rows

PAGE_SIZE = 50


@require_GET
@require(Permission.SEE_REPORTS)
def funnel(request: HttpRequest) -> HttpResponse:
    form = ReportFilterForm(request.GET, user=request.user, now=clock.now())
    if not form.is_valid():
        return render(request, "reports/funnel.html", {"form": form, **_switches(form)}, status=400)
    report = funnel_report(form.report_filter)
    page = {
        "form": form,
        "report": report,
        "steps": funnel_page.steps(report),
        "cards": funnel_page.cards(report),
        "all_figures": funnel_page.all_figures(report),
        "verdict": labels.verdict_text(report.verdict),
        "changes": funnel_page.changes(report),
        "heads": funnel_page.table_heads(),
        "reps": funnel_page.table(report, report.reps, "rep"),
        "teams": funnel_page.table(report, report.teams, "team"),
        "trend": funnel_page.trend_table(report),
        "counts_chart": funnel_page.counts_chart(report),
        "on_time_chart": funnel_page.on_time_chart(report),
        "min_n": funnel_page.MIN_N,
        "tiers_url": "" if form.report_filter.scope is Scope.DEALS else tiers_url(form.report_filter),
        **_about(form),
        **_switches(form),
    }
    return render(request, "reports/funnel.html", page)


@require_GET
@require(Permission.SEE_REPORTS)
def rows(request: HttpRequest) -> HttpResponse:
    form, code = _asked_for(request)
    report = form.report_filter
    page = Paginator(rows_for(report, code), PAGE_SIZE).get_page(request.GET.get("page"))
    figure = kpi.figures(counts(report))[code] if kind_of(code) is Kind.COST else None
    return render(
        request,
        "reports/rows.html",
        {
            "form": form,
            "code": code,
            "words": labels.rows_words(code),
            "total": figure and labels.value_text(figure),
            "columns": COLUMNS[kind_of(code)],
            "lines": _shown(report, code, list(page)),
            "page_obj": page,
            "can_export": can(request.user, Permission.EXPORT),
            **_way_back(report, code),
            **_about(form),
        },
    )


@require_POST
@require(Permission.EXPORT)
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The same rows as a file; the filter stands in the address as on the page."""
    form, code = _asked_for(request)
    file = export_rows(report=form.report_filter, code=code, words=form.chosen(), by=request.user, now=clock.now())
    disposition = content_disposition_header(True, file.name)
    return StreamingHttpResponse(
        file.lines, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition}
    )


@require_GET
@require(Permission.SEE_REPORTS)
def tiers(request: HttpRequest) -> HttpResponse:
    """Whether tiers and temperature tell who converts. Field sales see only what became deals: nothing to compare."""
    if scope_of(request.user, Permission.SEE_REPORTS) is Scope.DEALS:
        raise Http404
    form = TierFilterForm(request.GET, user=request.user, now=clock.now())
    page: dict = {"form": form, **_tier_switches(form)}
    if not form.is_valid():
        return render(request, "reports/tiers.html", page, status=400)
    page |= tier_page.page(tier_report(form.report_filter))
    page |= {"period_text": funnel_page.period_text(form.report_filter.period), "chosen": _chosen(form)}
    return render(request, "reports/tiers.html", page)


def _tier_switches(form: TierFilterForm) -> dict:
    if not form.is_valid():
        return {}
    report = form.report_filter
    fixed = {} if form.preset == Preset.CUSTOM else {"from": "", "to": "", "period": form.preset}
    kept = parameters(report)
    cuts = {name: kept[name] for name in form.CUTS if name in kept}
    days = {name: kept[name] for name in ("from", "to")} if form.preset == Preset.CUSTOM else {"period": form.preset}
    return {
        "presets": _presets(form, tiers_url),
        "is_custom": form.preset == Preset.CUSTOM,
        "kept_by_cuts": days,
        "kept_by_days": cuts,
        "clear_url": tiers_url(report, **fixed, **dict.fromkeys(form.CUTS, "")),
        "funnel_url": funnel_url(report),
    }


def _way_back(report: ReportFilter, code: str) -> dict:
    """Where a list of rows came from."""
    if code in NEWLY_CALLED or report.temperature:
        return {"back_url": tiers_url(report), "back_name": _("Tierの検証")}
    return {"back_url": funnel_url(report), "back_name": _("ファネル")}


def _asked_for(request: HttpRequest) -> tuple[ReportFilterForm, str]:
    """The filter and the count of the address; 404 for what makes no sense or is not this person's to see."""
    form = RowsFilterForm(request.GET, user=request.user, now=clock.now())
    code = request.GET.get("figure", "")
    if not form.is_valid() or code not in openable(form.report_filter):
        raise Http404
    return form, code


def _shown(report: ReportFilter, code: str, found: list[Model]) -> list[dict]:
    """Rows as the template lays them out: each cell with its column, and the lead one may open."""
    columns = COLUMNS[kind_of(code)]
    return [
        {
            "cells": [{"label": column.label, "text": text} for column, text in zip(columns, line.cells, strict=True)],
            "lead_id": line.lead_id,
        }
        for line in lines(report, code, found)
    ]


def _about(form: ReportFilterForm) -> dict:
    """What is counted, in words."""
    report = form.report_filter
    return {
        "period_text": funnel_page.period_text(report.period),
        "previous_text": funnel_page.period_text(report.period.previous),
        "previous_as_of": _unfinished(report.previous),
        "basis_name": labels.BASIS_NAMES[report.basis],
        "basis_note": labels.BASIS_NOTES[report.basis],
        "as_of": report.as_of,
        "chosen": _chosen(form),
    }


def _chosen(form: ReportFilterForm) -> list[dict]:
    return [{"name": form[name].label, "word": word} for name, word in form.chosen().items()]


def _unfinished(previous: ReportFilter) -> dt.datetime | None:
    """The moment up to which the period before is counted, where that is not simply its end."""
    if previous.basis == Basis.COHORT or previous.as_of < previous.period.closes_at:
        return previous.as_of
    return None


def _switches(form: ReportFilterForm) -> dict:
    """The presets and bases one click away, keeping everything else of the address."""
    if not form.is_valid():
        return {"presets": [], "bases": [], "hidden": {}}
    report = form.report_filter
    days = {"from": "", "to": ""}
    fixed = {} if form.preset == Preset.CUSTOM else {**days, "period": form.preset}
    cuts = set(form.CUTS)
    return {
        "presets": _presets(form, funnel_url),
        "is_custom": form.preset == Preset.CUSTOM,
        "bases": [
            {
                "label": label,
                "hint": labels.BASIS_HINTS[basis],
                "url": funnel_url(report, **fixed, basis=str(basis)),
                "is_current": basis == report.basis,
            }
            for basis, label in labels.BASIS_NAMES.items()
        ],
        "cohort_url": funnel_url(report, **fixed, basis=str(Basis.COHORT)),
        "clear_url": funnel_url(report, **fixed, **dict.fromkeys(form.CUTS, "")),
        # What each of the two small forms carries along: the cuts form its period, the period form its cuts.
        "kept_by_cuts": {k: v for k, v in ({**parameters(report), **fixed}).items() if v and k not in cuts},
        "kept_by_days": {k: v for k, v in parameters(report).items() if k not in ("from", "to")},
    }


def _presets(form: ReportFilterForm, url_of: Callable[..., str]) -> list[dict]:
    return [
        {
            "label": label,
            "url": url_of(form.report_filter, **{"from": "", "to": ""}, period=str(preset)),
            "is_current": preset == form.preset,
        }
        for preset, label in form.PRESETS.items()
        if preset != Preset.CUSTOM
    ]
