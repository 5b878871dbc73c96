"""How an import looks: what a row changes on a lead, line by line. Display only."""

import datetime as dt

from django import template
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import trail
from accounts.templatetags.ui import jdatetime, listed
from leads.models import Company, Lead, SignalKind
from leads.reasons import BUDGET, DECISION_MAKER, RESULTS, TIMING

register = template.Library()

CHOICES = {
    "timing": (gettext_lazy("検討時期"), TIMING),
    "budget": (gettext_lazy("予算"), BUDGET),
    "decision_maker": (gettext_lazy("決裁者"), DECISION_MAKER),
}
LABELS = {
    "last_result": gettext_lazy("最後の架電結果"),
    "last_reached_at": gettext_lazy("最後に話せた日"),
    "problem_recorded_at": gettext_lazy("課題を聞いた日"),
    "refused_at": gettext_lazy("お断りの日"),
    "do_not_call": gettext_lazy("架電禁止"),
}
HIDDEN = frozenset(("last_reaction_at", "search_text", "name_key", "company.name_key"))
TARGET = "leads.lead"


@register.filter
def import_changes(changes: dict) -> list[tuple[str, str, str]]:
    """`{{ row.changes|import_changes }}`: (field, from, to); additional information by its own headers."""
    lines = []
    for name, (before, after) in (changes or {}).items():
        if name == "extra":
            lines += [(header, (before or {}).get(header, ""), text) for header, text in after.items()]
        elif name not in HIDDEN:
            lines.append((_label(name), _said(name, before), _said(name, after)))
    return lines


def _label(name: str) -> str:
    if name in CHOICES:
        return str(CHOICES[name][0])
    if name in LABELS:
        return str(LABELS[name])
    column = _column(name)
    return trail.field_label(TARGET, name) or str(getattr(column, "verbose_name", name))


def _column(name: str):
    model, _point, field = (Company, *name.split(".")) if name.startswith("company.") else (Lead, "", name)
    try:
        return model._meta.get_field(field)
    except FieldDoesNotExist:
        return None


def _said(name: str, value) -> str:
    if isinstance(value, list):
        return listed(_signal(part) if name == "signals" else part for part in value)
    choices = _choices(name)
    return str(choices.get(value) or _moment(value) or value or "")


def _choices(name: str) -> dict:
    if name == "last_result":
        return RESULTS
    return CHOICES[name][1] if name in CHOICES else dict(getattr(_column(name), "flatchoices", ()))


def _signal(text: str) -> str:
    """`inquiry 2026-11-20T00:00:00+09:00` as 問合せ（11/20(金)）."""
    kind, _space, at = str(text).partition(" ")
    label = dict(SignalKind.choices).get(kind, kind)
    return _("%(kind)s（%(at)s）") % {"kind": label, "at": _moment(at) or at}


def _moment(value) -> str:
    try:
        return jdatetime(dt.datetime.fromisoformat(value)) if isinstance(value, str) and "T" in value else ""
    except ValueError:
        return ""
