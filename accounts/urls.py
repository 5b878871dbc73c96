"""Addresses of the accounts pages; signing in and passwords are in `config.urls`."""

from django.urls import path

from accounts.views import audit, home, profile, teams, users

app_name = "accounts"
urlpatterns = [
    path("", home.home, name="home"),
    path("language/", home.set_language, name="set_language"),
    path("profile/", profile.profile, name="profile"),
    path("users/", users.user_list, name="users"),
    path("users/invite/", users.invite, name="invite"),
    path("users/<int:pk>/", users.user, name="user"),
    path("users/<int:pk>/deactivate/", users.deactivate, name="deactivate"),
    path("users/<int:pk>/reactivate/", users.reactivate, name="reactivate"),
    path("users/<int:pk>/invitation/", users.resend_invitation, name="resend_invitation"),
    path("users/<int:pk>/schedule/", profile.schedule, name="schedule"),
    path("users/<int:pk>/hours/", profile.set_hours, name="set_hours"),
    path("users/<int:pk>/absences/", profile.enter_absence, name="enter_absence"),
    path("users/<int:pk>/absences/<int:absence_pk>/cancel/", profile.cancel_absence, name="cancel_absence"),
    path("users/teams/", teams.team_list, name="teams"),
    path("users/teams/new/", teams.new_team, name="new_team"),
    path("users/teams/<int:pk>/", teams.team, name="team"),
    path("users/audit/", audit.audit_trail, name="audit"),
]
