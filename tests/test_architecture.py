"""The walls of the house: who imports whom, which modules are pure, which words name no folder."""

import re
import sys
from importlib.metadata import packages_distributions
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
    "calls.lane",
    "deals.pipeline",
    "reports.kpi",
    "reports.bottleneck",
    "reports.stats",
)
VAGUE = {"common", "utils", "helpers", "misc"}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph(*APPS, "config", include_external_packages=True, cache_dir=None)


def test_imports_keep_their_direction():
    assert cli.lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_pure_modules_know_no_django_even_indirectly(graph):
    pure = {module for module in graph.modules if any(module == name or module.startswith(f"{name}.") for name in PURE)}

    impure = {module for module in pure if "django" in graph.find_upstream_modules(module)}

    assert impure == set()


def test_services_never_import_tasks(graph):
    tasks = {module for module in graph.modules if module.rpartition(".")[2] == "tasks"}
    services = {module for module in graph.modules if ".services" in module}

    offenders = {s for s in services if graph.find_modules_directly_imported_by(s) & tasks}

    assert offenders == set()


def test_no_module_has_a_vague_name(graph):
    assert {module for module in graph.modules if set(module.split(".")) & VAGUE} == set()


def test_every_package_in_use_is_a_named_requirement(graph):
    """What only comes along with another package may leave with its next version."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    named = {normal(re.split(r"[=\[ ]", line)[0]) for line in lines if line and not line.startswith("#")}
    used = {module for module in graph.modules if graph.is_module_squashed(module)} - set(sys.stdlib_module_names)
    owners = packages_distributions()

    unnamed = {package for package in used if not {normal(name) for name in owners.get(package, [])} & named}

    assert unnamed == set()


def normal(name: str) -> str:
    return name.lower().replace("_", "-")
