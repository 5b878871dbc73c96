"""Blocks of a week and stretches of time."""

import datetime as dt

import pytest

from accounts.hours import Block, overlapping_weekdays, without

T = dt.time


def at(hour: int) -> dt.datetime:
    return dt.datetime(2026, 6, 16, hour, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ([], []),
        ([Block(0, T(9), T(12)), Block(0, T(12), T(18))], []),
        ([Block(0, T(9), T(12)), Block(1, T(9), T(12))], []),
        ([Block(0, T(9), T(13)), Block(0, T(12), T(18))], [0]),
        ([Block(4, T(12), T(13)), Block(4, T(9), T(18)), Block(2, T(9), T(10)), Block(2, T(9), T(11))], [2, 4]),
    ],
)
def test_overlapping_weekdays(blocks, expected):
    assert overlapping_weekdays(blocks) == expected


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ([], [(9, 12), (13, 18)]),
        ([(0, 9)], [(9, 12), (13, 18)]),
        ([(10, 11)], [(9, 10), (11, 12), (13, 18)]),
        ([(11, 14)], [(9, 11), (14, 18)]),
        ([(9, 12)], [(13, 18)]),
        ([(8, 20)], []),
        ([(9, 10), (10, 11), (17, 23)], [(11, 12), (13, 17)]),
    ],
)
def test_without(gaps, expected):
    day = [(at(9), at(12)), (at(13), at(18))]

    left = without(day, [(at(start), at(end)) for start, end in gaps])

    assert left == [(at(start), at(end)) for start, end in expected]


def test_block_code():
    assert Block(6, T(9), T(12, 30)).code == "sun 09:00–12:30"
