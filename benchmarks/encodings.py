"""Which files of which encoding are read right, read wrong or refused: 500 made-up lists of each, one row and more.

    .venv/bin/python benchmarks/encodings.py --files 500

Beside it what a plain chain of "utf-8, then cp932" makes of the same bytes. Needs no database.
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from leads.importing.encoding import detect
from leads.importing.problems import RefusedError
from leads.importing.tabular import open_table
from tests.leads.importing.encoded import OTHERS, OURS, list_text

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--files", type=int, default=500)
options = parser.parse_args()


def ours(data: bytes, codec: str) -> str | None:
    """The text as we read it. Four bytes of UTF-16 can be four good letters: what then gives no row is no list."""
    try:
        found = detect(data).name
        if codec not in OURS and not any(True for _ in open_table(data).rows()):
            return None
    except RefusedError:
        return None
    return data.decode(found)


def plain_chain(data: bytes) -> str | None:
    for codec in ("utf-8-sig", "cp932"):
        try:
            return data.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def verdict(found: str | None, written: str) -> str:
    if found is None:
        return "refused"
    return "right" if found.removeprefix("\ufeff") == written else "WRONG"


print(f"{'encoding':<24}{'right':>8}{'refused':>9}{'wrong':>7}   plain chain: right, refused, wrong")
failures = 0
for codec in (*OURS, *OTHERS):
    counts: dict[str, Counter] = {"ours": Counter(), "plain": Counter()}
    for seed in range(options.files):
        written, data = list_text(codec, random.Random(f"{codec} {seed}"))  # noqa: S311
        counts["ours"][verdict(ours(data, codec), written)] += 1
        counts["plain"][verdict(plain_chain(data), written)] += 1
    found, plain = counts["ours"], counts["plain"]
    failures += found["WRONG"] + (found["refused"] if codec in OURS else 0)
    print(
        f"{codec:<24}{found['right']:>8}{found['refused']:>9}{found['WRONG']:>7}"
        f"   {plain['right']}, {plain['refused']}, {plain['WRONG']}"
    )
raise SystemExit(bool(failures))
