"""The pages: who may open them, what they post, what they say when refused."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.hours import Block
from accounts.models import Absence, AuditEntry, Role, Team, User
from accounts.services.people import update_profile
from accounts.services.schedule import set_working_hours
from config import clock

ROLES = ("rep", "agency_rep", "field_sales", "manager", "admin")
INVITATION = {"name": "新人 太郎", "email": "new@example.jp", "role": "admin", "language": "ja"}


@pytest.fixture
def people(rep, agency_rep, field_sales, manager, admin) -> dict[str, User]:
    return {"rep": rep, "agency_rep": agency_rep, "field_sales": field_sales, "manager": manager, "admin": admin}


@pytest.fixture
def week() -> dict[str, str]:
    """A posted week: Monday morning and afternoon."""
    return {"d0_1_from": "09:00", "d0_1_to": "12:00", "d0_2_from": "13:00", "d0_2_to": "17:30"}


def user_form(user: User, **changes) -> dict:
    values = {
        "name": user.name,
        "email": user.email,
        "role": user.role,
        "team": user.team_id or "",
        "managed_teams": list(user.managed_teams.values_list("pk", flat=True)),
        "slots_per_hour": user.slots_per_hour,
        "language": user.language,
    }
    return values | changes


# --- Who may open what --------------------------------------------------------------------------------------------

PAGES = {
    #                                     rep  agency field manager admin
    ("accounts:profile", None): (200, 200, 200, 200, 200),
    ("accounts:users", None): (404, 404, 404, 200, 200),
    ("accounts:invite", None): (404, 404, 404, 404, 200),
    ("accounts:user", "rep"): (404, 404, 404, 404, 200),
    ("accounts:schedule", "rep"): (200, 404, 404, 200, 200),
    ("accounts:schedule", "agency_rep"): (404, 200, 404, 404, 200),
    ("accounts:teams", None): (404, 404, 404, 404, 200),
    ("accounts:new_team", None): (404, 404, 404, 404, 200),
    ("accounts:team", "team"): (404, 404, 404, 404, 200),
    ("accounts:audit", None): (404, 404, 404, 404, 200),
}
ACTS = {
    ("accounts:deactivate", "colleague"): (404, 404, 404, 404, 302),
    ("accounts:reactivate", "colleague"): (404, 404, 404, 404, 302),
    ("accounts:resend_invitation", "colleague"): (404, 404, 404, 404, 302),
    ("accounts:set_hours", "colleague"): (404, 404, 404, 422, 422),
    ("accounts:enter_absence", "colleague"): (404, 404, 404, 422, 422),
}


def _address(name: str, target: str | None, people: dict[str, User], team: Team) -> str:
    if target is None:
        return reverse(name)
    return reverse(name, args=[team.pk if target == "team" else people[target].pk])


@pytest.mark.parametrize(("page", "statuses"), PAGES.items(), ids=lambda value: str(value[0]))
def test_page_per_role(page, statuses, people, team, client_for):
    address = _address(*page, people, team)

    assert tuple(client_for(people[role]).get(address).status_code for role in ROLES) == statuses


@pytest.mark.parametrize(("act", "statuses"), ACTS.items(), ids=lambda value: str(value[0]))
def test_act_per_role(act, statuses, people, colleague, team, client_for):
    address = _address(*act, people | {"colleague": colleague}, team)

    assert tuple(client_for(people[role]).post(address).status_code for role in ROLES) == statuses


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page_sends_a_visitor_to_the_log_in(page, people, team, client):
    response = client.get(_address(*page, people, team))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("act", ACTS, ids=str)
def test_act_is_not_for_get(act, people, colleague, team, client_for):
    address = _address(*act, people | {"colleague": colleague}, team)

    assert client_for(people["admin"]).get(address).status_code == 405


def test_page_of_nobody_is_404(admin, client_for):
    client = client_for(admin)

    assert client.get(reverse("accounts:user", args=[10**30])).status_code == 404
    assert client.get(reverse("accounts:schedule", args=[999_999])).status_code == 404


# --- Home and language --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_home_leads_to_a_page_that_opens(role, people, client_for):
    response = client_for(people[role]).get("/", follow=True)

    assert response.status_code == 200
    assert response.redirect_chain


def test_home_of_field_sales_is_their_deals(field_sales, client_for):
    assert client_for(field_sales).get("/")["Location"] == reverse("deals:list")


def test_language_of_a_signed_in_person_is_kept(rep, client_for):
    response = client_for(rep).post("/language/", {"language": "en", "next": "/profile/"})

    assert (response.status_code, response["Location"]) == (302, "/profile/")
    rep.refresh_from_db()
    assert rep.language == "en"
    assert client_for(rep).get("/profile/").headers["Content-Language"] == "en"


def test_language_of_a_visitor_is_kept_in_a_cookie(client, db):
    response = client.post("/language/", {"language": "en", "next": "/accounts/login/"})

    assert response.status_code == 302
    assert client.get("/accounts/login/").headers["Content-Language"] == "en"


def test_language_nobody_speaks_here_changes_nothing(rep, client_for):
    client_for(rep).post("/language/", {"language": "tlh", "next": "/profile/"})

    rep.refresh_from_db()
    assert rep.language == "ja"


def test_language_switch_leads_nowhere_else(rep, client_for):
    response = client_for(rep).post("/language/", {"language": "en", "next": "https://evil.example/"})

    assert response["Location"] == "/"


# --- The list -----------------------------------------------------------------------------------------------------


def test_list_shows_a_manager_the_own_teams(manager, rep, stranger, client_for):
    page = client_for(manager).get("/users/").content.decode()

    assert rep.email in page
    assert stranger.email not in page


def test_list_answers_htmx_with_the_rows_alone(admin, client_for):
    page = client_for(admin).get("/users/", headers={"HX-Request": "true"}).content.decode()

    assert admin.email in page
    assert "<html" not in page


def test_list_lives_with_filters_it_cannot_read(admin, client_for):
    response = client_for(admin).get("/users/?role=king&team=abc&state=%00&sort=password&page=zz&q=%00")

    assert response.status_code == 200
    assert admin.email in response.content.decode()


def test_list_takes_as_many_queries_for_three_as_for_one(admin, team, other_team, client_for):
    def add(number: int) -> None:
        manager = User.objects.create_user(f"m{number}@example.jp", "x", role=Role.MANAGER, team=team)
        manager.managed_teams.add(other_team)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/users/").status_code == 200
        return len(captured)

    client = client_for(admin)
    add(1)
    queries()  # the first request of a session writes more
    before = queries()
    add(2)
    add(3)

    assert queries() == before


# --- Invitation, from the form to the first log-in ----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_invited_person_sets_a_password_and_signs_in(admin, team, client, client_for, mailoutbox):
    posted = {"name": "新人 太郎", "email": "New@Example.jp", "role": "rep", "team": team.pk, "language": "ja"}
    response = client_for(admin).post("/users/invite/", posted, follow=True)
    assert "new@example.jp に招待メールを送りました。" in response.content.decode()

    [message] = mailoutbox
    link = next(line for line in message.body.splitlines() if line.startswith("http://testserver/"))
    form = client.get(link, follow=True)
    password = "とても長い合言葉です2026"
    done = client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})
    assert done.status_code == 302

    signed_in = client.post("/accounts/login/", {"login": "new@example.jp", "password": password})
    assert signed_in["Location"] == "/"
    assert client.get("/profile/").status_code == 200
    assert "無効" in client_for(admin).get(link, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_invitation_that_was_not_sent_is_said_so(admin, client_for, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    response = client_for(admin).post("/users/invite/", INVITATION, follow=True)

    assert "招待メールを送れませんでした。" in response.content.decode()
    assert User.objects.filter(email="new@example.jp").exists()


def test_invitation_refusals_stand_at_their_fields(admin, rep, client_for):
    response = client_for(admin).post("/users/invite/", INVITATION | {"email": rep.email})

    assert response.status_code == 422
    assert response.context["form"].errors["email"] == ["このメールアドレスはすでに登録されています。"]
    assert "このメールアドレスはすでに登録されています。" in response.content.decode()


def test_invitation_takes_only_its_own_fields(admin, client_for):
    posted = INVITATION | {"is_superuser": "on", "is_active": "", "password": "x", "slots_per_hour": "20"}

    client_for(admin).post("/users/invite/", posted)

    user = User.objects.get(email="new@example.jp")
    assert (user.is_superuser, user.is_active, user.is_invited, user.slots_per_hour) == (False, True, True, 3)


# --- Changing people and teams ------------------------------------------------------------------------------------


def test_admin_changes_a_person(admin, rep, other_team, client_for):
    posted = user_form(rep, name="佐藤 改名", team=other_team.pk, slots_per_hour=6)

    response = client_for(admin).post(f"/users/{rep.pk}/", posted)

    assert response.status_code == 302
    rep.refresh_from_db()
    assert (rep.name, rep.team, rep.slots_per_hour) == ("佐藤 改名", other_team, 6)


def test_refused_change_keeps_the_person_as_it_was(admin, client_for, team):
    posted = user_form(admin, name="別の名前", role="manager", team=team.pk)

    response = client_for(admin).post(f"/users/{admin.pk}/", posted)

    page = response.content.decode()
    assert response.status_code == 422
    assert "ログインできる管理者がいなくなる" in page
    assert '<h1 class="page-title">山本 総括' in page


def test_page_of_a_person_shows_the_latest_changes(admin, rep, client_for):
    update_profile(user=rep, by=rep, now=clock.now(), name="佐藤 改名", language="ja")

    page = client_for(admin).get(f"/users/{rep.pk}/").content.decode()

    assert "プロフィールを変更" in page
    assert "佐藤 架電 → 佐藤 改名" in page


def test_admin_deactivates_and_reactivates(admin, rep, client_for):
    client = client_for(admin)

    client.post(f"/users/{rep.pk}/deactivate/")
    rep.refresh_from_db()
    assert not rep.is_active

    client.post(f"/users/{rep.pk}/reactivate/")
    rep.refresh_from_db()
    assert rep.is_active


def test_admin_is_told_why_not(admin, client_for):
    response = client_for(admin).post(f"/users/{admin.pk}/deactivate/", follow=True)

    assert "自分自身を停止することはできません。" in response.content.decode()


def test_admin_creates_and_renames_a_team(admin, client_for):
    client = client_for(admin)

    client.post("/users/teams/new/", {"name": "代行A", "is_agency": "on"})
    team = Team.objects.get(name="代行A")
    client.post(f"/users/teams/{team.pk}/", {"name": "代行B", "is_agency": "on"})

    team.refresh_from_db()
    assert (team.name, team.is_agency) == ("代行B", True)


def test_team_refusals_stand_at_their_fields(admin, rep, team, other_team, client_for):
    client = client_for(admin)

    taken = client.post("/users/teams/new/", {"name": team.name})
    misfit = client.post(f"/users/teams/{team.pk}/", {"name": other_team.name + "2", "is_agency": "on"})

    assert taken.context["form"].errors == {"name": ["同じ名前のチームがあります。"]}
    assert "is_agency" in misfit.context["form"].errors


# --- Profile and working time -------------------------------------------------------------------------------------


def test_person_changes_the_own_profile(rep, client_for):
    posted = {"name": "佐藤 改名", "language": "en", "role": "admin", "email": "x@example.jp"}

    client_for(rep).post("/profile/", posted)

    rep.refresh_from_db()
    assert (rep.name, rep.language, rep.role, rep.email) == ("佐藤 改名", "en", "rep", "rep@example.jp")


def test_rep_sets_the_own_week(rep, week, client_for):
    response = client_for(rep).post(f"/users/{rep.pk}/hours/", week)

    assert response.status_code == 302
    rows = rep.working_hours.order_by("starts_at").values_list("weekday", "starts_at", "ends_at")
    assert [Block(*row).code for row in rows] == ["mon 09:00–12:00", "mon 13:00–17:30"]


def test_manager_sets_the_week_of_a_member(manager, rep, week, client_for):
    client_for(manager).post(f"/users/{rep.pk}/hours/", week)

    assert AuditEntry.objects.about(rep).get().by == manager


def test_rep_goes_back_to_business_hours(rep, now, client_for):
    set_working_hours(user=rep, by=rep, now=now, blocks=[Block(0, dt.time(9), dt.time(12))])

    client_for(rep).post(f"/users/{rep.pk}/hours/", {"uses_business_hours": "on"})

    assert not rep.working_hours.exists()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"d0_1_to": ""}, "d0_1_to", "終了時刻を入力してください。"),
        ({"d0_1_from": ""}, "d0_1_from", "開始時刻を入力してください。"),
        ({"d0_1_to": "08:00"}, "d0_1_to", "終了は開始より後にしてください。"),
        ({"d0_2_from": "11:00"}, "d0_2_from", "2つの時間帯が重なっています。"),
        ({"uses_business_hours": "on"}, "uses_business_hours", "曜日ごとの時間帯を使うには"),
    ],
)
def test_week_refusals_stand_at_their_fields(changes, field, message, rep, week, client_for):
    response = client_for(rep).post(f"/users/{rep.pk}/hours/", week | changes)

    assert response.status_code == 422
    assert response.context["hours_form"].errors[field][0].startswith(message)
    assert message in response.content.decode()
    assert not rep.working_hours.exists()


def test_week_without_any_time_is_refused(rep, client_for):
    response = client_for(rep).post(f"/users/{rep.pk}/hours/", {})

    assert response.context["hours_form"].non_field_errors()


def tomorrow() -> dt.date:
    return clock.now().date() + dt.timedelta(days=2)


def test_absence_of_whole_days(rep, client_for):
    first, last = tomorrow(), tomorrow() + dt.timedelta(days=2)

    client_for(rep).post(f"/users/{rep.pk}/absences/", {"starts_on": first, "ends_on": last, "reason": "有給休暇"})

    absence = Absence.objects.get()
    assert absence.ends_at - absence.starts_at == dt.timedelta(days=3)
    assert absence.starts_at.astimezone(dt.timezone(dt.timedelta(hours=9))).time() == dt.time(0)


def test_absence_of_hours(rep, client_for):
    posted = {"starts_on": tomorrow(), "starts_time": "13:00", "ends_time": "15:30"}

    client_for(rep).post(f"/users/{rep.pk}/absences/", posted)

    absence = Absence.objects.get()
    assert absence.ends_at - absence.starts_at == dt.timedelta(hours=2, minutes=30)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"starts_on": ""}, "starts_on"),
        ({"starts_on": "0001-01-01"}, "starts_on"),
        ({"starts_on": "2020-01-01"}, "starts_on"),
        ({"ends_on": "2025-01-01"}, "ends_on"),
        ({"ends_on": "9999-12-31"}, "ends_on"),
        ({"starts_time": "15:00", "ends_time": "14:00"}, "ends_time"),
    ],
)
def test_absence_refusals_stand_at_their_fields(changes, field, rep, client_for):
    posted = {"starts_on": tomorrow().isoformat()} | changes

    response = client_for(rep).post(f"/users/{rep.pk}/absences/", posted)

    assert response.status_code == 422
    assert field in response.context["absence_form"].errors
    assert not Absence.objects.exists()


def test_absence_is_taken_back(rep, client_for):
    client = client_for(rep)
    client.post(f"/users/{rep.pk}/absences/", {"starts_on": tomorrow()})
    absence = Absence.objects.get()
    assert "これからの不在" in client.get(f"/users/{rep.pk}/schedule/").content.decode()

    client.post(f"/users/{rep.pk}/absences/{absence.pk}/cancel/")

    assert not Absence.objects.exists()


def test_absence_of_somebody_else_is_404(rep, colleague, client_for):
    start = clock.now() + dt.timedelta(days=1)
    absence = Absence.objects.create(user=colleague, starts_at=start, ends_at=start + dt.timedelta(hours=1))
    client = client_for(rep)

    assert client.post(f"/users/{colleague.pk}/absences/{absence.pk}/cancel/").status_code == 404
    assert client.post(f"/users/{rep.pk}/absences/{absence.pk}/cancel/").status_code == 404
    assert Absence.objects.exists()


# --- Audit trail --------------------------------------------------------------------------------------------------


def test_trail_is_filtered_by_who_and_what(admin, rep, colleague, client_for):
    update_profile(user=rep, by=rep, now=clock.now(), name="佐藤 改名", language="ja")
    update_profile(user=colleague, by=colleague, now=clock.now(), name="鈴木 改名", language="ja")

    page = client_for(admin).get("/users/audit/", {"by": rep.pk, "verb": "update_profile"}).content.decode()

    assert "佐藤 架電 → 佐藤 改名" in page
    assert "鈴木 同僚 → 鈴木 改名" not in page


def test_trail_shows_what_the_system_did(admin, rep, client_for):
    AuditEntry.objects.create(
        at=clock.now(), by=None, verb="update_user", target_type="accounts.user", target_id=rep.pk
    )
    update_profile(user=rep, by=rep, now=clock.now(), name="佐藤 改名", language="ja")

    response = client_for(admin).get("/users/audit/?by=system")

    assert [line.entry.by for line in response.context["lines"]] == [None]


def test_trail_takes_as_many_queries_for_three_entries_as_for_one(admin, team, client_for):
    def change(number: int) -> None:
        user = User.objects.create_user(f"u{number}@example.jp", "x", name=f"人{number}", team=team)
        update_profile(user=user, by=user, now=clock.now(), name="改名", language="en")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/users/audit/").status_code == 200
        return len(captured)

    client = client_for(admin)
    change(1)
    queries()
    before = queries()
    change(2)
    change(3)

    assert queries() == before


# --- Navigation ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "shown"),
    [("rep", False), ("agency_rep", False), ("field_sales", False), ("manager", True), ("admin", True)],
)
def test_navigation_offers_users_to_those_who_may_see_them(role, shown, people, client_for):
    items = client_for(people[role]).get("/profile/").context["nav_items"]

    assert ("users" in [item["key"] for item in items]) is shown


@pytest.mark.parametrize(("path", "active"), [("/users/", ["users"]), ("/users/audit/", ["users"]), ("/profile/", [])])
def test_navigation_marks_where_we_are(path, active, admin, client_for):
    items = client_for(admin).get(path).context["nav_items"]

    assert [item["key"] for item in items if item["active"]] == active
