"""The words of the audit trail: everything the services write down has a name on screen."""

import re
from pathlib import Path

import pytest

from accounts import trail

ROOT = Path(__file__).resolve().parents[2]
APPS = ("accounts", "leads", "calls", "deals", "reports")
WRITTEN = re.compile(r'verb="(\w+)"')


def _written_verbs() -> list[str]:
    sources = [source for app in APPS for source in (ROOT / app).rglob("*.py")]
    return sorted({verb for source in sources for verb in WRITTEN.findall(source.read_text())})


def test_services_write_verbs():
    assert {"invite_user", "log_call", "move_deal"} <= set(_written_verbs())


@pytest.mark.parametrize("verb", _written_verbs())
def test_verb_has_a_name(verb):
    """A new verb is named in `AppConfig.ready` of its app."""
    assert verb in trail.VERBS


def test_unknown_codes_stand_as_they_are():
    assert (trail.verb_label("no_such_verb"), trail.target_label("no.such")) == ("no_such_verb", "no.such")
