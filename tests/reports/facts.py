"""Rows for the reports' tests, written straight into the tables, with the time of every step."""

import datetime as dt
import uuid
from itertools import count

from accounts.models import Team, User
from calls.models import Call, FollowUp, Outcome
from deals.models import CallingCost, Deal
from leads.models import Company, Lead, LeadList
from tests.conftest import TOKYO

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
_numbers = count(1)


def tokyo(month: int, day: int, hour: int = 10, minute: int = 0, year: int = 2026) -> dt.datetime:
    return dt.datetime(year, month, day, hour, minute, tzinfo=TOKYO)


def make_list(team: Team, name: str = "展示会リスト") -> LeadList:
    return LeadList.objects.create(name=name, team=team)


def make_lead(team: Team, *, at: dt.datetime, lead_list: LeadList | None = None, **fields) -> Lead:
    number = next(_numbers)
    industry = fields.pop("industry", "製造業")
    company = Company.objects.create(name=f"株式会社テスト{number}", name_key=f"テスト{number}", industry=industry)
    lead = Lead.objects.create(
        company=company, team=team, lead_list=lead_list, **{"name": f"担当 {number}", "tier": "B", **fields}
    )
    Lead.objects.filter(pk=lead.pk).update(created_at=at)
    return lead


def make_call(
    lead: Lead,
    rep: User,
    at: dt.datetime,
    *,
    reached: str = "nobody",
    result: str = "no_answer",
    follow_up: FollowUp | None = None,
    **fields,
) -> Call:
    connection = "none" if reached == "nobody" else "yes"
    outcome, _ = Outcome.objects.get_or_create(
        code=f"{result}-{reached}",
        defaults={
            "label": result,
            "label_en": result,
            "connection": connection,
            "reached": reached,
            "result": result,
        },
    )
    return Call.objects.create(
        lead=lead,
        follow_up=follow_up,
        kind="second" if follow_up else "first",
        outcome=outcome,
        connection=connection,
        reached=reached,
        result=result,
        started_at=at,
        called_at=at,
        form_key=uuid.uuid4(),
        **{"rep": rep, "team": rep.team, "is_agency": rep.is_agency, "tier": lead.tier, **fields},
    )


def make_follow_up(lead: Lead, rep: User | None, at: dt.datetime, *, call: Call | None = None, **fields) -> FollowUp:
    """A reaction at `at`; the stored window is the raw one unless told otherwise."""
    call = call or make_call(lead, rep or User.objects.first(), at, reached="person", result="reaction")
    opens, closes = at + DAY, at + 3 * DAY
    return FollowUp.objects.create(
        lead=lead,
        reaction_call=call,
        reaction_at=at,
        rep=rep,
        **{
            "raw_opens_at": opens,
            "raw_closes_at": closes,
            "opens_at": opens,
            "closes_at": closes,
            "team": lead.team,
            "tier": lead.tier,
            "is_agency": bool(rep and rep.is_agency),
            "state": "closed",
            **fields,
        },
    )


def make_deal(follow_up: FollowUp, owner: User, *, call: Call, **fields) -> Deal:
    """The deal of an appointment; the follow-up's own time stamps are the caller's."""
    return Deal.objects.create(
        **{
            "lead": follow_up.lead,
            "follow_up": follow_up,
            "appointment_call": call,
            "owner": owner,
            "origin": "second_call",
            "set_by": call.rep,
            "team": call.team,
            "starts_at": call.called_at + 2 * DAY,
            "place": "オンライン",
            "participants": "担当者",
            "appointment_at": call.called_at,
            **fields,
        }
    )


def make_vector(rep: User, owner: User, lead_list: LeadList, *, day: dt.datetime) -> None:
    """The worked example: 30 leads, 24 first-called with 40 calls, 16 reached, 12 reactions, 10 second-called with 14
    calls (9 answered, 7 to the person, on 6 follow-ups), 3 appointments, 2 held, 1 opportunity, 1 won, 140,000 yen.
    """
    team = lead_list.team
    leads = [make_lead(team, at=day, lead_list=lead_list) for _ in range(30)]
    reaction_calls = []
    for index, lead in enumerate(leads[:24]):
        if index < 16:  # one dial in vain before the person answers
            make_call(lead, rep, day + HOUR)
        is_reaction = index < 12
        reached, result = (
            ("person", "reaction" if is_reaction else "refused") if index < 16 else ("nobody", "no_answer")
        )
        reaction_calls.append(make_call(lead, rep, day + 2 * HOUR, reached=reached, result=result))
    follow_ups = [
        make_follow_up(lead, rep, day + 2 * HOUR, call=call)
        for lead, call in zip(leads[:12], reaction_calls, strict=False)
    ]
    for index, follow_up in enumerate(follow_ups[:10]):
        _call_again(follow_up, rep, owner, index, follow_up.opens_at + HOUR)
    CallingCost.objects.create(team=team, month=day.date().replace(day=1), people_yen=100_000, tools_yen=40_000)


# Follow-up 0 is reached twice (7 dials to the person on 6 follow-ups), 6 and 7 are answered at the desk only.
_DIALS = {
    0: ("person", "person"),
    1: ("nobody", "person"),
    2: ("nobody", "person"),
    3: ("nobody", "person"),
    6: ("gatekeeper",),
    7: ("gatekeeper",),
    8: ("nobody",),
    9: ("nobody",),
}


def _call_again(follow_up: FollowUp, rep: User, owner: User, index: int, at: dt.datetime) -> None:
    dials = _DIALS.get(index, ("person",))
    stamps: dict = {"first_attempted_at": at}
    for number, reached in enumerate(dials):
        moment = at + number * HOUR
        is_last = number == len(dials) - 1
        result = "appointment" if index < 3 and is_last else "call_back" if reached == "person" else "no_answer"
        call = make_call(follow_up.lead, rep, moment, reached=reached, result=result, follow_up=follow_up)
        if reached == "person":
            stamps.setdefault("connected_at", moment)
    if index < 3:
        stamps["appointment_at"] = moment
        later = {"held_at": moment + DAY, "opportunity_at": moment + 2 * DAY, "won_at": moment + 3 * DAY}
        reached_steps = dict(list(later.items())[: (3, 1, 0)[index]])
        stamps |= reached_steps
        stage = ("won", "held", "appointment")[index]
        make_deal(follow_up, owner, call=call, stage=stage, amount_yen=500_000, **reached_steps)
    FollowUp.objects.filter(pk=follow_up.pk).update(**stamps)
