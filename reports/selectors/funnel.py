"""The funnel report: everything its page, its command and its exports show, from one filter."""

from dataclasses import dataclass, replace

from accounts.models import Team, User
from accounts.permissions import Scope
from reports.bottleneck import Verdict, bottleneck
from reports.kpi import Counts, Figure, Step, figures, funnel_steps
from reports.selectors.counts import counts, counts_by, funnel_counts
from reports.selectors.filters import Basis, ReportFilter
from reports.selectors.rows import countable
from reports.selectors.trend import Bucket, trend


@dataclass(frozen=True)
class Line:
    """One rep or team of a table; `of` is None for rows nobody holds yet."""

    of: User | Team | None
    figures: dict[str, Figure]


@dataclass(frozen=True)
class FunnelReport:
    """`verdict` compares cohorts, whatever the page's basis: only there is every step a part of the one before."""

    filter: ReportFilter
    figures: dict[str, Figure]
    previous: dict[str, Figure]
    steps: tuple[Step, ...]
    previous_steps: tuple[Step, ...]
    verdict: Verdict
    trend_size: str
    trend: list[Bucket]
    reps: list[Line]
    teams: list[Line]

    @property
    def is_empty(self) -> bool:
        """Nothing happened in either period."""
        looked_at = [step.count.numerator for step in (*self.steps, *self.previous_steps)]
        return not any(looked_at) and not self.figures["second_calls"].numerator


def funnel_report(report: ReportFilter) -> FunnelReport:
    now, before = counts(report), counts(report.previous)
    size, pieces = trend(report)
    return FunnelReport(
        filter=report,
        figures=figures_of(report, now),
        previous=figures_of(report, before),
        steps=_steps(report, now),
        previous_steps=_steps(report, before),
        verdict=verdict(report, now, before),
        trend_size=size,
        trend=pieces,
        reps=_lines(report, "rep") if report.scope in (Scope.TEAMS, Scope.ALL) else [],
        teams=_lines(report, "team") if report.scope in (Scope.TEAMS, Scope.ALL) else [],
    )


def figures_of(report: ReportFilter, found: Counts) -> dict[str, Figure]:
    """Figures both sides of which the person may see."""
    allowed = {*countable(report), ""}
    return {
        code: figure
        for code, figure in figures(found).items()
        if figure.numerator_code in allowed and figure.denominator_code in allowed
    }


def verdict(report: ReportFilter, now: Counts | None = None, before: Counts | None = None) -> Verdict:
    """Where this period's cohort lost more than the period's before, when that was equally old."""
    if report.basis != Basis.COHORT or now is None or before is None:
        cohort = replace(report, basis=Basis.COHORT)
        now, before = funnel_counts(cohort), funnel_counts(cohort.previous)
    return bottleneck(_steps(report, now), _steps(report, before))


def _steps(report: ReportFilter, found: Counts) -> tuple[Step, ...]:
    """The steps the person may see; the first of them has no conversion."""
    steps = [step for step in funnel_steps(found) if step.code in countable(report)]
    allowed = figures_of(report, found)

    def kept(figure: Figure | None) -> Figure | None:
        return figure if figure and figure.code in allowed else None

    return tuple(Step(step.count, kept(step.conversion), kept(step.cumulative)) for step in steps)


def _lines(report: ReportFilter, key: str) -> list[Line]:
    """Everybody who has a figure, by name; rows nobody holds at the end."""
    found = {pk: part for pk, part in counts_by(report, key).items() if part != Counts()}
    model = User if key == "rep" else Team
    known = model.objects.in_bulk([pk for pk in found if pk])
    lines = [Line(known.get(pk), figures(part)) for pk, part in found.items()]
    return sorted(lines, key=lambda line: (line.of is None, line.of.name if line.of else ""))
