"""Times a rep is offered: always such as the save accepts."""

import datetime as dt

import pytest

from calls.calendar import JST, BusinessCalendar
from calls.selectors.proposals import next_action_proposals, retry_proposals

CALENDAR = BusinessCalendar()
MORNING = dt.datetime(2026, 6, 16, 8, 0, tzinfo=JST)
MOMENTS = [MORNING + dt.timedelta(minutes=7 * step, seconds=11) for step in range(90)]


@pytest.mark.parametrize("proposals", [retry_proposals, next_action_proposals])
def test_proposal_is_ahead_in_callable_time_and_in_order(proposals):
    for now in MOMENTS:
        moments = [proposal.at for proposal in proposals(CALENDAR, now)]

        assert moments == sorted(set(moments))
        assert all(moment > now and CALENDAR.is_callable(moment) and moment.minute % 5 == 0 for moment in moments)


def test_retry_is_offered_the_same_day_first():
    found = retry_proposals(CALENDAR, dt.datetime(2026, 6, 16, 9, 58, tzinfo=JST))

    assert [f"{proposal.at:%m-%d %H:%M}" for proposal in found] == [
        "06-16 11:00",
        "06-16 13:00",
        "06-17 10:00",
        "06-17 15:00",
    ]


def test_evening_is_offered_the_next_business_day():
    friday = dt.datetime(2026, 6, 19, 17, 30, tzinfo=JST)

    assert {proposal.at.date() for proposal in retry_proposals(CALENDAR, friday)} == {dt.date(2026, 6, 22)}
