"""leads.exports: no cell a spreadsheet would run, and nothing lost on the way back."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.exports import BOM, csv_lines, file_name, neutralised
from leads.importing.text import cell

SIGNS = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "⁺", "⁻", "₊", "₋", "⁼", "₌"]
PREFIXES = ["", " ", "　", "\t", "\n", "\r\n", "\u200b", "\ufeff", "\u00a0", "\u202e"]


def is_dangerous(text: str) -> bool:
    """The strict reading: first character after trimming and folding, or a control that starts the cell."""
    folded = unicodedata.normalize("NFKC", text).strip("\u200b\ufeff\u202e \t\r\n")
    return folded[:1] in tuple("=+-@") or text[:1] in tuple("\t\r\n")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("sign", SIGNS)
def test_formula_cell_is_neutralised_in_every_spelling(prefix, sign):
    assert not is_dangerous(neutralised(f"{prefix}{sign}1+1"))


@pytest.mark.parametrize("text", ["", "株式会社山田", "03-1234-5678", "3-1", "a=b", "*", "「=1」"])
def test_harmless_cell_is_left_alone(text):
    assert neutralised(text) == text


@given(st.text())
def test_no_text_at_all_stays_dangerous(text):
    assert not is_dangerous(neutralised(text))


@given(st.text(alphabet=st.sampled_from("=＋-@'aあ1"), min_size=1, max_size=6))
def test_import_gives_back_what_was_exported(text):
    assert cell(neutralised(text)) == text


def test_file_begins_with_a_byte_order_mark_and_reads_back():
    rows = [["a,b", 'say "x"', "two\nlines"], ["=1", "", "𠮷"]]

    text = "".join(csv_lines(["甲", "乙", "丙"], rows))

    assert text.startswith(BOM)
    assert list(csv.reader(io.StringIO(text[1:]))) == [["甲", "乙", "丙"], rows[0], ["'=1", "", "𠮷"]]


def test_file_name_holds_the_filter_and_no_path():
    assert file_name(["商談数", "2026-06-01", "", "A/B:\n..", "x"]) == "商談数_2026-06-01_A-B_x.csv"
