"""What is read: the calendar, a lead's hearing and history, follow-ups at risk."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import User
from calls.calendar import BusinessCalendar
from calls.models import FACTS, Call, ClosedDay, FactState, FollowUp, Hearing, Script, ScriptVersion, Tick
from calls.window import WindowRule
from leads.models import Lead

HEARING_EXTRAS = {
    "decision_maker": ("decision_maker_name",),
    "timing": ("timing_month",),
    "budget": ("budget_yen",),
}


def business_calendar() -> BusinessCalendar:
    """Callable time as it stands: the house's hours, public holidays, and the closed days admins entered."""
    return BusinessCalendar(closures=dict(ClosedDay.objects.values_list("on", "name")))


def window_rule(tier: str | None = None) -> WindowRule:
    """How long a reaction waits and lasts; the same for every tier until an admin can set it."""
    return WindowRule(
        opens_after=dt.timedelta(hours=settings.SECOND_CALL_OPENS_AFTER),
        closes_after=dt.timedelta(hours=settings.SECOND_CALL_CLOSES_AFTER),
        min_callable=dt.timedelta(hours=settings.SECOND_CALL_MIN_CALLABLE),
    )


def live_follow_up(lead: Lead) -> FollowUp | None:
    """The one follow-up this lead is owed, if any."""
    return FollowUp.objects.live().filter(lead=lead).select_related("rep").first()


def hearing_for_lead(lead: Lead) -> dict[str, dict[str, Any]]:
    """The current picture: for each fact its newest answer, else whether it was asked in vain, else not asked.

    Each entry has `state`, `value`, `display`, `heard_at`, `changed` (the answer before differed), `previous`, and the
    extra fields of the fact. Most recent first; one query.
    """
    picture = {fact: _blank_fact() for fact in FACTS}
    for hearing in Hearing.objects.filter(lead=lead).order_by("-heard_at", "-pk"):
        for fact, entry in picture.items():
            _merge_fact(entry, hearing, fact)
    return picture


def _blank_fact() -> dict[str, Any]:
    return {
        "state": FactState.NOT_ASKED,
        "value": "",
        "display": "",
        "heard_at": None,
        "changed": False,
        "previous": "",
    }


def _merge_fact(entry: dict[str, Any], hearing: Hearing, fact: str) -> None:
    state, value = getattr(hearing, f"{fact}_state"), getattr(hearing, fact)
    if state == FactState.ANSWERED and entry["state"] == FactState.ANSWERED:
        if not entry["previous"] and value != entry["value"]:
            entry.update(changed=True, previous=_display(hearing, fact))
    elif state == FactState.ANSWERED or (state == FactState.UNKNOWN and entry["state"] == FactState.NOT_ASKED):
        entry.update(state=state, value=value, display=_display(hearing, fact), heard_at=hearing.heard_at)
        entry.update({extra: getattr(hearing, extra) for extra in HEARING_EXTRAS.get(fact, ())})


def _display(hearing: Hearing, fact: str) -> str:
    getter = getattr(hearing, f"get_{fact}_display", None)
    return str(getter()) if getter else getattr(hearing, fact)


def history_for_lead(lead: Lead, limit: int = 20) -> QuerySet[Call]:
    """Calls on a lead, newest first, with everything a card shows of them."""
    calls = Call.objects.filter(lead=lead).select_related("rep", "outcome", "phone", "hearing")
    return calls.order_by("-called_at", "-pk")[:limit]


def active_script(kind: str) -> ScriptVersion | None:
    """The newest version of the active script for first or second calls."""
    scripts = Script.objects.filter(kind=kind, is_active=True)
    return ScriptVersion.objects.filter(script__in=scripts).order_by("-script_id", "-number").first()


def windows_at_risk(user: User, now: dt.datetime) -> QuerySet[FollowUp]:
    """Live follow-ups nobody has attempted whose window closes today or is already over, nearest deadline first."""
    end_of_day = timezone.localtime(now).replace(hour=23, minute=59, second=59)
    follow_ups = FollowUp.objects.for_user(user).live().unattempted().filter(closes_at__lte=end_of_day)
    return follow_ups.filter(lead__is_blocked=False).select_related("lead__company", "rep").order_by("closes_at", "pk")


def missed_windows(user: User, since: dt.datetime) -> QuerySet[FollowUp]:
    """Follow-ups whose window closed without the person being reached, newest first."""
    missed = FollowUp.objects.for_user(user).filter(Q(missed_at__gte=since))
    return missed.select_related("lead__company", "rep").order_by("-missed_at", "pk")


def tick_health(now: dt.datetime) -> dict[str, Any]:
    """Age of the last finished tick in seconds, live follow-ups past their window, and unsent notices."""
    last = Tick.objects.exclude(finished_at=None).order_by("-finished_at").values_list("finished_at", flat=True).first()
    overdue = FollowUp.objects.live().unattempted().filter(closes_at__lt=now, missed_at=None).count()
    return {"last_tick_age_seconds": (now - last).total_seconds() if last else None, "overdue_unmarked": overdue}
