"""The call card under fingers: keys, Japanese input, double clicks, the way back, two reps, one small screen."""

import re

import pytest
from playwright.sync_api import Page, expect

from calls.models import Call, FollowUp, Lease, Outcome
from leads.models import Lead
from tests.calls.factories import call, make_lead
from tests.e2e.conftest import CARD_URL, expect_card, open_card, open_queue


@pytest.fixture
def lead(team) -> Lead:
    return make_lead(team, name="青木 花子")


@pytest.fixture
def other_lead(team) -> Lead:
    return make_lead(team, number="+81334560001", name="馬場 次郎")


def outcome_of(page: Page):
    return page.locator("[name=outcome]:checked")


def expect_outcome(page: Page, code: str) -> None:
    expect(page.locator(f"#outcome-{Outcome.objects.get(code=code).pk}")).to_be_checked()


def save_button(page: Page):
    return page.get_by_role("button", name="登録", exact=True)


# --- Keys -----------------------------------------------------------------------------------------------------------


def test_calls_are_logged_by_keyboard_alone(new_page, rep, lead, other_lead):
    page = new_page(rep)
    open_card(page)
    page.keyboard.press("7")
    page.keyboard.press("m")
    expect(page.locator("[name=memo]")).to_be_focused()
    page.keyboard.type("資料を見たい")
    page.keyboard.press("Tab")
    page.keyboard.type("入力に3日かかる")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("status")).to_contain_text("二次架電の予定に入りました")
    expect_card(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("馬場 次郎")
    page.keyboard.press("1")
    expect(page.locator("[name=retry_at]")).not_to_have_value("")
    page.keyboard.press("Control+Enter")

    expect(page).to_have_url(re.compile("/calls/$"))
    calls = Call.objects.order_by("pk").values_list("lead", "outcome__code", "memo", "hearing__problem")
    assert list(calls) == [
        (lead.pk, "interested", "資料を見たい", "入力に3日かかる"),
        (other_lead.pk, "no_answer", "", None),
    ]
    assert FollowUp.objects.get().lead == lead


def test_keys_do_nothing_while_typing(new_page, rep, lead):
    page = new_page(rep)
    open_card(page)
    page.locator("[name=memo]").focus()
    page.keyboard.type("m1xcq?7")

    expect(page.locator("[name=memo]")).to_have_value("m1xcq?7")
    expect(outcome_of(page)).to_have_count(0)
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page).to_have_url(CARD_URL)


@pytest.mark.parametrize("composing", [{"isComposing": True}, {"keyCode": 229}])
def test_keys_sleep_while_japanese_is_composed(new_page, rep, lead, composing):
    page = new_page(rep)
    open_card(page)
    memo = page.locator("[name=memo]")
    for target, key in ((page.locator("body"), {"key": "1"}), (memo, {"key": "Enter", "ctrlKey": True})):
        target.dispatch_event("compositionstart", {"data": ""})
        target.dispatch_event("keydown", {**key, **composing, "bubbles": True, "cancelable": True})
        target.dispatch_event("compositionend", {"data": "い"})
    expect(outcome_of(page)).to_have_count(0)
    expect(page.locator("[data-busy]")).to_have_count(0)

    page.locator("body").dispatch_event("keydown", {"key": "1", "bubbles": True, "cancelable": True})
    expect(outcome_of(page)).to_have_count(1)
    assert not Call.objects.exists()


def test_list_of_keys_says_what_the_card_answers_to(new_page, rep, lead):
    page = new_page(rep)
    open_card(page)
    page.keyboard.press("?")

    keys = page.get_by_role("dialog", name="キーボード操作")
    expect(keys).to_contain_text("登録して次へ")
    page.keyboard.press("7")
    expect(outcome_of(page)).to_have_count(0)
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


# --- Once -----------------------------------------------------------------------------------------------------------


def test_double_click_on_save_logs_one_call(new_page, rep, lead):
    page = new_page(rep)
    open_card(page)
    page.keyboard.press("1")
    save_button(page).dblclick()

    expect(page).to_have_url(re.compile(f"/leads/{lead.pk}/$"))
    assert Call.objects.count() == 1


def test_back_after_saving_logs_no_second_call(new_page, rep, lead):
    page = new_page(rep)
    open_card(page)
    page.keyboard.press("1")
    save_button(page).click()
    expect(page).to_have_url(re.compile(f"/leads/{lead.pk}/$"))

    page.go_back()
    expect(page.get_by_role("button", name="対応を始める")).to_be_visible()
    expect(save_button(page)).to_have_count(0)
    assert Call.objects.count() == 1


def test_card_open_in_two_tabs_logs_one_call(new_page, rep, lead):
    page = new_page(rep)
    open_card(page)
    other_tab = page.context.new_page()
    other_tab.goto(page.url)
    expect_card(other_tab)
    for tab in (page, other_tab):
        tab.keyboard.press("1")
        save_button(tab).click()
        expect(tab).to_have_url(re.compile(f"/leads/{lead.pk}/$"))

    expect(other_tab.get_by_role("status")).to_contain_text("すでに登録済み")
    assert Call.objects.count() == 1


# --- Two reps -------------------------------------------------------------------------------------------------------


def test_two_reps_who_press_next_at_once_hold_different_cards(new_page, rep, colleague, lead, other_lead):
    desks = [new_page(rep), new_page(colleague)]
    for desk in desks:
        open_queue(desk)
    for desk in desks:
        desk.locator("[data-hotkey='n Enter']").evaluate("button => button.click()")
    for desk in desks:
        expect_card(desk)

    assert desks[0].url != desks[1].url
    assert set(Lease.objects.values_list("rep", flat=True)) == {rep.pk, colleague.pk}


def test_card_a_colleague_holds_cannot_be_opened(new_page, rep, colleague, lead):
    open_card(new_page(rep))
    page = new_page(colleague)
    page.goto("/calls/")
    expect(page.get_by_text("いま架電できるリードはありません")).to_be_visible()
    page.goto(f"/leads/{lead.pk}/")
    page.get_by_role("button", name="架電する").click()

    expect(page.get_by_role("status")).to_contain_text(f"{rep.name}さんが対応中です")
    page.goto(f"/calls/lead/{lead.pk}/")
    expect(page.locator(".desk").get_by_text(f"{rep.name}さんが対応中です")).to_be_visible()
    expect(page.locator("[data-call-form]")).to_have_count(0)


# --- One screen -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["first", "second"])
def test_appointment_form_fits_one_screen(new_page, rep, field_sales, lead, now, at, kind):
    if kind == "second":
        at(call(lead, rep, now, "interested", memo="資料を見て、部内で相談したいとのこと。" * 5).follow_up.opens_at)
    page = new_page(rep, width=1366, height=768)
    open_card(page)
    page.get_by_role("radio", name="商談獲得").check()

    appointment = page.locator("[data-group=appointment]")
    expect(appointment).to_be_visible()
    fields = page.locator("[data-call-form]").locator("input, select, textarea, button").locator("visible=true")
    assert fields.count() > 25
    for field in fields.all():
        expect(field).to_be_in_viewport(ratio=0.99)
    assert page.evaluate("[document.documentElement.scrollHeight, scrollY]") == [768, 0]
