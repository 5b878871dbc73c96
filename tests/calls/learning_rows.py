"""Outcomes in bulk: many reactions, each with what was known then and what came of it."""

import datetime as dt
import random

from calls.learning import Example
from calls.models import FollowUp
from leads.models import Company, Lead, Signal
from leads.tiering import day_of

DAY = dt.timedelta(days=1)
INDUSTRIES = ("製造業", "小売業", "医療", "建設業")


def made_up(count: int, seed: int, *, planted: bool, start: dt.datetime) -> list[Example]:
    """Examples an hour apart; what the rule makes of them is chance, and so is all else unless a signal is planted."""
    chance = random.Random(seed)
    found = []
    for index in range(count):
        industry = chance.choice(INDUSTRIES)
        features = {f"industry={industry}": 1.0, "created": chance.random(), "email": float(chance.random() < 0.5)}
        share = (0.7 if industry == "製造業" else 0.08) if planted else 0.24
        at = start + index * dt.timedelta(hours=1)
        found.append(Example(at, features, chance.random() < share, float(chance.randrange(101))))
    return found


def make_outcomes(
    team, now: dt.datetime, count: int, *, seed: int = 1, planted: bool = True, oldest: int = 200
) -> None:
    """`count` reactions between `oldest` and 31 days ago. Planted: industry 製造業 is what appointments come from."""
    chance = random.Random(seed)
    companies = {name: Company.objects.get_or_create(name=name, industry=name)[0] for name in INDUSTRIES}
    drawn = [chance.choice(INDUSTRIES) for _ in range(count)]
    step = (oldest - 31) * DAY / max(count, 1)
    ats = [now - oldest * DAY + index * step for index in range(count)]
    leads = Lead.objects.bulk_create(
        Lead(company=companies[name], name=f"{index}", team=team, created_at=at)
        for index, (name, at) in enumerate(zip(drawn, ats, strict=True))
    )
    signals = Signal.objects.bulk_create(
        Signal(lead=lead, kind="inquiry", occurred_at=at) for lead, at in zip(leads, ats, strict=True)
    )
    won = [chance.random() < ((0.7 if name == "製造業" else 0.08) if planted else 0.3) for name in drawn]
    FollowUp.objects.bulk_create(
        _follow_up(team, lead, signal, at, name, is_won, chance)
        for lead, signal, at, name, is_won in zip(leads, signals, ats, drawn, won, strict=True)
    )


def _follow_up(team, lead, signal, at, industry, is_won, chance) -> FollowUp:
    ends = at + 3 * DAY
    return FollowUp(
        lead=lead,
        team=team,
        reaction_signal=signal,
        reaction_at=at,
        raw_opens_at=at,
        raw_closes_at=ends,
        opens_at=at,
        closes_at=ends,
        state=FollowUp.State.CLOSED,
        close_reason="appointment" if is_won else "refused",
        tier="A",
        first_attempted_at=at + DAY,
        appointment_at=at + 2 * DAY if is_won else None,
        closed_at=at + 2 * DAY,
        facts=_snapshot(at, industry, chance),
    )


def _snapshot(at: dt.datetime, industry: str, chance: random.Random) -> dict:
    return {
        "at": at.isoformat(),
        "signals": [[chance.choice(("inquiry", "seminar", "reply")), day_of(at)]],
        "created_at": day_of(at - chance.randrange(100) * DAY),
        "last_called_at": None,
        "stage": "new",
        "call_count": 0,
        "source": "",
        "lead_list": None,
        "industry": industry,
        "has_email": chance.random() < 0.5,
    }
