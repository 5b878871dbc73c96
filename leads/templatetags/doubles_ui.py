"""How possible duplicates look: what two have in common, and what goes along, in words. Display only."""

from collections.abc import Iterable

from django import template
from django.utils.translation import gettext

from leads.labels import GOES_ALONG, SHARED

register = template.Library()


@register.filter
def shared_words(codes: Iterable[str]) -> list[str]:
    """`{% for words in pair.shares|shared_words %}`"""
    return [gettext(SHARED[code]) for code in codes if code in SHARED]


@register.filter
def goes_along_words(code: str) -> str:
    return gettext(GOES_ALONG[code])
