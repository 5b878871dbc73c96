"""The map of the site: who answers which address."""

from allauth.account import views as account_views
from django.urls import include, path, re_path

from calls.views.health import healthz

# The library's pages we offer: people are invited, so no sign-up, and the e-mail address is the admin's to change.
# The sign-up address exists because the log-in view asks for its name; the adapter keeps it closed.
account_urlpatterns = [
    path("login/", account_views.login, name="account_login"),
    path("logout/", account_views.logout, name="account_logout"),
    path("signup/", account_views.signup, name="account_signup"),
    path("inactive/", account_views.account_inactive, name="account_inactive"),
    path("reauthenticate/", account_views.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account_views.password_change, name="account_change_password"),
    path("password/reset/", account_views.password_reset, name="account_reset_password"),
    path("password/reset/done/", account_views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account_views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account_views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("accounts/", include(account_urlpatterns)),
    path("leads/", include("leads.urls")),
    path("calls/", include("calls.urls")),
    path("deals/", include("deals.urls")),
    path("reports/", include("reports.urls")),
    path("", include("accounts.urls")),
]
