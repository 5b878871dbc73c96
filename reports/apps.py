from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self):
        from accounts import trail

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
            },
        )
