"""Tiers set by hand, for those who may set them: which stand, which end soon, which have run out."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from config import clock
from config.acts import act_of
from leads.models import Lead
from leads.selectors.overrides import (
    OVERRIDE_SORT,
    OVERRIDE_SORTS,
    OVERRIDE_STATES,
    count_overrides,
    overrides_for,
    with_rule_tiers,
)
from leads.services.tiers import clear_override

PAGE = 50
STATES = {
    "standing": gettext_lazy("有効"),
    "soon": gettext_lazy("7日以内に終了"),
    "expired": gettext_lazy("期限切れ（30日以内）"),
}


@require_http_methods(["GET"])
@require(Permission.OVERRIDE_TIER)
def override_list(request: HttpRequest) -> HttpResponse:
    """Leads of the user's teams whose tier was set by hand."""
    now = clock.now()
    state, sort = request.GET.get("state", ""), request.GET.get("sort", "")
    state = state if state in OVERRIDE_STATES else OVERRIDE_STATES[0]
    sort = sort if sort.removeprefix("-") in OVERRIDE_SORTS else OVERRIDE_SORT
    page = Paginator(overrides_for(request.user, state, now, sort), PAGE).get_page(request.GET.get("page"))
    page.object_list = with_rule_tiers(list(page.object_list), now)
    counts = count_overrides(request.user, now)
    context = {
        "page_obj": page,
        "state": state,
        "sort": sort,
        "tabs": [{"code": code, "label": label, "count": counts[code]} for code, label in STATES.items()],
        "now": now,
    }
    return render(request, "leads/overrides.html", context)


@act_of("leads:tier")
@require(Permission.OVERRIDE_TIER)
def override_clear(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the tier back to the rule, and go on in the list."""
    lead = get_object_or_404(Lead.objects.for_user(request.user), pk=pk)
    clear_override(lead=lead, by=request.user, now=clock.now())
    messages.success(request, _("%(lead)sのTierを自動判定に戻しました。") % {"lead": lead})
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("leads:overrides")
