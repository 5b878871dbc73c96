"""The container files, read as data: what they start is what we test, and what they set is what settings read."""

import re
import shlex
from pathlib import Path

import pytest
import yaml

from config.processes import COMMANDS
from config.secret import REFUSED_STARTS

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = {"web", "worker", "beat"}
READ_BY_LIBRARIES = {"SITE_ADDRESS", "HTTP_PORT", "HTTPS_PORT", "POSTGRES_PASSWORD"}  # compose and the proxy read these


@pytest.fixture(scope="module")
def services() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def names_read() -> set[str]:
    """Every environment name that our Python asks for."""
    code = "".join(path.read_text() for path in (ROOT / "config").glob("*.py"))
    return set(re.findall(r"""(?:env\.\w+|environ\.get|environment\.get)\(\s*["']([A-Z_]+)["']""", code))


@pytest.mark.parametrize("name", sorted(OURS))
def test_service_runs_the_command_that_up_runs(services, name):
    assert shlex.split(services[name]["command"]) == ["python", "-m", *COMMANDS[name]]


def test_image_starts_the_web_server_by_default(services):
    command = re.search(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1]

    assert yaml.safe_load(command) == shlex.split(services["web"]["command"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_service_waits_for_migrations(services, name):
    assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_migrations_run_once(services):
    assert services["migrate"]["command"] == "python manage.py migrate --noinput"
    assert services["migrate"]["restart"] == "no"
    assert services["beat"]["deploy"]["replicas"] == 1


@pytest.mark.parametrize("name", ["web", "worker"])
def test_service_can_be_scaled(services, name):
    """A second container of the same service may not meet the first at a name or at a port of the machine."""
    assert {"container_name", "ports", "hostname"} & set(services[name]) == set()


@pytest.mark.parametrize("name", [*sorted(OURS), "postgres", "redis"])
def test_service_has_a_health_check(services, name):
    assert services[name]["healthcheck"]["test"]


def test_all_run_one_image(services):
    assert {services[name]["image"] for name in [*OURS, "migrate"]} == {"second-call"}


def test_redis_keeps_what_it_took(services):
    assert "--appendonly yes" in services["redis"]["command"]
    assert "--maxmemory-policy noeviction" in services["redis"]["command"]


def test_stores_are_not_open_to_the_network(services):
    assert "ports" not in services["postgres"]
    assert "ports" not in services["redis"]


def test_every_name_in_the_example_is_read(example):
    assert set(example) - names_read() - READ_BY_LIBRARIES == set()


def test_every_name_compose_fills_in_is_in_the_example(example):
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))

    assert asked - set(example) == set()


def test_every_name_compose_sets_is_read(services):
    given = {name for service in OURS for name in services[service]["environment"]}

    assert given - names_read() == set()


def test_example_holds_no_usable_secret(example):
    assert example["SECRET_KEY"].startswith(REFUSED_STARTS)


def test_secrets_stay_out_of_image_and_history():
    for name in (".gitignore", ".dockerignore"):
        assert ".env" in (ROOT / name).read_text().splitlines()
