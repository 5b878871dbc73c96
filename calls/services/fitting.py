"""Fitting a card of whole points to outcomes: logistic regression with L2, rounded. The one place of scikit-learn.

It is imported where it is used: it costs a second and a hundred megabytes, which no web process should pay.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from calls.learning import Example
from leads.scorecard import Scorecard

MIN_ROWS = 20
STRENGTHS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
FOLDS = 4
SPREAD, MOST_POINTS = 90, 25
"""Nearly all temperatures lie within `SPREAD` degrees; one unit of log-odds is worth at most `MOST_POINTS`."""


def fit_card(older: Sequence[Example], version: str) -> tuple[Scorecard, float]:
    """A card fitted to `older`, which are in order of time, and the strength (C) that foretold best inside them.

    Features of fewer than `MIN_ROWS` examples get no points. Nothing is left to chance: the same examples give the
    same card, and one thread does the sums: they are small, and several would wait for one another.
    """
    from threadpoolctl import threadpool_limits

    count = Counter(name for example in older for name in example.features)
    names = sorted(name for name, rows in count.items() if rows >= MIN_ROWS)
    matrix, outcomes = _matrix(older, names), [example.is_won for example in older]
    with threadpool_limits(limits=1):
        strength = _best_strength(matrix, outcomes)
        weights = _fitted(matrix, outcomes, strength).coef_[0]
    return _rounded(older, names, weights, version), strength


def _matrix(examples: Sequence[Example], names: Sequence[str]) -> Any:
    """One sparse row per example, its columns in the order of `names`."""
    from sklearn.feature_extraction import DictVectorizer

    columns = DictVectorizer(sort=False).fit([dict.fromkeys(names, 1.0)])
    return columns.transform([example.features for example in examples])


def _fitted(matrix: Any, outcomes: Sequence[bool], strength: float) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=2000).fit(matrix, outcomes)


def _best_strength(matrix: Any, outcomes: list[bool]) -> float:
    """Each fold is foretold from what came before it, as serving will be; what counts is how surely (log loss), since
    the order alone does not tell points from mere signs. Of equals the most restrained."""
    from sklearn.metrics import log_loss
    from sklearn.model_selection import TimeSeriesSplit

    folds = [
        (before, after)
        for before, after in TimeSeriesSplit(FOLDS).split(outcomes)
        if len({outcomes[index] for index in before}) == 2
    ]

    def missed_by(strength: float) -> float:
        total = 0.0
        for before, after in folds:
            model = _fitted(matrix[before], [outcomes[index] for index in before], strength)
            foretold = model.predict_proba(matrix[after])
            total += log_loss([outcomes[index] for index in after], foretold, labels=[False, True])
        return round(total, 6)

    return min(STRENGTHS, key=lambda strength: (missed_by(strength), strength))


def _rounded(examples: Sequence[Example], names: Sequence[str], weights: Sequence[float], version: str) -> Scorecard:
    """Whole points, stretched so that the usual leads fill the scale from cold to hot, its middle at 50."""
    weight = dict(zip(names, map(float, weights), strict=True))
    low, high = _ends(
        [sum(weight.get(name, 0.0) * value for name, value in each.features.items()) for each in examples]
    )
    scale = min(SPREAD / (high - low), MOST_POINTS) if high > low else 0.0
    points = {name: rounded for name in names if (rounded := round(weight[name] * scale))}
    low, high = _ends([_sum(points, each) for each in examples])
    return Scorecard(version, round(50 - (low + high) / 2), points)


def _sum(points: dict[str, int], example: Example) -> int:
    return sum(round(points[name] * value) for name, value in example.features.items() if name in points)


def _ends(values: list[float]) -> tuple[float, float]:
    """Between which all but the two utmost hundredths on either side lie."""
    ordered = sorted(values)
    cut = len(ordered) // 50
    return ordered[cut], ordered[-1 - cut]
