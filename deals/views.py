"""The deals pages: list, one deal with its hand-over sheet, the lead page's panel, inbound deals, calling costs."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Role, User
from accounts.permissions import Permission, can, require
from calls.inputs import AppointmentDetails
from config import clock
from config.acts import act_of
from deals import pipeline, selectors
from deals.forms import CostForm, DealFilter, EditForm, InboundForm, MoveForm, ReturnForm, VersionForm
from deals.models import Deal, Handover
from deals.selectors import is_narrowed
from deals.services.answer_handover import accept_handover, return_handover
from deals.services.costs import set_calling_cost
from deals.services.mail import invitation_for
from deals.services.move_deal import move_deal
from deals.services.open_deal import enter_inbound_deal
from deals.services.update_deal import update_deal
from deals.sheet import call_lines, fact_lines, phone_lines
from leads.models import Lead

PAGE_SIZE = 25
COSTS_PAGE_SIZE = 24
DEALS = Deal.objects.select_related(
    "lead__company", "owner", "set_by", "team", "handover__answered_by", "appointment_call", "follow_up"
)
# What the buttons say; a stage's own name is a state, not an act.
MOVE_LABELS = {
    "held": gettext_lazy("実施した"),
    "no_show": gettext_lazy("実施できなかった"),
    "appointment": gettext_lazy("日程を組み直す"),
    "opportunity": gettext_lazy("案件にする"),
    "won": gettext_lazy("受注にする"),
    "lost": gettext_lazy("失注にする"),
}

QUICK = ("held", "no_show")  # one press each, for the moment after a meeting


@require_GET
@require(Permission.SEE_DEALS)
def deal_list(request: HttpRequest) -> HttpResponse:
    """商談: what is new, today's and waiting on top, then all deals with filters."""
    now = clock.now()
    form = DealFilter(request.GET, owners=selectors.owners_of(request.user))
    filters = form.readable()
    deals = selectors.deals_for_list(user=request.user, filters=filters, now=now)
    context = {
        "form": form,
        "filters": filters,
        "boxes": selectors.boxes(user=request.user, now=now),
        "page_obj": Paginator(deals, PAGE_SIZE).get_page(request.GET.get("page")),
        "sort": filters["sort"] or selectors.DEFAULT_SORT,
        "is_narrowed": is_narrowed(filters),
        "shows_boxes": request.user.role == Role.FIELD_SALES and not is_narrowed(filters),
        "shows_owner": request.user.role != Role.FIELD_SALES,
        "may_edit_costs": can(request.user, Permission.EDIT_COSTS),
        "now": now,
    }
    response = render(request, "deals/list.html#results" if request.htmx else "deals/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


@require_GET
@require(Permission.SEE_DEALS)
def deal_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One deal: the sheet, what may be done now, the history."""
    deal = get_object_or_404(DEALS.for_user(request.user), pk=pk)
    return _detail(request, deal)


@act_of("deals:detail")
@require(Permission.MOVE_DEALS)
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept the hand-over."""
    deal = _movable(request, pk)
    form = VersionForm(request.POST)
    return _carry_out(
        request,
        deal,
        form,
        lambda values: accept_handover(deal=deal, by=request.user, now=clock.now(), **values),
        _("引継ぎを受理しました。"),
    )


@act_of("deals:detail")
@require(Permission.MOVE_DEALS)
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the hand-over with a reason."""
    deal = _movable(request, pk)
    form = ReturnForm(request.POST)
    return _carry_out(
        request,
        deal,
        form,
        lambda values: return_handover(deal=deal, by=request.user, now=clock.now(), **values),
        _("差し戻しました。新しい二次架電の枠が開き、架電担当に知らせました。"),
    )


@act_of("deals:detail")
@require(Permission.MOVE_DEALS)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the deal to the posted stage."""
    deal = _movable(request, pk)
    to = request.POST.get("to", "")
    if to not in Deal.Stage.values:
        raise Http404
    form = MoveForm(request.POST, to=to)
    return _carry_out(
        request,
        deal,
        form,
        lambda values: move_deal(deal=deal, to=to, by=request.user, now=clock.now(), **values),
        _("状態を「%(stage)s」に変更しました。") % {"stage": Deal.Stage(to).label},
    )


@act_of("deals:detail")
@require(Permission.MOVE_DEALS)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Amount, close date, and the meeting while it is planned."""
    deal = _movable(request, pk)
    form = EditForm(request.POST, deal=deal)
    return _carry_out(
        request,
        deal,
        form,
        lambda values: update_deal(deal=deal, by=request.user, now=clock.now(), **values),
        _("商談の内容を保存しました。"),
    )


@require_GET
@require(Permission.SEE_DEALS)
def calendar_file(request: HttpRequest, pk: int) -> HttpResponse:
    """The meeting as a file for the owner's calendar."""
    deal = get_object_or_404(DEALS.for_user(request.user), pk=pk)
    response = HttpResponse(invitation_for(deal, clock.now()), content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="deal-{deal.pk}.ics"'
    return response


@require_GET
@require(Permission.SEE_DEALS)
def panel(request: HttpRequest, lead_id: int) -> HttpResponse:
    """The lead page's slot: this lead's deals."""
    lead = get_object_or_404(Lead.objects.for_user(request.user), pk=lead_id)
    context = {
        "lead": lead,
        "deals": selectors.deals_of_lead(lead=lead, user=request.user),
        "may_enter": can(request.user, Permission.MOVE_DEALS),
        "now": clock.now(),
    }
    return render(request, "deals/panel.html", context)


@require_http_methods(["GET", "POST"])
@require(Permission.MOVE_DEALS)
def enter(request: HttpRequest, lead_id: int) -> HttpResponse:
    """Enter an inbound appointment on a lead."""
    lead = get_object_or_404(Lead.objects.for_user(request.user).select_related("company"), pk=lead_id)
    owners = _possible_owners(request.user)
    form = InboundForm(request.POST or None, owners=owners, initial={"owner": owners.first()})
    if request.method == "POST" and form.is_valid():
        try:
            details = AppointmentDetails(**form.cleaned_data)
            deal = enter_inbound_deal(lead=lead, details=details, by=request.user, now=clock.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("インバウンドの商談を登録しました。"))
            return redirect("deals:detail", deal.pk)
    return render(request, "deals/enter.html", {"form": form, "lead": lead}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@require(Permission.EDIT_COSTS)
def costs(request: HttpRequest) -> HttpResponse:
    """Calling costs per month and team: the list and one form; saving a month that stands replaces it."""
    teams = selectors.teams_with_costs(request.user)
    form = CostForm(request.POST or None, teams=teams, initial=_cost_to_edit(request))
    if request.method == "POST" and form.is_valid():
        cost = set_calling_cost(by=request.user, now=clock.now(), **form.cleaned_data)
        messages.success(
            request,
            _("%(team)s・%(month)sの架電コストを保存しました。") % {"team": cost.team, "month": f"{cost.month:%Y-%m}"},
        )
        return redirect("deals:costs")
    context = {
        "form": form,
        "page_obj": Paginator(selectors.calling_costs(request.user), COSTS_PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "deals/costs.html", context, status=422 if form.errors else 200)


def _movable(request: HttpRequest, pk: int) -> Deal:
    return get_object_or_404(DEALS.movable_by(request.user), pk=pk)


def _carry_out(request: HttpRequest, deal: Deal, form: Form, act, done: str) -> HttpResponse:
    """Run `act` with the form's values and go back to the deal. A refusal at a field shows the form again; one of
    the whole act is a message on the page as it stands now."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except ValidationError as error:
            if hasattr(error, "error_dict"):
                form.add_error(None, error)
            else:
                messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, done)
    elif "version" in form.errors or not form.visible_fields():
        messages.error(request, _("送信された内容を読み取れませんでした。もう一度操作してください。"))
        return redirect("deals:detail", deal.pk)
    if form.errors:
        return _detail(request, deal, form)
    return redirect("deals:detail", deal.pk)


def _detail(request: HttpRequest, deal: Deal, refused: Form | None = None) -> HttpResponse:
    now, user = clock.now(), request.user
    may_move = Deal.objects.movable_by(user).filter(pk=deal.pk).exists()
    handover = getattr(deal, "handover", None)
    sheet = handover.sheet if handover else {}
    version = {"version": deal.version}
    context = {
        "deal": deal,
        "handover": handover,
        "sheet": sheet,
        "facts": fact_lines(sheet),
        "calls": call_lines(sheet),
        "phones": phone_lines(sheet),
        "history": selectors.history_of(deal),
        "may_move": may_move,
        "may_answer": may_move and bool(handover) and handover.status == Handover.Status.PENDING,
        "may_return": may_move and bool(handover and deal.appointment_call_id) and deal.stage == Deal.Stage.APPOINTMENT,
        "moves": _moves(request, deal, refused, now) if may_move else [],
        "awaits_start": deal.stage == Deal.Stage.APPOINTMENT and now < deal.starts_at,
        "awaits_result": may_move and deal.stage == Deal.Stage.APPOINTMENT and now >= deal.starts_at,
        "accept_form": VersionForm(initial=version),
        "return_form": refused if isinstance(refused, ReturnForm) else ReturnForm(initial=version),
        "edit_form": refused if isinstance(refused, EditForm) else EditForm(deal=deal),
        "may_edit": may_move and deal.stage not in ("lost", "returned"),
        "now": now,
    }
    return render(request, "deals/detail.html", context, status=422 if refused else 200)


def _moves(request: HttpRequest, deal: Deal, refused: Form | None, now) -> list[dict]:
    """Each move that may be made now with its label, its form, and whether it was just refused."""
    allowed = pipeline.moves_from(stage=deal.stage, role=request.user.role, starts_at=deal.starts_at, now=now)
    posted = request.POST.get("to") if isinstance(refused, MoveForm) else None
    return [
        {
            "to": each.to_stage,
            "label": MOVE_LABELS[each.to_stage],
            "form": refused if posted == each.to_stage else MoveForm(to=each.to_stage, deal=deal),
            "is_open": posted == each.to_stage,
            "is_quick": each.to_stage in QUICK,
        }
        for each in allowed
        if each.to_stage != Deal.Stage.RETURNED
    ]


def _possible_owners(user: User):
    if user.role == Role.FIELD_SALES:
        return User.objects.filter(pk=user.pk)
    return User.objects.field_sales().order_by("name", "pk")


def _cost_to_edit(request: HttpRequest) -> dict:
    """The row whose pencil was pressed, or an empty month."""
    wanted = request.GET.get("cost", "")
    if not wanted:
        return {
            "month": timezone.localdate(clock.now()).replace(day=1),
            "people_yen": 0,
            "agency_yen": 0,
            "tools_yen": 0,
        }
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    cost = get_object_or_404(selectors.calling_costs(request.user), pk=wanted)
    return {field: getattr(cost, field) for field in ("team", "month", "people_yen", "agency_yen", "tools_yen")}
