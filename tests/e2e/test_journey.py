"""The whole road in a real browser, five people at five windows: list, calls, hand-over, funnel."""

import datetime as dt
import re

from playwright.sync_api import Page, expect

from calls.models import FollowUp
from calls.tasks import tick
from deals.models import Deal
from tests.e2e.conftest import expect_card, open_card, open_queue

HOUR = dt.timedelta(hours=1)


NAMES = ("青木 花子", "馬場 次郎")
FILE = {
    "name": "展示会.csv",
    "mimeType": "text/csv",
    "buffer": (
        "会社名,氏名,フリガナ,電話番号\r\n"
        "青葉商会㈱,青木 花子,アオキ ハナコ,03-3456-0001\r\n"
        "馬場製作所,馬場 次郎,ババ ジロウ,０３－３４５６－０００２\r\n"
        ",,,番号不明\r\n"
    ).encode("cp932"),
}


def test_road_from_list_to_won_deal(new_page, rep, field_sales, manager, admin, at, now):
    upload(new_page(admin))
    desk = new_page(rep)
    log_reaction(desk)
    log_no_answer(desk)
    tick()

    moment = at(FollowUp.objects.get().planned_at.astimezone(now.tzinfo) + dt.timedelta(minutes=1))
    tick()
    win_appointment(desk, starts_at=moment + dt.timedelta(days=5))
    deal = Deal.objects.get()

    sales = new_page(field_sales)
    accept(sales)
    at(deal.starts_at + HOUR)
    win(sales, deal)

    office = new_page(manager)
    read_funnel(office)


def upload(page: Page) -> None:
    """The admin's first page takes the list: file, columns, counts, result."""
    page.goto("/")
    page.get_by_role("link", name="リストを取り込む").first.click()
    page.locator("input[type=file]").set_input_files(FILE)
    page.get_by_label("取得元").fill("展示会")
    page.get_by_role("button", name="アップロードして次へ").click()
    expect(page.get_by_label("電話番号", exact=True)).to_have_value("phone_main")
    page.get_by_role("button", name="内容を確認する").click()
    expect(page.get_by_role("row", name="空欄だけ補う").get_by_role("link").first).to_have_text("2")
    expect(page.get_by_text("取り込めない行 1件")).to_be_visible()
    page.get_by_role("button", name="取り込む", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="3行の取込が終わりました")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="エラーファイル").click()
    assert download.value.suggested_filename == "展示会_エラー.csv"


def log_reaction(page: Page) -> None:
    """The first first call: the lead wants documents and names a problem."""
    open_card(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAMES[0])
    expect(page.locator(".desk")).to_contain_text("一次架電")
    page.get_by_role("radio", name="資料送付希望").check()
    page.get_by_label("メモ").fill("部内で相談したい")
    page.get_by_role("textbox", name="課題").fill("請求書の入力に毎月3日かかる")
    page.get_by_role("button", name="登録して次へ").click()
    expect(page.get_by_role("status")).to_contain_text("二次架電の予定に入りました")


def log_no_answer(page: Page) -> None:
    """The next card is open already; nobody answers, and a time to try again is proposed."""
    expect_card(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAMES[1])
    page.get_by_role("radio", name="不通").check()
    expect(page.get_by_label("再架電")).not_to_have_value("")
    page.get_by_role("button", name="登録して次へ").click()
    expect(page.get_by_text("いま架電できるリードはありません").first).to_be_visible()


def win_appointment(page: Page, *, starts_at: dt.datetime) -> None:
    """A day later: the bell has rung, the second call is on top and begins with what was said."""
    open_queue(page)
    expect(page.get_by_role("link", name=re.compile("お知らせ 未読"))).to_be_visible()
    expect(page.locator("tbody tr").first).to_contain_text(NAMES[0])
    page.keyboard.press("n")
    expect_card(page)
    expect(page.locator(".quote").first).to_contain_text("部内で相談したい")
    expect(page.locator(".hear .is-answered")).to_contain_text("請求書の入力に毎月3日かかる")

    page.get_by_role("radio", name="商談獲得").check()
    page.get_by_label("メモ").fill("小川部長にご同席いただく")
    page.get_by_label("意思決定者", exact=False).first.select_option("superior")
    page.get_by_label("検討時期", exact=False).first.select_option("within_3_months")
    page.get_by_label("予算感", exact=False).first.select_option("applying")
    page.get_by_role("textbox", name="懸念点").fill("いまのシステムからの移行")
    page.get_by_label("商談日時").fill(f"{starts_at:%Y-%m-%dT%H:%M}")
    page.get_by_label("営業担当").select_option(label="伊藤 営業")
    page.get_by_label("先方の参加者").fill("青木様、小川部長")
    page.get_by_label("場所・会議URL").fill("https://meet.example.jp/aoba")
    page.get_by_label("営業への申し送り").fill("移行の費用を用意する")
    page.get_by_role("button", name="登録", exact=True).click()
    expect(page).to_have_url(re.compile(r"/leads/\d+/$"))
    expect(page.get_by_text("小川部長にご同席いただく")).to_be_visible()


def accept(page: Page) -> None:
    """Field sales find the hand-over on their first page, read it, accept it."""
    page.goto("/")
    page.get_by_role("region", name=re.compile("新しい引継ぎ")).get_by_role("link", name=re.compile("青葉商会")).click()
    sheet = page.get_by_role("article", name="引継ぎシート")
    said = ("請求書の入力に毎月3日かかる", "移行の費用を用意する", "いまのシステムからの移行", "部内で相談したい")
    for words in said:
        expect(sheet).to_contain_text(words)
    page.get_by_role("button", name="受理する").click()
    expect(page.get_by_role("status")).to_contain_text("引継ぎを受理しました")


def win(page: Page, deal: Deal) -> None:
    """After the meeting: held, an opportunity, won."""
    page.goto(f"/deals/{deal.pk}/")
    page.get_by_role("button", name="実施した").click()
    expect(page.get_by_role("status")).to_contain_text("実施")
    next_moves = page.get_by_role("region", name="次の動き")
    for summary, amount in (("案件にする", "1100000"), ("受注にする", "1200000")):
        move = next_moves.locator("details", has_text=summary)
        if not move.evaluate("details => details.open"):
            move.locator("summary").click()
        move.get_by_label("金額").fill(amount)
        move.get_by_role("button", name="登録する").click()
        expect(page.get_by_role("status")).to_contain_text("状態を")
    expect(page.locator(".page-lead")).to_contain_text("受注")
    expect(page.get_by_text("1,200,000").first).to_be_visible()


def read_funnel(page: Page) -> None:
    """The manager sees the road in numbers, and the rows behind one of them."""
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("ファネル")
    steps = page.locator(".steps-grid li:not(.steps-heads)")
    for step, (name, count) in zip(
        steps.all(),
        [("一次架電", 2), ("反応", 1), ("二次架電", 1), ("接続", 1), ("商談", 1), ("案件", 1), ("受注", 1)],
        strict=True,
    ):
        expect(step.locator(".step-name")).to_have_text(name)
        expect(step.locator(".step-bar b")).to_have_text(str(count))
    expect(steps.nth(1).locator(".step-rate").first).to_contain_text("1 / 2 リード")
    steps.nth(1).locator(".step-bar a").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text(NAMES[0])
