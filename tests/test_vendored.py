"""Vendored files are what VENDORED.md says they are, and complete."""

import hashlib
import re
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parents[1] / "static" / "vendor"
ROWS = re.findall(
    r"^\| `([^`]+)` \| \S+ \| \S+ \| \S+ \| `([0-9a-f]{64})` \|$", (VENDOR / "VENDORED.md").read_text(), re.M
)
SERVED = [path for path in VENDOR.rglob("*") if path.suffix in {".css", ".js", ".svg", ".woff2"}]


@pytest.mark.parametrize(("name", "digest"), ROWS, ids=[name for name, _ in ROWS])
def test_vendored_file_is_the_listed_one(name, digest):
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def test_every_vendored_file_is_listed():
    assert {path.relative_to(VENDOR).as_posix() for path in SERVED} == {name for name, _ in ROWS}


@pytest.mark.parametrize("path", SERVED, ids=lambda path: path.name)
def test_vendored_file_names_no_source_map(path):
    assert "sourceMappingURL=" not in path.read_text()


def test_sprite_holds_exactly_the_listed_icons():
    drawn = re.findall(r'<symbol id="([^"]+)"', (VENDOR / "bootstrap-icons" / "sprite.svg").read_text())
    assert drawn == (VENDOR / "icons.txt").read_text().split()
