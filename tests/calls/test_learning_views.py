"""The page of the learned temperature: for admins only, in words, with a switch that wants a reason."""

import pytest
from django.urls import reverse

from calls.services.learning import switch_on, train
from config import clock
from leads.models import Lead, TemperatureModel
from tests.calls.learning_rows import make_outcomes

Status = TemperatureModel.Status
PAGE = reverse("calls:learning")


@pytest.fixture(autouse=True)
def _now(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def offered(team, now) -> TemperatureModel:
    make_outcomes(team, now, 600)
    return train(now=now).model


@pytest.fixture
def on(offered, admin, now) -> TemperatureModel:
    return switch_on(model_id=offered.pk, reason="試す", a_from=None, b_from=None, by=admin, now=now)


def url(name: str, model: TemperatureModel) -> str:
    return reverse(f"calls:{name}", args=[model.pk])


@pytest.mark.parametrize("role", ["rep", "agency_rep", "field_sales", "manager"])
def test_nobody_but_admins_finds_it(client_for, request, role, admin, now):
    model = TemperatureModel.objects.create(status=Status.OFFERED, card={}, metrics={}, trained_at=now)
    client = client_for(request.getfixturevalue(role))

    answers = [client.get(PAGE), client.get(url("learning_model", model))]
    answers += [client.post(url(act, model), {"reason": "試す"}) for act in ("learning_on", "learning_off")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert TemperatureModel.objects.get().status == Status.OFFERED


def test_too_little_says_how_much_there_is_and_is_needed(client_for, admin, team, now):
    make_outcomes(team, now, 87)

    page = client_for(admin).get(PAGE).content.decode()

    assert "まだ学習できません（結果がわかった反応 87件、必要 400件）" in page
    assert "いまはルールの温度感を使っています" in page


def test_enough_but_not_tried_yet(client_for, admin, team, now):
    make_outcomes(team, now, 420)

    assert "まだ学習していません（結果がわかった反応 420件）" in client_for(admin).get(PAGE).content.decode()


def test_an_offer_is_shown_in_words(client_for, admin, offered):
    page = client_for(admin).get(PAGE).content.decode()

    assert "学習した温度感が提案されています" in page
    assert f"AUC {offered.metrics['auc']:.2f}（ルール {offered.metrics['rule_auc']:.2f}、差 +" in page
    assert "n=180" in page
    assert "業種: 製造業" in page
    assert "この温度感を使う" in page


def test_thresholds_can_be_looked_at_before_anything_changes(client_for, admin, offered):
    answer = client_for(admin).get(url("learning_model", offered), {"a_from": "70", "b_from": "40"})

    page = answer.content.decode()
    assert "TierもA 70以上、B 40以上で決めます" in page
    assert '<input type="hidden" name="a_from" value="70">' in page
    assert sum(line["card"] for line in answer.context["shares"]["tiers"]) == 600
    offered.refresh_from_db()
    assert offered.a_from is None


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"a_from": "30", "b_from": "70"}, "AはBより高い温度にしてください"),
        ({"a_from": "70", "b_from": ""}, "AとBの両方を入力してください"),
        ({"a_from": "170", "b_from": "40"}, "100"),
    ],
)
def test_thresholds_that_make_no_sense_are_not_carried_on(client_for, admin, offered, asked, words):
    page = client_for(admin).get(url("learning_model", offered), asked).content.decode()

    assert words in page
    assert '<input type="hidden" name="a_from" value="">' in page
    assert "Tierはルールのままです" in page


def test_switching_on_has_every_lead_decided_anew(
    client_for, admin, offered, django_capture_on_commit_callbacks, monkeypatch
):
    asked = []
    monkeypatch.setattr("calls.views.learning.retier_all.apply_async", lambda **options: asked.append(options))
    with django_capture_on_commit_callbacks(execute=True):
        answer = client_for(admin).post(
            url("learning_on", offered), {"reason": "試す", "a_from": "60", "b_from": "30"}, follow=True
        )

    offered.refresh_from_db()
    assert (offered.status, offered.a_from, offered.b_from, offered.switched_by) == (Status.ON, 60, 30, admin)
    assert len(asked) == 1
    page = answer.content.decode()
    assert "学習した温度感を使い始めました" in page
    assert "TierはA 60以上、B 30以上で決めます" in page
    assert "学習した温度感を使用開始" in page


def test_without_a_reason_nothing_is_switched(client_for, admin, offered):
    answer = client_for(admin).post(url("learning_on", offered), {"reason": "", "a_from": "60", "b_from": "30"})

    assert answer.status_code == 422
    assert "変更の理由を入力してください" in answer.content.decode()
    assert '<input type="hidden" name="a_from" value="60">' in answer.content.decode()
    assert TemperatureModel.objects.get().status == Status.OFFERED


def test_an_offer_that_was_replaced_meanwhile_is_said_to_be_gone(client_for, admin, offered):
    pk = offered.pk
    offered.delete()

    answer = client_for(admin).post(reverse("calls:learning_on", args=[pk]), {"reason": "試す"}, follow=True)

    assert "このモデルはもう提案されていません" in answer.content.decode()


def test_switching_off_gives_the_temperature_back(client_for, admin, on):
    answer = client_for(admin).post(url("learning_off", on), {"reason": "戻す"}, follow=True)

    on.refresh_from_db()
    assert on.status == Status.OFF
    assert "ルールの温度感に戻しました" in answer.content.decode()
    assert "戻す" in answer.content.decode()


def test_what_fell_back_is_shown_and_offers_no_switch(client_for, admin, on):
    metrics = on.metrics | {"in_use": on.metrics | {"auc": 0.41, "n": 333}}
    TemperatureModel.objects.update(status=Status.FALLEN_BACK, metrics=metrics)

    page = client_for(admin).get(PAGE).content.decode()

    assert "精度低下により停止" in page
    assert "学習後の新しい結果での精度 <b>AUC 0.41" in page
    assert "この温度感を使う" not in page


def test_the_lead_page_shows_the_cards_items(client_for, admin, on):
    lead = Lead.objects.filter(company__industry="製造業").first()

    page = client_for(admin).get(reverse("leads:detail", args=[lead.pk])).content.decode()

    assert "基準点" in page
    assert "業種: 製造業" in page


def test_acts_asked_by_get_show_the_page(client_for, admin, offered):
    for act in ("learning_on", "learning_off"):
        assert client_for(admin).get(url(act, offered)).url == url("learning_model", offered)
