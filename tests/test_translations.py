"""Every string a person reads is Japanese in the source and has its English. The pages themselves: test_english_pages.

When one of these fails after a change of words: run bin/messages, write the English it asks for, run it again.
"""

import ast
import gettext
import importlib.util
import re
from pathlib import Path

import pytest
from django.template.base import Lexer, Token, TokenType
from django.utils import translation

ROOT = Path(__file__).resolve().parent.parent
JAPANESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%(?!\()(.)")

# Where Japanese stands in code without being words of the product, and why.
UNMARKED = {
    "leads/importing/": "what headers, marks and values of Japanese lists look like",
    "leads/exports/": "signs that Shift_JIS writes in another way",
    "leads/services/exports.py": "headers and values of a file that the import reads again",
    "leads/search.py": "signs that folding a search text removes",
    "leads/services/imports/writing.py": "what a list writes beside people who left",
    "reports/demo/": "words of companies and people that do not exist",
    "config/management/commands/up.py": "a console has no reader's language: both stand there",
    "accounts/models.py": "a language is called by its own name",
    "accounts/templatetags/ui.py": "the sign behind an amount, chosen by language",
    "calls/cards.py": "what the library of holidays adds to a substitute's name",
}


def _load(path: Path):
    spec = importlib.util.spec_from_file_location("catalogues", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = _load(ROOT / "locale" / "messages.py")


@pytest.fixture(scope="module")
def source() -> dict[tuple[str | None, str], list[str]]:
    """Every marked string with its context, and the files it stands in."""
    return {
        (message.context, message.id): [place for place, _line in message.locations]
        for message in messages.extracted()
        if message.id
    }


@pytest.fixture(scope="module")
def compiled() -> gettext.GNUTranslations:
    with messages.mo_path("en").open("rb") as file:
        return gettext.GNUTranslations(file)


@pytest.fixture(scope="module")
def english(source, compiled) -> dict[tuple[str | None, str], str]:
    """The English of every marked string; of a string without one, nothing."""

    def said(context: str | None, text: str) -> str:
        words = compiled.pgettext(context, text) if context else compiled.gettext(text)
        return "" if words == text and JAPANESE.search(text) else words

    return {key: said(*key) for key in source}


def test_extraction_finds_strings_of_code_templates_and_pure_modules(source):
    places = {place for places in source.values() for place in places}

    assert {"calls/forms.py", "leads/importing/messages.py", "templates/base.html"} <= places
    assert len(source) > 1000


def test_every_string_has_its_english(source, english):
    missing = {key: source[key] for key, words in english.items() if not words}

    assert missing == {}, "Run bin/messages and write the English it asks for."


def test_no_translation_is_fuzzy():
    assert [message.id for message in messages.read("en") if message.fuzzy] == []


def test_compiled_catalogue_is_what_the_text_says():
    assert messages.mo_path("en").read_bytes() == messages.mo_bytes(messages.read("en")), "Run bin/messages."


def test_placeholders_are_the_same_in_both_languages(english):
    different = {
        key[1]: words for key, words in english.items() if words and _placeholders(key[1]) != _placeholders(words)
    }

    assert different == {}


def _placeholders(text: str) -> set[tuple[str, str]]:
    return set(PLACEHOLDER.findall(text))


def test_english_holds_no_japanese_and_keeps_line_ends(english):
    wrong = {
        text: words
        for (_context, text), words in english.items()
        if JAPANESE.search(words) or text.count("\n\n") != words.count("\n\n")
    }

    assert wrong == {}


# --- Nothing is left unmarked ---------------------------------------------------------------------------------------


def test_templates_hold_no_japanese_outside_translation_tags():
    stray = {
        f"{path.relative_to(ROOT)}:{token.lineno}": token.contents.strip()[:80]
        for path in messages.template_files()
        for token in _shown(path.read_text(encoding="utf-8"))
        if JAPANESE.search(_unmarked(token))
    }

    assert stray == {}


def _shown(text: str) -> list[Token]:
    """The tokens of a template outside translation blocks and comments."""
    shown, inside = [], ""
    for token in Lexer(text).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if inside:
            inside = "" if name == f"end{inside}" else inside
        elif name in ("blocktranslate", "blocktrans", "comment"):
            inside = name
        elif token.token_type != TokenType.COMMENT:
            shown.append(token)
    return shown


def _unmarked(token: Token) -> str:
    """What of a token is no marked string, and no language called by its own name."""
    if token.token_type == TokenType.TEXT:
        return token.contents.replace(">日本語</button>", ">")
    text = re.sub(r"""^\s*trans(?:late)?\s+("[^"]*"|'[^']*')""", "", token.contents)
    return re.sub(r"""_\(("[^"]*"|'[^']*')\)""", "", text)


def test_scripts_hold_no_japanese():
    scripts = sorted((ROOT / "static" / "js").rglob("*.js"))

    stray = {
        f"{path.name}:{number}": line.strip()
        for path in scripts
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if JAPANESE.search(re.sub(r"//.*|/?\*.*", "", line))
    }

    assert scripts
    assert stray == {}


def test_code_holds_no_japanese_outside_gettext(stray_literals):
    stray = {place: text for path, found in stray_literals.items() if not _excuse(path) for place, text in found}

    assert stray == {}


def test_every_exception_is_still_needed(stray_literals):
    assert set(UNMARKED) - {_excuse(path) for path in stray_literals} == set()


def test_marked_strings_are_literals():
    """A string made of parts at run time is in no catalogue."""
    made = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in messages.python_files()
        for call in _gettext_calls(ast.parse(path.read_text(encoding="utf-8")))
        if any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in call.args)
    ]

    assert made == []


def _excuse(path: str) -> str:
    return next((start for start in UNMARKED if path.startswith(start)), "")


@pytest.fixture(scope="module")
def stray_literals() -> dict[str, list[tuple[str, str]]]:
    """path → (place, text) of each Japanese literal outside gettext calls and docstrings."""
    found = {}
    for path in messages.python_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        fine = {id(argument) for call in _gettext_calls(tree) for argument in call.args} | _docstrings(tree)
        name = path.relative_to(ROOT).as_posix()
        texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        stray = [node for node in texts if id(node) not in fine and JAPANESE.search(node.value)]
        if stray:
            found[name] = [(f"{name}:{node.lineno}", node.value[:80]) for node in stray]
    return found


def _gettext_calls(tree: ast.AST) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", "") or getattr(node.func, "attr", "")) in messages.KEYWORDS
    ]


def _docstrings(tree: ast.AST) -> set[int]:
    """Texts that stand alone: of modules, classes, functions, and below a name they explain."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def test_strings_of_modules_and_classes_are_lazy():
    """What is said while a module is imported is said in the language of that moment, to everybody."""
    eager = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in messages.python_files()
        for call in _calls_at_import(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert eager == []


def _calls_at_import(tree: ast.Module) -> list[ast.Call]:
    """Calls of functions that translate at once, outside the bodies of functions."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and "translation" in (node.module or "")]
    eager = {
        name.asname or name.name for node in imports for name in node.names if name.name in ("gettext", "pgettext")
    }
    found, waiting = [], list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in eager:
            found.append(node)
        waiting += ast.iter_child_nodes(node)
    return found


# --- What libraries say ---------------------------------------------------------------------------------------------

LIBRARY_STRINGS = [
    "This field is required.",
    "Enter a valid email address.",
    "Select a valid choice. That choice is not one of the available choices.",
    "This password is too common.",
    "The email address and/or password you specified are not correct.",
    "Too many failed login attempts. Try again later.",
    "Monday",
]


@pytest.mark.parametrize("text", LIBRARY_STRINGS)
def test_libraries_speak_both_languages(text):
    with translation.override("ja"):
        assert JAPANESE.search(translation.gettext(text))
    with translation.override("en"):
        assert translation.gettext(text) == text
