"""`manage.py import_leads FILE`: a list into the base from a shell, through the services the pages use."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import Team
from config import clock
from leads.importing.fields import fold_header
from leads.importing.mapping import ColumnMapping, signature
from leads.importing.problems import Problem, RefusedError
from leads.importing.tabular import AUTO, Table
from leads.inputs import NewList, Reading
from leads.labels import place, sentence
from leads.models import ImportIssue, LeadImport, LeadList, SavedMapping
from leads.selectors.import_results import same_file
from leads.services.imports.columns import check_targets, cleaner_for, first_phone_of, save_mapping, targets_from_names
from leads.services.imports.mappings import check_name
from leads.services.imports.preview_rows import RowKeeper
from leads.services.imports.previews import preview_file, run_preview
from leads.services.imports.problems import refusal, stored
from leads.services.imports.reading import BadRow, Reader
from leads.services.imports.running import BATCH, confirm_import, run_import
from leads.services.imports.uploads import create_import, read_table


class Command(BaseCommand):
    help = "Import a list (CSV, TSV, XLSX). Exit status 1 when the file, an option or the mapping is refused."

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--list", dest="list_name", default="", help="list to fill (default: the file's name)")
        parser.add_argument("--team", default="", help="team of a new list; may be left out when there is only one")
        parser.add_argument("--source", default="", help="where the people of a new list were obtained")
        parser.add_argument("--acquired-on", type=_date, help="when they were obtained, as YYYY-MM-DD")
        parser.add_argument("--purpose", default="", help="what a new list may be used for")
        parser.add_argument("--policy", choices=LeadImport.Policy.values, default=LeadImport.Policy.FILL_BLANKS)
        parser.add_argument(
            "--mapping",
            default="",
            help='the name of a saved mapping, or "column=field,…" with a field, "extra" or "drop"',
        )
        parser.add_argument("--save-mapping", default="", metavar="NAME", help="keep the mapping under this name")
        parser.add_argument("--first-phone", default="", metavar="COLUMN", help="column whose number is called first")
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
        how = Reading(options["encoding"], _delimiter(options["delimiter"]), options["header_line"] or None)
        table = read_table(str(path), how)
        chosen = _chosen(table, options)
        check_targets(table.header, chosen.targets)
        if options["save_mapping"]:
            check_name(options["save_mapping"], signature(table.header))
        mapping = {name: chosen.targets[str(index)] for index, name in enumerate(table.header)}
        first = None if chosen.first_phone is None else table.header[chosen.first_phone]
        answer = {**_described(table), "mapping": mapping, "first_phone": first, "policy": options["policy"]}
        if options["dry_run"]:
            return answer | self._dry_run(table, chosen, options["policy"])
        return answer | self._import(path, how, chosen, options)

    def _dry_run(self, table: Table, chosen: "Chosen", policy: str) -> dict:
        mapping = ColumnMapping.from_dict(table.header, chosen.targets)
        now = clock.now()
        cleaner = cleaner_for(table.header, chosen.targets, chosen.first_phone, now=now)
        reader = Reader(table, cleaner, mapping, signature(table.header), BATCH)
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

    def _import(self, path: Path, how: Reading, chosen: "Chosen", options) -> dict:
        lead_list = _list(path, options)
        with path.open("rb") as stream:
            file = File(stream, name=str(path))
            values = {"lead_list": lead_list, "by": None, "now": clock.now(), "how": how}
            made = create_import(file=file, filename=path.name, **values)
        decided = {"targets": chosen.targets, "first_phone": chosen.first_phone, "save_as": options["save_mapping"]}
        save_mapping(lead_import=made, by=None, now=clock.now(), **decided)
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
            "same_file": [other.pk for other in same_file(made)],
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


@dataclass(frozen=True)
class Chosen:
    """Where each column goes, and whose number is called first."""

    targets: dict[str, str]
    first_phone: int | None


def _chosen(table: Table, options) -> Chosen:
    """The proposal, the saved mapping of that name, or the columns named one by one. ValidationError."""
    wish = options["mapping"]
    saved = SavedMapping.objects.filter(name=wish).first() if wish else None
    if saved is None and wish and "=" not in wish:
        raise refusal(RefusedError("mapping_unknown_name", name=wish))
    if saved is not None and saved.signature != signature(table.header):
        raise refusal(RefusedError("mapping_of_other_header", name=wish))
    targets = targets_from_names(table, _pairs("" if saved else wish), saved)
    first = saved.first_phone if saved else None
    if options["first_phone"]:
        first = _phone_column(table, targets, options["first_phone"])
    return Chosen(targets, first_phone_of(targets, first))


def _phone_column(table: Table, targets: dict[str, str], name: str) -> int:
    found = [index for index, header in enumerate(table.header) if fold_header(header) == fold_header(name)]
    if not found:
        raise refusal(RefusedError("mapping_unknown_column", column=name))
    if first_phone_of(targets, found[0]) != found[0]:
        raise refusal(RefusedError("first_phone_no_phone", column=name))
    return found[0]


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _delimiter(text: str) -> str:
    """A tab is hard to type in a shell: its name does as well."""
    return {"tab": "\t", "\\t": "\t"}.get(text, text)


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
    provenance = {"source": options["source"], "acquired_on": options["acquired_on"], "purpose": options["purpose"]}
    return NewList(name=name, team=found[0], **provenance)


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
