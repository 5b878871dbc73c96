"""Who may do what: one table, the whole of product §8.

A permission answers with a scope, never with yes or no alone; `for_user` of each QuerySet turns the scope into a
filter, and `require` turns "not at all" into 404, so that a stranger cannot tell a forbidden row from an absent one.
"""

import enum
from functools import wraps

from django.db import models
from django.http import Http404
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody is here for."""

    REP = "rep", _("架電担当")
    AGENCY_REP = "agency_rep", _("代行会社の架電担当")
    FIELD_SALES = "field_sales", _("営業")
    MANAGER = "manager", _("マネージャー")
    ADMIN = "admin", _("管理者")


class Scope(enum.Enum):
    """How far a permission reaches."""

    NONE = "none"
    OWN = "own"  # rows that carry my name
    ASSIGNED = "assigned"  # leads assigned to me
    DEALS = "deals"  # leads and rows with a deal of mine
    TEAM = "team"  # my team's
    TEAMS = "teams"  # my team's and those I manage
    ALL = "all"


class Permission(enum.Enum):
    SEE_LEADS = "see_leads"
    EDIT_LEADS = "edit_leads"
    LOG_CALLS = "log_calls"
    OVERRIDE_TIER = "override_tier"
    REASSIGN = "reassign"
    REVIEW_CALLS = "review_calls"
    SEE_DEALS = "see_deals"
    MOVE_DEALS = "move_deals"
    SEE_REPORTS = "see_reports"
    SEE_TEAM_BOARD = "see_team_board"
    EXPORT = "export"
    IMPORT = "import"
    EDIT_SCRIPTS = "edit_scripts"
    EDIT_RULES = "edit_rules"
    BLOCK_NUMBERS = "block_numbers"
    LIFT_BLOCKS = "lift_blocks"
    SEE_PEOPLE = "see_people"  # a person's own page: hours, absences
    SEE_MEMBERS = "see_members"  # the list of people
    MANAGE_USERS = "manage_users"
    EDIT_COSTS = "edit_costs"
    SEE_AUDIT = "see_audit"


P, S = Permission, Scope


def _row(rep: Scope, agency_rep: Scope, field_sales: Scope, manager: Scope, admin: Scope) -> dict[str, Scope]:
    return {
        Role.REP.value: rep,
        Role.AGENCY_REP.value: agency_rep,
        Role.FIELD_SALES.value: field_sales,
        Role.MANAGER.value: manager,
        Role.ADMIN.value: admin,
    }


TABLE: dict[Permission, dict[str, Scope]] = {
    # In order: rep, agency rep, field sales, manager, admin.
    P.SEE_LEADS: _row(S.TEAM, S.ASSIGNED, S.DEALS, S.TEAMS, S.ALL),
    P.EDIT_LEADS: _row(S.TEAM, S.ASSIGNED, S.NONE, S.TEAMS, S.ALL),
    P.LOG_CALLS: _row(S.TEAM, S.ASSIGNED, S.NONE, S.TEAMS, S.ALL),
    P.OVERRIDE_TIER: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.REASSIGN: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.REVIEW_CALLS: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.SEE_DEALS: _row(S.OWN, S.OWN, S.OWN, S.TEAMS, S.ALL),
    P.MOVE_DEALS: _row(S.NONE, S.NONE, S.OWN, S.TEAMS, S.ALL),
    P.SEE_REPORTS: _row(S.OWN, S.OWN, S.DEALS, S.TEAMS, S.ALL),
    P.SEE_TEAM_BOARD: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.EXPORT: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.IMPORT: _row(S.NONE, S.NONE, S.NONE, S.NONE, S.ALL),
    P.EDIT_SCRIPTS: _row(S.NONE, S.NONE, S.NONE, S.ALL, S.ALL),
    P.EDIT_RULES: _row(S.NONE, S.NONE, S.NONE, S.NONE, S.ALL),
    P.BLOCK_NUMBERS: _row(S.TEAM, S.ASSIGNED, S.NONE, S.TEAMS, S.ALL),
    P.LIFT_BLOCKS: _row(S.NONE, S.NONE, S.NONE, S.NONE, S.ALL),
    P.SEE_PEOPLE: _row(S.OWN, S.OWN, S.OWN, S.TEAMS, S.ALL),
    P.SEE_MEMBERS: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.MANAGE_USERS: _row(S.NONE, S.NONE, S.NONE, S.NONE, S.ALL),
    P.EDIT_COSTS: _row(S.NONE, S.NONE, S.NONE, S.TEAMS, S.ALL),
    P.SEE_AUDIT: _row(S.NONE, S.NONE, S.NONE, S.NONE, S.ALL),
}


def scope_of(user, permission: Permission) -> Scope:
    """How far `user` may exercise `permission`; a stranger or deactivated user not at all."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Scope.NONE
    return TABLE[permission].get(user.role, Scope.NONE)


def can(user, permission: Permission) -> bool:
    return scope_of(user, permission) is not Scope.NONE


def require(permission: Permission):
    """A view for those who hold `permission`; for all others it does not exist (404)."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not can(request.user, permission):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.permission = permission
        return guarded

    return decorate


def roles_with(permission: Permission) -> tuple[str, ...]:
    return tuple(role for role in Role.values if TABLE[permission].get(role, Scope.NONE) is not Scope.NONE)
