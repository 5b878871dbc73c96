"""Teams: create, rename, say whether they belong to an agency."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Role, Team, User
from accounts.services import audit


@transaction.atomic
def create_team(*, by: User | None, now: dt.datetime, name: str, is_agency: bool) -> Team:
    team = Team(name=name, is_agency=is_agency)
    _save(team)
    audit.record(by=by, now=now, verb="create_team", target=team, changes=audit.differences({}, _facts(team)))
    return team


@transaction.atomic
def update_team(*, team: Team, by: User | None, now: dt.datetime, name: str, is_agency: bool) -> Team:
    """Rename a team or turn it into an agency's or an in-house one; its callers must fit."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    before = _facts(team)
    if is_agency != team.is_agency:
        _refuse_misfits(team, is_agency)
    team.name, team.is_agency = name, is_agency
    _save(team)
    changes = audit.differences(before, _facts(team))
    if changes:
        audit.record(by=by, now=now, verb="update_team", target=team, changes=changes)
    return team


def _refuse_misfits(team: Team, is_agency: bool) -> None:
    role = Role.REP if is_agency else Role.AGENCY_REP
    misfits = team.members.filter(role=role).count()
    if misfits:
        message = _("「%(role)s」が%(n)d名所属しているため、切り替えられません。先に所属チームを変更してください。")
        raise ValidationError(
            {"is_agency": ValidationError(message % {"role": role.label, "n": misfits}, code="misfits")}
        )


def _save(team: Team) -> None:
    """Names are unique whatever the letter case; the constraint catches two at the same moment."""
    if Team.objects.filter(name__iexact=team.name).exclude(pk=team.pk).exists():
        raise _taken()
    try:
        with transaction.atomic():
            team.save()
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> ValidationError:
    return ValidationError({"name": ValidationError(_("同じ名前のチームがあります。"), code="taken")})


def _facts(team: Team) -> dict:
    return {"name": team.name, "is_agency": team.is_agency}
