"""Problems as JSON keeps them and as a person is told."""

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


def refusal(refused: RefusedError, field: str = "file") -> ValidationError:
    """A refused file as an error of the form's `field`, with the place where it fell apart."""
    return _error(refused.problem, field)


def refusals(problems: tuple[Problem, ...], field: str = "mapping") -> ValidationError:
    """Several findings at once, all at one field."""
    errors = [
        ValidationError(sentence_of(problem), code=problem.code, params={"problem": problem}) for problem in problems
    ]
    return ValidationError({field: errors})


def _error(problem: Problem, field: str) -> ValidationError:
    return refusals((problem,), field)
