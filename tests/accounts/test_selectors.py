"""Working time, the list of people, the words of the trail."""

import datetime as dt

import pytest

from accounts import selectors
from accounts.hours import Block
from accounts.models import Absence, Role, User
from accounts.services import audit
from accounts.services.people import deactivate_user, update_profile
from accounts.services.schedule import add_absence, set_working_hours
from tests.conftest import TOKYO

OFFICE = [(dt.time(9), dt.time(12)), (dt.time(13), dt.time(18))]
TUESDAY, WEDNESDAY = dt.date(2026, 6, 16), dt.date(2026, 6, 17)
NO_FILTERS = {"q": "", "role": "", "team": None, "state": "", "sort": ""}


def at(day: dt.date, hour: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), tzinfo=TOKYO)


def hours(stretches) -> list[tuple[int, int]]:
    return [(start.astimezone(TOKYO).hour, end.astimezone(TOKYO).hour) for start, end in stretches]


def test_working_blocks_without_own_hours_are_the_default(rep):
    assert selectors.working_blocks(rep, TUESDAY, OFFICE) == [
        (at(TUESDAY, 9), at(TUESDAY, 12)),
        (at(TUESDAY, 13), at(TUESDAY, 18)),
    ]


def test_working_blocks_with_own_hours(rep, now):
    set_working_hours(user=rep, by=rep, now=now, blocks=[Block(1, dt.time(10), dt.time(15))])

    assert hours(selectors.working_blocks(rep, TUESDAY, OFFICE)) == [(10, 15)]
    assert selectors.working_blocks(rep, WEDNESDAY, OFFICE) == []


def test_working_blocks_less_absences(rep):
    Absence.objects.create(user=rep, starts_at=at(TUESDAY, 11), ends_at=at(TUESDAY, 14))
    Absence.objects.create(user=rep, starts_at=at(WEDNESDAY, 0), ends_at=at(WEDNESDAY, 23))

    assert hours(selectors.working_blocks(rep, TUESDAY, OFFICE)) == [(9, 11), (14, 18)]
    assert selectors.working_blocks(rep, WEDNESDAY, OFFICE) == []


def test_working_blocks_of_others_are_untouched_by_an_absence(rep, colleague):
    Absence.objects.create(user=rep, starts_at=at(TUESDAY, 0), ends_at=at(WEDNESDAY, 0))

    found = selectors.working_blocks_for([rep, colleague], [TUESDAY], OFFICE)

    assert found[rep.pk, TUESDAY] == []
    assert hours(found[colleague.pk, TUESDAY]) == [(9, 12), (13, 18)]


@pytest.mark.parametrize("number", [1, 3])
def test_working_blocks_for_many_takes_two_queries(number, rep, colleague, stranger, django_assert_num_queries):
    people = [rep, colleague, stranger][:number]

    with django_assert_num_queries(2):
        found = selectors.working_blocks_for(people, [TUESDAY, WEDNESDAY], OFFICE)

    assert len(found) == 2 * number


def test_working_blocks_for_nobody():
    assert selectors.working_blocks_for([], [TUESDAY], OFFICE) == {}


def test_capacity_changed_since(rep, colleague, stranger, admin, now):
    add_absence(user=rep, by=rep, now=now, starts_at=at(WEDNESDAY, 9), ends_at=at(WEDNESDAY, 12))
    deactivate_user(user=colleague, by=admin, now=now + dt.timedelta(minutes=5))
    update_profile(user=stranger, by=stranger, now=now, name="高橋 改名", language="ja")

    assert selectors.capacity_changed_since(now - dt.timedelta(minutes=1)) == {rep.pk, colleague.pk}
    assert selectors.capacity_changed_since(now) == {colleague.pk}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"rep", "stranger", "manager", "admin", "agency", "invited", "gone"}),
        ({"q": "高橋"}, {"stranger"}),
        ({"q": "AGENCY@"}, {"agency"}),
        ({"role": "rep"}, {"rep", "stranger", "invited", "gone"}),
        ({"state": "active", "role": "rep"}, {"rep", "stranger"}),
        ({"state": "invited"}, {"invited"}),
        ({"state": "inactive"}, {"gone"}),
    ],
)
def test_people_for_list_by_filter(filters, expected, rep, stranger, manager, admin, agency_rep, team):
    User.objects.create_user("invited@example.jp", name="招待 中", role=Role.REP, team=team)
    User.objects.create_user("gone@example.jp", "x", name="退職 済", role=Role.REP, team=team, is_active=False)

    found = selectors.people_for_list(viewer=admin, filters=NO_FILTERS | filters)

    assert {person.email.partition("@")[0] for person in found} == expected


def test_people_of_a_team_include_its_managers(rep, stranger, manager, admin, team, other_team):
    manager.managed_teams.add(other_team)

    found = selectors.people_for_list(viewer=admin, filters=NO_FILTERS | {"team": other_team})

    assert set(found) == {stranger, manager}


def test_people_for_list_of_a_manager_are_the_own_teams(rep, stranger, manager, admin):
    assert set(selectors.people_for_list(viewer=manager, filters=NO_FILTERS)) == {rep, manager}


def test_people_without_a_log_in_come_last_in_both_directions(rep, manager, admin, now):
    User.objects.filter(pk=manager.pk).update(last_login=now)
    User.objects.filter(pk=admin.pk).update(last_login=now - dt.timedelta(days=1))

    def order(sort):
        return list(selectors.people_for_list(viewer=admin, filters=NO_FILTERS | {"sort": sort}))

    assert order("last_login") == [admin, manager, rep]
    assert order("-last_login") == [manager, admin, rep]


def test_trail_line_says_names_and_labels(rep, admin, team, other_team, now):
    changes = {
        "role": ["rep", "manager"],
        "team": [team.pk, None],
        "managed_teams": [[], [team.pk, other_team.pk]],
        "is_active": [True, False],
        "working_hours": [[], ["mon 09:00–12:00"]],
        "absence": [None, ["2026-06-17T00:00:00+00:00", "2026-06-17T03:00:00+00:00"]],
        "no_such_field": [None, {"a": 1}],
    }
    audit.record(by=admin, now=now, verb="update_user", target=rep, changes=changes)

    [line] = selectors.trail_about(rep)

    assert (line.verb, line.target_type, line.target) == ("ユーザーを変更", "ユーザー", "佐藤 架電")
    assert line.changes == [
        ("役割", "架電担当", "マネージャー"),
        ("チーム", "第一チーム", "—"),
        ("有効", "はい", "いいえ"),
        ("管理するチーム", "—", "第一チーム、第二チーム"),
        ("不在", "—", "2026/06/17 09:00 〜 2026/06/17 12:00"),
        ("no_such_field", "—", "1"),
        ("勤務時間", "—", "月 09:00–12:00"),
    ]


def test_trail_of_an_unknown_target_shows_its_id(admin, now):
    audit.AuditEntry.objects.create(at=now, verb="did_something", target_type="gone.thing", target_id=7)

    [line] = selectors.trail_lines(audit.AuditEntry.objects.all())

    assert (line.verb, line.target_type, line.target) == ("did_something", "gone.thing", "#7")
