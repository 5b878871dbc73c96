"""The rows behind the numbers of a preview: the first of each kind, in files beside the upload, read a page at a time.

They are personal data of people who are not in the base: they go when the preview is no longer the question.
"""

import datetime as dt
import heapq
import itertools
import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from leads.importing.problems import Problem
from leads.models import ImportRow, LeadImport
from leads.services.imports.claims import LostClaimError
from leads.services.imports.history import foreseen_history
from leads.services.imports.matching import Candidate
from leads.services.imports.merging import (
    Target,
    company_values,
    lead_values,
    missing_phones,
    past_signals,
    same_company,
    wanted,
    wanted_extra,
)
from leads.services.imports.problems import stored
from leads.services.imports.reading import BadRow

KEPT = 5_000
"""Rows kept of each kind: more than anybody reads, little enough for any disk."""

CELLS_SHOWN, CHARS_SHOWN = 6, 60
INDEX = "index.json"
SAME, FILLED, REPLACED = "same", "filled", "replaced"
"""What a row would do to a lead that is there: nothing, fill blanks (and perhaps replace), replace only."""

KNOWN = (SAME, FILLED, REPLACED)
AGAIN = tuple(f"{kind}-again" for kind in KNOWN)
"""The same for a row that was imported before, letter by letter."""

BLOCKED_LEAD = "blocked-lead"
"""Blocked only because the lead is: a new lead made of the row would not be."""

Outcome, Policy = ImportRow.Outcome, LeadImport.Policy
WRITTEN = {Policy.FILL_BLANKS: (FILLED,), Policy.OVERWRITE: (FILLED, REPLACED)}


def kinds_of(policy: str, outcome: str) -> tuple[str, ...]:
    """Which kept rows a number of the preview counts."""
    updated = tuple(kind for kind in (*KNOWN, *AGAIN) if kind.removesuffix("-again") in WRITTEN.get(policy, ()))
    if policy == Policy.CREATE_ANYWAY:
        found = {Outcome.NEW: ("new", *KNOWN), Outcome.UPDATED: (), Outcome.DUPLICATE_IN_BASE: AGAIN}
    else:
        rest = tuple(kind for kind in (*KNOWN, *AGAIN) if kind not in updated)
        found = {Outcome.NEW: ("new",), Outcome.UPDATED: updated, Outcome.DUPLICATE_IN_BASE: rest}
        found["blocked"] = ("blocked", BLOCKED_LEAD)
    return found.get(outcome, (str(outcome),))


def directory_of(lead_import: LeadImport) -> Path:
    return Path(f"{lead_import.file.path}.rows")


class RowKeeper:
    """Writes rows while a preview is reckoned; without a directory it keeps nothing. Published whole or not at all."""

    def __init__(self, lead_import: LeadImport | None = None):
        self.counts: Counter = Counter()
        self.files: dict[str, IO[str]] = {}
        self.open_files = ExitStack()
        self.final = directory_of(lead_import) if lead_import else None
        if lead_import and self.final:
            self.directory = self.final.with_name(f"{self.final.name}-{lead_import.token}")
            self.directory.mkdir(parents=True, exist_ok=True)

    def refused(self, rows: Sequence[BadRow]) -> None:
        for row in rows:
            if self._has_room("error"):
                cells = [text[:CHARS_SHOWN] for text in row.cells[:CELLS_SHOWN]]
                self._write("error", row.line, cells=cells, problems=[stored(problem) for problem in row.problems])

    def warned(self, problems: Sequence[Problem], found: Candidate | None) -> None:
        """One row with everything of one kind there is to say of it."""
        kind = f"warning-{problems[0].code}"
        if self._has_room(kind):
            who = _told(found) if found else {}
            self._write(kind, problems[0].line or 0, problems=[stored(problem) for problem in problems], **who)

    def show(self, outcome: str, found: Candidate, pk: int | None = None) -> None:
        """A row of an outcome that is the same under every policy."""
        if self._has_room(str(outcome)):
            self._write(str(outcome), found.row.line, lead=pk, **_told(found), **block_of(found))

    def known(
        self, found: Candidate, target: Target, now: dt.datetime, policies: Sequence[str], *, again: bool
    ) -> None:
        """A row of somebody who is in the base; `policies` are those that would write something."""
        kind = FILLED if Policy.FILL_BLANKS in policies else REPLACED if policies else SAME
        kind += "-again" if again else ""
        if not self._has_room(kind):
            return
        changes = {
            str(policy): foreseen(target, found, now, overwrite=policy == Policy.OVERWRITE) for policy in policies
        }
        blocks = {} if target.lead.is_blocked else block_of(found)
        self._write(kind, found.row.line, lead=target.lead.pk, changes=changes, **_told(found), **blocks)

    def publish(self) -> None:
        """Put the rows in place of those of an earlier preview. The caller holds the import."""
        if self.final is None:
            return
        (self.directory / INDEX).write_text(json.dumps(self.counts), encoding="utf-8")
        self.open_files.close()
        shutil.rmtree(self.final, ignore_errors=True)
        self.directory.rename(self.final)

    def close(self) -> None:
        """Leave nothing of rows that were not published."""
        self.open_files.close()
        if self.final is not None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def _has_room(self, kind: str) -> bool:
        self.counts[kind] += 1
        return self.final is not None and self.counts[kind] <= KEPT

    def _write(self, kind: str, line: int, **values: Any) -> None:
        if kind not in self.files:
            self.files[kind] = self.open_files.enter_context(self._opened(kind))
        self.files[kind].write(f"{line}\t{json.dumps(values, ensure_ascii=False)}\n")

    def _opened(self, kind: str) -> IO[str]:
        """The import may have been cancelled and its files be gone: then there is nothing left to reckon."""
        try:
            return (self.directory / kind).open("w", encoding="utf-8", errors="replace", newline="\n")
        except FileNotFoundError:
            raise LostClaimError from None


def block_of(found: Candidate) -> dict[str, str]:
    """What the row says of do-not-call: taken down whatever happens to the lead otherwise."""
    return {"blocks": found.row.do_not_call_words} if found.row.do_not_call else {}


def _told(found: Candidate) -> dict[str, str]:
    row = found.row
    number = next((phone.national or phone.raw for phone in row.phones), "")
    return {"company": row.company.name, "person": row.person.name or row.company.office, "number": number}


def foreseen(target: Target, found: Candidate, now: dt.datetime, *, overwrite: bool) -> dict[str, list]:
    """What the row would change, as {"field": [from, to]}, in the words of `merging.merge`."""
    lead, row = target.lead, found.row
    changes = {
        name: [getattr(lead, name), value]
        for name, value in wanted(lead_values(row), lead, overwrite=overwrite).items()
    }
    if extra := wanted_extra(row, lead, overwrite=overwrite):
        changes["extra"] = [{name: lead.extra.get(name, "") for name in extra}, extra]
    if same_company(lead.company, row):
        company = wanted(company_values(row), lead.company, overwrite=overwrite)
        changes |= {f"company.{name}": [getattr(lead.company, name), value] for name, value in company.items()}
    if phones := missing_phones(target.phones, row):
        changes["phones"] = [[], [phone.raw for phone in phones]]
    if signals := sorted(set(past_signals(row, now)) - target.signals):
        changes["signals"] = [[], [f"{kind} {at.isoformat()}" for kind, at in signals]]
    return changes | foreseen_history(target, row, now)


class KeptRows:
    """The kept rows of some kinds in the order of the file, as a paginator wants them; only a page is in memory."""

    def __init__(self, lead_import: LeadImport, kinds: Sequence[str]):
        self.directory, self.kinds = directory_of(lead_import), kinds
        self.total = sum(_counts(self.directory).get(kind, 0) for kind in kinds)

    def __len__(self) -> int:
        return min(self.total, KEPT)

    def __getitem__(self, page: slice) -> list[dict]:
        with ExitStack() as open_files:
            paths = [self.directory / kind for kind in self.kinds]
            files = [open_files.enter_context(path.open(encoding="utf-8")) for path in paths if path.is_file()]
            # Of each kind the first rows are kept, so the first of all of them together are whole too.
            lines = heapq.merge(*map(_numbered, files))
            chosen = itertools.islice(lines, page.start, min(page.stop, KEPT))
            return [{"line": line, **json.loads(text)} for line, text in chosen]


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for text in lines:
        line, _tab, values = text.partition("\t")
        yield int(line), values


def _counts(directory: Path) -> Mapping[str, int]:
    try:
        return json.loads((directory / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}


def forget_rows(lead_import: LeadImport) -> None:
    """Remove what any preview of the import has kept, a half-written one included."""
    final = directory_of(lead_import)
    for directory in (final, *final.parent.glob(f"{final.name}-*")):
        shutil.rmtree(directory, ignore_errors=True)
