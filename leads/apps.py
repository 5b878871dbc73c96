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
            },
            values={
                "signal": dict(SignalKind.choices),
                "phones": dict([*PhoneNumber.Label.choices, *PhoneNumber.Invalid.choices]),
            },
        )
