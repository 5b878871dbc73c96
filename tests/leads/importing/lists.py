"""A made-up list of ordinary columns, to read and clean in tests."""

from leads.importing.cleaned import CleanRow, RowErrors
from leads.importing.mapping import ColumnMapping, propose
from leads.importing.rows import clean_row


def mapped(*headers: str) -> ColumnMapping:
    """The mapping proposed for these headers alone."""
    return ColumnMapping.from_proposals(propose(headers, []))


def cleaned(**fields: str) -> CleanRow | RowErrors:
    """A row from field=cell; headers are the fields' own names, one column each."""
    mapping = ColumnMapping(tuple(fields), tuple(fields))
    return clean_row(mapping, list(fields.values()), 7)


def codes(row: CleanRow | RowErrors) -> list[str]:
    return [problem.code for problem in row.warnings]
