"""The two ways to run, each started in a process of its own with the environment an operator would give it."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "DATABASE_URL": "postgres://app:secret@db.example:5432/app",
    "REDIS_URL": "redis://redis.example:6379/0",
    "SECRET_KEY": "k9-" * 20 + "!abcdefgh",
    "ALLOWED_HOSTS": "calls.example.jp",
}


@pytest.fixture
def run(tmp_path):
    """`run(code, **environment)`: Python under the real settings, nothing inherited but the search path."""

    def started(*arguments, **environment) -> subprocess.CompletedProcess:
        environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var"), **environment}
        return subprocess.run(
            [sys.executable, *arguments], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )

    return started


def settings_of(result: subprocess.CompletedProcess) -> dict:
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def shown(*names: str) -> tuple[str, str]:
    found = f"{{name: getattr(settings, name) for name in {names}}}"
    return "-c", f"import json; from config import settings; print(json.dumps({found}, default=str))"


def test_embedded_needs_no_server(run):
    found = settings_of(run(*shown("DATABASES", "CACHES", "CELERY_BROKER_URL", "DEBUG", "SECURE_SSL_REDIRECT")))

    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert found["CACHES"]["default"]["BACKEND"].endswith("DatabaseCache")
    assert found["CELERY_BROKER_URL"].startswith("files://")
    assert found["DEBUG"] is False
    assert found["SECURE_SSL_REDIRECT"] is False


def test_embedded_keeps_everything_under_var_dir(run, tmp_path):
    names = ("DATABASES", "MEDIA_ROOT", "EMAIL_FILE_PATH", "CELERY_BEAT_SCHEDULE_FILENAME")
    found = settings_of(run(*shown(*names)))

    places = [found["DATABASES"]["default"]["NAME"], *(found[name] for name in names[1:])]

    assert all(Path(place).is_relative_to(tmp_path / "var") for place in places)


def test_embedded_secret_key_is_made_once_and_private(run, tmp_path):
    first = settings_of(run(*shown("SECRET_KEY")))
    second = settings_of(run(*shown("SECRET_KEY")))
    file = tmp_path / "var" / "secret_key"

    assert first == second
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_production_uses_postgresql_and_redis(run):
    found = settings_of(run(*shown("DATABASES", "CACHES", "CELERY_BROKER_URL"), **PRODUCTION))

    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert found["DATABASES"]["default"]["HOST"] == "db.example"
    assert found["DATABASES"]["default"]["CONN_MAX_AGE"] == 60
    assert found["CACHES"]["default"]["LOCATION"] == PRODUCTION["REDIS_URL"]
    assert found["CELERY_BROKER_URL"] == PRODUCTION["REDIS_URL"]


@pytest.mark.parametrize("key", ["", "short", "change-me" + "x" * 60, "django-insecure-" + "x" * 60])
def test_production_refuses_a_weak_secret_key(run, key):
    result = run(*shown("DEBUG"), **PRODUCTION | {"SECRET_KEY": key})

    assert result.returncode != 0
    assert "SECRET_KEY must be set" in result.stderr


def test_production_has_no_deployment_warning(run):
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert result.returncode == 0, result.stderr


def test_production_without_tls_has_deployment_warnings(run):
    """The control of the test above: the check does look."""
    result = run("manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, HTTPS="false")

    assert result.returncode != 0
    assert "security.W008" in result.stderr


@pytest.mark.parametrize("environment", [{}, PRODUCTION], ids=["embedded", "production"])
def test_no_request_is_wrapped_in_one_transaction(run, environment):
    found = settings_of(run(*shown("DATABASES"), **environment))

    assert not found["DATABASES"]["default"].get("ATOMIC_REQUESTS", False)


def test_mail_goes_to_the_server_of_email_url(run):
    found = settings_of(run(*shown("EMAIL_BACKEND", "EMAIL_HOST"), EMAIL_URL="smtp://mail.example:25"))

    assert found == {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "mail.example"}
