"""Who works here: invite, change, deactivate; what people change about themselves."""

import datetime as dt
from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import notifications
from accounts.models import Role, Team, User
from accounts.services import audit

IN_TEAM = (Role.REP, Role.AGENCY_REP)


@transaction.atomic
def invite_user(
    *,
    by: User | None,
    now: dt.datetime,
    name: str,
    email: str,
    role: str,
    site_url: str,
    team: Team | None = None,
    managed_teams: Iterable[Team] = (),
    language: str = "ja",
) -> User:
    """Create somebody without a password and mail a link to set one, once this is committed.

    `invited_at` of the returned user equals `now` when the mail went out.
    """
    managed = _managed(role, managed_teams)
    _check_membership(role, team, managed)
    user = _create(name=name, email=email, role=role, team=team, language=language)
    user.managed_teams.set(managed)
    facts = {field: value for field, value in _facts(user, managed).items() if value}
    audit.record(by=by, now=now, verb="invite_user", target=user, changes=audit.differences({}, facts))
    _mail_invitation(user, now, site_url)
    return user


@transaction.atomic
def resend_invitation(*, user: User, by: User | None, now: dt.datetime, site_url: str) -> None:
    """Mail a fresh link. `user.invited_at` equals `now` when it went out."""
    if not user.is_active:
        raise ValidationError(_("停止中のユーザーには招待を送れません。"), code="inactive")
    if not user.is_invited:
        raise ValidationError(_("パスワードは設定済みです。招待を送る必要はありません。"), code="accepted")
    audit.record(by=by, now=now, verb="resend_invitation", target=user)
    _mail_invitation(user, now, site_url)


@transaction.atomic
def update_user(
    *,
    user: User,
    by: User | None,
    now: dt.datetime,
    name: str,
    email: str,
    role: str,
    team: Team | None,
    managed_teams: Iterable[Team],
    slots_per_hour: int,
    language: str,
) -> User:
    """Change what an admin may change. The new role holds from that person's next request on."""
    user = _lock(user)
    before = _facts(user, user.managed_teams.all())
    managed = _managed(role, managed_teams)
    _check_membership(role, team, managed)
    if role != Role.ADMIN:
        _keep_an_admin(user)
    user.name, user.role, user.team = name, role, team
    user.slots_per_hour, user.language = slots_per_hour, language
    _set_email(user, email)
    user.save(update_fields=["name", "email", "role", "team", "slots_per_hour", "language"])
    user.managed_teams.set(managed)
    _record_differences(user, by, now, "update_user", before, _facts(user, managed))
    return user


@transaction.atomic
def deactivate_user(*, user: User, by: User | None, now: dt.datetime) -> None:
    """Nobody signs in as this person any more, and every open session ends."""
    if by is not None and by.pk == user.pk:
        raise ValidationError(_("自分自身を停止することはできません。"), code="self")
    user = _lock(user)
    if not user.is_active:
        return
    _keep_an_admin(user)
    user.is_active = False
    user.session_epoch += 1
    user.save(update_fields=["is_active", "session_epoch"])
    audit.record(by=by, now=now, verb="deactivate_user", target=user, changes={"is_active": [True, False]})


@transaction.atomic
def reactivate_user(*, user: User, by: User | None, now: dt.datetime) -> None:
    """Let a deactivated person sign in again; sessions from before stay dead."""
    user = _lock(user)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by=by, now=now, verb="reactivate_user", target=user, changes={"is_active": [False, True]})


@transaction.atomic
def update_profile(*, user: User, by: User, now: dt.datetime, name: str | None = None, language: str) -> None:
    """What everybody may change about themselves; without `name` only the language."""
    before = {"name": user.name, "language": user.language}
    user.name, user.language = name or user.name, language
    user.save(update_fields=["name", "language"])
    _record_differences(user, by, now, "update_profile", before, {"name": user.name, "language": user.language})


# --- What the above share -----------------------------------------------------------------------------------------


def _create(*, email: str, **fields) -> User:
    _refuse_taken_email(email)
    try:
        with transaction.atomic():
            return User.objects.create_user(email, **fields)
    except IntegrityError:  # somebody else invited the same address in this very moment
        _refuse_taken_email(email)
        raise


def _refuse_taken_email(email: str, but: User | None = None) -> None:
    others = User.objects.filter(email=email.lower()).exclude(pk=but.pk if but else None)
    if others.exists():
        raise ValidationError(
            {"email": ValidationError(_("このメールアドレスはすでに登録されています。"), code="taken")}
        )


def _set_email(user: User, email: str) -> None:
    """The log-in library keeps its own copy of addresses; the old one must not sign in any more."""
    if email.lower() == user.email:
        return
    _refuse_taken_email(email, but=user)
    user.email = email.lower()
    EmailAddress.objects.filter(user=user).delete()


def _managed(role: str, teams: Iterable[Team]) -> list[Team]:
    return sorted(teams, key=lambda team: team.pk) if role == Role.MANAGER else []


def _check_membership(role: str, team: Team | None, managed: list[Team]) -> None:
    """Callers belong to a team of their kind, a manager answers for at least one."""
    if role in IN_TEAM and team is None:
        _refuse_team(_("架電担当はチームに所属する必要があります。"), "team_required")
    if role == Role.AGENCY_REP and not team.is_agency:
        _refuse_team(_("代行会社の架電担当には、代行会社のチームを選んでください。"), "not_agency_team")
    if role == Role.REP and team.is_agency:
        _refuse_team(_("架電担当には、自社のチームを選んでください。"), "agency_team")
    if role == Role.MANAGER and team is None and not managed:
        _refuse_team(_("マネージャーには、所属チームか管理するチームを選んでください。"), "team_required")


def _refuse_team(message: str, code: str) -> None:
    raise ValidationError({"team": ValidationError(message, code=code)})


def _lock(user: User) -> User:
    """The row as it is now, locked together with all admins: two of them cannot demote each other at once."""
    rows = User.objects.select_for_update().filter(Q(pk=user.pk) | Q(role=Role.ADMIN, is_active=True)).order_by("pk")
    return next(row for row in rows if row.pk == user.pk)


def _keep_an_admin(user: User) -> None:
    """Refuse when `user` is the only admin who can sign in."""
    admins = User.objects.able_to_sign_in().filter(role=Role.ADMIN)
    if set(admins.values_list("pk", flat=True)) == {user.pk}:
        raise ValidationError(
            _("ログインできる管理者がいなくなるため、変更できません。先に別の管理者を登録してください。"),
            code="last_admin",
        )


def _facts(user: User, managed: Iterable[Team]) -> dict:
    return {
        "name": user.name,
        "email": user.email,
        "role": str(user.role),
        "team": user.team_id,
        "managed_teams": sorted(team.pk for team in managed),
        "slots_per_hour": user.slots_per_hour,
        "language": user.language,
    }


def _record_differences(user, by, now, verb: str, before: dict, after: dict) -> None:
    changes = audit.differences(before, after)
    if changes:
        audit.record(by=by, now=now, verb=verb, target=user, changes=changes)


def _mail_invitation(user: User, now: dt.datetime, site_url: str) -> None:
    def send() -> None:
        if notifications.send_invitation(user, site_url=site_url):
            user.invited_at = now
            user.save(update_fields=["invited_at"])

    transaction.on_commit(send)
