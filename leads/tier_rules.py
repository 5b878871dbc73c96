"""Tier rules as data: read from JSON, written as JSON, and what is wrong with them, place by place. Pure.

{"a": [[{"fact": "signal", "values": ["inquiry"], "days": 90, "standing": true}], …], "b": […],
 "silence_days": 90, "signal_points": {"inquiry": 40, …}, "half_life_days": {…}, "timing_points": {…},
 "budget_points": {…}, "decision_maker_points": 8, "problem_points": 10, "refusal_points": -40, "silence_points": -10}
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from leads.tiering import ALL_REACTIONS, DEFAULT_RULES, FACTS, Condition, Group, TierRules

RESULTS = (
    "no_answer",
    "invalid_number",
    "wrong_number",
    "gatekeeper_refused",
    "absent",
    "call_back",
    "reaction",
    "hearing_done",
    "appointment",
    "refused",
    "do_not_call",
)
"""Results of calls as `calls.models.Result` names them; a test keeps the two together."""

STAGES = ("new", "calling", "follow_up", "nurturing", "appointment", "opportunity", "won", "lost", "refused", "blocked")
CHOICES = {
    "signal": ALL_REACTIONS,
    "result": RESULTS,
    "stage": STAGES,
    "timing": ("within_1_month", "within_3_months", "within_6_months", "within_1_year", "undecided"),
    "budget": ("secured", "applying", "undecided", "none"),
    "decision_maker": ("self", "superior", "executive", "other_department"),
}
"""What `values` of a condition may name; facts that are not here take none."""

WITH_DAYS = ("signal", "problem", "result", "contact", "quiet")
MAPPINGS = {
    "signal_points": CHOICES["signal"],
    "half_life_days": CHOICES["signal"],
    "timing_points": CHOICES["timing"],
    "budget_points": CHOICES["budget"],
}
GROUPS_LIMIT, CONDITIONS_LIMIT, LONGEST_DAYS, MOST_POINTS = 12, 6, 3650, 100
POINTS = ("decision_maker_points", "problem_points", "refusal_points", "silence_points")
COOLING = ("refusal_points", "silence_points")


class RuleProblem(NamedTuple):
    """What is wrong, and where: `a.0.1.days`."""

    path: str
    code: str


class RuleError(ValueError):
    """Rules that cannot be used, with everything found."""

    def __init__(self, problems: list[RuleProblem]):
        super().__init__("; ".join(f"{problem.path}: {problem.code}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class RuleBook:
    """The rules in force: for a list its own, else for a source its own, else the common ones."""

    common: TierRules = DEFAULT_RULES
    by_list: Mapping[int, TierRules] = field(default_factory=dict)
    by_source: Mapping[str, TierRules] = field(default_factory=dict)

    def rules_for(self, lead_list_id: int | None, source: str) -> TierRules:
        if lead_list_id in self.by_list:
            return self.by_list[lead_list_id]
        return self.by_source.get(source, self.common)

    def with_rules(self, rules: TierRules | None, lead_list_id: int | None = None, source: str = "") -> "RuleBook":
        """The same with other rules for a list, a source or all; None gives the own ones up."""
        if lead_list_id:
            return replace(self, by_list=_with(self.by_list, lead_list_id, rules))
        if source:
            return replace(self, by_source=_with(self.by_source, source, rules))
        return replace(self, common=rules or DEFAULT_RULES)

    @property
    def versions(self) -> set[str]:
        return {rules.version for rules in (self.common, *self.by_list.values(), *self.by_source.values())}


def _with(own: Mapping, key: int | str, rules: TierRules | None) -> dict:
    others = {each: kept for each, kept in own.items() if each != key}
    return others if rules is None else {**others, key: rules}


def as_json(rules: TierRules) -> dict[str, Any]:
    """The rules without their version, as they are stored and shown."""
    found: dict[str, Any] = {}
    for name in (each.name for each in fields(rules)):
        value = getattr(rules, name)
        if name in ("a", "b"):
            found[name] = [[_condition_json(condition) for condition in group] for group in value]
        elif name in MAPPINGS:
            found[name] = dict(value)
        elif name in (*POINTS, "silence_days"):
            found[name] = value
    return found


def from_json(data: Mapping[str, Any], version: str) -> TierRules:
    """The rules a JSON says. Raises RuleError with every problem."""
    if problems := list(problems_of(data)):
        raise RuleError(problems)
    values: dict[str, Any] = {name: dict(data[name]) for name in MAPPINGS}
    values |= {name: data[name] for name in (*POINTS, "silence_days")}
    return replace(DEFAULT_RULES, version=version, a=_groups(data["a"]), b=_groups(data["b"]), **values)


def problems_of(data: Mapping[str, Any]) -> Iterator[RuleProblem]:
    """Everything that stands in the way of using `data` as rules."""
    if not isinstance(data, Mapping):
        yield RuleProblem("", "not_an_object")
        return
    for name in sorted(set(data) - {"a", "b", "silence_days", *MAPPINGS, *POINTS}):
        yield RuleProblem(name, "unknown")
    for name in ("a", "b"):
        yield from _group_problems(name, data.get(name))
    for name, keys in MAPPINGS.items():
        yield from _mapping_problems(name, data.get(name), keys)
    for name in POINTS:
        yield from _number_problems(name, data.get(name), *((-MOST_POINTS, 0) if name in COOLING else (0, MOST_POINTS)))
    yield from _number_problems("silence_days", data.get("silence_days"), 1, LONGEST_DAYS)


def _group_problems(name: str, groups: Any) -> Iterator[RuleProblem]:
    if not isinstance(groups, list):
        yield RuleProblem(name, "not_a_list")
        return
    if len(groups) > GROUPS_LIMIT:
        yield RuleProblem(name, "too_many")
    if name == "a" and not groups:
        yield RuleProblem(name, "no_group")
    for at, group in enumerate(groups):
        path = f"{name}.{at}"
        if not isinstance(group, list) or not group:
            yield RuleProblem(path, "no_condition")
        elif len(group) > CONDITIONS_LIMIT:
            yield RuleProblem(path, "too_many")
        else:
            for place, condition in enumerate(group):
                yield from _condition_problems(f"{path}.{place}", condition)


def _condition_problems(path: str, condition: Any) -> Iterator[RuleProblem]:
    if not isinstance(condition, Mapping):
        yield RuleProblem(path, "not_an_object")
        return
    for name in sorted(set(condition) - {"fact", "values", "days", "standing"}):
        yield RuleProblem(f"{path}.{name}", "unknown")
    fact, values, days = condition.get("fact"), condition.get("values", []), condition.get("days")
    if fact not in FACTS:
        yield RuleProblem(f"{path}.fact", "unknown")
        return
    known = CHOICES.get(fact, ())
    if not isinstance(values, list) or any(value not in known for value in values):
        yield RuleProblem(f"{path}.values", "unknown")
    elif fact == "stage" and not values:
        yield RuleProblem(f"{path}.values", "required")
    if days is not None and fact not in WITH_DAYS:
        yield RuleProblem(f"{path}.days", "not_here")
    elif days is not None or fact == "quiet":
        yield from _number_problems(f"{path}.days", days, 1, LONGEST_DAYS)
    if condition.get("standing", False) not in (True, False) or (condition.get("standing") and fact != "signal"):
        yield RuleProblem(f"{path}.standing", "not_here")


def _mapping_problems(name: str, values: Any, keys: tuple[str, ...]) -> Iterator[RuleProblem]:
    if not isinstance(values, Mapping):
        yield RuleProblem(name, "not_an_object")
        return
    for key in sorted(set(values) - set(keys), key=str):
        yield RuleProblem(f"{name}.{key}", "unknown")
    low, high = (1, LONGEST_DAYS) if name == "half_life_days" else (0, MOST_POINTS)
    for key in keys:
        if key in values or name in ("signal_points", "half_life_days"):
            yield from _number_problems(f"{name}.{key}", values.get(key), low, high)


def _number_problems(path: str, value: Any, low: int, high: int) -> Iterator[RuleProblem]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield RuleProblem(path, "not_a_number")
    elif not low <= value <= high:
        yield RuleProblem(path, "out_of_range")


def _groups(data: list) -> tuple[Group, ...]:
    return tuple(tuple(_condition(each) for each in group) for group in data)


def _condition(data: Mapping[str, Any]) -> Condition:
    return Condition(data["fact"], tuple(data.get("values", ())), data.get("days"), bool(data.get("standing", False)))


def _condition_json(condition: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {"fact": condition.fact}
    if condition.values:
        found["values"] = list(condition.values)
    if condition.days is not None:
        found["days"] = condition.days
    if condition.standing:
        found["standing"] = True
    return found


# --- Rules that can be read, but make no sense ----------------------------------------------------------------------


def objections_to(rules: TierRules) -> Iterator[RuleProblem]:
    """Groups nobody can be in, groups everybody is in, and groups that are there twice."""
    for name in ("a", "b"):
        groups = [frozenset(group) for group in getattr(rules, name)]
        for at, group in enumerate(groups):
            if group in groups[:at]:
                yield RuleProblem(f"{name}.{at}", "repeated")
            elif holds_for_nobody(group):
                yield RuleProblem(f"{name}.{at}", "contradiction")
            elif holds_for_all(group):
                yield RuleProblem(f"{name}.{at}", "everybody")


def holds_for_all(group: Iterable[Condition]) -> bool:
    """Whether the group asks for nothing: every stage will do."""
    return all(condition.fact == "stage" and set(condition.values) == set(STAGES) for condition in group)


def holds_for_nobody(group: Iterable[Condition]) -> bool:
    """Whether two conditions of the group exclude each other."""
    allowed: dict[str, set[str]] = {}
    for condition in group:
        if condition.fact in CHOICES and condition.fact != "signal" and condition.values:
            allowed[condition.fact] = allowed.get(condition.fact, set(condition.values)) & set(condition.values)
    if any(not values for values in allowed.values()):
        return True
    facts = {condition.fact for condition in group}
    return _is_never_quiet(group) or ("problem" in facts and allowed.get("stage") == {"lost"})


def _is_never_quiet(group: Iterable[Condition]) -> bool:
    """Not called for so long, yet called or reached since."""
    quiet = max((condition.days or 0 for condition in group if condition.fact == "quiet"), default=0)
    calls = [condition.days for condition in group if condition.fact in ("result", "contact") and condition.days]
    return bool(quiet) and any(days <= quiet for days in calls)
