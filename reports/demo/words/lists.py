"""The lists: where their people come from, how many there are, when they came in, and how they behave."""

from typing import NamedTuple


class ListPlan(NamedTuple):
    """`share` of all leads; imported after `after` of the days, `lag` days after it was acquired. `connect` and
    `person` weigh the chances to get through, `warmth` is the share of reached people who react, `duds` the share of
    numbers that do not work."""

    name: str
    team: str
    source: str
    purpose: str
    share: float
    after: float
    lag: int
    connect: float
    person: float
    warmth: float
    duds: float = 0.03


EXHIBITION, SEMINAR, REQUESTS = "展示会", "セミナー", "資料請求サイト"
SLEEPING, BOUGHT = "休眠顧客", "購入リスト"
LISTS = (
    ListPlan("業務改善EXPO {year} 名刺", "first", EXHIBITION, "出展サービスのご案内", 0.17, 0, 4, 1.1, 1.1, 0.145),
    ListPlan("資料請求サイト（製造・物流）", "first", REQUESTS, "資料請求へのご対応", 0.055, 0, 0, 1.25, 1.2, 0.3),
    ListPlan("休眠顧客の掘り起こし", "first", SLEEPING, "お問い合わせ後のご状況確認", 0.12, 0.3, 2, 1.0, 1.0, 0.11),
    ListPlan("在庫・受発注ウェビナー 参加者", "first", SEMINAR, "セミナー後のフォロー", 0.07, 0.92, 1, 1.1, 1.1, 0.17),
    ListPlan("業務効率化セミナー 参加者", "second", SEMINAR, "セミナー後のフォロー", 0.17, 0.2, 2, 1.1, 1.15, 0.16),
    ListPlan("資料請求サイト（サービス・小売）", "second", REQUESTS, "資料請求へのご対応", 0.055, 0, 0, 1.25, 1.2, 0.3),
    ListPlan("勤怠・採用ウェビナー 参加者", "second", SEMINAR, "セミナー後のフォロー", 0.06, 0.8, 1, 1.1, 1.1, 0.17),
    ListPlan("新規開拓リスト（代行）", "agency", BOUGHT, "新規開拓のご案内", 0.1, 0.1, 14, 0.95, 0.9, 0.11, 0.06),
    ListPlan("企業名簿 購入分", "second", BOUGHT, "新規開拓のご案内", 0.2, 0, 30, 0.8, 0.6, 0.06, 0.16),
)
