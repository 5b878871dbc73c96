"""The same pipeline on real outcomes, knowing only what was known before the call (figures: `pytest -s`)."""

import csv
import datetime as dt
import random
from pathlib import Path

import pytest

from calls.learning import Example, auc_of, split_by_time
from calls.services.fitting import fit_card

pytestmark = pytest.mark.realdata

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leads"
START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

LEADS = {"TotalVisits": (1, 2, 3, 5, 8), "Page Views Per Visit": (1, 2, 3, 5)}
LEADS["Total Time Spent on Website"] = (1, 60, 150, 300, 600, 900, 1200, 1500)
AFTER_THE_OUTCOME = ("Prospect ID", "Lead Number", "Converted", "Tags", "Lead Quality", "Lead Profile")
LAST_WORDS = ("Last Activity", "Last Notable Activity")
"""Whether these were written before the outcome cannot be told from the file: the test does without them too."""

CAMPAIGN = {"age": (25, 30, 40, 50, 60, 70), "campaign": (2, 3, 5, 10), "previous": (1, 2, 3)}
NOT_BEFORE_THE_CALL = ("duration", "emp.var.rate", "cons.price.idx", "cons.conf.idx", "euribor3m", "nr.employed", "y")
NEVER_CALLED_BEFORE = 999


def rows_of(name: str, delimiter: str) -> list[dict[str, str]]:
    if not (DATA / name).is_file():
        pytest.skip("no ../shared/data beside the project")
    with (DATA / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def steps(row: dict[str, str], numbers: dict[str, tuple[int, ...]]) -> dict[str, float]:
    return {f"{name}>={low}": 1.0 for name, lows in numbers.items() for low in lows if float(row[name] or 0) >= low}


def xeducation(*, without: tuple[str, ...] = ()) -> list[Example]:
    left_away = {*AFTER_THE_OUTCOME, *LEADS, *without}
    found = []
    for row in rows_of("xeducation_leads.csv", ","):
        named = {
            f"{name}={value}": 1.0
            for name, value in row.items()
            if name not in left_away and not name.startswith("Asymmetrique") and value not in ("", "Select")
        }
        at = START + dt.timedelta(seconds=float(row["Lead Number"]))
        found.append(Example(at, named | steps(row, LEADS), row["Converted"] == "1.0", 0))
    return found


def bank() -> list[Example]:
    left_away = {*NOT_BEFORE_THE_CALL, *CAMPAIGN, "pdays"}
    found = []
    for index, row in enumerate(rows_of("bank_telemarketing.csv", ";")):
        features = {f"{name}={value}": 1.0 for name, value in row.items() if name not in left_away}
        if int(row["pdays"]) < NEVER_CALLED_BEFORE:
            features |= {"called before": 1.0} | steps(row, {"pdays": (4, 7)})
        found.append(
            Example(START + dt.timedelta(seconds=index), features | steps(row, CAMPAIGN), row["y"] == "yes", 0)
        )
    return found


def measured(older: list[Example], newest: list[Example]) -> tuple[float, list[float]]:
    """AUC of the rounded card, and how many of each third by its temperature were won."""
    card, _strength = fit_card(older, "m1")
    scores = [card.temperature(each.features) for each in newest]
    ranked = [each for _score, each in sorted(zip(scores, newest, strict=True), key=lambda pair: -pair[0])]
    third = len(ranked) // 3
    parts = (ranked[:third], ranked[third : 2 * third], ranked[2 * third :])
    shares = [sum(each.is_won for each in part) / len(part) for part in parts]
    return auc_of(scores, [each.is_won for each in newest]), shares


@pytest.mark.parametrize("without", [(), LAST_WORDS], ids=["all", "without last activities"])
def test_leads_of_a_school_in_order_of_time(without):
    auc, (hot, warm, cold) = measured(*split_by_time(xeducation(without=without)))

    print(f"xeducation {auc=:.3f} {hot=:.3f} {warm=:.3f} {cold=:.3f}")  # noqa: T201
    assert auc >= 0.88
    assert hot >= 0.75
    assert hot > 2 * warm > 4 * cold


def test_calls_of_a_bank_shuffled():
    examples = bank()
    random.Random(1).shuffle(examples)
    cut = round(len(examples) * 0.7)

    auc, (hot, warm, cold) = measured(examples[:cut], examples[cut:])

    print(f"bank, shuffled {auc=:.3f} {hot=:.3f} {warm=:.3f} {cold=:.3f}")  # noqa: T201
    assert auc >= 0.72
    assert hot > 2 * warm > 2 * cold


def test_calls_of_a_bank_in_order_of_time():
    auc, (hot, warm, cold) = measured(*split_by_time(bank()))

    print(f"bank, by time {auc=:.3f} {hot=:.3f} {warm=:.3f} {cold=:.3f}")  # noqa: T201
    assert auc >= 0.65
    assert hot > warm > cold
