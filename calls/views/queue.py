"""今日の架電: the queue, the next card, putting a card aside."""

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, require
from calls.forms import QueueFilterForm
from calls.models import Lease, NextAction
from calls.selectors import call_queue, queue_filters
from calls.selectors.day import day_summary
from calls.services import leases
from calls.services.next_actions import finish_action
from config import clock
from config.acts import act_of
from leads.models import Lead

SKIPPED = "skipped_leads"
FILTERS = "queue_filters"
SKIP_LENGTH = dt.timedelta(minutes=30)


@require_GET
@require(Permission.LOG_CALLS)
def queue(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    form = QueueFilterForm(request.GET)
    filters = queue_filters(form.cleaned_data if form.is_valid() else {})
    context = {
        "queue": call_queue(request.user, now, hidden=skipped(request, now), with_totals=True, **filters),
        "form": form,
        "summary": day_summary(request.user, now),
        "open_cards": Lease.objects.filter(rep=request.user).select_related("lead__company").order_by("opened_at"),
        "now": now,
    }
    return render(request, "calls/queue.html", context)


@act_of("calls:queue")
@require(Permission.LOG_CALLS)
def next_card(request: HttpRequest) -> HttpResponse:
    """Hand out the first lead of the queue that can be held; the filters of the page stay until it is used again."""
    form = QueueFilterForm(request.POST)
    request.session[FILTERS] = queue_filters(form.cleaned_data if form.is_valid() else {})
    return to_next_card(request)


@act_of("calls:card")
@require(Permission.LOG_CALLS)
def open_card(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Hold this lead and show its card."""
    now = clock.now()
    lead = get_object_or_404(Lead.objects.for_user(request.user), pk=lead_id)
    if lead.is_blocked:
        messages.error(request, _("架電禁止のリードです。電話をかけないでください。"))
        return redirect("leads:detail", lead.pk)
    if leases.claim(lead=lead, by=request.user, now=now) is None:
        holder = Lease.objects.select_related("rep").get(lead=lead).rep.name
        messages.warning(request, _("%(name)sさんが対応中です。") % {"name": holder})
        return redirect("leads:detail", lead.pk)
    return redirect("calls:card", lead.pk)


@act_of("calls:card")
@require(Permission.LOG_CALLS)
def skip_card(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Put a card aside for half an hour without logging a call."""
    now = clock.now()
    get_object_or_404(Lead.objects.for_user(request.user), pk=lead_id)
    leases.release(lead_id=lead_id, by=request.user)
    request.session[SKIPPED] = {**_skips(request, now), str(lead_id): (now + SKIP_LENGTH).isoformat()}
    return to_next_card(request)


@require_POST
@require(Permission.LOG_CALLS)
def finish_next_action(request: HttpRequest, action_id: int) -> HttpResponse:
    """I have sent the documents, or the mail."""
    action = get_object_or_404(NextAction.objects.filter(owner=request.user), pk=action_id)
    finish_action(action=action, by=request.user, now=clock.now())
    messages.success(request, _("「%(what)s」を完了にしました。") % {"what": action.get_kind_display()})
    return redirect("calls:queue")


def to_next_card(request: HttpRequest) -> HttpResponse:
    """Redirect to the next card; to the queue when there is none, saying why."""
    now = clock.now()
    filters = queue_filters(request.session.get(FILTERS, {}))
    for attempt_limit in (3, 200):
        found = call_queue(request.user, now, limit=attempt_limit, hidden=skipped(request, now), **filters)
        for row in found.rows:
            if leases.claim(lead=row.lead, by=request.user, now=now):
                return redirect("calls:card", row.lead.pk)
    if found.is_callable:
        messages.info(request, _("いま架電できるリードはありません。"))
    else:
        messages.info(request, _("架電時間外です。"))
    return redirect("calls:queue")


def skipped(request: HttpRequest, now: dt.datetime) -> set[int]:
    """Leads this person has put aside for now."""
    return {int(lead_id) for lead_id in _skips(request, now)}


def _skips(request: HttpRequest, now: dt.datetime) -> dict[str, str]:
    known = request.session.get(SKIPPED, {})
    return {lead_id: until for lead_id, until in known.items() if dt.datetime.fromisoformat(until) > now}
