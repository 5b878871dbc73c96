"""Named decisions where the columns of a header go: kept, decided anew, renamed, deleted."""

import datetime as dt
from collections.abc import Mapping, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from leads.models import SavedMapping


def name_mapping(
    *,
    name: str,
    signature: str,
    header: Sequence[str],
    targets: Mapping[str, str],
    first_phone: int | None,
    by: User | None,
    now: dt.datetime,
) -> SavedMapping:
    """Keep a decision under a name; under one that is there, it is decided anew. ValidationError on `name`."""
    name = name.strip()
    with transaction.atomic():
        known = check_name(name, signature)
        saved = known or SavedMapping(name=name, signature=signature, created_by=by)
        saved.header, saved.mapping, saved.first_phone = list(header), dict(targets), first_phone
        saved.save()
        changes = {"name": [name if known else "", name]}
        audit.record(by=by, now=now, verb="name_mapping", target=saved, changes=changes)
    return saved


def check_name(name: str, signature: str) -> SavedMapping | None:
    """The decision of that name for such a header, to be decided anew, or None. ValidationError on `name`."""
    known = SavedMapping.objects.filter(name=name).first()
    if known is not None and known.signature != signature:
        refused = _("「%(name)s」は、見出しの違うファイルの割り当ての名前です。別の名前にしてください。")
        raise _refused(refused % {"name": name})
    return known


@transaction.atomic
def rename_mapping(*, saved: SavedMapping, name: str, by: User, now: dt.datetime) -> SavedMapping:
    """ValidationError on `name` when it is taken."""
    saved = SavedMapping.objects.select_for_update(of=("self",)).get(pk=saved.pk)
    name = name.strip()
    if SavedMapping.objects.filter(name=name).exclude(pk=saved.pk).exists():
        raise _refused(_("「%(name)s」という割り当てがすでにあります。") % {"name": name})
    if name != saved.name:
        changes = {"name": [saved.name, name]}
        saved.name = name
        saved.save(update_fields=["name", "updated_at"])
        audit.record(by=by, now=now, verb="rename_mapping", target=saved, changes=changes)
    return saved


@transaction.atomic
def delete_mapping(*, saved: SavedMapping, by: User, now: dt.datetime) -> None:
    """The imports that used it keep what was decided for them."""
    audit.record(by=by, now=now, verb="delete_mapping", target=saved, changes={"name": [saved.name, ""]})
    saved.delete()


def _refused(sentence: str) -> ValidationError:
    return ValidationError({"name": ValidationError(sentence, code="mapping_name_taken")})
