"""Codes of an import as sentences and names, in the reader's language. What the reader's modules say is in
`leads.importing.messages`; here stands what only the base or the road of an import can find out."""

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from leads.importing.messages import FIELD_LABELS_JA, MESSAGES_JA
from leads.importing.problems import Problem
from leads.models import Company, Lead

OWN_MESSAGES = {
    "mapping_undecided": _("「%(column)s」がどの項目か判断できません。取り込む項目を指定してください。"),
    "mapping_unknown_name": _(
        "「%(name)s」という名前で保存した割り当てはありません。列ごとに指定するときは「列名=項目」と書いてください。"
    ),
    "mapping_of_other_header": _("割り当て「%(name)s」は、見出しの違うファイルのものです。"),
    "first_phone_no_phone": _("「%(column)s」は電話番号の列ではないため、最初にかける番号にできません。"),
    "mapping_unknown_column": _("「%(column)s」という列はファイルにありません。"),
    "mapping_unknown_field": _("「%(field)s」という項目はありません。"),
    "other_company": _("会社名が、登録済みの会社と違います。会社の情報は変えません。"),
    "header_only": _("見出しだけで、データの行がありません。"),
    "signal_in_future": _("反応の日付が未来です。反応としては登録しません。"),
    "import_stopped": _("取込を続けられませんでした。取り込んだ行はそのまま残っています。もう一度お試しください。"),
    "undo_stopped": _("元に戻す処理を続けられませんでした。もう一度「元に戻す」を押すと、続きから再開します。"),
    "file_missing": _("アップロードされたファイルが見つかりません。もう一度アップロードしてください。"),
}
KEPT_BECAUSE = {
    "called": _("架電した記録があります"),
    "follow_up": _("二次架電の対応が始まっています"),
    "next_action": _("次アクションがあります"),
    "card_open": _("架電カードが開かれています"),
    "deal": _("商談があります"),
    "edited": _("取込のあとで編集されています"),
    "assigned": _("担当者が割り当てられています"),
    "tier_overridden": _("Tierが手動で変更されています"),
    "signal_added": _("反応が登録されています"),
    "blocked": _("架電禁止が登録されています"),
    "refused_in_list": _("架電禁止の申し出を残すため"),
    "other_import": _("ほかの取込にも含まれています"),
    "merged": _("ほかのリードまたは会社と統合されています"),
    "gone": _("リードがすでにありません"),
    "phones": _("追加した電話番号が使われています"),
    "signals": _("追加した反応から二次架電が始まっています"),
    "extra": _("追加情報がその後変更されています"),
}
"""Why undoing an import leaves a row as it is, wholly or in part; any other code is a field that was changed since."""
CHANGED_SINCE = _("「%(field)s」がその後変更されています")
SHARED = {
    "email": _("メールアドレスが同じ"),
    "corporate_number": _("法人番号が同じ"),
    "phone": _("電話番号が同じ"),
    "company": _("会社名が同じ"),
    "company_part": _("会社名が似ている"),
    "person": _("氏名が同じ"),
    "person_part": _("姓が同じ"),
    "domain": _("ホームページが同じ"),
    "place": _("住所が近い"),
}
"""What two leads or companies that may be one have in common, see `leads.importing.keys`."""
GOES_ALONG = {
    "calls": _("架電の記録"),
    "follow_ups": _("二次架電対象"),
    "next_actions": _("次アクション"),
    "deals": _("商談"),
    "signals": _("反応"),
    "past_calls": _("取込前の架電"),
    "blocks": _("架電禁止"),
    "leads": _("リード"),
}
"""What a merge takes along, by the codes of `leads.ports.Attachment.counts`."""
EXTRA_LABEL = _("追加情報として残す")
DROP_LABEL = _("取り込まない")
REASON_HEADER = _("取り込めなかった理由")
FIELD_GROUPS = (
    (_("会社"), ("company_name", "company_kana", "company_short", "corporate_number", "office_name", "office_kana")),
    (_("氏名"), ("person_name", "last_name", "first_name", "person_kana", "last_kana", "first_kana")),
    (_("所属・連絡先"), ("department", "title", "email")),
    (_("電話番号"), ("phone_main", "phone_direct", "phone_mobile", "phone_office", "fax")),
    (_("所在地"), ("postal", "prefecture", "city", "address", "building")),
    (
        _("反応・流入元"),
        (
            "source",
            "acquired_on",
            "signal_document_request",
            "signal_inquiry",
            "signal_seminar",
            "signal_reply",
            "signal_business_card",
        ),
    ),
    (_("架電の記録"), ("do_not_call", "memo", "hearing", "called_at", "call_result", "next_call_at")),
    (
        _("ヒアリング"),
        (
            "hearing_problem",
            "hearing_decision_maker",
            "hearing_timing",
            "hearing_budget",
            "hearing_concerns",
            "hearing_background",
            "hearing_approval_process",
            "hearing_competitors",
        ),
    ),
    (
        _("会社の属性・その他"),
        (
            "industry",
            "employees",
            "capital",
            "sales",
            "founded",
            "representative",
            "url",
            "interest",
            "product",
            "owner",
        ),
    ),
)
"""Every field a column can go to, in the order the mapping page offers them."""


def sentence(
    code: str, *, line: int | None = None, column: str = "", value: str = "", params: Mapping | None = None
) -> str:
    """What a code means to the person who uploaded the list."""
    template = OWN_MESSAGES.get(code) or MESSAGES_JA[code]
    return gettext(template) % {"line": line, "column": column, "value": value, **(params or {})}


def sentence_of(problem: Problem) -> str:
    return sentence(problem.code, line=problem.line, column=problem.column, value=problem.value, params=problem.params)


def field_label(field: str) -> str:
    return gettext(FIELD_LABELS_JA[field])


def place(line: int | None, column: str) -> str:
    """Where a problem is: 12行目「電話番号」."""
    if line is None:
        return gettext("「%(column)s」") % {"column": column} if column else ""
    if column:
        return gettext("%(line)s行目「%(column)s」") % {"line": line, "column": column}
    return gettext("%(line)s行目") % {"line": line}


def kept_because(code: str) -> str:
    """Why undoing an import left a row, or a value of it, as it is."""
    if code in KEPT_BECAUSE:
        return gettext(KEPT_BECAUSE[code])
    model, name = (Company, code.removeprefix("company.")) if code.startswith("company.") else (Lead, code)
    return gettext(CHANGED_SINCE) % {"field": model._meta.get_field(name).verbose_name}
