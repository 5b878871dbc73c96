"""Reads about people: the list, when somebody works, whose time changed, the audit trail."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from accounts import trail
from accounts.hours import DAY_CODES, Stretch, without
from accounts.models import Absence, AuditEntry, Role, Team, User, UserQuerySet, WorkingHours

TimeBlock = tuple[dt.time, dt.time]

# --- Working time -------------------------------------------------------------------------------------------------


def working_blocks(user: User, date: dt.date, default_blocks: Sequence[TimeBlock]) -> list[Stretch]:
    """When `user` works on `date`; see `working_blocks_for`."""
    return working_blocks_for([user], [date], default_blocks)[user.pk, date]


def working_blocks_for(
    users: Iterable[User], dates: Iterable[dt.date], default_blocks: Sequence[TimeBlock]
) -> dict[tuple[int, dt.date], list[Stretch]]:
    """When each of `users` works on each of `dates`, absences taken out: (user id, date) → aware (start, end) pairs.

    Somebody without own hours works `default_blocks` on every date asked for, so ask for business days only; somebody
    with own hours does not work on a weekday that has none. Two queries, however many people and dates.
    """
    users, dates = list(users), list(dates)
    if not users or not dates:
        return {}
    own, absences = _own_hours(users), _absences(users, min(dates), max(dates))
    result = {}
    for user in users:
        week = own.get(user.pk)
        for date in dates:
            blocks = default_blocks if week is None else week.get(date.weekday(), [])
            stretches = [(_at(date, start), _at(date, end)) for start, end in sorted(blocks)]
            result[user.pk, date] = without(stretches, absences.get(user.pk, []))
    return result


def _own_hours(users: list[User]) -> dict[int, dict[int, list[TimeBlock]]]:
    weeks: dict[int, dict[int, list[TimeBlock]]] = {}
    rows = WorkingHours.objects.filter(user__in=users).values_list("user_id", "weekday", "starts_at", "ends_at")
    for user_id, weekday, starts_at, ends_at in rows:
        weeks.setdefault(user_id, {}).setdefault(weekday, []).append((starts_at, ends_at))
    return weeks


def _absences(users: list[User], first: dt.date, last: dt.date) -> dict[int, list[Stretch]]:
    start, end = _at(first, dt.time.min), _at(last + dt.timedelta(days=1), dt.time.min)
    found = defaultdict(list)
    rows = Absence.objects.filter(user__in=users).overlapping(start, end)
    for user_id, starts_at, ends_at in rows.values_list("user_id", "starts_at", "ends_at"):
        found[user_id].append((starts_at, ends_at))
    return found


def _at(date: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(date, time, tzinfo=ZoneInfo(settings.TIME_ZONE))


def hours_of(user: User) -> QuerySet[WorkingHours]:
    return user.working_hours.order_by("weekday", "starts_at")


def coming_absences(user: User, now: dt.datetime) -> QuerySet[Absence]:
    """Absences that are not over, the next first."""
    return user.absences.filter(ends_at__gt=now).order_by("starts_at")


CAPACITY_VERBS = (
    "set_working_hours",
    "add_absence",
    "delete_absence",
    "update_user",
    "deactivate_user",
    "reactivate_user",
)


def capacity_changed_since(moment: dt.datetime) -> set[int]:
    """Ids of people whose hours, absences, team, role or activity changed after `moment`: their plan needs a look."""
    entries = AuditEntry.objects.filter(target_type=User._meta.label_lower, verb__in=CAPACITY_VERBS, at__gt=moment)
    return set(entries.values_list("target_id", flat=True))


# --- People and teams ---------------------------------------------------------------------------------------------

_ROLE_ORDER = Case(*(When(role=role, then=place) for place, role in enumerate(Role.values)))
SORTS = {
    "name": F("name"),
    "role": _ROLE_ORDER,
    "team": F("team__name"),
    "last_login": F("last_login"),
}
DEFAULT_SORT = "name"
STATES = {
    "active": UserQuerySet.able_to_sign_in,
    "invited": UserQuerySet.invited,
    "inactive": UserQuerySet.deactivated,
}


def people_for_list(*, viewer: User, filters: dict) -> QuerySet[User]:
    """People `viewer` may see, by search text, role, team and state; what managed teams they have comes along."""
    people = User.objects.for_user(viewer).select_related("team").prefetch_related("managed_teams")
    if filters["q"]:
        people = people.filter(Q(name__icontains=filters["q"]) | Q(email__icontains=filters["q"]))
    if filters["role"]:
        people = people.filter(role=filters["role"])
    if filters["team"]:
        people = people.filter(Q(team=filters["team"]) | Q(pk__in=filters["team"].managers.values("pk")))
    if filters["state"]:
        people = STATES[filters["state"]](people)
    return people.order_by(*_order(filters["sort"] or DEFAULT_SORT))


def _order(sort: str) -> tuple:
    column = SORTS[sort.removeprefix("-")]
    ordered = column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True)
    return ordered, "pk"


def teams_for(viewer: User) -> QuerySet[Team]:
    """Teams `viewer` may choose from in a filter."""
    teams = Team.objects.order_by("name")
    return teams if viewer.role == Role.ADMIN else teams.filter(pk__in=viewer.team_ids)


def teams_with_counts() -> QuerySet[Team]:
    """All teams with `active_count`, their active members."""
    return Team.objects.annotate(
        active_count=models.Count("members", filter=Q(members__is_active=True), distinct=True)
    ).order_by("is_agency", "name")


# --- Audit trail --------------------------------------------------------------------------------------------------

SYSTEM = "system"


@dataclass(frozen=True)
class TrailLine:
    """One audit entry in the reader's words."""

    entry: AuditEntry
    verb: str
    target_type: str
    target: str
    changes: list[tuple[str, str, str]]


def audit_entries(*, filters: dict) -> QuerySet[AuditEntry]:
    """Newest first; `by` is a user id or "system"."""
    entries = AuditEntry.objects.select_related("by").order_by("-at", "-pk")
    if filters["by"] == SYSTEM:
        entries = entries.filter(by=None)
    elif filters["by"]:
        entries = entries.filter(by_id=filters["by"])
    for field in ("verb", "target_type", "target_id"):
        if filters[field]:
            entries = entries.filter(**{field: filters[field]})
    return entries


def trail_lines(entries: Iterable[AuditEntry]) -> list[TrailLine]:
    """Entries as a page shows them: codes become words, ids of users and teams become names (two queries)."""
    entries = list(entries)
    names = _Names(entries)
    return [
        TrailLine(
            entry=entry,
            verb=trail.verb_label(entry.verb),
            target_type=trail.target_label(entry.target_type),
            target=names.target(entry),
            changes=[names.change(entry, field, entry.changes[field]) for field in _in_row_order(entry)],
        )
        for entry in entries
    ]


class _Names:
    """Looks up what ids, fields and codes of a page of entries are called."""

    MODELS = (User, Team)

    def __init__(self, entries: list[AuditEntry]):
        wanted: dict[type, set[int]] = {model: set() for model in self.MODELS}
        for entry in entries:
            model = _model(entry.target_type)
            if model in wanted:
                wanted[model].add(entry.target_id)
            for field, pair in entry.changes.items():
                related = getattr(_column(entry, field), "related_model", None)
                if related in wanted:
                    wanted[related].update(part for part in _parts(pair) if isinstance(part, int))
        self.found = {model: model.objects.in_bulk(ids) for model, ids in wanted.items()}

    def target(self, entry: AuditEntry) -> str:
        row = self.found.get(_model(entry.target_type), {}).get(entry.target_id)
        return str(row) if row else f"#{entry.target_id}"

    def change(self, entry: AuditEntry, field: str, pair: list) -> tuple[str, str, str]:
        column = _column(entry, field)
        label = trail.field_label(entry.target_type, field) or getattr(column, "verbose_name", field)
        choices = trail.VALUES.get(field) or dict(getattr(column, "flatchoices", ()))
        before, after = (self._value(column, choices, value) for value in pair)
        return str(label), before, after

    def _value(self, column, choices: Mapping, value) -> str:
        rows = self.found.get(getattr(column, "related_model", None), {})
        words = [str(rows.get(part) or choices.get(part) or _word(part)) for part in _parts(value)]
        is_span = len(words) == 2 and isinstance(value, list) and all(_moment(part) for part in _parts(value))
        return (_(" 〜 ") if is_span else _("、")).join(words) or "—"


def _model(target_type: str) -> type[models.Model] | None:
    try:
        return apps.get_model(target_type)
    except (LookupError, ValueError):
        return None


def _columns(model: type[models.Model] | None) -> list:
    return [*model._meta.concrete_fields, *model._meta.many_to_many] if model else []


def _column(entry: AuditEntry, name: str):
    """The field `name` is of the changed row, or with a point (company.industry) of the row it belongs to; if any."""
    model, column = _model(entry.target_type), None
    for part in name.split("."):
        column = next((field for field in _columns(model) if part in (field.name, field.attname)), None)
        model = getattr(column, "related_model", None)
    return column


def _in_row_order(entry: AuditEntry) -> list[str]:
    """Names of what changed as the row has them, the rest by name: PostgreSQL keeps no order of JSON keys."""
    places = {
        name: place
        for place, field in enumerate(_columns(_model(entry.target_type)))
        for name in (field.name, field.attname)
    }
    return sorted(entry.changes, key=lambda name: (places.get(name, len(places)), name))


def _parts(value) -> list:
    """The single values inside `value`, a scalar or lists or records of them; nothing is no part."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [part for each in value for part in _parts(each)]
    return [] if value is None or value == "" else [value]


def _word(part) -> str:
    if isinstance(part, bool):
        return _("はい") if part else _("いいえ")
    if moment := _moment(part):
        return f"{timezone.localtime(moment):%Y/%m/%d %H:%M}"
    day, _space, rest = str(part).partition(" ")
    return f"{WEEKDAYS_ABBR[DAY_CODES.index(day)]} {rest}" if rest and day in DAY_CODES else str(part)


def _moment(part) -> dt.datetime | None:
    try:
        moment = parse_datetime(part) if isinstance(part, str) else None
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


RECENT = 10


def trail_about(target: models.Model) -> list[TrailLine]:
    """The latest changes of one row."""
    return trail_lines(AuditEntry.objects.about(target).select_related("by").order_by("-at", "-pk")[:RECENT])
