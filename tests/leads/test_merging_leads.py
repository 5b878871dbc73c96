"""Merging two leads keeps everything either has; undoing it gives back what was."""

import datetime as dt
import threading

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, Role, Team, User
from calls.models import Call, FollowUp, Lease, NextAction, Notice
from calls.services import leases
from calls.services.follow_ups import cancel
from calls.services.notices import notify
from deals.models import Deal
from leads.inputs import LEAD_CHOICES
from leads.models import (
    Company,
    DoNotCall,
    ImportRow,
    Lead,
    LeadDouble,
    LeadImport,
    LeadList,
    Merge,
    PastCall,
    PhoneNumber,
    Signal,
    StageMove,
)
from leads.search import fold
from leads.services.blocks import block_lead, block_number
from leads.services.merging_leads import merge_leads, refresh
from leads.services.signals import add_signal
from leads.services.stages import move_stage
from leads.services.tiers import retier_leads
from leads.services.unmerging import undo_merge
from tests.calls.factories import appointment, call

pytestmark = pytest.mark.django_db

ASKED = {"words": "もうかけないでほしい", "requested_by": "ご本人", "by": None}
RISES = {"version", "updated_at", "tiered_at"}


@pytest.fixture
def pair(make_lead):
    """Two rows of one person: (kept, gone)."""
    kept = make_lead("03-1234-5678", name="田中 一郎", email="ichiro@example.jp")
    gone = make_lead("03-1234-5678", "090-1234-5678", name="田中", department="営業部", memo="電話は午前に")
    return kept, gone


def merged(pair, now, by=None, **choices) -> Merge:
    kept, gone = pair
    return merge_leads(kept_id=kept.pk, gone_id=gone.pk, choices=choices, by=by, now=now)


def dump() -> dict:
    """Every row of the three apps as it stands, but for counters that only rise."""
    rows = {}
    for app in ("leads", "calls", "deals"):
        for model in apps.get_app_config(app).get_models():
            if model is not Merge:
                for row in model.objects.order_by("pk").values():
                    told = {name: value for name, value in row.items() if name not in RISES}
                    rows[model._meta.label, row["id"]] = told
    return rows


def ids(queryset) -> list[int]:
    return list(queryset.order_by("pk").values_list("pk", flat=True))


# --- Fields -----------------------------------------------------------------------------------------------------------


def test_blank_fields_are_filled_and_known_ones_stay(pair, now):
    merged(pair, now)
    lead = Lead.objects.get(pk=pair[0].pk)
    assert (lead.name, lead.email, lead.department, lead.memo) == (
        "田中 一郎",
        "ichiro@example.jp",
        "営業部",
        "電話は午前に",
    )
    assert not Lead.objects.filter(pk=pair[1].pk).exists()


def test_chosen_field_comes_from_the_one_that_goes(pair, now, rep, colleague):
    kept, gone = pair
    Lead.objects.filter(pk=kept.pk).update(owner=rep, memo="一度お話し済み")
    Lead.objects.filter(pk=gone.pk).update(owner=colleague)
    merged(pair, now, name="gone", owner="gone", memo="both")
    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.name, lead.owner) == ("田中", colleague)
    assert lead.memo == "一度お話し済み\n電話は午前に"


def test_columns_of_both_lists_stay(pair, now):
    kept, gone = pair
    Lead.objects.filter(pk=kept.pk).update(extra={"規模": "大"})
    Lead.objects.filter(pk=gone.pk).update(extra={"規模": "小", "地域": "東京"})
    merged(pair, now)
    assert Lead.objects.get(pk=kept.pk).extra == {"規模": "大", "地域": "東京"}


def test_lead_is_found_by_what_came_to_it(pair, now):
    merged(pair, now)
    text = Lead.objects.get(pk=pair[0].pk).search_text
    assert "09012345678" in text
    assert fold("ichiro@example.jp") in text


def test_open_form_of_the_kept_lead_is_stale(pair, now):
    merged(pair, now)
    assert Lead.objects.get(pk=pair[0].pk).version == 2


@pytest.mark.parametrize("choices", [{"team": "gone"}, {"name": "theirs"}, {"name": "both"}])
def test_choice_that_is_none_is_refused(pair, now, choices):
    with pytest.raises(ValidationError) as refused:
        merged(pair, now, **choices)
    assert refused.value.code == "unknown_choice"


# --- What hangs on them -----------------------------------------------------------------------------------------------


def test_number_of_both_stays_once_and_others_go_behind(pair, now):
    merged(pair, now)
    numbers = list(pair[0].phones.order_by("position").values_list("raw", flat=True))
    assert numbers == ["03-1234-5678", "090-1234-5678"]


def test_number_out_of_use_on_either_is_not_called_again(pair, now):
    pair[1].phones.filter(raw="03-1234-5678").update(is_valid=False, invalid_reason="out_of_service")
    merge = merged(pair, now)
    assert pair[0].phones.get(raw="03-1234-5678").invalid_reason == "out_of_service"
    undo_merge(merge=merge, by=None, now=now)
    assert pair[0].phones.get(raw="03-1234-5678").is_valid


def test_call_names_the_number_that_stayed(pair, now, rep):
    dialled = call(pair[1], rep, now, "no_answer", phone=pair[1].phones.get(raw="03-1234-5678")).call
    merge = merged(pair, now)
    dialled.refresh_from_db()
    assert dialled.phone == pair[0].phones.get(raw="03-1234-5678")
    undo_merge(merge=merge, by=None, now=now)
    dialled.refresh_from_db()
    assert (dialled.lead, dialled.phone.lead) == (pair[1], pair[1])


def test_everything_moves_to_the_kept_lead(pair, now, rep, field_sales):
    kept, gone = pair
    full_history(gone, rep, now)
    had = {model: ids(model.objects.filter(lead=gone)) for model in MOVED}
    assert all(had.values())
    merged(pair, now)
    for model, keys in had.items():
        assert set(keys) <= set(ids(model.objects.filter(lead=kept))), model
    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.call_count, lead.stage, lead.tier) == (2, "appointment", "A")


MOVED = (Call, FollowUp, NextAction, Notice, Deal, Signal, StageMove, PastCall, ImportRow)


def full_history(lead: Lead, rep: User, now: dt.datetime) -> None:
    lead_list = LeadList.objects.create(name=f"展示会 {lead.pk}", team=lead.team)
    lead_import = LeadImport.objects.create(lead_list=lead_list, filename="a.csv")
    ImportRow.objects.create(lead_import=lead_import, line=2, lead=lead, outcome="new", digest="x")
    PastCall.objects.create(lead=lead, called_at=now - dt.timedelta(days=90), result="不在")
    add_signal(lead=lead, kind="document_request", occurred_at=now - dt.timedelta(days=3), by=rep, now=now)
    follow_up = call(lead, rep, now - dt.timedelta(days=2), "interested").follow_up
    notify(user=rep, kind=Notice.Kind.OPENED, key=f"opened:{lead.pk}", now=now, lead=lead, follow_up=follow_up)
    call(lead, rep, now, "appointment", appointment=appointment(now + dt.timedelta(minutes=lead.pk)))


def test_every_row_that_points_at_a_lead_is_taken_along():
    """A new relation must be moved too, or it is lost with the lead that goes."""
    pointing = {
        relation.related_model._meta.label
        for relation in Lead._meta.get_fields(include_hidden=True)
        if relation.auto_created and not relation.concrete and relation.related_model is not Lead
    }
    moved = {model._meta.label for model in (*MOVED, PhoneNumber, DoNotCall, LeadDouble, Lease)}
    assert pointing == moved | {"calls.Hearing"}


def test_same_reaction_is_kept_once(pair, now):
    at = now - dt.timedelta(days=2)
    for lead in pair:
        add_signal(lead=lead, kind="seminar", occurred_at=at, by=None, now=now)
    before = dump()
    merge = merged(pair, now)
    assert pair[0].signals.count() == 1
    undo_merge(merge=merge, by=None, now=now)
    assert dump() == before


# --- Second calls -----------------------------------------------------------------------------------------------------


def test_of_two_open_follow_ups_the_one_due_first_stays(pair, now, rep):
    kept, gone = pair
    early = call(gone, rep, now - dt.timedelta(days=1), "interested").follow_up
    late = call(kept, rep, now, "interested").follow_up
    merge = merged(pair, now)
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.state, late.close_reason) == ("cancelled", "merged")
    assert (early.is_live, early.lead) == (True, kept)
    undo_merge(merge=merge, by=None, now=now)
    late.refresh_from_db()
    early.refresh_from_db()
    assert (late.lead, late.is_live, early.lead, early.is_live) == (kept, True, gone, True)


def test_promise_goes_before_an_earlier_deadline(pair, now, rep):
    kept, gone = pair
    deadline = call(kept, rep, now - dt.timedelta(days=1), "interested").follow_up
    promise = call(gone, rep, now, "interested").follow_up
    promised_at = now + dt.timedelta(days=2)
    FollowUp.objects.filter(pk=promise.pk).update(promised_at=promised_at, planned_at=promised_at)
    merged(pair, now)
    assert FollowUp.objects.live().get(lead=kept) == promise
    assert FollowUp.objects.get(pk=deadline.pk).close_reason == "merged"
    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.next_call_at, lead.next_call_is_promise) == (promised_at, True)


def test_second_call_made_since_stays_where_it_was_made(pair, now, rep):
    kept, gone = pair
    follow_up = call(gone, rep, now - dt.timedelta(days=1), "interested").follow_up
    merge = merged(pair, now)
    kept.refresh_from_db()
    since = call(kept, rep, now, "no_answer").call
    undo_merge(merge=merge, by=None, now=now)
    since.refresh_from_db()
    follow_up.refresh_from_db()
    assert (since.lead, follow_up.lead, since.follow_up) == (kept, kept, follow_up)
    assert Lead.objects.get(pk=kept.pk).call_count == 1
    assert Lead.objects.get(pk=gone.pk).call_count == 1


def test_ended_follow_up_stays_ended_when_another_was_opened_since(pair, now, rep):
    kept, gone = pair
    early = call(gone, rep, now - dt.timedelta(days=1), "interested").follow_up
    late = call(kept, rep, now, "interested").follow_up
    merge = merged(pair, now)
    cancel(follow_up=FollowUp.objects.get(pk=early.pk), reason="not_wanted", by=None, now=now)
    kept.refresh_from_db()
    fresh = call(kept, rep, now + dt.timedelta(hours=1), "interested").follow_up
    undo_merge(merge=merge, by=None, now=now)
    assert FollowUp.objects.live().get(lead=kept) == fresh
    assert FollowUp.objects.get(pk=late.pk).state == "cancelled"


def test_lead_somebody_is_calling_is_not_taken_away(pair, now, rep):
    leases.claim(lead=pair[1], by=rep, now=now)
    with pytest.raises(ValidationError) as refused:
        merged(pair, now)
    assert refused.value.code == "held_by_colleague"
    assert Lead.objects.filter(pk=pair[1].pk).exists()


# --- Do not call ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 1])
def test_refusal_of_either_blocks_the_one_that_stays(pair, now, which):
    block = block_lead(lead=pair[which], scope="person", requested_at=now, now=now, **ASKED)
    merge = merged(pair, now)
    assert Lead.objects.get(pk=pair[0].pk).is_blocked
    undo_merge(merge=merge, by=None, now=now)
    block.refresh_from_db()
    assert block.lead == pair[which]
    assert [Lead.objects.get(pk=lead.pk).is_blocked for lead in pair] == [which == 0, which == 1]


def test_of_two_refusals_one_stands_and_the_other_is_kept(pair, now):
    for lead in pair:
        block_lead(lead=lead, scope="person", requested_at=now, now=now, **ASKED)
    before = dump()
    merge = merged(pair, now)
    assert DoNotCall.objects.filter(lead=pair[0]).count() == 2
    assert DoNotCall.objects.standing().filter(lead=pair[0]).count() == 1
    undo_merge(merge=merge, by=None, now=now)
    assert dump() == before


def test_refusal_of_a_company_goes_on_with_the_person_who_leaves_it(make_lead, now):
    kept = make_lead("03-1111-2222", company="株式会社みどり")
    gone = make_lead("03-3333-4444", company="株式会社みどり商事")
    assert kept.company != gone.company
    block_lead(lead=gone, scope="company", requested_at=now, now=now, **ASKED)
    before = dump()
    merge = merged((kept, gone), now)
    lead = Lead.objects.get(pk=kept.pk)
    assert (lead.company, lead.is_blocked) == (kept.company, True)
    undo_merge(merge=merge, by=None, now=now)
    assert dump() == before


def test_blocked_number_stays_blocked(pair, now):
    block_number(e164="+819012345678", lead=pair[1], requested_at=now, now=now, **ASKED)
    merged(pair, now)
    assert not Lead.objects.get(pk=pair[0].pk).is_blocked
    assert DoNotCall.objects.standing().get(e164="+819012345678").lead == pair[0]


# --- Undo -------------------------------------------------------------------------------------------------------------

ACTS = ("signal", "first", "reaction", "appointment", "block", "number", "stage", "past", "card", "pair")


def act(lead: Lead, name: str, rep: User, now: dt.datetime, third: Lead) -> None:
    """One thing that can have happened to a lead."""
    lead.refresh_from_db()
    if name == "signal":
        add_signal(lead=lead, kind="inquiry", occurred_at=now - dt.timedelta(days=1), by=rep, now=now)
    elif name in ("first", "reaction", "appointment"):
        code = {"first": "no_answer", "reaction": "interested", "appointment": "appointment"}[name]
        if lead.has_callable_phone and not lead.is_blocked:
            at = now + dt.timedelta(minutes=7 * lead.pk)
            fields = {"appointment": appointment(at)} if name == "appointment" else {}
            call(lead, rep, now, code, **fields)
    elif name == "block":
        block_lead(lead=lead, scope="person", requested_at=now, now=now, **ASKED)
    elif name == "number":
        PhoneNumber.objects.get_or_create(lead=lead, raw="06-1234-5678", defaults={"e164": "+81612345678"})
        refresh(lead)
    elif name == "stage" and lead.stage == "new":
        move_stage(lead=lead, to="nurturing", by=rep, now=now)
    elif name == "past":
        PastCall.objects.create(lead=lead, result="不在")
    elif name == "card":
        leases.claim(lead=lead, by=rep, now=now - dt.timedelta(days=1))
    elif name == "pair":
        first, second = sorted((lead, third), key=lambda row: row.pk)
        LeadDouble.objects.get_or_create(first=first, second=second, defaults={"found_at": now})


@settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # an example is a second of database: shrinking takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    mine=st.lists(st.sampled_from(ACTS), max_size=5),
    theirs=st.lists(st.sampled_from(ACTS), max_size=5),
    choices=st.dictionaries(st.sampled_from(LEAD_CHOICES), st.sampled_from(["kept", "gone"])),
)
def test_merge_and_undo_leave_everything_as_it_was(make_lead, rep, field_sales, now, mine, theirs, choices):
    kept = make_lead("03-1234-5678", name="田中 一郎", company="株式会社甲")
    gone = make_lead("03-1234-5678", name="田中", company="株式会社乙", memo="午前に", email="t@example.jp")
    third = make_lead("03-9999-8888", name="別人", company="株式会社丙")
    deeds = [(kept, name) for name in mine] + [(gone, name) for name in theirs]
    for minute, (lead, name) in enumerate(deeds):
        act(lead, name, rep, now + dt.timedelta(minutes=minute), third)
    now += dt.timedelta(hours=1)
    retier_leads(lead_ids=[kept.pk, gone.pk], now=now)
    before = dump()
    merge = merge_leads(kept_id=kept.pk, gone_id=gone.pk, choices=choices, by=rep, now=now)
    assert FollowUp.objects.live().filter(lead=kept).count() <= 1
    undo_merge(merge=merge, by=rep, now=now)
    assert dump() == before


def test_field_edited_since_stays(pair, now):
    merge = merged(pair, now)
    Lead.objects.filter(pk=pair[0].pk).update(department="開発部")
    undo_merge(merge=merge, by=None, now=now)
    assert Lead.objects.get(pk=pair[0].pk).department == "開発部"
    assert Lead.objects.get(pk=pair[1].pk).department == "営業部"


def test_what_came_since_stays(pair, now):
    merge = merged(pair, now)
    signal = add_signal(lead=pair[0], kind="inquiry", occurred_at=now, by=None, now=now)
    PhoneNumber.objects.create(lead=pair[0], raw="06-1234-5678", e164="+81612345678")
    undo_merge(merge=merge, by=None, now=now)
    assert Signal.objects.get(pk=signal.pk).lead == pair[0]
    assert set(pair[0].phones.values_list("raw", flat=True)) == {"03-1234-5678", "06-1234-5678"}


def test_undoing_twice_is_refused(pair, now):
    merge = merged(pair, now)
    undo_merge(merge=merge, by=None, now=now)
    with pytest.raises(ValidationError) as refused:
        undo_merge(merge=merge, by=None, now=now)
    assert refused.value.code == "already_undone"


def test_later_merge_is_undone_first(pair, make_lead, now):
    first = merged(pair, now)
    third = make_lead("03-5555-6666", name="田中 一朗")
    second = merged((third, pair[0]), now)
    with pytest.raises(ValidationError) as refused:
        undo_merge(merge=first, by=None, now=now)
    assert refused.value.code == "merged_on"
    undo_merge(merge=second, by=None, now=now)
    undo_merge(merge=first, by=None, now=now)
    assert Lead.objects.filter(pk__in=[pair[0].pk, pair[1].pk, third.pk]).count() == 3


def test_two_merges_into_one_are_undone_in_either_order(pair, make_lead, now, rep):
    third = make_lead("03-5555-6666", name="田中 一朗")
    for lead in (*pair, third):
        call(lead, rep, now, "no_answer")
    first = merged(pair, now)
    second = merged((pair[0], third), now)
    assert Lead.objects.get(pk=pair[0].pk).call_count == 3
    undo_merge(merge=first, by=None, now=now)
    undo_merge(merge=second, by=None, now=now)
    assert {Lead.objects.get(pk=lead.pk).call_count for lead in (*pair, third)} == {1}


def test_kept_lead_that_was_deleted_cannot_give_anything_back(pair, now):
    merge = merged(pair, now)
    Lead.objects.filter(pk=pair[0].pk).delete()
    with pytest.raises(ValidationError) as refused:
        undo_merge(merge=merge, by=None, now=now)
    assert refused.value.code == "kept_missing"


def test_list_that_was_deleted_is_not_pointed_at(pair, team, now):
    lead_list = LeadList.objects.create(name="消えるリスト", team=team)
    Lead.objects.filter(pk=pair[1].pk).update(lead_list=lead_list)
    merge = merged(pair, now, lead_list="kept")
    lead_list.delete()
    undo_merge(merge=merge, by=None, now=now)
    assert Lead.objects.get(pk=pair[1].pk).lead_list is None


# --- Who and when -----------------------------------------------------------------------------------------------------


def test_manager_does_not_merge_across_teams(make_lead, other_team, manager, admin, now):
    manager.managed_teams.add(other_team)
    pair = make_lead("03-1234-5678"), make_lead("03-1234-5678", team=other_team)
    with pytest.raises(ValidationError) as refused:
        merged(pair, now, by=manager)
    assert refused.value.code == "other_team"
    merge = merged(pair, now, by=admin)
    manager.managed_teams.remove(other_team)
    with pytest.raises(ValidationError):
        undo_merge(merge=merge, by=User.objects.get(pk=manager.pk), now=now)


def test_what_was_edited_since_it_was_shown_is_not_merged(pair, now):
    kept, gone = pair
    seen = {kept.pk: kept.version, gone.pk: gone.version}
    Lead.objects.filter(pk=gone.pk).update(version=2)
    with pytest.raises(ValidationError) as refused:
        merge_leads(kept_id=kept.pk, gone_id=gone.pk, choices={}, by=None, now=now, versions=seen)
    assert refused.value.code == "stale"


def test_lead_does_not_merge_with_itself(pair, now):
    with pytest.raises(ValidationError) as refused:
        merged((pair[0], pair[0]), now)
    assert refused.value.code == "already_merged"


def test_merge_and_undo_stand_in_both_trails(pair, manager, now):
    merge = merged(pair, now, by=manager)
    undo_merge(merge=merge, by=manager, now=now)
    for lead in pair:
        verbs = list(AuditEntry.objects.about(lead).order_by("pk").values_list("verb", flat=True))
        assert verbs[-2:] == ["merge_lead", "undo_merge"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_same_pair_one_wins(now):
    team = Team.objects.create(name="同時")
    people = [User.objects.create(email=f"m{n}@example.jp", name=str(n), role=Role.ADMIN, password="!") for n in (1, 2)]
    company = Company.objects.create(name="株式会社甲", name_key="甲")
    one, other = (Lead.objects.create(company=company, name=name, team=team) for name in ("田中", "田中 一郎"))
    gate, told = threading.Barrier(2), []

    def work(by: User, kept: Lead, gone: Lead) -> None:
        gate.wait()
        try:
            merge_leads(kept_id=kept.pk, gone_id=gone.pk, choices={}, by=by, now=now)
            told.append("merged")
        except ValidationError as refusal:
            told.append(refusal.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=work, args=(people[0], one, other)),
        threading.Thread(target=work, args=(people[1], other, one)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["already_merged", "merged"]
    assert Lead.objects.filter(pk__in=[one.pk, other.pk]).count() == 1
    assert Merge.objects.count() == 1
