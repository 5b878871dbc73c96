"""What an appointment won on the phone hands to the deals app, and the one port it goes through.

`calls` may not import `deals`; the function that opens the deal in the same transaction is named in settings.
"""

import datetime as dt

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.models import User
from calls.inputs import AppointmentDetails
from calls.models import Call

__all__ = ["AppointmentDetails", "hand_to_deals"]


def hand_to_deals(*, call: Call, details: AppointmentDetails, by: User, now: dt.datetime) -> None:
    """Open the deal of `call` inside the running transaction."""
    import_string(settings.APPOINTMENT_HANDLER)(call=call, details=details, by=by, now=now)
