"""Why a lead has its tier and temperature, as sentences in the reader's language; the codes are `leads.tiering`'s."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from leads.models import SignalKind, Stage
from leads.tiering import Condition

TIMING = {
    "within_1_month": gettext_lazy("1か月以内"),
    "within_3_months": gettext_lazy("3か月以内"),
    "within_6_months": gettext_lazy("半年以内"),
    "within_1_year": gettext_lazy("1年以内"),
    "undecided": gettext_lazy("未定"),
}
BUDGET = {
    "secured": gettext_lazy("確保済"),
    "applying": gettext_lazy("申請中"),
    "undecided": gettext_lazy("未定"),
    "none": gettext_lazy("なし"),
}
DECISION_MAKER = {
    "self": gettext_lazy("本人"),
    "superior": gettext_lazy("上長"),
    "executive": gettext_lazy("役員"),
    "other_department": gettext_lazy("別部署"),
}
RESULTS = {
    "no_answer": gettext_lazy("不通"),
    "invalid_number": gettext_lazy("番号無効"),
    "wrong_number": gettext_lazy("番号違い"),
    "gatekeeper_refused": gettext_lazy("受付拒否"),
    "absent": gettext_lazy("担当者不在"),
    "call_back": gettext_lazy("かけ直し希望"),
    "reaction": gettext_lazy("反応あり"),
    "hearing_done": gettext_lazy("ヒアリング済"),
    "appointment": gettext_lazy("商談獲得"),
    "refused": gettext_lazy("お断り"),
    "do_not_call": gettext_lazy("架電禁止の申し出"),
}
"""Results of calls, whose models stand above this app; a test keeps the two together."""


def reason_sentences(reasons: Iterable[Mapping[str, Any]], now: dt.datetime) -> list[str]:
    """「資料請求 3日前」「課題コメントあり」「90日接触なし」, in the order of the rule."""
    return [sentence for reason in reasons for sentence in _SENTENCES[reason["code"]](reason, now)]


def item_words(item: Mapping[str, Any], now: dt.datetime) -> str:
    """What one line of the temperature is about; its points stand beside it."""
    return _ITEMS[item["code"]](item, now)


def feature_words(feature: str, name: str = "") -> str:
    """What a learned card gives points for (`leads.scorecard`); `name` for a feature that is only a key."""
    if feature in _FEATURES:
        return str(_FEATURES[feature])
    about, _sign, value = feature.partition("=")
    if about in _AT_LEAST:
        return str(_AT_LEAST[about]) % {"n": value}
    if about == "signal":
        return _("%(signal)sの新しさ") % {"signal": _kind(value)}
    value = name or str(_VALUES.get(about, {}).get(value, value))
    return _("%(what)s: %(value)s") % {"what": _CHOICES[about], "value": value}


def _learned_score(reason, now) -> list[str]:
    if reason["tier"] == "C":
        return [_("学習した温度感 %(score)s（%(limit)s未満）") % {"score": reason["score"], "limit": reason["from"]}]
    return [_("学習した温度感 %(score)s（%(limit)s以上）") % {"score": reason["score"], "limit": reason["from"]}]


def ago(on: str, now: dt.datetime) -> str:
    """今日, 昨日, 3日前: calendar days, since a reaction of last night is yesterday's."""
    days = days_since(on, now)
    if days <= 0:
        return pgettext("ago", "今日")
    if days == 1:
        return pgettext("ago", "昨日")
    return _("%(n)s日前") % {"n": days}


def days_since(on: str, now: dt.datetime) -> int:
    """Calendar days from the day `on` to `now`."""
    return (timezone.localdate(now) - dt.date.fromisoformat(on)).days


def _kind(code: str) -> str:
    return str(SignalKind(code).label) if code in SignalKind.values else code


def _signal(reason, now) -> list[str]:
    return [_("%(signal)s %(when)s") % {"signal": _kind(reason["kind"]), "when": ago(reason["on"], now)}]


def _result(code: str) -> str:
    return str(RESULTS.get(code, code))


def _not_now(reason, now) -> list[str]:
    words = []
    if reason.get("timing"):
        words.append(_("検討時期: %(timing)s") % {"timing": TIMING.get(reason["timing"], reason["timing"])})
    if reason.get("budget"):
        words.append(_("予算: %(budget)s") % {"budget": BUDGET.get(reason["budget"], reason["budget"])})
    return words


_SENTENCES = {
    "signal": _signal,
    "problem": lambda reason, now: [_("課題コメントあり")],
    "considering": lambda reason, now: [_("継続検討中")],
    "old_signal": _signal,  # these two were written by earlier rules and stand until the night
    "not_now": _not_now,
    "timing": lambda reason, now: _not_now({"timing": reason["value"]}, now),
    "budget": lambda reason, now: _not_now({"budget": reason["value"]}, now),
    "decision_maker": lambda reason, now: [_("意思決定者を把握")],
    "result": lambda reason, now: [
        _("前回の結果: %(result)s %(when)s") % {"result": _result(reason["result"]), "when": ago(reason["on"], now)}
    ],
    "stage": lambda reason, now: [_("状態: %(stage)s") % {"stage": Stage(reason["stage"]).label}],
    "quiet": lambda reason, now: [_("最終架電から%(n)s日") % {"n": days_since(reason["on"], now)}],
    "never_called": lambda reason, now: [_("まだ架電していない")],
    "contact": lambda reason, now: [_("担当者との会話 %(when)s") % {"when": ago(reason["on"], now)}],
    "refused": lambda reason, now: [_("お断り %(when)s") % {"when": ago(reason["on"], now)}],
    "no_reaction": lambda reason, now: [_("架電したが反応なし（最終 %(when)s）") % {"when": ago(reason["on"], now)}],
    "silent": lambda reason, now: [_("%(n)s日接触なし") % {"n": days_since(reason["on"], now)}],
    "no_contact": lambda reason, now: [_("接触・反応なし")],
    "learned_score": _learned_score,
    "override": lambda reason, now: [_("手動で変更: %(reason)s") % {"reason": reason.get("reason", "")}],
}

_ITEMS = {
    "signal": lambda item, now: _signal(item, now)[0],
    "timing": lambda item, now: _not_now({"timing": item["value"]}, now)[0],
    "budget": lambda item, now: _not_now({"budget": item["value"]}, now)[0],
    "decision_maker": lambda item, now: _("意思決定者を把握"),
    "problem": lambda item, now: _("課題を把握"),
    "refusal": lambda item, now: _("お断り %(when)s") % {"when": ago(item["on"], now)},
    "silence": lambda item, now: _("%(n)s日接触なし") % {"n": days_since(item["on"], now)},
    "limit": lambda item, now: _("0〜100の範囲に調整"),
    "base": lambda item, now: _("基準点"),
    "learned": lambda item, now: feature_words(item["feature"], item.get("name", "")),
}

_FEATURES = {
    "reached": gettext_lazy("担当者と話した新しさ"),
    "called": gettext_lazy("最終架電の新しさ"),
    "refused": gettext_lazy("お断りの新しさ"),
    "created": gettext_lazy("リード登録の新しさ"),
    "problem": gettext_lazy("課題を把握"),
    "email": gettext_lazy("メールアドレスあり"),
    "title": gettext_lazy("役職あり"),
}
_AT_LEAST = {"signals>": gettext_lazy("反応が%(n)s回以上"), "calls>": gettext_lazy("架電が%(n)s回以上")}
_CHOICES = {
    "timing": gettext_lazy("検討時期"),
    "budget": gettext_lazy("予算感"),
    "decision_maker": gettext_lazy("意思決定者"),
    "result": gettext_lazy("前回の結果"),
    "source": gettext_lazy("流入元"),
    "list": gettext_lazy("リスト"),
    "industry": gettext_lazy("業種"),
    "employees": gettext_lazy("従業員数"),
    "prefecture": gettext_lazy("都道府県"),
}
_VALUES = {"timing": TIMING, "budget": BUDGET, "decision_maker": DECISION_MAKER, "result": RESULTS}

# --- What would make an A ------------------------------------------------------------------------------------------


def way_words(missing: Sequence[Condition]) -> str:
    """「30日以内に反応があれば」「予算が確保済なら、さらに課題を聞き取れば」: what a lead lacks for one group of A."""
    return pgettext("ways", "、さらに").join(_WAYS[condition.fact](condition) for condition in missing)


def score_words(score: int) -> str:
    """The same where a learned temperature decides the tier."""
    return _("温度感が%(n)s以上になれば") % {"n": score}


def _named(values: Iterable[str], words: Mapping[str, Any]) -> str:
    return pgettext("values", "・").join(str(words.get(value, value)) for value in values)


def _signal_way(condition: Condition) -> str:
    facts = {"signals": _named(condition.values, dict(SignalKind.choices)), "n": condition.days}
    if condition.days is None:
        return _("%(signals)sがあれば") % facts if condition.values else _("反応があれば")
    return _("%(n)s日以内に%(signals)sがあれば") % facts if condition.values else _("%(n)s日以内に反応があれば") % facts


def _result_way(condition: Condition) -> str:
    if not condition.values:
        return _("架電の結果を登録すれば")
    return _("次の架電の結果が「%(results)s」なら") % {"results": _named(condition.values, RESULTS)}


def _stage_way(condition: Condition) -> str:
    return _("状態が「%(stages)s」になれば") % {"stages": _named(condition.values, dict(Stage.choices))}


def _timing_way(condition: Condition) -> str:
    if not condition.values:
        return _("検討時期を聞き取れば")
    return _("検討時期が%(timing)sなら") % {"timing": _named(condition.values, TIMING)}


def _budget_way(condition: Condition) -> str:
    if not condition.values:
        return _("予算感を聞き取れば")
    return _("予算が%(budget)sなら") % {"budget": _named(condition.values, BUDGET)}


def _decision_maker_way(condition: Condition) -> str:
    if not condition.values:
        return _("意思決定者を聞き取れば")
    return _("意思決定者が%(person)sなら") % {"person": _named(condition.values, DECISION_MAKER)}


_WAYS: dict[str, Callable[[Condition], str]] = {
    "signal": _signal_way,
    "problem": lambda condition: _("課題を聞き取れば"),
    "result": _result_way,
    "contact": lambda condition: _("担当者と話せれば"),
    "quiet": lambda condition: _("最終架電から%(n)s日を過ぎれば") % {"n": condition.days},
    "stage": _stage_way,
    "timing": _timing_way,
    "budget": _budget_way,
    "decision_maker": _decision_maker_way,
}
