"""Acts on one lead: a reaction, a block, a tier by hand, another owner. Each its own small page."""

import datetime as dt
from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from config import clock
from leads import selectors
from leads.forms.acts import BlockForm, OverrideForm, OwnerForm, SignalForm
from leads.models import DoNotCall, Lead
from leads.services.blocks import block_lead, block_number
from leads.services.leads import assign_owner
from leads.services.signals import add_signal
from leads.services.tiers import clear_override, override_tier

OVERRIDE_DAYS = 30


@require_http_methods(["GET", "POST"])
@require(Permission.EDIT_LEADS)
def signal_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down a reaction; a reacting one owes the lead a second call."""
    lead, now = _lead(request, pk), clock.now()
    form = SignalForm(request.POST or None, initial={"occurred_at": timezone.localtime(now)})
    values = {"lead": lead, "by": request.user, "now": now}
    if done(form, lambda cleaned: add_signal(**values, **cleaned)):
        messages.success(request, _("反応を登録しました。"))
        return redirect("leads:detail", pk=pk)
    return _page(request, "leads/signal_form.html", form, lead)


@require_http_methods(["GET", "POST"])
@require(Permission.BLOCK_NUMBERS)
def block(request: HttpRequest, pk: int) -> HttpResponse:
    """Take down a refusal: from now on nobody is offered the number, the company or the person."""
    lead, now = _lead(request, pk), clock.now()
    initial = {"requested_at": timezone.localtime(now), "scope": DoNotCall.Scope.NUMBER}
    form = BlockForm(request.POST or None, lead=lead, initial=initial)
    if done(form, lambda cleaned: _block(lead, cleaned, request.user, now)):
        messages.success(request, _("架電禁止に登録しました。"))
        return redirect("leads:detail", pk=pk)
    return _page(request, "leads/block_form.html", form, lead)


def _block(lead: Lead, cleaned: dict, by: User, now) -> DoNotCall:
    asked = {key: cleaned[key] for key in ("words", "requested_by", "requested_at")} | {"by": by, "now": now}
    if cleaned["scope"] == DoNotCall.Scope.NUMBER:
        return block_number(e164=cleaned["number"].e164, lead=lead, **asked)
    return block_lead(lead=lead, scope=cleaned["scope"], **asked)


@require_http_methods(["GET", "POST"])
@require(Permission.OVERRIDE_TIER)
def tier_override(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the tier by hand for a while; `clear` gives it back to the rule."""
    lead, now = _lead(request, pk), clock.now()
    if request.method == "POST" and "clear" in request.POST:
        clear_override(lead=lead, by=request.user, now=now)
        messages.success(request, _("Tierを自動判定に戻しました。"))
        return redirect("leads:detail", pk=pk)
    today = timezone.localdate(now)
    initial = {"tier": lead.tier, "until": today + dt.timedelta(days=OVERRIDE_DAYS)}
    form = OverrideForm(request.POST or None, initial=initial)
    values = {"lead": lead, "by": request.user, "now": now}
    if done(form, lambda cleaned: override_tier(**values, **cleaned)):
        messages.success(request, _("Tierを変更しました。"))
        return redirect("leads:detail", pk=pk)
    decision = selectors.rule_decision(lead, now)
    extra = {"decision": decision, "override_stands": lead.override_stands(today), "now": now}
    return _page(request, "leads/tier_form.html", form, lead, extra)


@require_http_methods(["GET", "POST"])
@require(Permission.REASSIGN)
def owner(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the lead to somebody else, or to nobody."""
    lead, now = _lead(request, pk), clock.now()
    form = OwnerForm(
        request.POST or None, candidates=selectors.candidates_for(request.user), initial={"owner": lead.owner_id}
    )
    values = {"lead": lead, "by": request.user, "now": now}
    if done(form, lambda cleaned: assign_owner(**values, **cleaned)):
        messages.success(request, _("担当を変更しました。"))
        return redirect("leads:detail", pk=pk)
    return _page(request, "leads/owner_form.html", form, lead)


def _lead(request: HttpRequest, pk: int) -> Lead:
    return get_object_or_404(Lead.objects.for_user(request.user).select_related("company", "owner"), pk=pk)


def done(form: Form, act: Callable[[dict], object]) -> bool:
    """Whether a valid form was carried out; what the service refuses stands at its field."""
    if not (form.is_bound and form.is_valid()):
        return False
    try:
        act(form.cleaned_data)
    except ValidationError as refusal:
        put_errors(form, refusal)
        return False
    return True


def put_errors(form: Form, refusal: ValidationError) -> None:
    """A refusal's sentences at the fields the form has, the others on top."""
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for field, errors in refusal.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


def _page(request: HttpRequest, template: str, form: Form, lead: Lead, extra: dict | None = None) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, "lead": lead, **(extra or {})}, status=status)
