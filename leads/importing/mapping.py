"""Which column goes to which field: proposed from headers and content, confirmed by a person, kept by signature."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from leads.importing.content import CHECKS, share
from leads.importing.exported import is_ours, is_reference
from leads.importing.fields import FIELDS, LOOKS, PLACE_FIELDS, REPEATABLE, choices_for, fold_header, read_header
from leads.importing.headers import column_letter
from leads.importing.problems import Problem
from leads.importing.text import cell, is_blank

SAMPLES_SHOWN = 3
BELIEVED = 0.2
CERTAIN = 0.8
ENOUGH_SAMPLES = 3
COMPANY_SHARE = 0.3
CONTENT_CONFIDENCE = 0.6
OWN_CONFIDENCE = 0.95

FIELD_OF_LOOK = {
    "corporate_number": "corporate_number",
    "email": "email",
    "url": "url",
    "phone": "phone_main",
    "postal": "postal",
    "prefecture": "prefecture",
    "company": "company_name",
    "person": "person_name",
    "city": "city",
    "address": "address",
    "kana": "company_kana",
}
"""What a column without a usable header is taken for. Dates alone say nothing about what happened on them."""

SURE_BY_CONTENT = frozenset(("email", "corporate_number", "url"))
"""Looks so particular that they are believed under a header we do not know."""

NAMES = ("company_name", "office_name", "person_name", "last_name")


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """One column with the field proposed for it (None = additional information) and whether a person should look.

    `ambiguous_choices` not empty: the person must choose. `group` says whose place or phone it is.
    """

    index: int
    header: str
    field: str | None
    confidence: float
    samples: tuple[str, ...] = ()
    ambiguous_choices: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """The confirmed answer: for each column of the header a field or None."""

    header: tuple[str, ...]
    fields: tuple[str | None, ...]

    @classmethod
    def from_proposals(cls, proposals: Sequence[ColumnProposal]) -> "ColumnMapping":
        return cls(tuple(p.header for p in proposals), tuple(p.field for p in proposals))

    @classmethod
    def from_dict(cls, header: Sequence[str], stored: Mapping[str, str]) -> "ColumnMapping":
        """From {"column index": "field"} as stored; unknown indexes and fields are left out."""
        fields = [stored.get(str(index)) for index in range(len(header))]
        return cls(tuple(header), tuple(field if field in FIELDS else None for field in fields))

    @classmethod
    def from_names(cls, header: Sequence[str], names: Mapping[str, str]) -> "ColumnMapping":
        """From {"header": "field"} as typed in a shell; headers are compared folded."""
        folded = {fold_header(name): field for name, field in names.items()}
        return cls.from_dict(header, {str(i): folded.get(fold_header(name), "") for i, name in enumerate(header)})

    def to_dict(self) -> dict[str, str]:
        return {str(index): field for index, field in enumerate(self.fields) if field}

    def columns_of(self, field: str) -> tuple[int, ...]:
        return tuple(index for index, name in enumerate(self.fields) if name == field)

    def problems(self) -> tuple[Problem, ...]:
        """Why this mapping cannot be used: no column that names anybody, or one field given to two columns."""
        found = []
        if not any(field in NAMES for field in self.fields):
            found.append(Problem("mapping_no_name", params={"columns": "、".join(self.header[:10])}))
        for field in dict.fromkeys(field for field in self.fields if field):
            columns = self.columns_of(field)
            if len(columns) > 1 and field not in REPEATABLE:
                found.append(
                    Problem(
                        "mapping_twice",
                        column=self.header[columns[1]],
                        params={"field": field, "first": self.header[columns[0]]},
                    )
                )
        return tuple(found)

    def can_be_called(self) -> bool:
        """Whether any column holds numbers to call."""
        return any(field and field.startswith("phone_") for field in self.fields)


def signature(header: Sequence[str]) -> str:
    """The same for headers that differ only in width, case, spaces or decoration; by it a mapping is remembered."""
    folded = "\x1f".join(fold_header(name) for name in header)
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:32]


def propose(header: Sequence[str], sample_rows: Sequence[Sequence[str]]) -> list[ColumnProposal]:
    """A field for each column, by its header checked against the samples, else by content alone."""
    columns = [[cell(row[index]) for row in sample_rows if index < len(row)] for index in range(len(header))]
    is_export = any(map(is_reference, header))
    found = [_first_guess(index, name, columns[index], is_export=is_export) for index, name in enumerate(header)]
    found = _kana_beside_name(found)
    found = _office_for_company(found)
    found = _one_place(found)
    return _one_column_each(_by_content(found, columns))


def _first_guess(index: int, header: str, samples: list[str], *, is_export: bool) -> ColumnProposal:
    """The headers of our own export mean what they say, whatever stands below them."""
    field, group, confidence = read_header(header)
    shown = tuple(text for text in samples if not is_blank(text))[:SAMPLES_SHOWN]
    if is_ours(header):
        return ColumnProposal(index, header, None, OWN_CONFIDENCE, shown)
    guess = ColumnProposal(index, header, field, confidence, shown, choices_for(header), group)
    if guess.ambiguous_choices:
        return replace(guess, field=None, confidence=0.5)
    return _checked(guess, samples) if field and not is_export else guess


def _checked(guess: ColumnProposal, samples: list[str]) -> ColumnProposal:
    """A header is believed unless the cells plainly hold something else."""
    look = LOOKS.get(guess.field or "")
    found = share(look, samples) if look else None
    if found is None or sum(1 for text in samples if not is_blank(text)) < ENOUGH_SAMPLES:
        return guess
    if found >= BELIEVED:
        return replace(guess, confidence=round(guess.confidence * (0.5 + found / 2), 2))
    other = _by_look(samples)
    if other and other != guess.field:
        return replace(guess, field=other, confidence=0.5, ambiguous_choices=(other, guess.field or ""))
    return replace(guess, field=None, confidence=0.3, ambiguous_choices=(guess.field or "",))


def _by_look(samples: list[str]) -> str | None:
    if sum(1 for text in samples if not is_blank(text)) < ENOUGH_SAMPLES:
        return None
    for look in CHECKS:
        found = share(look, samples)
        needed = COMPANY_SHARE if look == "company" else CERTAIN
        if look in FIELD_OF_LOOK and found is not None and found >= needed:
            return FIELD_OF_LOOK[look]
    return None


def _kana_beside_name(found: list[ColumnProposal]) -> list[ColumnProposal]:
    """A bare フリガナ belongs to the name before it."""
    result, before = [], ""
    for guess in found:
        if guess.field == "person_kana" and fold_header(guess.header) in _BARE_KANA and before == "company_name":
            guess = replace(guess, field="company_kana")
        if guess.field in ("company_name", "person_name", "last_name", "first_name"):
            before = guess.field
        result.append(guess)
    return result


_BARE_KANA = frozenset(fold_header(text) for text in ("フリガナ", "ふりがな", "よみがな", "カナ", "読み仮名"))


def _office_for_company(found: list[ColumnProposal]) -> list[ColumnProposal]:
    """Where no column names the company, the office is the company."""
    if any(guess.field == "company_name" for guess in found):
        return found
    moved = {"office_name": "company_name", "office_kana": "company_kana"}
    return [replace(g, field=moved[g.field]) if g.field in moved else g for g in found]


def _one_place(found: list[ColumnProposal]) -> list[ColumnProposal]:
    """Postal code, city and address come from one group of columns: the company's, nobody's, else the office's."""
    places = [guess for guess in found if guess.field in PLACE_FIELDS]
    groups = [group for group in ("company", "", "office", "site", "person") if _has_street(places, group)]
    if not groups:
        return found
    kept = groups[0]
    return [
        replace(guess, field=None, confidence=0.4, ambiguous_choices=())
        if guess.field in PLACE_FIELDS and guess.group != kept and (guess.group or kept == "company")
        else guess
        for guess in found
    ]


def _has_street(places: list[ColumnProposal], group: str) -> bool:
    return any(guess.group == group and guess.field in ("address", "city") for guess in places)


def _by_content(found: list[ColumnProposal], columns: list[list[str]]) -> list[ColumnProposal]:
    """Columns without a known header: by content where they have no header at all, carefully where they have one."""
    taken = {guess.field for guess in found if guess.field}
    result: list[ColumnProposal] = []
    for guess in found:
        if guess.field is None and not guess.ambiguous_choices and guess.confidence == 0.0:
            beside = result[-1].field if result else None
            guess = _looked_at(guess, columns[guess.index], taken, beside)
        if guess.field:
            taken.add(guess.field)
        result.append(guess)
    return result


def _looked_at(guess: ColumnProposal, samples: list[str], taken: set[str], beside: str | None) -> ColumnProposal:
    """A number under an unknown header may be any code: phones are offered there, not assumed."""
    field = _by_look(samples)
    if field is None:
        return guess
    if guess.header == column_letter(guess.index):
        fits = field not in taken or field == beside == "address" or (field in REPEATABLE and field != "address")
        return replace(guess, field=field, confidence=CONTENT_CONFIDENCE) if fits else guess
    if field in taken:
        return guess
    if field in SURE_BY_CONTENT:
        return replace(guess, field=field, confidence=0.5)
    if field == "phone_main" and not any(name.startswith("phone_") for name in taken):
        return replace(guess, confidence=0.3, ambiguous_choices=(field,))
    return guess


def _one_column_each(found: list[ColumnProposal]) -> list[ColumnProposal]:
    """The surest column keeps a field; the others of the same field are offered as choices, none is lost."""
    best: dict[str, int] = {}
    for guess in found:
        if guess.field and guess.field not in REPEATABLE:
            held = best.get(guess.field)
            if held is None or guess.confidence > found[held].confidence:
                best[guess.field] = guess.index
    return [
        replace(guess, field=None, confidence=0.4, ambiguous_choices=(guess.field,))
        if guess.field and guess.field not in REPEATABLE and best[guess.field] != guess.index
        else guess
        for guess in found
    ]
