"""Teams, for admins."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts import selectors
from accounts.forms import TeamForm
from accounts.models import Team
from accounts.permissions import Permission, require
from accounts.services.teams import create_team, update_team
from config import clock


@require_GET
@require(Permission.MANAGE_USERS)
def team_list(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/teams.html", {"teams": selectors.teams_with_counts()})


@require_http_methods(["GET", "POST"])
@require(Permission.MANAGE_USERS)
def new_team(request: HttpRequest) -> HttpResponse:
    def save(values: dict) -> Team:
        return create_team(by=request.user, now=clock.now(), **values)

    return _team_form(request, None, save, _("チームを作成しました。"))


@require_http_methods(["GET", "POST"])
@require(Permission.MANAGE_USERS)
def team(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Team, pk=pk)

    def save(values: dict) -> Team:
        return update_team(team=found, by=request.user, now=clock.now(), **values)

    return _team_form(request, found, save, _("チームを保存しました。"))


def _team_form(request: HttpRequest, found: Team | None, save, done: str) -> HttpResponse:
    # A copy: a refused form must not write its values into the team the page is about.
    copy = Team(name=found.name, is_agency=found.is_agency) if found else None
    form = TeamForm(request.POST or None, instance=copy)
    if request.method == "POST" and form.is_valid():
        try:
            save(form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect("accounts:teams")
    return render(request, "accounts/team.html", {"form": form, "team": found}, status=422 if form.errors else 200)
