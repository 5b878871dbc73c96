from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CallsConfig(AppConfig):
    name = "calls"

    def ready(self):
        from accounts import trail
        from calls.services.attachments import CallAttachments
        from leads import ports

        ports.register(self.name, CallAttachments())
        trail.describe(
            verbs={
                "log_call": _("架電を登録"),
                "correct_call": _("架電記録を訂正"),
                "hand_over": _("別の担当者へ引継ぎ"),
                "reassign": _("担当者を変更"),
                "finish_action": _("次アクションを完了"),
                "switch_on_temperature": _("学習した温度感を使用開始"),
                "switch_off_temperature": _("学習した温度感を使用停止"),
                "fall_back_temperature": _("精度低下により学習した温度感を停止"),
            },
            targets={
                "calls.call": _("架電"),
                "calls.followup": _("二次架電対象"),
                "calls.nextaction": _("次アクション"),
                "leads.temperaturemodel": _("学習した温度感"),
            },
            fields={
                "rep": _("担当"),
                "result": _("結果"),
                "version": _("版"),
                "leads.temperaturemodel.status": _("状態"),
                "leads.temperaturemodel.reason": _("変更の理由"),
                "leads.temperaturemodel.a_from": _("Tier Aの下限"),
                "leads.temperaturemodel.b_from": _("Tier Bの下限"),
            },
        )
