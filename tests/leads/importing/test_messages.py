import re
from pathlib import Path

from leads.importing import messages
from leads.importing.problems import Problem, RefusedError, excerpt

PACKAGE = Path(messages.__file__).parent
NAMED = re.compile(
    r'(?:RefusedError|Problem|BadDateError|warn|refuse)\(\s*"([a-z_0-9]+)"'
    r'|"((?:(?:format|encoding|xlsx|phone|postal|date|nul|quote)_[a-z0-9_]+)|ditto(?:_name)?)"'
)
NOT_CODES = {"phone_main", "phone_direct", "phone_mobile", "phone_office"}


def named_codes() -> set[str]:
    sources = (path.read_text(encoding="utf-8") for path in PACKAGE.glob("*.py") if path.name != "messages.py")
    found = {first or second for source in sources for first, second in NAMED.findall(source)}
    return found | {f"phone_{kind}" for kind in ("toll_free", "navi", "foreign", "premium")}


def test_every_code_has_a_sentence_and_every_sentence_a_code():
    assert named_codes() - NOT_CODES == set(messages.MESSAGES_JA)


def test_tables_do_not_share_codes():
    tables = (messages.FILE_MESSAGES_JA, messages.FILE_NOTES_JA, messages.ROW_ERRORS_JA, messages.ROW_WARNINGS_JA)
    assert sum(map(len, tables)) == len(messages.MESSAGES_JA)


def test_problem_is_rendered_with_its_facts():
    refused = RefusedError("quote_unclosed", line=3, column="備考", value="x")
    assert messages.render(refused.problem) == '3行目の「備考」で始まった引用符（"）が閉じられていません。'
    repaired = Problem("phone_lost_zero", 2, "TEL", "312345678", {"national": "03-1234-5678"})
    assert messages.render(repaired).endswith("312345678 → 03-1234-5678")
    assert messages.render(repaired, {"phone_lost_zero": "%(column)s: %(value)s"}) == "TEL: 312345678"


def test_excerpt_is_one_short_line():
    assert excerpt("一行目\n二行目") == "一行目 二行目"
    assert len(excerpt("長" * 500)) == 40
