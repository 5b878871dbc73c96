"""What a list of rows shows, by kind of row: the columns of the row pages and of their exports."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.importing.phones import parse_phone
from reports.selectors import Kind, ReportFilter, kind_of, share_of_cost, visible_leads

NO_ACCESS = _("閲覧権限なし")


@dataclass(frozen=True)
class Column:
    """`text` turns a row into its cell. `names_lead`: left out where the reader may not open the lead."""

    label: Promise
    text: Callable[[Any], str]
    names_lead: bool = False


def moment(value: dt.datetime | None) -> str:
    """2026-06-16 10:00 in Tokyo; empty where it has not happened."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def phone(value: str) -> str:
    """+81312345678 → 03-1234-5678."""
    found = parse_phone(value) if value else None
    return (found.national if found else "") or value


def _at(field: str) -> Callable[[Any], str]:
    return lambda row: moment(getattr(row, field))


def _text(field: str) -> Callable[[Any], str]:
    return lambda row: str(getattr(row, field) or "")


def _yen(field: str) -> Callable[[Any], str]:
    return lambda row: f"{getattr(row, field):,}" if getattr(row, field) is not None else ""


def _lead_columns(lead: Callable[[Any], Any]) -> tuple[Column, ...]:
    return (
        Column(_("会社"), lambda row: lead(row).company.name, names_lead=True),
        Column(_("担当者"), lambda row: lead(row).display_name, names_lead=True),
    )


LEAD = (
    *_lead_columns(lambda row: row),
    Column(_("Tier"), _text("tier")),
    Column(_("状態"), lambda row: str(row.get_stage_display())),
    Column(_("リスト"), _text("lead_list")),
    Column(_("流入元"), _text("source")),
    Column(_("チーム"), _text("team")),
    Column(_("担当"), _text("owner")),
    Column(_("登録日時"), _at("created_at")),
    Column(_("最終架電"), _at("last_called_at")),
)
CALL = (
    *_lead_columns(lambda row: row.lead),
    Column(_("架電日時"), _at("called_at")),
    Column(_("種別"), lambda row: str(row.get_kind_display())),
    Column(_("結果"), _text("outcome")),
    Column(_("接続先"), lambda row: str(row.get_reached_display())),
    Column(_("担当"), _text("rep")),
    Column(_("チーム"), _text("team")),
    Column(_("Tier"), _text("tier")),
    Column(_("電話番号"), lambda row: phone(row.phone.e164 or row.phone.raw) if row.phone else "", names_lead=True),
)
FOLLOW_UP = (
    *_lead_columns(lambda row: row.lead),
    Column(_("Tier"), _text("tier")),
    Column(_("担当"), _text("rep")),
    Column(_("チーム"), _text("team")),
    Column(_("状態"), lambda row: str(row.get_state_display())),
    Column(_("反応"), _at("reaction_at")),
    Column(_("枠の開始"), _at("opens_at")),
    Column(_("枠の終了"), _at("closes_at")),
    Column(_("初回の二次架電"), _at("first_attempted_at")),
    Column(_("接続"), _at("connected_at")),
    Column(_("商談獲得"), _at("appointment_at")),
    Column(_("商談実施"), _at("held_at")),
    Column(_("案件化"), _at("opportunity_at")),
    Column(_("受注"), _at("won_at")),
)
COMPANY = (
    Column(_("会社"), _text("name"), names_lead=True),
    Column(_("業種"), _text("industry")),
    Column(_("都道府県"), _text("prefecture")),
    Column(_("受注した商談の数"), _yen("deals_won")),
    Column(_("受注金額（円）"), _yen("amount_won")),
)
COST = (
    Column(_("チーム"), _text("team")),
    Column(_("月"), lambda row: f"{row.month:%Y-%m}"),
    Column(_("人件費（円）"), _yen("people_yen")),
    Column(_("代行費（円）"), _yen("agency_yen")),
    Column(_("ツール費（円）"), _yen("tools_yen")),
    Column(_("期間分（円）"), _yen("share_yen")),
)
COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.LEAD: LEAD,
    Kind.CALL: CALL,
    Kind.FOLLOW_UP: FOLLOW_UP,
    Kind.COMPANY: COMPANY,
    Kind.COST: COST,
}


@dataclass(frozen=True)
class Line:
    """One row as text, and the lead it opens: None where there is none or the reader may not open it."""

    cells: list[str]
    lead_id: int | None


def lines(report: ReportFilter, code: str, rows: Sequence[Model]) -> list[Line]:
    """The rows of a page as its columns show them. One query, for what the reader may open."""
    kind = kind_of(code)
    if kind is Kind.COST:
        for row in rows:
            row.share_yen = share_of_cost(row, report.period)
    lead_ids = [_lead_id(kind, row) for row in rows]
    visible = visible_leads(report.user, filter(None, lead_ids))
    return [
        Line(
            _cells(kind, row, is_visible=lead_id is None or lead_id in visible), lead_id if lead_id in visible else None
        )
        for row, lead_id in zip(rows, lead_ids, strict=True)
    ]


def _lead_id(kind: Kind, row: Model) -> int | None:
    if kind is Kind.LEAD:
        return row.pk
    return row.lead_id if kind in (Kind.CALL, Kind.FOLLOW_UP) else None


def _cells(kind: Kind, row: Model, *, is_visible: bool) -> list[str]:
    return [str(NO_ACCESS) if column.names_lead and not is_visible else column.text(row) for column in COLUMNS[kind]]
