"""Writing a lead down and editing it: doubles are asked about, a form that was overtaken shows both sides."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, Role, require
from config import clock
from leads import selectors
from leads.forms.lead import LeadForm, NewLeadForm
from leads.models import Company, Lead, LeadList
from leads.services.doubles import find_doubles
from leads.services.leads import create_lead, update_lead


@require_http_methods(["GET", "POST"])
@require(Permission.EDIT_LEADS)
def lead_create(request: HttpRequest) -> HttpResponse:
    """Write down a new person, at a company of one's own leads (`?company=`) or at a new one."""
    company = _company(request)
    form = NewLeadForm(
        request.POST or None,
        company=company,
        teams=selectors.teams_for(request.user),
        lists=LeadList.objects.for_user(request.user).order_by("name", "pk"),
    )
    doubles = []
    if request.method == "POST" and form.is_valid():
        doubles = _unconfirmed(form, request.user)
        if not doubles:
            return _created(request, form, company)
    return _page(request, form, {"company": company, "doubles": doubles})


@require_http_methods(["GET", "POST"])
@require(Permission.EDIT_LEADS)
def lead_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit a lead as the form showed it; whoever was overtaken sees what stands now beside what they typed."""
    lead = _lead(request, pk)
    form = LeadForm(request.POST or None, lead=lead, phones=selectors.numbers_of(lead))
    context = {"lead": lead, "doubles": [], "conflicts": []}
    if request.method == "POST" and form.is_valid():
        context["doubles"] = _unconfirmed(form, request.user, apart_from=pk)
        if not context["doubles"]:
            try:
                return _updated(request, form, lead)
            except ValidationError as refusal:
                if refusal.code != "stale":
                    raise
                return _overtaken(request, form, pk)
    return _page(request, form, context)


def _lead(request: HttpRequest, pk: int) -> Lead:
    return get_object_or_404(Lead.objects.for_user(request.user).select_related("company", "owner"), pk=pk)


def _company(request: HttpRequest) -> Company | None:
    """The company of `?company=`, when the user may see somebody there."""
    wanted = request.GET.get("company")
    if not wanted:
        return None
    if not wanted.isdecimal():
        raise Http404
    visible = Lead.objects.for_user(request.user).filter(company=wanted)
    return get_object_or_404(Company.objects.filter(pk__in=visible.values("company")))


def _unconfirmed(form: LeadForm, user, *, apart_from: int | None = None) -> list[selectors.Double]:
    """Possible doubles nobody has let pass; all of them when there is a new one. An edit asks about new facts only."""
    if apart_from and not _tells_apart(form):
        return []
    doubles = selectors.possible_doubles(form.lead_input, user, apart_from=apart_from)
    return doubles if {double.lead.pk for double in doubles} - form.confirmed_ids else []


def _tells_apart(form: LeadForm) -> bool:
    """Whether the edit touched what a double is known by."""
    names = ("name", "email", "company_name", "company_corporate_number", "phone_")
    return any(changed.startswith(names) for changed in form.changed_data)


def _created(request: HttpRequest, form: NewLeadForm, company: Company | None) -> HttpResponse:
    by = request.user
    owner = by if by.role in (Role.REP, Role.AGENCY_REP) else None
    lead = create_lead(
        data=form.lead_input,
        team=form.cleaned_data["team"],
        lead_list=form.cleaned_data["lead_list"],
        owner=owner,
        company=company,
        by=by,
        now=clock.now(),
    )
    find_doubles(lead_ids=[lead.pk], now=clock.now())
    messages.success(request, _("リードを登録しました。"))
    _warn_of_blocked(request, form)
    return redirect("leads:detail", pk=lead.pk)


def _updated(request: HttpRequest, form: LeadForm, lead: Lead) -> HttpResponse:
    update_lead(
        lead=lead,
        data=form.lead_input,
        version=form.cleaned_data["version"] or 0,
        by=request.user,
        now=clock.now(),
    )
    messages.success(request, _("リードを更新しました。"))
    _warn_of_blocked(request, form)
    return redirect("leads:detail", pk=lead.pk)


def _warn_of_blocked(request: HttpRequest, form: LeadForm) -> None:
    blocked = selectors.blocked_among(form.lead_input.numbers)
    if blocked:
        messages.warning(request, _("架電禁止の番号が含まれています。この番号には架電できません。"))


def _overtaken(request: HttpRequest, form: LeadForm, pk: int) -> HttpResponse:
    """409 with everything typed still in the form; sending it once more writes it over what stands now."""
    lead = _lead(request, pk)
    fresh = LeadForm(lead=lead, phones=selectors.numbers_of(lead))
    conflicts = form.differences_to(fresh)
    form.data = form.data.copy()
    form.data["version"] = lead.version
    return _page(request, form, {"lead": lead, "conflicts": conflicts, "overtaken": True}, status=409)


def _page(request: HttpRequest, form: LeadForm, context: dict, status: int = 200) -> HttpResponse:
    if status == 200 and form.is_bound and form.errors:
        status = 422
    return render(request, "leads/form.html", {"form": form, **context}, status=status)
