"""Every count against a second computation: plain Python over the raw rows, for random histories and filters."""

import datetime as dt
import random
from dataclasses import asdict, replace

import pytest

from accounts.models import Role, Team, User
from calls.models import Call, FollowUp
from deals.models import CallingCost, Deal
from leads.models import Lead
from reports.periods import Period
from reports.selectors import Basis, ReportFilter, counts
from tests.conftest import TOKYO
from tests.reports.facts import make_call, make_deal, make_follow_up, make_lead, make_list

START = dt.datetime(2026, 5, 25, tzinfo=TOKYO)
STEPS = ("first_attempted_at", "connected_at", "appointment_at", "held_at", "opportunity_at", "won_at")


class History:
    """Some weeks of three teams: people change teams, calls fall on midnights, follow-ups stop at any step."""

    def __init__(self, seed: int):
        self.luck = random.Random(seed)
        self.teams = [Team.objects.create(name=f"チーム{seed}-{number}", is_agency=number == 2) for number in range(3)]
        self.people = [self._person(seed, number) for number in range(5)]
        self.owner = User.objects.create_user(f"o{seed}@example.jp", name="営業", role=Role.FIELD_SALES)
        self.lists = [make_list(team, f"リスト{seed}-{team.pk}") for team in self.teams]
        for _ in range(14):
            self._lead()
        for team in self.teams[:2]:
            for month in (5, 6, 7):
                yen = self.luck.randrange(1000)
                CallingCost.objects.create(team=team, month=dt.date(2026, month, 1), people_yen=yen, agency_yen=7)

    def _person(self, seed: int, number: int) -> User:
        team = self.teams[number % 3]
        role = Role.AGENCY_REP if team.is_agency else Role.REP
        return User.objects.create_user(f"p{seed}-{number}@example.jp", name=f"人{number}", role=role, team=team)

    def _moment(self, after: dt.datetime = START, hours: int = 24 * 40) -> dt.datetime:
        """Half of them on a day's edge, in Tokyo or in UTC."""
        moment = after + dt.timedelta(minutes=self.luck.randrange(1, hours * 60))
        if self.luck.random() < 0.5:
            edge = moment.replace(hour=self.luck.choice((0, 9)), minute=0) + dt.timedelta(
                minutes=self.luck.choice((-1, 0, 1))
            )
            return max(edge, after)
        return moment

    def _lead(self) -> None:
        luck, rep = self.luck, self.luck.choice(self.people)
        if luck.random() < 0.2:
            rep.team = luck.choice(self.teams)
            rep.save()
        lead_list = luck.choice([*self.lists, None])
        lead = make_lead(
            luck.choice(self.teams),
            at=self._moment(),
            lead_list=lead_list,
            source=luck.choice(("展示会", "紹介", "")),
            industry=luck.choice(("製造業", "小売業")),
            tier=luck.choice("ABC"),
            owner=luck.choice([*self.people, None]),
        )
        for _ in range(luck.randrange(3)):
            make_call(lead, rep, self._moment(), reached=luck.choice(("nobody", "gatekeeper", "person")))
        if luck.random() < 0.75:
            self._follow_up(lead, rep)

    def _follow_up(self, lead: Lead, rep: User) -> None:
        luck, reaction = self.luck, self._moment()
        opens = reaction + dt.timedelta(hours=luck.choice((24, 30)))
        closes = opens + dt.timedelta(hours=luck.choice((1, 48)))
        stamps, moment = {}, self._moment(reaction, 24 * 5)
        for step in STEPS[: luck.randrange(len(STEPS) + 1)]:
            stamps[step] = moment
            moment = self._moment(moment, 24 * 6)
        call = make_call(lead, rep, reaction, reached="person", result="reaction", tier=luck.choice("ABC"))
        follow_up = make_follow_up(
            lead,
            luck.choice((rep, luck.choice(self.people), None)),
            reaction,
            call=call,
            opens_at=luck.choice((opens, stamps.get("first_attempted_at", opens))),
            closes_at=max(closes, stamps.get("first_attempted_at", closes) + dt.timedelta(minutes=luck.randrange(2)))
            + dt.timedelta(minutes=1),
            team=luck.choice(self.teams),
            tier=luck.choice("ABC"),
            **stamps,
        )
        for _ in range(luck.randrange(4) if stamps else 0):
            reached = luck.choice(("nobody", "other", "person"))
            again = make_call(
                lead, luck.choice(self.people), self._moment(reaction), reached=reached, follow_up=follow_up
            )
            if "appointment_at" in stamps and luck.random() < 0.5:
                self._deal(follow_up, again, stamps)

    def _deal(self, follow_up: FollowUp, call: Call, stamps: dict) -> None:
        origin = self.luck.choice(("second_call", "second_call", "inbound"))
        make_deal(follow_up, self.owner, call=call, origin=origin, won_at=stamps.get("won_at"))

    def some_filter(self) -> ReportFilter:
        luck = self.luck
        first = dt.date(2026, 5, 20) + dt.timedelta(days=luck.randrange(40))
        cuts = {
            "team_id": luck.choice(self.teams).pk,
            "rep_id": luck.choice([0, *(person.pk for person in self.people)]),
            "tier": luck.choice("ABC"),
            "list_id": luck.choice(self.lists).pk,
            "source": luck.choice(("展示会", "紹介")),
            "industry": "製造業",
            "is_agency": luck.choice((True, False)),
        }
        chosen = luck.sample(sorted(cuts), luck.choice((0, 0, 1, 1, 2)))
        return ReportFilter(
            user=None,
            period=Period(first, first + dt.timedelta(days=luck.choice((0, 6, 29, 60)))),
            as_of=self._moment(START, 24 * 90),
            basis=luck.choice(tuple(Basis)),
            **{cut: cuts[cut] for cut in chosen},
        )


def by_hand(report: ReportFilter) -> dict[str, int | None]:  # noqa: C901 - one plain pass, on purpose unlike the app's
    """The counts by walking through the rows."""
    first_day, last_day = report.period.start, report.period.end

    def in_period(moment) -> bool:
        return (
            moment is not None and first_day <= moment.astimezone(TOKYO).date() <= last_day and moment <= report.as_of
        )

    def happened(follow_up, moment) -> bool:
        if report.basis == "activity":
            return in_period(moment)
        return in_period(follow_up.reaction_at) and moment is not None and moment <= report.as_of

    def passes(row, lead, rep_id, tier, is_agency) -> bool:
        wanted = (
            (report.team_id, row.team_id),
            (report.tier or None, tier),
            (report.list_id, lead.lead_list_id),
            (report.source or None, lead.source),
            (report.industry or None, lead.company.industry),
        )
        if any(want is not None and want != have for want, have in wanted):
            return False
        if report.rep_id is not None and (rep_id or 0) != report.rep_id:
            return False
        return report.is_agency is None or is_agency == report.is_agency

    found = dict.fromkeys(asdict(counts(replace(report, list_id=-1))), 0)
    called, reached, customers = set(), set(), set()
    for lead in Lead.objects.all():
        is_agency = lead.team.is_agency or bool(lead.owner and lead.owner.role == "agency_rep")
        if passes(lead, lead, lead.owner_id, lead.tier, is_agency):
            day = lead.created_at.astimezone(TOKYO).date()
            found["leads"] += day <= last_day and lead.created_at <= report.as_of
    for call in Call.objects.all():
        if not passes(call, call.lead, call.rep_id, call.tier, call.is_agency):
            continue
        if call.kind == "first" and in_period(call.called_at):
            found["first_calls"] += 1
            called.add(call.lead_id)
            if call.reached == "person":
                reached.add(call.lead_id)
        if call.kind == "second" and happened(call.follow_up, call.called_at):
            found["second_calls"] += 1
            found["second_calls_connected"] += call.connection == "yes"
            found["second_calls_reached"] += call.reached == "person"
    for each in FollowUp.objects.all():
        if not passes(each, each.lead, each.rep_id, each.tier, each.is_agency):
            continue
        found["follow_ups_opened"] += in_period(each.reaction_at)
        attempt = each.first_attempted_at
        if happened(each, each.closes_at):
            found["windows_closed"] += 1
            found["on_time_stored"] += attempt is not None and each.opens_at <= attempt <= each.closes_at
            found["on_time_raw"] += attempt is not None and each.raw_opens_at <= attempt <= each.raw_closes_at
        for code, moment in (
            ("follow_ups_attempted", attempt),
            ("follow_ups_reached", each.connected_at),
            ("appointments", each.appointment_at),
            ("appointments_held", each.held_at),
            ("opportunities", each.opportunity_at),
            ("won", each.won_at),
        ):
            found[code] += happened(each, moment)
    for deal in Deal.objects.all():
        call = deal.appointment_call
        if deal.origin == "inbound" or not passes(deal, deal.lead, deal.set_by_id, call.tier, call.is_agency):
            continue
        if happened(deal.follow_up, deal.won_at):
            customers.add(deal.lead.company_id)
    found |= {
        "leads_first_called": len(called),
        "first_leads_reached": len(reached),
        "customers_won": len(customers),
        "cost_yen": _cost_by_hand(report),
    }
    return found


def _cost_by_hand(report: ReportFilter) -> int | None:
    finer = (report.tier, report.list_id, report.source, report.industry)
    if any(finer) or report.rep_id is not None or report.is_agency is not None:
        return None
    shares = []
    for cost in CallingCost.objects.all():
        if report.team_id not in (None, cost.team_id):
            continue
        days = [cost.month + dt.timedelta(days=number) for number in range(31)]
        days = [day for day in days if day.month == cost.month.month]
        inside = [day for day in days if report.period.start <= day <= report.period.end]
        if inside:
            shares.append(int((cost.people_yen + cost.agency_yen + cost.tools_yen) * len(inside) / len(days) + 0.5))
    return sum(shares) if shares else None


@pytest.mark.parametrize("seed", range(12))
def test_counts_agree_with_a_count_by_hand(db, seed):
    history = History(seed)
    something = 0

    for _ in range(12):
        report = history.some_filter()
        expected = by_hand(report)
        assert asdict(counts(report)) == expected, report
        something += sum(value or 0 for value in expected.values())

    assert something > 100
