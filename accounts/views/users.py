"""People: the list for managers and admins; inviting, changing, deactivating for admins."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import selectors
from accounts.forms import InviteForm, UserFilter, UserForm
from accounts.models import User
from accounts.permissions import Permission, can, require
from accounts.services import people
from config import clock

PAGE_SIZE = 25


@require_GET
@require(Permission.SEE_MEMBERS)
def user_list(request: HttpRequest) -> HttpResponse:
    """Everybody for an admin, the own teams' for a manager."""
    form = UserFilter(request.GET, teams=selectors.teams_for(request.user))
    filters = form.readable()
    found = selectors.people_for_list(viewer=request.user, filters=filters)
    context = {
        "form": form,
        "page_obj": Paginator(found, PAGE_SIZE).get_page(request.GET.get("page")),
        "sort": filters["sort"] or selectors.DEFAULT_SORT,
        "is_narrowed": any(filters[name] for name in ("q", "role", "team", "state")),
        "may_manage": can(request.user, Permission.MANAGE_USERS),
        "now": clock.now(),
    }
    return render(request, "accounts/users.html#results" if request.htmx else "accounts/users.html", context)


@require_http_methods(["GET", "POST"])
@require(Permission.MANAGE_USERS)
def invite(request: HttpRequest) -> HttpResponse:
    """Create somebody and mail the link that sets the first password."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        now = clock.now()
        try:
            user = people.invite_user(
                by=request.user, now=now, site_url=request.build_absolute_uri("/"), **form.cleaned_data
            )
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _say_whether_sent(request, user, now)
            return redirect("accounts:users")
    return render(request, "accounts/invite.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@require(Permission.MANAGE_USERS)
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: what an admin may change, and what was changed before."""
    person = get_object_or_404(User.objects.for_user(request.user).select_related("team"), pk=pk)
    # A copy: a refused form must not write its values into the person the page is about.
    form = UserForm(request.POST or None, instance=User.objects.get(pk=pk))
    if request.method == "POST" and form.is_valid():
        try:
            people.update_user(user=person, by=request.user, now=clock.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("ユーザーを保存しました。"))
            return redirect("accounts:user", person.pk)
    context = {
        "form": form,
        "person": person,
        "is_own": person.pk == request.user.pk,
        "trail": selectors.trail_about(person),
        "now": clock.now(),
    }
    return render(request, "accounts/user.html", context, status=422 if form.errors else 200)


@require_POST
@require(Permission.MANAGE_USERS)
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, people.deactivate_user, _("ユーザーを停止しました。ログイン中の画面も終了しました。"))


@require_POST
@require(Permission.MANAGE_USERS)
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    return _switch(request, pk, people.reactivate_user, _("ユーザーを再開しました。"))


@require_POST
@require(Permission.MANAGE_USERS)
def resend_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User.objects.for_user(request.user), pk=pk)
    now = clock.now()
    try:
        people.resend_invitation(user=person, by=request.user, now=now, site_url=request.build_absolute_uri("/"))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _say_whether_sent(request, person, now)
    return redirect("accounts:user", person.pk)


def _switch(request: HttpRequest, pk: int, service, done: str) -> HttpResponse:
    person = get_object_or_404(User.objects.for_user(request.user), pk=pk)
    try:
        service(user=person, by=request.user, now=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("accounts:user", person.pk)


def _say_whether_sent(request: HttpRequest, person: User, now) -> None:
    if person.invited_at == now:
        messages.success(request, _("%(email)s に招待メールを送りました。") % {"email": person.email})
    else:
        messages.warning(
            request,
            _("招待メールを送れませんでした。メールの設定を確認し、ユーザーの画面から再送してください。"),
        )
