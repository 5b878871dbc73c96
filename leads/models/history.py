"""What a list tells of calls that were made before its people came to us."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PastCall(models.Model):
    """A call of the past as a list tells it (前回架電日, 架電結果, ヒアリング内容).

    It stands in the lead's story and its facts count for the tier; no figure counts it: who called, under which rules,
    is not known.
    """

    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="past_calls")
    called_at = models.DateTimeField(_("前回架電日"), null=True, help_text="empty = the list does not say when")
    result = models.CharField(_("架電結果"), max_length=100, blank=True, help_text="as written")
    meaning = models.CharField(
        max_length=20, blank=True, help_text="what the words mean, see leads.importing.results; empty = not known"
    )
    note = models.TextField(_("ヒアリング内容"), blank=True)
    hearing = models.JSONField(
        default=dict, help_text='{"problem": "…", "timing": "within_3_months", …}: facts it names'
    )
    lead_import = models.ForeignKey("leads.LeadImport", models.SET_NULL, null=True, related_name="past_calls")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["lead", "-called_at"], name="past_call_lead_time")]

    def __str__(self) -> str:
        return f"{self.called_at:%Y-%m-%d} {self.result}" if self.called_at else self.result
