"""What can be wrong with a file, a row or a cell: a code with its place and parameters, never a sentence.

Sentences live in `messages`, so that the edge can translate them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

EXCERPT = 40
"""Characters of a cell that a problem carries along."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `line` is the 1-based line of the file (row of the sheet), `column` the header as shown."""

    code: str
    line: int | None = None
    column: str = ""
    value: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


class RefusedError(Exception):
    """The whole file cannot be read; `problem` says why and, where there is one, at which line and column."""

    def __init__(self, code: str, *, line: int | None = None, column: str = "", value: str = "", **params: object):
        self.problem = Problem(code, line, column, excerpt(value), params)
        super().__init__(code)


def excerpt(value: str) -> str:
    """The beginning of a cell, on one line, to recognise it by."""
    text = " ".join(value[: EXCERPT * 2].split())
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"
