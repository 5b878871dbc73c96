"""What the words of an outcome column mean: 留守電, 資料送付希望, A/興味あり → the codes of `calls.models.Result`.

A phrase is known as a whole or not at all: what is not in the table keeps its words and means nothing, for 興味なし
is not 興味あり and アポNG no appointment. Only a wish not to be called again is also found inside a longer sentence,
because in doubt nobody is called.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from leads.importing.text import nfkc


class Meaning(NamedTuple):
    """`code` as in `calls.models.Result`, empty = not known. `reached`: the person themself was on the line."""

    code: str = ""
    reached: bool = False


UNKNOWN = Meaning()

NO_ANSWER = """
不通 留守 留守電 留守番電話 留守電話 留守電対応 応答なし 応答無し 無応答 不出 出ず 電話出ず 電話に出ず
つながらず 繋がらず 繋がらない つながらない コールのみ 呼出のみ 呼び出しのみ コール流れ 話中 話し中 お話し中
通話中 営業時間外 時間外 定休日 未接続 未通電 noanswer voicemail leftvoicemail answeringmachine busy unreached
notreached noresponse
"""
INVALID_NUMBER = """
現アナ 現在アナウンス 使われておりません 使われていません 使われてない 使われていない 現在使われておりません
不使用 欠番 番号無効 無効番号 無効な番号 番号なし 番号不使用 番号使われておりません 番号使われていない fax
faxだった fax音 faxの音 fax番号 ファックス 廃番 解約済番号 outofservice notinservice disconnected invalidnumber
deadnumber badnumber faxnumber
"""
WRONG_NUMBER = """
番号違い 番号ちがい 番号間違い 番号誤り 電話番号違い 電話番号間違い 間違い番号 間違い電話 間違電話 別会社 別人
他人 違う会社 個人宅 wrongnumber
"""
GATEKEEPER_REFUSED = """
受付拒否 受付断り 受付お断り 受付ng 受付ブロック 受付で断り 受付で断られた 受付突破できず 受付突破ならず
受付止まり 受付どまり 受付不可 受付落ち 取次拒否 取次ぎ拒否 取り次ぎ拒否 取次不可 取次ng 取り次ぎ不可 取り次ぎng
取次なし 取り次ぎなし gatekeeper gatekeeperrefused gatekeeperblocked blockedbygatekeeper
"""
ABSENT = """
不在 担当不在 担当者不在 担当者様不在 担当者席外し 担当席外し キーマン不在 決裁者不在 本人不在 ご本人不在 離席
離席中 席外し 席外し中 外出 外出中 会議中 休暇 休暇中 お休み 休み 出張中 absent notavailable unavailable notin
outofoffice
"""
WAITING = """
再コール 再架電 再架電予定 再コール予定 要再架電 要再コール 再コール待ち 再架電待ち 後追い 追客 追客中 要追客
かけ直し 掛け直し 架け直し 折り返し 折返し 折り返し待ち 折返し待ち 折電 折電待ち callback callagain
callbacklater recall retry followup
"""
CALL_BACK = """
かけ直し希望 掛け直し希望 架け直し希望 再コール希望 再架電希望 再コール依頼 再架電依頼 折り返し希望 折返し希望
日時指定 後日再架電希望 callbackrequested callmelater requestedcallback
"""
REACTION = """
反応あり 反応有 反応有り 反応よし 反応良し 反応良い 興味あり 興味有 興味有り 興味を持った 関心あり 関心有
関心有り 前向き 前向きに検討 見込み 見込 見込みあり 見込みアリ 見込あり 見込有 見込み有 見込み有り 有望 ホット
資料送付 資料送付希望 資料送付依頼 資料送付ok 資料送付了承 資料送付済 資料送付済み 資料希望 資料請求
資料請求あり 資料ok 資料送る 資料依頼 資料郵送 資料郵送希望 資料メール メール送付 メール送付希望 メール希望
詳細希望 説明希望 話を聞きたい 後日連絡希望 連絡希望 ニーズあり ニーズ有 ニーズ有り interested hot positive
sentdocuments documentssent senddocuments documentsrequested sentinfo sendinfo sendinformation
informationrequested requestedinfo requestedinformation emailrequested warm
"""
HEARING_DONE = """
ヒアリング済 ヒアリング済み ヒアリング完了 ヒアリング実施 ヒアリングok ヒアリングできた 継続検討 継続検討中 継続
検討中 検討 前向き検討中 長期検討 中長期 中長期検討 中長期フォロー 長期フォロー 時期尚早 qualified nurturing
considering underconsideration
"""
APPOINTMENT = """
アポ アポイント アポ獲得 アポイント獲得 アポ取得 アポイント取得 アポ成立 アポ確定 アポ設定 アポok アポあり
アポ有 アポ有り アポ済 アポ済み アポ取れた アポ取り 商談 商談化 商談獲得 商談設定 商談確定 商談予定 訪問ok
訪問確定 訪問予定 面談確定 面談設定 appointment appointmentset appointmentbooked appt meetingset meetingbooked
meetingscheduled demoscheduled demobooked
"""
REFUSED = """
断り お断り 御断り ことわり 断られた 断わり 断わられた 本人断り 担当者断り 担当断り 拒否 担当者拒否 本人拒否 ng
担当ng 担当者ng 本人ng アポng 商談ng 不要 必要なし 必要ない 必要無し ニーズなし ニーズ無 ニーズ無し 興味なし
興味無 興味無し 興味ない 関心なし 関心無 関心無し 関心ない 見込なし 見込みなし 見込み無し 見込無し 見込みナシ
検討なし 検討しない 検討不可 間に合っている 間に合ってる 間に合っています 結構です 失注 対象外拒否 notinterested
nointerest refused refusal rejected declined noneed notneeded
"""
DO_NOT_CALL = """
架電禁止 架電ng 架電不可 架電停止 架電拒否 再架電禁止 再架電ng 再架電不可 再架電拒否 再コール禁止 再コールng
再コール不可 再コール拒否 電話禁止 電話ng 電話不可 電話拒否 連絡不可 連絡拒否 連絡禁止 営業禁止 営業拒否 営業ng
営業お断り 営業電話お断り 営業電話禁止 アポ禁 禁止 クレーム クレームあり クレーム有 クレーム有り クレーム発生
大クレーム 苦情 苦情あり 激怒 出禁 以後架電禁止 以降架電禁止 今後架電禁止 今後一切不要 二度とかけるな かけるな
かけないで 電話しないで donotcall dnc donotcontact dontcall complaint optout optedout removefromlist
"""
NOT_CALLED = """
未架電 未コール 未対応 未着手 未実施 未連絡 未接触 未 架電前 架電待ち 架電予定 新規 これから notcalled uncalled
new open notcontacted todo
"""
"""No call was made: such a row tells of none."""

TABLE = (
    (NO_ANSWER, Meaning("no_answer")),
    (INVALID_NUMBER, Meaning("invalid_number")),
    (WRONG_NUMBER, Meaning("wrong_number")),
    (GATEKEEPER_REFUSED, Meaning("gatekeeper_refused")),
    (ABSENT, Meaning("absent")),
    (WAITING, Meaning("call_back")),
    (CALL_BACK, Meaning("call_back", reached=True)),
    (REACTION, Meaning("reaction", reached=True)),
    (HEARING_DONE, Meaning("hearing_done", reached=True)),
    (APPOINTMENT, Meaning("appointment", reached=True)),
    (REFUSED, Meaning("refused", reached=True)),
    (DO_NOT_CALL, Meaning("do_not_call")),
)

REACTED = frozenset(("reaction", "hearing_done", "appointment"))
"""The person wanted something of us: a reaction for the tier."""

NOBODY_SPOKE = frozenset(("no_answer", "invalid_number", "wrong_number", "gatekeeper_refused", "absent"))
"""Nothing can have been learned from the person."""

WEAK = ("no_answer", "absent", "call_back")
"""Of two of these in one cell (留守電・再コール) the later one counts; of any other two nobody knows."""

SEPARATORS = re.compile(r"[/|,、・;:→⇒>()「」『』\[\]【】+&＋\n]+")
RANK = re.compile(r"[a-es0-9①-⑳●○◎◯〇△▲■□★☆※✓✔]{1,2}\.?|[a-es]ランク|ランク[a-es]")
_NEGATION = "なし 無し 無 ナシ x × ng not no ではない 以外 解除 解除済 解除済み 取消 キャンセル 不成立 失敗"
NEGATION = frozenset(_NEGATION.split())
TAIL = re.compile(
    r"(?:との(?:こと|事)|という(?:こと|事)|です|でした|だった|とのお話|の(?:ため|為)|につき|にて|より|[。.!~ー…]+"
    r"|[x×]?\d{1,2}(?:回目?|度目?|件|コール|call)?)+$"
)
HEAD = re.compile(r"^(?:(?:ご?担当者?様?|ご?本人様?|先方|お客様)(?:が|は|より|から|に|も)|\d{1,2}(?:回目|度目)[はも]?)")
HONOUR = re.compile("^ご(?=担当|本人)|様|さま")
SAYS_STOP = re.compile(
    r"(?:架電|電話|連絡|コール|営業)(?:は|を|も)?(?:禁止|拒否|しないで|してくるな|するな|して欲しくない|してほしくない|ng)"
    r"|(?:かけて|掛けて|架けて)(?:くる|来る)な|(?:かけ|掛け|架け)ないで|二度と(?:かけ|掛け|架け|電話|連絡)|クレーム|苦情"
    r"|donotcall|don'?tcall|stopcalling"
)
UNSAID = re.compile(
    r"(?:禁止|拒否|ng|クレーム|苦情)(?:では|じゃ)?(?:なし|無し|ない|無い|ありません|にならず|解除|解消|対応商材|管理)"
)


def _fold(text: str) -> str:
    return re.sub(r"\s+", "", nfkc(text)).casefold()


def _by_phrase() -> dict[str, Meaning]:
    found: dict[str, Meaning] = {}
    for words, meaning in TABLE:
        for word in words.split():
            found.setdefault(_fold(word), meaning)
    return found


PHRASES = _by_phrase()
_NOT_CALLED = frozenset(_fold(word) for word in NOT_CALLED.split())


@lru_cache(maxsize=8192)
def read_result(text: str) -> Meaning:
    """What a cell of an outcome column means; UNKNOWN for what nobody can be sure of."""
    whole = _fold(text)
    return _phrase(whole) or _of_parts(_parts(text)) or _stop(whole) or UNKNOWN


def is_sure(text: str) -> bool:
    """Whether the cell says what it means in words of the table, not somewhere inside a sentence."""
    return bool(_phrase(_fold(text)) or _of_parts(_parts(text)))


@lru_cache(maxsize=1024)
def says_not_called(text: str) -> bool:
    """未架電 and the like: there was no call to tell of."""
    return _fold(text) in _NOT_CALLED


def is_fax(text: str) -> bool:
    """Whether a machine, not a dead line, was at the other end."""
    folded = _fold(text)
    return read_result(text).code == "invalid_number" and ("fax" in folded or "ファックス" in folded)


def _phrase(folded: str) -> Meaning | None:
    known = PHRASES.get(folded)
    if known:
        return known
    return PHRASES.get(HONOUR.sub("", TAIL.sub("", HEAD.sub("", folded))))


def _parts(text: str) -> list[str]:
    """A/興味あり, 留守電→再コール, A 前向き: the words between separators, ranks left out."""
    parts = [part for part in SEPARATORS.split(nfkc(text)) if part.strip()]
    if not text.isascii():
        parts = [word for part in parts for word in (part.split() if not part.isascii() else [part])]
    return [folded for part in parts if (folded := _fold(part)) and not RANK.fullmatch(folded)]


def _of_parts(parts: Iterable[str]) -> Meaning | None:
    found: dict[str, Meaning] = {}
    for part in parts:
        if part in NEGATION:
            return None
        if meaning := _phrase(part):
            found[meaning.code] = meaning
    if "do_not_call" in found:
        return found["do_not_call"]
    if len(found) > 1 and all(code in WEAK for code in found):
        return found[max(found, key=WEAK.index)]
    return next(iter(found.values())) if len(found) == 1 else None


def _stop(folded: str) -> Meaning | None:
    if SAYS_STOP.search(folded) and not UNSAID.search(folded):
        return Meaning("do_not_call")
    return None
