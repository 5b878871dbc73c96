"""Where somebody starts, and in which language."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.views import i18n
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Role, User
from accounts.services.people import update_profile
from config import clock

# What each role opens first; the next one counts when a page is not part of this installation.
FIRST_PAGES = {
    Role.REP: ("calls:queue", "leads:list"),
    Role.AGENCY_REP: ("calls:queue", "leads:list"),
    Role.FIELD_SALES: ("deals:list",),
    Role.MANAGER: ("reports:funnel", "leads:list"),
    Role.ADMIN: ("leads:imports", "accounts:users"),
}
LAST_RESORT = "accounts:profile"


@require_http_methods(["GET", "HEAD"])
def home(request: HttpRequest) -> HttpResponse:
    """The page this role works on."""
    return redirect(first_page(request.user.role))


def first_page(role: str) -> str:
    for name in (*FIRST_PAGES[Role(role)], LAST_RESORT):
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    raise NoReverseMatch(LAST_RESORT)


@require_POST
@login_not_required
def set_language(request: HttpRequest) -> HttpResponse:
    """Kept on the signed-in person and, for the log-in page, in a cookie; back to where it was asked."""
    language = request.POST.get("language")
    if request.user.is_authenticated and language in dict(User._meta.get_field("language").choices):
        update_profile(user=request.user, by=request.user, now=clock.now(), language=language)
    return i18n.set_language(request)
