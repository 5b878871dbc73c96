"""The audit trail, for admins."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import selectors
from accounts.forms import AuditFilter
from accounts.permissions import Permission, require
from config import clock

PAGE_SIZE = 50


@require_GET
@require(Permission.SEE_AUDIT)
def audit_trail(request: HttpRequest) -> HttpResponse:
    """Who changed what when, from what to what."""
    form = AuditFilter(request.GET)
    filters = form.readable()
    page = Paginator(selectors.audit_entries(filters=filters), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "lines": selectors.trail_lines(page.object_list),
        "is_narrowed": any(filters.values()),
        "now": clock.now(),
    }
    return render(request, "accounts/audit.html#results" if request.htmx else "accounts/audit.html", context)
