"""Do not call: a refusal blocks at once and stands until an admin lifts it with a reason (product §5)."""

import datetime as dt
import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import DoNotCall, Lead, LeadImport, PhoneNumber, Stage, StageMove
from leads.services.callability import leads_with_number, refresh_callability
from leads.services.stages import move_stage
from leads.services.tiers import retier_lead

Scope = DoNotCall.Scope


def number_hash(e164: str) -> str:
    """Keyed hash under which a block outlives the number itself."""
    return hmac.new(settings.BLOCK_KEY.encode(), e164.encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def block_number(
    *,
    e164: str,
    words: str,
    requested_by: str,
    requested_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
    lead: Lead | None = None,
) -> DoNotCall:
    """Block a number for everybody. Blocking it again returns the standing block."""
    if not e164:
        raise ValidationError(
            {"number": ValidationError(_("読み取れない番号は登録できません。"), code="unreadable_number")}
        )
    asked = _asked(words, requested_by, requested_at, by, now)
    same = {"scope": Scope.NUMBER, "e164_hash": number_hash(e164)}
    block = _put(same, {"e164": e164, "lead": lead, "company_id": lead and lead.company_id, **asked}, by, now)
    refresh_callability(leads_with_number(e164).values_list("pk", flat=True))
    return block


@transaction.atomic
def block_lead(
    *,
    lead: Lead,
    scope: str,
    words: str,
    requested_by: str,
    requested_at: dt.datetime,
    by: User | None,
    now: dt.datetime,
) -> DoNotCall:
    """Block the person or the whole company of `lead`. `scope` is `person` or `company`."""
    asked = _asked(words, requested_by, requested_at, by, now)
    person, company = {"lead": lead}, {"company_id": lead.company_id}
    same, rest = (company, person) if scope == Scope.COMPANY else (person, company)
    block = _put({"scope": scope, **same}, {**rest, **asked}, by, now)
    refresh_callability(_leads_under(block))
    return block


def _asked(words: str, requested_by: str, requested_at: dt.datetime, by: User | None, now: dt.datetime) -> dict:
    """Who asked, when and in which words; without the words a block could never be judged later."""
    if not words.strip():
        raise ValidationError({"words": ValidationError(_("申し出の内容を入力してください。"), code="words_required")})
    if requested_at > now:
        raise ValidationError(
            {"requested_at": ValidationError(_("未来の日時は登録できません。"), code="request_in_future")}
        )
    return {
        "words": words.strip(),
        "requested_by": requested_by.strip(),
        "requested_at": requested_at,
        "created_by": by,
    }


def _put(same: dict, rest: dict, by: User | None, now: dt.datetime) -> DoNotCall:
    """The standing block that `same` names, or a new one; the database lets only one of two racers in."""
    standing = DoNotCall.objects.standing().filter(**same).first()
    if standing:
        return standing
    try:
        with transaction.atomic():
            block = DoNotCall.objects.create(**same, **rest)
    except IntegrityError:
        standing = DoNotCall.objects.standing().filter(**same).first()
        if standing is None:
            raise
        return standing
    audit.record(by=by, now=now, verb="block", target=block, changes={"scope": [None, str(block.scope)]})
    return block


@dataclass(frozen=True)
class Refusal:
    """One refusal a list tells of: of a number, or of the person where there is none (`e164` empty), or of all."""

    e164: str
    lead: Lead
    words: str
    requested_by: str = ""
    is_company: bool = False


@transaction.atomic
def block_many(
    *, refusals: Sequence[Refusal], by: User | None, now: dt.datetime, lead_import: LeadImport | None = None
) -> int:
    """Block what a list says must not be called, in a fixed number of queries; answers how many blocks are new."""
    if not refusals:
        return 0
    asked = {_named(refusal): refusal for refusal in reversed(refusals)}
    standing = DoNotCall.objects.standing()
    hashes = [name for scope, name in asked if scope == Scope.NUMBER]
    people = [name for scope, name in asked if scope == Scope.PERSON]
    known = {(Scope.NUMBER, name) for name in standing.filter(e164_hash__in=hashes).values_list("e164_hash", flat=True)}
    persons = standing.filter(scope=Scope.PERSON, lead_id__in=people).values_list("lead_id", flat=True)
    known |= {(Scope.PERSON, pk) for pk in persons}
    companies = [name for scope, name in asked if scope == Scope.COMPANY]
    refusing = standing.filter(scope=Scope.COMPANY, company_id__in=companies).values_list("company_id", flat=True)
    known |= {(Scope.COMPANY, pk) for pk in refusing}
    blocks = [_block(name, refusal, lead_import, by, now) for name, refusal in asked.items() if name not in known]
    DoNotCall.objects.bulk_create(blocks)
    entries = [(block, {"scope": [None, str(block.scope)]}) for block in blocks]
    audit.record_many(by=by, now=now, verb="block", entries=entries)
    numbers = [refusal.e164 for refusal in refusals if refusal.e164]
    carriers = PhoneNumber.objects.filter(e164__in=numbers).values_list("lead_id", flat=True)
    colleagues = Lead.objects.filter(company_id__in=companies).values_list("pk", flat=True)
    refresh_callability({*carriers, *colleagues, *(refusal.lead.pk for refusal in refusals)})
    return len(blocks)


def blocks_among(*, numbers: Collection[str], companies: Collection[int]) -> tuple[set[str], set[int]]:
    """Which of these numbers and companies a standing block names, be it by a number's hash alone."""
    standing = DoNotCall.objects.standing()
    if not standing.exists():
        return set(), set()
    named = set(standing.filter(scope=Scope.NUMBER, e164__in=numbers).values_list("e164", flat=True))
    forgotten = standing.filter(scope=Scope.NUMBER, e164="").values_list("e164_hash", flat=True)
    if hashes := set(forgotten):
        named |= {number for number in numbers if number_hash(number) in hashes}
    refusing = standing.filter(scope=Scope.COMPANY, company__in=companies)
    return named, set(refusing.values_list("company_id", flat=True))


def _named(refusal: Refusal) -> tuple[str, str | int]:
    if refusal.is_company:
        return Scope.COMPANY, refusal.lead.company_id
    if refusal.e164:
        return Scope.NUMBER, number_hash(refusal.e164)
    return Scope.PERSON, refusal.lead.pk


def _block(
    name: tuple[str, str | int], refusal: Refusal, lead_import: LeadImport | None, by: User | None, now: dt.datetime
) -> DoNotCall:
    scope, key = name
    return DoNotCall(
        scope=scope,
        e164=refusal.e164,
        e164_hash=key if scope == Scope.NUMBER else "",
        company_id=refusal.lead.company_id,
        lead_id=refusal.lead.pk,
        lead_import=lead_import,
        words=refusal.words,
        requested_by=refusal.requested_by[:100],
        requested_at=now,
        created_by=by,
    )


@transaction.atomic
def lift_block(*, block: DoNotCall, reason: str, by: User, now: dt.datetime) -> None:
    """Lift a standing block. The reason is kept; lifting twice is refused.

    Leads that nothing blocks any more go back to the stage they had when the block took it.
    """
    if not reason.strip():
        raise ValidationError({"reason": ValidationError(_("解除の理由を入力してください。"), code="reason_required")})
    lifted = {"lifted_at": now, "lifted_by": by, "lift_reason": reason.strip()}
    if not DoNotCall.objects.standing().filter(pk=block.pk).update(**lifted):
        raise ValidationError(_("この架電禁止はすでに解除されています。"), code="already_lifted")
    affected = _leads_under(block)
    refresh_callability(affected)
    _give_stages_back(affected, by, now)
    changes = {"lifted_at": [None, now.isoformat()], "lift_reason": ["", reason.strip()]}
    audit.record(by=by, now=now, verb="lift_block", target=block, changes=changes)


def _give_stages_back(lead_ids: list[int], by: User, now: dt.datetime) -> None:
    taken = StageMove.objects.filter(lead=OuterRef("pk"), to_stage=Stage.BLOCKED).order_by("-at", "-pk")
    free = Lead.objects.not_blocked().filter(pk__in=lead_ids, stage=Stage.BLOCKED).order_by("pk")
    for lead in free.annotate(stage_before=Subquery(taken.values("from_stage")[:1])):
        move_stage(lead=lead, to=lead.stage_before or Stage.CALLING, by=by, now=now)
        retier_lead(lead=lead, now=now)


def _leads_under(block: DoNotCall) -> list[int]:
    if block.scope == Scope.NUMBER:
        return list(leads_with_number(block.e164).values_list("pk", flat=True))
    if block.scope == Scope.COMPANY:
        return list(Lead.objects.filter(company_id=block.company_id).values_list("pk", flat=True))
    return [block.lead_id] if block.lead_id else []


def recognise_numbers(numbers: Iterable[str]) -> None:
    """Numbers that come into the base again: a standing block that kept only the hash gets its number back.

    Call it before `refresh_callability` whenever numbers are added, one by one or by the thousand.
    """
    forgotten = DoNotCall.objects.standing().filter(scope=Scope.NUMBER, e164="")
    if not forgotten.exists():
        return
    hashes = dict(forgotten.values_list("e164_hash", "pk"))
    for number in set(numbers):
        if pk := hashes.get(number_hash(number)):
            DoNotCall.objects.filter(pk=pk).update(e164=number)
