"""`manage.py funnel`: every figure of the funnel page for the whole base, as a table or as JSON."""

import datetime as dt
import json
from typing import Any
from unicodedata import east_asian_width

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model, Q
from django.utils import translation

from accounts.models import Team, User
from config import clock
from leads.models import LeadList, Tier
from reports import labels
from reports.forms import EARLIEST, LATEST
from reports.funnel_page import changes, period_text
from reports.kpi import Figure
from reports.periods import Period
from reports.selectors import UNASSIGNED, Basis, FunnelReport, ReportFilter, funnel_report

LANGUAGES = ("ja", "en")


class Command(BaseCommand):
    help = "Print every figure of the funnel with its fraction and definition."

    def add_arguments(self, parser):
        parser.add_argument("--from", dest="start", required=True, type=day, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="end", required=True, type=day, metavar="YYYY-MM-DD", help="included")
        parser.add_argument("--basis", choices=[str(basis) for basis in Basis], default=str(Basis.ACTIVITY))
        parser.add_argument("--team", help="name or id")
        parser.add_argument("--rep", help="e-mail address or id; 0 = nobody yet")
        parser.add_argument("--tier", choices=Tier.values)
        parser.add_argument("--list", dest="lead_list", help="name or id")
        parser.add_argument("--source", default="")
        parser.add_argument("--industry", default="")
        parser.add_argument("--agency", action="store_true", default=None, help="agencies alone")
        parser.add_argument("--in-house", dest="agency", action="store_false", help="own people alone")
        parser.add_argument("--language", choices=LANGUAGES, default="ja")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, **options):
        report = funnel_report(_filter(options))
        with translation.override(options["language"]):
            text = _as_json(report) if options["json"] else "\n".join(_as_table(report))
        self.stdout.write(text)


def day(text: str) -> dt.date:
    found = dt.date.fromisoformat(text)
    if not EARLIEST <= found <= LATEST:
        raise ValueError(text)
    return found


def _filter(options: dict[str, Any]) -> ReportFilter:
    if options["end"] < options["start"]:
        raise CommandError("--to lies before --from.")
    return ReportFilter(
        user=None,
        period=Period(options["start"], options["end"]),
        as_of=clock.now(),
        basis=Basis(options["basis"]),
        team_id=id_of(Team, "name", options["team"]),
        rep_id=UNASSIGNED if options["rep"] == str(UNASSIGNED) else id_of(User, "email", options["rep"]),
        tier=options["tier"] or "",
        list_id=id_of(LeadList, "name", options["lead_list"]),
        source=options["source"],
        industry=options["industry"],
        is_agency=options["agency"],
    )


def id_of(model: type[Model], name: str, text: str | None) -> int | None:
    """The id of the row called `text`, by name first, then by id."""
    if not text:
        return None
    wanted = Q(**{f"{name}__iexact" if name == "email" else name: text})
    if text.isascii() and text.isdigit() and len(text) < 19:
        wanted |= Q(pk=int(text))
    found = sorted(model.objects.filter(wanted), key=lambda row: str(getattr(row, name)) != text)
    if not found:
        raise CommandError(f"No {model._meta.model_name} is called {text!r} or has that id.")
    return found[0].pk


def _as_json(report: FunnelReport) -> str:
    chosen, before = report.filter, report.filter.previous
    cuts = ("team_id", "rep_id", "tier", "list_id", "source", "industry", "is_agency")
    found = {
        **_period(chosen),
        "basis": str(chosen.basis),
        "filters": {cut: getattr(chosen, cut) for cut in cuts if getattr(chosen, cut) not in (None, "")},
        "figures": [_figure(figure) for figure in report.figures.values()],
        "funnel": [
            {
                "code": step.code,
                "label": str(labels.STEP_LABELS[step.code]),
                "count": step.count.numerator,
                "conversion": _figure(step.conversion),
                "cumulative": _figure(step.cumulative),
            }
            for step in report.steps
        ],
        "previous": {**_period(before), "figures": [_figure(figure) for figure in report.previous.values()]},
        "bottleneck": {
            "code": report.verdict.code,
            "step": report.verdict.worst and report.verdict.worst.step,
            "text": labels.verdict_text(report.verdict),
            "basis": str(Basis.COHORT),
            "changes": changes(report),
        },
        "reps": [_line(line) for line in report.reps],
        "teams": [_line(line) for line in report.teams],
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def _period(report: ReportFilter) -> dict[str, str]:
    return {
        "from": report.period.start.isoformat(),
        "to": report.period.end.isoformat(),
        "as_of": report.as_of.isoformat(),
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return figure.as_dict() | {
        "label": str(labels.LABELS[figure.code]),
        "fraction": labels.fraction_text(figure),
        "definition": str(labels.DEFINITIONS[figure.definition]),
    }


def _line(line) -> dict[str, Any]:
    return {
        "id": line.of.pk if line.of else None,
        "name": str(line.of) if line.of else None,
        "figures": {code: figure.as_dict() for code, figure in line.figures.items()},
    }


def _as_table(report: FunnelReport) -> list[str]:
    basis = labels.BASIS_NAMES[report.filter.basis]
    lines = [f"{period_text(report.filter.period)}  {basis}", ""]
    rows = [
        (str(labels.LABELS[code]), labels.value_text(figure), labels.fraction_text(figure), figure.definition)
        for code, figure in report.figures.items()
    ]
    widths = [max(_columns(row[column]) for row in rows) for column in range(3)]
    for *cells, definition in rows:
        padded = [cell + " " * (width - _columns(cell)) for cell, width in zip(cells, widths, strict=True)]
        lines.append("  ".join([*padded, str(labels.DEFINITIONS[definition])]))
    return [*lines, "", labels.verdict_text(report.verdict)]


def _columns(text: str) -> int:
    """Columns a terminal needs: a full-width sign takes two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
