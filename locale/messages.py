"""Extracts, merges and compiles the message catalogues; `bin/messages` runs it. Needs Babel, not GNU gettext.

The strings in code and templates are Japanese (docs/adr/0001), so English is the only catalogue: for Japanese readers
the libraries bring their own.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("accounts", "leads", "calls", "deals", "reports", "config")
TEMPLATES = ROOT / "templates"
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "pgettext_lazy": ((1, "c"), 2),
}
HEADER = "# English wording of the product's Japanese strings. Made by bin/messages; write only the msgstr lines."


class Wording(Catalog):
    """A catalogue whose header holds no dates or names: it would change with every run."""

    mime_headers = property(
        lambda self: [
            ("Language", str(self.locale)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ],
        Catalog._set_mime_headers,
    )


def python_files() -> list[Path]:
    """The code whose strings people read. Migrations repeat the labels of models and hold default data."""
    files = (path for app in SOURCES for path in (ROOT / app).rglob("*.py"))
    return sorted(path for path in files if "migrations" not in path.parts)


def template_files() -> list[Path]:
    return sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})


def extracted() -> Wording:
    """Every marked string, under the files it stands in."""
    catalog = Wording()
    for path, source in _sources():
        place = path.relative_to(ROOT).as_posix()
        for _line, message, comments, context in extract(
            "python", BytesIO(source), KEYWORDS, ("Translators:",), {"encoding": "utf-8"}
        ):
            catalog.add(message, locations=[(place, None)], auto_comments=comments, context=context)
    return catalog


def _sources() -> Iterator[tuple[Path, bytes]]:
    """Each file as Python text: a template becomes calls of gettext between words without meaning."""
    for path in python_files():
        yield path, path.read_bytes()
    for path in template_files():
        calls = templatize(path.read_text(encoding="utf-8"))
        yield path, "\n".join(line.lstrip() for line in calls.splitlines()).encode()


def po_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def mo_path(language: str) -> Path:
    return po_path(language).with_suffix(".mo")


def read(language: str) -> Wording:
    """A language's .po file; empty while there is none."""
    wording = Wording(locale=language, header_comment=HEADER, fuzzy=False)
    if po_path(language).exists():
        with po_path(language).open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    wording[message.id] = message
    return wording


def merged(language: str, template: Wording) -> Wording:
    """What stands in code and templates now, with the wording there is; what no longer stands there is dropped."""
    known = read(language)
    fresh = Wording(locale=language, header_comment=HEADER, fuzzy=False)
    for message in template:
        if message.id:
            old = known.get(message.id, message.context)
            fresh.add(
                message.id,
                old.string if old and not old.fuzzy else "",
                locations=sorted(set(message.locations)),
                auto_comments=message.auto_comments,
                context=message.context,
            )
    return fresh


def untranslated(catalog: Wording) -> list[str]:
    return [str(message.id) for message in catalog if message.id and (not message.string or message.fuzzy)]


def po_bytes(catalog: Wording) -> bytes:
    file = BytesIO()
    write_po(file, catalog, width=116, include_lineno=False, sort_by_file=True)
    return file.getvalue()


def mo_bytes(catalog: Wording) -> bytes:
    file = BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def main() -> int:
    """Bring the English catalogue up to date; answer 1 while words are missing."""
    english = merged("en", extracted())
    po_path("en").parent.mkdir(parents=True, exist_ok=True)
    po_path("en").write_bytes(po_bytes(english))
    mo_path("en").write_bytes(mo_bytes(read("en")))
    missing = untranslated(english)
    for text in missing:
        sys.stdout.write(f"untranslated: {text!r}\n")
    sys.stdout.write(f"{len(english)} strings, {len(missing)} untranslated.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
