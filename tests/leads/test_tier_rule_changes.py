"""Tier rules changed: in words, at their fields, one after another, and by two admins at once."""

import copy
import datetime as dt
import json
import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.http import QueryDict

from accounts.models import AuditEntry
from accounts.selectors import trail_lines
from calls.models.hearing import DecisionMaker
from leads.forms.tier_rules import RuleForm
from leads.models import LeadList, TierRuleVersion
from leads.rule_words import DECISION_MAKER, FACT_LABELS, VALUES, differences, group_words, number_paths
from leads.selectors import tier_basis
from leads.selectors.tier_rules import RuleScope, events_of, history_of, own_version
from leads.services.tier_rules import check_rules, end_variation, reset_to_defaults, save_rules
from leads.tier_rules import CHOICES, as_json, from_json, objections_to
from leads.tiering import DEFAULT_RULES, FACTS, Condition

pytestmark = pytest.mark.django_db
DEFAULTS = as_json(DEFAULT_RULES)


def changed(**values) -> dict:
    return {**copy.deepcopy(DEFAULTS), **values}


def with_group(*conditions: dict) -> dict:
    return changed(a=[list(conditions)])


def codes_of(refusal) -> list[str]:
    return [error.code for error in refusal.value.error_list]


# --- Saved ----------------------------------------------------------------------------------------------------------


def test_new_version_replaces_the_one_before(admin, now):
    first = save_rules(rules=changed(silence_days=60), note="短く", base=None, by=admin, now=now)
    second = save_rules(rules=changed(silence_days=45), note="さらに短く", base=first.pk, by=admin, now=now)

    first.refresh_from_db()
    assert (first.is_current, first.ended_at, first.ended_by) == (False, now, admin)
    assert own_version(RuleScope()) == second
    assert tier_basis().book.common.silence_days == 45


@pytest.mark.parametrize(("note", "code"), [(" ", "reason_required"), ("長" * 301, "max_length")])
def test_change_needs_a_reason(admin, now, note, code):
    with pytest.raises(ValidationError) as refusal:
        save_rules(rules=changed(silence_days=60), note=note, base=None, by=admin, now=now)

    assert refusal.value.error_dict["note"][0].code == code
    assert not TierRuleVersion.objects.exists()


def test_change_of_nothing_is_refused(admin, now):
    with pytest.raises(ValidationError) as refusal:
        save_rules(rules=changed(), note="理由", base=None, by=admin, now=now)

    assert codes_of(refusal) == ["unchanged"]


def test_reset_to_the_defaults_ends_the_common_version(admin, now):
    made = save_rules(rules=changed(silence_days=60), note="短く", base=None, by=admin, now=now)

    reset_to_defaults(note="元の設定で様子を見る", base=made.pk, by=admin, now=now)

    assert own_version(RuleScope()) is None
    assert tier_basis().book.common == DEFAULT_RULES


def test_nothing_to_give_up_is_refused(admin, now):
    with pytest.raises(ValidationError) as refusal:
        reset_to_defaults(note="理由", base=None, by=admin, now=now)

    assert codes_of(refusal) == ["nothing_to_end"]


def test_list_comes_before_source_and_source_before_the_rest(team, admin, now):
    lead_list = LeadList.objects.create(name="展示会", team=team)
    common = save_rules(rules=changed(silence_days=10), note="共通", base=None, by=admin, now=now)
    of_list = save_rules(
        rules=changed(silence_days=20), note="リスト", base=None, lead_list=lead_list, by=admin, now=now
    )
    of_source = save_rules(rules=changed(silence_days=30), note="流入元", base=None, source="Web", by=admin, now=now)

    def decided_by(list_id, source):
        return tier_basis().book.rules_for(list_id, source).version

    assert decided_by(lead_list.pk, "Web") == decided_by(lead_list.pk, "") == of_list.label
    assert decided_by(None, "Web") == of_source.label
    assert decided_by(None, "紹介") == common.label
    end_variation(note="廃止", base=of_list.pk, lead_list=lead_list, by=admin, now=now)
    assert decided_by(lead_list.pk, "Web") == of_source.label
    end_variation(note="廃止", base=of_source.pk, source="Web", by=admin, now=now)
    assert decided_by(lead_list.pk, "Web") == common.label


# --- Two at once ----------------------------------------------------------------------------------------------------


def test_later_of_two_admins_is_told(admin, now):
    base = save_rules(rules=changed(silence_days=60), note="初回", base=None, by=admin, now=now)
    save_rules(rules=changed(silence_days=50), note="先の人", base=base.pk, by=admin, now=now)

    with pytest.raises(ValidationError) as refusal:
        save_rules(rules=changed(silence_days=40), note="後の人", base=base.pk, by=admin, now=now)

    assert codes_of(refusal) == ["stale"]
    assert own_version(RuleScope()).note == "先の人"


def test_who_gives_up_what_another_just_changed_is_told(admin, now):
    base = save_rules(rules=changed(silence_days=60), note="初回", base=None, by=admin, now=now)
    save_rules(rules=changed(silence_days=50), note="先の人", base=base.pk, by=admin, now=now)

    with pytest.raises(ValidationError) as refusal:
        reset_to_defaults(note="後の人", base=base.pk, by=admin, now=now)

    assert codes_of(refusal) == ["stale"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_version", [False, True])
def test_of_many_at_the_same_moment_one_wins(admin, now, has_version):
    base = (
        save_rules(rules=changed(silence_days=60), note="初回", base=None, by=admin, now=now) if has_version else None
    )
    start, outcomes = threading.Barrier(4), []

    def save(days: int) -> None:
        try:
            start.wait()
            values = {"base": base.pk if base else None, "by": admin, "now": now}
            save_rules(rules=changed(silence_days=days), note=f"{days}日", **values)
            outcomes.append("saved")
        except ValidationError as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=save, args=(days,)) for days in (11, 12, 13, 14)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["saved", "stale", "stale", "stale"]
    assert TierRuleVersion.objects.filter(is_current=True).count() == 1


# --- Refused at its place -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "path", "code"),
    [
        (changed(a=[]), "a", "no_group"),
        (with_group(), "a.0", "no_condition"),
        (changed(b=[[{"fact": "problem", "days": n}] for n in range(1, 14)]), "b", "too_many"),
        (with_group(*({"fact": "problem", "days": n} for n in range(1, 8))), "a.0", "too_many"),
        (with_group({"fact": "quiet"}), "a.0.0.days", "not_a_number"),
        (with_group({"fact": "signal", "days": 0}), "a.0.0.days", "out_of_range"),
        (with_group({"fact": "signal", "days": "三十"}), "a.0.0.days", "not_a_number"),
        (with_group({"fact": "stage"}), "a.0.0.values", "required"),
        (
            changed(half_life_days={**DEFAULTS["half_life_days"], "inquiry": -7}),
            "half_life_days.inquiry",
            "out_of_range",
        ),
        (changed(signal_points={**DEFAULTS["signal_points"], "reply": ""}), "signal_points.reply", "not_a_number"),
        (changed(timing_points={"within_1_month": 101}), "timing_points.within_1_month", "out_of_range"),
        (changed(refusal_points=5), "refusal_points", "out_of_range"),
        (changed(silence_days=0), "silence_days", "out_of_range"),
        (with_group({"fact": "stage", "values": list(CHOICES["stage"])}), "a.0", "everybody"),
        (changed(a=[*DEFAULTS["a"], DEFAULTS["a"][0]]), "a.3", "repeated"),
        (
            with_group({"fact": "timing", "values": ["undecided"]}, {"fact": "timing", "values": ["within_1_month"]}),
            "a.0",
            "contradiction",
        ),
        (with_group({"fact": "problem"}, {"fact": "stage", "values": ["lost"]}), "a.0", "contradiction"),
        (with_group({"fact": "quiet", "days": 30}, {"fact": "contact", "days": 30}), "a.0", "contradiction"),
    ],
)
def test_wrong_rules_are_refused_at_their_field_in_words(rules, path, code):
    with pytest.raises(ValidationError) as refusal:
        check_rules(rules)

    (error,) = refusal.value.error_dict[path]
    assert error.code == code
    form = RuleForm(rules)
    form.put_errors(refusal.value)
    assert form.first_wrong == path
    assert form.general_errors == []
    assert form.errors[path][0].endswith("。")


@pytest.mark.parametrize(
    "group",
    [
        ({"fact": "quiet", "days": 30}, {"fact": "contact", "days": 90}),
        ({"fact": "quiet", "days": 30}, {"fact": "result", "values": ["absent"]}),
        ({"fact": "stage", "values": ["new", "calling"]}, {"fact": "stage", "values": ["calling"]}),
        ({"fact": "problem"}, {"fact": "stage", "values": ["lost", "nurturing"]}),
    ],
)
def test_rules_somebody_can_meet_are_not_objected_to(group):
    assert list(objections_to(from_json(with_group(*group), "r1"))) == []


def test_defaults_are_not_objected_to():
    assert as_json(check_rules(DEFAULTS)) == DEFAULTS


# --- The form -------------------------------------------------------------------------------------------------------


def posted(rules: dict) -> QueryDict:
    """What the page sends when it shows `rules`."""
    data = QueryDict(mutable=True)
    for side in ("a", "b"):
        for at, group in enumerate(rules[side]):
            data[f"{side}.{at}"] = "1"
            for place, condition in enumerate(group):
                path = f"{side}.{at}.{place}"
                data[f"{path}.fact"] = condition["fact"]
                data[f"{path}.days"] = str(condition.get("days", ""))
                data.setlist(f"{path}.values.{condition['fact']}", condition.get("values", []))
                if condition.get("standing"):
                    data[f"{path}.standing"] = "1"
    for path in number_paths():
        name, _point, key = path.partition(".")
        data[path] = str(rules[name].get(key, "") if key else rules[name])
    return data


def test_form_reads_back_what_it_shows():
    assert RuleForm.from_post(posted(DEFAULTS)).rules == DEFAULTS


def test_form_takes_full_width_digits_and_any_minus():
    data = posted(DEFAULTS)
    data["silence_days"], data["refusal_points"], data["silence_points"] = "１２０", "−30", "－５"

    rules = RuleForm.from_post(data).rules

    assert (rules["silence_days"], rules["refusal_points"], rules["silence_points"]) == (120, -30, -5)


def test_values_of_another_fact_stay_behind():
    data = posted(with_group({"fact": "budget", "values": ["secured"]}))
    data.setlist("a.0.0.values.signal", ["inquiry"])
    data["a.0.0.days"], data["a.0.0.standing"] = "30", "1"

    assert RuleForm.from_post(data).rules["a"] == [[{"fact": "budget", "values": ["secured"]}]]


def test_gaps_in_the_numbers_close():
    data = QueryDict(mutable=True)
    data["a.7.3.fact"], data["a.2.1.fact"] = "problem", "contact"

    assert RuleForm.from_post(data).rules["a"] == [[{"fact": "contact"}], [{"fact": "problem"}]]


@pytest.mark.parametrize(
    ("act", "groups"),
    [
        ("add:a", [["problem"], ["contact", "budget"], ["signal"]]),
        ("add:a.0", [["problem", "signal"], ["contact", "budget"]]),
        ("remove:a.0", [["contact", "budget"]]),
        ("remove:a.1.0", [["problem"], ["budget"]]),
        ("remove:a.0.0", [["contact", "budget"]]),
        ("remove:a.9", [["problem"], ["contact", "budget"]]),
        ("remove:a.1.9", [["problem"], ["contact", "budget"]]),
        ("add:a.x", [["problem"], ["contact", "budget"]]),
        ("add:silence_days", [["problem"], ["contact", "budget"]]),
        ("remove:a", [["problem"], ["contact", "budget"]]),
    ],
)
def test_conditions_and_groups_are_added_and_removed(act, groups):
    form = RuleForm(changed(a=[[{"fact": "problem"}], [{"fact": "contact"}, {"fact": "budget"}]]))

    form.rearrange(act)

    assert [[condition["fact"] for condition in group] for group in form.rules["a"]] == groups


# --- In words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        (
            (Condition("signal", ("document_request", "inquiry"), 90, True),),
            "資料請求・問合せが90日以内にある（お断りより前の反応を除く）",
        ),
        ((Condition("signal"),), "いずれかの反応が過去にある"),
        ((Condition("problem"),), "課題を聞けている（その後のお断り・失注を除く）"),
        ((Condition("problem", days=30),), "課題を30日以内に聞けている（その後のお断り・失注を除く）"),
        ((Condition("result", ("absent",), 7),), "7日以内の前回の架電の結果が担当者不在"),
        ((Condition("contact", days=60),), "60日以内に担当者と話せた"),
        ((Condition("quiet", days=14),), "最後の架電から14日を過ぎている（未架電を含む）"),
        ((Condition("stage", ("nurturing",)),), "リードの状態が継続検討"),
        ((Condition("decision_maker"),), "意思決定者を聞けている"),
        ((Condition("timing"), Condition("budget", ("secured",))), "検討時期を聞けている、かつ 予算感が確保済"),
    ],
)
def test_groups_are_sentences(conditions, words):
    assert group_words(conditions) == words


def test_every_fact_and_every_value_has_words():
    assert set(FACT_LABELS) == set(FACTS)
    assert {fact: set(words) for fact, words in VALUES.items()} == {fact: set(keys) for fact, keys in CHOICES.items()}
    assert {code: str(label) for code, label in DECISION_MAKER.items()} == {
        code: str(label) for code, label in DecisionMaker.choices
    }


def test_differences_name_groups_that_came_and_went_and_numbers():
    new = from_json(changed(b=DEFAULTS["b"][1:], silence_days=60), "r1")

    lines = [(line.label, line.before, line.after) for line in differences(DEFAULT_RULES, new)]

    assert lines == [
        ("Tier Bの条件", "リードの状態が継続検討", ""),
        ("接触・反応がないとみなすまでの日数", "90", "60"),
    ]


def test_history_tells_each_change_against_what_held_before(team, admin, now):
    lead_list = LeadList.objects.create(name="展示会", team=team)
    save_rules(rules=changed(silence_days=60), note="共通", base=None, by=admin, now=now)
    later = now + dt.timedelta(hours=1)
    values = {"lead_list": lead_list, "by": admin, "now": later}
    first = save_rules(rules=changed(silence_days=30), note="作成", base=None, **values)
    end_variation(note="やめる", base=first.pk, **values)
    save_rules(rules=changed(silence_days=20), note="また作成", base=None, **values)

    events = events_of(list(history_of(RuleScope(lead_list))), None)

    told = [(event.note, event.before.silence_days, event.rules and event.rules.silence_days) for event in events]
    assert told == [("また作成", 60, 20), ("やめる", 30, None), ("作成", 60, 30)]


def test_audit_trail_says_what_changed_in_words(admin, now):
    groups = [[{"fact": "signal", "days": 14}], *DEFAULTS["a"][1:]]
    save_rules(rules=changed(a=groups, silence_days=60), note="絞る", base=None, by=admin, now=now)

    (entry,) = AuditEntry.objects.filter(verb="save_tier_rules")
    gone, come = entry.changes["groups_a"]
    assert [json.loads(code) for code in gone] == DEFAULTS["a"][:1]
    assert [json.loads(code) for code in come] == groups[:1]
    (line,) = trail_lines([entry])
    assert (line.verb, line.target_type) == ("Tierのルールを変更", "Tierのルール")
    told = {label: (before, after) for label, before, after in line.changes}
    assert told["接触・反応がないとみなすまでの日数"] == ("90", "60")
    assert told["変更の理由"] == ("—", "絞る")
    assert told["Tier Aの条件"] == (
        "「いずれかの反応が30日以内にある（お断りより前の反応を除く）」",
        "「いずれかの反応が14日以内にある」",
    )
