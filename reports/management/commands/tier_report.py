"""`manage.py tier_report`: whether tiers and temperature tell who converts, for the whole base, as text or as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from accounts.models import Team
from config import clock
from leads.models import LeadList
from reports import tier_words
from reports.funnel_page import period_text
from reports.management.commands.funnel import LANGUAGES, day, id_of
from reports.periods import TOKYO, Period, Preset, period_for
from reports.selectors import Basis, ReportFilter, Steps, TierReport, tier_report
from reports.stats import Interval
from reports.tier_proof import Look, Ratio, Share, TierVerdict


class Command(BaseCommand):
    help = "Say whether tiers and temperature tell who converts, on the team's own outcomes."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="start", type=day, metavar="YYYY-MM-DD", help="default: 180 days back")
        parser.add_argument("--to", dest="end", type=day, metavar="YYYY-MM-DD", help="included")
        parser.add_argument("--team", help="name or id")
        parser.add_argument("--list", dest="lead_list", help="name or id")
        parser.add_argument("--source", default="")
        parser.add_argument("--language", choices=LANGUAGES, default="ja")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, **options):
        report = tier_report(_filter(options))
        with translation.override(options["language"]):
            text = json.dumps(_as_json(report), ensure_ascii=False, indent=2) if options["json"] else _as_text(report)
        self.stdout.write(text)


def _filter(options: dict[str, Any]) -> ReportFilter:
    now = clock.now()
    usual = period_for(Preset.LAST_180_DAYS, now.astimezone(TOKYO).date())
    period = Period(options["start"] or usual.start, options["end"] or usual.end)
    if period.end < period.start:
        raise CommandError("--to lies before --from.")
    return ReportFilter(
        user=None,
        period=period,
        as_of=now,
        basis=Basis.COHORT,
        team_id=id_of(Team, "name", options["team"]),
        list_id=id_of(LeadList, "name", options["lead_list"]),
        source=options["source"],
    )


def _as_text(report: TierReport) -> str:
    return "\n".join([period_text(report.filter.period), "", *_lines(report)])


def _lines(report: TierReport) -> Iterator[str]:
    temperature = report.temperature()
    yield from (tier_words.tier_text(code, verdict) for code, verdict in report.verdicts().items())
    yield tier_words.temperature_text(temperature)
    if temperature.auc:
        yield tier_words.auc_text(temperature)
    for part in temperature.bins:
        yield f"  {part.low}–{part.high}  {tier_words.share_text(part.share)}"
    for look in report.looks:
        yield f"{tier_words.condition_text(look.condition)}: {tier_words.look_text(look)}"
        yield f"  {tier_words.side_text(look.with_it)} : {tier_words.side_text(look.without)}"


def _as_json(report: TierReport) -> dict[str, Any]:
    chosen, temperature = report.filter, report.temperature()
    cuts = {"team_id": chosen.team_id, "list_id": chosen.list_id, "source": chosen.source}
    return {
        "from": chosen.period.start.isoformat(),
        "to": chosen.period.end.isoformat(),
        "as_of": chosen.as_of.isoformat(),
        "filters": {name: value for name, value in cuts.items() if value},
        "called": {tier: _steps(steps) for tier, steps in report.called.items()},
        "reactions": {tier: _steps(steps) for tier, steps in report.reactions.items()},
        "verdicts": {code: _verdict(code, verdict) for code, verdict in report.verdicts().items()},
        "temperature": {
            "code": temperature.code,
            "text": tier_words.temperature_text(temperature),
            "p": temperature.trend and temperature.trend.p,
            "auc": temperature.auc and {"value": temperature.auc.value, **_interval(temperature.auc.interval)},
            "bins": [{"low": part.low, "high": part.high, **_share(part.share)} for part in temperature.bins],
            "without_temperature": report.without_temperature,
        },
        "young": report.young,
        "looked_at": report.looked_at,
        "conditions": [_look(look) for look in report.looks],
    }


def _steps(steps: Steps) -> dict[str, int]:
    return {"n": steps.n, "reacted": steps.reacted, "appointments": steps.met, "won": steps.won}


def _share(share: Share) -> dict[str, Any]:
    value = None if share.value is None else float(share.value)
    return {"hits": share.hits, "n": share.n, "value": value, "interval": _interval(share.interval)}


def _interval(interval: Interval | None) -> dict[str, float] | None:
    return interval and {"low": interval.low, "high": interval.high}


def _ratio(ratio: Ratio | None) -> dict[str, float] | None:
    return ratio and {"value": ratio.value, **_interval(ratio.interval)}


def _verdict(code: str, verdict: TierVerdict) -> dict[str, Any]:
    return {
        "code": verdict.code,
        "text": tier_words.tier_text(code, verdict),
        "a": _share(verdict.a),
        "rest": _share(verdict.rest),
        "ratio": _ratio(verdict.ratio),
        "lift": _ratio(verdict.lift),
        "part_of_all": _share(verdict.of_all),
    }


def _look(look: Look) -> dict[str, Any]:
    found = look.difference
    return {
        "condition": tier_words.condition_text(look.condition),
        "code": look.code,
        "with": _share(look.with_it),
        "without": _share(look.without),
        "difference": found and {"value": found.value, **_interval(found.interval)},
    }
