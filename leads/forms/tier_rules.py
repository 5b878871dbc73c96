"""Tier rules as a form. A field's name is its path in the rules (`a.0.1.days`), so that what is wrong with the rules is
wrong with the field; what was sent stays as it was sent until it is put right."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from leads.models import LeadList
from leads.rule_words import ABOUT_FACTS, FACT_LABELS, SIDE_LABELS, VALUES, bounds_of, number_paths
from leads.tier_rules import CHOICES, CONDITIONS_LIMIT, GROUPS_LIMIT, MAPPINGS, WITH_DAYS

CONDITION = re.compile(r"([ab])\.(\d{1,3})\.(\d{1,3})\.fact")
GROUP = re.compile(r"([ab])\.(\d{1,3})")
NUMBER = re.compile(r"[-+−]?\d{1,9}")
NEW_CONDITION: Mapping[str, Any] = {"fact": "signal"}


class NoteForm(forms.Form):
    """Why rules are changed."""

    note = forms.CharField(
        label=_("変更の理由"),
        max_length=300,
        help_text=_("あとから見た人に伝わるように、ねらいやきっかけを書いてください。"),
    )


class ListVariationForm(forms.Form):
    """Whose rules shall differ: a list's."""

    list = forms.ModelChoiceField(LeadList.objects.order_by("name"), label=_("リスト"), empty_label=_("選んでください"))


class SourceVariationForm(forms.Form):
    """Whose rules shall differ: those of leads from one source."""

    source = forms.CharField(label=_("流入元"), max_length=100)


@dataclass(frozen=True)
class NumberField:
    """One number of the rules, as the template writes it."""

    path: str
    value: Any
    errors: list[str]

    @property
    def bounds(self) -> tuple[int, int]:
        return bounds_of(self.path)


@dataclass(frozen=True)
class ConditionFields:
    """One condition's fields; `errors` by their last name."""

    path: str
    data: Mapping[str, Any]
    errors: Mapping[str, list[str]]

    @property
    def facts(self) -> list[tuple[str, str, bool]]:
        return [(fact, str(label), fact == self.data.get("fact")) for fact, label in FACT_LABELS.items()]

    @property
    def choices(self) -> list[dict]:
        """The values of every fact that has some; the page shows those of the chosen one."""
        chosen = self.data.get("values", []) if isinstance(self.data.get("values"), list) else []
        return [
            {"fact": fact, "values": [(key, VALUES[fact][key], self._is_chosen(fact, key, chosen)) for key in keys]}
            for fact, keys in CHOICES.items()
        ]

    def _is_chosen(self, fact: str, key: str, chosen: list) -> bool:
        return fact == self.data.get("fact") and key in chosen

    @property
    def about(self) -> list[tuple[str, str]]:
        return list(ABOUT_FACTS.items())


@dataclass(frozen=True)
class GroupFields:
    path: str
    name: str
    conditions: list[ConditionFields]
    errors: list[str]
    has_room: bool


@dataclass
class RuleForm:
    """Rules being edited: as JSON, whole or not yet, with what is wrong by path."""

    rules: dict[str, Any]
    errors: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def from_post(cls, data: QueryDict) -> "RuleForm":
        rules: dict[str, Any] = {side: _groups(data, side) for side in SIDE_LABELS}
        rules |= {name: {} for name in MAPPINGS}
        for path in number_paths():
            name, _point, key = path.partition(".")
            text = data.get(path, "").strip()
            if key and not text and name in ("timing_points", "budget_points"):
                continue
            if key:
                rules[name][key] = _number(text)
            else:
                rules[name] = _number(text)
        return cls(rules)

    def put_errors(self, refusal: ValidationError) -> None:
        """What a service refused, at its paths."""
        found = refusal.error_dict if hasattr(refusal, "error_dict") else {"": [refusal]}
        for path, errors in found.items():
            self.errors.setdefault(path, []).extend(message for error in errors for message in error.messages)

    def rearrange(self, act: str) -> None:
        """Add or remove a condition or a group: `add:a`, `add:a.0`, `remove:a.0`, `remove:a.0.1`."""
        verb, _colon, path = act.partition(":")
        side, *places = path.split(".")
        at = [int(place) for place in places if place.isdecimal()]
        if side not in SIDE_LABELS or len(at) != len(places):
            return
        groups = self.rules[side]
        if verb == "add" and not at:
            groups.append([dict(NEW_CONDITION)])
        elif verb == "add" and at[0] < len(groups):
            groups[at[0]].append(dict(NEW_CONDITION))
        elif verb == "remove":
            _remove(groups, at)

    @property
    def general_errors(self) -> list[str]:
        """What belongs to no field the page shows."""
        shown = set(self._shown_paths())
        return [message for path, messages in self.errors.items() if path not in shown for message in messages]

    @property
    def first_wrong(self) -> str:
        return next((path for path in self._shown_paths() if path in self.errors), "")

    def _shown_paths(self) -> Iterator[str]:
        for side in SIDE_LABELS:
            yield side
            for at, group in enumerate(self.rules[side]):
                yield f"{side}.{at}"
                for place in range(len(group)):
                    yield from (f"{side}.{at}.{place}.{name}" for name in ("fact", "values", "days", "standing"))
        yield from number_paths()

    @property
    def sides(self) -> list[dict]:
        return [
            {
                "code": side,
                "tier": side.upper(),
                "groups": [self._group(side, at, group) for at, group in enumerate(self.rules[side])],
                "errors": self.errors.get(side, []),
                "has_room": len(self.rules[side]) < GROUPS_LIMIT,
            }
            for side in SIDE_LABELS
        ]

    def _group(self, side: str, at: int, group: list) -> GroupFields:
        path = f"{side}.{at}"
        fields = [self._condition(f"{path}.{place}", each) for place, each in enumerate(group)]
        room = len(group) < CONDITIONS_LIMIT
        return GroupFields(path, f"{side.upper()}-{at + 1}", fields, self.errors.get(path, []), room)

    def _condition(self, path: str, data: Mapping[str, Any]) -> ConditionFields:
        errors = {name: self.errors.get(f"{path}.{name}", []) for name in ("fact", "values", "days", "standing")}
        return ConditionFields(path, data, errors)

    @property
    def signals(self) -> list[dict]:
        """Points and half-life of each kind of reaction."""
        return [
            {
                "label": label,
                "points": self.number(f"signal_points.{key}"),
                "half_life": self.number(f"half_life_days.{key}"),
            }
            for key, label in VALUES["signal"].items()
        ]

    @property
    def timings(self) -> list[dict]:
        return self._choice_points("timing")

    @property
    def budgets(self) -> list[dict]:
        return self._choice_points("budget")

    def _choice_points(self, fact: str) -> list[dict]:
        return [{"label": label, "points": self.number(f"{fact}_points.{key}")} for key, label in VALUES[fact].items()]

    @property
    def single(self) -> dict[str, NumberField]:
        return {path: self.number(path) for path in number_paths() if "." not in path}

    def number(self, path: str) -> NumberField:
        name, _point, key = path.partition(".")
        value = self.rules.get(name, {}).get(key, "") if key else self.rules.get(name, "")
        return NumberField(path, value, self.errors.get(path, []))


def _groups(data: QueryDict, side: str) -> list[list[dict]]:
    """The groups of a side in their order; one without conditions stays, to be refused or filled."""
    found: dict[int, dict[int, dict]] = {}
    for name in data:
        if (match := GROUP.fullmatch(name)) and match[1] == side:
            found.setdefault(int(match[2]), {})
        elif (match := CONDITION.fullmatch(name)) and match[1] == side:
            found.setdefault(int(match[2]), {})[int(match[3])] = _condition(data, name.removesuffix(".fact"))
    return [[group[place] for place in sorted(group)] for _at, group in sorted(found.items())]


def _condition(data: QueryDict, path: str) -> dict[str, Any]:
    """Only what the chosen fact can have: fields of another one stay behind in the page."""
    fact = data.get(f"{path}.fact", "")
    found: dict[str, Any] = {"fact": fact}
    if values := data.getlist(f"{path}.values.{fact}"):
        found["values"] = values
    if fact in WITH_DAYS and (days := data.get(f"{path}.days", "").strip()):
        found["days"] = _number(days)
    if fact == "signal" and data.get(f"{path}.standing"):
        found["standing"] = True
    return found


def _number(text: str) -> int | str:
    """The whole number a text says, full-width digits too; any other text stays, to be refused at its field."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return int(plain.replace("−", "-")) if NUMBER.fullmatch(plain) else text


def _remove(groups: list[list[dict]], at: list[int]) -> None:
    if not at or at[0] >= len(groups):
        return
    if len(at) == 1:
        del groups[at[0]]
    elif at[1] < len(groups[at[0]]):
        del groups[at[0]][at[1]]
        if not groups[at[0]]:
            del groups[at[0]]
