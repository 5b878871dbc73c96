"""Which column goes where: proposed, remembered from the last list of the same shape, decided by a person."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from accounts.models import User
from leads.importing.exported import is_reference
from leads.importing.fields import FIELDS, fold_header
from leads.importing.mapping import ColumnMapping, ColumnProposal, propose, signature
from leads.importing.problems import Problem
from leads.importing.rows import PHONE_LABELS, RowCleaner
from leads.importing.tabular import Table
from leads.inputs import DROP, EXTRA, UNDECIDED, Column
from leads.labels import REASON_HEADER
from leads.models import LeadImport, SavedMapping
from leads.services.imports.mappings import name_mapping
from leads.services.imports.moments import list_time
from leads.services.imports.preview_rows import forget_rows
from leads.services.imports.problems import refusals

Status = LeadImport.Status


@dataclass(frozen=True)
class Decision:
    """Where the columns of such a header went before: under a name, or in the last import. `key` chooses it."""

    key: str
    name: str
    mapping: Mapping[str, str]
    first_phone: int | None = None


AUTO, LAST = "auto", "last"
"""Keys of what is proposed without any decision, and of the last import's."""


def columns_of(lead_import: LeadImport, use: str = "") -> list[Column]:
    """What is proposed for each column: by the decision `use` names, or this import's own, or an earlier one."""
    columns = [_proposed(guess) for guess in propose(lead_import.header, lead_import.samples)]
    decision = decision_to_propose(lead_import, decisions_for(lead_import), use)
    known = decision.mapping if decision else {} if use else lead_import.mapping
    return [
        replace(column, target=known[str(column.index)], is_remembered=decision is not None)
        if str(column.index) in known
        else column
        for column in columns
    ]


def decisions_for(lead_import: LeadImport) -> list[Decision]:
    """Earlier decisions for the same header, the named ones first, the one used last at their head."""
    signatures = _signatures(lead_import)
    named = SavedMapping.objects.filter(signature__in=signatures).order_by("-updated_at", "-pk")
    found = [Decision(str(saved.pk), saved.name, saved.mapping, saved.first_phone) for saved in named]
    if lead_import.header_line is not None:
        done = LeadImport.objects.filter(signature__in=signatures, status=Status.DONE).exclude(pk=lead_import.pk)
        if last := done.order_by("-pk").first():
            found.append(Decision(LAST, last.filename, last.mapping, last.first_phone))
    return found


def decision_to_propose(lead_import: LeadImport, decisions: Sequence[Decision], key: str = "") -> Decision | None:
    """The decision asked for; without a wish the first, unless this import is decided or has no header to go by."""
    if key:
        return next((decision for decision in decisions if decision.key == key), None)
    return decisions[0] if decisions and not lead_import.mapping and lead_import.header_line is not None else None


def _signatures(lead_import: LeadImport) -> list[str]:
    """Refused rows that come back fixed have one column more: the reason."""
    header = lead_import.header
    shorter = [signature(header[:-1])] if header and header[-1] in (REASON_HEADER, gettext(REASON_HEADER)) else []
    return [lead_import.signature, *shorter]


def first_phone_of(targets: Mapping[str, str], chosen: int | None) -> int | None:
    """The column whose number is called first: the chosen one, else by the order of the labels."""
    phones = {int(index): target for index, target in targets.items() if target in PHONE_LABELS}
    if chosen in phones:
        return chosen
    order = list(PHONE_LABELS)
    return min(phones, key=lambda index: (order.index(phones[index]), index), default=None)


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
        target = DROP if _is_not_data(guess.header) else EXTRA
    return Column(guess.index, guess.header, target, guess.confidence, guess.samples, guess.ambiguous_choices)


def _is_not_data(header: str) -> bool:
    """What we wrote into a file ourselves for a person to read."""
    return header in (REASON_HEADER, gettext(REASON_HEADER)) or is_reference(header)


def targets_from_names(table: Table, names: Mapping[str, str], saved: SavedMapping | None = None) -> dict[str, str]:
    """The proposal with some columns decided by header, as typed in a shell. ValidationError on `mapping`."""
    targets = default_targets(table) | (dict(saved.mapping) if saved else {})
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


def cleaner_for(
    header: Sequence[str], targets: Mapping[str, str], first_phone: int | None = None, *, now: dt.datetime
) -> RowCleaner:
    """The cleaner of a mapping; columns marked DROP leave nothing behind, numbers of `first_phone` come first."""
    cleaner = RowCleaner(ColumnMapping.from_dict(header, targets), now=list_time(now))
    cleaner.extra_columns = [(index, name) for index, name in cleaner.extra_columns if targets.get(str(index)) != DROP]
    cleaner.phone_columns.sort(key=lambda column: column[0] != first_phone)
    return cleaner


@transaction.atomic
def save_mapping(
    *,
    lead_import: LeadImport,
    targets: Mapping[str, str],
    by: User | None,
    now: dt.datetime,
    first_phone: int | None = None,
    save_as: str = "",
) -> LeadImport:
    """Keep what was decided, under a name too if one is given; the import waits for its preview.

    ValidationError on `mapping`, on `name`, or as a whole.
    """
    saved = LeadImport.objects.select_for_update(of=("self",)).get(pk=lead_import.pk)
    if not saved.can_be_mapped:
        raise ValidationError(_("この取込はすでに進んでいるため、列の割り当てを変更できません。"), code="too_late")
    check_targets(saved.header, targets)
    saved.mapping = dict(targets)
    saved.first_phone = first_phone if targets.get(str(first_phone)) in PHONE_LABELS else None
    saved.status, saved.preview, saved.rows_done = Status.PREVIEWING, {}, 0
    saved.claimed_until = None
    saved.save(update_fields=["mapping", "first_phone", "status", "preview", "rows_done", "claimed_until"])
    if save_as:
        name_mapping(
            name=save_as,
            signature=saved.signature,
            header=saved.header,
            targets=saved.mapping,
            first_phone=saved.first_phone,
            by=by,
            now=now,
        )
    forget_rows(saved)
    return saved
