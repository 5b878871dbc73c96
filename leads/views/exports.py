"""Leads and blocks out as a file: the page that asks in which kind, and the file itself."""

from collections.abc import Callable

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from config import clock
from leads import selectors
from leads.exports import Format, ShiftJis, content_type
from leads.exports.shift_jis import instead_of
from leads.forms.exports import ExportForm
from leads.forms.filters import LeadFilterForm
from leads.services.exports import EXTRA_LIMIT, Export, export_leads, extras_of, unwritable

SIGNS_SHOWN = 30


@require_http_methods(["GET", "POST"])
@require(Permission.EXPORT)
def lead_export(request: HttpRequest) -> HttpResponseBase:
    """The leads of the list, by the filters, search and order in the address."""
    filters = LeadFilterForm(request.GET, user=request.user)
    wanted, words = filters.wanted(), filters.chosen()
    leads = selectors.leads_for(request.user, wanted)
    form = ExportForm(request.POST if request.method == "POST" else None, rows=leads.count())
    lost = _lost(form, lambda: unwritable(request.user, wanted))
    if form.is_bound and form.is_valid():
        kind = form.cleaned_data["format"]
        return _sent(export_leads(wanted=wanted, words=words, kind=kind, by=request.user, now=clock.now()))
    context = {
        "form": form,
        "chosen": [{"name": filters[name].label, "word": word} for name, word in words.items()],
        "left_out": extras_of(leads).left_out,
        "extra_limit": EXTRA_LIMIT,
        "signs": _shown(lost),
        "more_signs": max(0, len(lost.replaced) - SIGNS_SHOWN),
    }
    return render(request, "leads/export.html", context, status=422 if form.is_bound else 200)


def _lost(form: ExportForm, read: Callable[[], ShiftJis]) -> ShiftJis:
    """What Shift_JIS cannot say, read only where it is asked for and nobody has yet agreed to do without."""
    lost = ShiftJis()
    if form.is_bound and form.is_valid() and form.cleaned_data["format"] is Format.CP932:
        if not form.cleaned_data["accepts"]:
            lost = read()
        if lost.replaced:
            form.refuse(lost)
    return lost


def _shown(lost: ShiftJis) -> list[dict]:
    return [
        {
            "sign": sign if sign.isprintable() else "",
            "code": f"U+{ord(sign):04X}",
            "count": count,
            "instead": instead_of(sign),
            "example": lost.examples[sign],
        }
        for sign, count in lost.replaced.most_common(SIGNS_SHOWN)
    ]


def _sent(file: Export) -> StreamingHttpResponse:
    headers = {"Content-Disposition": content_disposition_header(True, file.name)}
    return StreamingHttpResponse(file.parts, content_type=content_type(file.kind), headers=headers)
