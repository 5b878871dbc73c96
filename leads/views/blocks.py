"""Blocks: all that stand and stood, and lifting one."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, can, require
from config import clock
from leads import selectors
from leads.forms.acts import LiftForm
from leads.forms.filters import BlockFilterForm
from leads.models import Lead
from leads.services.blocks import lift_block
from leads.views.acts import done

PAGE = 50


@require_http_methods(["GET"])
@require(Permission.BLOCK_NUMBERS)
def block_list(request: HttpRequest) -> HttpResponse:
    """Blocks of leads the user may see; an admin sees every one."""
    wanted = BlockFilterForm(request.GET).wanted()
    page = Paginator(selectors.blocks_for(request.user, **wanted), PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "wanted": wanted,
        "states": BlockFilterForm.STATES,
        "can_lift": can(request.user, Permission.LIFT_BLOCKS),
        "seen": set(
            Lead.objects.for_user(request.user).filter(pk__in=[b.lead_id for b in page]).values_list("pk", flat=True)
        ),
    }
    return render(request, "leads/blocks.html", context)


@require_http_methods(["GET", "POST"])
@require(Permission.LIFT_BLOCKS)
def block_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Lift a standing block, with a reason."""
    block = get_object_or_404(selectors.blocks_for(request.user, state="standing"), pk=pk)
    form = LiftForm(request.POST or None)
    if done(form, lambda cleaned: lift_block(block=block, by=request.user, now=clock.now(), **cleaned)):
        messages.success(request, _("架電禁止を解除しました。"))
        return redirect("leads:blocks")
    return render(request, "leads/lift_form.html", {"form": form, "block": block}, status=422 if form.is_bound else 200)
