"""Fixtures every test may ask for: a fixed moment, and one person of each role."""

import datetime as dt
import os
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from accounts.models import Role, Team, User

TOKYO = ZoneInfo("Asia/Tokyo")

# How long an example takes says more about the machine than about the code.
hypothesis_settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI") == "true",  # new examples on a desk, the same ones where a merge waits
)
hypothesis_settings.load_profile("patient")


def pytest_collection_modifyitems(items):
    """A test that really commits ends by emptying the tables. What the migrations wrote must come back after each of
    them, or the first one that asks for it again finds half of it there."""
    for item in items:
        for marker in item.iter_markers("django_db"):
            if marker.kwargs.get("transaction"):
                marker.kwargs["serialized_rollback"] = True


@pytest.fixture(autouse=True)
def _empty_cache():
    """Rate limits count in the cache; one test's log-ins are not the next one's."""
    cache.clear()


@pytest.fixture(autouse=True)
def _japanese():
    """A page in English leaves its language behind in the thread; every test starts in Japanese."""
    with translation.override("ja"):
        yield


@pytest.fixture
def now() -> dt.datetime:
    """Tuesday 2026-06-16, 10:00 in Tokyo: an ordinary working morning, no holiday near."""
    return dt.datetime(2026, 6, 16, 10, 0, tzinfo=TOKYO)


@pytest.fixture
def team(db) -> Team:
    return Team.objects.create(name="第一チーム")


@pytest.fixture
def other_team(db) -> Team:
    return Team.objects.create(name="第二チーム")


@pytest.fixture
def rep(team) -> User:
    return _user("rep@example.jp", "佐藤 架電", Role.REP, team)


@pytest.fixture
def colleague(team) -> User:
    """A second rep of the same team."""
    return _user("colleague@example.jp", "鈴木 同僚", Role.REP, team)


@pytest.fixture
def stranger(other_team) -> User:
    """A rep of another team."""
    return _user("stranger@example.jp", "高橋 他部", Role.REP, other_team)


@pytest.fixture
def agency_rep(db) -> User:
    agency = Team.objects.create(name="代行チーム", is_agency=True)
    return _user("agency@example.jp", "田中 代行", Role.AGENCY_REP, agency)


@pytest.fixture
def field_sales(team) -> User:
    return _user("field@example.jp", "伊藤 営業", Role.FIELD_SALES, team)


@pytest.fixture
def manager(team) -> User:
    person = _user("manager@example.jp", "渡辺 管理", Role.MANAGER, team)
    person.managed_teams.add(team)
    return person


@pytest.fixture
def admin(db) -> User:
    return _user("admin@example.jp", "山本 総括", Role.ADMIN, None)


@pytest.fixture
def client_for():
    """`client_for(user)`: a test client signed in as that person."""

    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


def _user(email: str, name: str, role: Role, team: Team | None) -> User:
    return User.objects.create_user(email, "correct horse battery", name=name, role=role, team=team)
