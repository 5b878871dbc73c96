"""The road of a list through pages: upload → columns → preview → run → result. For all but admins it is not there."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, require
from config import clock
from config.celery import enqueue
from leads.forms.imports import MappingForm, PolicyForm, ReadingForm, UploadForm
from leads.importing.encoding import LABELS
from leads.labels import place, sentence
from leads.models import LeadImport
from leads.selectors.imports import import_history, refused_rows, warning_examples
from leads.services.imports.columns import columns_of, save_mapping
from leads.services.imports.error_file import error_lines, issue_sentence
from leads.services.imports.preview_rows import KeptRows, kinds_of
from leads.services.imports.previews import run_preview
from leads.services.imports.running import cancel_import, confirm_import
from leads.services.imports.uploads import create_import, reread_import
from leads.tasks import preview_import
from leads.tasks import run_import as run_import_task
from leads.views.acts import put_errors

PAGE = 30
ISSUES_SHOWN = 100
INLINE_BYTES = 200_000
"""Up to this size a preview is reckoned within the request; beyond it a worker does it."""

Status, Policy = LeadImport.Status, LeadImport.Policy
OUTCOMES = {
    "new": gettext_lazy("新規"),
    "updated": gettext_lazy("更新"),
    "duplicate_in_base": gettext_lazy("登録済み（変更なし）"),
    "duplicate_in_file": gettext_lazy("ファイル内の重複"),
    "blocked": gettext_lazy("架電禁止"),
    "error": gettext_lazy("取り込めない行"),
}
ABOUT_POLICY = {
    Policy.SKIP: gettext_lazy("登録済みのリードには何も書き込みません。"),
    Policy.FILL_BLANKS: gettext_lazy("空いている項目だけを補います。入力済みの内容は変わりません。"),
    Policy.OVERWRITE: gettext_lazy("ファイルの値で置き換えます。ファイルの空欄で消えることはありません。"),
    Policy.CREATE_ANYWAY: gettext_lazy(
        "登録済みの方と一致しても、別のリードとして登録します。前に取り込んだ行とまったく同じ行だけは登録しません。"
    ),
}


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_list(request: HttpRequest) -> HttpResponse:
    """Every import: who, when, which file, where its people come from, what became of the rows."""
    page = Paginator(import_history(), PAGE).get_page(request.GET.get("page"))
    return render(request, "leads/imports/list.html", {"page_obj": page, "now": clock.now()})


@require_http_methods(["GET", "POST"])
@require(Permission.IMPORT)
def import_upload(request: HttpRequest) -> HttpResponse:
    """Take a file in; one that cannot be read is refused whole, with the reason at the field."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"lead_list": request.GET.get("list")})
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        values = {"lead_list": form.wanted_list(), "by": request.user, "now": clock.now()}
        try:
            made = create_import(file=file, filename=file.name, **values)
        except ValidationError as refusal:
            put_errors(form, refusal)
        else:
            return redirect("leads:import_columns", pk=made.pk)
    return render(request, "leads/imports/upload.html", {"form": form, "step": 1}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@require(Permission.IMPORT)
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say where each column goes; then the preview is reckoned, here or by a worker."""
    saved = _import(pk)
    if not saved.can_be_mapped:
        return redirect(_next(saved), pk=pk)
    columns = columns_of(saved)
    form = MappingForm(request.POST or None, columns=columns)
    if form.is_bound and form.is_valid():
        try:
            save_mapping(lead_import=saved, targets=form.targets(), by=request.user, now=clock.now())
        except ValidationError as refusal:
            put_errors(form, refusal)
        else:
            _start_preview(saved)
            return redirect("leads:import_preview", pk=pk)
    return _columns_page(request, saved, columns, form, ReadingForm(initial=_reading_of(saved)))


def _columns_page(request: HttpRequest, saved: LeadImport, columns, form: MappingForm, reading) -> HttpResponse:
    context = {
        "import": saved,
        "step": 2,
        "form": form,
        "reading": reading,
        "rows": form.rows(columns),
        "encoding": LABELS.get(saved.encoding, "Excel"),
        "delimiter": dict(ReadingForm.DELIMITERS).get(saved.delimiter, ""),
        "samples": saved.samples[:5],
        "notes": [_sentence(note) for note in saved.notes],
        "is_remembered": any(column.is_remembered for column in columns),
    }
    is_wrong = form.is_bound or reading.is_bound
    return render(request, "leads/imports/columns.html", context, status=422 if is_wrong else 200)


def _reading_of(saved: LeadImport) -> dict:
    return {
        "encoding": saved.encoding,
        "delimiter": saved.delimiter,
        "header_line": saved.header_line if saved.header_line is not None else 0,
    }


def _start_preview(saved: LeadImport) -> None:
    if saved.file.size <= INLINE_BYTES:
        run_preview(pk=saved.pk, clock=clock.now)
    else:
        enqueue(preview_import, saved.pk)


@require_http_methods(["POST"])
@require(Permission.IMPORT)
def import_reread(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file another way than was found out."""
    saved = _import(pk)
    form = ReadingForm(request.POST)
    if form.is_valid():
        try:
            reread_import(lead_import=saved, how=form.reading(), by=request.user, now=clock.now())
        except ValidationError as refusal:
            put_errors(form, refusal)
        else:
            messages.success(request, _("ファイルを読み直しました。"))
            return redirect("leads:import_columns", pk=pk)
    if not saved.can_be_mapped:
        return redirect(_next(saved), pk=pk)
    columns = columns_of(saved)
    return _columns_page(request, saved, columns, MappingForm(columns=columns), form)


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen, before it happens."""
    saved = _import(pk)
    if saved.status == Status.PREVIEWING:
        return render(request, "leads/imports/detail.html", _progress(saved))
    if saved.status != Status.PREVIEWED:
        return redirect(_next(saved), pk=pk)
    preview = saved.preview
    context = {
        "import": saved,
        "step": 3,
        "policies": [
            {"value": value, "label": label, "counts": preview["counts"][value], "about": ABOUT_POLICY[value]}
            for value, label in Policy.choices
        ],
        "counts": preview["counts"][saved.policy],
        "groups": [
            {"code": code, "label": label, "rows": rows[:20]}
            for code, label in OUTCOMES.items()
            if len(rows := KeptRows(saved, kinds_of(saved.policy, code)))
        ],
        "outcomes": OUTCOMES,
        "errors": [_told(problem) for row in KeptRows(saved, ("error",))[:50] for problem in row["problems"]],
        "warnings": [{**_told(warning), "count": warning["count"]} for warning in preview["warnings"]],
        "cleaned": preview["cleaned"],
    }
    return render(request, "leads/imports/preview.html", context)


@require_http_methods(["POST"])
@require(Permission.IMPORT)
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it run. With no worker or broker alive it waits, and is taken up by the sweep."""
    saved, form = _import(pk), PolicyForm(request.POST)
    policy = form.cleaned_data["policy"] if form.is_valid() else Policy.FILL_BLANKS
    try:
        confirm_import(lead_import=saved, policy=policy, by=request.user, now=clock.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(_next(saved), pk=pk)
    enqueue(run_import_task, saved.pk)
    return redirect("leads:import_detail", pk=pk)


@require_http_methods(["POST"])
@require(Permission.IMPORT)
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it. What is in stays in."""
    try:
        cancel_import(lead_import=_import(pk), by=request.user, now=clock.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("取込を取り消しました。"))
    return redirect("leads:import_detail", pk=pk)


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, or what came of it."""
    saved = _import(pk)
    if saved.can_be_mapped or saved.status == Status.PREVIEWING:
        return redirect(_next(saved), pk=pk)
    return render(request, "leads/imports/detail.html", _progress(saved))


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone, asked for every second; when there is nothing left to wait for, the page is loaded anew."""
    saved = _import(pk)
    response = render(request, "leads/imports/detail.html#progress", _progress(saved))
    if saved.status not in (Status.PREVIEWING, Status.QUEUED, Status.RUNNING):
        response["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """Refused rows as a file to fix and upload again."""
    saved = _import(pk)
    response = StreamingHttpResponse(error_lines(saved), content_type="text/csv")
    stem = saved.filename.rpartition(".")[0] or saved.filename
    response["Content-Disposition"] = content_disposition_header(True, _("%(name)s_エラー.csv") % {"name": stem})
    return response


def _import(pk: int) -> LeadImport:
    return get_object_or_404(LeadImport.objects.select_related("lead_list__team", "created_by"), pk=pk)


def _next(saved: LeadImport) -> str:
    """The page where an import goes on."""
    if saved.status == Status.UPLOADED:
        return "leads:import_columns"
    if saved.status in (Status.PREVIEWING, Status.PREVIEWED):
        return "leads:import_preview"
    return "leads:import_detail"


def _progress(saved: LeadImport) -> dict:
    context = {
        "import": saved,
        "step": 3 if saved.status == Status.PREVIEWING else 4,
        "now": clock.now(),
        "is_working": saved.status in (Status.PREVIEWING, Status.QUEUED, Status.RUNNING),
        "is_preview": saved.status == Status.PREVIEWING,
        "failure": _told(saved.failure) if saved.failure else None,
        "counts": [
            {"code": code, "label": label, "count": saved.counts.get(code, 0)} for code, label in OUTCOMES.items()
        ],
    }
    if not context["is_working"]:
        issues = list(refused_rows(saved)[:ISSUES_SHOWN])
        context["errors"] = [
            {"place": place(issue.line, issue.column), "reason": issue_sentence(issue)} for issue in issues
        ]
        context["warnings"] = [
            {"place": place(issue.line, issue.column), "reason": issue_sentence(issue), "count": count}
            for issue, count in warning_examples(saved)
        ]
    return context


def _sentence(problem: dict) -> str:
    known = {name: problem.get(name) or "" for name in ("column", "value")}
    return sentence(problem["code"], line=problem.get("line"), params=problem.get("params"), **known)


def _told(problem: dict) -> dict:
    return {"place": place(problem.get("line"), problem.get("column", "")), "reason": _sentence(problem)}
