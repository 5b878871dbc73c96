"""What every page's frame needs: the navigation of the role, and a demonstration's clock."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.permissions import Permission, can
from config import clock

# key, label, icon, url name, permission
NAVIGATION = (
    ("queue", _("今日の架電"), "telephone-outbound", "calls:queue", Permission.LOG_CALLS),
    ("leads", pgettext_lazy("page", "リード"), "people", "leads:list", Permission.SEE_LEADS),
    ("board", _("架電ボード"), "calendar-week", "calls:board", Permission.SEE_TEAM_BOARD),
    ("deals", pgettext_lazy("page", "商談"), "briefcase", "deals:list", Permission.SEE_DEALS),
    ("funnel", _("ファネル"), "funnel", "reports:funnel", Permission.SEE_REPORTS),
    ("imports", _("リスト取込"), "file-earmark-arrow-up", "leads:imports", Permission.IMPORT),
    ("users", pgettext_lazy("page", "ユーザー"), "person-gear", "accounts:users", Permission.SEE_MEMBERS),
)

# Opened now and then: in the person's menu.
SELDOM = (("tiers", _("Tierのルール"), "sliders", "leads:tiers", Permission.OVERRIDE_TIER),)


def shell(request) -> dict:
    """`nav_items` and `menu_items` of the person's role; `demo_clock` where the clock runs ahead (config.clock)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav_items": []}
    return {
        "nav_items": _nav_items(request, user),
        "menu_items": _offered(user, SELDOM),
        "demo_clock": clock.now() if settings.DEMO_CLOCK_SHIFT else None,
    }


def _nav_items(request, user) -> list[dict]:
    items = _offered(user, NAVIGATION)
    if items:
        here = max(items, key=lambda item: _nearness(request.path, item["url"]))
        here["active"] = _nearness(request.path, here["url"]) > 0
    return items


def _offered(user, pages: tuple) -> list[dict]:
    """Pages the person may see; one not yet built is left out."""
    return [
        {"key": key, "label": label, "icon": icon, "url": url, "active": False}
        for key, label, icon, name, permission in pages
        if can(user, permission) and (url := _url(name))
    ]


def _url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def _nearness(path: str, url: str) -> int:
    """How much of `path` the page at `url` accounts for: /leads/imports/3/ is in imports, /reports/rows/ in reports."""
    if path.startswith(url):
        return 1 + len(url)
    return int(path.split("/")[1] == url.split("/")[1])
