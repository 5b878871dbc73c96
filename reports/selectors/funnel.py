"""The funnel report: everything its page, its command and its exports show, from one filter."""

from dataclasses import dataclass, replace

from accounts.models import Team, User
from accounts.permissions import Scope
from reports.bottleneck import Verdict, bottleneck
from reports.kpi import Counts, Figure, Step, figures, funnel_steps
from reports.selectors.counts import LINE_CODES, counts, counts_by, follow_up_counts
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
        second_calls = self.figures.get("second_calls")  # which field sales do not see
        return not any(looked_at) and not (second_calls and second_calls.numerator)


def funnel_report(report: ReportFilter) -> FunnelReport:
    now, before = counts(report), counts(report.previous)
    size, pieces = trend(report)
    reps, teams = _tables(report) if report.scope in (Scope.TEAMS, Scope.ALL) else ([], [])
    return FunnelReport(
        filter=report,
        figures=figures_of(report, now),
        previous=figures_of(report, before),
        steps=_steps(report, now),
        previous_steps=_steps(report, before),
        verdict=verdict(report, now, before),
        trend_size=size,
        trend=pieces,
        reps=reps,
        teams=teams,
    )


def figures_of(report: ReportFilter, found: Counts) -> dict[str, Figure]:
    """Figures both sides of which the person may see."""
    return _between(found, countable(report))


def _between(found: Counts, codes: tuple[str, ...]) -> dict[str, Figure]:
    """Figures made of these counts alone."""
    allowed = {*codes, ""}
    return {
        code: figure
        for code, figure in figures(found).items()
        if figure.numerator_code in allowed and figure.denominator_code in allowed
    }


def verdict(report: ReportFilter, now: Counts, before: Counts) -> Verdict:
    """Where this period's cohort lost more than the period's before, when that was equally old.

    First calls are the same on both bases, so of the other basis' counts only the follow-ups are exchanged.
    """
    if report.basis != Basis.COHORT:
        cohort = replace(report, basis=Basis.COHORT)
        now, before = (
            replace(known, **follow_up_counts(part)) for known, part in ((now, cohort), (before, cohort.previous))
        )
    return bottleneck(_steps(report, now), _steps(report, before))


def _steps(report: ReportFilter, found: Counts) -> tuple[Step, ...]:
    """The steps the person may see; the first of them has no conversion."""
    steps = [step for step in funnel_steps(found) if step.code in countable(report)]
    allowed = figures_of(report, found)

    def kept(figure: Figure | None) -> Figure | None:
        return figure if figure and figure.code in allowed else None

    return tuple(Step(step.count, kept(step.conversion), kept(step.cumulative)) for step in steps)


def _tables(report: ReportFilter) -> tuple[list[Line], list[Line]]:
    found = counts_by(report)
    return _lines(User, found["rep"], LINE_CODES), _lines(Team, found["team"], (*LINE_CODES, "cost_yen"))


def _lines(model: type[User] | type[Team], found: dict[int | None, Counts], codes: tuple[str, ...]) -> list[Line]:
    """Everybody who has a figure, by name; rows nobody holds at the end."""
    shown = {pk: part for pk, part in found.items() if part != Counts()}
    known = model.objects.in_bulk([pk for pk in shown if pk])
    lines = [Line(known.get(pk), _between(part, codes)) for pk, part in shown.items()]
    return sorted(lines, key=lambda line: (line.of is None, line.of.name if line.of else ""))
