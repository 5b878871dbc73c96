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
            },
            targets={
                "calls.call": _("架電"),
                "calls.followup": _("二次架電対象"),
                "calls.nextaction": _("次アクション"),
            },
            fields={
                "rep": _("担当"),
                "result": _("結果"),
                "version": _("版"),
            },
        )
