"""The walls of the house: who imports whom, which modules are pure, which words name no folder."""

from pathlib import Path

import grimp
import pytest
from importlinter import cli

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "leads", "calls", "deals", "reports")
PURE = (
    "leads.tiering",
    "leads.stages",
    "leads.importing",
    "calls.outcomes",
    "calls.calendar",
    "calls.window",
    "calls.planner",
    "deals.pipeline",
    "reports.kpi",
)
NOT_PURE = {"leads.importing.writer"}  # the one module of its package that knows the database
VAGUE = {"common", "utils", "helpers", "misc"}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph(*APPS, "config", include_external_packages=True, cache_dir=None)


def test_imports_keep_their_direction():
    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_pure_modules_know_no_django_even_indirectly(graph):
    pure = {
        module for module in graph.modules if any(module == name or module.startswith(f"{name}.") for name in PURE)
    } - NOT_PURE

    impure = {module for module in pure if "django" in graph.find_upstream_modules(module)}

    assert impure == set()


def test_services_never_import_tasks(graph):
    tasks = {module for module in graph.modules if module.rpartition(".")[2] == "tasks"}
    services = {module for module in graph.modules if ".services" in module}

    offenders = {s for s in services if graph.find_modules_directly_imported_by(s) & tasks}

    assert offenders == set()


def test_no_module_has_a_vague_name(graph):
    assert {module for module in graph.modules if set(module.split(".")) & VAGUE} == set()
