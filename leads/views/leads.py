"""The lead list and the page of one lead."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, can, require
from config import clock
from leads import selectors
from leads.forms.filters import LeadFilterForm
from leads.models import Lead

PAGE = 50


@require_http_methods(["GET"])
@require(Permission.SEE_LEADS)
def lead_list(request: HttpRequest) -> HttpResponse:
    """Leads the user may see: searched, filtered, sorted, fifty a page."""
    form = LeadFilterForm(request.GET, user=request.user)
    wanted = form.wanted()
    page = Paginator(selectors.leads_for(request.user, wanted), PAGE).get_page(request.GET.get("page"))
    page.object_list = selectors.with_numbers(list(page.object_list))
    context = {
        "form": form,
        "wanted": wanted,
        "page_obj": page,
        "now": clock.now(),
        "can_edit": can(request.user, Permission.EDIT_LEADS),
        "can_import": can(request.user, Permission.IMPORT),
        "can_call": can(request.user, Permission.LOG_CALLS),
        "can_merge": can(request.user, Permission.REASSIGN),
        "can_override": can(request.user, Permission.OVERRIDE_TIER),
        "open_doubles": selectors.open_doubles(request.user),
        "can_export": can(request.user, Permission.EXPORT),
    }
    return render(request, "leads/list.html", context)


@require_http_methods(["GET"])
@require(Permission.SEE_LEADS)
def lead_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything known about one lead; calls and deals load into their slots."""
    leads = Lead.objects.for_user(request.user)
    lead = get_object_or_404(
        leads.select_related("company", "owner", "team", "lead_list", "lead_import", "tier_override_by"), pk=pk
    )
    now = clock.now()
    why = selectors.why_of(lead, now)
    context = {
        "lead": lead,
        "now": now,
        "numbers": selectors.numbers_of(lead),
        "decision": why.decision,
        "why": why,
        "temperature": selectors.temperature_of(why.decision),
        "override_stands": lead.override_stands(timezone.localdate(now)),
        "siblings": selectors.siblings_of(lead, request.user),
        "doubles": selectors.doubles_of(lead, request.user),
        "can_edit": can(request.user, Permission.EDIT_LEADS),
        "can_call": can(request.user, Permission.LOG_CALLS),
        "can_block": can(request.user, Permission.BLOCK_NUMBERS),
        "can_override": can(request.user, Permission.OVERRIDE_TIER),
        "can_reassign": can(request.user, Permission.REASSIGN),
    }
    return render(request, "leads/detail.html", context)
