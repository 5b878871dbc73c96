"""What merging leads and merging companies have in common: rows kept as JSON, who may, what was chosen, the record.

A merge is one transaction. Its record holds the row that is gone, what the kept one was and became, and which rows
moved; `leads.services.unmerging` puts that back.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Role, User
from leads.inputs import BOTH, GONE, KEPT
from leads.models import DoNotCall


def frozen(rows: Iterable[models.Model]) -> list[dict[str, Any]]:
    """Rows as JSON to the last microsecond."""
    kept = serializers.serialize("python", rows)
    return [{**row, "fields": {name: _plain(value) for name, value in row["fields"].items()}} for row in kept]


def fields_of(row: models.Model) -> dict[str, Any]:
    return frozen([row])[0]["fields"]


def thaw(rows: Sequence[dict[str, Any]]) -> None:
    """Write frozen rows under the keys they had. What a row pointed at and is no more, it points at no longer."""
    for found in serializers.deserialize("python", [_standing(row) for row in rows]):
        found.save()


def value_of(model: type[models.Model], name: str, plain: Any) -> tuple[str, Any]:
    """A frozen field as (attribute, value)."""
    field = model._meta.get_field(name)
    return field.attname, field.target_field.to_python(plain) if field.is_relation else field.to_python(plain)


def _standing(row: dict[str, Any]) -> dict[str, Any]:
    """The row without pointers at rows that were deleted since, where it may be without."""
    model = apps.get_model(row["model"])
    fields = dict(row["fields"])
    for field in model._meta.concrete_fields:
        pk = fields.get(field.name)
        if field.is_relation and field.null and pk is not None:
            fields[field.name] = pk if field.related_model._base_manager.filter(pk=pk).exists() else None
    return {**row, "fields": fields}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def check_choices(choices: Mapping[str, str], fields: Sequence[str], joined: Sequence[str] = ()) -> None:
    """Every choice names a field and a side; `joined` are fields that may take both."""
    for name, side in choices.items():
        if name not in fields or side not in (KEPT, GONE, *([BOTH] if name in joined else [])):
            raise ValidationError(_("選択内容が正しくありません。"), code="unknown_choice")


def chosen(kept: models.Model, gone: models.Model, name: str, side: str | None) -> Any:
    """The value `name` gets. Nothing chosen: what the kept one has, or where it has nothing, the other's."""
    field = kept._meta.get_field(name).attname
    mine, theirs = getattr(kept, field), getattr(gone, field)
    if side == BOTH:
        return "\n".join(dict.fromkeys(text for text in (mine, theirs) if text))
    if side:
        return mine if side == KEPT else theirs
    return mine if mine not in ("", None) else theirs


def is_admin(by: User | None) -> bool:
    """Whether team borders do not hold: for an admin, and for the system itself."""
    return by is None or by.role == Role.ADMIN


def already_merged() -> ValidationError:
    return ValidationError(_("ほかの人が先に統合したか、削除されています。"), code="already_merged")


def overtaken() -> ValidationError:
    return ValidationError(_("ほかの人が先に更新しました。内容を確認して、もう一度お試しください。"), code="stale")


def across_teams() -> ValidationError:
    return ValidationError(_("チームをまたぐ統合は管理者だけができます。"), code="other_team")


def take_blocks(scope: str, gone: models.Model, kept: models.Model, by: User | None, now: dt.datetime) -> dict:
    """Hang the refusals of `gone` on `kept` (both leads, or both companies).

    Where both have one that stands, that of `kept` goes on standing and the other becomes its history.
    """
    name = gone._meta.model_name
    blocks = DoNotCall.objects.select_for_update().filter(**{name: gone}).order_by("pk")
    moved = list(blocks.values_list("pk", flat=True))
    doubled = []
    if DoNotCall.objects.standing().filter(scope=scope, **{name: kept}).exists():
        doubled = list(blocks.standing().filter(scope=scope).values_list("pk", flat=True))
        lifted = {"lifted_at": now, "lifted_by": by, "lift_reason": _("統合先の架電禁止にまとめました。")}
        DoNotCall.objects.filter(pk__in=doubled).update(**lifted)
    DoNotCall.objects.filter(pk__in=moved).update(**{name: kept})
    return {"moved": moved, "doubled": doubled}


def give_blocks_back(taken: dict, gone: models.Model, kept: models.Model) -> None:
    name = gone._meta.model_name
    DoNotCall.objects.filter(pk__in=taken["moved"], **{name: kept}).update(**{name: gone})
    again = {"lifted_at": None, "lifted_by": None, "lift_reason": ""}
    DoNotCall.objects.filter(pk__in=taken["doubled"], **{name: gone}).update(**again)


def take_pairs(model: type[models.Model], gone: int, kept: int) -> dict:
    """Who is not `gone` is not `kept` either. Open pairs of `gone` go with it; a review offers those of `kept`."""
    pairs = list(model.objects.filter(models.Q(first=gone) | models.Q(second=gone)).order_by("pk"))
    rows = frozen(pairs)
    known = model.objects.filter(models.Q(first=kept) | models.Q(second=kept))
    known = {*known.values_list("first", "second")}
    made = []
    for pair in pairs:
        other = pair.second_id if pair.first_id == gone else pair.first_id
        both = (min(other, kept), max(other, kept))
        if pair.apart_at and other != kept and both not in known:
            pair.pk, (pair.first_id, pair.second_id) = None, both
            pair.save()
            made.append(pair.pk)
    return {"rows": rows, "made": made}


def with_review(taken: dict, review: dict) -> dict:
    """What `take_pairs` took together with what the review of the kept one took and offered."""
    return {**taken, "rows": taken["rows"] + review["rows"], "offered": review["offered"]}


def give_pairs_back(model: type[models.Model], taken: dict) -> None:
    """Pairs as they were; those with somebody who is no more are gone, and what was decided since stays decided."""
    model.objects.filter(pk__in=taken["made"]).delete()
    model.objects.filter(pk__in=taken["offered"], apart_at=None).delete()
    target = model._meta.get_field("first").related_model
    ends = {row["fields"][end] for row in taken["rows"] for end in ("first", "second")}
    there = set(target.objects.filter(pk__in=ends).values_list("pk", flat=True))
    known = set(model.objects.filter(first__in=ends, second__in=ends).values_list("first", "second"))
    pairs = {(row["fields"]["first"], row["fields"]["second"]): row for row in taken["rows"]}
    thaw([row for pair, row in pairs.items() if pair not in known and set(pair) <= there])
