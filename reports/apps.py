from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self):
        from accounts import trail
        from reports import labels

        trail.describe(
            verbs={
                "export_rows": _("明細を書き出し"),
            },
            targets={},
            fields={
                "figure": _("指標"),
                "rows": _("件数"),
                "basis": _("集計の基準"),
                "period": _("期間"),
                "accounts.user.rep": _("担当"),
                "accounts.user.tier": _("Tier"),
                "accounts.user.list": _("リスト"),
                "accounts.user.source": _("流入元"),
                "accounts.user.industry": _("業種"),
                "accounts.user.agency": _("自社・代行"),
            },
            values={
                "figure": labels.LABELS,
                "basis": {str(basis): name for basis, name in labels.BASIS_NAMES.items()},
            },
        )
