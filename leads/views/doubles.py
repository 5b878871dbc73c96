"""Possible duplicates: the pairs that wait, one pair side by side, and the merges that can be undone."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from config import clock
from leads import selectors
from leads.forms.doubles import FIRST, SECOND, CompanyMergeForm, DoubleFilterForm, LeadMergeForm, MergeForm
from leads.models import CompanyDouble, LeadDouble, Merge
from leads.services.doubles import keep_apart, offer_again
from leads.services.merging_companies import merge_companies
from leads.services.merging_leads import merge_leads
from leads.services.unmerging import undo_merge
from leads.views.acts import put_errors

PAGE = 50
PEOPLE, COMPANIES = "people", "companies"


class Kind(NamedTuple):
    """What the pages need to know of pairs of leads, or of companies."""

    pairs_for: Callable[[User], QuerySet]
    model: type[LeadDouble | CompanyDouble]
    related: tuple[str, ...]
    form: type[MergeForm]
    merge: Callable[..., Merge]


KINDS = {
    PEOPLE: Kind(
        selectors.lead_pairs_for,
        LeadDouble,
        tuple(f"{end}__{name}" for end in ("first", "second") for name in ("company", "owner", "lead_list", "team")),
        LeadMergeForm,
        merge_leads,
    ),
    COMPANIES: Kind(selectors.company_pairs_for, CompanyDouble, ("first", "second"), CompanyMergeForm, merge_companies),
}


@require_http_methods(["GET"])
@require(Permission.REASSIGN)
def double_list(request: HttpRequest) -> HttpResponse:
    """Pairs that wait for a decision, newest first; after a decision it can be taken back here."""
    kind = COMPANIES if request.GET.get("tab") == COMPANIES else PEOPLE
    lists, imports = selectors.origins_of_pairs(request.user)
    form = DoubleFilterForm(request.GET, lists=lists, imports=imports)
    wanted = form.wanted() if kind == PEOPLE else {}
    pairs = KINDS[kind].pairs_for(request.user)
    if kind == PEOPLE:
        pairs = selectors.pairs_from(pairs, lead_list=wanted.get("list"), lead_import=wanted.get("imported"))
    pairs = pairs.select_related(*KINDS[kind].related).order_by("-found_at", "-pk")
    context = {
        "kind": kind,
        "form": form,
        "wanted": wanted,
        "page_obj": Paginator(pairs, PAGE).get_page(request.GET.get("page")),
        "merged": _found(request, "merged", selectors.merges_for(request.user).filter(undone_at=None)),
        "apart": _found(request, "apart", KINDS[kind].model.objects.filter(apart_by=request.user)),
        "now": clock.now(),
    }
    return render(request, "leads/doubles.html", context)


def _found(request: HttpRequest, name: str, rows: QuerySet):
    """The row an address names, when it is there for this user."""
    pk = request.GET.get(name, "")
    return rows.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 18 else None


@require_http_methods(["GET", "POST"])
@require(Permission.REASSIGN)
def double(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Both side by side; sent, they are one."""
    pair = _pair(request, kind, pk)
    if pair is None:
        return _settled_by_another(request, kind)
    two = (pair.first, pair.second)
    told = selectors.weights_of(two)
    proposed = SECOND if told[1] > told[0] else FIRST
    form = KINDS[kind].form(request.POST or None, pair=two, kept=proposed)
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if form.is_valid():
                merge = KINDS[kind].merge(by=request.user, now=clock.now(), **form.merge)
                return _back(kind, merged=merge.pk)
        except ValidationError as refusal:
            if refusal.code == "already_merged":
                return _settled_by_another(request, kind)
            form, status = _refused(request, kind, form, two, refusal)
    context = {
        "kind": kind,
        "pair": pair,
        "form": form,
        "lines": form.lines(),
        "columns": selectors.columns_of(two),
        "now": clock.now(),
    }
    return render(request, "leads/double.html", context, status=status)


def _refused(request: HttpRequest, kind: str, form: MergeForm, two: tuple, refusal: ValidationError):
    """The refusal on top; who was overtaken chooses again from what stands now."""
    if refusal.code == "stale":
        data = request.POST.copy()
        data["seen"] = KINDS[kind].form(pair=two).initial["seen"]
        form = KINDS[kind].form(data, pair=two)
        form.is_valid()
        put_errors(form, refusal)
        return form, 409
    put_errors(form, refusal)
    return form, 422


def _pair(request: HttpRequest, kind: str, pk: int) -> LeadDouble | CompanyDouble | None:
    """The open pair; None when somebody has decided on it between seeing and sending."""
    if kind not in KINDS:
        raise Http404
    rows = KINDS[kind].pairs_for(request.user).select_related(*KINDS[kind].related)
    if request.method == "POST" and not KINDS[kind].model.objects.filter(pk=pk, apart_at=None).exists():
        return None
    return get_object_or_404(rows, pk=pk)


def _settled_by_another(request: HttpRequest, kind: str) -> HttpResponseRedirect:
    messages.warning(request, _("この組み合わせは、ほかの人が先に判断したか、削除されています。"))
    return _back(kind)


def _back(kind: str, **said: int) -> HttpResponseRedirect:
    return redirect(f"{reverse('leads:doubles')}?{urlencode({'tab': kind, **said})}")


@require_http_methods(["GET", "POST"])
@require(Permission.REASSIGN)
def double_apart(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """They are two; never offered again."""
    if request.method == "GET":
        return redirect("leads:double", kind, pk)
    pair = _pair(request, kind, pk)
    if pair is None:
        return _settled_by_another(request, kind)
    keep_apart(pair=pair, by=request.user, now=clock.now())
    return _back(kind, apart=pair.pk)


@require_http_methods(["GET", "POST"])
@require(Permission.REASSIGN)
def double_again(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Take one's own word back that they are two."""
    if kind not in KINDS:
        raise Http404
    if request.method == "POST":
        pair = get_object_or_404(KINDS[kind].model.objects.filter(apart_by=request.user), pk=pk)
        offer_again(pair=pair, by=request.user, now=clock.now())
        messages.success(request, _("重複の可能性に戻しました。"))
    return _back(kind)


@require_http_methods(["GET"])
@require(Permission.REASSIGN)
def merge_list(request: HttpRequest) -> HttpResponse:
    """What was merged, by whom and when; each can be undone."""
    page = Paginator(selectors.merges_for(request.user), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    kept = selectors.kept_by(rows)
    page.object_list = [(merge, kept.get((merge.kind, merge.kept_id))) for merge in rows]
    return render(request, "leads/merges.html", {"page_obj": page, "now": clock.now()})


@require_http_methods(["GET", "POST"])
@require(Permission.REASSIGN)
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a merge apart again."""
    if request.method == "POST":
        merge = get_object_or_404(selectors.merges_for(request.user), pk=pk)
        try:
            undo_merge(merge=merge, by=request.user, now=clock.now())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("統合を元に戻しました。"))
            if merge.kind == Merge.Kind.LEAD:
                return redirect("leads:detail", merge.gone_id)
    return redirect("leads:merges")
