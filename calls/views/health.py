"""/healthz: whether the product does its work, for load balancers and alarms. No names, only figures."""

import time

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from calls import selectors

RED_AFTER_SECONDS = 120
STARTED = time.monotonic()


@require_safe
@never_cache
@login_not_required
def healthz(request):
    """200 while the database answers and periodic work was finished lately; else 503.

    A worker that lives but takes no task looks healthy to its host: only the age of the last finished tick tells. A
    web server that has just started waits as long for the first one.
    """
    try:
        figures = selectors.tick_health(timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    age, running = figures["last_tick_age_seconds"], time.monotonic() - STARTED
    late = min(running if age is None else age, running) > RED_AFTER_SECONDS
    return JsonResponse({"status": "late" if late else "ok", **figures}, status=503 if late else 200)
