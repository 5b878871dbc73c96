"""/healthz: whether the product does its work, for load balancers and alarms. No names, only figures."""

import time

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from calls import selectors
from config import clock

STALE_SECONDS = 120
STARTED = time.monotonic()


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers and periodic work was finished lately; else 503.

    A worker that lives but takes no task looks healthy to its host: only the age of the last finished tick tells. A
    web server that has just started gives the first tick the same time before it complains.
    """
    try:
        health = selectors.tick_health(clock.now())
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    age = health["last_tick_age_seconds"]
    tick = "never" if age is None else "stale" if age > STALE_SECONDS else "ok"
    late = tick != "ok" and time.monotonic() - STARTED > STALE_SECONDS
    return JsonResponse({"status": "late" if late else "ok", "tick": tick, **health}, status=503 if late else 200)
