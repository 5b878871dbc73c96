"""What leads did."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class SignalKind(models.TextChoices):
    """What a lead did that may be worth a call."""

    DOCUMENT_REQUEST = "document_request", _("資料請求")
    INQUIRY = "inquiry", _("問合せ")
    SEMINAR = "seminar", _("セミナー参加")
    REPLY = "reply", _("返信")
    BUSINESS_CARD = "business_card", _("名刺交換")
    CALL_REACTION = "call_reaction", _("架電で反応あり")


REACTING_SIGNALS = (SignalKind.DOCUMENT_REQUEST, SignalKind.INQUIRY, SignalKind.REPLY)
"""Signals that are owed a second call even without a first one (product §4)."""


class Signal(models.Model):
    """Something a lead did at a moment, and where we know it from."""

    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="signals", db_index=False)
    kind = models.CharField(_("種類"), max_length=20, choices=SignalKind)
    occurred_at = models.DateTimeField(_("日時"))
    note = models.CharField(_("メモ"), max_length=300, blank=True)
    lead_import = models.ForeignKey("leads.LeadImport", models.SET_NULL, null=True, related_name="signals")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    needs_follow_up = models.BooleanField(
        default=False, help_text="a reacting signal whose follow-up is not yet opened"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "kind", "occurred_at"], name="signal_once"),
            models.CheckConstraint(condition=Q(kind__in=SignalKind.values), name="signal_kind_known"),
        ]
        indexes = [
            models.Index(fields=["lead", "-occurred_at"], name="signal_lead_time"),
            models.Index(fields=["id"], name="signal_owed", condition=Q(needs_follow_up=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"
