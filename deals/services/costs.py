"""What calling cost: one row per team and month."""

import datetime as dt

from django.db import transaction

from accounts.models import Team, User
from accounts.services import audit
from deals.models import CallingCost

FIELDS = ("people_yen", "agency_yen", "tools_yen")


@transaction.atomic
def set_calling_cost(
    *,
    team: Team,
    month: dt.date,
    people_yen: int,
    agency_yen: int,
    tools_yen: int,
    by: User | None,
    now: dt.datetime,
) -> CallingCost:
    """Write the month's costs of `team`, in yen, over what stood there; any day of the month names it."""
    values = dict(zip(FIELDS, (people_yen, agency_yen, tools_yen), strict=True))
    cost, created = CallingCost.objects.get_or_create(team=team, month=month.replace(day=1), defaults=values)
    before = dict.fromkeys(FIELDS) if created else {field: getattr(cost, field) for field in FIELDS}
    for field, value in values.items():
        setattr(cost, field, value)
    cost.save(update_fields=FIELDS)
    changes = audit.differences(before, values)
    if changes:
        audit.record(by=by, now=now, verb="set_calling_cost", target=cost, changes=changes)
    return cost
