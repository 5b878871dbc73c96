"""The plan: which rep calls whom when, inside the windows of the second calls.

Pure: no Django, no clock, the same answer for the same input in any order. Calls have one length, a slot takes
`capacity` of them, and a team's calls go to the team's slots. The goals, in order:

1. A promise stands: the call is at the promised time whoever makes it, and only flagged when it cannot be kept.
2. The greatest weight of calls inside their windows (exact, see `calls.lane`).
3. What is planned and still possible stays; then the owner makes the call, at a preferred hour, early.

The third step never costs the second anything. What finds no place says why, and what would give it one.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from calls.calendar import JST
from calls.lane import Lane

# Reasons of an assignment
PROMISE = "promise"
PROMISE_OUTSIDE_WINDOW = "promise_outside_window"
PROMISE_OUTSIDE_HOURS = "promise_outside_hours"
PROMISE_OVERBOOKED = "promise_overbooked"
KEPT = "kept"
MOVED = "moved"
SAME_REP = "same_rep"
OWNER_ABSENT = "owner_absent"
OWNER_FULL = "owner_full"
PREFERRED_HOURS = "preferred_hours"
OUTSIDE_PREFERRED_HOURS = "outside_preferred_hours"

# Reasons of a call without a place
NO_SLOTS = "no_slots"
NO_ROOM = "no_room"
PROMISE_NOBODY_WORKING = "promise_nobody_working"

Existing = Mapping[Hashable, tuple[Hashable, datetime]]
Cell = tuple[Hashable, int]  # a rep, and a position among the team's start times

KEPT_RANK, OWNED_RANK = 2, 1  # what is moved later to make room; the rest has rank 0


@dataclass(frozen=True, slots=True)
class Task:
    """A second call that is owed. Preferred hours are hours of the Japanese day (9 = 9:00–9:59)."""

    id: Hashable
    opens_at: datetime
    closes_at: datetime
    weight: float
    owner_rep: Hashable | None = None
    promised_at: datetime | None = None
    preferred_hours: frozenset[int] | None = None
    team: Hashable | None = None

    def __post_init__(self) -> None:
        if self.weight <= 0:
            raise ValueError("A call needs a weight above zero.")


@dataclass(frozen=True, slots=True)
class Slot:
    """Room for `capacity` calls of a rep from `starts_at` on, absences and other appointments already taken off."""

    rep_id: Hashable
    starts_at: datetime
    capacity: int = 1
    team: Hashable | None = None
    minutes: int = 60


@dataclass(frozen=True, slots=True)
class Assignment:
    rep: Hashable
    starts_at: datetime
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """What gives a call its place: one more place at any start from `from_at` to `to_at`, or a rep of one of the teams.

    `waiting` calls wait for room in this same stretch. When the team has no start in the window, the two are its ends.
    """

    from_at: datetime
    to_at: datetime
    waiting: int
    teams: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Unplaced:
    reason: str
    fix: Fix


@dataclass(frozen=True, slots=True)
class Plan:
    assignments: dict[Hashable, Assignment]
    unplaced: dict[Hashable, Unplaced]
    moved: tuple[Hashable, ...] = field(default=())
    """Calls that were planned and now have another rep, another time or no place."""


def plan(tasks: Iterable[Task], slots: Iterable[Slot], existing: Existing | None = None) -> Plan:
    """Assign calls to slots: each at a slot's start with opens_at ≤ start < closes_at, a promise when it was promised.

    `existing` is what is planned now: {task id: (rep, starts_at)}. Ids are unique, and sort among themselves.
    """
    existing = existing or {}
    boards: dict[Hashable, _Board] = {}
    for team, team_slots in _grouped(slots).items():
        boards[team] = _Board(team_slots)
    ordered = sorted(tasks, key=lambda task: (-task.weight, task.id not in existing, task.closes_at, task.id))
    for team, team_tasks in _grouped(ordered).items():
        boards.setdefault(team, _Board([])).fill(team_tasks, existing)
    assignments = {task_id: found for board in boards.values() for task_id, found in board.assignments().items()}
    unplaced = {task_id: found for board in boards.values() for task_id, found in _unplaced(board, boards).items()}
    placed = {task_id: (found.rep, found.starts_at) for task_id, found in assignments.items()}
    moved = [task.id for task in ordered if task.id in existing and placed.get(task.id) != existing[task.id]]
    return Plan(assignments, unplaced, tuple(moved))


class _Board:
    """One team's start times in order, the cells (rep × start) with their room, and the calls on them.

    Calls go by their number in the order they are offered: greatest weight first.
    """

    def __init__(self, slots: list[Slot]):
        self.starts = sorted({slot.starts_at for slot in slots})
        self.position = {start: index for index, start in enumerate(self.starts)}
        self.hours = [start.astimezone(JST).hour for start in self.starts]
        self.room: Counter[Cell] = Counter()
        self.shifts: dict[Hashable, list[tuple[datetime, datetime]]] = defaultdict(list)
        self.tasks: list[Task] = []
        self.promises: dict[int, Assignment] = {}
        self.kept: dict[int, Cell] = {}
        self.seats: dict[int, Cell] = {}
        for slot in sorted(slots, key=lambda slot: (slot.starts_at, slot.rep_id)):
            self.room[slot.rep_id, self.position[slot.starts_at]] += max(slot.capacity, 0)
            self.shifts[slot.rep_id].append((slot.starts_at, slot.starts_at + timedelta(minutes=slot.minutes)))
        self.left = self._places()

    def fill(self, tasks: list[Task], existing: Existing) -> None:
        self.tasks = tasks
        self.planned = [existing.get(task.id) for task in tasks]
        self.stretches = [
            (bisect_left(self.starts, task.opens_at), bisect_left(self.starts, task.closes_at) - 1) for task in tasks
        ]
        promised = [call for call, task in enumerate(tasks) if task.promised_at]
        for call in sorted(promised, key=lambda call: not self.planned[call]):
            self._promise(call, tasks[call])
        places = self._places()
        self.lane = Lane(places)
        chosen = [call for call in range(len(tasks)) if self._may_be_seated(call)]
        self._keep(chosen)
        positions = self._arrange(chosen, places, self._owners_positions(chosen))
        self._give_reps(positions)

    def assignments(self) -> dict[Hashable, Assignment]:
        found = {self.tasks[call].id: assignment for call, assignment in self.promises.items()}
        for call, (rep, position) in self.seats.items():
            found[self.tasks[call].id] = Assignment(rep, self.starts[position], self._reasons(call, rep, position))
        return found

    def left_out(self) -> list[int]:
        return [call for call in range(len(self.tasks)) if call not in self.seats and call not in self.promises]

    # Goal 1: promises

    def _promise(self, call: int, task: Task) -> None:
        """At the promised time: the planned rep, the owner or a colleague; free, else busy, else there that day."""
        planned_rep = self.planned[call][0] if self.planned[call] else None
        cells = {rep: self._cell_at(rep, task.promised_at) for rep in self.shifts}
        room = {rep: self.room[cell] if cell else -1 for rep, cell in cells.items()}
        colleagues = sorted(self.shifts, key=lambda rep: (-room[rep], rep))
        reps = [*(rep for rep in (planned_rep, task.owner_rep) if rep in room), *colleagues]
        if free := [rep for rep in reps if room[rep] > 0]:
            self.room[cells[free[0]]] -= 1
            self._keep_promise(call, free[0])
        elif busy := [rep for rep in reps if room[rep] == 0]:
            self._keep_promise(call, busy[0], PROMISE_OVERBOOKED)
        elif near := [rep for rep in reps if self._works_on(rep, task.promised_at)]:
            self._keep_promise(call, near[0], PROMISE_OUTSIDE_HOURS)

    def _keep_promise(self, call: int, rep: Hashable, *flags: str) -> None:
        task = self.tasks[call]
        reasons = [PROMISE, *flags]
        if not task.opens_at <= task.promised_at < task.closes_at:
            reasons.append(PROMISE_OUTSIDE_WINDOW)
        if task.owner_rep is not None:
            away = OWNER_FULL if self._cell_at(task.owner_rep, task.promised_at) else OWNER_ABSENT
            reasons.append(SAME_REP if rep == task.owner_rep else away)
        self.promises[call] = Assignment(rep, task.promised_at, tuple(reasons))

    def _cell_at(self, rep: Hashable, moment: datetime) -> Cell | None:
        """The rep's slot that covers a moment."""
        shifts = self.shifts.get(rep, [])
        index = bisect_right(shifts, moment, key=lambda shift: shift[0]) - 1
        return (rep, self.position[shifts[index][0]]) if index >= 0 and moment < shifts[index][1] else None

    def _works_on(self, rep: Hashable, moment: datetime) -> bool:
        day = moment.astimezone(JST).date()
        return any(start.astimezone(JST).date() == day for start, _ in self.shifts[rep])

    # Goal 2: the greatest weight

    def _places(self) -> list[int]:
        places = [0] * len(self.starts)
        for (_, position), count in self.room.items():
            places[position] += count
        return places

    def _may_be_seated(self, call: int) -> bool:
        """Whether the call finds a place beside all heavier ones; offered once, by falling weight."""
        first, last = self.stretches[call]
        return not self.tasks[call].promised_at and first <= last and self.lane.insert(call, first, last)

    # Goal 3: stay, owner, preferred hours, early

    def _keep(self, chosen: list[int]) -> None:
        for call in chosen:
            rep, starts_at = self.planned[call] or (None, None)
            position = self.position.get(starts_at, -1)
            first, last = self.stretches[call]
            if first <= position <= last and self.room[rep, position] > 0:
                self.kept[call] = (rep, position)
                self.room[rep, position] -= 1

    def _owners_positions(self, chosen: list[int]) -> dict[int, int]:
        """As many calls as possible with their owners, each owner's own calls arranged on the owner's own slots."""
        found: dict[int, int] = {}
        own = defaultdict(list)
        for call in chosen:
            if call not in self.kept and self.tasks[call].owner_rep in self.shifts:
                own[self.tasks[call].owner_rep].append(call)
        for rep, calls in own.items():
            places = [self.room[rep, position] for position in range(len(self.starts))]
            trial, lane = Lane(places), Lane(places)
            self._seat_in(lane, [call for call in calls if trial.insert(call, *self.stretches[call])])
            found |= lane.position
        return found

    def _arrange(self, chosen: list[int], places: list[int], owned: dict[int, int]) -> dict[int, int]:
        """Positions of all chosen calls; what is kept is moved last to make room, then what the owners have."""
        lane = Lane(places)
        for call, (_, position) in self.kept.items():
            lane.seat(call, *self.stretches[call], position, KEPT_RANK)
        for call, position in owned.items():
            lane.seat(call, *self.stretches[call], position, OWNED_RANK)
        self._seat_in(lane, [call for call in chosen if call not in lane.position])
        return lane.position

    def _seat_in(self, lane: Lane, calls: list[int]) -> None:
        """Preferred hours first, so that calls without a preference do not take them; each as early as it gets."""
        for call in sorted(calls, key=lambda call: not self.tasks[call].preferred_hours):
            first, last = self.stretches[call]
            preferred = self.tasks[call].preferred_hours or ()
            position = next((spot for spot in lane.free(first, last) if self.hours[spot] in preferred), None)
            if preferred and position is not None:
                lane.seat(call, first, last, position)
            else:
                lane.insert(call, first, last)

    def _give_reps(self, positions: dict[int, int]) -> None:
        """A rep for every seat: who was planned and did not have to move, then owners, then whoever has least."""
        for call, cell in self.kept.items():
            if positions[call] == cell[1]:
                self.seats[call] = cell
            else:
                self.room[cell] += 1
        others = [call for call in sorted(positions) if call not in self.seats]
        for call in others:
            cell = (self.tasks[call].owner_rep, positions[call])
            if self.room[cell] > 0:
                self._take(call, cell)
        load = Counter(rep for rep, _ in self.seats.values())
        for call in (call for call in others if call not in self.seats):
            position = positions[call]
            rep = min((rep for rep in self.shifts if self.room[rep, position] > 0), key=lambda rep: (load[rep], rep))
            self._take(call, (rep, position))
            load[rep] += 1
        self.left = self._places()

    def _take(self, call: int, cell: Cell) -> None:
        self.seats[call] = cell
        self.room[cell] -= 1

    # Words

    def _reasons(self, call: int, rep: Hashable, position: int) -> tuple[str, ...]:
        task, reasons = self.tasks[call], []
        if self.planned[call]:
            reasons.append(KEPT if self.planned[call] == (rep, self.starts[position]) else MOVED)
        if task.owner_rep is not None:
            reasons.append(SAME_REP if rep == task.owner_rep else self._why_not_owner(call))
        if task.preferred_hours:
            reasons.append(PREFERRED_HOURS if self.hours[position] in task.preferred_hours else OUTSIDE_PREFERRED_HOURS)
        return tuple(reasons)

    def _why_not_owner(self, call: int) -> str:
        shifts = self.shifts.get(self.tasks[call].owner_rep, [])
        task = self.tasks[call]
        return OWNER_FULL if any(task.opens_at <= start < task.closes_at for start, _ in shifts) else OWNER_ABSENT

    def shortage(self, call: int) -> tuple[str, datetime, datetime]:
        """Why a call has no seat, and the first and last start where one more place would give it one."""
        task, (first, last) = self.tasks[call], self.stretches[call]
        if task.promised_at:
            return PROMISE_NOBODY_WORKING, task.promised_at, task.promised_at
        if first > last:
            return NO_SLOTS, task.opens_at, task.closes_at
        low, high = self.lane.reach(first, last)
        return NO_ROOM, self.starts[low], self.starts[high]

    def has_room_between(self, opens_at: datetime, closes_at: datetime) -> bool:
        positions = range(bisect_left(self.starts, opens_at), bisect_left(self.starts, closes_at))
        return any(self.left[position] > 0 for position in positions)


def _unplaced(board: _Board, boards: Mapping[Hashable, _Board]) -> dict[Hashable, Unplaced]:
    """Why calls of a team have no place, and what would give them one."""
    shortages = {call: board.shortage(call) for call in board.left_out()}
    waiting = Counter(shortages.values())
    found = {}
    for call, (reason, from_at, to_at) in shortages.items():
        task = board.tasks[call]
        lenders = () if task.promised_at else _lenders(task, boards)
        found[task.id] = Unplaced(reason, Fix(from_at, to_at, waiting[reason, from_at, to_at], lenders))
    return found


def _lenders(task: Task, boards: Mapping[Hashable, _Board]) -> tuple[Hashable, ...]:
    others = sorted((team for team in boards if team != task.team), key=repr)
    return tuple(team for team in others if boards[team].has_room_between(task.opens_at, task.closes_at))


def _grouped(items: Iterable) -> dict[Hashable, list]:
    """Items by team, in the order they come."""
    found = defaultdict(list)
    for item in items:
        found[item.team].append(item)
    return found
