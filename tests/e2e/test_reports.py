"""The funnel page in a real browser: charts are drawn, explanations open, numbers lead to their rows."""

import pytest

from config import clock
from tests.reports.facts import make_list, make_vector, tokyo

JUNE = "/reports/funnel/?from=2026-06-01&to=2026-06-30"


@pytest.fixture
def june(team, rep, field_sales, monkeypatch, transactional_db):
    monkeypatch.setattr(clock, "now", lambda: tokyo(7, 15))
    make_vector(rep, field_sales, make_list(team), day=tokyo(6, 8, 9))


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_funnel_draws_its_charts_and_fits_the_screen(june, manager, new_page, width, height):
    page = new_page(manager, width=width, height=height)

    page.goto(JUNE)

    page.locator("[data-chart] svg").nth(1).wait_for()
    assert page.locator("[data-chart] svg").count() == 2
    assert page.locator(".steps-grid rect.now").count() == 7
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_rival_denominators_are_one_click_away_and_lead_to_their_rows(june, manager, new_page):
    page = new_page(manager)
    page.goto(JUNE)

    card = page.locator(".kpi").filter(has_text="商談化率").first
    card.locator("summary").click()
    card.get_by_role("link", name="14").click()

    assert page.locator("h1").inner_text().split() == ["二次架電コール数", "14", "架電"]
    assert page.locator("tbody tr").count() == 14


def test_a_cut_applies_as_soon_as_it_is_chosen(june, manager, new_page):
    page = new_page(manager)
    page.goto(JUNE)

    page.get_by_label("Tier").select_option("A")

    page.wait_for_url("**tier=A**")
    assert "from=2026-06-01" in page.url
    assert page.get_by_text("この期間の記録はまだありません").is_visible()


def test_rows_are_saved_as_a_file_twice(june, manager, new_page):
    page = new_page(manager)
    page.goto("/reports/rows/?figure=won&from=2026-06-01&to=2026-06-30")

    for _ in range(2):  # the button stays usable after a download
        with page.expect_download() as download:
            page.get_by_role("button", name="CSVで保存").click()
        assert download.value.suggested_filename == "受注数_実績_2026-06-01_2026-06-30.csv"
