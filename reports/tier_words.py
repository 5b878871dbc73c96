"""What the page about tiers says: verdicts and conditions as sentences, each with its n and its 95 % interval."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models import SignalKind
from leads.reasons import BUDGET, TIMING
from leads.rule_words import group_words
from reports import kpi, stats
from reports.tier_looks import Condition, GroupOf, PointsFor
from reports.tier_proof import MIN_HITS, Look, Ratio, Share, TemperatureVerdict, TierVerdict, needed

RATES = {
    "called_reacted": gettext_lazy("リアクション率"),
    "called_met": gettext_lazy("商談化率"),
    "called_won": gettext_lazy("受注率（÷ リード）"),
    "reactions_met": gettext_lazy("商談化率"),
}
LOOKS = {
    "raises": gettext_lazy("この条件に当てはまるほうが、商談化率が高くなっています"),
    "lowers": gettext_lazy("この条件に当てはまるほうが、商談化率が低くなっています"),
    "no_information": gettext_lazy("この条件の有無で商談化率に差は見られません"),
    "undecided": gettext_lazy("差があるかどうか、まだ言えません"),
    "always": gettext_lazy("ほぼすべての反応に当てはまるため、見分ける役に立っていません"),
    "never": gettext_lazy("当てはまる反応がほとんどありません"),
    "too_little_data": gettext_lazy("データ不足"),
}
POINTS = {
    "decision_maker": gettext_lazy("意思決定者を把握"),
    "problem": gettext_lazy("課題を把握"),
    "refusal": gettext_lazy("お断りがあり、その後の反応がない"),
    "silence": gettext_lazy("長く接触・反応がない"),
}


def tier_text(code: str, verdict: TierVerdict) -> str:
    """A against the rest in one or two sentences; `code` names the rate."""
    rate = RATES[code]
    if verdict.code == "too_little_data":
        return _("%(rate)s: %(why)s") % {"rate": rate, "why": thin_text(verdict.a + verdict.rest)}
    if verdict.code == "one_sided":
        return _("%(rate)s: Tier Aが %(a)s 件、それ以外が %(rest)s 件と偏っているため、比べられません。") % {
            "rate": rate,
            "a": kpi.number_text(verdict.a.n),
            "rest": kpi.number_text(verdict.rest.n),
        }
    values = {
        "rate": rate,
        "a": share_text(verdict.a),
        "rest": share_text(verdict.rest),
        "points": kpi.points_text(verdict.difference.value),
        "between": points_text(verdict.difference.interval),
        "times": ratio_text(verdict.ratio),
    }
    return _TIER[verdict.code](verdict) % values


def _higher(verdict: TierVerdict) -> str:
    if verdict.ratio:
        return _("Tier Aの%(rate)sは、それ以外の%(times)sです。Aは %(a)s、それ以外は %(rest)s。")
    return _(
        "Tier Aの%(rate)sは、それ以外より %(points)s ポイント高くなっています（95 %% 信頼区間 %(between)s）。"
        "Aは %(a)s、それ以外は %(rest)s。"
    )


_TIER = {
    "higher": _higher,
    "lower": lambda verdict: _(
        "Tier Aの%(rate)sは、それ以外より低くなっています（差 %(points)s ポイント、95 %% 信頼区間 %(between)s）。"
        "Aは %(a)s、それ以外は %(rest)s。ルールの見直しをおすすめします。"
    ),
    "no_difference": lambda verdict: _(
        "Tier Aとそれ以外の%(rate)sの差は、偶然の範囲内です（差 %(points)s ポイント、95 %% 信頼区間 %(between)s）。"
        "Aは %(a)s、それ以外は %(rest)s。"
    ),
}


def thin_text(share: Share) -> str:
    """Why nothing can be said yet."""
    if needed(share):
        return _("データ不足のため判定できません。いま %(n)s 件、あと %(more)s 件必要です。") % {
            "n": kpi.number_text(share.n),
            "more": kpi.number_text(needed(share)),
        }
    return _(
        "データ不足のため判定できません。成果の有無がそれぞれ %(least)s 件以上必要です（いま %(hits)s / %(n)s）。"
    ) % {
        "least": MIN_HITS,
        "hits": kpi.number_text(share.hits),
        "n": kpi.number_text(share.n),
    }


def temperature_text(verdict: TemperatureVerdict) -> str:
    if verdict.code == "too_little_data":
        return thin_text(verdict.everything)
    if verdict.code == "one_value":
        return _("温度感がすべて同じ値のため、比べられません。")
    sentences = {
        "rises": _("温度感が高いほど、商談化率も高くなっています（傾向の検定 p %(p)s）。"),
        "falls": _(
            "温度感が高いほど、商談化率が低くなっています（傾向の検定 p %(p)s）。ルールの見直しをおすすめします。"
        ),
        "no_trend": _("温度感が高くても、商談化率が高いとは言えません（傾向の検定 p %(p)s）。"),
    }
    return sentences[verdict.code] % {"p": p_text(verdict.trend.p)}


def auc_text(verdict: TemperatureVerdict) -> str:
    """How well it tells two reactions apart; empty where that cannot be said."""
    if verdict.auc is None:
        return ""
    between = verdict.auc.interval
    return _(
        "商談になった反応とならなかった反応を1件ずつ比べると、%(share)s の割合で商談になったほうの温度感が"
        "高くなっています（AUC、95 %% 信頼区間 %(low)s – %(high)s。50 %% なら偶然と同じ）。"
    ) % {
        "share": kpi.percent_text(verdict.auc.value),
        "low": kpi.percent_text(between.low),
        "high": kpi.percent_text(between.high),
    }


def look_text(look: Look) -> str:
    return str(LOOKS[look.code])


def condition_text(condition: Condition) -> str:
    """「Tier A: 資料請求・問合せが90日以内にある」, 「点数: 検討時期 3か月以内」."""
    if isinstance(condition, GroupOf):
        return _("Tier %(tier)sの条件: %(words)s") % {"tier": condition.tier, "words": group_words(condition.group)}
    return _("温度感の点数: %(words)s") % {"words": _points_words(condition)}


def _points_words(condition: PointsFor) -> str:
    value = condition.value
    if condition.code == "signal":
        kind = SignalKind(value).label if value in SignalKind.values else value
        return _("%(signal)sがある") % {"signal": kind}
    if condition.code == "timing":
        return _("検討時期 %(timing)s") % {"timing": TIMING.get(value, value)}
    if condition.code == "budget":
        return _("予算感 %(budget)s") % {"budget": BUDGET.get(value, value)}
    return str(POINTS[condition.code])


def share_text(share: Share) -> str:
    """「8.7 %（40 / 458）」"""
    return _("%(value)s（%(hits)s / %(n)s）") % {
        "value": kpi.percent_text(share.value),
        "hits": kpi.number_text(share.hits),
        "n": kpi.number_text(share.n),
    }


def side_text(share: Share) -> str:
    """One side of a comparison: too few are counted, but make no rate."""
    return fraction_text(share) if share.is_thin else share_text(share)


def fraction_text(share: Share) -> str:
    return f"{kpi.number_text(share.hits)} / {kpi.number_text(share.n)}"


def ratio_text(ratio: Ratio | None) -> str:
    """「2.3倍（95 % 信頼区間 1.5 – 3.5倍）」"""
    if ratio is None:
        return kpi.NO_VALUE
    return _("%(times)s倍（95 %% 信頼区間 %(low)s – %(high)s倍）") % {
        "times": f"{ratio.value:.1f}",
        "low": f"{ratio.interval.low:.1f}",
        "high": f"{ratio.interval.high:.1f}",
    }


def points_text(interval: stats.Interval) -> str:
    return f"{kpi.points_text(interval.low)} – {kpi.points_text(interval.high)}"


def p_text(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"
