"""Named decisions where the columns of a list go: looked over, renamed, deleted."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from config import clock
from leads.forms.imports import NameForm
from leads.models import SavedMapping
from leads.services.imports.mappings import delete_mapping, rename_mapping
from leads.views.acts import put_errors

PAGE = 30


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def mapping_list(request: HttpRequest) -> HttpResponse:
    """What is remembered by name, with the columns it was decided for."""
    return _page(request)


@require_http_methods(["POST"])
@require(Permission.IMPORT)
def mapping_rename(request: HttpRequest, pk: int) -> HttpResponse:
    saved = get_object_or_404(SavedMapping, pk=pk)
    form = NameForm(request.POST, instance=saved, prefix=f"m{pk}")
    if form.is_valid():
        try:
            rename_mapping(saved=saved, name=form.cleaned_data["name"], by=request.user, now=clock.now())
        except ValidationError as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("名前を変更しました。"))
            return redirect("leads:mappings")
    return _page(request, form)


@require_http_methods(["POST"])
@require(Permission.IMPORT)
def mapping_delete(request: HttpRequest, pk: int) -> HttpResponse:
    delete_mapping(saved=get_object_or_404(SavedMapping, pk=pk), by=request.user, now=clock.now())
    messages.success(request, _("割り当てを削除しました。"))
    return redirect("leads:mappings")


def _page(request: HttpRequest, refused: NameForm | None = None) -> HttpResponse:
    found = SavedMapping.objects.select_related("created_by").order_by("name")
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    forms = {refused.instance.pk: refused} if refused else {}
    rows = [(saved, forms.get(saved.pk) or NameForm(instance=saved, prefix=f"m{saved.pk}")) for saved in page]
    if refused and refused.instance.pk not in (saved.pk for saved in page):
        rows.insert(0, (refused.instance, refused))
    waiting = request.GET.get("import", "")
    context = {"page_obj": page, "rows": rows, "now": clock.now(), "waiting": waiting if waiting.isdigit() else ""}
    return render(request, "leads/imports/mappings.html", context, status=422 if refused else 200)
