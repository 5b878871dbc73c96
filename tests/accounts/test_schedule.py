"""Working hours and absences, and the mark they leave."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from accounts.hours import Block
from accounts.models import Absence, AuditEntry, WorkingHours
from accounts.services.schedule import add_absence, delete_absence, set_working_hours

MONDAY_MORNING = Block(0, dt.time(9), dt.time(12))
MONDAY_AFTERNOON = Block(0, dt.time(13), dt.time(18))
HOUR = dt.timedelta(hours=1)


def absent(user, now, start, end):
    return add_absence(user=user, by=user, now=now, starts_at=now + start, ends_at=now + end, reason="研修")


def test_set_working_hours_replaces_the_week(rep, manager, now):
    set_working_hours(user=rep, by=rep, now=now, blocks=[MONDAY_MORNING])

    set_working_hours(user=rep, by=manager, now=now, blocks=[MONDAY_AFTERNOON])

    rows = rep.working_hours.values_list("weekday", "starts_at", "ends_at")
    assert [Block(*row) for row in rows] == [MONDAY_AFTERNOON]
    entry = AuditEntry.objects.about(rep).latest("pk")
    assert entry.by == manager
    assert entry.changes == {"working_hours": [["mon 09:00–12:00"], ["mon 13:00–18:00"]]}


def test_set_working_hours_to_nothing_goes_back_to_business_hours(rep, now):
    set_working_hours(user=rep, by=rep, now=now, blocks=[MONDAY_MORNING])

    set_working_hours(user=rep, by=rep, now=now, blocks=[])

    assert not rep.working_hours.exists()


def test_set_working_hours_unchanged_leaves_no_mark(rep, now):
    set_working_hours(user=rep, by=rep, now=now, blocks=[MONDAY_MORNING, MONDAY_AFTERNOON])

    set_working_hours(user=rep, by=rep, now=now, blocks=[MONDAY_AFTERNOON, MONDAY_MORNING])

    assert AuditEntry.objects.about(rep).count() == 1


def test_set_working_hours_that_overlap(rep, now):
    set_working_hours(user=rep, by=rep, now=now, blocks=[MONDAY_MORNING])

    with pytest.raises(ValidationError) as refused:
        set_working_hours(user=rep, by=rep, now=now, blocks=[MONDAY_MORNING, Block(0, dt.time(11), dt.time(15))])

    assert refused.value.code == "overlap"
    assert rep.working_hours.count() == 1


def test_set_working_hours_with_more_blocks_than_the_page_shows(rep, now):
    blocks = [Block(0, dt.time(hour), dt.time(hour + 1)) for hour in (9, 11, 13)]

    with pytest.raises(ValidationError) as refused:
        set_working_hours(user=rep, by=rep, now=now, blocks=blocks)

    assert refused.value.code == "too_many"


def test_working_hours_end_after_they_start(rep):
    with pytest.raises(IntegrityError, match="working_hours_end_after_start"):
        WorkingHours.objects.create(user=rep, weekday=0, starts_at=dt.time(12), ends_at=dt.time(9))


def test_add_absence(rep, manager, now):
    absence = add_absence(
        user=rep, by=manager, now=now, starts_at=now + HOUR, ends_at=now + 2 * HOUR, reason="有給休暇"
    )

    assert (absence.user, absence.created_by, absence.reason) == (rep, manager, "有給休暇")
    entry = AuditEntry.objects.about(rep).get()
    assert entry.changes["absence"] == [None, [absence.starts_at.isoformat(), absence.ends_at.isoformat()]]


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [(2 * HOUR, HOUR, "order"), (HOUR, HOUR, "order"), (-2 * HOUR, -HOUR, "past"), (-2 * HOUR, 0 * HOUR, "past")],
)
def test_add_absence_at_an_impossible_time(start, end, code, rep, now):
    with pytest.raises(ValidationError) as refused:
        absent(rep, now, start, end)

    assert refused.value.code == code


def test_add_absence_twice_is_one_absence(rep, now):
    absent(rep, now, HOUR, 3 * HOUR)

    with pytest.raises(ValidationError) as refused:
        absent(rep, now, HOUR, 3 * HOUR)

    assert refused.value.code == "overlap"
    assert Absence.objects.count() == 1


def test_absences_may_touch_and_belong_to_one_person(rep, colleague, now):
    absent(rep, now, HOUR, 3 * HOUR)

    absent(rep, now, 3 * HOUR, 4 * HOUR)
    absent(colleague, now, HOUR, 3 * HOUR)

    assert Absence.objects.count() == 3


def test_delete_absence(rep, now):
    absence = absent(rep, now, HOUR, 3 * HOUR)

    delete_absence(absence=absence, by=rep, now=now)

    assert not Absence.objects.exists()
    entry = AuditEntry.objects.about(rep).latest("pk")
    assert (entry.verb, entry.changes["absence"][1]) == ("delete_absence", None)


def test_delete_absence_twice_leaves_one_mark(rep, now):
    absence = absent(rep, now, HOUR, 3 * HOUR)
    again = Absence.objects.get(pk=absence.pk)

    delete_absence(absence=absence, by=rep, now=now)
    delete_absence(absence=again, by=rep, now=now)

    assert AuditEntry.objects.about(rep).filter(verb="delete_absence").count() == 1


def test_absence_that_is_over_cannot_be_deleted(rep, now):
    absence = absent(rep, now, HOUR, 3 * HOUR)

    with pytest.raises(ValidationError) as refused:
        delete_absence(absence=absence, by=rep, now=now + 3 * HOUR)

    assert refused.value.code == "past"


@pytest.mark.parametrize(
    ("start", "end", "is_whole", "last_day"),
    [
        ("2026-06-17T00:00+09:00", "2026-06-18T00:00+09:00", True, dt.date(2026, 6, 17)),
        ("2026-06-17T00:00+09:00", "2026-06-20T00:00+09:00", True, dt.date(2026, 6, 19)),
        ("2026-06-17T00:00+09:00", "2026-06-17T12:00+09:00", False, dt.date(2026, 6, 17)),
        ("2026-06-17T00:00+00:00", "2026-06-18T00:00+00:00", False, dt.date(2026, 6, 18)),
    ],
)
def test_whole_days_of_an_absence(start, end, is_whole, last_day):
    absence = Absence(starts_at=dt.datetime.fromisoformat(start), ends_at=dt.datetime.fromisoformat(end))

    assert (absence.is_whole_days, absence.first_day, absence.last_day) == (is_whole, dt.date(2026, 6, 17), last_day)
