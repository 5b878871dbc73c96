"""Where the real files lie, and how a made-up list is written."""

from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"


@pytest.fixture
def data() -> Path:
    """The folder of real files beside the project; tests that need it are marked `realdata`."""
    if not DATA.is_dir():
        pytest.skip("no ../shared/data beside the project")
    return DATA
