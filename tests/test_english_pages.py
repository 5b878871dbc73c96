"""What somebody reads who chose English: every page a role can reach by its links, refused forms, mails.

All data have Latin names, so a Japanese sign on a page is a string without its English.
"""

import datetime as dt
import html
import json
import re

import pytest
from django.urls import Resolver404, resolve
from django.utils import translation

from accounts.hours import Block
from accounts.models import AuditEntry, Role, Team, User
from accounts.selectors import trail_lines
from accounts.services.people import invite_user, update_user
from accounts.services.schedule import add_absence, set_working_hours
from accounts.services.teams import update_team
from calls.inputs import AppointmentDetails, BlockRequest
from calls.models import Call, FollowUp, Lease, Outcome, Script, ScriptVersion
from calls.services import leases
from calls.services.corrections import correct_call
from calls.services.plans import reassign
from calls.services.ticks import tick
from config import clock
from deals.models import Deal
from deals.services.answer_handover import accept_handover, return_handover
from deals.services.costs import set_calling_cost
from deals.services.mail import mail_handovers
from deals.services.move_deal import move_deal
from deals.services.update_deal import update_deal
from leads.importing.places import PREFECTURES
from leads.inputs import CompanyInput, LeadInput, NewList, PhoneInput, Reading
from leads.models import DoNotCall, Lead, LeadImport, LeadList
from leads.services.blocks import block_lead, lift_block
from leads.services.imports.running import cancel_import, run_import
from leads.services.imports.uploads import reread_import
from leads.services.leads import assign_owner, update_lead
from leads.services.signals import add_signal
from leads.services.tiers import override_tier
from tests.calls.factories import call, make_lead
from tests.leads.import_files import confirmed, mapped, uploaded

pytestmark = pytest.mark.django_db

JAPANESE = re.compile(r"[^\s<>]*[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef][^<>]{0,40}")
LINK = re.compile(r'(?:href|hx-get)="(/(?!static/)[^"#]*)"')
PREFECTURE = re.compile("|".join(PREFECTURES))  # places are called as in addresses, which are data
DAY = dt.timedelta(days=1)
NAMES = {"rep": "Ray Park", "agency_rep": "Ada Agency", "field_sales": "Finn Sales", "manager": "Mo Lead"}
LIST = b"""company,name,phone,email,memo
Import One,Ida Ray,03-3456-1001,ida@one.example.com,met at a fair
Import Two,Ian Oak,3-3456-1002,not an address,
,,03-3456,,
Import Two,Ian Oak,03-3456-1002,,
"""
HEARING = {
    "problem": {"state": "answered", "value": "Typing takes days"},
    "decision_maker": {"state": "answered", "value": "superior", "decision_maker_name": "Bo Boss"},
    "timing": {"state": "answered", "value": "within_3_months", "timing_month": dt.date(2026, 9, 1)},
    "budget": {"state": "answered", "value": "secured", "budget_yen": 1_000_000},
    "concerns": {"state": "unknown"},
}
ROLES = [role.value for role in Role]


@pytest.fixture
def people(rep, agency_rep, field_sales, manager, admin, now) -> dict[str, User]:
    """One of each role, in English."""
    for team, name in zip(Team.objects.order_by("pk"), ("Team North", "Agency South"), strict=True):
        Team.objects.filter(pk=team.pk).update(name=name)
    found = {"rep": rep, "agency_rep": agency_rep, "field_sales": field_sales, "manager": manager, "admin": admin}
    for role, person in found.items():
        person.name, person.language = NAMES.get(role, "Al Admin"), "en"
        person.save(update_fields=["name", "language"])
        person.team and person.team.refresh_from_db()
    for version in ScriptVersion.objects.all():
        version.sections = [{"title": "Hello", "lines": [{"text": "{name} of {company}?", "fact": "problem"}]}]
        version.save(update_fields=["sections"])
    Script.objects.update(name="Standard")
    return found


@pytest.fixture
def world(people, monkeypatch, now):
    """A week of work: each outcome once, follow-ups in every state, deals at every stage, an import with errors."""

    def at(moment: dt.datetime) -> dt.datetime:
        monkeypatch.setattr(clock, "now", lambda: moment)
        return moment

    at(now)
    fill_calls(people, now)
    fill_people(people, now)
    fill_imports(people, now)
    later = at(FollowUp.objects.filter(lead__name="Won").get().opens_at)
    tick(now=later)
    fill_deals(people, later)
    late = at(later + 3 * DAY)
    tick(now=late)
    settle_deals(people, late)
    fill_leads(people, late)
    tick(now=at(late + dt.timedelta(minutes=5)))
    return people


def lead_named(name: str, people, number: int, **fields) -> Lead:
    return make_lead(
        people["rep"].team,
        number=f"+813345610{number:02d}",
        name=name,
        company=f"{name} Works",
        title="Head of IT",
        **fields,
    )


def fill_calls(people, now) -> None:
    for number, outcome in enumerate(Outcome.objects.order_by("position")):
        log(lead_named(f"Case {number}", people, number), people, now, outcome.code)
    for number, name in enumerate(("Won", "Lost", "Returned", "Missed", "Waiting"), 40):
        log(lead_named(name, people, number), people, now, "interested")
    log(lead_named("Promise", people, 50), people, now, "call_back")
    theirs = lead_named("Agency", people, 51)
    assign_owner(lead=theirs, owner=people["agency_rep"], by=people["manager"], now=now)
    open_lead = lead_named("Open", people, 52)
    leases.claim(lead=open_lead, by=people["rep"], now=now)


def log(lead: Lead, people, now, code: str, by: str = "rep"):
    """A call with English words wherever an outcome asks for words."""
    result = Outcome.objects.get(code=code).result
    words = {"memo": "Spoke of the fair"}
    if result in ("reaction", "hearing_done", "refused", "appointment"):
        answered = {"concerns": {"state": "answered", "value": "Moving the data"}}
        words["hearing"] = HEARING if result in ("reaction", "hearing_done") else HEARING | answered
    if result == "refused":
        words["reason"] = "No need"
    if result == "appointment":
        words["appointment"] = AppointmentDetails(
            now + DAY, True, "https://meet.example.jp/x", "Bo Boss", people["field_sales"], "Bring a quote"
        )
    if result == "do_not_call":
        words["block"] = BlockRequest(requested_by="The person", requested_at=now, words="Never again")
    return call(lead, people[by], now, code, **words)


def fill_people(people, now) -> None:
    rep, admin = people["rep"], people["admin"]
    set_working_hours(user=rep, by=admin, now=now, blocks=[Block(0, dt.time(9), dt.time(12))])
    add_absence(user=rep, by=admin, now=now, starts_at=now + 20 * DAY, ends_at=now + 21 * DAY, reason="Leave")
    new = {"name": "Ira New", "email": "ira@example.jp", "role": "rep", "team": rep.team, "language": "en"}
    invited = invite_user(by=admin, now=now, site_url="http://localhost", **new)
    rest = {"managed_teams": [], "slots_per_hour": 3}
    update_user(user=invited, by=admin, now=now, **{**new, **rest, "name": "Ira Known", "role": "manager"})
    set_calling_cost(
        team=rep.team, month=now.date(), people_yen=900_000, agency_yen=0, tools_yen=50_000, by=admin, now=now
    )


def fill_imports(people, now) -> None:
    team, by = people["rep"].team, people["admin"]
    fair = LeadList.objects.create(name="Fair", team=team, source="Fair 2026", purpose="Our services")
    done = uploaded(LIST, lead_list=fair, by=by, now=now, name="fair.csv")
    confirmed(done, now=now)
    run_import(pk=done.pk, clock=lambda: now)
    more = NewList(name="More", team=team, source="Fair 2026", purpose="Our services")
    begun = uploaded(LIST, lead_list=more, by=by, now=now, name="more.csv")
    mapped(begun, by=by, now=now)
    uploaded(LIST, lead_list=fair, by=by, now=now, name="again.csv")


def fill_deals(people, now) -> None:
    for name in ("Won", "Lost", "Returned"):
        log(Lead.objects.get(name=name), people, now, "appointment")
    accept_handover(deal=deal_of("Won"), version=deal_of("Won").version, by=people["field_sales"], now=now)
    deal = deal_of("Returned")
    return_handover(deal=deal, version=deal.version, reason="Wrong person", by=people["field_sales"], now=now)
    assert mail_handovers(now)


def settle_deals(people, now) -> None:
    by = people["field_sales"]
    for name, *moves in (
        ("Won", {"to": "held"}, {"to": "opportunity"}, {"to": "won", "amount_yen": 500_000, "note": "Signed"}),
        ("Lost", {"to": "no_show"}, {"to": "lost", "lost_reason": "Budget cut"}),
    ):
        for move in moves:
            move_deal(deal=deal_of(name), version=deal_of(name).version, by=by, now=now, **move)


def deal_of(name: str) -> Deal:
    return Deal.objects.filter(lead__name=name).latest("pk")


def fill_leads(people, now) -> None:
    by, lead = people["admin"], Lead.objects.get(name="Won")
    add_signal(lead=lead, kind="inquiry", occurred_at=now, by=by, now=now, note="By form")
    override_tier(lead=lead, tier="B", reason="Big one", until=now.date() + 30 * DAY, by=by, now=now)
    asked = {"words": "Please stop", "requested_by": "Bo Boss", "requested_at": now, "by": by, "now": now}
    block_lead(lead=Lead.objects.get(name="Case 0"), scope="company", **asked)
    block = block_lead(lead=Lead.objects.get(name="Case 1"), scope="person", **asked)
    block = block if isinstance(block, DoNotCall) else DoNotCall.objects.filter(scope="person").latest("pk")
    lift_block(block=block, reason="A mistake", by=by, now=now)
    changed = LeadInput(
        company=CompanyInput(
            name="Won and Sons", industry="Trade", postal_code="1000001", url="https://won.example.jp"
        ),
        name="Won",
        email="won@example.jp",
        phones=(PhoneInput("03-3456-1040", "+81334561040", label="direct"), PhoneInput("not a number", "")),
    )
    lead.refresh_from_db()
    update_lead(lead=lead, data=changed, version=lead.version, by=by, now=now)
    fill_trail(people, now)


def fill_trail(people, now) -> None:
    """The deeds that leave words in the audit trail and on no other page."""
    by, rep = people["admin"], people["rep"]
    told = Call.objects.filter(rep=rep).latest("pk")
    correct_call(call=told, version=told.version, memo="Spoke of next year", reason="", by=by, now=now)
    other = User.objects.create_user(
        "other@example.jp", "x" * 12, name="Oz Other", role=Role.REP, team=rep.team, language="en"
    )
    reassign(follow_up=FollowUp.objects.live().filter(rep=rep).first(), rep=other, by=by, now=now)
    deal = deal_of("Won")
    update_deal(deal=deal, version=deal.version, by=by, now=now, amount_yen=700_000, close_on=now.date())
    update_team(team=Team.objects.get(name="Team North"), by=by, now=now, name="Team Far North", is_agency=False)
    begun = LeadImport.objects.filter(status=LeadImport.Status.UPLOADED).latest("pk")
    reread_import(lead_import=begun, how=Reading(header_line=None), by=by, now=now)
    cancel_import(lead_import=begun, by=by, now=now)


# --- Pages ----------------------------------------------------------------------------------------------------------


def japanese_in(text: str) -> list[str]:
    """Japanese words of a page, of its attributes and of the data its scripts read; but for the language's own name."""
    text = re.sub(r"\\u[0-9a-f]{4}", lambda found: json.loads(f'"{found[0]}"'), text.replace(">日本語<", "><"))
    return JAPANESE.findall(PREFECTURE.sub("", html.unescape(text)))


def read(client, first: str = "/", most: int = 140) -> dict[str, str]:
    """address → text of what can be reached by links, once per kind of page and of figure."""
    found, waiting, known = {}, [first, "/calls/notices/", "/profile/"], set()
    while waiting and len(found) < most:
        address = html.unescape(waiting.pop(0))
        kind = kind_of(address)
        if kind in known:
            continue
        known.add(kind)
        response = client.get(address, follow=True)
        if response.status_code == 200 and response["Content-Type"].startswith("text/"):
            found[address] = response.getvalue().decode()
            waiting += LINK.findall(found[address])
    return found


def kind_of(address: str):
    path, _mark, query = address.partition("?")
    try:
        name = resolve(path).view_name
    except Resolver404:
        return address
    keys = sorted(part.partition("=")[0] for part in query.split("&"))
    return name, *keys, *re.findall(r"figure=\w+", query)


@pytest.mark.parametrize(
    ("role", "pages"), [("rep", 30), ("agency_rep", 15), ("field_sales", 10), ("manager", 40), ("admin", 50)]
)
def test_pages_of_a_role_hold_no_japanese(world, client_for, role, pages):
    found = read(client_for(world[role]))

    wrong = {address: words for address, text in found.items() if (words := japanese_in(text))}

    assert len(found) >= pages
    assert wrong == {}


def test_every_case_of_a_lead_reads_in_english(world, client_for):
    client = client_for(world["admin"])
    pages = {}
    for lead in Lead.objects.select_related("company"):
        for address in (f"/leads/{lead.pk}/", f"/calls/lead/{lead.pk}/", f"/calls/lead/{lead.pk}/history/"):
            pages[f"{lead.name} {address}"] = client.get(address).content.decode()
    for deal in Deal.objects.all():
        pages[f"deal {deal.stage}"] = client.get(f"/deals/{deal.pk}/").content.decode()

    assert {place: words for place, text in pages.items() if (words := japanese_in(text))} == {}


def test_trail_has_a_word_for_every_field_and_code(world, client_for):
    client_for(world["manager"]).post("/reports/rows/export/?figure=leads&basis=activity&tier=A&source=Fair")

    with translation.override("ja"):
        lines = trail_lines(AuditEntry.objects.all())

    changes = {(line.verb, *change) for line in lines for change in line.changes}
    raw = [change for change in changes if not JAPANESE.search(change[1]) and change[1] not in ("Tier", "URL")]
    raw += [change for change in changes if any(re.fullmatch("[a-z_]+", word) for word in change[2:])]
    assert len({line.verb for line in lines}) >= 25
    assert raw == []


def test_visitor_reads_english(client, db):
    for address in ("/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/nowhere/"):
        text = client.get(address, headers={"accept-language": "en"}).content.decode()
        assert japanese_in(text) == [], address


# --- Forms that are refused, and what is said after a deed ----------------------------------------------------------


REFUSED = [
    ("/leads/new/", {"memo": "x"}),
    ("/leads/new/", {"company_name": "X", "email": "nobody", "phone_1": "12", "corporate_number": "1"}),
    ("/leads/imports/new/", {"name": "x"}),
    ("/users/invite/", {"email": "rep@example.jp", "name": "Again", "role": "rep", "language": "en"}),
    ("/users/teams/new/", {"name": "Agency South"}),
    ("/deals/costs/", {"people_yen": "-1"}),
    ("/accounts/password/change/", {"oldpassword": "x", "password1": "short", "password2": "other"}),
]


def test_refusals_are_said_in_english(world, client_for):
    client = client_for(world["admin"])

    answers = [client.post(address, given) for address, given in REFUSED]
    answers.append(client.get("/reports/funnel/?period=custom&from=2026-07-01&to=2026-06-01"))

    for answer in answers:
        text = answer.content.decode()
        assert answer.status_code in (200, 400, 422), answer.request["PATH_INFO"]
        assert "invalid" in text, answer.request["PATH_INFO"]
        assert japanese_in(text) == [], answer.request["PATH_INFO"]


def test_refused_calls_are_said_in_english(world, client_for):
    lead, client = Lead.objects.get(name="Open"), client_for(world["rep"])
    for outcome in Outcome.objects.all():
        Lease.objects.filter(lead=lead).delete()
        lease = leases.claim(lead=lead, by=world["rep"], now=clock.now())
        given = {"form_key": str(lease.form_key), "outcome": outcome.pk, "retry_at": "2020-01-01T10:00"}

        text = client.post(f"/calls/lead/{lead.pk}/save/", given).content.decode()

        assert "invalid" in text, outcome.code
        assert japanese_in(text) == [], outcome.code


# --- Mails ----------------------------------------------------------------------------------------------------------


def test_mails_to_english_readers_hold_no_japanese(world, mailoutbox, client, django_capture_on_commit_callbacks, now):
    with django_capture_on_commit_callbacks(execute=True):
        new = {"name": "Zoe New", "email": "zoe@example.jp", "role": "rep", "team": world["rep"].team}
        invite_user(by=world["admin"], now=now, site_url="http://localhost", language="en", **new)
    for email in (world["rep"].email, "nobody@example.jp"):
        client.post("/accounts/password/reset/", {"email": email}, headers={"accept-language": "en"})

    mails = {
        f"{mail.subject} → {mail.to}": [mail.subject, mail.body, *map(attached, mail.attachments)]
        for mail in mailoutbox
    }

    assert len(mails) >= 6
    assert {name: words for name, texts in mails.items() if (words := japanese_in("\n".join(texts)))} == {}


def attached(part) -> str:
    content = part.get_payload(decode=True) if hasattr(part, "get_payload") else part[1]
    return (content.decode() if isinstance(content, bytes) else content).replace("\r\n ", "")
