"""The numbers of a lead as written and as dialled."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class PhoneNumber(models.Model):
    """One number of a lead as written and as dialled; a company's main number is repeated for each of its leads."""

    class Label(models.TextChoices):
        MAIN = "main", _("代表")
        DIRECT = "direct", _("直通")
        MOBILE = "mobile", _("携帯")
        OTHER = "other", _("その他")
        FAX = "fax", _("FAX")

    class Invalid(models.TextChoices):
        UNREADABLE = "unreadable", _("読み取れない番号")
        OUT_OF_SERVICE = "out_of_service", _("使われていない番号")
        FAX = "fax", _("FAX")
        WRONG_NUMBER = "wrong_number", _("番号違い")

    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="phones", db_index=False)
    label = models.CharField(max_length=10, choices=Label, default=Label.MAIN)
    raw = models.CharField(_("電話番号"), max_length=100)
    e164 = models.CharField(max_length=20, blank=True, help_text="empty = could not be read")
    extension = models.CharField(max_length=20, blank=True)
    is_valid = models.BooleanField(default=True)
    invalid_reason = models.CharField(
        max_length=40,
        blank=True,
        choices=Invalid,
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="order in which numbers are tried")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead", "raw"], name="phone_once_per_lead")]
        indexes = [models.Index(fields=["e164"], name="phone_e164")]

    def __str__(self) -> str:
        return self.raw
