"""`manage.py import_leads FILE`: a list into the base from a shell, through the services the pages use."""

import json
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import Team
from config import clock
from leads.importing.mapping import ColumnMapping, signature
from leads.importing.problems import Problem, RefusedError
from leads.importing.tabular import AUTO, Table
from leads.inputs import NewList, Reading
from leads.labels import place, sentence
from leads.models import ImportIssue, LeadImport, LeadList
from leads.services.imports.columns import check_targets, cleaner_for, save_mapping, targets_from_names
from leads.services.imports.preview_rows import RowKeeper
from leads.services.imports.previews import preview_file, run_preview
from leads.services.imports.problems import refusal, stored
from leads.services.imports.reading import BadRow, Reader
from leads.services.imports.running import BATCH, confirm_import, run_import
from leads.services.imports.uploads import create_import, read_table


class Command(BaseCommand):
    help = "Import a list (CSV, TSV, XLSX). Exit status 1 when the file is refused."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--list", dest="list_name", default="", help="list to fill (default: the file's name)")
        parser.add_argument("--team", default="", help="team of a new list; may be left out when there is only one")
        parser.add_argument("--source", default="", help="where the people of a new list were obtained")
        parser.add_argument("--purpose", default="", help="what a new list may be used for")
        parser.add_argument("--policy", choices=LeadImport.Policy.values, default=LeadImport.Policy.FILL_BLANKS)
        parser.add_argument("--mapping", default="", help='"column=field,…"; a field, "extra" or "drop"')
        parser.add_argument("--encoding", default="", help="default: found out")
        parser.add_argument("--delimiter", default="", help="default: found out")
        parser.add_argument("--header-line", type=int, default=AUTO, help="line of the header; 0 = there is none")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args, **options):
        try:
            answer = self._answer(options)
        except ValidationError as refused:
            self._refuse(_problem(refused), options)
        except RefusedError as refused:
            self._refuse(refused.problem, options)
        else:
            self._print(answer, options)

    def _answer(self, options) -> dict:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(_("ファイルがありません：%(path)s") % {"path": path})
        how = Reading(options["encoding"], options["delimiter"], options["header_line"] or None)
        table = read_table(str(path), how)
        targets = targets_from_names(table, _pairs(options["mapping"]))
        check_targets(table.header, targets)
        answer = {**_described(table), "mapping": {name: targets[str(i)] for i, name in enumerate(table.header)}}
        if options["dry_run"]:
            return answer | self._dry_run(table, targets, options["policy"])
        return answer | self._import(path, how, targets, options)

    def _dry_run(self, table: Table, targets: dict, policy: str) -> dict:
        mapping = ColumnMapping.from_dict(table.header, targets)
        now = clock.now()
        reader = Reader(table, cleaner_for(table.header, targets, now=now), mapping, signature(table.header), BATCH)
        keeper = _RefusedRows()
        preview = preview_file(reader=reader, mapping=mapping, now=now, keeper=keeper)
        issues = [_told(**stored(problem)) for row in keeper.rows for problem in row.problems]
        return {
            "dry_run": True,
            "rows": preview.total,
            "counts": preview.counts_for(policy),
            "issues": issues,
            "warnings": dict(preview.warnings),
        }

    def _import(self, path: Path, how: Reading, targets: dict, options) -> dict:
        lead_list = _list(path, options)
        with path.open("rb") as stream:
            file = File(stream, name=str(path))
            values = {"lead_list": lead_list, "by": None, "now": clock.now(), "how": how}
            made = create_import(file=file, filename=path.name, **values)
        save_mapping(lead_import=made, targets=targets, by=None, now=clock.now())
        run_preview(pk=made.pk, clock=clock.now)
        _stop_if_failed(made)
        confirm_import(lead_import=made, policy=options["policy"], by=None, now=clock.now())
        while run_import(pk=made.pk, clock=clock.now):
            pass
        _stop_if_failed(made)
        return {
            "dry_run": False,
            "import": made.pk,
            "list": made.lead_list.name,
            "rows": made.rows_total,
            "counts": made.counts,
            "issues": [_told_of(issue) for issue in made.issues.filter(is_error=True).order_by("line", "pk")],
            "warnings": made.warnings,
        }

    def _refuse(self, problem: Problem, options) -> None:
        told = _told(**stored(problem))
        if options["json"]:
            self.stdout.write(json.dumps({"refused": told}, ensure_ascii=False, indent=2))
        raise CommandError(told["reason"])

    def _print(self, answer: dict, options) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        for name in ("encoding", "delimiter", "header_line", "rows"):
            self.stdout.write(f"{name}: {answer[name]!r}")
        for column, field in answer["mapping"].items():
            self.stdout.write(f"  {column} → {field}")
        for name, count in answer["counts"].items():
            self.stdout.write(f"{name}: {count}")
        for issue in answer["issues"]:
            self.stdout.write(f"{place(issue['line'], issue['column'])}: {issue['reason']}")


class _RefusedRows(RowKeeper):
    """Of a preview that nobody opens as a page, only the refused rows are kept, all of them."""

    def __init__(self):
        super().__init__()
        self.rows: list[BadRow] = []

    def refused(self, rows: Sequence[BadRow]) -> None:
        self.rows += [BadRow(row.line, [], row.problems) for row in rows]


def _described(table: Table) -> dict:
    return {
        "format": table.format,
        "encoding": table.encoding.name if table.encoding else None,
        "delimiter": table.delimiter or None,
        "header_line": table.header_line,
        "notes": [_told(**stored(problem)) for problem in table.warnings],
    }


def _pairs(text: str) -> dict[str, str]:
    """`列名=field,…` as a dict; the last = of a part parts it."""
    parts = [part.rpartition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): field.strip() for name, _sign, field in parts}


def _list(path: Path, options) -> LeadList | NewList:
    name = options["list_name"] or path.stem[:200]
    known = LeadList.objects.filter(name=name).first()
    if known:
        return known
    teams = Team.objects.filter(name=options["team"]) if options["team"] else Team.objects.all()
    found = list(teams[:2])
    if len(found) != 1:
        raise CommandError(_("新しいリスト「%(name)s」のチームを --team で指定してください。") % {"name": name})
    return NewList(name=name, team=found[0], source=options["source"], purpose=options["purpose"])


def _stop_if_failed(made: LeadImport) -> None:
    made.refresh_from_db()
    if made.status == LeadImport.Status.FAILED:
        failure = dict(made.failure)
        problem = Problem(
            failure["code"],
            failure.get("line"),
            failure.get("column", ""),
            failure.get("value", ""),
            failure.get("params", {}),
        )
        raise refusal(StoredRefusalError(problem))


class StoredRefusalError(RefusedError):
    """A refusal that was stored and is told again."""

    def __init__(self, problem: Problem):
        super().__init__(problem.code)
        self.problem = problem


def _problem(refused: ValidationError) -> Problem:
    """The first finding behind an error of the services."""
    errors = refused.error_dict if hasattr(refused, "error_dict") else {"": refused.error_list}
    first = next(iter(errors.values()))[0]
    return (first.params or {}).get("problem") or Problem(first.code, params={"sentence": first.messages[0]})


def _told(*, code: str, line: int | None, column: str, value: str = "", params: dict) -> dict:
    reason = params.get("sentence") or sentence(code, line=line, column=column, value=value, params=params)
    return {"line": line, "column": column, "code": code, "reason": reason}


def _told_of(issue: ImportIssue) -> dict:
    params = dict(issue.params)
    return _told(code=issue.code, line=issue.line, column=issue.column, value=params.pop("value", ""), params=params)
