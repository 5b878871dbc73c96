"""架電ボード: what a manager must see today — windows at risk, missed ones, each rep's load."""

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.permissions import Permission, require
from calls.forms import CancelForm, ReassignForm
from calls.models import FollowUp
from calls.selectors import business_calendar, missed_windows, windows_at_risk
from calls.selectors.windows import rep_loads, unplaced
from calls.services.follow_ups import cancel
from calls.services.plans import reassign as reassign_follow_up
from config import clock

MISSED_DAYS = 7
SHOWN = 100


@require_GET
@require(Permission.SEE_TEAM_BOARD)
def board(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    at_risk = windows_at_risk(request.user, now)
    missed = missed_windows(request.user, now - dt.timedelta(days=MISSED_DAYS))
    context = {
        "at_risk": at_risk[:SHOWN],
        "at_risk_count": at_risk.count(),
        "missed": missed[:SHOWN],
        "missed_count": missed.count(),
        "unplaced": unplaced(request.user, now)[:SHOWN],
        "loads": rep_loads(request.user, now),
        "days": _next_days(now),
        "reassign_form": ReassignForm(user=request.user),
        "now": now,
    }
    return render(request, "calls/board.html", context)


def _next_days(now: dt.datetime) -> list[dt.date]:
    calendar = business_calendar()
    today = calendar.next_callable(now).date()
    return [calendar.add_business_days(today, count) for count in range(5)]


@require_POST
@require(Permission.REASSIGN)
def reassign(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    follow_up = _live(request, follow_up_id)
    form = ReassignForm(request.POST, user=request.user)
    if form.is_valid():
        rep = form.cleaned_data["rep"]
        try:
            reassign_follow_up(follow_up=follow_up, rep=rep, by=request.user, now=clock.now())
        except ValidationError as refusal:
            messages.error(request, refusal.messages[0])
        else:
            messages.success(request, _("%(name)sさんに引き継ぎました。") % {"name": rep.name})
    else:
        messages.error(request, _("引き継ぐ担当者を選んでください。"))
    return redirect("calls:board")


@require_POST
@require(Permission.REASSIGN)
def cancel_follow_up(request: HttpRequest, follow_up_id: int) -> HttpResponse:
    follow_up = _live(request, follow_up_id)
    form = CancelForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("取消の理由を選んでください。"))
        return redirect("calls:board")
    try:
        cancel(follow_up=follow_up, reason=form.cleaned_data["reason"], by=request.user, now=clock.now())
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("二次架電を取り消しました。"))
    return redirect("calls:board")


def _live(request: HttpRequest, follow_up_id: int) -> FollowUp:
    return get_object_or_404(FollowUp.objects.for_user(request.user).live(), pk=follow_up_id)
