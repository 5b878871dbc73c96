"""Tier rules: read, edited, tried out on the leads there are, saved, and looked back on. Only admins change them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, can, require
from config import clock
from config.acts import act_of
from config.celery import enqueue
from leads.forms.tier_rules import ListVariationForm, NoteForm, RuleForm, SourceVariationForm
from leads.models import LeadList, TierRuleVersion, TierSimulation
from leads.rule_words import differences
from leads.selectors import tier_basis
from leads.selectors.tier_rules import (
    RuleScope,
    events_of,
    history_of,
    own_version,
    rules_of,
    scope_of_version,
    sources_known,
    variations,
)
from leads.services.tier_rules import DRAFT, check_rules, end_variation, reset_to_defaults, save_rules
from leads.services.tier_simulations import (
    INLINE,
    has_own_base,
    is_outdated,
    run_simulation,
    scope_of,
    start_simulation,
)
from leads.tasks import retier_all, simulate_rules
from leads.tier_rules import as_json, from_json
from leads.tiering import DEFAULT_RULES, TierRules
from leads.views.acts import put_errors
from leads.views.tier_figures import figures_of

PAGE = 10
Status = TierSimulation.Status


# --- Read -----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET"])
@require(Permission.OVERRIDE_TIER)
def tier_rules(request: HttpRequest) -> HttpResponse:
    """The rules in force of a scope as sentences, the variations, and what was changed when."""
    return _overview(request, _scope(request.GET))


def _overview(request: HttpRequest, scope: RuleScope, **forms) -> HttpResponse:
    version = own_version(scope)
    pages = Paginator(history_of(scope), PAGE)
    page = pages.get_page(request.GET.get("page"))
    older = history_of(scope).filter(pk__lt=page[-1].pk).first() if len(page) else None
    context = {
        "scope": scope,
        "version": version,
        "rules": _in_force(scope),
        "has_own": scope.is_common or version is not None,
        "page_obj": page,
        "events": [(event, _event_lines(event)) for event in events_of(list(page), older)],
        "variations": variations(),
        "can_edit": can(request.user, Permission.EDIT_RULES),
        "edit_url": _url("leads:tier_edit", scope),
        "now": clock.now(),
        "list_form": ListVariationForm(),
        "source_form": SourceVariationForm(),
        "sources": sources_known(),
        **forms,
    }
    return render(request, "leads/tiers/rules.html", context, status=422 if forms else 200)


def _event_lines(event) -> list:
    return differences(event.before, event.rules) if event.rules else []


@require_http_methods(["GET"])
@require(Permission.OVERRIDE_TIER)
def tier_version(request: HttpRequest, pk: int) -> HttpResponse:
    """One version whole, with what it changed, to start from again."""
    version = get_object_or_404(TierRuleVersion.objects.select_related("lead_list", "created_by", "ended_by"), pk=pk)
    scope = scope_of_version(version)
    older = history_of(scope).filter(pk__lt=version.pk).first()
    event = events_of([version], older)[-1]
    context = {
        "scope": scope,
        "version": version,
        "rules": rules_of(version),
        "lines": _event_lines(event),
        "can_edit": can(request.user, Permission.EDIT_RULES),
        "from_url": _url("leads:tier_edit", scope, version=version.pk),
        "scope_url": _url("leads:tiers", scope),
        "now": clock.now(),
    }
    return render(request, "leads/tiers/version.html", context)


# --- Edited ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@require(Permission.EDIT_RULES)
def tier_edit(request: HttpRequest) -> HttpResponse:
    """The rules as a form. Its main button tries them out; the others add and remove conditions and groups."""
    scope = _scope(request.GET)
    if request.method == "GET":
        version = own_version(scope)
        return _edit_page(request, scope, RuleForm(as_json(_start(request, scope))), version.pk if version else None)
    form, base = RuleForm.from_post(request.POST), _base(request.POST)
    act = request.POST.get("do", "")
    if act:
        form.rearrange(act)
        return _edit_page(request, scope, form, base)
    try:
        rules = as_json(check_rules(form.rules))
    except ValidationError as refusal:
        form.put_errors(refusal)
        return _edit_page(request, scope, form, base, status=422)
    return redirect("leads:tier_simulation", pk=_simulate(request, scope, rules, base).pk)


def _edit_page(
    request: HttpRequest, scope: RuleScope, form: RuleForm, base: int | None, status: int = 200
) -> HttpResponse:
    context = {
        "scope": scope,
        "form": form,
        "base": base,
        "edit_url": _url("leads:tier_edit", scope),
        "scope_url": _url("leads:tiers", scope),
        "is_new": base is None and not scope.is_common,
        "added": _added(request.POST.get("do", ""), form),
    }
    return render(request, "leads/tiers/edit.html", context, status=status)


def _added(act: str, form: RuleForm) -> str:
    """The path of the condition that was just added: there the keyboard goes on."""
    verb, _colon, path = act.partition(":")
    side, _point, at = path.partition(".")
    groups = form.rules.get(side, [])
    if verb != "add" or not isinstance(groups, list) or not groups:
        return ""
    place = int(at) if at.isdecimal() and int(at) < len(groups) else len(groups) - 1
    return f"{side}.{place}.{len(groups[place]) - 1}"


def _start(request: HttpRequest, scope: RuleScope) -> TierRules:
    """What the form begins with: an old version, a simulation's rules, the defaults, or what is in force."""
    if pk := _number(request.GET.get("version")):
        return rules_of(get_object_or_404(TierRuleVersion, pk=pk))
    if pk := _number(request.GET.get("simulation")):
        simulation = get_object_or_404(TierSimulation, pk=pk)
        return from_json(simulation.rules, DRAFT) if simulation.rules else _in_force(scope)
    return DEFAULT_RULES if "defaults" in request.GET else _in_force(scope)


@require_http_methods(["GET"])
@require(Permission.EDIT_RULES)
def tier_variation(request: HttpRequest) -> HttpResponse:
    """Own rules for a list or a source: which one, then the form with what holds for it now."""
    kind = "source" if "source" in request.GET else "list"
    form = SourceVariationForm(request.GET) if kind == "source" else ListVariationForm(request.GET)
    if not form.is_valid():
        return _overview(request, RuleScope(), **{f"{kind}_form": form})
    if kind == "source":
        scope = RuleScope(source=form.cleaned_data["source"])
    else:
        scope = RuleScope(form.cleaned_data["list"])
    return redirect(_url("leads:tier_edit", scope))


@act_of("leads:tiers")
@require(Permission.EDIT_RULES)
def tier_give_up(request: HttpRequest) -> HttpResponse:
    """Show what it would do if the scope gave up its own rules; saving that does it."""
    scope = _scope(request.POST)
    version = own_version(scope)
    if version is None:
        messages.info(request, _("独自のルールはありません。"))
        return redirect(_url("leads:tiers", scope))
    return redirect("leads:tier_simulation", pk=_simulate(request, scope, None, version.pk).pk)


# --- Tried out and saved --------------------------------------------------------------------------------------------


def _simulate(request: HttpRequest, scope: RuleScope, rules: dict | None, base: int | None) -> TierSimulation:
    made = start_simulation(rules=rules, base=base, by=request.user, now=clock.now(), scope=scope)
    if made.leads_total <= INLINE:
        run_simulation(pk=made.pk, clock=clock.now)
    else:
        enqueue(simulate_rules, made.pk)
    return made


@require_http_methods(["GET"])
@require(Permission.EDIT_RULES)
def tier_simulation(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen, before it happens."""
    return _simulation_page(request, _simulation(pk), NoteForm())


@require_http_methods(["GET"])
@require(Permission.EDIT_RULES)
def tier_simulation_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone; once it is done the page is loaded anew."""
    simulation = _simulation(pk)
    if simulation.status in (Status.QUEUED, Status.RUNNING):
        return render(request, "leads/tiers/simulation.html#progress", {"simulation": simulation})
    answer = HttpResponse()
    answer["HX-Redirect"] = reverse("leads:tier_simulation", args=[pk])
    return answer


@act_of("leads:tier_simulation")
@require(Permission.EDIT_RULES)
def tier_simulation_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The same rules held against what is in force now."""
    old = _simulation(pk)
    version = own_version(scope_of(old))
    made = _simulate(request, scope_of(old), old.rules, version.pk if version else None)
    return redirect("leads:tier_simulation", pk=made.pk)


@act_of("leads:tier_simulation")
@require(Permission.EDIT_RULES)
def tier_simulation_save(request: HttpRequest, pk: int) -> HttpResponse:
    """Put into force what was tried out; then the worker decides every lead anew."""
    simulation, form = _simulation(pk), NoteForm(request.POST)
    scope = scope_of(simulation)
    if simulation.status != Status.DONE:
        return redirect("leads:tier_simulation", pk=pk)
    if form.is_valid():
        try:
            _put_into_force(simulation, scope, form.cleaned_data["note"], request)
        except ValidationError as refusal:
            put_errors(form, refusal)
        else:
            enqueue(retier_all)
            messages.success(request, _("ルールを保存しました。リードのTierを判定し直しています。"))
            has_own = scope.is_common or simulation.rules is not None
            return redirect(_url("leads:tiers", scope if has_own else RuleScope()))
    return _simulation_page(request, simulation, form)


def _put_into_force(simulation: TierSimulation, scope: RuleScope, note: str, request: HttpRequest) -> None:
    values = {"note": note, "base": simulation.result.get("base"), "by": request.user, "now": clock.now()}
    whose = {"lead_list": scope.lead_list, "source": scope.source}
    if simulation.rules is not None:
        save_rules(rules=simulation.rules, **values, **whose)
    elif scope.is_common:
        reset_to_defaults(**values)
    else:
        end_variation(**values, **whose)


def _simulation_page(request: HttpRequest, simulation: TierSimulation, form: NoteForm) -> HttpResponse:
    now, scope = clock.now(), scope_of(simulation)
    context = {
        "simulation": simulation,
        "scope": scope,
        "form": form,
        "lines": differences(_in_force(scope), _wanted(simulation, scope)),
        "gives_up": simulation.rules is None,
        "fix_url": _url("leads:tier_edit", scope, simulation=simulation.pk),
        "scope_url": _url("leads:tiers", scope),
        "is_working": simulation.status in (Status.QUEUED, Status.RUNNING),
        "is_outdated": is_outdated(simulation, now),
        "now": now,
        **_race(simulation, scope),
    }
    if simulation.status == Status.DONE:
        context |= figures_of(simulation)
    return render(request, "leads/tiers/simulation.html", context, status=422 if form.is_bound else 200)


def _race(simulation: TierSimulation, scope: RuleScope) -> dict:
    """Whether somebody was faster, or it is in force already; if so both changes, each against the common start."""
    if has_own_base(simulation):
        return {}
    if not differences(_in_force(scope), _wanted(simulation, scope)):
        return {"is_in_force": True}
    start = TierRuleVersion.objects.filter(pk=simulation.result.get("base")).first()
    started = rules_of(start) if start or scope.is_common else _without_own(scope)
    return {
        "faster": own_version(scope),
        "is_overtaken": True,
        "their_lines": differences(started, _in_force(scope)),
        "our_lines": differences(started, _wanted(simulation, scope)),
    }


# --- Shared ---------------------------------------------------------------------------------------------------------


def _scope(data: QueryDict) -> RuleScope:
    """The scope an address or a form names."""
    if text := data.get("list"):
        if (pk := _number(text)) is None:
            raise Http404
        return RuleScope(get_object_or_404(LeadList, pk=pk))
    return RuleScope(source=data.get("source", "").strip()[:100])


def _url(name: str, scope: RuleScope, **more) -> str:
    query = {**scope.query, **more}
    return reverse(name) + (f"?{urlencode(query)}" if query else "")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


def _base(data: QueryDict) -> int | None:
    return _number(data.get("base"))


def _simulation(pk: int) -> TierSimulation:
    return get_object_or_404(TierSimulation.objects.select_related("lead_list"), pk=pk)


def _in_force(scope: RuleScope) -> TierRules:
    """What decides leads of the scope now: its own rules, else what holds for the others."""
    return tier_basis().book.rules_for(scope.list_id, scope.source)


def _without_own(scope: RuleScope) -> TierRules:
    return tier_basis().book.with_rules(None, scope.list_id, scope.source).rules_for(scope.list_id, scope.source)


def _wanted(simulation: TierSimulation, scope: RuleScope) -> TierRules:
    if simulation.rules is None:
        return DEFAULT_RULES if scope.is_common else _without_own(scope)
    return from_json(simulation.rules, DRAFT)
