"""Editing a deal between its moves, and the costs of calling."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry
from deals.models import CallingCost, Deal, Handover
from deals.services.costs import set_calling_cost
from deals.services.update_deal import update_deal

COSTS = {"people_yen": 800_000, "agency_yen": 0, "tools_yen": 30_000}


def test_amount_and_close_date_are_saved_and_audited(deal, field_sales, now):
    update_deal(deal=deal, version=1, by=field_sales, now=now, amount_yen=500_000, close_on=dt.date(2026, 7, 31))

    deal.refresh_from_db()
    assert (deal.amount_yen, deal.close_on, deal.version) == (500_000, dt.date(2026, 7, 31), 2)
    assert AuditEntry.objects.about(deal).get(verb="update_deal").changes["amount_yen"] == [None, 500_000]


def test_money_alone_sends_no_new_invitation(deal, field_sales, now):
    Handover.objects.update(mailed_at=now)

    update_deal(deal=deal, version=1, by=field_sales, now=now, amount_yen=1)

    assert Handover.objects.get().mailed_at == now


def test_a_new_place_is_sent_to_the_owner_again(deal, field_sales, now):
    Handover.objects.update(mailed_at=now)

    update_deal(deal=deal, version=1, by=field_sales, now=now, place="当社 会議室A")

    assert Handover.objects.get().mailed_at is None


def test_nothing_changed_writes_nothing(deal, field_sales, now):
    update_deal(deal=deal, version=1, by=field_sales, now=now, place=deal.place)

    deal.refresh_from_db()
    assert deal.version == 1
    assert not AuditEntry.objects.filter(verb="update_deal").exists()


@pytest.mark.parametrize(
    ("stage", "values", "sentence"),
    [
        ("appointment", {"starts_at": dt.datetime(2026, 6, 16, 0, 59, tzinfo=dt.UTC)}, "これからの日時"),
        ("held", {"place": "別会場"}, "商談予定のあいだだけ"),
        ("returned", {"amount_yen": 1}, "失注・差戻しの商談は変更できません"),
        ("won", {"amount_yen": None}, "受注した商談の金額は空にできません"),
    ],
)
def test_what_cannot_change_any_more_is_refused(deal, field_sales, now, stage, values, sentence):
    Deal.objects.update(stage=stage, amount_yen=9)
    deal.refresh_from_db()

    with pytest.raises(ValidationError, match=sentence):
        update_deal(deal=deal, version=1, by=field_sales, now=now, **values)


def test_a_stale_page_changes_nothing(deal, field_sales, manager, now):
    update_deal(deal=deal, version=1, by=field_sales, now=now, amount_yen=1)

    with pytest.raises(ValidationError, match="先に更新されています"):
        update_deal(deal=deal, version=1, by=manager, now=now, amount_yen=2)

    assert Deal.objects.get().amount_yen == 1


def test_costs_stand_once_per_team_and_month(team, manager, now):
    for day in (1, 20):
        set_calling_cost(team=team, month=dt.date(2026, 6, day), by=manager, now=now, **COSTS)
    changed = set_calling_cost(
        team=team, month=dt.date(2026, 6, 1), by=manager, now=now, **(COSTS | {"agency_yen": 50_000})
    )

    assert CallingCost.objects.count() == 1
    assert changed.agency_yen == 50_000
    entries = AuditEntry.objects.about(changed).order_by("pk")
    assert [entry.changes for entry in entries] == [
        {"people_yen": [None, 800_000], "agency_yen": [None, 0], "tools_yen": [None, 30_000]},
        {"agency_yen": [0, 50_000]},
    ]


def test_a_cost_off_the_first_of_a_month_breaks_the_database_rule(team):
    with pytest.raises(IntegrityError), transaction.atomic():
        CallingCost.objects.create(team=team, month=dt.date(2026, 6, 2), **COSTS)
