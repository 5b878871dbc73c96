from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DealsConfig(AppConfig):
    name = "deals"

    def ready(self):
        from accounts import trail
        from deals.models import Handover
        from deals.services.attachments import DealAttachments
        from leads import ports

        ports.register(self.name, DealAttachments())
        trail.describe(
            verbs={
                "open_deal": _("商談を登録"),
                "accept_handover": _("引継ぎを受理"),
                "move_deal": _("商談の状態を変更"),
                "update_deal": _("商談の内容を変更"),
                "set_calling_cost": _("架電コストを登録"),
            },
            targets={
                "deals.deal": _("商談"),
                "deals.callingcost": _("架電コスト"),
            },
            fields={
                "handover": _("引継ぎ"),
                "stage": _("状態"),
                "origin": _("きっかけ"),
            },
            values={
                "handover": dict(Handover.Status.choices),
            },
        )
