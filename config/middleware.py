"""What every request passes through, beyond what the libraries bring."""

from django.contrib.auth import middleware as auth_middleware
from django_htmx.http import HttpResponseClientRedirect


class LoginRequiredMiddleware(auth_middleware.LoginRequiredMiddleware):
    """Login by default; an expired login under htmx sends the whole page to the login form, never the form
    into a fragment."""

    def handle_no_permission(self, request, view_func):
        response = super().handle_no_permission(request, view_func)
        if request.htmx and response.status_code == 302:
            return HttpResponseClientRedirect(response.url)
        return response
