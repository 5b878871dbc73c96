"""Rows on their way out as a file that a spreadsheet opens as it is meant. Pure."""

from leads.exports.cells import neutralised
from leads.exports.csvfile import BOM, csv_lines
from leads.exports.files import Format, content_type, file_name, written
from leads.exports.shift_jis import ShiftJis

__all__ = ["BOM", "Format", "ShiftJis", "content_type", "csv_lines", "file_name", "neutralised", "written"]
