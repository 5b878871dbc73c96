"""Days nobody calls, what people are told, and which ticks have run."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ClosedDay(models.Model):
    """A day on which the company itself does not call (会社休業日)."""

    on = models.DateField(_("日付"), unique=True)
    name = models.CharField(_("名称"), max_length=100)

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class NoticeQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None)

    def unmailed(self):
        return self.filter(mail_due=True, mailed_at=None)


class Notice(models.Model):
    """Something one person should know, shown in the page and mailed once. `key` makes it unique."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("二次架電の枠が開きました")
        CLOSING = "closing", _("まもなく期限です")
        HANDED_OVER = "handed_over", _("二次架電の担当になりました")
        PROMISE_DUE = "promise_due", _("お約束の時刻です")
        PROMISE_AT_RISK = "promise_at_risk", _("お約束を守れないおそれがあります")
        MISSED = "missed", _("期限を過ぎました")
        AT_RISK = "at_risk", _("期限内に架電できないおそれがあります")
        RETURNED = "returned", _("差戻しがありました")
        HANDOVER = "handover", _("商談の引継ぎが届きました")
        ACCEPTED = "accepted", _("引継ぎが受理されました")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=Kind)
    follow_up = models.ForeignKey("calls.FollowUp", models.CASCADE, null=True, related_name="notices")
    lead = models.ForeignKey("leads.Lead", models.CASCADE, null=True, related_name="+")
    key = models.CharField(max_length=100, unique=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_due = models.BooleanField(default=True)
    mail_claimed_until = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notice_user_time"),
            models.Index(
                fields=["id"],
                name="notice_to_mail",
                condition=Q(mail_due=True, mailed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Tick(models.Model):
    """One run of periodic work for one slot of time; the pair is unique, so two beats do the work once."""

    job = models.CharField(max_length=40)
    slot = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "slot"], name="tick_once")]
        indexes = [models.Index(fields=["job", "-finished_at"], name="tick_job_finished")]

    def __str__(self) -> str:
        return f"{self.job} {self.slot:%Y-%m-%d %H:%M}"
