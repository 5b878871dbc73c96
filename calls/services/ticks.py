"""The tick: all periodic work of calling, once per slot of time, however many beats and workers ask for it."""

import datetime as dt
import logging

from django.db import IntegrityError, transaction
from django.db.models import Q

from calls.models import Tick
from calls.services import lifecycle
from calls.services.notices import mail_notices
from calls.services.plans import mark_changed_plans, plan_follow_ups

logger = logging.getLogger(__name__)

JOB = "follow_ups"
SLOT = dt.timedelta(minutes=1)
GIVEN_UP_AFTER = dt.timedelta(minutes=10)
KEPT = dt.timedelta(days=7)

STEPS = (
    lifecycle.open_owed,
    lifecycle.cancel_blocked,
    lifecycle.open_windows,
    lifecycle.mark_missed,
    mark_changed_plans,
    plan_follow_ups,
    lifecycle.hand_over_absent,
    lifecycle.warn_closing,
    lifecycle.warn_promises,
    mail_notices,
)


def tick(*, now: dt.datetime) -> dict[str, int] | None:
    """Do what is due. None when another worker has this slot. A step that fails keeps no other step from running."""
    run = _claim(now)
    if run is None:
        return None
    counts: dict[str, int] = {}
    for step in STEPS:
        name = step.__name__
        try:
            counts[name] = step(now=now)
        except Exception:
            logger.exception("tick_step_failed step=%s", name)
            counts[name] = -1
    Tick.objects.filter(pk=run.pk).update(finished_at=now, counts=counts)
    Tick.objects.filter(job=JOB, slot__lt=now - KEPT).delete()
    return counts


def _claim(now: dt.datetime) -> Tick | None:
    """This minute's row if nobody has it and no earlier tick is still running."""
    slot = now.replace(second=0, microsecond=0)
    running = Tick.objects.filter(Q(job=JOB, finished_at=None), started_at__gt=now - GIVEN_UP_AFTER)
    if running.exclude(slot=slot).exists():
        return None
    try:
        with transaction.atomic():
            return Tick.objects.create(job=JOB, slot=slot, started_at=now)
    except IntegrityError:
        return None
