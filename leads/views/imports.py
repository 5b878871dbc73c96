"""The road of a list through pages: upload → columns → preview → run → result. For all but admins it is not there."""

import datetime as dt
import math

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.permissions import Permission, require
from config import clock
from config.acts import act_of
from config.celery import enqueue
from leads.forms.imports import MappingForm, PolicyForm, ReadingForm, UploadForm
from leads.importing.encoding import LABELS
from leads.importing.limits import DEFAULT_LIMITS, MIB
from leads.inputs import DROP, EXTRA, UNDECIDED, Column
from leads.labels import place, sentence
from leads.models import LeadImport
from leads.selectors.import_results import changed_base_since_preview, same_file
from leads.selectors.imports import refused_rows, warning_examples
from leads.services.imports.columns import (
    AUTO,
    LAST,
    columns_of,
    decision_to_propose,
    decisions_for,
    first_phone_of,
    save_mapping,
)
from leads.services.imports.error_file import error_file_encoding, error_lines, issue_sentence
from leads.services.imports.held import HeldUpload, held_upload, hold_upload
from leads.services.imports.preview_rows import KeptRows, kinds_of
from leads.services.imports.previews import recount_preview, run_preview
from leads.services.imports.running import cancel_import, confirm_import
from leads.services.imports.uploads import create_import, read_table, reread_import, source_of
from leads.tasks import preview_import
from leads.tasks import run_import as run_import_task
from leads.views.acts import put_errors

ISSUES_SHOWN = 10
SAMPLES_SHOWN, ROWS_SHOWN = 3, 5
SOON = 2
"""Seconds after which a speed says anything."""

MEGABYTES = DEFAULT_LIMITS.file_bytes // MIB
INLINE_BYTES = 200_000
"""Up to this size a preview is reckoned within the request; beyond it a worker does it."""

Status, Policy = LeadImport.Status, LeadImport.Policy
WORKING = (Status.PREVIEWING, Status.QUEUED, Status.RUNNING)
OUTCOMES = {
    "new": gettext_lazy("新規"),
    "updated": gettext_lazy("更新"),
    "duplicate_in_base": gettext_lazy("登録済み（変更なし）"),
    "duplicate_in_file": gettext_lazy("ファイル内の重複"),
    "blocked": gettext_lazy("架電禁止"),
    "error": gettext_lazy("取り込めない行"),
}
ABOUT_POLICY = {
    Policy.SKIP: gettext_lazy("登録済みのリードの内容は変えません。架電禁止だけは登録します。"),
    Policy.FILL_BLANKS: gettext_lazy("空いている項目だけを補います。入力済みの内容は変わりません。"),
    Policy.OVERWRITE: gettext_lazy(
        "ファイルの値で置き換えます。ファイルの空欄で消えることはありません。会社名が違う行では、会社の情報は変えません。"
    ),
    Policy.CREATE_ANYWAY: gettext_lazy(
        "登録済みの方と一致しても、別のリードとして登録します。前に取り込んだ行とまったく同じ行だけは登録しません。"
    ),
}


@require_http_methods(["GET", "POST"])
@require(Permission.IMPORT)
def import_upload(request: HttpRequest) -> HttpResponse:
    """Take a file in; one that cannot be read is refused whole, with the reason at the field.

    A sound file is kept while something else in the form is put right.
    """
    held = held_upload(request.POST.get("held", ""), by=request.user)
    initial = {"lead_list": request.GET.get("list")}
    name = held.name if held else ""
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial, held_name=name)
    if form.is_bound and form.is_valid():
        made = _take_in(form, held, request.user)
        if made is not None:
            return redirect("leads:import_columns", pk=made.pk)
    if form.is_bound:
        held = _kept(form, held, request.user)
    context = {"form": form, "step": 1, "held": held, "limits": DEFAULT_LIMITS, "megabytes": MEGABYTES}
    return render(request, "leads/imports/upload.html", context, status=422 if form.is_bound else 200)


def _take_in(form: UploadForm, held: HeldUpload | None, by: User) -> LeadImport | None:
    """The import of the form's file; None when the form says what is wrong."""
    chosen = form.cleaned_data["file"]
    if not chosen and held is None:
        return None
    file = chosen or held.open()
    try:
        made = create_import(file=file, filename=form.filename(), lead_list=form.wanted_list(), by=by, now=clock.now())
    except ValidationError as refusal:
        put_errors(form, refusal)
        return None
    finally:
        file.close()
    if held is not None:
        held.forget()
    return made


def _kept(form: UploadForm, held: HeldUpload | None, by: User) -> HeldUpload | None:
    """The file for the next try, if it can be read: the one chosen now, else the one of the last try."""
    chosen = form.cleaned_data.get("file")
    if "file" in form.errors or not chosen:
        return None if "file" in form.errors else held
    try:
        read_table(source_of(chosen))
    except ValidationError as refusal:
        put_errors(form, refusal)
        return None
    if held is not None:
        held.forget()
    return hold_upload(chosen, by=by)


@require_http_methods(["GET", "POST"])
@require(Permission.IMPORT)
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say where each column goes; then the preview is reckoned, here or by a worker.

    Two buttons only change what stands in the form: company and office swapped, all other columns kept or left out.
    """
    saved = import_of(pk)
    if not saved.can_be_mapped:
        return redirect(next_page(saved), pk=pk)
    use = request.GET.get("use", "")
    form = _mapping_form(saved, use, request.POST or None)
    if "swap" in request.POST or "rest" in request.POST:
        form = MappingForm(initial=_rearranged(request.POST, form), columns=form.columns)
    if form.is_bound and form.is_valid():
        cleaned = form.cleaned_data
        values = {"first_phone": cleaned["first_phone"], "save_as": cleaned["save_as"]}
        try:
            save_mapping(lead_import=saved, targets=form.targets(), by=request.user, now=clock.now(), **values)
        except ValidationError as refusal:
            put_errors(form, renamed(refusal, {"name": "save_as"}))
        else:
            if cleaned["save_as"]:
                name = {"name": cleaned["save_as"]}
                messages.success(request, _("割り当てを「%(name)s」として保存しました。") % name)
            _start_preview(saved)
            return redirect("leads:import_preview", pk=pk)
    return _columns_page(request, saved, form, ReadingForm(initial=_reading_of(saved)), use=use)


def _mapping_form(saved: LeadImport, use: str = "", data: QueryDict | dict | None = None) -> MappingForm:
    columns = columns_of(saved, use)
    decision = decision_to_propose(saved, decisions_for(saved), use)
    chosen = decision.first_phone if decision else saved.first_phone
    first = first_phone_of({str(column.index): column.target for column in columns}, chosen)
    return MappingForm(data, columns=columns, first_phone=first)


def _rearranged(data: QueryDict, form: MappingForm) -> dict:
    """What was sent, with company and office swapped, or with all columns that go to no field treated alike."""
    changed, rest = data.dict(), data.get("rest")
    other = {"company_name": "office_name", "office_name": "company_name"}
    for column in form.columns:
        name, target = f"c{column.index}", form.target_now(column)
        if rest in (EXTRA, DROP) and target in (EXTRA, DROP):
            changed[name] = rest
        elif "swap" in data and target in other:
            changed[name] = other[target]
    return changed


def _columns_page(
    request: HttpRequest, saved: LeadImport, form: MappingForm, reading: ReadingForm, *, use: str = ""
) -> HttpResponse:
    targets = {column: form.target_now(column) for column in form.columns}
    decisions = decisions_for(saved)
    context = {
        "import": saved,
        "step": 2,
        "form": form,
        "reading": reading,
        "rows": [_column_row(column, field) for column, field in form.rows()],
        "asked": sum(1 for column, target in targets.items() if needs_a_look(column, target)),
        "first_phone": first_phone_of(
            {str(c.index): t for c, t in targets.items()}, _whole(form["first_phone"].value())
        ),
        "phones": sum(1 for target in targets.values() if target.startswith("phone_")),
        "no_phones": not any(may_be_phone(column, target) for column, target in targets.items()),
        "company": next((column.header for column, target in targets.items() if target == "company_name"), ""),
        "office": next((column.header for column, target in targets.items() if target == "office_name"), ""),
        "encoding": LABELS.get(saved.encoding, "Excel"),
        "delimiter": dict(ReadingForm.DELIMITERS).get(saved.delimiter, ""),
        "samples": saved.samples[:SAMPLES_SHOWN],
        "notes": [sentence_of_stored(note) for note in saved.notes],
        **_same_file(saved),
        "decisions": decisions,
        "decision": decision_to_propose(saved, decisions, use),
        "use": use,
        "auto": AUTO,
        "last": LAST,
        "now": clock.now(),
    }
    is_wrong = form.is_bound or reading.is_bound
    return render(request, "leads/imports/columns.html", context, status=422 if is_wrong else 200)


def _same_file(saved: LeadImport) -> dict:
    """Imports of the very same file, and whether what any of them brought is still there."""
    found = same_file(saved)
    return {"same_file": found[:3], "same_file_stands": found.exclude(status=Status.UNDONE).exists()}


def may_be_phone(column: Column, target: str) -> bool:
    """A column whose numbers can be called, or one nobody has decided on that may be such a column."""
    fields = column.choices if target == UNDECIDED else (target,)
    return any(field.startswith("phone_") for field in fields)


def needs_a_look(column: Column, target: str) -> bool:
    """Whether a person should look: nobody has said what it means, or it is little more than a guess."""
    if column.is_remembered:
        return False
    return target == UNDECIDED or (target not in (EXTRA, DROP) and column.level == "unsure") or bool(column.choices)


def _column_row(column: Column, field: BoundField) -> dict:
    target = field.value() or UNDECIDED
    return {
        "column": column,
        "field": field,
        "target": target,
        "needs_a_look": needs_a_look(column, target) or bool(field.errors),
        "is_open": target == UNDECIDED,
        "is_other": target in (EXTRA, DROP),
        "is_as_proposed": target == column.target,
        "percent": round(column.confidence * 100),
    }


def _whole(value) -> int | None:
    return int(value) if str(value).isdigit() else None


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


@act_of("leads:import_columns")
@require(Permission.IMPORT)
def import_reread(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the file another way than was found out."""
    saved = import_of(pk)
    form = ReadingForm(request.POST)
    if form.is_valid():
        try:
            reread_import(lead_import=saved, how=form.reading(), by=request.user, now=clock.now())
        except ValidationError as refusal:
            put_errors(form, renamed(refusal, {"file": _field_at_fault(refusal)}))
        else:
            messages.success(request, _("ファイルを読み直しました。"))
            return redirect("leads:import_columns", pk=pk)
    if not saved.can_be_mapped:
        return redirect(next_page(saved), pk=pk)
    return _columns_page(request, saved, _mapping_form(saved), form)


def _field_at_fault(refusal: ValidationError) -> str:
    """Which of the three choices does not fit the file."""
    errors = refusal.error_dict.get("file", []) if hasattr(refusal, "error_dict") else []
    code = errors[0].code if errors else ""
    starts = {"encoding": "encoding", "nul_byte": "encoding", "delimiter": "delimiter", "header": "header_line"}
    return next((field for start, field in starts.items() if code.startswith(start)), "file")


def renamed(refusal: ValidationError, names: dict[str, str]) -> ValidationError:
    """The refusal at the fields as this page calls them."""
    if not hasattr(refusal, "error_dict"):
        return refusal
    return ValidationError({names.get(field, field): errors for field, errors in refusal.error_dict.items()})


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What would happen, before it happens."""
    saved = import_of(pk)
    if saved.status == Status.PREVIEWING:
        return render(request, "leads/imports/detail.html", _progress(saved))
    if saved.status != Status.PREVIEWED:
        return redirect(next_page(saved), pk=pk)
    preview, policy = saved.preview, request.GET.get("policy")
    policy = policy if policy in preview["counts"] else saved.policy
    context = {
        "import": saved,
        "step": 3,
        "policies": [
            {"value": value, "label": label, "counts": preview["counts"][value], "about": ABOUT_POLICY[value]}
            for value, label in Policy.choices
            if value in preview["counts"]
        ],
        "policy": policy,
        "counts": preview["counts"][policy],
        "outcomes": OUTCOMES,
        "is_stale": changed_base_since_preview(saved),
        "reckoned_at": dt.datetime.fromisoformat(preview["reckoned_at"]) if "reckoned_at" in preview else None,
        "has_phones": any(target.startswith("phone_") for target in saved.mapping.values()),
        "first": KeptRows(saved, kinds_of(policy, "new"))[:ROWS_SHOWN],
        "errors": [told(problem) for row in KeptRows(saved, ("error",))[:ROWS_SHOWN] for problem in row["problems"]],
        "warnings": [{**told(warning), **warning} for warning in preview["warnings"]],
        "cleaned": preview["cleaned"],
        **_same_file(saved),
        "now": clock.now(),
    }
    return render(request, "leads/imports/preview.html", context)


@act_of("leads:import_preview")
@require(Permission.IMPORT)
def import_recount(request: HttpRequest, pk: int) -> HttpResponse:
    """Reckon the preview once more: another import has changed the base since."""
    saved = import_of(pk)
    try:
        _start_preview(recount_preview(lead_import=saved))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(next_page(saved), pk=pk)
    return redirect("leads:import_preview", pk=pk)


@act_of("leads:import_preview")
@require(Permission.IMPORT)
def import_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it run. With no worker or broker alive it waits, and is taken up by the sweep."""
    saved, form = import_of(pk), PolicyForm(request.POST)
    policy = form.cleaned_data["policy"] if form.is_valid() else Policy.FILL_BLANKS
    try:
        confirm_import(lead_import=saved, policy=policy, by=request.user, now=clock.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect(next_page(saved), pk=pk)
    enqueue(run_import_task, saved.pk)
    return redirect("leads:import_detail", pk=pk)


@act_of("leads:import_detail")
@require(Permission.IMPORT)
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop it. What is in stays in."""
    try:
        stopped = cancel_import(lead_import=import_of(pk), by=request.user, now=clock.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("leads:import_detail", pk=pk)
    if stopped.pk is None:
        name = {"list": stopped.lead_list.name}
        messages.success(request, _("取込を取り消しました。空のリスト「%(list)s」も残していません。") % name)
        return redirect("leads:imports")
    if stopped.started_at and stopped.rows_done:
        messages.success(request, _("取込を中止しました。取り込んだ行は残っています。"))
    else:
        messages.success(request, _("取込を取り消しました。"))
    return redirect("leads:import_detail", pk=pk)


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, or what came of it."""
    saved = import_of(pk)
    if saved.can_be_mapped or saved.status == Status.PREVIEWING:
        return redirect(next_page(saved), pk=pk)
    return render(request, "leads/imports/detail.html", _progress(saved))


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The bar alone, asked for every second; when there is nothing left to wait for, the page is loaded anew."""
    saved = import_of(pk)
    response = render(request, "leads/imports/detail.html#progress", _progress(saved))
    if saved.status not in WORKING:
        response["HX-Refresh"] = "true"
    return response


@require_http_methods(["GET"])
@require(Permission.IMPORT)
def import_errors(request: HttpRequest, pk: int) -> HttpResponse:
    """Refused rows as a file to fix and upload again."""
    saved = import_of(pk)
    kind, ending = ("tab-separated-values", "tsv") if saved.delimiter == "\t" else ("csv", "csv")
    response = StreamingHttpResponse(error_lines(saved), content_type=f"text/{kind}")
    stem = saved.filename.rpartition(".")[0] or saved.filename
    name = _("%(name)s_エラー.%(ending)s") % {"name": stem, "ending": ending}
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


def import_of(pk: int) -> LeadImport:
    return get_object_or_404(LeadImport.objects.select_related("lead_list__team", "created_by"), pk=pk)


def next_page(saved: LeadImport) -> str:
    """The page where an import goes on."""
    if saved.status == Status.UPLOADED:
        return "leads:import_columns"
    if saved.status in (Status.PREVIEWING, Status.PREVIEWED):
        return "leads:import_preview"
    return "leads:import_detail"


def _progress(saved: LeadImport) -> dict:
    now = clock.now()
    context = {
        "import": saved,
        "step": 3 if saved.status == Status.PREVIEWING else 4,
        "now": now,
        "is_working": saved.status in WORKING,
        "is_preview": saved.status == Status.PREVIEWING,
        "is_waiting": saved.status in WORKING and (saved.claimed_until is None or saved.claimed_until < now),
        "speed": _speed(saved, now),
        "failure": told(saved.failure) if saved.failure else None,
        "counts": [
            {**number, "url": f"{reverse('leads:import_rows', args=[saved.pk])}?outcome={number['code']}"}
            for number in numbers_of(saved.counts)
        ],
        "error_encoding": LABELS.get(error_file_encoding(saved), ""),
    }
    if not context["is_working"]:
        issues = list(refused_rows(saved)[:ISSUES_SHOWN])
        context["errors"] = [
            {"place": place(issue.line, issue.column), "reason": issue_sentence(issue)} for issue in issues
        ]
        context["warnings"] = [
            {
                "place": place(issue.line, issue.column),
                "reason": issue_sentence(issue),
                "count": count,
                "code": issue.code,
            }
            for issue, count in warning_examples(saved)
        ]
    return context


def numbers_of(counts: dict) -> list[dict]:
    """An import's counts as a page shows them."""
    return [{"code": code, "label": label, "count": counts.get(code, 0)} for code, label in OUTCOMES.items()]


def _speed(saved: LeadImport, now: dt.datetime) -> dict | None:
    """Rows a second since the import began, and about how many seconds are left; nothing while it is too early."""
    seconds = (now - saved.started_at).total_seconds() if saved.started_at else 0
    if saved.status != Status.RUNNING or not saved.rows_done or seconds < SOON:
        return None
    left = max(0, saved.rows_total - saved.rows_done) * seconds / saved.rows_done
    return {"per_second": round(saved.rows_done / seconds), "minutes": math.ceil(left / 60), "seconds": math.ceil(left)}


def sentence_of_stored(problem: dict) -> str:
    known = {name: problem.get(name) or "" for name in ("column", "value")}
    return sentence(problem["code"], line=problem.get("line"), params=problem.get("params"), **known)


def told(problem: dict) -> dict:
    reason, value = sentence_of_stored(problem), problem.get("value") or ""
    shown = "" if value in reason else value
    return {"place": place(problem.get("line"), problem.get("column", "")), "reason": reason, "value": shown}
