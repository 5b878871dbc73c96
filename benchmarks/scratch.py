"""A Django of its own for one benchmark: scratch database, scratch folder, both removed at the end."""

import atexit
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path


def setup(*, on_disk: bool = False) -> None:
    """Boot Django on an empty, migrated scratch database; PostgreSQL where DATABASE_URL is set, else SQLite, in memory
    unless other processes shall see it too (`on_disk`).
    """
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    folder = tempfile.mkdtemp(prefix="bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {
        "VAR_DIR": folder,
        "HTTPS": "false",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-" * 3)
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    # Production names static files by a manifest that the image's build makes; a benchmark has none.
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    if on_disk and connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = Path(folder) / "benchmark.sqlite3"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    atexit.register(connection.creation.destroy_test_db, connection.settings_dict["NAME"], verbosity=0)
    call_command("createcachetable")
    print(f"database: {connection.vendor}")


def timings(act: Callable[[], object], rounds: int) -> list[float]:
    """Milliseconds of each of `rounds` runs after three that do not count."""
    for _ in range(3):
        act()
    found = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        found.append((time.perf_counter() - start) * 1000)
    return found


def report(name: str, measured: list[float], yardstick: list[float] | None = None) -> None:
    """One line: p50, p95, and how many times the yardstick's."""
    p50, p95 = statistics.median(measured), statistics.quantiles(measured, n=20)[-1]
    line = f"{name:<34} p50 {p50:8.2f} ms   p95 {p95:8.2f} ms"
    if yardstick:
        base50, base95 = statistics.median(yardstick), statistics.quantiles(yardstick, n=20)[-1]
        line += f"   {p50 / base50:5.1f}x p50   {p95 / base95:5.1f}x p95"
    print(line)
