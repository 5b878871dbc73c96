"""The real browser: the distribution's Chromium, driven against the live server."""

import datetime as dt
import os
import re
import shutil

import pytest
from django.db import connection, connections
from django.test import Client
from playwright.sync_api import Page, expect

from config import clock

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 10_000


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser(django_db_setup):
    """One Chromium for the whole run. Without one the tests are skipped, with CI=true they fail."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        missing = "no Chromium: install the package `chromium` or set CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=TIMEOUT_MS)
    # Playwright keeps an event loop in this thread; Django would refuse its ORM there, and gives the thread a second
    # connection, which has to learn what the first one remembers of the migrated rows.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    migrated_rows = connection._test_serialized_contents
    with sync_playwright() as playwright:
        connection._test_serialized_contents = migrated_rows
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()
        connections.close_all()


@pytest.fixture(autouse=True)
def _default_rows(django_db_serialized_rollback):
    """A live server's rows are really written, so each test ends by emptying the tables; what the migrations wrote
    (outcomes, scripts) is put back for the next one."""


@pytest.fixture(autouse=True)
def at(monkeypatch, now):
    """`at(moment)` sets the app's clock, which the threads of the live server share; it starts at `now`."""

    def set_to(moment: dt.datetime) -> dt.datetime:
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    set_to(now)
    return set_to


@pytest.fixture
def new_page(browser, live_server):
    """`new_page(user=None, width=1366, height=768)`: a page of its own session, signed in as `user`.

    At the end no page may have logged an error: a script that failed, a blocked source, a missing file.
    """
    contexts, errors = [], []

    def make(user=None, *, width=1366, height=768):
        context = browser.new_context(
            base_url=live_server.url,
            locale="ja-JP",
            timezone_id="Asia/Tokyo",
            reduced_motion="reduce",
            viewport={"width": width, "height": height},
        )
        context.set_default_timeout(TIMEOUT_MS)
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_cookie(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def page(new_page):
    """A page nobody is signed in to."""
    return new_page()


def _session_cookie(user, url: str) -> dict:
    client = Client()
    client.force_login(user)
    (cookie,) = client.cookies.values()
    return {"name": cookie.key, "value": cookie.value, "url": url}


CARD_URL = re.compile(r"/calls/lead/\d+/$")


def open_queue(page: Page) -> None:
    """今日の架電, its keys awake: a script that has run leaves its mark."""
    page.goto("/calls/")
    expect(page.locator("[data-hotkey='n Enter']")).to_have_attribute("aria-keyshortcuts", "n Enter")


def expect_card(page: Page) -> None:
    """A card with its form, its keys awake, no outcome chosen."""
    expect(page).to_have_url(CARD_URL)
    expect(page.locator("[data-hotkey=m]")).to_have_attribute("aria-keyshortcuts", "m")
    expect(page.locator("[data-group=retry]")).to_be_hidden()


def open_card(page: Page) -> None:
    """The first card of the queue, by keyboard."""
    open_queue(page)
    page.keyboard.press("n")
    expect_card(page)
