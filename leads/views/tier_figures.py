"""The result of a simulation as its page shows it: the matrix, samples of each move, today's calls, lists."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from leads.models import Lead, LeadList, TierSimulation

TIERS = "ABC"
MOST_IN_A = 0.5
"""A share of tier A beyond which it no longer says whom to call first."""


def figures_of(simulation: TierSimulation) -> dict:
    """The result as the page shows it."""
    result = simulation.result
    cells = result["cells"]
    total = sum(n for n, _before, _after in cells.values())
    in_a = sum(cell[0] for move, cell in cells.items() if move[1] == "A")
    moved = sum(cell[0] for move, cell in cells.items() if move[0] != move[1])
    return {
        "matrix": [_matrix_row(cells, old) for old in TIERS],
        "totals": [_column(cells, new) for new in TIERS],
        "total": total,
        "moved": moved,
        "overridden": result["overridden"],
        "warns_a": total > 0 and in_a / total > MOST_IN_A,
        "warns_no_a": total > 0 and in_a == 0,
        "moves": _moves(result),
        "queue": [
            {"label": _("一次架電の対象"), **_by_direction(result["first"])},
            {"label": _("二次架電の対象"), **_by_direction(result["second"])},
        ],
        "top": _top(result["top"]),
        "lists": _lists(result["lists"]),
    }


def _matrix_row(cells: dict, old: str) -> dict:
    found = [{"tier": new, **_cell(cells.get(old + new, (0, 0, 0))), "stays": old == new} for new in TIERS]
    sums = [sum(parts) for parts in zip(*(cells.get(old + new, (0, 0, 0)) for new in TIERS), strict=True)]
    return {"tier": old, "cells": found, **_cell(sums)}


def _column(cells: dict, new: str) -> dict:
    before = sum(cells.get(new + to, (0,))[0] for to in TIERS)
    sums = [sum(parts) for parts in zip(*(cells.get(old + new, (0, 0, 0)) for old in TIERS), strict=True)]
    return {"tier": new, **_cell(sums), "before": before, "more": sums[0] - before}


def _cell(sums: Sequence[int]) -> dict:
    """How many, and how their mean temperature changes."""
    count, before, after = sums
    return {"count": count, "warmer": round((after - before) / count, 1) if count else None}


def _moves(result: dict) -> list[dict]:
    leads = Lead.objects.select_related("company").in_bulk(int(pk) for pk in result["why"])
    return [
        {
            "old": move[0],
            "new": move[1],
            "count": result["cells"][move][0],
            "samples": [
                {"lead": leads[pk], **result["why"][str(pk)]}
                for _heat, pk in result["samples"][move]
                if pk in leads and str(pk) in result["why"]
            ],
        }
        for move in sorted(result["samples"])
    ]


def _by_direction(moves: dict[str, int]) -> dict:
    up = sum(n for move, n in moves.items() if move[1] < move[0])
    down = sum(n for move, n in moves.items() if move[1] > move[0])
    parts = [(move[0], move[1], n) for move, n in sorted(moves.items())]
    return {"up": up, "down": down, "parts": parts}


def _top(top: dict) -> list[dict]:
    """The first calls in their order now and then, side by side."""
    old, new = top["old"], [pk for _tier, _heat, pk in top["new"]]
    leads = Lead.objects.select_related("company").in_bulk({*old, *new})
    then = {pk: {"tier": tier, "temperature": heat} for tier, heat, pk in top["new"]}
    return [
        {
            "place": at + 1,
            "old": leads.get(old[at]) if at < len(old) else None,
            "leaves": at < len(old) and old[at] not in new,
            "new": leads.get(new[at]) if at < len(new) else None,
            "comes": at < len(new) and new[at] not in old,
            "then": then.get(new[at]) if at < len(new) else None,
        }
        for at in range(max(len(old), len(new)))
    ]


def _lists(lists: dict[str, dict[str, int]]) -> list[dict]:
    names = dict(LeadList.objects.filter(pk__in=[int(pk) for pk in lists]).values_list("pk", "name"))
    rows = [{"name": names.get(int(pk)) or _("リストなし"), "pk": int(pk), **_by_direction(lists[pk])} for pk in lists]
    return sorted(rows, key=lambda row: -(row["up"] + row["down"]))
