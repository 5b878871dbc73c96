"""How values look on screen: icons, dates, time left, shares, money, phone numbers, links that keep the filters.

Display only: nothing here decides a rule or asks the database. Times are shown in the current time zone.
The rules of `span_words` and `countdown_state` live twice, here and in static/js/countdown.js, which keeps a chip true
while the page stays open; both take their words from `CLIENT_WORDS`.
"""

import datetime as dt
import math
from fractions import Fraction

import phonenumbers
from django import template
from django.templatetags.static import static
from django.utils import dateformat, timezone
from django.utils.html import format_html, json_script
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from config import clock

register = template.Library()

SPRITE = "vendor/bootstrap-icons/sprite.svg"
NOTHING = "—"
SOON = dt.timedelta(hours=4)
URGENT = dt.timedelta(hours=1)

CLIENT_WORDS = {
    "days_hours": _("%(d)s日%(h)s時間"),
    "days": _("%(d)s日"),
    "hours_minutes": _("%(h)s時間%(m)s分"),
    "hours": _("%(h)s時間"),
    "minutes": _("%(m)s分"),
    "left": _("あと%(span)s"),
    "over": _("%(span)s超過"),
    "opens": _("%(span)s後に開始"),
    "copied": _("コピーしました。"),
    "confirm_title": _("確認"),
    "confirm_yes": _("実行する"),
    "offline": _("サーバーに接続できません。通信状況を確認して、もう一度お試しください。"),
    "session_over": _("ログインの有効期限が切れました。別のタブでログインし直してから、操作を続けてください。"),
    "server_error": _("処理できませんでした。少し待ってから、もう一度お試しください。"),
    "status_403": _("この操作は許可されていません。ページを再読み込みしてください。"),
    "status_404": _("対象が見つかりません。すでに削除されたか、担当が変わった可能性があります。"),
    "status_409": _("ほかの人が先に更新しました。ページを再読み込みして、最新の内容をご確認ください。"),
    "status_413": _("送信した内容が大きすぎます。"),
    "status_429": _("操作の回数が多すぎます。少し待ってから、もう一度お試しください。"),
    "status_503": _("ただいま混み合っています。少し待ってから、もう一度お試しください。"),
}


# --- Icons and words ------------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "", css: str = ""):
    """`{% icon "telephone" %}`: decoration; with `label` it is read out. Names: static/vendor/icons.txt."""
    voice = format_html('role="img" aria-label="{}"', label) if label else format_html('aria-hidden="{}"', "true")
    return format_html('<svg class="icon {}" {}><use href="{}#{}"></use></svg>', css, voice, static(SPRITE), name)


@register.simple_tag
def client_words():
    """The sentences that scripts say, in the reader's language."""
    return json_script({key: str(words) for key, words in CLIENT_WORDS.items()}, "app-words")


@register.filter
def aside(words) -> str:
    """（佐藤）after what it belongs to; nothing for nothing."""
    return gettext("（%(words)s）") % {"words": words} if words else ""


@register.filter
def listed(items) -> str:
    """佐藤、鈴木; in English with commas."""
    return gettext("、").join(str(item) for item in items)


@register.filter
def initials(name) -> str:
    """First sign of a Japanese name, first letters of a Latin one."""
    parts = str(name or "").split()
    if not parts:
        return "?"
    if parts[0][0].isascii():
        return "".join(part[0] for part in parts[:2]).upper()
    return parts[0][0]


# --- Dates ----------------------------------------------------------------------------------------------------------


def _local(value):
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def _is_japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


def _day(value, now) -> str:
    """The year is said only when it is not this one."""
    same_year = value.year == _local(now or clock.now()).year
    if _is_japanese():
        return dateformat.format(value, "n/j(D)" if same_year else "Y/n/j(D)")
    return dateformat.format(value, "D j M" if same_year else "D j M Y")


@register.filter
def jdate(value, now=None) -> str:
    """11/22(日); with the year when it is another one. A datetime is taken to the current time zone first."""
    return _day(_local(value), now) if value else NOTHING


@register.filter
def jdatetime(value, now=None) -> str:
    """11/22(日) 10:30"""
    if not value:
        return NOTHING
    local = _local(value)
    return f"{_day(local, now)} {local:%H:%M}"


@register.filter
def jtime(value) -> str:
    """10:30"""
    return f"{_local(value):%H:%M}" if value else NOTHING


@register.filter
def iso(value) -> str:
    """For `datetime` and `data-` attributes."""
    return value.isoformat() if value else ""


# --- Time left ------------------------------------------------------------------------------------------------------


def span_words(span: dt.timedelta) -> str:
    """At most two units, rounded down: 2日3時間, 3時間20分, 45分."""
    minutes = abs(span) // dt.timedelta(minutes=1)
    parts = {"d": minutes // 1440, "h": minutes % 1440 // 60, "m": minutes % 60}
    if parts["d"]:
        key = "days_hours" if parts["h"] else "days"
    elif parts["h"]:
        key = "hours_minutes" if parts["m"] else "hours"
    else:
        key = "minutes"
    return str(CLIENT_WORDS[key]) % parts


@register.filter
def remaining(deadline, now=None) -> str:
    """あと3時間20分, or 2時間超過 once it has passed."""
    if not deadline:
        return NOTHING
    return countdown_state(deadline, now=now)["text"]


@register.simple_tag
def countdown_state(deadline, opens=None, now=None) -> dict:
    """`state` (waiting, calm, soon, urgent, over) and `text` of a chip."""
    now = now or clock.now()
    if opens and now < opens:
        return {"state": "waiting", "text": CLIENT_WORDS["opens"] % {"span": span_words(opens - now)}}
    left = deadline - now
    words = CLIENT_WORDS["left" if left > dt.timedelta(0) else "over"] % {"span": span_words(left)}
    return {"state": _urgency(left), "text": words}


def _urgency(left: dt.timedelta) -> str:
    if left <= dt.timedelta(0):
        return "over"
    if left <= URGENT:
        return "urgent"
    return "soon" if left <= SOON else "calm"


@register.simple_tag
def server_now() -> str:
    """Lets the browser correct its own clock."""
    return clock.now().isoformat()


# --- Numbers --------------------------------------------------------------------------------------------------------


@register.filter
def percent(ratio, digits: int = 1) -> str:
    """0.3 → 30.0%, halves rounded up; nothing to divide by → —"""
    if ratio is None or ratio == "":
        return NOTHING
    scale = 10**digits
    rounded = math.floor(Fraction(ratio) * 100 * scale + Fraction(1, 2))
    return f"{rounded / scale:.{digits}f}%"


@register.filter
def number(value) -> str:
    """12345 → 12,345"""
    return f"{value:,}" if value is not None and value != "" else NOTHING


@register.filter
def yen(amount) -> str:
    """1234567 → 1,234,567円 (¥1,234,567 in English)"""
    if amount is None or amount == "":
        return NOTHING
    return f"{round(amount):,}円" if _is_japanese() else f"¥{round(amount):,}"


@register.filter
def phone_display(value) -> str:
    """+81312345678 → 03-1234-5678; a number that cannot be read is shown as it was written."""
    if not value:
        return ""
    try:
        parsed = phonenumbers.parse(str(value), "JP")
    except phonenumbers.NumberParseException:
        return str(value)
    if parsed.country_code != 81:
        return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


# --- Links that keep the filters ------------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def query_sort(context, key: str, current: str = "") -> dict:
    """Where a column head leads (`url`), and how the list is sorted by it now (`direction`, empty when it is not).

    `?sort=key` is ascending, `?sort=-key` descending; the page number is dropped, every other parameter kept.
    """
    query = context["request"].GET.copy()
    current = current or query.get("sort", "")
    direction = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    query["sort"] = f"-{key}" if direction == "ascending" else key
    query.pop("page", None)
    return {"url": f"?{query.urlencode()}", "direction": direction}


@register.simple_tag
def page_numbers(page_obj) -> list:
    """1 … 4 [5] 6 … 40; a gap is the paginator's ellipsis."""
    return list(page_obj.paginator.get_elided_page_range(page_obj.number, on_each_side=2, on_ends=1))
