"""Rules for tiers as somebody decided them, what a change would do, and temperatures learned from outcomes."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class TierRuleVersion(models.Model):
    """One version of the tier rules: common to all leads, or of one list, or of one source (流入元).

    A version is never changed: the next one replaces it. Without a current common version the defaults of
    `leads.tiering` hold.
    """

    lead_list = models.ForeignKey(
        "leads.LeadList", models.CASCADE, null=True, related_name="tier_rules", verbose_name=_("リスト")
    )
    source = models.CharField(_("流入元"), max_length=100, blank=True)
    rules = models.JSONField(help_text="see leads.tier_rules")
    note = models.CharField(_("変更の理由"), max_length=300)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True, help_text="when the next version replaced it or it was given up")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    end_note = models.CharField(max_length=300, blank=True, help_text="why a variation was given up")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lead_list=None) | Q(source=""),
                name="tier_rule_one_scope",
            ),
            models.CheckConstraint(
                condition=Q(is_current=True, ended_at=None) | Q(is_current=False, ended_at__isnull=False),
                name="tier_rule_current_or_ended",
            ),
            models.UniqueConstraint(
                fields=["is_current"],
                name="tier_rule_one_common",
                condition=Q(is_current=True, lead_list=None, source=""),
            ),
            models.UniqueConstraint(
                fields=["lead_list"],
                name="tier_rule_one_per_list",
                condition=Q(is_current=True, lead_list__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["source"],
                name="tier_rule_one_per_source",
                condition=Q(is_current=True) & ~Q(source=""),
            ),
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="tier_rule_newest")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """As a lead remembers by which rules it was decided."""
        return f"r{self.pk}"


class TierSimulation(models.Model):
    """What a change of the rules would do, reckoned before it is saved."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("計算待ち")
        RUNNING = "running", _("計算中")
        DONE = "done", _("計算済み")
        FAILED = "failed", _("失敗")

    lead_list = models.ForeignKey("leads.LeadList", models.CASCADE, null=True, related_name="+")
    source = models.CharField(max_length=100, blank=True)
    rules = models.JSONField(null=True, help_text="see leads.tier_rules; empty = the variation would be given up")
    note = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    leads_total = models.PositiveIntegerField(default=0)
    leads_done = models.PositiveIntegerField(default=0)
    last_lead = models.BigIntegerField(default=0, help_text="a resumed run goes on behind it")
    result = models.JSONField(default=dict, help_text="moves from tier to tier, sample leads, today's queue")
    token = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["status", "id"], name="tier_simulation_waiting")]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"


class TemperatureModel(models.Model):
    """A temperature learned from the team's own outcomes: a scorecard, with how well it did on the newest of them."""

    class Status(models.TextChoices):
        REFUSED = "refused", _("不採用（ルールに勝てない）")
        OFFERED = "offered", _("提案中")
        ON = "on", _("使用中")
        OFF = "off", _("使用停止")
        FALLEN_BACK = "fallen_back", _("精度低下により停止")

    status = models.CharField(max_length=12, choices=Status)
    card = models.JSONField(help_text="see leads.scorecard: base points and points per feature")
    metrics = models.JSONField(help_text="on the newest outcomes: AUC of both, their difference with its interval, n")
    a_from = models.PositiveSmallIntegerField(null=True, help_text="tier A from this temperature; empty = by the rule")
    b_from = models.PositiveSmallIntegerField(null=True)
    trained_at = models.DateTimeField()
    switched_at = models.DateTimeField(null=True)
    switched_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["status"], name="temperature_model_one_on", condition=Q(status="on")),
            models.CheckConstraint(
                condition=Q(a_from=None, b_from=None) | Q(a_from__gt=models.F("b_from")),
                name="temperature_model_a_over_b",
            ),
        ]
        indexes = [models.Index(fields=["-trained_at", "-id"], name="temperature_model_newest")]

    def __str__(self) -> str:
        return f"m{self.pk} {self.status}"
