"""What somebody owes a lead besides a call: settling it."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from calls.models import NextAction


@transaction.atomic
def finish_action(*, action: NextAction, by: User, now: dt.datetime) -> bool:
    """Mark an open next action done. Doing it twice changes nothing; returns whether this did it."""
    done = NextAction.objects.open().filter(pk=action.pk).update(done_at=now)
    if done:
        audit.record(by=by, now=now, verb="finish_action", target=action, changes={"done_at": [None, now.isoformat()]})
    return bool(done)
