"""What every page's frame needs: the navigation of the role."""

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, can

NAVIGATION = (
    # key, label, icon, url name, permission
    (
        "queue",
        _("今日の架電"),
        "telephone-outbound",
        "calls:queue",
        Permission.LOG_CALLS,
    ),
    ("leads", _("リード"), "people", "leads:list", Permission.SEE_LEADS),
    (
        "board",
        _("架電ボード"),
        "calendar-week",
        "calls:board",
        Permission.SEE_TEAM_BOARD,
    ),
    ("deals", _("商談"), "briefcase", "deals:list", Permission.SEE_DEALS),
    ("funnel", _("ファネル"), "funnel", "reports:funnel", Permission.SEE_REPORTS),
    (
        "imports",
        _("リスト取込"),
        "file-earmark-arrow-up",
        "leads:imports",
        Permission.IMPORT,
    ),
    ("users", _("ユーザー"), "person-gear", "accounts:users", Permission.MANAGE_USERS),
)


def shell(request) -> dict:
    """`nav_items` of the signed-in person's role; a page not yet built is left out."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"nav_items": []}
    items = []
    for key, label, icon, name, permission in NAVIGATION:
        if not can(user, permission):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        items.append(
            {
                "key": key,
                "label": label,
                "icon": icon,
                "url": url,
                "active": _is_active(request.path, url),
            }
        )
    return {"nav_items": items}


def _is_active(path: str, url: str) -> bool:
    return path == url or (path.startswith(url) and url.count("/") > 2) or path.rsplit("/", 2)[0] == url.rstrip("/")
