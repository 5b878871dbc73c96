"""The funnel report as its page shows it: texts, addresses and widths, so that the template has nothing to work out."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

from django.utils import dateformat
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from reports import kpi, labels, stats
from reports.bottleneck import MIN_N, StepChange
from reports.kpi import Figure, Kind
from reports.links import Number, funnel_url, rows_url
from reports.periods import Period
from reports.selectors import UNASSIGNED, FunnelReport, Line, ReportFilter
from reports.selectors.trend import trend_codes

TABLE_CODES = (
    "first_calls",
    "follow_ups_opened",
    "follow_ups_attempted",
    "on_time_rate",
    "connect_rate",
    "appointments",
    "appointment_rate",
    "won",
)
DEAL_HEADLINES = ("appointments", "held_rate", "opportunity_rate", "win_rate")


@dataclass(frozen=True)
class FigureView:
    """One figure: its value, its fraction as two numbers that open their rows, its words."""

    code: str
    label: str
    definition: str
    value: str
    top: Number
    bottom: Number | None
    unit: str
    is_thin: bool  # a rate of fewer than MIN_N
    rivals: tuple["FigureView", ...] = ()
    previous: str = ""
    previous_fraction: str = ""
    direction: str = ""
    trend: str = ""
    interval: str = ""


@dataclass(frozen=True)
class StepView:
    """One bar of the funnel; widths are per cent of the widest step."""

    label: str
    count: Number
    unit: str
    width: str
    conversion: FigureView | None
    cumulative: FigureView | None
    previous: Number
    previous_width: str
    is_leak: bool


def steps(report: FunnelReport) -> list[StepView]:
    widest = max((step.count.numerator or 0 for step in (*report.steps, *report.previous_steps)), default=0)
    leak = report.verdict.worst.step if report.verdict.worst else ""
    before = report.filter.previous
    return [
        StepView(
            label=str(labels.STEP_LABELS[step.code]),
            count=Number(step.count.text, rows_url(report.filter, step.code)),
            unit=str(labels.UNITS[step.count.numerator_unit]),
            width=_width(step.count.numerator, widest),
            conversion=step.conversion and figure_view(report.filter, step.conversion),
            cumulative=step.cumulative and figure_view(report.filter, step.cumulative),
            previous=Number(then.count.text, rows_url(before, step.code, as_of=before.as_of)),
            previous_width=_width(then.count.numerator, widest),
            is_leak=step.code == leak,
        )
        for step, then in zip(report.steps, report.previous_steps, strict=True)
    ]


def cards(report: FunnelReport) -> list[FigureView]:
    """The headline figures with their rivals and the period before."""
    headlines = kpi.HEADLINES if "attempt_rate" in report.figures else DEAL_HEADLINES
    return [card(report, code) for code in headlines if code in report.figures]


def card(report: FunnelReport, code: str) -> FigureView:
    figure, before = report.figures[code], report.previous[code]
    rivals = tuple(
        figure_view(report.filter, report.figures[rival]) for rival in figure.rivals if rival in report.figures
    )
    return replace(
        figure_view(report.filter, figure),
        rivals=rivals,
        previous=labels.value_text(before),
        previous_fraction=labels.fraction_text(before),
        direction=_direction(figure, before),
        trend=_trend(figure, before),
    )


def all_figures(report: FunnelReport) -> list[FigureView]:
    """Every figure with the period before, each standing for itself."""
    return [
        replace(figure_view(report.filter, figure), previous=labels.value_text(report.previous[code]))
        for code, figure in report.figures.items()
    ]


def figure_view(report: ReportFilter, figure: Figure) -> FigureView:
    has_bottom = bool(figure.denominator_code)
    is_money = figure.kind == Kind.MONEY and has_bottom
    top_unit = f" {labels.UNITS[figure.numerator_unit]}" if is_money else ""
    interval = figure.interval
    return FigureView(
        code=figure.code,
        label=str(labels.LABELS[figure.code]),
        definition=str(labels.DEFINITIONS[figure.definition]),
        value=labels.value_text(figure),
        top=Number(f"{kpi.number_text(figure.numerator)}{top_unit}", rows_url(report, figure.numerator_code)),
        bottom=Number(kpi.number_text(figure.denominator), rows_url(report, figure.denominator_code))
        if has_bottom
        else None,
        unit=str(labels.UNITS[figure.denominator_unit if has_bottom else figure.numerator_unit]),
        is_thin=figure.kind == Kind.RATE and (figure.denominator or 0) < MIN_N,
        interval=f"{kpi.percent_text(interval.low)} – {kpi.percent_text(interval.high)}" if interval else "",
    )


def changes(report: FunnelReport) -> list[dict[str, str]]:
    """Each step of the verdict: both conversions with their n, the difference and its interval."""
    return [_change(change) for change in report.verdict.changes]


def table(report: FunnelReport, lines: list[Line], key: str) -> list[dict[str, Any]]:
    """The rows of the rep or team table. Names and numbers lead to the same page and rows, cut to that line."""
    found = []
    for line in lines:
        pk = line.of.pk if line.of else UNASSIGNED
        cut = replace(report.filter, **{f"{key}_id": pk})
        found.append(
            {
                "name": str(line.of) if line.of else _("未割当"),
                "url": funnel_url(cut),
                "figures": [figure_view(cut, line.figures[code]) for code in TABLE_CODES],
            }
        )
    return found


def table_heads() -> list[dict[str, str]]:
    return [{"label": str(labels.LABELS[code]), "definition": str(labels.DEFINITIONS[code])} for code in TABLE_CODES]


def trend_table(report: FunnelReport) -> dict[str, Any]:
    codes = trend_codes(report.filter)
    shares = "windows_closed" in codes
    counted = codes[:3] if shares else codes
    rows = [
        {
            "label": bucket_label(bucket.period, report.trend_size),
            "counts": [
                Number(f"{getattr(bucket.counts, code):,}", rows_url(_within(report.filter, bucket.period), code))
                for code in counted
            ],
            "on_time": figure_view(_within(report.filter, bucket.period), kpi.figures(bucket.counts)["on_time_rate"])
            if shares
            else None,
        }
        for bucket in report.trend
    ]
    return {"heads": [str(labels.LABELS[code]) for code in counted], "rows": rows, "has_on_time": shares}


def counts_chart(report: FunnelReport) -> dict[str, Any]:
    """For static/js/charts.js."""
    codes = [code for code in trend_codes(report.filter) if code not in ("windows_closed", "on_time_stored")]
    return {
        "type": "bar",
        "labels": [bucket_label(bucket.period, report.trend_size) for bucket in report.trend],
        "series": [
            {"name": str(labels.LABELS[code]), "values": [getattr(bucket.counts, code) for bucket in report.trend]}
            for code in codes
        ],
    }


def on_time_chart(report: FunnelReport) -> dict[str, Any]:
    """The on-time rate with its n and 95 % band; a bucket without closed windows is a gap."""
    found = [kpi.figures(bucket.counts)["on_time_rate"] for bucket in report.trend]
    return {
        "type": "line",
        "unit": "%",
        "max": 100,
        "labels": [bucket_label(bucket.period, report.trend_size) for bucket in report.trend],
        "series": [
            {
                "name": str(labels.LABELS["on_time_rate"]),
                "values": [_percent(figure.value) for figure in found],
                "n": [figure.denominator for figure in found],
                "low": [_percent(figure.interval.low if figure.interval else None) for figure in found],
                "high": [_percent(figure.interval.high if figure.interval else None) for figure in found],
            }
        ],
    }


def period_text(period: Period) -> str:
    """2026/6/1(月)–2026/6/30(火); one day stands alone."""
    first, last = _day(period.start, year=True), _day(period.end, year=period.start.year != period.end.year)
    return first if period.days == 1 else f"{first} – {last}"


def bucket_label(period: Period, size: str) -> str:
    if size == "month":
        return f"{period.start:%Y/%m}"
    if period.days == 1:
        return _day(period.start)
    return f"{period.start.month}/{period.start.day}–{period.end.month}/{period.end.day}"


def _day(day: dt.date, *, year: bool = False) -> str:
    is_japanese = (get_language() or "ja").startswith("ja")
    if is_japanese:
        return dateformat.format(day, "Y/n/j(D)" if year else "n/j(D)")
    return dateformat.format(day, "D j M Y" if year else "D j M")


def _within(report: ReportFilter, period: Period) -> ReportFilter:
    return replace(report, period=period)


def _change(change: StepChange) -> dict[str, str]:
    found = {
        "label": str(labels.STEP_LABELS[change.step]),
        "now": change.current.text,
        "now_fraction": change.current.fraction_text,
        "then": change.reference.text,
        "then_fraction": change.reference.fraction_text,
        "difference": "",
        "interval": "",
    }
    if change.difference is None:
        words = {"too_little_data": _("データ不足"), "not_a_share": _("比較できません")}
        return found | {"difference": words[change.problem]}
    between = change.difference.interval
    return found | {
        "difference": kpi.points_text(change.difference.value),
        "interval": f"{kpi.points_text(between.low)} – {kpi.points_text(between.high)}",
    }


def _direction(now: Figure, before: Figure) -> str:
    if now.value is None or before.value is None or now.value == before.value:
        return ""
    return "up" if now.value > before.value else "down"


def _trend(now: Figure, before: Figure) -> str:
    """Good or bad only beyond chance, and only for shares: more calls are neither."""
    if not (now.is_share and before.is_share) or min(now.denominator, before.denominator) < MIN_N:
        return ""
    change = stats.difference(now.numerator, now.denominator, before.numerator, before.denominator)
    return "bad" if change.is_drop else "good" if change.is_rise else ""


def _width(value: int | None, widest: int) -> str:
    return f"{100 * (value or 0) / widest:.2f}" if widest else "0"


def _percent(value: Any) -> float | None:
    return None if value is None else round(float(value) * 100, 1)
