"""The report about tiers as its page shows it: texts, addresses and charts, so that the template works nothing out."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from leads.models import Tier
from reports import kpi, stats, tier_words
from reports.links import Number, rows_url
from reports.selectors import ReportFilter, Steps, TierReport
from reports.tier_proof import LEVEL, MIN_SIDE, Look, Share, TemperatureVerdict, TierVerdict

CALLED_CODES = ("newly_called", "newly_reacted", "newly_met", "newly_won")
REACTION_CODES = ("follow_ups_opened", "", "appointments", "won")
TELLING = ("raises", "lowers")
USELESS = ("no_information", "always")


@dataclass(frozen=True)
class ShareView:
    """One rate: its value or 「データ不足」, its fraction as two numbers that open their rows, its interval."""

    value: str
    interval: str
    top: Number
    bottom: Number
    is_thin: bool


@dataclass(frozen=True)
class LineView:
    """One tier, or one stretch of temperatures."""

    name: str
    count: Number
    shares: tuple[ShareView, ...]


def page(report: TierReport) -> dict[str, Any]:
    if report.is_empty:
        return {"report": report}
    verdicts, temperature = report.verdicts(), report.temperature()
    return {
        "report": report,
        "cards": _cards(verdicts, temperature),
        "called_verdicts": [_verdict(code, verdicts[code]) for code in ("called_reacted", "called_met", "called_won")],
        "called": _tier_lines(report.filter, report.called, CALLED_CODES),
        "called_chart": _tier_chart(report.called),
        "reactions_verdict": _verdict("reactions_met", verdicts["reactions_met"]),
        "reactions": _tier_lines(report.filter, report.reactions, REACTION_CODES),
        "temperature": {
            "text": tier_words.temperature_text(temperature),
            "auc": tier_words.auc_text(temperature),
            "level": _level(temperature.code),
            "lines": _bin_lines(report, temperature),
        },
        "temperature_chart": _temperature_chart(temperature),
        "telling": [_look(look) for look in report.looks if look.code in TELLING],
        "useless": [_look(look) for look in report.looks if look.code in USELESS],
        "others": [_look(look) for look in report.looks if look.code not in (*TELLING, *USELESS)],
        "min_side": MIN_SIDE,
        "level_percent": round(LEVEL * 100),
    }


def _verdict(code: str, verdict: TierVerdict) -> dict[str, str]:
    return {"text": tier_words.tier_text(code, verdict), "level": _level(verdict.code)}


def _level(code: str) -> str:
    return {"higher": "good", "rises": "good", "lower": "bad", "falls": "bad"}.get(code, "")


def _cards(verdicts: dict[str, TierVerdict], temperature: TemperatureVerdict) -> list[dict[str, str]]:
    """The four figures one looks at first."""
    met, won = verdicts["called_met"], verdicts["called_won"]
    return [
        {
            "label": _("Tier Aの商談化率は全体の何倍か"),
            "value": f"{met.lift.value:.1f}" + _("倍") if met.lift else kpi.NO_VALUE,
            "foot": _between(met.lift.interval, "{:.1f}") if met.lift else _("データ不足"),
        },
        _part_card(_("商談のうちTier Aから"), met.of_all),
        _part_card(_("受注のうちTier Aから"), won.of_all),
        {
            "label": _("温度感の見分ける力（AUC）"),
            "value": kpi.percent_text(temperature.auc.value) if temperature.auc else kpi.NO_VALUE,
            "foot": _between(temperature.auc.interval) if temperature.auc else _("データ不足"),
        },
    ]


def _part_card(label: str, part: Share) -> dict[str, str]:
    fraction, between = tier_words.fraction_text(part), _between(part.interval) if part.interval else ""
    if part.is_thin:
        return {"label": label, "value": fraction, "foot": " · ".join(filter(None, [_("データ不足"), between]))}
    return {"label": label, "value": kpi.percent_text(part.value), "foot": f"{fraction} · {between}"}


def _between(interval: stats.Interval, form: str = "") -> str:
    low, high = (form.format(end) if form else kpi.percent_text(end) for end in (interval.low, interval.high))
    return _("95 %% 信頼区間 %(low)s – %(high)s") % {"low": low, "high": high}


# --- Lines ----------------------------------------------------------------------------------------------------------


def _tier_lines(report: ReportFilter, tiers: dict[str, Steps], codes: tuple[str, ...]) -> list[LineView]:
    lines = [_line(str(Tier(tier).label), replace(report, tier=tier), tiers[tier], codes) for tier in Tier.values]
    return [*lines, _line(_("全体"), report, sum(tiers.values(), Steps()), codes)]


def _bin_lines(report: TierReport, verdict: TemperatureVerdict) -> list[LineView]:
    lines = []
    for part in verdict.bins:
        inside = [steps for at, steps in report.temperatures.items() if part.low <= at <= part.high]
        name = str(part.low) if part.low == part.high else f"{part.low} – {part.high}"
        cut = replace(report.filter, temperature=(part.low, part.high))
        lines.append(_line(name, cut, sum(inside, Steps()), REACTION_CODES))
    return lines


def _line(name: str, report: ReportFilter, steps: Steps, codes: tuple[str, ...]) -> LineView:
    """The count, the parts of it that reacted and met, and the part of those met that was won."""
    counts = (steps.n, steps.reacted, steps.met, steps.won)
    numbers = [
        Number(kpi.number_text(count), rows_url(report, code) if code else "")
        for code, count in zip(codes, counts, strict=True)
    ]
    came, reacted, met, won = numbers
    shares = [_share(Share(steps.reacted, steps.n), reacted, came)] if codes[1] else []
    shares += [_share(Share(steps.met, steps.n), met, came), _share(Share(steps.won, steps.met), won, met)]
    return LineView(name, came, tuple(shares))


def _share(share: Share, top: Number, bottom: Number) -> ShareView:
    value = _("データ不足") if share.is_thin else kpi.percent_text(share.value)
    interval = "" if share.is_thin or not share.interval else _range(share.interval)
    return ShareView(value, interval, top, bottom, share.is_thin)


def _range(interval: stats.Interval) -> str:
    return f"{kpi.percent_text(interval.low)} – {kpi.percent_text(interval.high)}"


def _look(look: Look) -> dict[str, str]:
    found = look.difference
    return {
        "name": tier_words.condition_text(look.condition),
        "text": tier_words.look_text(look),
        "with_it": tier_words.side_text(look.with_it),
        "without": tier_words.side_text(look.without),
        "difference": kpi.points_text(found.value) if found else kpi.NO_VALUE,
        "interval": tier_words.points_text(found.interval) if found else "",
        "code": look.code,
    }


# --- Charts, for static/js/charts.js ----------------------------------------------------------------------------------


def _tier_chart(tiers: dict[str, Steps]) -> dict[str, Any]:
    parts = {
        _("リアクション率"): [Share(tiers[tier].reacted, tiers[tier].n) for tier in Tier.values],
        _("商談化率"): [Share(tiers[tier].met, tiers[tier].n) for tier in Tier.values],
    }
    series = [
        {"name": name, "values": [_shown(share) for share in shares], "n": [share.n for share in shares]}
        for name, shares in parts.items()
    ]
    return {"type": "bar", "unit": "%", "labels": [str(Tier(tier).label) for tier in Tier.values], "series": series}


def _temperature_chart(verdict: TemperatureVerdict) -> dict[str, Any]:
    """Coolest first; a bin with too few is a gap."""
    shares = [part.share for part in verdict.bins]
    intervals = [None if share.is_thin else share.interval for share in shares]
    return {
        "type": "line",
        "unit": "%",
        "x_name": _("反応時の温度感"),
        "labels": [str(p.low) if p.low == p.high else f"{p.low}–{p.high}" for p in verdict.bins],
        "series": [
            {
                "name": _("商談化率"),
                "values": [_shown(share) for share in shares],
                "n": [share.n for share in shares],
                "low": [_percent(interval.low) if interval else None for interval in intervals],
                "high": [_percent(interval.high) if interval else None for interval in intervals],
            }
        ],
    }


def _shown(share: Share) -> float | None:
    return None if share.is_thin or share.value is None else _percent(share.value)


def _percent(value: Any) -> float:
    return round(float(value) * 100, 1)
