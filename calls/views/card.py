"""The card of one lead: what is known, the form of the call, saving it, keeping it held."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.permissions import Permission, require
from calls.cards import fact_rows, outcome_choices, plan_sentences, result_fields, script_sections, window_sentences
from calls.forms import CallForm, CorrectionForm
from calls.models import Call, Lease
from calls.selectors import (
    active_script,
    business_calendar,
    call_queue,
    hearing_for_lead,
    history_for_lead,
    live_follow_up,
    past_calls_for_lead,
    story_of,
)
from calls.selectors.cards import phones_with_blocks
from calls.selectors.proposals import next_action_proposals, retry_proposals
from calls.services import leases
from calls.services.corrections import correct_call, may_correct
from calls.services.log_call import log_call
from calls.views.queue import skipped, to_next_card
from config import clock
from config.acts import act_of
from leads.models import Lead, PastCall
from leads.selectors import signals_beside_calls


@require_GET
@require(Permission.LOG_CALLS)
def card(request: HttpRequest, lead_id: int) -> HttpResponse:
    lead = _lead(request, lead_id)
    now = clock.now()
    lease = Lease.objects.filter(lead=lead).select_related("rep").first()
    is_mine = bool(lease and lease.rep_id == request.user.pk)
    form = CallForm(lead=lead, initial=_initial(lead, lease, now)) if is_mine else None
    return render(request, "calls/card.html", _context(request, lead, lease, form, now))


@act_of("calls:card")
@require(Permission.LOG_CALLS)
def save_call(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Log the call and go on: to the next card, or back to the lead."""
    lead = _lead(request, lead_id)
    now = clock.now()
    form = CallForm(request.POST, lead=lead)
    lease = Lease.objects.filter(lead=lead).select_related("rep").first()
    if form.is_valid():
        try:
            logged = log_call(
                lead=lead,
                data=form.to_input(started_at=lease.opened_at if lease else None, script_version=_script(lead)),
                form_key=form.cleaned_data["form_key"],
                by=request.user,
                now=now,
            )
        except ValidationError as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _saved_words(logged))
            after = redirect("leads:detail", lead.pk) if "stay" in request.POST else to_next_card(request)
            return HttpResponseClientRedirect(after.url) if request.htmx else after
    return render(request, "calls/card.html", _context(request, lead, lease, form, now), status=422)


@require_POST
@require(Permission.LOG_CALLS)
def heartbeat(request: HttpRequest, lead_id: int, token: int) -> HttpResponse:
    """Keep a card held while its page is open; says so when it has passed to a colleague."""
    _lead(request, lead_id)
    if leases.extend(lead_id=lead_id, token=token, by=request.user, now=clock.now()):
        return HttpResponse(status=204)
    return HttpResponse(_("このカードの保持期限が切れました。ほかの人が対応している可能性があります。"), status=409)


@require_GET
@require(Permission.SEE_LEADS)
def lead_history(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Calls, hearing and follow-up of a lead: a fragment for the lead page."""
    lead = _lead(request, lead_id)
    now = clock.now()
    timeline = story_of(lead)
    calls = [entry.row for entry in timeline if entry.kind == "call"]
    context = {
        "lead": lead,
        "timeline": timeline,
        "correctable": {call.pk for call in calls if may_correct(call=call, by=request.user, now=now)},
        "facts": fact_rows(hearing_for_lead(lead)),
        "follow_ups": lead.follow_ups.select_related("rep").prefetch_related("moves").order_by("-reaction_at"),
        "now": now,
    }
    return render(request, "calls/_lead_history.html", context)


@require_http_methods(["GET", "POST"])
@require(Permission.LOG_CALLS)
def correct(request: HttpRequest, call_id: int) -> HttpResponse:
    """Put the words of a saved call right."""
    call = get_object_or_404(Call.objects.for_user(request.user).select_related("lead__company", "outcome"), pk=call_id)
    now = clock.now()
    form = CorrectionForm(request.POST or None, initial={"memo": call.memo, "reason": call.reason})
    if request.method == "POST" and form.is_valid():
        try:
            correct_call(call=call, version=_version(request), by=request.user, now=now, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("架電記録を訂正しました。"))
            return redirect("leads:detail", call.lead_id)
    context = {"call": call, "form": form, "revisions": call.revisions.select_related("by").order_by("-version")}
    return render(request, "calls/correct.html", context, status=422 if form.errors else 200)


def _version(request: HttpRequest) -> int:
    value = request.POST.get("version", "")
    return int(value) if value.isdecimal() and len(value) < 9 else 0


def _lead(request: HttpRequest, lead_id: int) -> Lead:
    leads = Lead.objects.for_user(request.user).select_related("company", "owner", "lead_list", "team")
    return get_object_or_404(leads, pk=lead_id)


def _script(lead: Lead):
    return active_script(Call.Kind.SECOND if live_follow_up(lead) else Call.Kind.FIRST)


def _initial(lead: Lead, lease: Lease, now: dt.datetime) -> dict:
    return {"form_key": lease.form_key, "block_requested_at": now}


def _saved_words(logged) -> str:
    if not logged.is_new:
        return _("この架電はすでに登録済みです。")
    if logged.call.result == "reaction" and logged.call.kind == Call.Kind.FIRST:
        return _("登録しました。二次架電の予定に入りました。")
    return _("登録しました。")


def _last_memo(calls: list[Call], past_calls: list[PastCall]) -> str:
    """What was said last time, on a call of ours or, before the first of them, of the list's."""
    return calls[0].memo if calls else past_calls[0].note if past_calls else ""


def _context(request: HttpRequest, lead: Lead, lease: Lease | None, form: CallForm | None, now: dt.datetime) -> dict:
    follow_up = live_follow_up(lead)
    calls = list(history_for_lead(lead, 5))
    past_calls = list(past_calls_for_lead(lead, 5))
    known = hearing_for_lead(lead)
    calendar = business_calendar()
    kind = Call.Kind.SECOND if follow_up else Call.Kind.FIRST
    facts = fact_rows(known, form)
    return {
        "lead": lead,
        "lease": lease,
        "holder": lease.rep if lease and lease.rep_id != request.user.pk and lease.expires_at > now else None,
        "form": form,
        "kind": kind,
        "outcomes": outcome_choices(form),
        "follow_up": follow_up,
        "window_sentences": window_sentences(follow_up),
        "plan_sentences": plan_sentences(follow_up),
        "phones": phones_with_blocks(lead),
        "calls": calls,
        "last_call": calls[0] if calls else None,
        "past_calls": past_calls,
        "older_past_calls": past_calls if calls else past_calls[1:],
        "facts": facts,
        "more_facts_open": any(row["field"].value() for row in facts if form and not row["is_core"]),
        "signals": signals_beside_calls(lead)[:5],
        "had_appointment": any(call.meaning == "appointment" for call in past_calls),
        "script": script_sections(
            active_script(kind),
            lead,
            _last_memo(calls, past_calls),
            known,
            request.user,
            has_spoken=any(call.rep_id == request.user.pk for call in calls),
        ),
        "result_fields": result_fields(kind),
        "retry_proposals": retry_proposals(calendar, now),
        "next_action_proposals": next_action_proposals(calendar, now),
        "queue": call_queue(request.user, now, limit=9, hidden=skipped(request, now)),
        "now": now,
    }
