"""What time does to follow-ups: small batches, each row its own transaction with effect and mark together.

Every step may run late, twice or after a crash: a row that was done is not due any more.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from accounts.models import Role, User
from accounts.services import audit
from calls.models import FollowUp, Notice
from calls.services.follow_ups import cancel, change_state, open_follow_up
from calls.services.notices import notify
from calls.services.plans import warn_managers
from leads.models import Lead, Signal
from leads.services.tiers import retier_lead

logger = logging.getLogger(__name__)

BATCH = 500
CLOSING = dt.timedelta(hours=2)
PROMISE_NOTICE = dt.timedelta(minutes=10)
HAND_OVER_AHEAD = dt.timedelta(hours=1)
State = FollowUp.State


def _agreed_for_later(now: dt.datetime) -> Q:
    """A list named a later day for the first attempt: until then nothing is late."""
    return Q(promised_at__gt=now, first_attempted_at=None)


def each(ids: Iterable[int], act: Callable[[int], object], step: str) -> int:
    """Run `act` on each id; one that fails is logged and keeps nobody waiting. Returns how many it did something to."""
    done = 0
    for pk in ids:
        try:
            with transaction.atomic():
                done += bool(act(pk))
        except Exception:
            logger.exception("tick_row_failed step=%s id=%s", step, pk)
    return done


def _locked(pk: int) -> FollowUp | None:
    """The follow-up, its lead locked first (lock order lead → follow-up); None when it is settled."""
    lead_id = FollowUp.objects.filter(pk=pk).values_list("lead_id", flat=True).first()
    Lead.objects.select_for_update().filter(pk=lead_id).first()
    rows = FollowUp.objects.select_for_update(of=("self",)).select_related("lead", "rep", "team")
    follow_up = rows.filter(pk=pk).first()
    return follow_up if follow_up and follow_up.is_live else None


def open_owed(*, now: dt.datetime) -> int:
    """Open the follow-ups that reacting signals are owed, whichever way the signals came.

    A signal older than `SIGNAL_OWES_FOR_DAYS`, as lists bring them, is history: it counts for the tier alone.
    """
    ids = Signal.objects.filter(needs_follow_up=True).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return each(list(ids), lambda pk: _open_owed(pk, now), "open_owed")


def _open_owed(pk: int, now: dt.datetime) -> bool:
    signal = Signal.objects.filter(pk=pk, needs_follow_up=True).first()
    if signal is None:
        return False
    lead = Lead.objects.select_for_update().get(pk=signal.lead_id)
    is_fresh = now - signal.occurred_at <= dt.timedelta(days=settings.SIGNAL_OWES_FOR_DAYS)
    is_answered = lead.refused_at is not None and lead.refused_at > signal.occurred_at
    if is_fresh and not is_answered and not lead.is_blocked and lead.has_callable_phone:
        open_follow_up(lead=lead, reaction_at=signal.occurred_at, by=None, now=now, reaction_signal=signal)
        retier_lead(lead=lead, now=now)
    return bool(Signal.objects.filter(pk=pk).update(needs_follow_up=False))


def open_windows(*, now: dt.datetime) -> int:
    """waiting → open when the window opens; the rep is told in the page."""
    due = FollowUp.objects.filter(state=State.WAITING, opens_at__lte=now).order_by("opens_at")
    return each(list(due.values_list("pk", flat=True)[:BATCH]), lambda pk: _open_window(pk, now), "open_windows")


def _open_window(pk: int, now: dt.datetime) -> bool:
    follow_up = _locked(pk)
    if follow_up is None or follow_up.state != State.WAITING:
        return False
    change_state(follow_up=follow_up, to=State.OPEN, by=None, now=now, reason="window_opened")
    if follow_up.rep:
        _tell(follow_up, follow_up.rep, Notice.Kind.OPENED, now, mail=False)
    return True


def cancel_blocked(*, now: dt.datetime) -> int:
    """Cancel what may no longer be called: blocked leads, and leads without a number that works."""
    live = FollowUp.objects.live().filter(Q(lead__is_blocked=True) | Q(lead__has_callable_phone=False))
    return each(list(live.values_list("pk", flat=True)[:BATCH]), lambda pk: _cancel_blocked(pk, now), "cancel_blocked")


def _cancel_blocked(pk: int, now: dt.datetime) -> bool:
    follow_up = _locked(pk)
    if follow_up is None or (not follow_up.lead.is_blocked and follow_up.lead.has_callable_phone):
        return False
    cancel(follow_up=follow_up, reason="blocked" if follow_up.lead.is_blocked else "no_number", by=None, now=now)
    return True


def warn_closing(*, now: dt.datetime) -> int:
    """Tell the rep, once, when a window is about to close unattempted."""
    closing = FollowUp.objects.filter(state=State.OPEN, first_attempted_at=None, rep__isnull=False)
    due = closing.filter(closes_at__gt=now, closes_at__lte=now + CLOSING).exclude(notices__kind=Notice.Kind.CLOSING)
    due = due.exclude(_agreed_for_later(now))
    rows = due.select_related("rep", "lead").order_by("closes_at")[:BATCH]
    return sum(_tell(follow_up, follow_up.rep, Notice.Kind.CLOSING, now) for follow_up in rows)


def warn_promises(*, now: dt.datetime) -> int:
    """Tell the rep, once per promise, shortly before it is due."""
    due = FollowUp.objects.live().filter(promised_at__lte=now + PROMISE_NOTICE, rep__isnull=False)
    rows = due.filter(promised_at__gt=now - dt.timedelta(days=1)).select_related("rep", "lead")[:BATCH]
    return sum(
        notify(
            user=follow_up.rep,
            kind=Notice.Kind.PROMISE_DUE,
            key=f"promise:{follow_up.pk}:{follow_up.promised_at:%Y%m%d%H%M}",
            now=now,
            lead=follow_up.lead,
            follow_up=follow_up,
        )
        for follow_up in rows
    )


def mark_missed(*, now: dt.datetime) -> int:
    """Mark windows that closed without the person being reached. They stay owed, and the manager's list has them."""
    late = FollowUp.objects.filter(state__in=[State.OPEN, State.ATTEMPTED], closes_at__lt=now, missed_at=None)
    late = late.exclude(_agreed_for_later(now))
    ids = list(late.order_by("closes_at").values_list("pk", flat=True)[:BATCH])
    return each(ids, lambda pk: _mark_missed(pk, now), "mark_missed")


def _mark_missed(pk: int, now: dt.datetime) -> bool:
    follow_up = _locked(pk)
    if follow_up is None or follow_up.missed_at or follow_up.state not in (State.OPEN, State.ATTEMPTED):
        return False
    reason = "not_reached" if follow_up.attempts else "not_attempted"
    change_state(follow_up=follow_up, to=State.MISSED, by=None, now=now, reason=reason, needs_plan=False)
    if follow_up.rep:
        _tell(follow_up, follow_up.rep, Notice.Kind.MISSED, now)
    warn_managers(follow_up, Notice.Kind.MISSED, now)
    return True


def hand_over_absent(*, now: dt.datetime) -> int:
    """Give promised and timed calls of reps who are away to the colleague with the fewest, before their time comes.

    Calls that only have a plan are moved by the planner.
    """
    away = Q(rep__absences__starts_at__lte=F("planned_at"), rep__absences__ends_at__gt=F("planned_at"))
    timed = FollowUp.objects.live().filter(Q(promised_at__isnull=False) | Q(first_attempted_at__isnull=False))
    due = timed.filter(away | Q(rep__is_active=False), planned_at__lte=now + HAND_OVER_AHEAD)
    ids = list(due.values_list("pk", flat=True).distinct()[:BATCH])
    return each(ids, lambda pk: _hand_over(pk, now), "hand_over_absent")


def _hand_over(pk: int, now: dt.datetime) -> bool:
    follow_up = _locked(pk)
    if follow_up is None or follow_up.planned_at is None:
        return False
    colleague = _colleague_for(follow_up, now)
    if colleague is None:
        warn_managers(follow_up, Notice.Kind.PROMISE_AT_RISK, now)
        return False
    before, follow_up.rep = follow_up.rep_id, colleague
    follow_up.save(update_fields=["rep"])
    key = f"handed-over:{pk}:{colleague.pk}:{follow_up.planned_at:%Y%m%d%H%M}"
    kind = Notice.Kind.HANDED_OVER
    notify(user=colleague, kind=kind, key=key, now=now, lead=follow_up.lead, follow_up=follow_up)
    audit.record(by=None, now=now, verb="hand_over", target=follow_up, changes={"rep": [before, colleague.pk]})
    return True


def _colleague_for(follow_up: FollowUp, now: dt.datetime) -> User | None:
    """An in-house rep of the team who is there at the time, the one with the fewest live follow-ups."""
    moment = max(follow_up.planned_at, now)
    team = User.objects.active().filter(role=Role.REP, team_id=follow_up.team_id).exclude(pk=follow_up.rep_id)
    there = team.exclude(absences__starts_at__lte=moment, absences__ends_at__gt=moment)
    loads = {rep.pk: FollowUp.objects.live().filter(rep=rep).count() for rep in there}
    return min(there, key=lambda rep: (loads[rep.pk], rep.pk), default=None)


def _tell(follow_up: FollowUp, user: User, kind: str, now: dt.datetime, *, mail: bool = True) -> bool:
    key = f"{kind}:{follow_up.pk}:{user.pk}"
    return notify(user=user, kind=kind, key=key, now=now, lead=follow_up.lead, follow_up=follow_up, mail=mail)
