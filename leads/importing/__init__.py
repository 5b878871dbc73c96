"""Reading and cleaning lists as they come out of Excel. PURE: no models, no clock, no settings, no Django.

The road of a file: `tabular.open_table` (format, encoding, delimiter, header row) → `mapping.propose` →
`rows.RowCleaner` → `keys.match_keys`. What is wrong is a `problems.Problem` (code, line, column, value);
`messages` holds the Japanese sentences.
"""
