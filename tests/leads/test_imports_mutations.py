"""Files broken by chance, over HTTP: never an error of ours, never half a file, never a cell that is not the true one.

A sample of what `benchmarks/import_mutations.py` does with ten thousand files.
"""

import pytest
from django.db import transaction

from tests.leads.mutation_run import Road, digest
from tests.leads.mutations import KINDS, made, reference_rows

pytestmark = pytest.mark.django_db
SEEDS = range(3)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_list_is_refused_whole_or_taken_row_by_row(client_for, admin, team, now, kind):
    client = client_for(admin)
    client.get("/")
    untouched = digest()
    for seed in SEEDS:
        with transaction.atomic():
            result = Road(client, team, now, made(kind, seed), untouched).go()
            transaction.set_rollback(True)
        assert not result.faults
        assert result.outcome


def test_sound_list_comes_in_cell_by_cell(client_for, admin, team, now):
    """The oracle is not asleep: it compares, and what it is given wrong it finds."""
    client = client_for(admin)
    case = made("nothing", 1)
    with transaction.atomic():
        result = Road(client, team, now, case, {}).go()
        transaction.set_rollback(True)
    assert (result.outcome, result.accepted) == ("taken", len(case.truth))
    assert result.cells >= 7 * result.accepted

    line = min(case.truth)
    for index in (0, 1, 3, 5, 8):
        other = made("nothing", 1)
        other.truth[line][index] = {3: "06-9999-0000", 8: "2026/5/19"}.get(index, "ほかの値")
        with transaction.atomic():
            result = Road(client, team, now, other, {}).go()
            transaction.set_rollback(True)
        assert any(f"line {line} " in fault for fault in result.faults), index


def test_reference_reads_by_the_letter():
    text = 'a,"b\r\n""c""",\r\n\r\n1,2"3,4\r\nd,e,f\n"g'
    assert reference_rows(text.encode(), "utf-8", ",") == {1: ["a", 'b\r\n"c"', ""], 3: [""], 5: ["d", "e", "f"]}
    assert reference_rows(b"\xff", "utf-8", ",") is None
