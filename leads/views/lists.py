"""The lists leads came from, with what is in them."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, can, require
from leads import selectors

PAGE = 50


@require_http_methods(["GET"])
@require(Permission.SEE_LEADS)
def lists(request: HttpRequest) -> HttpResponse:
    """Lists with their leads, tier mix and how many can be called; each opens its leads."""
    page = Paginator(selectors.lists_for(request.user), PAGE).get_page(request.GET.get("page"))
    page.object_list = selectors.with_counts(list(page.object_list), request.user)
    return render(
        request,
        "leads/lists.html",
        {
            "page_obj": page,
            "can_import": can(request.user, Permission.IMPORT),
            "can_merge": can(request.user, Permission.REASSIGN),
            "open_doubles": selectors.open_doubles(request.user),
        },
    )
