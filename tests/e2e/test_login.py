"""Signing in, in a real browser: the form, the cookie, the way home."""

from playwright.sync_api import expect


def test_rep_signs_in_with_mail_and_password(page, rep):
    page.goto("/")

    page.fill("input[name=login]", rep.email)
    page.fill("input[name=password]", "correct horse battery")
    page.press("input[name=password]", "Enter")

    expect(page).not_to_have_url("/accounts/login/?next=/")
    expect(page.get_by_text(rep.name).first).to_be_attached()


def test_wrong_password_says_so_in_japanese(page, rep):
    page.goto("/accounts/login/")

    page.fill("input[name=login]", rep.email)
    page.fill("input[name=password]", "something else")
    page.press("input[name=password]", "Enter")

    expect(page.get_by_text("正しくありません")).to_be_visible()
