"""Addresses that carry a filter: the rows behind a number, and the same page under another filter."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from reports.selectors import ReportFilter

TIERS_KNOW = ("from", "to", "team", "list", "source")


@dataclass(frozen=True)
class Number:
    """A number on a page and the address of the rows it counted."""

    text: str
    url: str


def parameters(report: ReportFilter, *, as_of: dt.datetime | None = None) -> dict[str, str]:
    """The filter as an address carries it, with fixed days; `as_of` only for a look back at an earlier state."""
    agency = {True: "agency", False: "in_house", None: ""}[report.is_agency]
    found = {
        "from": f"{report.period.start:%Y-%m-%d}",
        "to": f"{report.period.end:%Y-%m-%d}",
        "basis": str(report.basis),
        "team": report.team_id,
        "rep": report.rep_id,
        "tier": report.tier,
        "list": report.list_id,
        "source": report.source,
        "industry": report.industry,
        "agency": agency,
        "temperature": "-".join(str(end) for end in report.temperature or ()),
        "as_of": as_of.isoformat() if as_of else "",
    }
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def rows_url(report: ReportFilter, code: str, *, as_of: dt.datetime | None = None) -> str:
    return f"{reverse('reports:rows')}?{urlencode({'figure': code, **parameters(report, as_of=as_of)})}"


def tiers_url(report: ReportFilter, **changes: str) -> str:
    """The page about tiers under the same filter, as far as it knows it."""
    known = {name: value for name, value in parameters(report).items() if name in TIERS_KNOW}
    found = {name: value for name, value in {**known, **changes}.items() if value}
    return f"{reverse('reports:tiers')}?{urlencode(found)}"


def funnel_url(report: ReportFilter, **changes: str) -> str:
    """The funnel page under the same filter, with some parameters changed; an empty one is dropped."""
    found = {name: value for name, value in {**parameters(report), **changes}.items() if value}
    return f"{reverse('reports:funnel')}?{urlencode(found)}"
