"""The one service for tiers: every path, the nightly run, and a manager's override."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError

from accounts.models import AuditEntry
from leads.inputs import CompanyInput, LeadInput
from leads.models import Lead, LeadList, Tier, TierRuleVersion
from leads.reasons import ago, item_words, reason_sentences
from leads.selectors import tier_basis
from leads.services.leads import update_lead
from leads.services.signals import add_signal
from leads.services.tiers import clear_override, is_stale, override_tier, retier_leads, retier_stale
from leads.tasks import retier_all
from leads.tiering import DEFAULT_RULES, Condition
from tests.leads.rule_versions import set_rules


def test_signal_makes_an_a_with_its_reason(make_lead, rep, now):
    lead = make_lead("03-1234-5678")

    add_signal(lead=lead, kind="document_request", occurred_at=now - dt.timedelta(days=3), by=rep, now=now)

    lead.refresh_from_db()
    assert lead.tier == Tier.A
    assert reason_sentences(lead.tier_reasons, now) == ["資料請求 3日前"]


@pytest.mark.parametrize(("kind", "owes"), [("inquiry", True), ("reply", True), ("seminar", False)])
def test_only_reacting_signals_owe_a_follow_up(make_lead, rep, now, kind, owes):
    signal = add_signal(lead=make_lead(), kind=kind, occurred_at=now, by=rep, now=now)

    assert signal.needs_follow_up is owes


def test_same_signal_twice_is_one(make_lead, rep, now):
    lead = make_lead()

    twins = [add_signal(lead=lead, kind="inquiry", occurred_at=now, by=rep, now=now).pk for _ in range(2)]

    assert twins[0] == twins[1]
    assert AuditEntry.objects.about(lead).filter(verb="add_signal").count() == 1


def test_signal_from_the_future_is_refused(make_lead, rep, now):
    with pytest.raises(ValidationError) as refusal:
        add_signal(lead=make_lead(), kind="inquiry", occurred_at=now + dt.timedelta(minutes=1), by=rep, now=now)

    assert "occurred_at" in refusal.value.error_dict


def test_override_wins_through_its_last_day_and_then_the_rule_decides(make_lead, manager, now):
    lead = make_lead()
    until = dt.date(2026, 6, 20)

    override_tier(lead=lead, tier="A", reason="大型案件の見込み", until=until, by=manager, now=now)
    retier_stale(now=now + dt.timedelta(days=4))  # 20 June
    on_last_day = Lead.objects.get(pk=lead.pk).tier
    retier_stale(now=now + dt.timedelta(days=5))  # 21 June

    lead.refresh_from_db()
    assert on_last_day == Tier.A
    assert (lead.tier, lead.tier_reasons) == (Tier.C, [{"code": "no_contact"}])


def test_override_is_audited_from_what_to_what(make_lead, manager, now):
    lead = make_lead()

    override_tier(lead=lead, tier="B", reason="展示会で面談", until=dt.date(2026, 7, 1), by=manager, now=now)

    (entry,) = AuditEntry.objects.about(lead).filter(verb="override_tier")
    assert entry.by == manager
    assert entry.changes["tier"] == ["C", "B"]
    assert entry.changes["tier_override_until"] == [None, "2026-07-01"]


def test_clearing_an_override_gives_the_tier_back_at_once(make_lead, manager, now):
    lead = make_lead()
    override_tier(lead=lead, tier="A", reason="見込み", until=dt.date(2026, 7, 1), by=manager, now=now)

    clear_override(lead=lead, by=manager, now=now)

    lead.refresh_from_db()
    assert (lead.tier, lead.tier_override, lead.tier_override_until) == (Tier.C, "", None)


@pytest.mark.parametrize(("change", "field"), [({"reason": " "}, "reason"), ({"until": dt.date(2026, 6, 15)}, "until")])
def test_override_needs_a_reason_and_a_day_to_come(make_lead, manager, now, change, field):
    values = {"tier": "A", "reason": "見込み", "until": dt.date(2026, 6, 16), **change}

    with pytest.raises(ValidationError) as refusal:
        override_tier(lead=make_lead(), by=manager, now=now, **values)

    assert field in refusal.value.error_dict


def test_nightly_run_decays_tiers_and_runs_once_a_day(make_lead, rep, now):
    lead = make_lead()
    add_signal(lead=lead, kind="seminar", occurred_at=now, by=rep, now=now)
    make_lead("03-1234-5679")

    first = retier_stale(now=now + dt.timedelta(days=31))
    again = retier_stale(now=now + dt.timedelta(days=31, hours=1))

    lead.refresh_from_db()
    assert (first, again) == (2, 0)
    assert lead.tier == Tier.B


def test_nightly_run_in_small_batches_misses_nobody(make_lead, now):
    for n in range(7):
        make_lead(f"03-1234-000{n}")

    assert retier_stale(now=now + dt.timedelta(days=1), batch=3) == 7


def test_nightly_run_stops_at_its_limit_and_the_next_goes_on(make_lead, now):
    for n in range(5):
        make_lead(f"03-1234-000{n}")
    night = now + dt.timedelta(days=1)

    assert [retier_stale(now=night, batch=2, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_nightly_run_costs_a_fixed_number_of_queries_per_batch(make_lead, now, django_assert_max_num_queries):
    for n in range(6):
        make_lead(f"03-1234-000{n}")

    with django_assert_max_num_queries(10):
        retier_stale(now=now + dt.timedelta(days=1))


def test_task_goes_on_until_everybody_is_done(make_lead, now, monkeypatch):
    for n in range(5):
        make_lead(f"03-1234-000{n}")
    Lead.objects.update(tiered_at=now - dt.timedelta(days=3000))
    monkeypatch.setattr("leads.tasks.SLICE", 2)

    retier_all.delay()

    assert not Lead.objects.filter(tiered_at__lt=now).exists()


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ({"code": "signal", "kind": "document_request", "on": "2026-06-13"}, ["資料請求 3日前"]),
        ({"code": "signal", "kind": "inquiry", "on": "2026-06-15"}, ["問合せ 昨日"]),
        ({"code": "signal", "kind": "reply", "on": "2026-06-16"}, ["返信 今日"]),
        ({"code": "problem", "on": "2026-01-01"}, ["課題コメントあり"]),
        ({"code": "silent", "on": "2026-03-18"}, ["90日接触なし"]),
        ({"code": "considering"}, ["継続検討中"]),
        (
            {"code": "not_now", "timing": "within_1_year", "budget": "undecided"},
            ["検討時期: 1年以内", "予算: 未定"],
        ),
        ({"code": "timing", "value": "within_1_year"}, ["検討時期: 1年以内"]),
        ({"code": "budget", "value": "undecided"}, ["予算: 未定"]),
        ({"code": "decision_maker", "value": "self"}, ["意思決定者を把握"]),
        ({"code": "result", "result": "absent", "on": "2026-06-15"}, ["前回の結果: 担当者不在 昨日"]),
        ({"code": "stage", "stage": "calling"}, ["状態: 一次架電中"]),
        ({"code": "quiet", "on": "2026-06-06"}, ["最終架電から10日"]),
        ({"code": "never_called"}, ["まだ架電していない"]),
        ({"code": "contact", "on": "2026-05-17"}, ["担当者との会話 30日前"]),
        ({"code": "old_signal", "kind": "seminar", "on": "2025-06-16"}, ["セミナー参加 365日前"]),
        ({"code": "refused", "on": "2026-06-06"}, ["お断り 10日前"]),
        ({"code": "no_reaction", "on": "2026-06-15"}, ["架電したが反応なし（最終 昨日）"]),
        ({"code": "no_contact"}, ["接触・反応なし"]),
        ({"code": "override", "reason": "大型案件"}, ["手動で変更: 大型案件"]),
    ],
)
def test_reason_is_a_sentence(reason, words, now):
    assert reason_sentences([reason], now) == words


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"code": "signal", "kind": "inquiry", "on": "2026-06-14"}, "問合せ 2日前"),
        ({"code": "timing", "value": "within_3_months"}, "検討時期: 3か月以内"),
        ({"code": "budget", "value": "secured"}, "予算: 確保済"),
        ({"code": "decision_maker"}, "意思決定者を把握"),
        ({"code": "problem", "on": "2026-06-01"}, "課題を把握"),
        ({"code": "refusal", "on": "2026-06-15"}, "お断り 昨日"),
        ({"code": "silence", "on": "2026-03-01"}, "107日接触なし"),
        ({"code": "limit"}, "0〜100の範囲に調整"),
    ],
)
def test_item_of_the_temperature_is_named(item, words, now):
    assert item_words(item, now) == words


def test_late_last_night_is_yesterday_in_japan(now):
    early = now.replace(hour=0, minute=5)

    assert ago("2026-06-15", early) == "昨日"


# --- Rules that changed ---------------------------------------------------------------------------------------------


def test_run_takes_leads_that_replaced_rules_decided_and_only_those(make_lead, team, manager, now):
    lead_list = LeadList.objects.create(name="展示会", team=team)
    of_list, of_source, of_both, other = (make_lead(f"03-1234-000{n}") for n in range(4))
    Lead.objects.filter(pk__in=[of_list.pk, of_both.pk]).update(lead_list=lead_list)
    Lead.objects.filter(pk__in=[of_source.pk, of_both.pk]).update(source="web")
    done, versions = [retier_stale(now=now)], []
    for scope in ({}, {"source": "web"}, {"lead_list": lead_list}):
        versions.append(set_rules(now, a=((Condition("quiet", days=1),),), **scope).label)
        done.append(retier_stale(now=now, batch=1))

    decided = dict(Lead.objects.values_list("pk", "tier_rule_version"))
    assert done == [0, 4, 2, 2]
    assert decided == {
        other.pk: versions[0],
        of_source.pk: versions[1],
        of_list.pk: versions[2],
        of_both.pk: versions[2],  # a list's own rules come first
    }
    assert set(Lead.objects.values_list("tier", flat=True)) == {Tier.A}
    assert retier_stale(now=now) == 0


def test_variation_that_is_given_up_leaves_its_leads_to_the_common_rules(make_lead, now):
    lead = make_lead()
    Lead.objects.update(source="web")
    version = set_rules(now, source="web", a=((Condition("quiet", days=1),),))
    retier_stale(now=now)
    TierRuleVersion.objects.filter(pk=version.pk).update(is_current=False, ended_at=now)

    assert retier_stale(now=now) == 1

    lead.refresh_from_db()
    assert (lead.tier, lead.tier_rule_version) == (Tier.C, DEFAULT_RULES.version)


def test_lead_that_another_run_has_done_meanwhile_is_left_alone(make_lead, now):
    lead, night = make_lead(), now + dt.timedelta(days=1)
    stale = is_stale(tier_basis(), night)
    retier_stale(now=night)

    assert retier_leads(lead_ids=[lead.pk], now=night, still=stale) == 0


def test_tier_of_a_clock_that_was_put_back_is_decided_again(make_lead, now):
    make_lead()
    retier_stale(now=now + dt.timedelta(days=3))

    assert retier_stale(now=now) == 1


def test_edit_of_the_source_changes_the_rules_that_count(make_lead, rep, now):
    lead = make_lead()
    version = set_rules(now, source="web", a=((Condition("quiet", days=1),),))
    data = LeadInput(name=lead.name, source="web", company=CompanyInput(name=lead.company.name))

    update_lead(lead=lead, data=data, version=lead.version, by=rep, now=now)

    lead.refresh_from_db()
    assert (lead.tier, lead.tier_rule_version) == (Tier.A, version.label)
