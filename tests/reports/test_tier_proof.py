"""reports.tier_proof: examples reckoned by hand, and what holds whatever the counts."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.stats import wilson
from reports.tier_proof import (
    MIN_SIDE,
    Share,
    Sides,
    auc,
    bins,
    lift,
    looks,
    ratio,
    temperature_verdict,
    tier_verdict,
    total,
    trend,
)


def shares(most: int = 200) -> st.SearchStrategy[Share]:
    return st.integers(0, most).flatmap(lambda n: st.builds(Share, st.integers(0, n), st.just(n)))


CELLS = st.dictionaries(st.integers(0, 100), shares(40), max_size=25)


# --- Reckoned by hand -----------------------------------------------------------------------------------------------


def test_a_converts_three_times_as_often_as_the_rest():
    """12 of 40 against 12 of 120: 30 % to 10 %. Standard error of the log: √(1/12 - 1/40 + 1/12 - 1/120) = 0.365148."""
    found = tier_verdict({"A": Share(12, 40), "B": Share(9, 60), "C": Share(3, 60)})

    assert found.code == "higher"
    assert (found.a, found.rest) == (Share(12, 40), Share(12, 120))
    assert found.ratio.value == pytest.approx(3.0)
    assert found.ratio.interval.low == pytest.approx(1.4666, abs=1e-3)
    assert found.ratio.interval.high == pytest.approx(6.1367, abs=1e-3)
    assert found.lift.value == pytest.approx(2.0)  # 30 % to 24 / 160 = 15 %
    assert found.lift.interval.low == pytest.approx(1.3134, abs=1e-3)
    assert found.lift.interval.high == pytest.approx(2.6866, abs=1e-3)
    assert found.of_all == Share(12, 24)


def test_trend_and_area_of_two_temperatures():
    """At 10 degrees 1 of 10, at 20 degrees 5 of 10: z² is Pearson's χ² of the table, 20 · 40² / (10·10·6·14)."""
    cells = {10: Share(1, 10), 20: Share(5, 10)}

    assert trend(cells).z ** 2 == pytest.approx(20 * 40**2 / (10 * 10 * 6 * 14))
    assert trend(cells).z > 0
    assert trend(cells).p == pytest.approx(0.05096, abs=1e-4)
    found = auc(cells)  # of 84 pairs: 45 right, and half of 9 + 25 ties
    assert found.value == pytest.approx((45 + 4.5 + 12.5) / 84)
    assert found.interval.low == pytest.approx(0.5292, abs=1e-3)  # variance 0.041667 / 6 + 0.061813 / 14
    assert found.interval.high == pytest.approx(0.9470, abs=1e-3)


def test_conditions_of_one_example():
    table = {
        "strong": Sides(Share(40, 100), Share(10, 100)),
        "cooling": Sides(Share(10, 100), Share(40, 100)),
        "nothing": Sides(Share(25, 100), Share(25, 100)),
        "wide": Sides(Share(7, 20), Share(43, 180)),
        "always": Sides(Share(50, 196), Share(0, 4)),
        "never": Sides(Share(0, 4), Share(50, 196)),
        "few": Sides(Share(4, 15), Share(46, 185)),
        "thin": Sides(Share(3, 20), Share(3, 20)),
    }

    found = {look.condition: look.code for look in looks(table)}

    assert found == {
        "strong": "raises",
        "cooling": "lowers",
        "nothing": "no_information",
        "wide": "undecided",
        "always": "always",
        "never": "never",
        "few": "too_little_data",
        "thin": "too_little_data",
    }


def test_many_looks_ask_for_more():
    """30 of 100 against 18 of 100 is beyond chance for one look, and not for ten."""
    sides = Sides(Share(32, 100), Share(18, 100))
    noise = {f"noise {number}": Sides(Share(25, 100), Share(25, 100)) for number in range(9)}

    alone, among = looks({"one": sides})[0], looks({"one": sides, **noise})[0]

    assert alone.difference == among.difference
    assert (alone.code, among.code) == ("raises", "undecided")


@pytest.mark.parametrize(
    ("tiers", "code"),
    [
        ({}, "too_little_data"),
        ({"A": Share(10, 30), "B": Share(3, 29)}, "too_little_data"),  # 59 of 60
        ({"A": Share(4, 50), "B": Share(0, 50)}, "too_little_data"),  # 4 conversions of 5
        ({"A": Share(20, 200), "C": Share(1, 19)}, "one_sided"),
        ({"A": Share(3, 19), "C": Share(20, 200)}, "one_sided"),
        ({"A": Share(10, 100), "C": Share(11, 100)}, "no_difference"),
        ({"A": Share(5, 100), "C": Share(30, 100)}, "lower"),
        ({"A": Share(20, 100), "C": Share(0, 100)}, "higher"),
    ],
)
def test_verdict_on_tiers(tiers, code):
    assert tier_verdict(tiers).code == code


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({}, "too_little_data"),
        ({50: Share(30, 100)}, "one_value"),
        ({20: Share(10, 100), 60: Share(40, 100)}, "rises"),
        ({20: Share(40, 100), 60: Share(10, 100)}, "falls"),
        ({20: Share(25, 100), 60: Share(26, 100)}, "no_trend"),
    ],
)
def test_verdict_on_temperature(cells, code):
    assert temperature_verdict(cells).code == code


def test_no_ratio_to_nothing():
    assert ratio(Share(3, 10), Share(0, 10)) is None
    assert ratio(Share(0, 10), Share(3, 10)) is None
    assert lift(Share(0, 0), Share(3, 10)) is None


# --- Whatever the counts --------------------------------------------------------------------------------------------


@given(shares(), shares())
def test_ratio_lies_in_its_interval_and_turns_round(a, b):
    found, turned = ratio(a, b), ratio(b, a)
    if found is None:
        assert turned is None
        return
    assert 0 < found.interval.low <= found.value <= found.interval.high
    assert turned.value == pytest.approx(1 / found.value)
    assert turned.interval.low == pytest.approx(1 / found.interval.high)


@given(shares(), shares())
def test_lift_is_the_share_over_the_whole(part, rest):
    found = lift(part, rest)
    if found:
        assert found.value == pytest.approx(float(part.value / (part + rest).value))
        assert found.interval.low <= found.value + 1e-9
        assert found.value <= found.interval.high + 1e-9


@given(CELLS, st.integers(1, 12), st.integers(1, 60))
def test_bins_keep_everybody_in_order(cells, count, floor):
    found = bins(cells, count, floor)

    assert total([part.share for part in found]) == total(list(cells.values()))
    assert len(found) <= count
    ends = [end for part in found for end in (part.low, part.high)]
    assert ends == sorted(ends)
    assert all(before.high < after.low for before, after in pairwise(found))
    assert len(found) == 1 or all(part.share.n >= floor for part in found)
    for part in found:
        inside = [share for temperature, share in cells.items() if part.low <= temperature <= part.high]
        assert total(inside) == part.share
        assert 0 <= part.share.value <= 1


@given(CELLS, st.randoms())
def test_the_order_of_counting_changes_nothing(cells, luck):
    items = list(cells.items())
    luck.shuffle(items)

    one, other = temperature_verdict(cells), temperature_verdict(dict(items))

    assert (one.code, one.bins, one.auc) == (other.code, other.bins, other.auc)
    assert (one.trend is None) == (other.trend is None)
    if one.trend:
        assert one.trend.z == pytest.approx(other.trend.z)


@given(CELLS)
def test_area_is_that_of_all_pairs_and_turns_with_the_temperature(cells):
    found, turned = auc(cells), auc({100 - at: share for at, share in cells.items()})
    if found is None:
        assert turned is None
        return
    won = Fraction()
    for warm, hits in cells.items():
        for cool, others in cells.items():
            part = Fraction(1) if warm > cool else Fraction(1, 2) if warm == cool else Fraction(0)
            won += part * hits.hits * (others.n - others.hits)
    everything = total(list(cells.values()))
    assert found.value == pytest.approx(float(won / (everything.hits * (everything.n - everything.hits))))
    assert 0 <= found.interval.low <= found.value + 1e-9
    assert found.value <= found.interval.high + 1e-9
    assert found.interval.high <= 1
    assert turned.value == pytest.approx(1 - found.value)


@given(CELLS)
def test_trend_turns_with_the_temperature(cells):
    found, turned = trend(cells), trend({100 - at: share for at, share in cells.items()})
    if found:
        assert turned.z == pytest.approx(-found.z, abs=1e-9)
        assert 0 <= found.p <= 1


@given(st.dictionaries(st.integers(0, 9), st.builds(Sides, shares(), shares())), st.randoms())
def test_each_condition_gets_one_answer_whatever_the_order(table, luck):
    items = list(table.items())
    luck.shuffle(items)

    found, again = looks(table), looks(dict(items))

    assert {look.condition: look.code for look in found} == {look.condition: look.code for look in again}
    assert {look.condition for look in found} == set(table)
    for look in found:
        if look.code in ("raises", "lowers", "no_information", "undecided"):
            assert min(look.with_it.n, look.without.n) >= MIN_SIDE
            between = look.difference.interval
            assert (look.code == "no_information") <= (between.low <= 0 <= between.high)
        else:
            assert look.difference is None


@given(shares())
def test_a_share_has_wilsons_interval(share):
    assert share.interval == wilson(share.hits, share.n)
