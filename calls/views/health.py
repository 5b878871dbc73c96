"""Whether the app is alive: the database answers, and the tick has run lately."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from calls.selectors import tick_health
from config import clock

STALE_SECONDS = 120


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while the database answers; `tick` says whether the periodic work is alive, and since when it is not."""
    health = tick_health(clock.now())
    age = health["last_tick_age_seconds"]
    state = "never" if age is None else "stale" if age > STALE_SECONDS else "ok"
    return JsonResponse({"status": "ok", "tick": state, **health})
