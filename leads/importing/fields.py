"""The canonical fields a column can go to, and the headers that mean them (facts: product manuals, public lists).

A header is compared after NFKC, case folding, and without spaces, decoration and bracket variants (`fold_header`).
"""

import re
from functools import lru_cache

from leads.importing.hearing import TEXT_FACTS
from leads.importing.text import nfkc

_FIELDS = """
company_name company_kana company_short corporate_number office_name office_kana
postal prefecture city address building industry employees capital sales founded representative url
person_name last_name first_name person_kana last_kana first_kana department title email
phone_main phone_direct phone_mobile phone_office fax
source acquired_on signal_document_request signal_inquiry signal_seminar signal_reply signal_business_card
interest product owner memo hearing called_at call_result next_call_at do_not_call
hearing_problem hearing_decision_maker hearing_timing hearing_budget hearing_concerns
hearing_background hearing_approval_process hearing_competitors
"""
FIELDS = tuple(_FIELDS.split())
REPEATABLE = frozenset(
    (
        *("phone_main", "phone_direct", "phone_mobile", "phone_office", "fax", "address", "memo", "hearing"),
        *TEXT_FACTS,
    )
)
"""Fields that may take several columns; every other takes one."""

PLACE_FIELDS = ("postal", "prefecture", "city", "address", "building")
"""They come in groups: those of the corporation or those of the office, never a mixture."""

LOOKS = {
    "corporate_number": "corporate_number",
    "postal": "postal",
    "prefecture": "prefecture",
    "url": "url",
    "email": "email",
    "phone_main": "phone",
    "phone_direct": "phone",
    "phone_mobile": "phone",
    "phone_office": "phone",
    "fax": "phone",
    "acquired_on": "date",
    "signal_document_request": "date",
    "signal_inquiry": "date",
    "signal_seminar": "date",
    "signal_reply": "date",
    "signal_business_card": "date",
    "called_at": "date",
    "next_call_at": "date",
    "call_result": "words",
    "hearing": "words",
    "hearing_decision_maker": "words",
    **dict.fromkeys(TEXT_FACTS, "words"),
}
"""Fields whose content is checked by `content.CHECKS` before a header is believed."""

SYNONYMS = {
    "company_name": (
        "会社名 企業名 法人名 取引先会社名 社名 取引先名 取引先 顧客名 会社 企業 御社名 貴社名 団体名 組織名 "
        "勤務先 勤務先名 屋号 商号 法人名称 会社名称 企業名称 提出者名 法人の名称 申請者名称 得意先名 company "
        "companyname accountname account organization"
    ),
    "company_kana": (
        "会社名カナ 会社よみ 会社名フリガナ 会社フリガナ 会社カナ 企業名カナ 企業名フリガナ 社名ふりがな "
        "社名カナ カナ社名 法人名カナ 会社名かな 会社名よみ 会社名よみがな 提出者名ヨミ 法人の名称かな 商号カナ"
    ),
    "company_short": "会社名略称 略称 通称",
    "corporate_number": "法人番号 法人no 国税庁法人番号 提出者法人番号 corporatenumber",
    "office_name": (
        "事業所名 事業所名称 事業所の名称 施設名 施設名称 施設サービス名 店舗名 店名 拠点名 支店名 営業所名 "
        "サービス事業所名"
    ),
    "office_kana": "事業所名カナ 事業所の名称かな 施設名カナ 店舗名カナ 事業所名フリガナ",
    "postal": "郵便番号 〒 郵便 zip zipcode postalcode postcode 事業所郵便番号",
    "prefecture": "都道府県 都道府県名 県名 prefecture state",
    "city": "市区町村 市区町村名 市町村 所在市町 市区 区市町村 city",
    "address": (
        "住所 所在地 本店所在地 町域番地 町名番地 番地 番地以降 市区町村以降 住所1 住所詳細 町域 address "
        "address1 street"
    ),
    "building": "ビル名 建物名 建物 住所2 ビル 建物名部屋番号 方書 building address2",
    "industry": "業種 業界 業種大分類 業種中分類 業種小分類 産業分類 提出者業種 業態 industry",
    "employees": "従業員数 従業員規模 社員数 人数 規模 従業員 employees numberofemployees",
    "capital": "資本金 capital",
    "sales": "売上 売上高 年商 売上規模 annualrevenue",
    "founded": "設立 設立年月 設立年月日 創業 創業年",
    "representative": "代表者名 代表者 代表取締役 社長名 代表者氏名 代表名",
    "url": "url url1 会社url hp ホームページ ホームページurl webサイト サイトurl webサイトurl web website homepage",
    "person_name": (
        "氏名 名前 お名前 ご氏名 担当者名 担当者氏名 取引先担当者名 取引先担当者 ご担当者名 ご担当者 ご担当者様 "
        "先方担当者 先方担当者名 キーマン 名刺氏名 お客様名 name fullname contactname"
    ),
    "last_name": "姓 氏 苗字 名字 lastname familyname surname",
    "first_name": "名 firstname givenname",
    "person_kana": (
        "フリガナ ふりがな 氏名カナ 氏名フリガナ よみがな 氏名かな カナ 読み仮名 担当者名カナ 担当者カナ "
        "担当者フリガナ お名前カナ"
    ),
    "last_kana": "姓カナ 姓(カナ) セイ 姓フリガナ せい 氏カナ",
    "first_kana": "名カナ 名(カナ) メイ 名フリガナ めい",
    "department": "部署 部署名 所属 所属部署 部門 部門名 事業部 所属名 department",
    "title": "役職 役職名 肩書 肩書き 職位 職種 title jobtitle position",
    "email": (
        "メール メールアドレス email email1 eメール e-mail mail mailaddress emailaddress アドレス メアド "
        "担当者メールアドレス"
    ),
    "phone_main": (
        "電話番号 電話 tel tel1 代表電話 代表電話番号 代表番号 会社電話番号 電話番号(会社) 連絡先 連絡先電話番号 "
        "架電番号 架電先 電話1 電話番号1 telno telephone phone phonenumber"
    ),
    "phone_direct": (
        "直通 直通電話 直通番号 直通電話番号 tel2 電話2 電話番号2 部署電話 担当者電話番号 担当者電話 directphone"
    ),
    "phone_mobile": "携帯 携帯番号 携帯電話番号 携帯電話 担当者携帯 モバイル mobile mobilephone cellphone cell",
    "phone_office": (
        "事業所電話番号 事業所電話 施設電話番号 店舗電話番号 拠点電話番号 支店電話番号 tel3 電話3 電話番号3 "
        "その他の電話番号 その他電話番号 その他電話"
    ),
    "fax": "fax番号 fax ファックス ファックス番号 ファクス faxno fax1 fax2 faxnumber",
    "source": (
        "リードソース 流入元 流入経路 獲得経路 媒体 媒体名 取得元 展示会名 キャンペーン キャンペーン名 "
        "イベント名 経路 リスト名 入手経路 leadsource source"
    ),
    "acquired_on": (
        "獲得日 取得日 情報取得日 登録日 登録日時 流入日 初回接触日 作成日 作成日時 リード獲得日 createddate createdat"
    ),
    "signal_document_request": "資料請求日 資料請求日時 資料dl日 資料ダウンロード日 ダウンロード日 資料送付依頼日",
    "signal_inquiry": "問合せ日 問い合わせ日 お問い合わせ日 お問合せ日 問合せ日時 問い合わせ日時 問合日 反響日",
    "signal_seminar": "セミナー参加日 セミナー受講日 来場日 参加日 ウェビナー参加日 展示会来場日 受講日",
    "signal_reply": "返信日 メール返信日 返信日時",
    "signal_business_card": "名刺交換日 名刺交換日時 名刺取得日",
    "interest": "温度感 見込レベル 見込み度 見込度 ランク 確度 興味度 abc スコア リードスコア 見込み leadscore",
    "product": "興味のある商品サービス 興味のある商品 訴求商材 商材 製品 商品 興味サービス product",
    "owner": (
        "営業担当 営業担当者 担当者(自社) 自社担当 自社担当者 is担当 架電担当 架電担当者 所有者 連絡担当者 "
        "担当営業 owner leadowner"
    ),
    "memo": "メモ 備考 備考欄 コメント 特記事項 詳細 その他 notes note memo comment description",
    "hearing": (
        "ヒアリング内容 ヒアリング ヒアリングメモ ヒアリング結果 前回内容 対応履歴 通話メモ 架電メモ 架電内容 会話内容 "
        "通話内容"
    ),
    "hearing_problem": (
        "課題 お困りごと お困り事 困りごと 課題内容 課題感 課題お困りごと 課題ニーズ ニーズ 現状の課題 現在の課題 悩み "
        "painpoint problem"
    ),
    "hearing_decision_maker": (
        "決裁者 意思決定者 決定権者 決裁権者 決裁者役職 意思決定者役職 キーマン役職 キーマン(役職) 決裁者(役職) 決裁権 "
        "decisionmaker"
    ),
    "hearing_timing": (
        "検討時期 導入時期 導入予定 導入予定時期 導入希望時期 検討予定時期 導入検討時期 検討タイミング 希望時期 timing "
        "timeline"
    ),
    "hearing_budget": "予算 予算感 予算状況 予算規模 予算有無 予算の有無 budget",
    "hearing_concerns": (
        "懸念 懸念点 懸念事項 ご懸念 ご懸念点 不安点 ネック 断り理由 ng理由 お断り理由 concerns objection"
    ),
    "hearing_background": "導入背景 検討背景 背景 検討理由 導入検討の背景 導入目的 background",
    "hearing_approval_process": (
        "決裁プロセス 決裁フロー 稟議 稟議プロセス 稟議フロー 承認プロセス 承認フロー approvalprocess"
    ),
    "hearing_competitors": (
        "競合 競合比較 競合状況 競合他社 比較検討 比較検討先 比較先 利用中サービス 利用中のサービス "
        "現在利用中のサービス 現利用サービス 導入済みサービス 導入済サービス 他社利用状況 competitors competitor"
    ),
    "called_at": "前回架電日 最終架電日 架電日 架電日時 前回架電日時 最終コール日 コール日 前回接触日 最終接触日",
    "call_result": "架電結果 コール結果 アクション結果 結果ステータス 通話の結果 ステータス 前回結果 結果 status",
    "next_call_at": "次回架電日 次回架電日時 再コール日時 再架電日 次回アクション日 次回連絡日 次回コール日",
    "do_not_call": "架電禁止 架電ng アポ禁 ng 配信拒否 禁止 退職者フラグ 連絡不可 電話ng 架電不可 営業禁止 donotcall",
}

ASKED = {
    "担当": ("owner", "person_name"),
    "担当者": ("person_name", "owner"),
}
"""Headers that mean either of two things: asked, never guessed."""

OWNERS = (
    (
        "company",
        r"法人\(設置者\)|設置者|申請者|法人の?|会社の?|企業の?|御社|貴社|取引先の?|顧客の?|先方の?|勤務先の?|団体の?|提出者の?|本社の?|運営法人の?|運営会社の?",
    ),
    ("office", r"事業所の?|事業者の?|施設の?|店舗の?|拠点の?|支店の?|営業所の?"),
    ("site", r"共同生活住居の?|住居の?|物件の?|現場の?|納品先の?|送付先の?|請求先の?"),
    ("person", r"ご?担当者様?の?|連絡先の?|お客様の?"),
)
"""Whose name, phone or address a column holds: 法人電話番号, 事業所－住所, 担当者メール."""

NOUNS = {
    "name": "名称 名 名前 氏名",
    "kana": "名称かな 名称カナ 名カナ 名称ヨミ 名称フリガナ かな カナ フリガナ ヨミ よみ",
    "phone": "電話番号 電話 tel 電話番号1 代表電話",
    "fax": "fax番号 fax ファックス",
    "postal": "郵便番号 〒",
    "prefecture": "都道府県",
    "city": "住所(市区町村) 市区町村 地域 所在地(市区町村)",
    "address": "住所 所在地 住所(番地以降) 番地 住所1 所在地1 所在地2 所在地3 住所2 所在地(番地以降)",
    "url": "url hp ホームページ",
    "email": "メール メールアドレス email e-mail",
    "number": "番号",
    "department": "部署 部署名",
    "title": "役職",
    "mobile": "携帯 携帯電話 携帯番号",
}
NOUN_FIELDS = {
    "company": {
        "name": "company_name",
        "kana": "company_kana",
        "phone": "phone_main",
        "number": "corporate_number",
        "mobile": "phone_mobile",
    },
    "office": {
        "name": "office_name",
        "kana": "office_kana",
        "phone": "phone_office",
        "number": None,
        "mobile": "phone_mobile",
    },
    "site": {"name": None, "kana": None, "phone": "phone_office", "number": None, "mobile": None},
    "person": {
        "name": "person_name",
        "kana": "person_kana",
        "phone": "phone_direct",
        "number": None,
        "mobile": "phone_mobile",
    },
}
SAME_FOR_ALL = ("fax", "postal", "prefecture", "city", "address", "url", "email", "department", "title")

KANA_WORDS = re.compile("カナ|かな|ヨミ|よみ|フリガナ|ふりがな|読み")
ROMAN_WORDS = re.compile("英|ローマ字|english|roman")
DECORATION = re.compile(r"[※*★●○◎■□◆:：。.．・_\-‐‑‒–—―−─━－/／\"'「」『』\s]+")
MARKS = re.compile(
    r"\((?:必須|任意|半角|全角|半角数字|全角カナ|自動|入力|ハイフンなし|ハイフンあり|年月日|yyyy/mm/dd)\)"
)
BRACKETS = str.maketrans("[]{}【】〔〕<>〈〉《》", "()()()()()()()")


@lru_cache(maxsize=4096)
def fold_header(text: str) -> str:
    """A header as it is compared: 「電話番号　（会社）※」 → 「電話番号(会社)」."""
    folded = nfkc(text).casefold().translate(BRACKETS)
    folded = MARKS.sub("", DECORATION.sub("", folded))
    whole = re.fullmatch(r"\(([^()]+)\)", folded)
    return whole.group(1) if whole else folded


def _by_header(table: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, headers in table.items():
        for header in headers.split():
            found.setdefault(fold_header(header), name)
    return found


_FIELDS_BY_HEADER = _by_header(SYNONYMS)
_NOUNS_BY_HEADER = _by_header(NOUNS)
_ASKED = {fold_header(header): choices for header, choices in ASKED.items()}
_OWNERS = tuple((owner, re.compile(words)) for owner, words in OWNERS)


@lru_cache(maxsize=4096)
def read_header(header: str) -> tuple[str | None, str, float]:
    """(field, whose, confidence) of a header: whose is company, office, person or empty. No field: (None, "", 0)."""
    folded = fold_header(header)
    owned = _owned(folded)
    if field := _FIELDS_BY_HEADER.get(folded):
        return field, owned[1] if owned else "", 0.95
    if owned:
        return owned[0], owned[1], 0.85
    bare, qualifier = _qualified(folded)
    if qualifier and (field := _FIELDS_BY_HEADER.get(bare)):
        field = _in_other_letters(field, qualifier)
        return (field, "", 0.85) if field else (None, "", 0.0)
    numbered = re.sub(r"\d+$", "", folded)
    if numbered != folded and (field := _FIELDS_BY_HEADER.get(numbered)):
        return field, "", 0.75
    return None, "", 0.0


def _qualified(folded: str) -> tuple[str, str]:
    """資本金(百万円) → 資本金 and 百万円."""
    found = re.fullmatch(r"(.+?)\(([^)]*)\)", folded)
    return (found.group(1), found.group(2) or "-") if found else (folded, "")


def _in_other_letters(field: str, qualifier: str) -> str | None:
    """A name (ヨミ) is its kana, a name (英字) is no field of ours; other qualifiers change nothing."""
    if field.endswith("_name"):
        if KANA_WORDS.search(qualifier):
            return field.removesuffix("_name") + "_kana"
        if ROMAN_WORDS.search(qualifier):
            return None
    return field


def _owned(folded: str) -> tuple[str, str] | None:
    for owner, words in _OWNERS:
        found = words.match(folded)
        noun = _NOUNS_BY_HEADER.get(folded[found.end() :]) if found else None
        if noun:
            field = noun if noun in SAME_FOR_ALL else NOUN_FIELDS[owner].get(noun)
            return (field, owner) if field else None
    return None


def choices_for(header: str) -> tuple[str, ...]:
    """The fields a header could mean equally well, for headers that must be asked."""
    return _ASKED.get(fold_header(header), ())


def is_known_header(text: str) -> bool:
    """Whether a cell is a header we know: how the header row is found."""
    return bool(text) and (read_header(text)[0] is not None or bool(choices_for(text)))
