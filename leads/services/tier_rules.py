"""Tier rules changed by an admin: a new version replaces the one in force, or a scope gives its own rules up.

After either, leads are decided anew by the worker (`leads.tasks.retier_all`), which finds them by their version.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import LeadList, TierRuleVersion
from leads.rule_words import problem_words, recorded_changes
from leads.selectors.tier_rules import RuleScope, rules_of, versions_of
from leads.tier_rules import RuleError, RuleProblem, as_json, from_json, objections_to
from leads.tiering import DEFAULT_RULES, TierRules

NOTE_LENGTH = 300
DRAFT = "draft"
"""The version of rules nobody has saved yet."""


def check_rules(rules: Mapping[str, Any]) -> TierRules:
    """The rules a form says. ValidationError with every problem at its path (`a.0.1.days`)."""
    try:
        read = from_json(rules, DRAFT)
    except RuleError as error:
        raise refused(error.problems) from error
    if objections := list(objections_to(read)):
        raise refused(objections)
    return read


def refused(problems: list[RuleProblem]) -> ValidationError:
    """Problems of rules as a form takes them: per path, in words."""
    found: dict[str, list[ValidationError]] = {}
    for problem in problems:
        found.setdefault(problem.path, []).append(ValidationError(problem_words(problem), code=problem.code))
    return ValidationError(found)


def save_rules(
    *,
    rules: Mapping[str, Any],
    note: str,
    base: int | None,
    by: User | None,
    now: dt.datetime,
    lead_list: LeadList | None = None,
    source: str = "",
) -> TierRuleVersion:
    """Put rules in force for a scope. `base` is the version the form started from, None when the scope had none.

    ValidationError per path of the rules, on `note`, `unchanged`, and `stale` when somebody was faster.
    """
    scope, read = RuleScope(lead_list, source), check_rules(rules)
    note = _checked_note(note)
    try:
        with transaction.atomic():
            current = _current(scope, base)
            if as_json(read) == as_json(rules_of(current)) and (current or scope.is_common):
                raise ValidationError(_("いまのルールと同じです。変更はありません。"), code="unchanged")
            return _replace(scope, current, read, note, by, now)
    except IntegrityError as error:  # two first versions at once: there is no row to wait at
        raise _stale() from error


def end_variation(
    *,
    note: str,
    base: int | None,
    by: User | None,
    now: dt.datetime,
    lead_list: LeadList | None = None,
    source: str = "",
) -> TierRuleVersion:
    """Give up the own rules of a list or a source: what holds for the others holds for it again."""
    return _end(RuleScope(lead_list, source), base, note, by, now)


def reset_to_defaults(*, note: str, base: int | None, by: User | None, now: dt.datetime) -> TierRuleVersion:
    """Give up the common rules: the defaults hold again."""
    return _end(RuleScope(), base, note, by, now)


def _current(scope: RuleScope, base: int | None) -> TierRuleVersion | None:
    """The version in force, locked. ValidationError `stale` when it is not `base`."""
    current = versions_of(scope).select_for_update(of=("self",)).filter(is_current=True).first()
    if (current.pk if current else None) != base:
        raise _stale()
    return current


def _replace(
    scope: RuleScope,
    current: TierRuleVersion | None,
    rules: TierRules,
    note: str,
    by: User | None,
    now: dt.datetime,
) -> TierRuleVersion:
    if current:
        _close(current, by, now)
    made = TierRuleVersion.objects.create(
        lead_list=scope.lead_list, source=scope.source, rules=as_json(rules), note=note, created_by=by, created_at=now
    )
    before = rules_of(current) if current else (DEFAULT_RULES if scope.is_common else None)
    changes = _scope_words(scope) | {"note": ["", note]} | recorded_changes(before, rules)
    audit.record(by=by, now=now, verb="save_tier_rules", target=made, changes=changes)
    return made


@transaction.atomic
def _end(scope: RuleScope, base: int | None, note: str, by: User | None, now: dt.datetime) -> TierRuleVersion:
    note = _checked_note(note)
    current = _current(scope, base)
    if current is None:
        raise ValidationError(_("独自のルールはありません。"), code="nothing_to_end")
    current.end_note = note
    _close(current, by, now)
    after = DEFAULT_RULES if scope.is_common else None
    changes = _scope_words(scope) | {"end_note": ["", note]} | recorded_changes(rules_of(current), after)
    audit.record(by=by, now=now, verb="end_tier_rules", target=current, changes=changes)
    return current


def _close(version: TierRuleVersion, by: User | None, now: dt.datetime) -> None:
    version.is_current, version.ended_at, version.ended_by = False, now, by
    version.save(update_fields=["is_current", "ended_at", "ended_by", "end_note"])


def _scope_words(scope: RuleScope) -> dict[str, list]:
    if scope.lead_list:
        return {"rules_of": ["", scope.lead_list.name]}
    return {"rules_of": ["", scope.source]} if scope.source else {}


def _checked_note(note: str) -> str:
    note = note.strip()
    if not note:
        raise ValidationError({"note": ValidationError(_("変更の理由を入力してください。"), code="reason_required")})
    if len(note) > NOTE_LENGTH:
        too_long = _("%(n)s文字以内で入力してください。") % {"n": NOTE_LENGTH}
        raise ValidationError({"note": ValidationError(too_long, code="max_length")})
    return note


def _stale() -> ValidationError:
    return ValidationError(_("ほかの管理者が先にルールを変更しました。両方の内容を確認してください。"), code="stale")
