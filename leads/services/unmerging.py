"""Taking a merge apart again: who was taken in comes back under the same key, with what came along."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import Company, CompanyDouble, Lead, Merge, Stage, StageMove
from leads.ports import attachments
from leads.services.merging import (
    across_teams,
    fields_of,
    give_blocks_back,
    give_pairs_back,
    is_admin,
    thaw,
    value_of,
)
from leads.services.merging_companies import lock_companies, touch_people
from leads.services.merging_leads import lock_leads, refresh
from leads.services.merging_rows import give_rows_back
from leads.services.tiers import retier_lead

RECKONED = ("version", "updated_at", "search_text", "is_blocked", "has_callable_phone", "call_count", "stage")
"""Fields of a lead that are not put back as they were but follow from what is."""


@transaction.atomic
def undo_merge(*, merge: Merge, by: User | None, now: dt.datetime) -> Merge:
    """Put back what a merge took in. What came to the kept one since then stays there, as do fields edited since.

    ValidationError `already_undone`, `merged_on` (the kept one was itself taken in by a later merge, which comes
    first), `kept_missing`, `company_missing` or `other_team`.
    """
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at:
        raise ValidationError(_("この統合はすでに元に戻されています。"), code="already_undone")
    target = Lead if merge.kind == Merge.Kind.LEAD else Company
    if not target.objects.filter(pk=merge.kept_id).exists():
        raise _kept_is_gone(merge)
    undo = _undo_leads if merge.kind == Merge.Kind.LEAD else _undo_companies
    kept, gone = undo(merge, by, now)
    merge.undone_at, merge.undone_by = now, by
    merge.save(update_fields=["undone_at", "undone_by"])
    for row in (kept, gone):
        audit.record(by=by, now=now, verb="undo_merge", target=row, changes={"merged": [merge.label, ""]})
    return merge


def _kept_is_gone(merge: Merge) -> ValidationError:
    later = Merge.objects.filter(kind=merge.kind, gone_id=merge.kept_id, undone_at=None)
    if later.exists():
        return ValidationError(_("先に、このあとに行った統合を元に戻してください。"), code="merged_on")
    return ValidationError(_("統合先が削除されているため、元に戻せません。"), code="kept_missing")


def _undo_leads(merge: Merge, by: User | None, now: dt.datetime) -> tuple[Lead, Lead]:
    told = merge.snapshot
    row = _at_home(told["row"][0])
    before = {**told["before"], "company": _company_of(told["before"]["company"])}
    homes = {row["fields"]["company"], before["company"]}
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=homes).order_by("pk"))
    (kept,) = lock_leads(merge.kept_id)
    if not is_admin(by) and not {kept.team_id, row["fields"]["team"]} <= set(by.team_ids):
        raise across_teams()
    thaw([row])
    gone = Lead.objects.get(pk=merge.gone_id)
    changed = _give_fields_back(kept, before, told["after"], apart_from=RECKONED)
    kept.call_count = max(kept.call_count - gone.call_count, 0)
    kept.version += 1
    kept.save(update_fields=[*changed, "call_count", "version", "updated_at"])
    give_rows_back(told["rows"], kept=kept, gone=gone)
    for app, moved in told["attachments"].items():
        attachments[app].move_back(moved, gone=gone.pk, kept=kept.pk, now=now)
    _give_stage_back(kept, told, by, now)
    for lead in (kept, gone):
        refresh(lead)
        retier_lead(lead=lead, now=now)
    return kept, gone


def _undo_companies(merge: Merge, by: User | None, now: dt.datetime) -> tuple[Company, Company]:
    told = merge.snapshot
    (kept,) = lock_companies(merge.kept_id)
    people = Lead.objects.select_for_update(of=("self",)).filter(company=kept).order_by("pk")
    teams = set(people.values_list("team_id", flat=True))
    if not is_admin(by) and not teams <= set(by.team_ids):
        raise across_teams()
    thaw(told["row"])
    gone = Company.objects.get(pk=merge.gone_id)
    changed = _give_fields_back(kept, told["before"], told["after"])
    if changed:
        kept.save(update_fields=changed)
    Lead.objects.filter(pk__in=told["leads"], company=kept).update(company=gone)
    give_blocks_back(told["blocks"], gone, kept)
    give_pairs_back(CompanyDouble, told["pairs"])
    touch_people(kept.pk, gone.pk)
    return kept, gone


def _give_fields_back(
    kept: models.Model, before: dict[str, Any], after: dict[str, Any], apart_from: Sequence[str] = ()
) -> list[str]:
    """What the merge changed on `kept` (unsaved) and nobody since; answers the fields."""
    current, changed = fields_of(kept), []
    for name, value in before.items():
        if name not in apart_from and value != after[name] and current[name] == after[name]:
            setattr(kept, *value_of(type(kept), name, value))
            changed.append(name)
    return changed


def _give_stage_back(kept: Lead, told: dict[str, Any], by: User | None, now: dt.datetime) -> None:
    """Back to its own stage, unless it has gone on since."""
    stage, move = told["before"]["stage"], told["stage_move"]
    if move is None or kept.stage != told["after"]["stage"]:
        return
    later = StageMove.objects.filter(lead=kept, pk__gt=move).exists()
    if later:
        StageMove.objects.create(lead=kept, from_stage=kept.stage, to_stage=stage, at=now, by=by)
    else:
        StageMove.objects.filter(pk=move, lead=kept).delete()
    kept.stage = Stage(stage)
    kept.save(update_fields=["stage"])


def _at_home(row: dict[str, Any]) -> dict[str, Any]:
    """The frozen lead at the company that its own became by later merges."""
    fields = row["fields"]
    return {**row, "fields": {**fields, "company": _company_of(fields["company"])}}


def _company_of(pk: int) -> int:
    """The company `pk` is today: itself, or the one it was merged into."""
    while not Company.objects.filter(pk=pk).exists():
        merge = Merge.objects.filter(kind=Merge.Kind.COMPANY, gone_id=pk, undone_at=None).order_by("-pk").first()
        if merge is None:
            raise ValidationError(_("統合前の会社が削除されているため、元に戻せません。"), code="company_missing")
        pk = merge.kept_id
    return pk
