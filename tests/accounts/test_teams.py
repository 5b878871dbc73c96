"""Teams: names once, callers of the right kind, every change in the trail."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEntry, Team
from accounts.services.teams import create_team, update_team


def test_create_team(admin, now):
    team = create_team(by=admin, now=now, name="代行A", is_agency=True)

    assert Team.objects.get().is_agency
    assert AuditEntry.objects.about(team).get().changes == {"name": [None, "代行A"], "is_agency": [None, True]}


@pytest.mark.parametrize("name", ["Inside", "inside"])
def test_create_team_with_a_taken_name(name, admin, now):
    create_team(by=admin, now=now, name="Inside", is_agency=False)

    with pytest.raises(ValidationError) as refused:
        create_team(by=admin, now=now, name=name, is_agency=False)

    assert refused.value.error_dict["name"][0].code == "taken"


def test_rename_team(admin, team, now):
    update_team(team=team, by=admin, now=now, name="東日本チーム", is_agency=False)

    team.refresh_from_db()
    assert team.name == "東日本チーム"
    assert AuditEntry.objects.about(team).get().changes == {"name": ["第一チーム", "東日本チーム"]}


def test_saving_a_team_unchanged_leaves_no_entry(admin, team, now):
    update_team(team=team, by=admin, now=now, name=team.name, is_agency=False)

    assert not AuditEntry.objects.about(team).exists()


def test_team_with_in_house_reps_cannot_become_an_agency(admin, rep, team, now):
    with pytest.raises(ValidationError) as refused:
        update_team(team=team, by=admin, now=now, name=team.name, is_agency=True)

    assert refused.value.error_dict["is_agency"][0].code == "misfits"


def test_team_with_agency_reps_cannot_become_in_house(admin, agency_rep, now):
    with pytest.raises(ValidationError) as refused:
        update_team(team=agency_rep.team, by=admin, now=now, name="代行", is_agency=False)

    assert refused.value.error_dict["is_agency"][0].code == "misfits"


def test_team_without_callers_may_become_an_agency(admin, manager, team, now):
    update_team(team=team, by=admin, now=now, name=team.name, is_agency=True)

    team.refresh_from_db()
    assert team.is_agency
