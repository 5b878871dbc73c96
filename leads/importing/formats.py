"""What a file is by its first bytes, never by its name: text and XLSX are read, everything else is refused by name."""

import re

from leads.importing.problems import RefusedError

MAGIC = (
    (b"%PDF-", "format_pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "format_xls"),
    (b"\x1f\x8b", "format_archive"),
    (b"7z\xbc\xaf\x27\x1c", "format_archive"),
    (b"Rar!", "format_archive"),
    (b"BZh", "format_archive"),
    (b"\xfd7zXZ", "format_archive"),
    (b"\x28\xb5\x2f\xfd", "format_archive"),
    (b"\x89PNG", "format_image"),
    (b"\xff\xd8\xff", "format_image"),
    (b"GIF8", "format_image"),
    (b"{\\rtf", "format_document"),
    (b"SQLite format 3\x00", "format_binary"),
    (b"\x7fELF", "format_binary"),
)
ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MARKUP = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<!--.*?-->\s*)*<(!doctype|html|head|body|table|meta|script|\?xml)", re.I | re.S
)
HEAD_BYTES = 4096


def kind_of(head: bytes) -> str:
    """`text` or `zip` (perhaps XLSX, to be looked into); raises RefusedError for what is plainly neither."""
    if head.startswith(ZIP_MAGIC):
        return "zip"
    for magic, code in MAGIC:
        if head.startswith(magic):
            raise RefusedError(code)
    found = MARKUP.match(head[:HEAD_BYTES])
    if found:
        raise RefusedError("format_xml" if found.group(1).lower() == b"?xml" else "format_html")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").upper().startswith(b"BEGIN:VCARD"):
        raise RefusedError("format_vcard")
    return "text"
