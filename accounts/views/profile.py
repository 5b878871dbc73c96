"""A person's own settings, and working time: everybody's own, a manager's people's, everybody's for an admin."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import selectors
from accounts.forms import AbsenceForm, ProfileForm, WorkingHoursForm
from accounts.models import User
from accounts.permissions import Permission, can, require
from accounts.services.people import update_profile
from accounts.services.schedule import add_absence, delete_absence, set_working_hours
from config import clock


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name and language of the signed-in person."""
    person = User.objects.select_related("team").prefetch_related("managed_teams").get(pk=request.user.pk)
    form = ProfileForm(request.POST or None, instance=User(name=person.name, language=person.language))
    if request.method == "POST" and form.is_valid():
        update_profile(user=person, by=person, now=clock.now(), **form.cleaned_data)
        messages.success(request, _("プロフィールを保存しました。"))
        return redirect("accounts:profile")
    context = {"form": form, "person": person}
    return render(request, "accounts/profile.html", context, status=422 if form.errors else 200)


@require_GET
@require(Permission.SEE_PEOPLE)
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """Working hours and absences of one person."""
    return _schedule(request, _person(request, pk))


@require_POST
@require(Permission.SEE_PEOPLE)
def set_hours(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    form = WorkingHoursForm(request.POST, rows=selectors.hours_of(person))
    if form.is_valid():
        try:
            set_working_hours(user=person, by=request.user, now=clock.now(), blocks=form.cleaned_data["blocks"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("勤務時間を保存しました。"))
            return redirect("accounts:schedule", person.pk)
    return _schedule(request, person, hours_form=form)


@require_POST
@require(Permission.SEE_PEOPLE)
def enter_absence(request: HttpRequest, pk: int) -> HttpResponse:
    person = _person(request, pk)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        values = {field: form.cleaned_data[field] for field in ("starts_at", "ends_at", "reason")}
        try:
            add_absence(user=person, by=request.user, now=clock.now(), **values)
        except ValidationError as error:
            form.add_error("starts_on", error)
        else:
            messages.success(request, _("不在を登録しました。"))
            return redirect("accounts:schedule", person.pk)
    return _schedule(request, person, absence_form=form)


@require_POST
@require(Permission.SEE_PEOPLE)
def cancel_absence(request: HttpRequest, pk: int, absence_pk: int) -> HttpResponse:
    person = _person(request, pk)
    absence = get_object_or_404(person.absences, pk=absence_pk)
    try:
        delete_absence(absence=absence, by=request.user, now=clock.now())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("不在を取り消しました。"))
    return redirect("accounts:schedule", person.pk)


def _person(request: HttpRequest, pk: int) -> User:
    return get_object_or_404(User.objects.for_user(request.user), pk=pk)


def _schedule(
    request: HttpRequest,
    person: User,
    hours_form: WorkingHoursForm | None = None,
    absence_form: AbsenceForm | None = None,
) -> HttpResponse:
    is_refused = bool(hours_form or absence_form)
    context = {
        "person": person,
        "is_own": person.pk == request.user.pk,
        "may_see_members": can(request.user, Permission.SEE_MEMBERS),
        "hours_form": hours_form or WorkingHoursForm(rows=selectors.hours_of(person)),
        "absence_form": absence_form or AbsenceForm(),
        "absences": selectors.coming_absences(person, clock.now()),
        "now": clock.now(),
    }
    return render(request, "accounts/schedule.html", context, status=422 if is_refused else 200)
