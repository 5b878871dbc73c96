"""The permission table, written out as the specification has it: who may do what, and how far."""

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.models import Role, User
from accounts.permissions import Permission, Scope, can, roles_with, scope_of

ROLES = ("rep", "agency_rep", "field_sales", "manager", "admin")
#                    rep    agency rep  field sales  manager  admin      ("" = not at all)
DECLARED = {
    "see_leads": ("team", "assigned", "deals", "teams", "all"),
    "edit_leads": ("team", "assigned", "", "teams", "all"),
    "log_calls": ("team", "assigned", "", "teams", "all"),
    "override_tier": ("", "", "", "teams", "all"),
    "reassign": ("", "", "", "teams", "all"),
    "review_calls": ("", "", "", "teams", "all"),
    "see_deals": ("own", "own", "own", "teams", "all"),
    "move_deals": ("", "", "own", "teams", "all"),
    "see_reports": ("own", "own", "deals", "teams", "all"),
    "see_team_board": ("", "", "", "teams", "all"),
    "export": ("", "", "", "teams", "all"),
    "import": ("", "", "", "", "all"),
    "edit_scripts": ("", "", "", "all", "all"),
    "edit_rules": ("", "", "", "", "all"),
    "block_numbers": ("team", "assigned", "", "teams", "all"),
    "lift_blocks": ("", "", "", "", "all"),
    "see_people": ("own", "own", "own", "teams", "all"),
    "see_members": ("", "", "", "teams", "all"),
    "manage_users": ("", "", "", "", "all"),
    "edit_costs": ("", "", "", "teams", "all"),
    "see_audit": ("", "", "", "", "all"),
}


def test_every_permission_is_declared():
    assert set(DECLARED) == {permission.value for permission in Permission}


@pytest.mark.parametrize(("permission", "scopes"), DECLARED.items())
def test_scope_per_role(permission, scopes):
    found = [scope_of(User(role=role, is_active=True), Permission(permission)) for role in ROLES]

    assert found == [Scope(scope or "none") for scope in scopes]


def test_deactivated_admin_may_nothing():
    deactivated = User(role=Role.ADMIN, is_active=False)

    assert not any(can(deactivated, permission) for permission in Permission)


def test_stranger_may_nothing():
    assert not any(can(AnonymousUser(), permission) for permission in Permission)


def test_roles_with_permission():
    assert roles_with(Permission.EXPORT) == ("manager", "admin")
