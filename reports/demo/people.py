"""Who works in the demo: two in-house teams, an agency, a manager, an admin and two field-sales people."""

import datetime as dt

from calls.calendar import JST, BusinessCalendar
from reports.demo.records import Absence, Person, Team, World

PASSWORD = "demo-pass-2026"  # noqa: S105  printed at the start of every demo
MORNING = (dt.time(9), dt.time(12))
SHOWN = ("rep", "agency", "field", "manager", "admin")
"""Keys of the people whose log-ins the start prints first: one of each role."""


def logins() -> list[tuple[str, str, str]]:
    """(role, e-mail, password) of everybody, those of `SHOWN` first."""
    people = sorted(
        _people(), key=lambda person: (person.key not in SHOWN, SHOWN.index(person.key) if person.key in SHOWN else 0)
    )
    return [(person.role, person.email, PASSWORD) for person in people]


def add_people(world: World, calendar: BusinessCalendar) -> None:
    """Put the people into the world, with the absences they had and will have."""
    people = _people()
    world.people = {person.key: person for person in people}
    world.teams = list(dict.fromkeys(team for person in people for team in (*person.managed, person.team) if team))
    today = world.now.astimezone(JST).date()
    long_leave = calendar.add_business_days(today - dt.timedelta(days=29), 0)
    soon = calendar.add_business_days(today, 2)
    check_up = calendar.add_business_days(today, -11)
    away = {
        "rep5": [(long_leave, dt.time(0), today + dt.timedelta(days=38), dt.time(0), "育児休業")],
        "rep2": [(soon, dt.time(9), soon, dt.time(18), "有給休暇")],
        "rep": [(check_up, dt.time(9), check_up, dt.time(12), "健康診断")],
    }
    for key, stretches in away.items():
        for first, start, last, end, reason in stretches:
            starts_at, ends_at = dt.datetime.combine(first, start, JST), dt.datetime.combine(last, end, JST)
            world.people[key].absences.append(Absence(starts_at, ends_at, reason))


def _people() -> list[Person]:
    first, second = Team("first", "第一チーム"), Team("second", "第二チーム")
    agency = Team("agency", "代行チーム", is_agency=True)
    return [
        Person("rep", "佐藤 美咲", "rep", first),
        Person("rep2", "鈴木 翔太", "rep", first),
        Person("rep3", "高橋 優奈", "rep", second, hours=_week((MORNING, (dt.time(13), dt.time(16))))),
        Person("rep4", "田中 大輔", "rep", second),
        Person("rep5", "渡辺 彩", "rep", second),
        Person(
            "agency",
            "山口 健",
            "agency_rep",
            agency,
            hours=_week(((dt.time(10), dt.time(12)), (dt.time(13), dt.time(17)))),
        ),
        Person("manager", "伊藤 直樹", "manager", first, managed=(first, second, agency)),
        Person("admin", "小林 誠", "admin"),
        Person("field", "中村 拓也", "field_sales"),
        Person("field2", "加藤 結衣", "field_sales"),
    ]


def _week(blocks):
    return dict.fromkeys(range(5), blocks)


def works_at(person: Person, moment: dt.datetime) -> bool:
    """Whether `person` is at the desk, callable time aside."""
    if any(absence.starts_at <= moment < absence.ends_at for absence in person.absences):
        return False
    if person.hours is None:
        return True
    local = moment.astimezone(JST)
    return any(start <= local.time() < end for start, end in person.hours.get(local.weekday(), ()))
