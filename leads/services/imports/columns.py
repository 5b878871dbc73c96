"""Which column goes where: proposed, remembered from the last list of the same shape, decided by a person."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from accounts.models import User
from leads.importing.fields import FIELDS, fold_header
from leads.importing.mapping import ColumnMapping, ColumnProposal, propose
from leads.importing.problems import Problem
from leads.importing.rows import RowCleaner
from leads.importing.tabular import Table
from leads.inputs import DROP, EXTRA, UNDECIDED, Column
from leads.labels import REASON_HEADER
from leads.models import LeadImport
from leads.services.imports.problems import refusals

Status = LeadImport.Status


def columns_of(lead_import: LeadImport) -> list[Column]:
    """What is proposed for each column; a mapping somebody has already decided for this header wins."""
    columns = [_proposed(guess) for guess in propose(lead_import.header, lead_import.samples)]
    known = lead_import.mapping or remembered_mapping(lead_import)
    if not known:
        return columns
    return [
        replace(column, target=known[str(column.index)], is_remembered=not lead_import.mapping)
        if str(column.index) in known
        else column
        for column in columns
    ]


def default_targets(table: Table) -> dict[str, str]:
    """The proposal alone, as stored; undecided columns are "" ."""
    return {str(guess.index): _proposed(guess).target for guess in propose(table.header, table.sample())}


def _proposed(guess: ColumnProposal) -> Column:
    asked = guess.ambiguous_choices if len(guess.ambiguous_choices) > 1 else ()
    if asked:
        target = UNDECIDED
    elif guess.field:
        target = guess.field
    else:
        target = DROP if guess.header in (REASON_HEADER, gettext(REASON_HEADER)) else EXTRA
    return Column(guess.index, guess.header, target, guess.confidence, guess.samples, guess.ambiguous_choices)


def remembered_mapping(lead_import: LeadImport) -> dict[str, str]:
    """What was decided for the last list with the same header, if one was imported."""
    same = LeadImport.objects.filter(signature=lead_import.signature, status=Status.DONE).exclude(pk=lead_import.pk)
    if lead_import.header_line is None:
        return {}
    return same.order_by("-pk").values_list("mapping", flat=True).first() or {}


def targets_from_names(table: Table, names: Mapping[str, str]) -> dict[str, str]:
    """The proposal with some columns decided by header, as typed in a shell. ValidationError on `mapping`."""
    targets = default_targets(table)
    at = {fold_header(header): str(index) for index, header in enumerate(table.header)}
    problems = []
    for header, target in names.items():
        if fold_header(header) not in at:
            problems.append(Problem("mapping_unknown_column", column=header))
        elif target not in (*FIELDS, EXTRA, DROP):
            problems.append(Problem("mapping_unknown_field", column=header, params={"field": target}))
        else:
            targets[at[fold_header(header)]] = target
    if problems:
        raise refusals(tuple(problems))
    return targets


def check_targets(header: Sequence[str], targets: Mapping[str, str]) -> None:
    """ValidationError on `mapping` with everything that stands in the way of using these targets."""
    undecided = tuple(
        Problem("mapping_undecided", column=name)
        for index, name in enumerate(header)
        if targets.get(str(index), EXTRA) == UNDECIDED
    )
    problems = undecided + ColumnMapping.from_dict(header, targets).problems()
    if problems:
        raise refusals(problems)


def cleaner_for(header: Sequence[str], targets: Mapping[str, str]) -> RowCleaner:
    """The cleaner of a mapping; columns marked DROP leave nothing behind."""
    cleaner = RowCleaner(ColumnMapping.from_dict(header, targets))
    cleaner.extra_columns = [(index, name) for index, name in cleaner.extra_columns if targets.get(str(index)) != DROP]
    return cleaner


@transaction.atomic
def save_mapping(
    *, lead_import: LeadImport, targets: Mapping[str, str], by: User | None, now: dt.datetime
) -> LeadImport:
    """Keep what was decided; the import waits for its preview. ValidationError on `mapping` or as a whole."""
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if not saved.can_be_mapped:
        raise ValidationError(_("この取込はすでに進んでいるため、列の割り当てを変更できません。"), code="too_late")
    check_targets(saved.header, targets)
    saved.mapping = dict(targets)
    saved.status, saved.preview, saved.rows_done = Status.PREVIEWING, {}, 0
    saved.claimed_until = None
    saved.save(update_fields=["mapping", "status", "preview", "rows_done", "claimed_until"])
    return saved
