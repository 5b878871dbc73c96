"""The history of imports. For all but admins it is not there."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from config import clock
from leads.forms.import_history import HistoryFilterForm
from leads.selectors.imports import import_history

PAGE = 30


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_list(request: HttpRequest) -> HttpResponse:
    """Every import: who, when, which file, where its people come from, what became of the rows."""
    form = HistoryFilterForm(request.GET)
    wanted = form.wanted()
    page = Paginator(import_history(**wanted), PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "now": clock.now(), "form": form, "is_narrowed": any(wanted.values())}
    return render(request, "leads/imports/list.html", context)
