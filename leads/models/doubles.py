"""Two rows that may be one: pairs to decide on, and merges that can be undone."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Pair(models.Model):
    """Two rows that may be one and the same; a person decides. A merge removes the pair with the row that goes."""

    shares = models.JSONField(default=list, help_text="what both have in common: codes, strongest first")
    lead_import = models.ForeignKey("leads.LeadImport", models.SET_NULL, null=True, related_name="+")
    found_at = models.DateTimeField()
    apart_at = models.DateTimeField(null=True, help_text="when somebody said that they are two")
    apart_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True


class LeadDouble(Pair):
    """Two leads that may be one person."""

    first = models.ForeignKey("leads.Lead", models.CASCADE, related_name="+")
    second = models.ForeignKey("leads.Lead", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="lead_double_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="lead_double_ordered"),
        ]
        indexes = [models.Index(fields=["-found_at", "-id"], name="lead_double_open", condition=Q(apart_at=None))]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"


class CompanyDouble(Pair):
    """Two companies that may be one."""

    first = models.ForeignKey("leads.Company", models.CASCADE, related_name="+")
    second = models.ForeignKey("leads.Company", models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="company_double_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="company_double_ordered"),
        ]
        indexes = [models.Index(fields=["-found_at", "-id"], name="company_double_open", condition=Q(apart_at=None))]

    def __str__(self) -> str:
        return f"{self.first_id} = {self.second_id}?"


class Merge(models.Model):
    """One lead or company taken into another, with everything that is needed to take it out again."""

    class Kind(models.TextChoices):
        LEAD = "lead", _("リード")
        COMPANY = "company", _("会社")

    kind = models.CharField(max_length=10, choices=Kind)
    kept_id = models.BigIntegerField(help_text="lead or company that stayed")
    gone_id = models.BigIntegerField(help_text="the one that was taken in; undoing gives it this key back")
    label = models.CharField(max_length=300, help_text="how the one that is gone was called")
    snapshot = models.JSONField(help_text="the row that is gone, what the kept one was, and what moved")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["-at", "-id"], name="merge_newest"),
            models.Index(fields=["kind", "kept_id"], name="merge_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.gone_id} → {self.kept_id}"
