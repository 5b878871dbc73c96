"""今日の架電: whom to call now, in which order, and why (product §4, queue order).

Promises that are due · second calls whose window is open or overdue, A then B then C, nearest deadline first · retries
that are due · first calls by tier and temperature. Never shown: blocked, outside callable hours, held by a colleague.
A promise is kept whatever the hour, because the customer named it.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.permissions import Permission, Scope, scope_of
from calls.models import FollowUp, Lease
from calls.selectors.calendar import business_calendar
from leads.models import Lead, Stage

PROMISE, SECOND, RETRY, FIRST = "promise", "second", "retry", "first"
GROUPS = (PROMISE, SECOND, RETRY, FIRST)
COUNTED = 999
PROMISE_LEAD_TIME = dt.timedelta(minutes=10)
FIRST_CALL_STAGES = (Stage.NEW, Stage.CALLING)
RETRY_STAGES = (Stage.NEW, Stage.CALLING, Stage.NURTURING, Stage.REFUSED, Stage.LOST)


_DUE = Case(When(state=FollowUp.State.CONNECTED, then=Coalesce("planned_at", "closes_at")), default=F("closes_at"))


@dataclass(frozen=True)
class QueueRow:
    """One call that may be made now. `deadline` is the window's end, the promised or the retry time; None for first
    calls. `reason` is a code with which the page says why the row is here."""

    lead: Lead
    group: str
    reason: str
    deadline: dt.datetime | None
    follow_up: FollowUp | None = None


@dataclass(frozen=True)
class Queue:
    """The rows in order, whether this is callable time, and when the next callable minute comes."""

    rows: list[QueueRow]
    is_callable: bool
    next_callable_at: dt.datetime
    totals: dict[str, int] = field(default_factory=dict)


def call_queue(
    user: User, now: dt.datetime, *, limit: int = 40, hidden: Iterable[int] = (), with_totals: bool = False, **filters
) -> Queue:
    """The calls `user` may make at `now`. `hidden` are leads put aside; `filters`: `group`, `tier`, `lead_list`.

    `with_totals` also counts each group, up to `COUNTED` and one: more than that nobody reads.
    """
    calendar = business_calendar()
    is_callable = calendar.is_callable(now)
    group = filters.pop("group", "") or ""
    rows: list[QueueRow] = []
    totals: dict[str, int] = {}
    for name, source in SOURCES.items():
        if (group and name != group) or (name != PROMISE and not is_callable):
            continue
        found = source(user, now, set(hidden), **filters)
        if with_totals:
            totals[name] = found[: COUNTED + 1].count()
        if len(rows) < limit:
            rows += [ROW_OF[name](item, now) for item in found[: limit - len(rows)]]
        elif not with_totals:
            break
    rows.sort(key=_rank)
    return Queue(rows[:limit], is_callable, calendar.next_callable(now), totals)


def _rank(row: QueueRow) -> tuple:
    """The order of the page; each source is cut in this same order, so that a shorter list is the longer one's head."""
    deadline = row.deadline.timestamp() if row.deadline else 0
    tier = row.lead.tier if row.group in (SECOND, FIRST) else ""
    return GROUPS.index(row.group), tier, deadline, -row.lead.temperature, row.lead.pk


def _is_pool(user: User) -> bool:
    """Managers and admins see everybody's rows; a rep the own ones and those nobody has yet."""
    return scope_of(user, Permission.LOG_CALLS) in (Scope.TEAMS, Scope.ALL)


def _free_leads(user: User, now: dt.datetime, hidden: set[int], tier: str = "", lead_list=None) -> QuerySet[Lead]:
    """Leads that may be dialled, that no colleague holds, under the page's filters."""
    held = Lease.objects.filter(lead=OuterRef("pk"), expires_at__gt=now).exclude(rep=user)
    leads = Lead.objects.for_user(user).callable().filter(~Exists(held)).exclude(pk__in=hidden)
    if tier:
        leads = leads.filter(tier=tier)
    return leads.filter(lead_list=lead_list) if lead_list else leads


def _follow_ups(user: User, now: dt.datetime, hidden: set[int], **filters) -> QuerySet[FollowUp]:
    follow_ups = FollowUp.objects.live().filter(lead__in=_free_leads(user, now, hidden, **filters))
    if not _is_pool(user):
        follow_ups = follow_ups.filter(Q(rep=user) | Q(rep=None))
    return follow_ups.select_related("lead__company", "rep")


def _promised(user: User, now: dt.datetime, hidden: set[int], **filters) -> "_Union":
    due = now + PROMISE_LEAD_TIME
    second = (
        _follow_ups(user, now, hidden, **filters)
        .filter(promised_at__lte=due)
        .order_by("promised_at", "-lead__temperature", "lead_id")
    )
    first = _first_calls(user, now, hidden, **filters).filter(
        next_call_is_promise=True, next_call_at__lte=due, stage__in=RETRY_STAGES
    )
    return _Union(second, first.order_by("next_call_at", "-temperature", "pk"))


def _second(user: User, now: dt.datetime, hidden: set[int], **filters) -> QuerySet[FollowUp]:
    state = FollowUp.State
    due = (
        Q(state__in=[state.WAITING, state.OPEN], opens_at__lte=now)
        | Q(state__in=[state.ATTEMPTED, state.MISSED]) & (Q(retry_at=None) | Q(retry_at__lte=now))
        | Q(state=state.CONNECTED) & (Q(planned_at=None) | Q(planned_at__lte=now))
    )
    found = _follow_ups(user, now, hidden, **filters).filter(due, promised_at=None)
    return found.annotate(due=_DUE).order_by("lead__tier", "due", "-lead__temperature", "lead_id")


def _retries(user: User, now: dt.datetime, hidden: set[int], **filters) -> QuerySet[Lead]:
    found = _first_calls(user, now, hidden, **filters)
    return found.filter(next_call_is_promise=False, next_call_at__lte=now, stage__in=RETRY_STAGES).order_by(
        "next_call_at", "-temperature", "pk"
    )


def _first(user: User, now: dt.datetime, hidden: set[int], **filters) -> QuerySet[Lead]:
    found = _first_calls(user, now, hidden, **filters).filter(next_call_at=None, stage__in=FIRST_CALL_STAGES)
    return found.order_by("tier", "-temperature", "pk")


def _first_calls(user: User, now: dt.datetime, hidden: set[int], **filters) -> QuerySet[Lead]:
    """Leads that are owed no second call."""
    owed = FollowUp.objects.live().filter(lead=OuterRef("pk"))
    leads = _free_leads(user, now, hidden, **filters).filter(~Exists(owed)).select_related("company", "lead_list")
    return leads if _is_pool(user) else leads.filter(Q(owner=user) | Q(owner=None))


class _Union:
    """Two querysets one after the other, as far as `call_queue` needs one."""

    def __init__(self, *parts: QuerySet):
        self.parts = parts

    def __getitem__(self, window: slice) -> "_Rows":
        return _Rows(item for part in self.parts for item in part[window])


class _Rows(list):
    """Rows already read; `count` as a queryset has it."""

    def count(self) -> int:
        return len(self)


def _second_row(follow_up: FollowUp, now: dt.datetime) -> QueueRow:
    if follow_up.promised_at:
        return QueueRow(follow_up.lead, PROMISE, "promise", follow_up.promised_at, follow_up)
    if follow_up.state == FollowUp.State.CONNECTED:
        return QueueRow(follow_up.lead, SECOND, "next_action", follow_up.planned_at or follow_up.closes_at, follow_up)
    reason = "overdue" if follow_up.closes_at <= now else "retry" if follow_up.attempts else "window_open"
    return QueueRow(follow_up.lead, SECOND, reason, follow_up.closes_at, follow_up)


def _promise_row(item: FollowUp | Lead, now: dt.datetime) -> QueueRow:
    if isinstance(item, FollowUp):
        return _second_row(item, now)
    return QueueRow(item, PROMISE, "promise", item.next_call_at)


SOURCES = {PROMISE: _promised, SECOND: _second, RETRY: _retries, FIRST: _first}
ROW_OF = {
    PROMISE: _promise_row,
    SECOND: _second_row,
    RETRY: lambda lead, now: QueueRow(lead, RETRY, "retry", lead.next_call_at),
    FIRST: lambda lead, now: QueueRow(lead, FIRST, "first_call", None),
}


def queue_filters(cleaned: dict) -> dict:
    """The filters `call_queue` takes, from a form's or a session's values."""
    return {name: cleaned[name] for name in ("group", "tier") if cleaned.get(name)}
