"""Who must not be called, because they said so."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DoNotCallQuerySet(models.QuerySet):
    def standing(self):
        return self.filter(lifted_at=None)


class DoNotCall(models.Model):
    """A refusal that stands until an admin lifts it: who asked, when, in which words (product §5).

    The number is also kept as a keyed hash, so that the block outlives the erasure of the person.
    """

    class Scope(models.TextChoices):
        NUMBER = "number", _("この番号")
        COMPANY = "company", _("この会社")
        PERSON = "person", _("この担当者")

    scope = models.CharField(_("範囲"), max_length=10, choices=Scope, default=Scope.NUMBER)
    e164 = models.CharField(_("電話番号"), max_length=20, blank=True, db_index=True)
    e164_hash = models.CharField(max_length=64, blank=True, db_index=True)
    company = models.ForeignKey("leads.Company", models.SET_NULL, null=True, blank=True, related_name="blocks")
    lead = models.ForeignKey("leads.Lead", models.SET_NULL, null=True, blank=True, related_name="blocks")
    lead_import = models.ForeignKey("leads.LeadImport", models.SET_NULL, null=True, blank=True, related_name="blocks")
    requested_by = models.CharField(_("申し出た方"), max_length=100, blank=True)
    words = models.TextField(_("申し出の内容"))
    requested_at = models.DateTimeField(_("申し出日時"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    lift_reason = models.CharField(max_length=300, blank=True)

    objects = DoNotCallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope="number", e164_hash__gt="") | Q(scope="company") | Q(scope="person"),
                name="block_number_has_hash",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at=None) | Q(lift_reason__gt=""),
                name="block_lifted_with_reason",
            ),
            models.UniqueConstraint(
                fields=["e164_hash"],
                name="block_number_once",
                condition=Q(scope="number", lifted_at=None),
            ),
            models.UniqueConstraint(
                fields=["lead"],
                name="block_person_once",
                condition=Q(scope="person", lifted_at=None),
            ),
            models.UniqueConstraint(
                fields=["company"],
                name="block_company_once",
                condition=Q(scope="company", lifted_at=None),
            ),
        ]
        indexes = [models.Index(fields=["-requested_at", "-id"], name="block_newest")]

    def __str__(self) -> str:
        return f"{self.scope} {self.pk}"
