"""The bell and the page behind it."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from calls.models import Notice
from calls.services.notices import mark_read
from config import clock


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell with its count: a fragment that every page asks for each minute."""
    return render(
        request, "includes/bell.html", {"unread_count": Notice.objects.unread().filter(user=request.user).count()}
    )


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    mine = Notice.objects.filter(user=request.user).select_related("lead__company", "follow_up")
    page = Paginator(mine.order_by("-created_at", "-pk"), 50).get_page(request.GET.get("page"))
    return render(request, "calls/notices.html", {"page_obj": page, "now": clock.now()})


@require_POST
def mark_all_read(request: HttpRequest) -> HttpResponse:
    mark_read(user=request.user, now=clock.now())
    return redirect("calls:notices")
