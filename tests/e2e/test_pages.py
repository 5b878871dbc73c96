"""Every page as each role opens it: no script error, no blocked source, readable by everybody, whole on a phone."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, expect

from calls.services import leases
from deals.models import Deal
from tests.calls.factories import call, make_lead
from tests.e2e.conftest import open_card, open_queue

ROLES = ["rep", "agency_rep", "field_sales", "manager", "admin"]
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def world(team, rep, agency_rep, field_sales, manager, admin, now, at):
    """Leads in each state of the road, a day after the first calls; `world` maps page names to addresses."""
    won, waiting, fresh, theirs = (
        make_lead(team, number=f"+8133456000{n}", name=name, company=f"株式会社{name}商会")
        for n, name in enumerate(("青木 花子", "馬場 次郎", "千葉 三郎", "土井 四郎"))
    )
    theirs.team, theirs.owner = agency_rep.team, agency_rep
    theirs.save(update_fields=["team", "owner"])
    for lead in (won, waiting):
        call(lead, rep, now, "interested", memo="資料を見て相談したい")
    later = at(waiting.follow_ups.get().opens_at)
    call(won, rep, later, "appointment")
    leases.claim(lead=fresh, by=rep, now=later)
    deal = Deal.objects.get()
    return {
        "login": "/accounts/login/",
        "queue": "/calls/",
        "card": f"/calls/lead/{fresh.pk}/",
        "leads": "/leads/",
        "lead": f"/leads/{won.pk}/",
        "new lead": "/leads/new/",
        "edit lead": f"/leads/{waiting.pk}/edit/",
        "block": f"/leads/{waiting.pk}/block/",
        "lists": "/leads/lists/",
        "blocks": "/leads/blocks/",
        "imports": "/leads/imports/",
        "upload": "/leads/imports/new/",
        "notices": "/calls/notices/",
        "board": "/calls/board/",
        "deals": "/deals/",
        "deal": f"/deals/{deal.pk}/",
        "costs": "/deals/costs/",
        "funnel": "/reports/funnel/?period=custom&from=2026-06-01&to=2026-06-30",
        "profile": "/profile/",
        "users": "/users/",
        "audit": "/users/audit/",
        "password": "/accounts/password/change/",
    }


# Pages a role does not have answer 404 to it; everything else must open.
ADMINS_ONLY = {"audit", "imports", "upload"}
SHUT = {
    "rep": ADMINS_ONLY | {"board", "costs", "users"},
    "agency_rep": ADMINS_ONLY | {"card", "lead", "edit lead", "block", "deal", "board", "costs", "users"},
    "field_sales": ADMINS_ONLY
    | {"queue", "card", "new lead", "edit lead", "block", "blocks", "board", "costs", "users"},
    "manager": ADMINS_ONLY,
    "admin": set(),
}


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_a_role_open_without_an_error(request, new_page, world, role):
    page = new_page(request.getfixturevalue(role))
    statuses = {}
    for name, address in world.items():
        if name not in SHUT[role] | {"login"}:
            statuses[name] = page.goto(address).status
            expect(page.get_by_role("heading", level=1)).not_to_be_empty()
    assert {name: status for name, status in statuses.items() if status != 200} == {}
    closed = {name: page.request.get(world[name]).status for name in SHUT[role]}
    assert set(closed.values()) <= {404}, closed


@pytest.mark.parametrize("role", ROLES)
def test_menu_leads_to_pages_that_open(request, new_page, world, role):
    page = new_page(request.getfixturevalue(role))
    page.goto("/")
    menu = page.locator(".topnav a")
    addresses = [link.get_attribute("href") for link in menu.all()]
    assert addresses
    for address in addresses:
        page.locator(f".topnav a[href='{address}']").click()
        expect(page).to_have_url(re.compile(re.escape(address)))
        expect(page.locator(f".topnav a[href='{address}']")).to_have_attribute("aria-current", "page")


# --- For everybody --------------------------------------------------------------------------------------------------


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical on the page as it stands: rule, element, sentence."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "elementRef": False}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary'].splitlines()[1].strip()}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize(
    ("role", "name"),
    [
        (None, "login"),
        ("rep", "queue"),
        ("rep", "card"),
        ("rep", "leads"),
        ("rep", "lead"),
        ("field_sales", "deals"),
        ("field_sales", "deal"),
        ("manager", "funnel"),
        ("manager", "board"),
        ("admin", "users"),
        ("admin", "upload"),
    ],
)
def test_page_is_accessible_in_light_and_dark(request, new_page, world, role, name):
    page = new_page(role and request.getfixturevalue(role))
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        page.goto(world[name])
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        assert serious(page) == [], theme


# --- On a phone -----------------------------------------------------------------------------------------------------


def expect_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]


@pytest.mark.parametrize("name", ["queue", "card", "leads", "lead", "deals", "funnel"])
def test_page_fits_a_phone(new_page, world, rep, name):
    page = new_page(rep, **PHONE)
    page.goto(world[name])
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect_no_sideways_scroll(page)


def test_call_is_logged_on_a_phone(new_page, rep, team):
    lead = make_lead(team)
    page = new_page(rep, **PHONE)
    open_queue(page)
    page.get_by_role("button", name="次の架電を開く").click()
    for result in ("商談獲得", "不通"):
        page.get_by_role("radio", name=result).check()
        expect_no_sideways_scroll(page)
    page.get_by_role("button", name="登録", exact=True).click()

    expect(page).to_have_url(re.compile(f"/leads/{lead.pk}/$"))
    assert lead.calls.count() == 1


# --- Language and session -------------------------------------------------------------------------------------------


def test_language_switches_to_english_and_back(new_page, rep):
    page = new_page(rep)
    page.goto("/calls/")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("今日の架電")
    page.get_by_role("button", name="ユーザーメニュー").click()
    page.get_by_role("button", name="English").click()

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_url(re.compile("/calls/$"))
    expect(heading).not_to_contain_text(re.compile("[ぁ-ん一-龥]"))
    page.locator(".user-btn").click()
    page.get_by_role("button", name="日本語").click()
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    expect(heading).to_have_text("今日の架電")


def test_login_and_logout(page, rep):
    page.goto("/calls/")
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=/calls/$"))
    page.get_by_label("メールアドレス").fill(rep.email)
    page.get_by_label("パスワード").fill("correct horse battery")
    page.get_by_role("button", name="ログイン").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("今日の架電")

    page.locator(".user-btn").click()
    page.get_by_role("button", name="ログアウト").click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_expired_login_under_htmx_goes_to_the_login_page(new_page, world, field_sales):
    page = new_page(field_sales)
    page.goto("/deals/")
    page.context.clear_cookies()
    page.get_by_label("状態").select_option("appointment")

    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fdeals%2F"))
    expect(page.get_by_role("heading", level=1)).to_have_text("ログイン")
    page.get_by_label("メールアドレス").fill(field_sales.email)
    page.get_by_label("パスワード").fill("correct horse battery")
    page.get_by_role("button", name="ログイン").click()
    expect(page).to_have_url(re.compile("/deals/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("商談")


def test_expired_login_does_not_carry_a_typing_rep_away(new_page, rep, team):
    make_lead(team)
    page = new_page(rep)
    page.clock.install()
    open_card(page)
    page.locator("[name=memo]").fill("書きかけ")
    expect(page.locator("#bell[hx-trigger='every 60s']:not(.htmx-added)")).to_be_visible()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.clock.fast_forward("01:05")  # the bell asks each minute

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[name=memo]")).to_have_value("書きかけ")
