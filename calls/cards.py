"""How a card words what the rules decided: facts, fields per outcome, script lines, why a window moved."""

from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from calls.forms import FACT_LABELS, CallForm
from calls.models import FACTS, FactState, FollowUp, ScriptVersion
from calls.outcomes import RULES

WINDOW_WORDS = {
    "weekend": gettext_lazy("週末"),
    "day_off": gettext_lazy("定休日"),
    "closure": gettext_lazy("会社休業日"),
    "year_end": gettext_lazy("年末年始"),
    "obon": gettext_lazy("お盆"),
    "holiday": gettext_lazy("祝日"),
    "lunch": gettext_lazy("昼休み"),
    "after_hours": gettext_lazy("営業時間外"),
    "too_few_hours": gettext_lazy("架電できる時間が短いため延長"),
    "no_callable_time": gettext_lazy("架電できる時間がないため延長"),
    "opened_on_a_later_date": gettext_lazy("開始日が移ったため延長"),
    "earlier_reaction": gettext_lazy("先の反応より早い期限にしないため延長"),
}
HOLIDAYS = (
    gettext_noop("元日"),
    gettext_noop("成人の日"),
    gettext_noop("建国記念の日"),
    gettext_noop("天皇誕生日"),
    gettext_noop("春分の日"),
    gettext_noop("昭和の日"),
    gettext_noop("憲法記念日"),
    gettext_noop("みどりの日"),
    gettext_noop("こどもの日"),
    gettext_noop("海の日"),
    gettext_noop("山の日"),
    gettext_noop("敬老の日"),
    gettext_noop("秋分の日"),
    gettext_noop("スポーツの日"),
    gettext_noop("文化の日"),
    gettext_noop("勤労感謝の日"),
    gettext_noop("国民の休日"),
)
"""As jpholiday names them, for the catalogues."""

PLAN_WORDS = {
    "promise": gettext_lazy("お客様とのお約束"),
    "list": gettext_lazy("リストの次回架電日"),
    "retry": gettext_lazy("再架電"),
    "next_action": gettext_lazy("次アクション"),
    "same_rep": gettext_lazy("一次架電の担当者"),
    "owner_absent": gettext_lazy("担当者が不在のため引き継ぎ"),
    "owner_full": gettext_lazy("担当者の予定が埋まっているため引き継ぎ"),
    "preferred_hours": gettext_lazy("ご希望の時間帯"),
    "outside_preferred_hours": gettext_lazy("ご希望の時間帯の外"),
    "kept": gettext_lazy("予定どおり"),
    "moved": gettext_lazy("予定を変更"),
    "by_hand": gettext_lazy("マネージャーが割り当て"),
}
CLAIM, IN_THEIR_PLACE = "た{rep}", "た担当者に代わりご連絡した{rep}"
"""先日お電話した{rep} → 先日お電話した担当者に代わりご連絡した{rep}: the script's language, whatever the reader's."""

OUTCOME_KEYS = "1234567890adofwkl"
"""Keys of the outcomes in their order; letters the card uses otherwise (c, m, q, x) are left out."""


def window_sentences(follow_up: FollowUp | None) -> list[str]:
    """Why the stored window differs from the raw one, one phrase each, none twice."""
    if follow_up is None:
        return []
    words = []
    for reason in follow_up.window_reasons:
        word = _day_name(reason["name"]) or str(WINDOW_WORDS.get(reason["code"], reason["code"]))
        if word not in words:
            words.append(word)
    return words


def _day_name(name: str) -> str:
    """A public holiday in the reader's language; a company's own day off as it was entered."""
    holiday, is_substitute, _rest = name.partition(" 振替休日")
    if is_substitute:
        return _("%(holiday)s 振替休日") % {"holiday": _(holiday)}
    return _(name) if name in HOLIDAYS else name


def plan_sentences(follow_up: FollowUp | None) -> list[str]:
    """Why the plan put the call where it is."""
    codes = [reason["code"] for reason in follow_up.plan_reasons] if follow_up else []
    return [str(PLAN_WORDS[code]) for code in codes if code in PLAN_WORDS]


def fact_rows(known: dict[str, dict[str, Any]], form: CallForm | None = None) -> list[dict[str, Any]]:
    """The eight facts, what is unknown first, each with its field when there is a form."""
    rank = {FactState.UNKNOWN: 0, FactState.NOT_ASKED: 1, FactState.ANSWERED: 2}
    rows = []
    for position, fact in enumerate(FACTS):
        row = {"fact": fact, "label": FACT_LABELS[fact], **known[fact], "is_core": position < 5}
        if form is not None:
            row |= {"field": form[fact], "unknown": form[f"{fact}_unknown"], "extras": _extras(form, fact)}
        rows.append((rank[row["state"]], position, row))
    return [row for _rank, _position, row in sorted(rows, key=lambda item: item[:2])]


def _extras(form: CallForm, fact: str) -> list:
    names = {"decision_maker": ["decision_maker_name"], "timing": ["timing_month"], "budget": ["budget_yen"]}
    return [form[name] for name in names.get(fact, [])]


def outcome_choices(form: CallForm | None) -> list[tuple[Any, str]]:
    """Each outcome that may be chosen with its key; those an admin added beyond the keys have none."""
    if form is None:
        return []
    return list(zip_longest(form.fields["outcome"].queryset, OUTCOME_KEYS[: form.fields["outcome"].queryset.count()]))


def result_fields(kind: str) -> dict[str, dict[str, list[str]]]:
    """For every result the field groups the page shows and the fields it must have; the page's script reads it."""
    return {result: {"show": _shown(result, kind), "need": _needed(result, kind)} for result in RULES}


def _shown(result: str, kind: str) -> list[str]:
    rule = RULES[result]
    groups = []
    if rule.proposes_retry:
        groups.append("retry")
    if result == "call_back":
        groups.append("promise")
    if result in ("gatekeeper_refused", "refused"):
        groups.append("reason")
    if result == "refused":
        groups.append("revive")
    if result in ("reaction", "hearing_done", "appointment", "refused", "call_back"):
        groups.append("hearing")
    if result in ("hearing_done", "reaction"):
        groups.append("next_action")
    if result == "appointment":
        groups.append("appointment")
    if rule.blocks:
        groups.append("block")
    return groups


def _needed(result: str, kind: str) -> list[str]:
    rule = RULES[result]
    needed = [*rule.needs, *rule.facts]
    if rule.needs_next_action or (rule.is_reaction and kind == "second"):
        needed += ["next_action_kind", "next_action_due_at"]
    return needed


def script_sections(
    version: ScriptVersion | None, lead, last_memo: str, known: dict, user, *, has_spoken: bool
) -> list[dict[str, Any]]:
    """The script with its placeholders filled, each line with the state of the fact it asks for.

    「先日お電話した{rep}です」 is true only of somebody who called: anybody else speaks for the one who did.
    """
    if version is None:
        return []
    signal = lead.signals.order_by("-occurred_at").first()
    values = {
        "company": lead.company.name,
        "department": lead.department,
        "name": lead.name or _("ご担当者"),
        "rep": user.name,
        "signal": signal.get_kind_display() if signal else _("サービスのご案内"),
        "problem": known["problem"]["value"] or _("課題"),
        "last_memo": last_memo,
    }
    return [
        {"title": section["title"], "lines": [_line(line, values, known, has_spoken) for line in section["lines"]]}
        for section in version.sections
    ]


def _line(line: dict[str, Any], values: dict[str, str], known: dict, has_spoken: bool) -> dict[str, Any]:
    text = line["text"] if has_spoken else line["text"].replace(CLAIM, IN_THEIR_PLACE)
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    fact = line.get("fact")
    return {"text": text, "fact": fact, "is_answered": bool(fact) and known[fact]["state"] == FactState.ANSWERED}
