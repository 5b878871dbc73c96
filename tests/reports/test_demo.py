"""The demo data: they break no rule, the figures have something to say, and the desk is alive when it is opened."""

import csv
import datetime as dt
import io
import itertools
from collections import Counter, defaultdict

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F

from accounts.models import AuditEntry, Role, User
from calls.calendar import JST, BusinessCalendar
from calls.models import Call, FollowUp, FollowUpMove, Hearing, Lease, Notice, Outcome
from calls.selectors import business_calendar, call_queue, window_rule, windows_at_risk
from calls.selectors.day import day_summary
from calls.services.follow_ups import MOVES, reasons_as_json
from calls.window import WindowRule, window_for
from deals.models import CallingCost, Deal, DealMove, Handover
from deals.pipeline import MOVES as DEAL_MOVES
from deals.selectors import boxes
from deals.sheet import sheet_for
from leads.importing.phones import parse_phone
from leads.models import Company, DoNotCall, Lead, LeadImport, LeadList, PhoneNumber, Signal, StageMove
from leads.selectors import rule_decision, snapshot_of
from leads.services.callability import refresh_callability
from leads.services.phones import refresh_search_texts
from leads.stages import can_move
from reports.demo.generate import generate
from reports.demo.people import PASSWORD
from reports.demo.records import Outcome as OutcomeRecord
from reports.management.commands.load_demo import Command, load
from reports.periods import Period
from reports.selectors import ReportFilter, funnel_report

NOW = dt.datetime(2026, 6, 17, 11, 20, tzinfo=JST)
SMALL = {"leads": 240, "days": 30, "seed": 11}


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """A small demo, loaded once for all the tests that only look at it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load(now=NOW, **SMALL)
        transaction.set_rollback(True)


@pytest.fixture
def look(demo, db):
    """The loaded demo; whatever a test changes is taken back after it."""
    return demo


def person(key: str) -> User:
    return User.objects.get(email=f"{key}@demo.example")


# --- Rules --------------------------------------------------------------------------------------------------------


def test_every_reaction_on_a_first_call_has_its_follow_up(look):
    reactions = Call.objects.filter(kind="first", result="reaction")

    opened = Counter(FollowUp.objects.filter(reaction_call__in=reactions).values_list("reaction_call", flat=True))

    assert reactions.count() > 10
    assert opened == {call.pk: 1 for call in reactions}


def test_windows_are_those_of_the_rule(look):
    calendar, rule = business_calendar(), window_rule()

    for follow_up in FollowUp.objects.all():
        window = window_for(follow_up.reaction_at, calendar, rule)
        stored = (follow_up.raw_opens_at, follow_up.raw_closes_at, follow_up.opens_at, follow_up.closes_at)
        assert stored == (window.raw_opens_at, window.raw_closes_at, window.opens_at, window.closes_at)
        assert follow_up.window_reasons == reasons_as_json(window)


def test_tiers_are_those_of_the_rule_at_this_moment(look):
    overridden = 0
    for lead in Lead.objects.all():
        decision = rule_decision(lead, NOW)
        expected = lead.tier_override or decision.tier
        overridden += bool(lead.tier_override)
        assert (lead.tier, lead.temperature, lead.tier_rule_version) == (
            expected,
            decision.temperature,
            decision.rule_version,
        )
        assert lead.tier_override or lead.tier_reasons == list(decision.reasons)

    assert overridden == 2


def test_facts_on_leads_are_those_of_their_calls(look):
    calls, heard = defaultdict(list), defaultdict(dict)
    for call in Call.objects.order_by("called_at"):
        calls[call.lead_id].append(call)
    for hearing in Hearing.objects.order_by("heard_at"):
        for fact in ("timing", "budget", "decision_maker"):
            heard[hearing.lead_id][fact] = getattr(hearing, fact) or heard[hearing.lead_id].get(fact, "")
        if hearing.problem:
            heard[hearing.lead_id]["problem_at"] = hearing.heard_at

    for lead in Lead.objects.all():
        mine = calls[lead.pk]
        reached = [call.called_at for call in mine if call.reached == "person"]
        refused = [call.called_at for call in mine if call.result in ("refused", "do_not_call")]
        assert lead.call_count == len(mine)
        assert lead.last_called_at == (mine[-1].called_at if mine else None)
        assert lead.last_reached_at == max(reached, default=None)
        assert lead.refused_at == max(refused, default=None)
        assert lead.problem_recorded_at == heard[lead.pk].get("problem_at")
        assert {fact: getattr(lead, fact) for fact in ("timing", "budget", "decision_maker")} == {
            fact: heard[lead.pk].get(fact, "") for fact in ("timing", "budget", "decision_maker")
        }
        assert lead.last_reaction_at == max(lead.signals.values_list("occurred_at", flat=True), default=None)


def test_follow_ups_keep_what_was_known_at_the_reaction(look):
    for follow_up in FollowUp.objects.select_related("lead"):
        known = follow_up.facts
        assert dt.datetime.fromisoformat(known["at"]) == follow_up.reaction_at
        assert (known["tier"], known["temperature"]) == (follow_up.tier, follow_up.temperature)
        assert known["lead_list"] == follow_up.lead.lead_list_id
        signals = follow_up.lead.signals.filter(occurred_at__lte=follow_up.reaction_at).order_by("occurred_at")
        assert [kind for kind, _ in known["signals"]] == list(signals.values_list("kind", flat=True))
        assert set(known) == set(snapshot_of(follow_up.lead, follow_up.reaction_at))


def test_who_is_warmer_comes_further(db):
    """Signals, answers and outcomes each follow the hidden interest; no outcome is drawn from the temperature."""
    appointments = Counter()
    for seed in (7, 8, 9):
        demo = small_demo(dt.datetime(2026, 11, 24, 10, 0, tzinfo=JST), leads=1200, days=90, seed=seed)
        called = sorted((f for f in demo.world.follow_ups if f.first_attempted_at), key=lambda f: f.temperature)
        half = len(called) // 2
        appointments["cool"] += sum(bool(follow_up.appointment_at) for follow_up in called[:half])
        appointments["warm"] += sum(bool(follow_up.appointment_at) for follow_up in called[-half:])

    assert appointments["warm"] > 1.15 * appointments["cool"]


def test_callability_and_search_text_are_what_the_services_would_keep(look):
    before = list(Lead.objects.order_by("pk").values_list("is_blocked", "has_callable_phone", "search_text"))

    refresh_callability(Lead.objects.values_list("pk", flat=True))
    refresh_search_texts(Lead.objects.all())

    assert list(Lead.objects.order_by("pk").values_list("is_blocked", "has_callable_phone", "search_text")) == before
    assert Lead.objects.filter(is_blocked=True).exists()


def test_follow_ups_moved_only_as_they_may(look):
    for follow_up in FollowUp.objects.prefetch_related("moves"):
        moves = sorted(follow_up.moves.all(), key=lambda move: (move.at, move.pk))
        assert (moves[0].from_state, moves[0].to_state) == ("", "waiting")
        assert moves[-1].to_state == follow_up.state
        for before, move in itertools.pairwise(moves):
            assert before.to_state == move.from_state
            assert move.to_state in MOVES[move.from_state]


def test_steps_of_follow_ups_are_in_order(look):
    steps = (
        "reaction_at",
        "first_attempted_at",
        "connected_at",
        "appointment_at",
        "held_at",
        "opportunity_at",
        "won_at",
    )
    for follow_up in FollowUp.objects.prefetch_related("calls"):
        reached = [moment for moment in (getattr(follow_up, step) for step in steps) if moment]
        calls = sorted(call.called_at for call in follow_up.calls.all())
        assert reached == sorted(reached)
        assert follow_up.attempts == len(calls)
        assert follow_up.first_attempted_at == (calls[0] if calls else None)
        assert (follow_up.closed_at is None) == follow_up.is_live


def test_stages_of_leads_and_deals_moved_only_as_they_may(look):
    stages = defaultdict(lambda: "new")
    for move in StageMove.objects.order_by("at", "pk"):
        assert stages[move.lead_id] == move.from_stage
        assert can_move(move.from_stage, move.to_stage)
        stages[move.lead_id] = move.to_stage
    allowed = {(move.from_stage, move.to_stage) for move in DEAL_MOVES}
    deal_stages = defaultdict(str)
    for move in DealMove.objects.order_by("at", "pk"):
        assert deal_stages[move.deal_id] == move.from_stage
        assert (move.from_stage, move.to_stage) in allowed | {("", "appointment")}
        deal_stages[move.deal_id] = move.to_stage

    assert all(lead.stage == stages[lead.pk] for lead in Lead.objects.all())
    assert {deal.pk: deal.stage for deal in Deal.objects.all()} == dict(deal_stages)


def test_stamps_of_deals_stand_on_their_follow_ups(look):
    for deal in Deal.objects.exclude(follow_up=None).select_related("follow_up"):
        assert deal.appointment_at == deal.follow_up.appointment_at
        assert (deal.held_at, deal.opportunity_at, deal.won_at) == (
            deal.follow_up.held_at,
            deal.follow_up.opportunity_at,
            deal.follow_up.won_at,
        )


def test_hand_over_sheets_are_those_of_the_moment(look):
    untouched = [deal for deal in Deal.objects.exclude(stage="returned") if not _called_since(deal)]

    assert untouched
    for deal in untouched:
        assert Handover.objects.get(deal=deal).sheet == sheet_for(deal)


def _called_since(deal: Deal) -> bool:
    return deal.lead.calls.filter(called_at__gt=deal.appointment_at).exists()


def test_nobody_called_outside_callable_time_or_working_hours(look):
    calendar = business_calendar()
    for call in Call.objects.select_related("rep").prefetch_related("rep__working_hours", "rep__absences"):
        local = call.called_at.astimezone(JST)
        hours = [row for row in call.rep.working_hours.all() if row.weekday == local.weekday()]
        assert calendar.is_callable(local)
        assert not hours or any(row.starts_at <= local.time() < row.ends_at for row in hours)
        assert not any(row.starts_at <= call.called_at < row.ends_at for row in call.rep.absences.all())


def test_nothing_lies_in_the_future(look):
    happened = (
        (Call, "called_at"),
        (Call, "created_at"),
        (Signal, "occurred_at"),
        (StageMove, "at"),
        (FollowUpMove, "at"),
        (DealMove, "at"),
        (Notice, "created_at"),
        (AuditEntry, "at"),
        (Lead, "created_at"),
        (Lead, "updated_at"),
        (DoNotCall, "requested_at"),
        (Deal, "held_at"),
        (Deal, "won_at"),
    )
    for model, field in happened:
        if (model, field) != (Lead, "updated_at"):  # today's rows carry the machine's own time
            assert not model.objects.filter(**{f"{field}__gt": max(NOW, dt.datetime.now(dt.UTC))}).exists(), field
    assert not Call.objects.filter(called_at__gt=NOW).exists()
    assert not FollowUpMove.objects.filter(at__gt=NOW).exists()


def test_every_call_is_in_the_audit_trail(look):
    logged = AuditEntry.objects.filter(verb="log_call", target_type="calls.call")

    assert Counter(logged.values_list("target_id", flat=True)) == {call.pk: 1 for call in Call.objects.all()}


# --- Made up ------------------------------------------------------------------------------------------------------


def test_every_number_is_well_formed_and_nobodys(look):
    for phone in PhoneNumber.objects.all():
        parsed = parse_phone(phone.raw)
        assert parsed.is_valid
        assert (parsed.e164, parsed.national, parsed.kind) == (phone.e164, phone.raw, "fixed")
        assert phone.raw.split("-")[1].startswith("1"), "no subscriber's local number begins with 1"


def test_every_address_is_of_a_reserved_name(look):
    addresses = [*User.objects.values_list("email", flat=True), *Lead.objects.values_list("email", flat=True)]

    assert all(address.endswith((".example", ".example.jp")) for address in addresses if address)
    assert all("example.jp/" in url for url in Company.objects.exclude(url="").values_list("url", flat=True))


def test_the_same_seed_gives_the_same_demo_and_another_one_another(db):
    def told(seed: int) -> list[tuple]:
        return [
            (call.called_at, call.rep.key, call.outcome.code, call.lead.company.name, call.talk.memo, call.form_key)
            for call in small_demo(NOW, seed=seed).world.calls
        ]

    assert told(11) == told(11)
    assert told(11) != told(8)


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(2026, 6, 14, 22, 0, tzinfo=JST),  # Sunday night
        dt.datetime(2026, 6, 15, 9, 1, tzinfo=JST),  # Monday, the doors have just opened
        dt.datetime(2026, 6, 17, 12, 30, tzinfo=JST),  # lunch
        dt.datetime(2026, 6, 19, 17, 55, tzinfo=JST),  # Friday, five minutes left
        dt.datetime(2026, 1, 5, 10, 0, tzinfo=JST),  # after the New Year holidays
        dt.datetime(2026, 5, 7, 10, 0, tzinfo=JST),  # after Golden Week
        dt.datetime(2026, 9, 24, 10, 0, tzinfo=JST),  # after Silver Week
        dt.datetime(2026, 11, 24, 10, 0, tzinfo=JST),
    ],
)
def test_demo_can_be_made_at_any_moment(moment, db):
    world = small_demo(moment).world

    assert len(world.leads) == SMALL["leads"]
    assert any(follow_up.is_live for follow_up in world.follow_ups)


def small_demo(now: dt.datetime, **other):
    return generate(
        now=now,
        **{**SMALL, **other},
        calendar=BusinessCalendar(),
        rule=WindowRule(),
        outcomes={
            row.code: OutcomeRecord(row.code, row.connection, row.reached, row.result) for row in Outcome.objects.all()
        },
        max_attempts=6,
    )


# --- Alive --------------------------------------------------------------------------------------------------------


def test_desk_of_the_first_rep_has_every_kind_of_call(look):
    queue = call_queue(person("rep"), NOW, with_totals=True)
    second = [row for row in queue.rows if row.group == "second"]

    assert all(queue.totals[group] for group in ("promise", "second", "retry", "first"))
    assert {row.lead.tier for row in second} == {"A", "B", "C"}
    assert {row.reason for row in second} >= {"overdue", "retry", "window_open", "next_action"}
    assert min(row.deadline - NOW for row in second if row.deadline > NOW) < dt.timedelta(hours=2)


def test_first_reps_day_has_begun(look):
    rep = person("rep")
    summary = day_summary(rep, NOW)

    assert summary.calls >= 5
    assert summary.reached >= 2
    assert FollowUp.objects.filter(rep=rep, reaction_at__date=NOW.date(), planned_at__gt=NOW, state="waiting").exists()
    assert Lease.objects.get().rep == rep


def test_manager_sees_windows_at_risk_and_missed_ones(look):
    manager = person("manager")

    assert windows_at_risk(manager, NOW).filter(closes_at__gt=NOW).exists()
    assert FollowUp.objects.for_user(manager).filter(state="missed").exists()
    assert Notice.objects.unread().filter(user=manager).exists()


def test_field_sales_have_something_in_every_box(look):
    assert all(box.count for box in boxes(user=person("field"), now=NOW))


def test_agency_rep_sees_only_assigned_leads(look):
    leads = Lead.objects.for_user(person("agency"))

    assert leads.exists()
    assert set(leads.values_list("owner__role", flat=True)) == {Role.AGENCY_REP}


def test_funnel_has_all_steps_and_no_step_is_wider_than_the_one_before(look):
    today = NOW.astimezone(JST).date()
    period = Period(today - dt.timedelta(days=SMALL["days"] + 1), today)

    report = funnel_report(ReportFilter(user=None, period=period, as_of=NOW, basis="cohort"))
    counts = [step.count.numerator for step in report.steps]

    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 40
    assert all(counts[:5])
    assert 0.3 < report.figures["connect_rate_answered_per_call"].value < 0.8
    assert report.figures["cost_yen"].numerator


def test_lists_say_where_they_come_from(look):
    assert not LeadList.objects.filter(source="").exists()
    assert not LeadList.objects.filter(purpose="").exists()
    assert not LeadList.objects.filter(acquired_on=None).exists()
    assert CallingCost.objects.filter(people_yen__gt=F("agency_yen")).exists()


def test_lists_came_as_files_that_can_be_read_again(look):
    imports = LeadImport.objects.all()

    assert imports.exists()
    for saved in imports:
        lines = list(csv.DictReader(io.StringIO(saved.file.read().decode("cp932"))))
        mine = Lead.objects.filter(lead_import=saved)
        assert saved.status == LeadImport.Status.DONE
        assert saved.counts["new"] == saved.rows_done == len(lines) == mine.count()
        assert {line["会社名"] for line in lines} == set(mine.values_list("company__name", flat=True))
        assert "company_name" in saved.mapping.values()
        saved.file.close()


def test_the_story_is_that_the_second_team_misses_its_windows_since_one_of_it_is_on_leave(db):
    demo = small_demo(dt.datetime(2026, 11, 24, 10, 0, tzinfo=JST), leads=2000, days=90)
    since = demo.history.leave_from
    closed = [item for item in demo.world.follow_ups if item.window.closes_at < demo.until]

    def on_time(team: str, *, before: bool) -> float:
        mine = [f for f in closed if f.lead.team.key == team and (f.window.opens_at < since) == before]
        kept = [f for f in mine if f.first_attempted_at and f.first_attempted_at <= f.window.closes_at]
        return len(kept) / len(mine)

    assert on_time("second", before=True) > 0.8
    assert on_time("second", before=False) < 0.55
    assert on_time("first", before=False) > 0.7


# --- The command --------------------------------------------------------------------------------------------------


def test_second_load_is_refused(look, capsys):
    with pytest.raises(CommandError, match="already has data"):
        call_command("load_demo", leads=60, days=20)


def test_second_load_is_quiet_if_asked(look, capsys):
    before = Call.objects.count()

    call_command("load_demo", "--if-empty")

    assert "nothing loaded" in capsys.readouterr().out
    assert Call.objects.count() == before


def test_too_small_a_demo_is_refused(db):
    with pytest.raises(CommandError, match="at least"):
        call_command("load_demo", leads=10)


def test_everybody_can_sign_in_and_one_of_each_role_is_named_first(look):
    logins = Command().logins()

    for _role, email, password in logins:
        assert User.objects.get(email=email).check_password(password)
    assert {password for _, _, password in logins} == {PASSWORD}
    assert len({User.objects.get(email=email).role for _, email, _ in logins[:5]}) == 5
