"""What the display tags and the shared fragments say."""

import datetime as dt
import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template
from django.template.loader import get_template, render_to_string
from django.utils import translation

from accounts.context_processors import NAVIGATION
from accounts.templatetags import ui

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
ERROR_PAGES = ("400.html", "403.html", "403_csrf.html", "404.html", "500.html", "503.html")
ICON_USE = re.compile(r'{%\s*icon\s+"([^"]+)"|\bicon="([^"]+)"')
TOKYO = ZoneInfo("Asia/Tokyo")
NOW = dt.datetime(2026, 6, 16, 10, 0, tzinfo=TOKYO)


def draw(source: str, request=None, **context) -> str:
    frame = RequestContext(request, context) if request else Context(context)
    return Template("{% load ui %}" + source).render(frame).strip()


@pytest.fixture
def list_page(rf):
    """`list_page("?q=x")`: a request for a list with these parameters."""
    return lambda query="": rf.get(f"/list/{query}")


# --- Dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "japanese", "english"),
    [
        (dt.datetime(2026, 11, 22, 10, 30, tzinfo=TOKYO), "11/22(日) 10:30", "Sun 22 Nov 10:30"),
        (dt.datetime(2026, 11, 22, 1, 30, tzinfo=dt.UTC), "11/22(日) 10:30", "Sun 22 Nov 10:30"),
        (dt.datetime(2026, 11, 21, 15, 5, tzinfo=dt.UTC), "11/22(日) 00:05", "Sun 22 Nov 00:05"),
        (dt.datetime(2025, 1, 6, 9, 0, tzinfo=TOKYO), "2025/1/6(月) 09:00", "Mon 6 Jan 2025 09:00"),
        (None, "—", "—"),
    ],
)
def test_jdatetime_is_tokyo_time_with_the_weekday(value, japanese, english):
    assert ui.jdatetime(value, NOW) == japanese
    with translation.override("en"):
        assert ui.jdatetime(value, NOW) == english


def test_jdate_takes_dates_and_moments():
    assert ui.jdate(dt.date(2026, 7, 1), NOW) == "7/1(水)"
    assert ui.jdate(dt.datetime(2026, 6, 30, 15, 0, tzinfo=dt.UTC), NOW) == "7/1(水)"


def test_jtime_is_tokyo_time():
    assert ui.jtime(dt.datetime(2026, 6, 30, 15, 5, tzinfo=dt.UTC)) == "00:05"


# --- Time left ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "words", "state"),
    [
        (51 * 60 + 59, "あと2日3時間", "calm"),
        (48 * 60, "あと2日", "calm"),
        (4 * 60 + 1, "あと4時間1分", "calm"),
        (4 * 60, "あと4時間", "soon"),
        (200, "あと3時間20分", "soon"),
        (60, "あと1時間", "urgent"),
        (45, "あと45分", "urgent"),
        (0, "0分超過", "over"),
        (-125, "2時間5分超過", "over"),
    ],
)
def test_countdown_says_what_is_left_and_how_urgent_it_is(minutes, words, state):
    deadline = NOW + dt.timedelta(minutes=minutes)

    assert ui.countdown_state(deadline, now=NOW) == {"state": state, "text": words}
    assert ui.remaining(deadline, NOW) == words


def test_countdown_before_the_window_opens_counts_to_its_opening():
    opens, deadline = NOW + dt.timedelta(hours=5), NOW + dt.timedelta(hours=50)

    assert ui.countdown_state(deadline, opens, NOW) == {"state": "waiting", "text": "5時間後に開始"}


def test_countdown_chip_carries_what_the_script_needs():
    deadline = NOW + dt.timedelta(hours=3)

    chip = draw('{% include "includes/countdown.html" %}', deadline=deadline, now=NOW)

    assert 'data-deadline="2026-06-16T13:00:00+09:00"' in chip
    assert "countdown--soon" in chip
    assert "あと3時間" in chip


def test_script_and_server_share_the_words_and_the_limits():
    script = (ROOT / "static/js/countdown.js").read_text()
    assert set(re.findall(r"words\.(\w+)", script)) <= set(ui.CLIENT_WORDS)
    assert "SOON = 4 * 60 * MINUTE" in script
    assert dt.timedelta(hours=4) == ui.SOON
    assert "URGENT = 60 * MINUTE" in script
    assert dt.timedelta(minutes=60) == ui.URGENT


# --- Numbers and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Fraction(3, 10), "30.0%"),
        (Fraction(1, 8), "12.5%"),
        (Decimal("0.0005"), "0.1%"),
        (0, "0.0%"),
        (1.0, "100.0%"),
        (None, "—"),
    ],
)
def test_percent_rounds_halves_up_and_says_when_there_is_nothing(ratio, words):
    assert ui.percent(ratio) == words


def test_yen_follows_the_language():
    assert ui.yen(1234567) == "1,234,567円"
    assert ui.yen(None) == "—"
    with translation.override("en"):
        assert ui.yen(1234567) == "¥1,234,567"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+81312345678", "03-1234-5678"),
        ("+819012345678", "090-1234-5678"),
        ("+81120123456", "0120-123-456"),
        ("内線のみ", "内線のみ"),
        ("", ""),
        (None, ""),
    ],
)
def test_phone_display_reads_as_written_in_japan(stored, shown):
    assert ui.phone_display(stored) == shown


@pytest.mark.parametrize(
    ("name", "letters"), [("佐藤 架電", "佐"), ("Jane Doe", "JD"), ("rep@example.jp", "R"), ("", "?")]
)
def test_initials_of_a_name(name, letters):
    assert ui.initials(name) == letters


# --- Links that keep the filters ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "url", "direction"),
    [
        ("?q=abc&page=3", "?q=abc&sort=company", ""),
        ("?sort=company", "?sort=-company", "ascending"),
        ("?sort=-company&tier=A&tier=B", "?sort=company&tier=A&tier=B", "descending"),
    ],
)
def test_query_sort_turns_the_order_and_keeps_the_filters(list_page, query, url, direction):
    assert ui.query_sort({"request": list_page(query)}, "company") == {"url": url, "direction": direction}


def test_sort_header_tells_the_direction(list_page):
    head = draw('{% include "includes/sort_header.html" with key="tier" label="Tier" current="-tier" %}', list_page())
    assert 'aria-sort="descending"' in head


def test_pagination_counts_in_japanese_and_keeps_the_filters(list_page):
    page = Paginator(range(2000), 50).page(2)

    foot = draw('{% include "includes/pagination.html" %}', list_page("?q=abc"), page_obj=page)

    assert "51–100 / 2,000 件" in foot
    assert 'href="?q=abc&amp;page=3"' in foot


def test_pagination_of_nothing_offers_no_pages(list_page):
    foot = draw('{% include "includes/pagination.html" %}', list_page(), page_obj=Paginator([], 50).page(1))
    assert "0 件" in foot
    assert "<nav" not in foot


# --- Fragments ------------------------------------------------------------------------------------------------------


def test_tier_badge_shows_letter_and_reasons():
    badge = draw('{% include "includes/tier_badge.html" %}', tier="A", reasons=["資料請求 3日前", "課題コメントあり"])
    assert "tier--A" in badge
    assert "資料請求 3日前、課題コメントあり" in badge


def test_kpi_shows_its_fraction_and_opens_its_rows():
    figure = {"label": "接続率", "value": "30.0%", "numerator": 3, "denominator": 10, "unit": "リード", "url": "?x=1"}
    kpi = draw('{% include "includes/kpi.html" %}', **figure)
    assert "3 / 10 リード" in kpi
    assert 'href="?x=1"' in kpi


def test_icon_is_silent_unless_it_has_a_label():
    assert 'aria-hidden="true"' in ui.icon("telephone")
    assert 'aria-label="&lt;電話&gt;"' in ui.icon("telephone", label="<電話>")


def test_bell_shows_the_unread_count():
    assert "未読3件" in draw('{% include "includes/bell.html" %}', unread_count=3)


@pytest.mark.parametrize("page", ERROR_PAGES)
def test_error_page_needs_neither_context_nor_database(page):
    html = render_to_string(page)
    assert "二次架電デスク" in html


def test_login_page_offers_demo_logins_only_when_given(rf, monkeypatch):
    request = rf.get("/accounts/login/")
    request.user = AnonymousUser()
    demo = [{"email": "rep@example.jp", "password": "made-up", "label": "架電担当"}]

    assert "rep@example.jp" in render_to_string("account/login.html", {"demo_logins": demo}, request)
    assert "demo-list" not in render_to_string("account/login.html", {"demo_logins": []}, request)


# --- Every template -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_compiles(name):
    assert get_template(name)


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_has_no_inline_script_or_style(name):
    source = (ROOT / "templates" / name).read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)(?![^>]*application/json)", source)


def test_every_icon_asked_for_is_in_the_sprite():
    known = set((ROOT / "static/vendor/icons.txt").read_text().split())
    asked = {icon: "navigation" for _, _, icon, *_ in NAVIGATION}
    for name in TEMPLATES:
        for tag, parameter in ICON_USE.findall((ROOT / "templates" / name).read_text()):
            asked[tag or parameter] = name
    assert {icon: name for icon, name in asked.items() if icon not in known} == {}
