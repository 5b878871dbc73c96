"""reports.stats: known values of the published methods, and properties that hold for every share."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reports import stats


@st.composite
def shares(draw, max_n=5000):
    n = draw(st.integers(1, max_n))
    return draw(st.integers(0, n)), n


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998 (Stat Med 17:857), table I, method 3 (score without continuity correction)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_matches_published_values(successes, n, low, high):
    interval = stats.wilson(successes, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilson_without_trials_is_none():
    assert stats.wilson(0, 0) is None


@pytest.mark.parametrize(("successes", "n"), [(3, 2), (-1, 2), (1, 0)])
def test_wilson_of_what_is_no_share_is_refused(successes, n):
    with pytest.raises(ValueError, match="not a share"):
        stats.wilson(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.1])
def test_wilson_with_impossible_confidence_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        stats.wilson(1, 2, confidence)


@given(shares())
def test_wilson_holds_its_share_within_zero_and_one(share):
    successes, n = share
    interval = stats.wilson(successes, n)
    assert 0 <= interval.low <= successes / n <= interval.high <= 1
    assert interval.low < interval.high


@given(shares())
def test_wilson_mirrors_when_successes_and_failures_swap(share):
    successes, n = share
    interval, mirrored = stats.wilson(successes, n), stats.wilson(n - successes, n)
    assert interval.low == pytest.approx(1 - mirrored.high)


@given(shares(500), st.integers(2, 9))
def test_wilson_narrows_with_more_data(share, times):
    successes, n = share
    small, large = stats.wilson(successes, n), stats.wilson(successes * times, n * times)
    assert large.high - large.low < small.high - small.low


@pytest.mark.parametrize(
    ("data", "low", "high"),
    [
        # Newcombe 1998 (Stat Med 17:873), table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_difference_matches_published_values(data, low, high):
    interval = stats.difference(*data).interval
    assert (interval.low, interval.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize("data", [(0, 0, 1, 2), (1, 2, 0, 0), (0, 0, 0, 0)])
def test_difference_without_trials_is_none(data):
    assert stats.difference(*data) is None


def test_difference_says_drop_and_rise_only_beyond_chance():
    assert stats.difference(30, 100, 60, 100).is_drop
    assert stats.difference(60, 100, 30, 100).is_rise
    close = stats.difference(48, 100, 50, 100)
    assert (close.is_drop, close.is_rise) == (False, False)


@given(shares(), shares())
def test_difference_turns_its_sign_when_sides_swap(a, b):
    there, back = stats.difference(*a, *b), stats.difference(*b, *a)
    assert there.value == -back.value
    assert there.interval.low == pytest.approx(-back.interval.high)
    assert there.interval.low <= there.value <= there.interval.high


@given(shares())
def test_difference_from_itself_is_never_beyond_chance(share):
    same = stats.difference(*share, *share)
    assert (same.value, same.is_drop, same.is_rise) == (0, False, False)


@given(shares(), shares(), st.floats(0.5, 0.99), st.floats(0.5, 0.99))
def test_difference_never_narrows_with_more_confidence(a, b, less, more):
    assume(less < more)
    wide, narrow = stats.difference(*a, *b, more).interval, stats.difference(*a, *b, less).interval
    assert wide.low <= narrow.low + 1e-12
    assert wide.high >= narrow.high - 1e-12


@pytest.mark.parametrize(
    ("items", "middle"), [([], None), ([5], 5), ([9, 1], 1), ([3, 1, 2], 2), ([4, 1, 3, 2], 2), ([7, 7, 7, 1], 7)]
)
def test_lower_median_is_the_middle_item(items, middle):
    assert stats.lower_median(items) == middle


def test_lower_median_by_key_answers_with_the_item():
    assert stats.lower_median(["ccc", "a", "bb"], key=len) == "bb"
