"""The plan of second calls: promises, the greatest weight, owners and hours, repairs, and what to do about the rest."""

import random
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calls import planner
from calls.calendar import JST
from calls.planner import Slot, Task, plan

MONDAY = datetime(2026, 6, 15, tzinfo=JST)


def at(hour: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def task(name, opens=9, closes=18, weight=1, **more) -> Task:
    return Task(name, at(opens), at(closes), weight, **more)


def row(rep, *hours, capacity=1, team=None) -> list[Slot]:
    return [Slot(rep, at(hour), capacity, team) for hour in hours]


def placed(result) -> dict:
    return {name: (found.rep, found.starts_at) for name, found in result.assignments.items()}


def hours_of(result) -> dict:
    return {name: (found.rep, found.starts_at.hour) for name, found in result.assignments.items()}


# Inside the window, by weight


def test_call_starts_inside_its_window():
    result = plan([task("a", opens=10, closes=12)], row("r", 9, 11, 12))
    assert hours_of(result) == {"a": ("r", 11)}


def test_slot_at_the_closing_is_too_late():
    assert plan([task("a", opens=10, closes=12)], row("r", 9, 12)).assignments == {}


def test_heavier_call_takes_the_only_slot():
    result = plan([task("c", weight=1), task("a", weight=9)], row("r", 9))
    assert hours_of(result) == {"a": ("r", 9)}
    assert result.unplaced["c"].reason == planner.NO_ROOM


def test_flexible_heavy_call_makes_room_for_a_light_one():
    result = plan([task("heavy", weight=9), task("light", closes=10)], row("r", 9, 10))
    assert hours_of(result) == {"heavy": ("r", 10), "light": ("r", 9)}


def test_capacity_of_a_slot_holds_that_many():
    result = plan([task(name) for name in "abc"], row("r", 9, capacity=2))
    assert len(result.assignments) == 2


def test_calls_stay_in_their_team():
    tasks = [task("a", team=1), task("b", team=2)]
    result = plan(tasks, [*row("r", 9, team=1), *row("s", 10, 11, team=1)])
    assert set(result.assignments) == {"a"}
    assert result.unplaced["b"].reason == planner.NO_SLOTS


def test_weight_must_be_above_zero():
    with pytest.raises(ValueError, match="weight"):
        task("a", weight=0)


# Owner, preferred hours, early


def test_owner_makes_the_call_before_an_earlier_colleague():
    result = plan([task("a", owner_rep="r")], [*row("r", 15), *row("s", 9)])
    assert hours_of(result) == {"a": ("r", 15)}
    assert result.assignments["a"].reasons == (planner.SAME_REP,)


def test_call_without_owner_leaves_the_owner_to_others():
    tasks = [task("free", weight=5), task("owned", closes=10, owner_rep="r")]
    assert hours_of(plan(tasks, [*row("r", 9), *row("s", 9)])) == {"free": ("s", 9), "owned": ("r", 9)}


@pytest.mark.parametrize(
    ("slots", "reason"),
    [(row("s", 9), planner.OWNER_ABSENT), ([*row("r", 9, capacity=0), *row("s", 9)], planner.OWNER_FULL)],
)
def test_colleague_steps_in_and_says_why(slots, reason):
    result = plan([task("a", owner_rep="r")], slots)
    assert result.assignments["a"].reasons == (reason,)


def test_preferred_hour_beats_an_earlier_one_but_not_the_owner():
    likes_three = frozenset({15})
    free = plan([task("a", preferred_hours=likes_three)], row("r", 9, 15))
    assert hours_of(free) == {"a": ("r", 15)}
    assert free.assignments["a"].reasons == (planner.PREFERRED_HOURS,)
    owned = plan([task("a", preferred_hours=likes_three, owner_rep="r")], [*row("r", 9), *row("s", 15)])
    assert hours_of(owned) == {"a": ("r", 9)}
    assert owned.assignments["a"].reasons == (planner.SAME_REP, planner.OUTSIDE_PREFERRED_HOURS)


def test_preferred_hour_is_not_taken_by_a_call_without_preference():
    tasks = [task("any", weight=9), task("nine", preferred_hours=frozenset({9}))]
    assert hours_of(plan(tasks, row("r", 9, 10))) == {"any": ("r", 10), "nine": ("r", 9)}


def test_earlier_rather_than_later_and_heavier_before_lighter():
    tasks = [task("c", weight=1), task("a", weight=9), task("b", weight=5)]
    assert hours_of(plan(tasks, row("r", 14, 9, 11))) == {"a": ("r", 9), "b": ("r", 11), "c": ("r", 14)}


def test_calls_without_owner_are_spread_over_the_reps():
    result = plan([task(number) for number in range(6)], [*row("r", 9, 10, 11), *row("s", 9, 10, 11)])
    assert Counter(rep for rep, _ in placed(result).values()) == {"r": 3, "s": 3}


# Promises


def test_promise_takes_its_time_before_any_weight():
    tasks = [task("heavy", weight=99, closes=10), task("word", promised_at=at(9), owner_rep="r")]
    result = plan(tasks, row("r", 9))
    assert hours_of(result) == {"word": ("r", 9)}
    assert result.assignments["word"].reasons == (planner.PROMISE, planner.SAME_REP)
    assert result.unplaced["heavy"].reason == planner.NO_ROOM


@pytest.mark.parametrize(
    ("slots", "rep", "flags"),
    [
        ([*row("r", 15), *row("s", 15)], "r", {planner.SAME_REP}),
        ([*row("r", 9), *row("s", 15)], "s", {planner.OWNER_ABSENT}),
        ([*row("r", 15, capacity=0), *row("s", 15)], "s", {planner.OWNER_FULL}),
        ([*row("r", 15, capacity=0), *row("s", 9)], "r", {planner.SAME_REP, planner.PROMISE_OVERBOOKED}),
        ([*row("r", 9), *row("s", 9)], "r", {planner.SAME_REP, planner.PROMISE_OUTSIDE_HOURS}),
        (row("s", 9), "s", {planner.OWNER_ABSENT, planner.PROMISE_OUTSIDE_HOURS}),
    ],
)
def test_promise_is_never_moved_only_flagged(slots, rep, flags):
    promise = task("word", promised_at=at(15.5), owner_rep="r")
    found = plan([promise], slots).assignments["word"]
    assert (found.rep, found.starts_at) == (rep, at(15.5))
    assert set(found.reasons) == {planner.PROMISE, *flags}


def test_promise_outside_the_window_is_kept_and_flagged():
    promise = replace(task("word", opens=9, closes=12), promised_at=at(15))
    found = plan([promise], row("r", 9, 15)).assignments["word"]
    assert found.starts_at == at(15)
    assert planner.PROMISE_OUTSIDE_WINDOW in found.reasons


def test_promise_on_a_day_nobody_works_is_reported():
    result = plan([task("word", promised_at=at(15, day=1))], row("r", 9))
    assert result.assignments == {}
    assert result.unplaced["word"].reason == planner.PROMISE_NOBODY_WORKING
    assert result.unplaced["word"].fix.from_at == at(15, day=1)


def test_promise_keeps_its_planned_rep_when_the_owner_is_back():
    promise = task("word", promised_at=at(15), owner_rep="r")
    result = plan([promise], [*row("r", 15), *row("s", 15)], {"word": ("s", at(15))})
    assert placed(result) == {"word": ("s", at(15))}
    assert result.moved == ()


# Repairs


def test_planned_call_stays_although_another_slot_is_better():
    existing = {"a": ("s", at(15))}
    result = plan([task("a", owner_rep="r")], [*row("r", 9), *row("s", 15)], existing)
    assert placed(result) == existing
    assert planner.KEPT in result.assignments["a"].reasons


def test_planned_call_of_an_absent_rep_moves_alone():
    tasks = [task(name, closes=12) for name in "abc"]
    slots = [*row("r", 9, 10), *row("s", 9, 10)]
    existing = {"a": ("r", at(9)), "b": ("s", at(9)), "c": ("s", at(10))}
    result = plan(tasks, [slot for slot in slots if slot != slots[0]], existing)
    assert result.moved == ("a",)
    assert placed(result) == {**existing, "a": ("r", at(10))}
    assert planner.MOVED in result.assignments["a"].reasons


def test_planned_calls_move_rather_than_lose_weight():
    existing = {"planned": ("r", at(9))}
    result = plan([task("planned"), task("new", closes=10)], row("r", 9, 10), existing)
    assert hours_of(result) == {"planned": ("r", 10), "new": ("r", 9)}
    assert result.moved == ("planned",)


def test_equal_newcomer_does_not_push_out_a_planned_call():
    result = plan([task("a"), task("z")], row("r", 9), {"z": ("r", at(9))})
    assert set(result.assignments) == {"z"}


def test_new_call_is_moved_before_a_planned_one():
    tasks = [task("planned", weight=1), task("new", weight=3), task("tight", weight=2, closes=10)]
    slots = [*row("r", 9), *row("s", 9), *row("s", 10)]
    result = plan(tasks, slots, {"planned": ("r", at(9))})
    assert hours_of(result) == {"planned": ("r", 9), "new": ("s", 10), "tight": ("s", 9)}


# What would fix it


def test_fix_names_the_stretch_and_how_many_wait():
    tasks = [task(number, opens=9, closes=12) for number in range(5)]
    result = plan(tasks, row("r", 9, 10, 11, 14))
    assert {
        (found.reason, found.fix.from_at, found.fix.to_at, found.fix.waiting) for found in result.unplaced.values()
    } == {(planner.NO_ROOM, at(9), at(11), 2)}


def test_fix_names_teams_with_room_in_the_window():
    tasks = [task("a", closes=10, team=1), task("b", closes=10, team=1)]
    slots = [*row("r", 9, team=1), *row("s", 9, team=2), *row("t", 15, team=3)]
    (found,) = plan(tasks, slots).unplaced.values()
    assert found.fix.teams == (2,)


# What must hold for any instance

reps = st.sampled_from("pqrs")
hours = st.integers(0, 7)


@st.composite
def task_lists(draw, promises=False):
    tasks = []
    for number in range(draw(st.integers(0, 7))):
        opens = draw(hours)
        tasks.append(
            Task(
                number,
                at(opens),
                at(opens + draw(st.integers(1, 5))),
                draw(st.sampled_from([1, 2, 3, 10])),
                owner_rep=draw(st.none() | reps),
                promised_at=at(draw(hours)) if promises and draw(st.integers(0, 3)) == 0 else None,
                preferred_hours=draw(st.none() | st.frozensets(hours, min_size=1, max_size=2)),
                team=draw(st.sampled_from([1, 1, 2])),
            )
        )
    return tasks


slot_lists = st.lists(st.tuples(reps, hours, st.integers(0, 2)), max_size=9).map(
    lambda rows: [Slot(rep, at(hour), capacity, 2 if rep == "s" else 1) for rep, hour, capacity in rows]
)


@st.composite
def situations(draw, promises=False):
    """Tasks, slots, and a plan of yesterday that may or may not be possible today."""
    tasks, slots = draw(task_lists(promises)), draw(slot_lists)
    names = draw(st.sets(st.sampled_from([found.id for found in tasks]))) if tasks else set()
    return tasks, slots, {name: (draw(reps), at(draw(hours))) for name in sorted(names)}


def greatest_weight(tasks: list[Task], slots: list[Slot]) -> float:
    """By trying everything: each call in each start or nowhere."""
    room = Counter()
    for slot in slots:
        room[slot.team, slot.starts_at] += slot.capacity
    for promise in tasks:
        key = promise.team, promise.promised_at
        room[key] -= promise.promised_at is not None and room[key] > 0
    places, left = list(room), tuple(room.values())
    calls = [found for found in tasks if not found.promised_at]

    @cache
    def best(number: int, left: tuple[int, ...]) -> float:
        if number == len(calls):
            return 0
        call, found = calls[number], best(number + 1, left)
        for index, (team, starts_at) in enumerate(places):
            if left[index] and team == call.team and call.opens_at <= starts_at < call.closes_at:
                taken = (*left[:index], left[index] - 1, *left[index + 1 :])
                found = max(found, call.weight + best(number + 1, taken))
        return found

    return best(0, left)


def weight_of(tasks: list[Task], result) -> float:
    return sum(found.weight for found in tasks if found.id in result.assignments and not found.promised_at)


@given(situations(promises=True))
def test_plan_has_the_greatest_weight_that_exists(situation):
    tasks, slots, existing = situation
    assert weight_of(tasks, plan(tasks, slots, existing)) == greatest_weight(tasks, slots)


@given(situations(promises=True))
def test_plan_is_always_possible(situation):
    tasks, slots, existing = situation
    result = plan(tasks, slots, existing)
    assert sorted([*result.assignments, *result.unplaced]) == [found.id for found in tasks]
    used, room = Counter(), Counter()
    for slot in slots:
        room[slot.team, slot.rep_id, slot.starts_at] += slot.capacity
    for call in tasks:
        if found := result.assignments.get(call.id):
            if call.promised_at:
                assert found.starts_at == call.promised_at
            else:
                assert call.opens_at <= found.starts_at < call.closes_at
            if planner.PROMISE_OVERBOOKED not in found.reasons and planner.PROMISE_OUTSIDE_HOURS not in found.reasons:
                used[call.team, found.rep, found.starts_at] += 1
    assert used <= room


@given(situations(promises=True), st.randoms(use_true_random=False))
def test_plan_does_not_depend_on_the_order_of_its_input(situation, shuffler):
    tasks, slots, existing = situation
    mixed_tasks, mixed_slots = shuffler.sample(tasks, len(tasks)), shuffler.sample(slots, len(slots))
    assert plan(mixed_tasks, mixed_slots, dict(reversed(existing.items()))) == plan(tasks, slots, existing)


@given(situations(promises=True))
def test_planning_again_moves_nothing(situation):
    tasks, slots, existing = situation
    first = plan(tasks, slots, existing)
    again = plan(tasks, slots, placed(first))
    assert placed(again) == placed(first)
    assert again.moved == ()


@given(situations())
def test_fix_gives_the_call_its_place(situation):
    tasks, slots, existing = situation
    result = plan(tasks, slots, existing)
    for call in (found for found in tasks if found.id in result.unplaced):
        fix = result.unplaced[call.id].fix
        there = {slot.starts_at for slot in slots if slot.team == call.team}
        stretch = {starts_at for starts_at in there if fix.from_at <= starts_at <= fix.to_at}
        for starts_at in {fix.from_at} if result.unplaced[call.id].reason == planner.NO_SLOTS else stretch:
            helped = plan(tasks, [*slots, Slot("helper", starts_at, 1, call.team)], existing)
            assert weight_of(tasks, helped) >= weight_of(tasks, result) + call.weight
        for team in fix.teams:
            lent = plan([replace(call, team=team), *(found for found in tasks if found != call)], slots, existing)
            assert call.id in lent.assignments


@given(task_lists(), slot_lists, st.data())
def test_lost_slot_moves_only_its_own_call_when_that_finds_room(tasks, slots, data):
    single = [replace(slot, capacity=1) for slot in {(slot.rep_id, slot.starts_at): slot for slot in slots}.values()]
    before = plan(tasks, single)
    assume(before.assignments)
    seated = [call for call in tasks if call.id in before.assignments]
    call = data.draw(st.sampled_from(seated))
    spare = Slot(
        "spare", data.draw(st.sampled_from([call.opens_at, call.closes_at - timedelta(hours=1)])), 1, call.team
    )
    rest = [slot for slot in single if (slot.rep_id, slot.starts_at) != placed(before)[call.id]]
    assert plan(seated, [*rest, spare], placed(before)).moved == (call.id,)


@pytest.mark.parametrize("seed", range(6))
def test_plan_of_hundreds_equals_textbook_matching(seed):
    shuffler = random.Random(seed)
    slots = [Slot(rep, at(start / 4), 1) for rep in range(4) for start in shuffler.sample(range(60), 40)]
    tasks = []
    for number in range(220):
        opens = shuffler.randrange(60)
        closes = opens + shuffler.choice([1, 3, 10, 40])
        tasks.append(task(number, opens / 4, closes / 4, shuffler.randint(1, 50), owner_rep=shuffler.randrange(5)))
    assert weight_of(tasks, plan(tasks, slots)) == textbook_weight(tasks, slots)


def textbook_weight(tasks: list[Task], slots: list[Slot]) -> float:
    """Augmenting paths over single places, heaviest call first: the matching every textbook prints."""
    holder: dict[int, Task] = {}

    def seat(call: Task, tried: set[int]) -> bool:
        for number, slot in enumerate(slots):
            if number not in tried and call.opens_at <= slot.starts_at < call.closes_at:
                tried.add(number)
                if number not in holder or seat(holder[number], tried):
                    holder[number] = call
                    return True
        return False

    return sum(call.weight for call in sorted(tasks, key=lambda call: -call.weight) if seat(call, set()))
