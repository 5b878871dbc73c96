from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LeadsConfig(AppConfig):
    name = "leads"

    def ready(self):
        from accounts import trail
        from leads.models import PhoneNumber, SignalKind

        trail.describe(
            verbs={
                "create_lead": _("リードを登録"),
                "update_lead": _("リードを変更"),
                "update_company": _("会社を変更"),
                "assign_owner": _("担当者を変更"),
                "add_signal": _("反応を登録"),
                "invalidate_phone": _("電話番号を無効化"),
                "override_tier": _("Tierを手動で変更"),
                "clear_override": _("Tierの手動変更を解除"),
                "block": _("架電禁止を登録"),
                "lift_block": _("架電禁止を解除"),
                "create_list": _("リストを作成"),
                "upload_import": _("リストをアップロード"),
                "reread_import": _("リストの読み取り方を変更"),
                "confirm_import": _("リストの取込を開始"),
                "cancel_import": _("リストの取込を取消"),
                "finish_import": _("リストの取込を完了"),
                "import_lead": _("リスト取込でリードを変更"),
                "undo_import": _("取込を元に戻す処理を開始"),
                "finish_undo": _("取込を元に戻す処理を完了"),
                "undo_import_lead": _("取込を元に戻してリードを変更"),
                "undo_import_company": _("取込を元に戻して会社を変更"),
                "export_leads": _("リードを書き出し"),
                "export_blocks": _("架電禁止を書き出し"),
                "name_mapping": _("列の割り当てに名前を付けて保存"),
                "rename_mapping": _("列の割り当ての名前を変更"),
                "delete_mapping": _("列の割り当てを削除"),
            },
            targets={
                "leads.lead": _("リード"),
                "leads.company": _("会社"),
                "leads.phonenumber": _("電話番号"),
                "leads.donotcall": _("架電禁止"),
                "leads.leadimport": _("リスト取込"),
                "leads.leadlist": _("リスト"),
                "leads.savedmapping": _("列の割り当て"),
            },
            fields={
                "signal": _("反応"),
                "past_calls": _("取込前の架電"),
                "phones_invalid": _("無効になった電話番号"),
                "rows": _("件数"),
                "format": _("ファイルの形式"),
                "replaced": _("置き換えた文字"),
                "accounts.user.q": _("検索した言葉"),
                "accounts.user.stage": _("状態"),
                "accounts.user.state": _("架電可否"),
                "accounts.user.owner": _("担当"),
                "accounts.user.prefecture": _("都道府県"),
                "phones": _("電話番号"),
                "is_valid": _("有効な番号"),
                "tier_override": _("手動のTier"),
                "tier_override_reason": _("変更の理由"),
                "tier_override_until": _("有効期限"),
                "lifted_at": _("解除日時"),
                "lift_reason": _("解除の理由"),
                "new": _("新規"),
                "updated": _("更新"),
                "duplicate_in_base": _("登録済み（変更なし）"),
                "duplicate_in_file": _("ファイル内の重複"),
                "blocked": _("架電禁止"),
                "error": _("取り込めない行"),
                "undo_lifts_blocks": _("架電禁止も解除"),
                "removed": _("削除したリード"),
                "restored": _("元の値に戻したリード"),
                "partly": _("一部を元の値に戻したリード"),
                "kept": _("そのまま残したリード"),
                "blocks_lifted": _("解除した架電禁止"),
                "signals": _("反応"),
                "extra": _("追加情報"),
            },
            values={
                "signal": dict(SignalKind.choices),
                "phones": dict([*PhoneNumber.Label.choices, *PhoneNumber.Invalid.choices]),
            },
        )
