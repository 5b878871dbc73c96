"""What each code means to the person who uploaded the list: one Japanese sentence with %(name)s parameters.

The Django side marks these for translation and renders them with its own translated mapping. Every template may use
the parameters of its problem and `%(line)s`, `%(column)s`, `%(value)s`.
"""

from collections.abc import Mapping

from leads.importing.problems import Problem


def _(sentence: str) -> str:
    """Marks a sentence for the catalogues; the edge translates it when it is shown."""
    return sentence


FILE_MESSAGES_JA = {
    "empty_file": _("ファイルにデータがありません。"),
    "file_too_big": _("ファイルが大きすぎます（上限 %(limit)s バイト）。分割して取り込んでください。"),
    "too_many_rows": _("%(line)s行目で行数の上限（%(limit)s行）を超えました。分割して取り込んでください。"),
    "too_many_columns": _(
        "%(line)s行目の列が多すぎます（%(found)s列、上限 %(limit)s列）。"
        "%(column)s列より後ろの不要な列を削除してください。"
    ),
    "record_too_long": _('%(line)s行目から始まる行が長すぎます。引用符（"）が閉じられていない可能性があります。'),
    "quote_unclosed": _('%(line)s行目の「%(column)s」で始まった引用符（"）が閉じられていません。'),
    "quote_broken": _('%(line)s行目の「%(column)s」に余分な引用符（"）があります。文字の " は "" と書いてください。'),
    "cell_endless": _("%(line)s行目の「%(column)s」のセルが長すぎます（上限 %(limit)s文字）。"),
    "delimiter_unknown": _("区切り文字はカンマ・タブ・セミコロンのいずれかを選んでください。"),
    "header_line_missing": _("%(line)s行目を見出しに指定されましたが、先頭部分にその行が見つかりません。"),
    "encoding_unknown": _("文字コード「%(name)s」には対応していません。"),
    "encoding_broken": _("%(line)s行目に %(encoding)s として読めない文字があります。"),
    "encoding_unreadable": _(
        "%(line)s行目に読めない文字があり、文字コードを判別できません。ExcelでCSV UTF-8として保存し直してください。"
    ),
    "encoding_eucjp": _(
        "EUC-JPのファイルと思われます。UTF-8またはShift_JISで保存し直すか、文字コードを指定してください。"
    ),
    "encoding_iso2022jp": _(
        "ISO-2022-JP（JIS）のファイルと思われます。UTF-8またはShift_JISで保存し直すか、文字コードを指定してください。"
    ),
    "encoding_sjis2004": _(
        "Shift_JIS-2004または外字を含むファイルと思われ、文字化けのおそれがあります。UTF-8で保存し直すか、"
        "文字コードを指定してください。"
    ),
    "encoding_utf16_without_bom": _(
        "UTF-16のファイルと思われますが、目印（BOM）がありません。UTF-8で保存し直すか、文字コードを指定してください。"
    ),
    "encoding_utf7": _("UTF-7のファイルと思われます。UTF-8で保存し直してください。"),
    "encoding_utf32": _("UTF-32のファイルには対応していません。UTF-8で保存し直してください。"),
    "nul_byte": _(
        "%(line)s行目に、表として読めないデータ（NUL文字）が含まれています。ExcelでCSVとして保存し直してください。"
    ),
    "format_pdf": _("PDFファイルです。元のExcelまたはCSVファイルを選んでください。"),
    "format_xls": _(
        "古い形式のExcelファイル（.xls）か、パスワード付きのファイルです。パスワードを外し、"
        ".xlsxまたはCSVで保存し直してください。"
    ),
    "format_xlsb": _("Excelバイナリ形式（.xlsb）です。.xlsxまたはCSVで保存し直してください。"),
    "format_ods": _("OpenDocument形式（.ods）です。.xlsxまたはCSVで保存し直してください。"),
    "format_archive": _("圧縮ファイルです。中のCSVまたはExcelファイルを取り出して選んでください。"),
    "format_image": _("画像ファイルです。CSVまたはExcelファイルを選んでください。"),
    "format_document": _("文書ファイルです。CSVまたはExcelファイルを選んでください。"),
    "format_binary": _("CSVまたはExcelファイルではありません。"),
    "format_html": _("Webページ（HTML）です。リストそのもののCSVまたはExcelファイルを保存して選んでください。"),
    "format_xml": _("XMLファイルです。CSVまたはExcelファイルで保存し直してください。"),
    "format_vcard": _("連絡先ファイル（vCard）です。CSVまたはExcelファイルで書き出してください。"),
    "xlsx_broken": _("Excelファイルが壊れていて読めません。Excelで開いて保存し直してください。"),
    "xlsx_locked": _("パスワード付きのExcelファイルです。パスワードを外して保存し直してください。"),
    "xlsx_too_big": _(
        "Excelファイルの中身が大きすぎます（展開後 %(size)s バイト、上限 %(limit)s バイト）。CSVで保存し直すか、"
        "分割してください。"
    ),
    "xlsx_too_dense": _(
        "Excelファイルの圧縮率が異常に高いため、安全のため開きませんでした。CSVで保存し直してください。"
    ),
    "xlsx_too_many_parts": _(
        "Excelファイルの構成要素が多すぎます（上限 %(limit)s個）。必要なシートだけをCSVで保存し直してください。"
    ),
    "mapping_no_name": _("会社名・氏名の列が見つかりません。どの列が会社名かを指定してください。"),
    "mapping_twice": _("「%(first)s」と「%(column)s」が同じ項目に割り当てられています。どちらか一つにしてください。"),
}
"""The whole file, or the mapping, cannot be used."""

FILE_NOTES_JA = {
    "preamble_skipped": _("見出しより前の%(count)s行は読み飛ばします。"),
    "other_sheets": _("「%(sheet)s」のシートだけを取り込みます。ほかのシート：%(sheets)s"),
    "rows_hidden": _("非表示の行が%(count)s行あります。非表示の行も取り込みます。"),
    "cells_in_error": _("数式がエラー（#N/A など）のセルが%(count)s個あります。空欄として扱います。"),
    "cells_merged": _(
        "縦に結合されたセルが%(count)s個あります。結合された各行に同じ値が入っているものとして扱います。"
    ),
    "characters_doubtful": _("めったに使われない文字があります：%(characters)s　文字化けしていないかご確認ください。"),
    "characters_lost": _(
        "このファイルでは%(count)s文字がすでに失われています（最初は%(line)s行目）。元のファイルをご確認ください。"
    ),
}
"""The file can be read; worth knowing before it is."""

ROW_ERRORS_JA = {
    "row_too_short": _("列の数が足りません（見出し%(expected)s列に対し%(found)s列）。"),
    "row_too_long": _("列の数が多すぎます（見出し%(expected)s列に対し%(found)s列）。"),
    "quote_stray": _('引用符（"）の使い方が正しくありません。文字の " は "" と書き、セル全体を " で囲んでください。'),
    "cell_too_long": _("セルが長すぎます（上限 %(limit)s文字）。"),
    "formula_uncalculated": _("数式の計算結果がファイルに保存されていません。Excelで開いて保存し直してください。"),
    "row_without_name": _("会社名も氏名もありません。"),
    "ditto_name": _("「%(value)s」は上の行を指す記号です。値そのものを入れてください。"),
    "formula": _("数式（=で始まる値）は取り込めません。"),
    "text_too_long": _("文字数が多すぎます（%(length)s文字、上限 %(limit)s文字）。"),
}
"""The row is refused and goes back to be fixed."""

ROW_WARNINGS_JA = {
    "row_not_callable": _("架電できる電話番号がありません。"),
    "company_missing": _("会社名がありません。"),
    "phone_lost_zero": _("先頭の0が失われていたため補いました：%(value)s → %(national)s"),
    "phone_unreadable": _("電話番号として読めません。そのまま残します。"),
    "phone_scientific": _("Excelの指数表示になり、番号が失われています。"),
    "phone_split": _("一つのセルに複数の番号があったため分けました。"),
    "phone_note": _("番号以外の文字がありました。"),
    "phone_toll_free": _("フリーダイヤルです。発信には向きません。"),
    "phone_navi": _("ナビダイヤルです。通話料がかかります。"),
    "phone_premium": _("有料サービスの番号です。"),
    "phone_foreign": _("海外の番号です。"),
    "postal_lost_zero": _("郵便番号の先頭の0が失われていたため補いました：%(value)s → %(repaired)s"),
    "postal_invalid": _("郵便番号として読めません。追加情報に残します。"),
    "prefecture_unknown": _("都道府県として読めません。追加情報に残します。"),
    "email_invalid": _("メールアドレスとして読めません。追加情報に残します。"),
    "url_invalid": _("URLとして読めません。追加情報に残します。"),
    "corporate_number_invalid": _("法人番号として正しくありません（13桁・検査数字）。追加情報に残します。"),
    "date_impossible": _("実在しない日付です。追加情報に残します。"),
    "date_unreadable": _("日付として読めません。追加情報に残します。"),
    "date_year_guessed": _("年の記載がないため、%(year)s年としました：%(value)s"),
    "text_moved": _("%(limit)s文字を超えるため、追加情報に残します。"),
    "characters_lost_here": _("文字化けで失われた文字があります。"),
    "call_in_future": _("前回架電日が未来です。架電の記録にはせず、追加情報に残します。"),
    "block_unclear": _("架電禁止かどうか判断できないため、架電禁止として取り込みます。"),
    "ditto": _("「%(value)s」は上の行を指す記号のため、空欄として扱います。"),
}
"""The row is taken; something was repaired, left out or must be looked at."""

MESSAGES_JA = {**FILE_MESSAGES_JA, **FILE_NOTES_JA, **ROW_ERRORS_JA, **ROW_WARNINGS_JA}

FIELD_LABELS_JA = {
    "company_name": _("会社名"),
    "company_kana": _("会社名カナ"),
    "company_short": _("会社略称"),
    "corporate_number": _("法人番号"),
    "office_name": _("事業所・拠点名"),
    "office_kana": _("事業所・拠点名カナ"),
    "postal": _("郵便番号"),
    "prefecture": _("都道府県"),
    "city": _("市区町村"),
    "address": _("住所"),
    "building": _("建物名"),
    "industry": _("業種"),
    "employees": _("従業員数"),
    "capital": _("資本金"),
    "sales": _("売上高"),
    "founded": _("設立"),
    "representative": _("代表者"),
    "url": _("URL"),
    "person_name": _("氏名"),
    "last_name": _("姓"),
    "first_name": _("名"),
    "person_kana": _("氏名カナ"),
    "last_kana": _("姓カナ"),
    "first_kana": _("名カナ"),
    "department": _("部署"),
    "title": _("役職"),
    "email": _("メールアドレス"),
    "phone_main": _("電話番号（代表）"),
    "phone_direct": _("電話番号（直通）"),
    "phone_mobile": _("携帯電話"),
    "phone_office": _("電話番号（事業所・その他）"),
    "fax": _("FAX"),
    "source": _("流入元"),
    "acquired_on": _("獲得日"),
    "signal_document_request": _("資料請求日"),
    "signal_inquiry": _("問合せ日"),
    "signal_seminar": _("セミナー参加日"),
    "signal_reply": _("返信日"),
    "signal_business_card": _("名刺交換日"),
    "interest": _("温度感"),
    "product": _("商材"),
    "owner": _("自社担当者"),
    "memo": _("メモ"),
    "hearing": _("ヒアリング内容"),
    "hearing_problem": _("課題"),
    "hearing_decision_maker": _("意思決定者"),
    "hearing_timing": _("検討時期"),
    "hearing_budget": _("予算感"),
    "hearing_concerns": _("懸念点"),
    "hearing_background": _("導入背景"),
    "hearing_approval_process": _("決裁プロセス"),
    "hearing_competitors": _("競合比較"),
    "called_at": _("前回架電日"),
    "call_result": _("前回架電結果"),
    "next_call_at": _("次回架電日"),
    "do_not_call": _("架電禁止"),
}


def render(problem: Problem, templates: Mapping[str, str] = MESSAGES_JA) -> str:
    """The sentence of a problem. Pass translated `templates` to say it in another language."""
    facts = {"line": problem.line, "column": problem.column, "value": problem.value, **problem.params}
    return templates[problem.code] % facts
