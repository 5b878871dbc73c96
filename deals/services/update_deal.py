"""Editing a deal between its moves: amount, close date, and the meeting while it is still ahead."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from deals.models import Deal
from deals.services.move_deal import invite_again, locked

MEETING = ("starts_at", "is_online", "place", "participants")
MONEY = ("amount_yen", "close_on")
FINAL = (Deal.Stage.LOST, Deal.Stage.RETURNED)


@transaction.atomic
def update_deal(*, deal: Deal, version: int, by: User | None, now: dt.datetime, **values) -> Deal:
    """Write the given fields of MEETING and MONEY. A changed meeting is sent to the owner again.

    The meeting can change only while it is planned, to a time still to come; a lost or returned deal not at all.
    """
    deal = locked(deal=deal, version=version)
    before = {field: getattr(deal, field) for field in (*MEETING, *MONEY) if field in values}
    after = {field: values[field] for field in before}
    changes = audit.differences(before, after)
    if not changes:
        return deal
    _check(deal=deal, changed=changes.keys(), values=after, now=now)
    for field in changes:
        setattr(deal, field, after[field])
    deal.version += 1
    deal.save(update_fields=[*changes, "version"])
    if not changes.keys().isdisjoint(MEETING):
        invite_again(deal=deal)
    audit.record(by=by, now=now, verb="update_deal", target=deal, changes=changes)
    return deal


def _check(*, deal: Deal, changed, values: dict, now: dt.datetime) -> None:
    if deal.stage in FINAL:
        raise ValidationError(_("失注・差戻しの商談は変更できません。"), code="final")
    meeting = [field for field in MEETING if field in changed]
    if meeting and deal.stage != Deal.Stage.APPOINTMENT:
        raise ValidationError(
            {meeting[0]: ValidationError(_("商談予定のあいだだけ変更できます。"), code="meeting_over")}
        )
    if "starts_at" in changed and values["starts_at"] <= now:
        raise ValidationError(
            {
                "starts_at": ValidationError(
                    _("商談日時には、これからの日時を入力してください。"), code="starts_in_the_past"
                )
            }
        )
    if deal.stage == Deal.Stage.WON and "amount_yen" in changed and not values["amount_yen"]:
        raise ValidationError(
            {"amount_yen": ValidationError(_("受注した商談の金額は空にできません。"), code="needs_amount_yen")}
        )
