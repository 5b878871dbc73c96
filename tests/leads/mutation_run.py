"""One damaged file through the real pages, and everything that must be true of it afterwards."""

import hashlib
import itertools
import re
import time
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from unittest.mock import patch

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.backends.django import Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team
from leads.models import ImportIssue, ImportRow, Lead, LeadImport, PhoneNumber, Signal
from leads.services.imports.columns import columns_of
from leads.services.imports.previews import run_preview
from leads.services.imports.running import run_import
from tests.leads.mutations import Case, day_of, e164_of, kept, says_nothing, squeezed

NO_COMPANY = "（会社名なし）"
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
PLACE = re.compile(r"\d+行目")
WHOLE_FILE = re.compile("^(format_|encoding_|empty_file|xlsx_|mapping_)")
"""Refusals that concern no line; where there is one, they may still name it."""

NOT_OURS = {"django_session", "django_content_type", "django_migrations", "auth_permission", "sqlite_sequence", "cache"}
COLUMNS_SHOWN = 8
"""Of so many files one has its columns page looked at; its many choices take longer than all else together."""

OF_AN_UPLOAD = {"leads_leadimport", "leads_leadlist", "accounts_auditentry", "leads_importissue"}


@dataclass
class Result:
    """What became of one file; `faults` is empty when all is well."""

    outcome: str = ""
    code: str = ""
    seconds: float = 0.0
    accepted: int = 0
    cells: int = 0
    faults: list[str] = field(default_factory=list)


def tables() -> list[str]:
    return sorted(set(connection.introspection.table_names()) - NOT_OURS)


def digest(without: frozenset[str] | set[str] = frozenset()) -> dict[str, str]:
    """Table → hash of all its rows."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables():
            if table not in without:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} ORDER BY 1")  # noqa: S608
                found[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return found


class Road:
    """Upload → columns → preview → confirm → run → result, with a look at every answer."""

    def __init__(self, client: Client, team: Team, now: datetime, case: Case, untouched: dict[str, str]):
        self.client, self.team, self.now, self.case, self.untouched = client, team, now, case, untouched
        self.result = Result()
        self.saved: LeadImport | None = None
        self.form = None

    def go(self) -> Result:
        start = time.perf_counter()
        plain = Template.render

        def remembering(template, context=None, request=None):
            if context and "form" in context and request is not None:
                self.form = context["form"]
            return plain(template, context, request)

        try:
            with patch.object(Template, "render", remembering):
                self._upload()
        finally:
            self.result.seconds = time.perf_counter() - start
            if self.saved:
                self.saved.file.delete(save=False)
        if self.case.must_refuse and self.result.accepted:
            self._fault(f"{self.result.accepted} rows taken of a file that must be refused")
        return self.result

    def _fault(self, text: str) -> None:
        self.result.faults.append(f"{self.case.kind} {self.case.seed}: {text}")

    def _upload(self) -> None:
        upload = SimpleUploadedFile(self.case.filename, self.case.data)
        values = {"file": upload, "name": "リスト", "team": self.team.pk}
        answer = self.client.post(reverse("leads:import_upload"), values)
        if answer.status_code == 422:
            self._refused_whole(self.form.errors.as_data().get("file", []))
        elif answer.status_code == 302:
            self.saved = LeadImport.objects.latest("pk")
            self._choose_columns()
        else:
            self._fault(f"upload answers {answer.status_code}")

    def _refused_whole(self, errors: list) -> None:
        self.result.outcome = "refused"
        if digest() != self.untouched:
            self._fault("the base is not what it was before the refusal")
        if not errors:
            self._fault("refused without a word at the file")
        for error in errors:
            self.result.code = error.code
            self._check_reason(error.code, " ".join(error.messages))

    def _check_reason(self, code: str, text: str) -> None:
        if not JAPANESE.search(text) or "%(" in text:
            self._fault(f"no reason in Japanese: {code} {text!r}")
        if not WHOLE_FILE.match(code) and not PLACE.search(text):
            self._fault(f"no line: {code} {text!r}")

    def _choose_columns(self) -> None:
        url = reverse("leads:import_columns", args=[self.saved.pk])
        if self.case.seed % COLUMNS_SHOWN == 0:
            page = self.client.get(url)
            if page.status_code != 200:
                return self._fault(f"columns answers {page.status_code}")
        answer = self.client.post(url, {f"c{at.index}": at.target or "extra" for at in columns_of(self.saved)})
        if answer.status_code == 422:
            return self._refused_at_columns()
        if answer.status_code != 302:
            return self._fault(f"columns answers {answer.status_code}")
        return self._preview()

    def _refused_at_columns(self) -> None:
        self.result.outcome = "refused"
        errors = list(itertools.chain.from_iterable(self.form.errors.as_data().values()))
        for error in errors or [None]:
            self.result.code = error.code if error else ""
            if error is None or not JAPANESE.search(" ".join(error.messages)):
                self._fault("refused at the columns without a reason in Japanese")
        self._check_nothing_in()

    def _check_nothing_in(self) -> None:
        rest = digest(OF_AN_UPLOAD)
        if rest != {table: text for table, text in self.untouched.items() if table in rest}:
            self._fault("something of a refused file is in the base")

    def _preview(self) -> None:
        self.saved.refresh_from_db()
        if self.saved.status == LeadImport.Status.PREVIEWING:
            run_preview(pk=self.saved.pk, clock=lambda: self.now)
        page = self.client.get(reverse("leads:import_preview", args=[self.saved.pk]), follow=True)
        self.saved.refresh_from_db()
        if page.status_code != 200:
            self._fault(f"preview answers {page.status_code}")
        if self.saved.status == LeadImport.Status.FAILED:
            return self._failed(page.content.decode())
        return self._run()

    def _failed(self, page: str) -> None:
        failure = self.saved.failure
        self.result.outcome, self.result.code = "refused", failure["code"]
        if failure.get("line") is None and not WHOLE_FILE.match(failure["code"]):
            self._fault(f"no line: {failure}")
        if failure.get("line") is not None and not PLACE.search(page):
            self._fault(f"the page does not say the line: {failure}")
        self._check_nothing_in()

    def _run(self) -> None:
        answer = self.client.post(
            reverse("leads:import_confirm", args=[self.saved.pk]), {"policy": LeadImport.Policy.FILL_BLANKS}
        )
        if answer.status_code != 302:
            self._fault(f"confirm answers {answer.status_code}")
        run_import(pk=self.saved.pk, clock=lambda: self.now, batch_size=4)
        self.saved.refresh_from_db()
        for page in ("import_detail", "import_errors"):
            answer = self.client.get(reverse(f"leads:{page}", args=[self.saved.pk]))
            if answer.status_code != 200:
                self._fault(f"{page} answers {answer.status_code}")
            if answer.streaming:
                b"".join(answer.streaming_content)
        self._check_counts()
        self._check_rows()

    def _check_counts(self) -> None:
        saved = self.saved
        if saved.status != LeadImport.Status.DONE:
            return self._fault(f"ends as {saved.status} {saved.failure}")
        if sum(saved.counts.values()) - saved.counts["blocked"] != saved.rows_total:
            self._fault(f"counts {saved.counts} do not add up to {saved.rows_total}")
        if saved.counts != saved.preview["counts"][LeadImport.Policy.FILL_BLANKS]:
            self._fault(f"counts {saved.counts} are not the preview's")
        return None

    def _check_rows(self) -> None:
        rows = {
            row.line: row for row in ImportRow.objects.filter(lead_import=self.saved).select_related("lead__company")
        }
        refused = {issue.line: issue for issue in ImportIssue.objects.filter(lead_import=self.saved, is_error=True)}
        self.result.outcome = "taken" if rows else "all rows refused"
        self.result.accepted = len(rows)
        if self.case.must_refuse:
            return
        strange = (set(rows) | set(refused)) - set(self.case.truth)
        taken_for_nothing = [line for line in strange if line in rows]
        if taken_for_nothing:
            self._fault(f"lines {taken_for_nothing} are taken, the file has none there")
        missing = set(self.case.truth) - set(rows) - set(refused)
        if missing and self.saved.header_line != min(missing):
            self._fault(f"lines {sorted(missing)} are neither taken nor refused")
        if self.case.all_in and refused:
            self._fault(f"sound rows refused: {[(i.line, i.column, i.code) for i in refused.values()]}")
        for line, row in rows.items():
            if row.outcome == ImportRow.Outcome.NEW and line in self.case.truth:
                self._check_cells(line, row.lead, self.case.truth[line])

    # --- Cells ----------------------------------------------------------------------------------------------------

    def _check_cells(self, line: int, lead: Lead, cells: list[str]) -> None:
        fields = {}
        for index, target in self.saved.mapping.items():
            if target and int(index) < len(cells):
                fields.setdefault(target, []).append((self.saved.header[int(index)], cells[int(index)]))
        every = [text for texts in fields.values() for _, text in texts]
        shared = ImportRow.objects.filter(lead=lead).count() > 1
        for target, texts in fields.items():
            check = CHECKS.get(target)
            if check and len(texts) == 1:
                self.result.cells += 1
                wrong = check(lead, *texts[0], shared)
                if wrong:
                    self._fault(f"line {line} {target}: {texts[0][1][:60]!r} became {wrong}")
        digits = " ".join("".join(filter(str.isdigit, unfold(text))) for text in every)
        for phone in PhoneNumber.objects.filter(lead=lead).exclude(e164="") if not shared else ():
            if phone.e164.removeprefix("+81")[:9].removeprefix("+") not in digits:
                self._fault(f"line {line}: number {phone.e164} stands in no cell")


def unfold(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def same_text(attribute: str):
    """The field holds the cell, or, where it cannot (blank words, too long), the lead's additional information does."""

    def check(lead: Lead, header: str, text: str, shared: bool) -> str:
        value = lead
        for name in attribute.split("__"):
            value = getattr(value, name)
        if squeezed(value) == kept(text):
            return ""
        if value in ("", NO_COMPANY) and (says_nothing(text) or kept(lead.extra.get(header, "")) == kept(text)):
            return ""
        return "" if shared and says_nothing(text) else repr(value[:60])

    return check


def same_email(lead: Lead, header: str, text: str, shared: bool) -> str:
    folded = unfold(kept(text)).casefold()
    if lead.email == folded or (lead.email and lead.email in folded):
        return ""
    kept_whole = says_nothing(text) or header in lead.extra
    return "" if not lead.email and kept_whole else "" if shared and kept_whole else repr(lead.email)


def same_phone(lead: Lead, header: str, text: str, shared: bool) -> str:
    numbers = {phone.e164: phone for phone in lead.phones.all()}
    wanted = e164_of(text)
    if wanted and wanted not in numbers:
        return repr(list(numbers))
    if wanted == "" and not any(kept(phone.raw) == kept(text) and not phone.is_valid for phone in lead.phones.all()):
        return f"not kept: {list(numbers)}"
    return ""


def same_day(lead: Lead, header: str, text: str, shared: bool) -> str:
    days = {
        timezone.localtime(signal.occurred_at).date().isoformat()
        for signal in Signal.objects.filter(lead=lead, kind="document_request")
    }
    wanted = day_of(text)
    if wanted and wanted not in days:
        return repr(days)
    if wanted == "" and (days or header not in lead.extra) and not shared:
        return f"{days}, not kept as written"
    return ""


def same_memo(lead: Lead, header: str, text: str, shared: bool) -> str:
    if squeezed(lead.memo) == kept(text) or (not lead.memo and says_nothing(text)):
        return ""
    return "" if shared else repr(lead.memo[:60])


CHECKS = {
    "company_name": same_text("company__name"),
    "person_name": same_text("name"),
    "department": same_text("department"),
    "email": same_email,
    "phone_main": same_phone,
    "phone_mobile": same_phone,
    "signal_document_request": same_day,
    "memo": same_memo,
}
