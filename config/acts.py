"""Addresses that only act: whoever arrives by GET, after a log-in or with a reload, is shown the page instead."""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods


def act_of(page: str) -> Callable:
    """A view that answers POST; a GET is sent to `page`, a URL name that takes the same arguments, or none."""

    def decorate(view: Callable) -> Callable:
        @require_http_methods(["GET", "POST"])
        @wraps(view)
        def answer(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            if request.method == "GET":
                return redirect(page, *args, **kwargs)
            return view(request, *args, **kwargs)

        return answer

    return decorate
