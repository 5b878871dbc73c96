"""Tier rules as sentences a manager reads, what is wrong with them, and what one version changed of another."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from leads.models import SignalKind, Stage
from leads.reasons import BUDGET, DECISION_MAKER, RESULTS, TIMING
from leads.tier_rules import (
    CONDITIONS_LIMIT,
    COOLING,
    GROUPS_LIMIT,
    LONGEST_DAYS,
    MAPPINGS,
    MOST_POINTS,
    RuleProblem,
    as_json,
)
from leads.tiering import Condition, Group, TierRules

VALUES: dict[str, Mapping[str, Any]] = {
    "signal": dict(SignalKind.choices),
    "result": RESULTS,
    "stage": dict(Stage.choices),
    "timing": TIMING,
    "budget": BUDGET,
    "decision_maker": DECISION_MAKER,
}
FACT_LABELS = {
    "signal": gettext_lazy("反応があった"),
    "problem": gettext_lazy("課題を聞けている"),
    "result": gettext_lazy("前回の架電の結果"),
    "contact": gettext_lazy("担当者と話せた"),
    "quiet": gettext_lazy("しばらく架電していない"),
    "stage": gettext_lazy("リードの状態"),
    "timing": gettext_lazy("検討時期"),
    "budget": gettext_lazy("予算感"),
    "decision_maker": gettext_lazy("意思決定者"),
}
"""What a condition can be about, in the order the form offers it."""

ABOUT_FACTS = {
    "signal": gettext_lazy("種類を選ばなければ、どの反応でも当てはまります。"),
    "problem": gettext_lazy("その後にお断り・失注となった課題は数えません。"),
    "result": gettext_lazy("結果を選ばなければ、どの結果でも当てはまります。"),
    "contact": gettext_lazy("日数を空けておくと、過去に一度でも話せていれば当てはまります。"),
    "quiet": gettext_lazy("まだ一度も架電していないリードも含みます。"),
    "stage": gettext_lazy("当てはまる状態を1つ以上選びます。"),
    "timing": gettext_lazy("選ばなければ、検討時期を聞けていれば当てはまります。"),
    "budget": gettext_lazy("選ばなければ、予算感を聞けていれば当てはまります。"),
    "decision_maker": gettext_lazy("選ばなければ、意思決定者が分かっていれば当てはまります。"),
}
SIGNAL_POINTS = gettext_lazy("%(signal)sの点数")
HALF_LIFE = gettext_lazy("%(signal)sの半減期（日）")
NUMBER_LABELS = {
    "decision_maker_points": gettext_lazy("意思決定者が分かっている"),
    "problem_points": gettext_lazy("課題を聞けている"),
    "refusal_points": gettext_lazy("お断り"),
    "silence_points": gettext_lazy("接触・反応がない"),
    "silence_days": gettext_lazy("接触・反応がないとみなすまでの日数"),
}
SIDE_LABELS = {"a": gettext_lazy("Tier Aの条件"), "b": gettext_lazy("Tier Bの条件")}


# --- Sentences ------------------------------------------------------------------------------------------------------


def group_words(group: Group) -> str:
    """「資料請求・問合せが90日以内にある（…）」, all conditions of a group joined."""
    return pgettext("conditions", "、かつ ").join(condition_words(condition) for condition in group)


def condition_words(condition: Condition) -> str:
    return _SENTENCES.get(condition.fact, _choice)(condition)


def value_words(fact: str, values: Iterable[str]) -> str:
    return pgettext("values", "・").join(str(VALUES[fact].get(value, value)) for value in values)


def _signal(condition: Condition) -> str:
    what = value_words("signal", condition.values) or _("いずれかの反応")
    if condition.days is None:
        words = _("%(what)sが過去にある") % {"what": what}
    else:
        words = _("%(what)sが%(days)s日以内にある") % {"what": what, "days": condition.days}
    return words + _("（お断りより前の反応を除く）") if condition.standing else words


def _problem(condition: Condition) -> str:
    if condition.days is None:
        return _("課題を聞けている（その後のお断り・失注を除く）")
    return _("課題を%(days)s日以内に聞けている（その後のお断り・失注を除く）") % {"days": condition.days}


def _result(condition: Condition) -> str:
    words = value_words("result", condition.values) or _("いずれか")
    if condition.days is None:
        return _("前回の架電の結果が%(words)s") % {"words": words}
    return _("%(days)s日以内の前回の架電の結果が%(words)s") % {"words": words, "days": condition.days}


def _contact(condition: Condition) -> str:
    if condition.days is None:
        return _("担当者と話せたことがある")
    return _("%(days)s日以内に担当者と話せた") % {"days": condition.days}


def _quiet(condition: Condition) -> str:
    return _("最後の架電から%(days)s日を過ぎている（未架電を含む）") % {"days": condition.days}


def _choice(condition: Condition) -> str:
    label, values = FACT_LABELS[condition.fact], value_words(condition.fact, condition.values)
    if not values:
        return _("%(fact)sを聞けている") % {"fact": label}
    return _("%(fact)sが%(values)s") % {"fact": label, "values": values}


_SENTENCES: dict[str, Callable[[Condition], str]] = {
    "signal": _signal,
    "problem": _problem,
    "result": _result,
    "contact": _contact,
    "quiet": _quiet,
}


# --- What is wrong --------------------------------------------------------------------------------------------------

_PROBLEMS = {
    "not_a_number": gettext_lazy("数字を入力してください。"),
    "no_group": gettext_lazy("Tier Aの条件を1つ以上入れてください。空のままでは、誰もAになりません。"),
    "no_condition": gettext_lazy("条件を1つ以上入れるか、このグループを削除してください。"),
    "required": gettext_lazy("1つ以上選んでください。"),
    "not_here": gettext_lazy("この条件では指定できません。"),
    "repeated": gettext_lazy("同じ条件のグループがすでにあります。どちらかを削除してください。"),
    "contradiction": gettext_lazy("条件が両立しないため、当てはまるリードがありません。"),
    "everybody": gettext_lazy("すべてのリードが当てはまる条件です。状態を絞ってください。"),
}
_UNREADABLE = gettext_lazy("この内容は使えません。")


def problem_words(problem: RuleProblem) -> str:
    """What to put right, at the field the problem names."""
    if problem.code == "out_of_range":
        low, high = bounds_of(problem.path)
        return _("%(low)s〜%(high)sの範囲で入力してください。") % {"low": low, "high": high}
    if problem.code == "too_many":
        if problem.path in SIDE_LABELS:
            return _("条件グループは%(n)s個までです。") % {"n": GROUPS_LIMIT}
        return _("1つのグループに入れられる条件は%(n)s個までです。") % {"n": CONDITIONS_LIMIT}
    return str(_PROBLEMS.get(problem.code, _UNREADABLE))


def bounds_of(path: str) -> tuple[int, int]:
    """Between what a number of the rules may lie."""
    name = path.partition(".")[0]
    if name in COOLING:
        return -MOST_POINTS, 0
    if name in ("silence_days", "half_life_days") or path.endswith(".days"):
        return 1, LONGEST_DAYS
    return 0, MOST_POINTS


# --- What changed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """One line of what changed; a group that came has no `before`, one that went no `after`."""

    label: str
    before: str
    after: str


def differences(old: TierRules, new: TierRules) -> list[Difference]:
    """What `new` changed of `old`, in words; empty when they say the same."""
    found = []
    for side, label in SIDE_LABELS.items():
        was, will = getattr(old, side), getattr(new, side)
        found += [Difference(str(label), group_words(group), "") for group in was if group not in will]
        found += [Difference(str(label), "", group_words(group)) for group in will if group not in was]
    before, after = numbers_of(old), numbers_of(new)
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            found.append(Difference(number_label(name), _shown(before.get(name)), _shown(after.get(name))))
    return found


def recorded_changes(old: TierRules | None, new: TierRules | None) -> dict[str, list]:
    """The same as codes, as the audit trail keeps them; None is a scope without rules of its own."""
    changes: dict[str, list] = {}
    for side in SIDE_LABELS:
        was, will = (_codes(rules, side) for rules in (old, new))
        if was != will:
            gone, come = [code for code in was if code not in will], [code for code in will if code not in was]
            changes[f"groups_{side}"] = [gone, come]
    before, after = (numbers_of(rules) if rules else {} for rules in (old, new))
    for name in {**before, **after}:
        if before.get(name) != after.get(name):
            changes[name] = [before.get(name), after.get(name)]
    return changes


def _codes(rules: TierRules | None, side: str) -> list[str]:
    groups = as_json(rules)[side] if rules else []
    return [json.dumps(group, ensure_ascii=False, sort_keys=True) for group in groups]


class GroupWords(Mapping):
    """Recorded groups as sentences, for whoever reads the audit trail."""

    def __getitem__(self, code: str) -> str:
        try:
            group = json.loads(code)
            return _("「%(words)s」") % {"words": group_words(tuple(_condition(each) for each in group))}
        except (TypeError, ValueError, KeyError) as error:
            raise KeyError(code) from error

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True


def _condition(data: Mapping[str, Any]) -> Condition:
    return Condition(data["fact"], tuple(data.get("values", ())), data.get("days"), data.get("standing", False))


def numbers_of(rules: TierRules) -> dict[str, int]:
    """Every number of the rules by its path: `signal_points.inquiry`, `silence_days`."""
    found = {}
    for name, keys in MAPPINGS.items():
        values = getattr(rules, name)
        found |= {f"{name}.{key}": values[key] for key in keys if key in values}
    return found | {name: getattr(rules, name) for name in NUMBER_LABELS}


def number_label(path: str) -> str:
    name, _point, key = path.partition(".")
    if name == "signal_points":
        return str(SIGNAL_POINTS) % {"signal": VALUES["signal"][key]}
    if name == "half_life_days":
        return str(HALF_LIFE) % {"signal": VALUES["signal"][key]}
    if name in MAPPINGS:
        fact = name.removesuffix("_points")
        return f"{FACT_LABELS[fact]}: {VALUES[fact][key]}"
    return str(NUMBER_LABELS[name])


lazy_number_label = lazy(number_label, str)
"""The same, said in the language of whoever reads it."""


def number_paths() -> list[str]:
    """Every number rules can have."""
    return [f"{name}.{key}" for name, keys in MAPPINGS.items() for key in keys] + list(NUMBER_LABELS)


def _shown(value: int | None) -> str:
    return "—" if value is None else str(value)
