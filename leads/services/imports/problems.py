"""Problems as JSON keeps them and as a person is told."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError

from leads.importing.problems import Problem, RefusedError
from leads.labels import sentence_of


def stored(problem: Problem) -> dict:
    """A problem as JSON; parameters that JSON cannot hold become text."""
    params = {
        key: value if isinstance(value, int | float | str) else str(value) for key, value in problem.params.items()
    }
    return {
        "code": problem.code,
        "line": problem.line,
        "column": problem.column[:200],
        "value": problem.value,
        "params": params,
    }


def by_row(problems: Iterable[Problem]) -> dict[tuple[str, int | None], list[Problem]]:
    """Findings of one kind about one row together: a cell with three numbers is one row to look at."""
    found: dict[tuple[str, int | None], list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.code, problem.line), []).append(problem)
    return found


def refusal(refused: RefusedError, field: str = "file") -> ValidationError:
    """A refused file as an error of the form's `field`, with the place where it fell apart."""
    return _error(refused.problem, field)


def refusals(problems: tuple[Problem, ...], field: str = "mapping") -> ValidationError:
    """Several findings at once, all at one field; each keeps its problem for those who want the place."""
    return ValidationError({field: [_finding(problem) for problem in problems]})


def _finding(problem: Problem) -> ValidationError:
    # The sentence is complete; with `params` Django would format it once more.
    text = sentence_of(problem).replace("%", "%%")
    return ValidationError(text, code=problem.code, params={"problem": problem})


def _error(problem: Problem, field: str) -> ValidationError:
    return refusals((problem,), field)
