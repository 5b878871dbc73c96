"""How leads look: tier reasons and temperature as sentences, a stage's tone, an edit line by line. Display only."""

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.ui import aside, jdate, jdatetime, listed
from config import clock
from leads import reasons
from leads.importing.phones import parse_phone
from leads.models import PhoneNumber, Tier

register = template.Library()

STAGE_TONES = {
    "follow_up": "accent",
    "appointment": "info",
    "opportunity": "info",
    "won": "ok",
    "blocked": "danger",
}
FIELDS = {
    "name": _("氏名"),
    "kana": _("氏名カナ"),
    "department": _("部署"),
    "title": _("役職"),
    "email": _("メールアドレス"),
    "source": _("流入元"),
    "memo": _("備考"),
    "phones": _("電話番号"),
    "owner": _("担当"),
    "merged": _("統合した相手"),
    "merged_into": _("統合先"),
    "tier": _("Tier"),
    "tier_override": _("手動のTier"),
    "tier_override_reason": _("変更の理由"),
    "tier_override_until": _("有効期限"),
    "company.name": _("会社名"),
    "company.kana": _("会社名カナ"),
    "company.corporate_number": _("法人番号"),
    "company.industry": _("業種"),
    "company.employees": _("従業員数"),
    "company.postal_code": _("郵便番号"),
    "company.prefecture": _("都道府県"),
    "company.address": _("住所"),
    "company.url": _("URL"),
}
KINDS = {
    "fixed": _("固定電話"),
    "mobile": _("携帯電話"),
    "ip": _("IP電話"),
    "toll_free": _("フリーダイヤル"),
    "navi": _("ナビダイヤル（通話料がかかります）"),
    "premium": _("有料番号"),
    "foreign": _("海外の番号"),
}
EDITS = {
    "create_lead": _("リードを登録"),
    "update_lead": _("リードを編集"),
    "assign_owner": _("担当を変更"),
    "override_tier": _("Tierを手動で変更"),
    "clear_override": _("Tierを自動判定に戻す"),
    "merge_lead": _("リードを統合"),
    "undo_merge": _("統合を元に戻す"),
}


@register.filter
def reason_sentences(value, now=None) -> list[str]:
    """`{{ lead|reason_sentences:now }}`, or of the codes themselves: what the tier badge says."""
    codes = getattr(value, "tier_reasons", value)
    return reasons.reason_sentences(codes or [], now or clock.now())


@register.inclusion_tag("includes/tier_badge.html")
def tier_badge(lead, size: str = "") -> dict:
    """`{% tier_badge lead %}`: the tier with its reasons as tooltip and for screen readers."""
    return {"tier": lead.tier, "reasons": reasons.reason_sentences(lead.tier_reasons, clock.now()), "size": size}


@register.inclusion_tag("includes/tier_why.html")
def tier_why(lead) -> dict:
    """`{% tier_why lead %}`: the same reasons as text, on screens that no pointer hovers over."""
    return {"reasons": reasons.reason_sentences(lead.tier_reasons, clock.now())}


@register.simple_tag
def ways_to_a(why) -> list[str]:
    """What would make the lead an A, a sentence each."""
    if why.score_for_a is not None:
        return [reasons.score_words(why.score_for_a)]
    return [reasons.way_words(way) for way in why.ways]


@register.filter
def item_words(item, now=None) -> str:
    """One line of the temperature."""
    return reasons.item_words(item, now or clock.now())


@register.filter
def stage_tone(stage: str) -> str:
    """`chip--accent` and the like; most stages are plain."""
    tone = STAGE_TONES.get(stage)
    return f"chip--{tone}" if tone else ""


@register.filter
def kind_words(e164: str):
    """What sort of number it is, where a caller should know: 携帯, IP電話, フリーダイヤル, ナビダイヤル …"""
    phone = parse_phone(e164) if e164 else None
    return KINDS.get(phone.kind, "") if phone else ""


@register.filter
def past_moment(value, now=None) -> str:
    """When a list says something was: most lists know the day alone, and midnight is no hour to call at."""
    if value and timezone.localtime(value).time() == dt.time():
        return jdate(value, now)
    return jdatetime(value, now)


@register.filter
def edit_words(verb: str):
    """What an audited edit was, in a few words."""
    return EDITS.get(verb, verb)


@register.filter
def change_lines(changes: dict) -> list[tuple]:
    """(field, from, to) of the fields a reader knows; ids and versions are left out."""
    known = ((field, pair) for field, pair in changes.items() if field in FIELDS)
    return [(FIELDS[field], _said(field, old), _said(field, new)) for field, (old, new) in known]


def _said(field: str, value) -> str:
    if field == "phones":
        return listed(_phone_words(phone) for phone in value or [])
    if field in ("tier", "tier_override") and value:
        return str(Tier(value).label)
    return str(value or "")


def _phone_words(phone: dict) -> str:
    label = PhoneNumber.Label(phone["label"]).label
    reason = PhoneNumber.Invalid(phone["invalid"]).label if phone.get("invalid") else ""
    return f"{label} {phone['raw']}{aside(reason)}"
