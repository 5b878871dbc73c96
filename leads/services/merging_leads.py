"""Two leads that are one person become one: fields as chosen, and everything either has is kept."""

import datetime as dt
from collections.abc import Collection, Mapping

from django.db import transaction

from accounts.models import User
from accounts.services import audit
from leads.inputs import BOTH, JOINED_CHOICES, LEAD_CHOICES
from leads.models import Company, DoNotCall, Lead, Merge, Stage, StageMove
from leads.ports import attachments
from leads.services.callability import refresh_callability
from leads.services.doubles import review_doubles
from leads.services.merging import (
    across_teams,
    already_merged,
    check_choices,
    chosen,
    fields_of,
    frozen,
    is_admin,
    overtaken,
    with_review,
)
from leads.services.merging_rows import take_rows
from leads.services.phones import refresh_search_text
from leads.services.tiers import OVERRIDE_FIELDS, retier_lead

LATEST_FACTS = ("last_called_at", "last_reached_at", "last_reaction_at", "problem_recorded_at")
HEARD_FACTS = ("timing", "budget", "decision_maker")
ROAD = (
    Stage.NEW,
    Stage.CALLING,
    Stage.REFUSED,
    Stage.NURTURING,
    Stage.LOST,
    Stage.FOLLOW_UP,
    Stage.APPOINTMENT,
    Stage.OPPORTUNITY,
    Stage.WON,
)
"""Stages by how far they are; what was heard of a refusal or a lost deal is further than a first try."""


@transaction.atomic
def merge_leads(
    *,
    kept_id: int,
    gone_id: int,
    choices: Mapping[str, str],
    by: User | None,
    now: dt.datetime,
    versions: Mapping[int, int] | None = None,
) -> Merge:
    """Take lead `gone_id` into `kept_id`. `choices`: {field: "kept", "gone" or, for the memo, "both"}; a field nobody
    chose keeps its value, a blank one is filled.

    `versions` are those of the leads as shown to whoever chose; ValidationError `stale` when one was edited since,
    `already_merged`, `other_team`, `unknown_choice`, or what an app above has against it.
    """
    kept, gone = lock_leads(kept_id, gone_id)
    _check(kept, gone, choices, by, versions)
    before, row, label = fields_of(kept), frozen([gone]), str(gone)[:300]
    companies = {kept.company_id, gone.company_id}
    _combine(kept, gone, choices)
    kept.save()
    moved = {app: part.move(gone=gone.pk, kept=kept.pk, now=now) for app, part in attachments.items()}
    kept.refresh_from_db(fields=["next_call_at", "next_call_is_promise"])
    refusal = _refusal_of(companies - {kept.company_id})
    rows = take_rows(kept=kept, gone=gone, refusal=refusal, by=by, now=now)
    audit.record(by=by, now=now, verb="merge_lead", target=gone, changes={"merged_into": ["", str(kept)]})
    gone.delete()
    stage_move = _settle(kept, row[0]["fields"]["stage"], by, now)
    rows["pairs"] = with_review(rows["pairs"], review_doubles(lead_id=kept.pk, now=now))
    after = fields_of(Lead.objects.get(pk=kept.pk))
    seen = {name: [before[name], after[name]] for name in LEAD_CHOICES if before[name] != after[name]}
    audit.record(by=by, now=now, verb="merge_lead", target=kept, changes={"merged": ["", label], **seen})
    snapshot = {
        "row": row,
        "before": before,
        "after": after,
        "rows": rows,
        "stage_move": stage_move,
        "attachments": moved,
    }
    values = {"kept_id": kept_id, "gone_id": gone_id, "label": label, "snapshot": snapshot, "by": by, "at": now}
    return Merge.objects.create(kind=Merge.Kind.LEAD, **values)


def lock_leads(*ids: int) -> list[Lead]:
    """The leads in the order of `ids`, locked behind their companies: the order every edit keeps."""
    wanted = set(Lead.objects.filter(pk__in=ids).values_list("company_id", flat=True))
    list(Company.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))
    rows = Lead.objects.select_for_update(of=("self",)).select_related("company", "owner", "team")
    leads = {lead.pk: lead for lead in rows.filter(pk__in=ids).order_by("pk")}
    if len(leads) < len(set(ids)) or len(leads) < len(ids):
        raise already_merged()
    if any(lead.company_id not in wanted for lead in leads.values()):
        raise overtaken()
    return [leads[pk] for pk in ids]


def _check(
    kept: Lead, gone: Lead, choices: Mapping[str, str], by: User | None, versions: Mapping[int, int] | None
) -> None:
    check_choices(choices, LEAD_CHOICES, JOINED_CHOICES)
    if kept.team_id != gone.team_id and not is_admin(by):
        raise across_teams()
    if versions is not None and any(versions.get(lead.pk) != lead.version for lead in (kept, gone)):
        raise overtaken()


def _refusal_of(companies: Collection[int]) -> DoNotCall | None:
    """What a company asked that the person leaves by the merge."""
    standing = DoNotCall.objects.standing().filter(scope=DoNotCall.Scope.COMPANY, company__in=companies)
    return standing.order_by("pk").first()


# --- One out of two -------------------------------------------------------------------------------------------------


def _combine(kept: Lead, gone: Lead, choices: Mapping[str, str]) -> None:
    """Fields as chosen and facts of both, on `kept` (unsaved)."""
    for name in LEAD_CHOICES:
        side = choices.get(name) or (BOTH if name in JOINED_CHOICES else None)
        setattr(kept, Lead._meta.get_field(name).attname, chosen(kept, gone, name, side))
    kept.extra = {**gone.extra, **kept.extra}
    _combine_facts(kept, gone)
    if gone.tier_override and not kept.tier_override:
        for name in OVERRIDE_FIELDS:
            setattr(kept, name, getattr(gone, name))
    kept.created_at = min(kept.created_at, gone.created_at)
    kept.version = max(kept.version, gone.version) + 1


def _combine_facts(kept: Lead, gone: Lead) -> None:
    gone_is_newer = _moment(gone.last_called_at) > _moment(kept.last_called_at)
    newer, older = (gone, kept) if gone_is_newer else (kept, gone)
    for name in HEARD_FACTS:
        setattr(kept, name, getattr(newer, name) or getattr(older, name))
    kept.last_result = newer.last_result
    if _moment(gone.refused_at) > _moment(kept.refused_at):
        kept.refused_at, kept.revive_on = gone.refused_at, gone.revive_on
    for name in LATEST_FACTS:
        setattr(kept, name, max(getattr(kept, name), getattr(gone, name), key=_moment))
    kept.call_count += gone.call_count
    planned = [lead for lead in (kept, gone) if lead.next_call_at]
    first = min(planned, key=lambda lead: (not lead.next_call_is_promise, lead.next_call_at), default=kept)
    kept.next_call_at, kept.next_call_is_promise = first.next_call_at, first.next_call_is_promise


def _moment(at: dt.datetime | None) -> dt.datetime:
    return at or dt.datetime.min.replace(tzinfo=dt.UTC)


def _settle(kept: Lead, stage_of_gone: str, by: User | None, now: dt.datetime) -> int | None:
    """What follows from rows and facts: blocked or not, stage, search text, tier. Answers the stage move it wrote."""
    refresh(kept)
    move, to = None, _stage(kept, stage_of_gone)
    if to != kept.stage:
        # A merge may leap: what lies between was gone through by the other row.
        move = StageMove.objects.create(lead=kept, from_stage=kept.stage, to_stage=to, at=now, by=by)
        kept.stage = to
        kept.save(update_fields=["stage"])
    retier_lead(lead=kept, now=now)
    return move.pk if move else None


def _stage(kept: Lead, other: str) -> str:
    """The further of both stages; blocked is a lead as long as a block stands."""
    stages = {kept.stage, other}
    if Stage.BLOCKED in stages and kept.is_blocked:
        return Stage.BLOCKED
    return max(stages - {Stage.BLOCKED.value}, key=ROAD.index, default=Stage.BLOCKED.value)


def refresh(lead: Lead) -> None:
    """What is kept on a lead of its numbers, blocks and company."""
    lead.company = Company.objects.get(pk=lead.company_id)
    refresh_search_text(lead)
    refresh_callability([lead.pk])
    lead.refresh_from_db(fields=["is_blocked", "has_callable_phone"])
