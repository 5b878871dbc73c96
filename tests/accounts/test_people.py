"""Inviting, changing, deactivating: what is allowed, and what the trail says."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import AuditEntry, Role, Team, User
from accounts.services.people import (
    deactivate_user,
    invite_user,
    reactivate_user,
    resend_invitation,
    update_profile,
    update_user,
)

SITE = "https://desk.example.jp/"


@pytest.fixture
def agency(db) -> Team:
    return Team.objects.create(name="代行", is_agency=True)


@pytest.fixture
def second_admin(db) -> User:
    return User.objects.create_user("second@example.jp", "correct horse battery", name="二人目", role=Role.ADMIN)


def invite(by, now, **changes) -> User:
    values = {"name": "新人 太郎", "email": "New@Example.jp", "role": Role.REP, "site_url": SITE}
    return invite_user(by=by, now=now, **values | changes)


def change(user, by, now, **changes) -> User:
    values = {
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "team": user.team,
        "managed_teams": list(user.managed_teams.all()),
        "slots_per_hour": user.slots_per_hour,
        "language": user.language,
    }
    return update_user(user=user, by=by, now=now, **values | changes)


def last_entry(user) -> AuditEntry:
    return AuditEntry.objects.about(user).latest("pk")


# --- Invitation ---------------------------------------------------------------------------------------------------


def test_invite_user_creates_somebody_without_a_password(admin, team, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        user = invite(admin, now, team=team)

    user.refresh_from_db()
    assert (user.email, user.role, user.team, user.is_active) == ("new@example.jp", "rep", team, True)
    assert user.is_invited
    assert user.invited_at == now
    assert last_entry(user).changes["role"] == [None, "rep"]
    assert last_entry(user).by == admin


def test_invitation_mail_goes_to_the_invited_in_their_language(admin, team, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        invite(admin, now, team=team)

    [message] = mail.outbox
    assert message.to == ["new@example.jp"]
    assert "新人 太郎 様" in message.body
    assert f"{SITE}accounts/password/reset/key/" in message.body


def test_invitation_is_not_mailed_before_the_commit(admin, team, now, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=False):
        invite(admin, now, team=team)

    assert mail.outbox == []


def test_invitation_that_cannot_be_mailed_is_marked(admin, team, now, settings, django_capture_on_commit_callbacks):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    with django_capture_on_commit_callbacks(execute=True):
        user = invite(admin, now, team=team)

    user.refresh_from_db()
    assert user.invited_at is None


def test_invite_user_with_a_taken_address(admin, rep, team, now):
    with pytest.raises(ValidationError) as refused:
        invite(admin, now, email="REP@example.jp", team=team)

    assert refused.value.error_dict["email"][0].code == "taken"


@pytest.mark.parametrize(
    ("role", "team_kind", "code"),
    [
        (Role.REP, None, "team_required"),
        (Role.AGENCY_REP, None, "team_required"),
        (Role.REP, "agency", "agency_team"),
        (Role.AGENCY_REP, "in-house", "not_agency_team"),
        (Role.MANAGER, None, "team_required"),
    ],
)
def test_invite_user_into_a_team_that_does_not_fit(role, team_kind, code, admin, team, agency, now):
    chosen = {None: None, "agency": agency, "in-house": team}[team_kind]

    with pytest.raises(ValidationError) as refused:
        invite(admin, now, role=role, team=chosen)

    assert refused.value.error_dict["team"][0].code == code
    assert not User.objects.filter(email="new@example.jp").exists()


def test_managed_teams_are_for_managers_alone(admin, team, other_team, now):
    manager = invite(admin, now, role=Role.MANAGER, managed_teams=[other_team, team])
    rep = invite(admin, now, email="second@example.jp", team=team, managed_teams=[other_team])

    assert manager.team_ids == sorted([team.pk, other_team.pk])
    assert not rep.managed_teams.exists()


def test_resend_invitation_mails_again(admin, team, now, django_capture_on_commit_callbacks):
    user = invite(admin, now, team=team)

    with django_capture_on_commit_callbacks(execute=True):
        resend_invitation(user=user, by=admin, now=now, site_url=SITE)

    assert len(mail.outbox) == 1
    assert last_entry(user).verb == "resend_invitation"


def test_resend_invitation_to_somebody_with_a_password(admin, rep, now):
    with pytest.raises(ValidationError) as refused:
        resend_invitation(user=rep, by=admin, now=now, site_url=SITE)

    assert refused.value.code == "accepted"


def test_resend_invitation_to_somebody_deactivated(admin, team, now):
    user = invite(admin, now, team=team)
    deactivate_user(user=user, by=admin, now=now)
    user.refresh_from_db()

    with pytest.raises(ValidationError) as refused:
        resend_invitation(user=user, by=admin, now=now, site_url=SITE)

    assert refused.value.code == "inactive"


# --- Changing -----------------------------------------------------------------------------------------------------


def test_update_user_writes_from_and_to(admin, rep, team, other_team, now):
    change(rep, admin, now, role=Role.MANAGER, team=None, managed_teams=[other_team], slots_per_hour=5)

    rep.refresh_from_db()
    assert (rep.role, rep.team, rep.slots_per_hour) == ("manager", None, 5)
    assert last_entry(rep).changes == {
        "role": ["rep", "manager"],
        "team": [team.pk, None],
        "managed_teams": [[], [other_team.pk]],
        "slots_per_hour": [3, 5],
    }


def test_update_user_without_a_change_leaves_no_entry(admin, rep, now):
    change(rep, admin, now)

    assert not AuditEntry.objects.about(rep).exists()


def test_update_user_from_manager_to_rep_drops_managed_teams(admin, manager, team, now):
    change(manager, admin, now, role=Role.REP)

    assert not manager.managed_teams.exists()


def test_new_address_signs_in_and_the_old_one_no_more(admin, rep, now):
    EmailAddress.objects.create(user=rep, email=rep.email, primary=True)

    change(rep, admin, now, email="Renamed@example.jp")

    def signs_in(login: str) -> bool:
        data = {"login": login, "password": "correct horse battery"}
        return Client().post("/accounts/login/", data).status_code == 302

    assert signs_in("renamed@example.jp")
    assert not signs_in("rep@example.jp")


def test_update_user_to_a_taken_address(admin, rep, colleague, now):
    with pytest.raises(ValidationError) as refused:
        change(rep, admin, now, email=colleague.email)

    assert refused.value.error_dict["email"][0].code == "taken"


def test_last_admin_cannot_be_demoted(admin, team, now):
    with pytest.raises(ValidationError) as refused:
        change(admin, admin, now, role=Role.MANAGER, team=team)

    assert refused.value.code == "last_admin"
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN


def test_admin_is_demoted_while_another_remains(admin, second_admin, team, now):
    change(admin, second_admin, now, role=Role.MANAGER, team=team)

    admin.refresh_from_db()
    assert admin.role == Role.MANAGER


def test_update_profile_is_in_the_trail(rep, now):
    update_profile(user=rep, by=rep, now=now, name="佐藤 改名", language="en")

    assert last_entry(rep).changes == {"name": ["佐藤 架電", "佐藤 改名"], "language": ["ja", "en"]}


# --- Deactivating -------------------------------------------------------------------------------------------------


def test_deactivated_user_is_signed_out_at_the_next_request(admin, rep, now, client_for):
    client = client_for(rep)
    assert client.get("/profile/").status_code == 200

    deactivate_user(user=rep, by=admin, now=now)

    response = client.get("/profile/")
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")
    assert last_entry(rep).changes == {"is_active": [True, False]}


def test_sessions_from_before_stay_dead_after_reactivation(admin, rep, now, client_for):
    client = client_for(rep)

    deactivate_user(user=rep, by=admin, now=now)
    reactivate_user(user=rep, by=admin, now=now)

    assert client.get("/profile/").status_code == 302
    rep.refresh_from_db()
    assert client_for(rep).get("/profile/").status_code == 200


def test_deactivated_user_cannot_sign_in(admin, rep, now):
    deactivate_user(user=rep, by=admin, now=now)
    client = Client()

    client.post("/accounts/login/", {"login": rep.email, "password": "correct horse battery"})

    assert "_auth_user_id" not in client.session


def test_deactivating_twice_leaves_one_entry(admin, rep, now):
    deactivate_user(user=rep, by=admin, now=now)
    deactivate_user(user=rep, by=admin, now=now)

    assert AuditEntry.objects.about(rep).count() == 1


def test_nobody_deactivates_themselves(admin, second_admin, now):
    with pytest.raises(ValidationError) as refused:
        deactivate_user(user=admin, by=admin, now=now)

    assert refused.value.code == "self"


def test_last_admin_cannot_be_deactivated(admin, now):
    with pytest.raises(ValidationError) as refused:
        deactivate_user(user=admin, by=None, now=now)

    assert refused.value.code == "last_admin"


def test_invited_admin_does_not_count_as_another_admin(admin, now):
    invited = invite(admin, now, role=Role.ADMIN)

    with pytest.raises(ValidationError) as refused:
        deactivate_user(user=admin, by=invited, now=now)

    assert refused.value.code == "last_admin"


def test_invited_admin_can_be_deactivated(admin, now):
    invited = invite(admin, now, role=Role.ADMIN)

    deactivate_user(user=invited, by=admin, now=now)

    invited.refresh_from_db()
    assert not invited.is_active


def test_new_role_holds_at_the_next_request(admin, manager, team, now, client_for):
    client = client_for(manager)
    assert client.get("/users/").status_code == 200

    change(manager, admin, now, role=Role.REP, team=team)

    assert client.get("/users/").status_code == 404
