"""When people work: their week and their absences. The audit trail is the mark the planner looks for."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.hours import Block, overlapping_weekdays
from accounts.models import Absence, User, WorkingHours
from accounts.services import audit

MAX_BLOCKS_A_DAY = 2


@transaction.atomic
def set_working_hours(*, user: User, by: User | None, now: dt.datetime, blocks: Sequence[Block]) -> None:
    """Replace the whole week of `user`; no blocks at all means the business hours of the calendar."""
    if max(Counter(block.weekday for block in blocks).values(), default=0) > MAX_BLOCKS_A_DAY:
        raise ValidationError(_("1つの曜日に登録できる時間帯は2つまでです。"), code="too_many")
    if overlapping_weekdays(blocks):
        raise ValidationError(_("同じ曜日の時間帯が重なっています。"), code="overlap")
    user = _lock(user)
    before = _week(user)
    user.working_hours.all().delete()
    WorkingHours.objects.bulk_create(WorkingHours(user=user, **block._asdict()) for block in blocks)
    changes = audit.differences({"working_hours": before}, {"working_hours": _week(user)})
    if changes:
        audit.record(by=by, now=now, verb="set_working_hours", target=user, changes=changes)


@transaction.atomic
def add_absence(
    *,
    user: User,
    by: User | None,
    now: dt.datetime,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: str = "",
) -> Absence:
    """Keep calls away from `user` from `starts_at` until `ends_at`. One moment is covered once."""
    if ends_at <= starts_at:
        raise ValidationError(_("終了は開始より後にしてください。"), code="order")
    if ends_at <= now:
        raise ValidationError(_("すでに終わった期間は登録できません。"), code="past")
    user = _lock(user)
    if user.absences.overlapping(starts_at, ends_at).exists():
        raise ValidationError(_("この期間には、すでに不在が登録されています。"), code="overlap")
    absence = Absence.objects.create(user=user, starts_at=starts_at, ends_at=ends_at, reason=reason, created_by=by)
    audit.record(by=by, now=now, verb="add_absence", target=user, changes={"absence": [None, _span(absence)]})
    return absence


@transaction.atomic
def delete_absence(*, absence: Absence, by: User | None, now: dt.datetime) -> None:
    """Take back an absence that is not over."""
    if absence.ends_at <= now:
        raise ValidationError(_("終わった不在は取り消せません。"), code="past")
    user = _lock(absence.user)
    if not Absence.objects.filter(pk=absence.pk).delete()[0]:
        return
    audit.record(by=by, now=now, verb="delete_absence", target=user, changes={"absence": [_span(absence), None]})


def _lock(user: User) -> User:
    """One change of a person's time after the other."""
    return User.objects.select_for_update().get(pk=user.pk)


def _week(user: User) -> list[str]:
    rows = user.working_hours.order_by("weekday", "starts_at")
    return [Block(row.weekday, row.starts_at, row.ends_at).code for row in rows]


def _span(absence: Absence) -> list[str]:
    return [absence.starts_at.isoformat(), absence.ends_at.isoformat()]
