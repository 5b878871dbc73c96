"""What came of it: appointments, hand-overs to field sales, opportunities, won and lost, and what calling cost."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Scope, scope_of


class DealQuerySet(models.QuerySet):
    def for_user(self, user):
        """Field sales see the deals they own, reps those they set, managers their teams' (product §8)."""
        scope = scope_of(user, Permission.SEE_DEALS)
        if scope is Scope.ALL:
            return self
        if scope is Scope.TEAMS:
            return self.filter(Q(team_id__in=user.team_ids) | Q(owner=user) | Q(set_by=user))
        if scope is Scope.OWN:
            return self.filter(Q(owner=user) | Q(set_by=user))
        return self.none()

    def new_handovers(self):
        """Handed over and not yet answered."""
        return self.filter(stage=Deal.Stage.APPOINTMENT, handover__status=Handover.Status.PENDING)

    def meeting_between(self, start, end):
        """Meetings that start from `start` until before `end`, those sent back left out."""
        return self.filter(starts_at__gte=start, starts_at__lt=end).exclude(stage=Deal.Stage.RETURNED)

    def awaiting_result(self, now):
        """The meeting has begun and nobody has said what came of it."""
        return self.filter(stage=Deal.Stage.APPOINTMENT, starts_at__lte=now)

    def movable_by(self, user):
        scope = scope_of(user, Permission.MOVE_DEALS)
        if scope is Scope.NONE:
            return self.none()
        return self.for_user(user).filter(owner=user) if scope is Scope.OWN else self.for_user(user)


class Deal(models.Model):
    """One appointment and what became of it; allowed moves of `stage` are in `deals.pipeline`."""

    class Stage(models.TextChoices):
        APPOINTMENT = "appointment", _("商談予定")
        HELD = "held", _("商談実施")
        NO_SHOW = "no_show", _("未実施")
        OPPORTUNITY = "opportunity", _("案件")
        WON = "won", _("受注")
        LOST = "lost", _("失注")
        RETURNED = "returned", _("差戻し")

    class Origin(models.TextChoices):
        SECOND_CALL = "second_call", _("二次架電")
        FIRST_CALL = "first_call", _("一次架電")
        INBOUND = "inbound", _("インバウンド")

    lead = models.ForeignKey("leads.Lead", models.PROTECT, related_name="deals")
    follow_up = models.ForeignKey("calls.FollowUp", models.PROTECT, null=True, related_name="deals")
    appointment_call = models.OneToOneField("calls.Call", models.PROTECT, null=True, related_name="deal")
    origin = models.CharField(max_length=12, choices=Origin)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.APPOINTMENT)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="deals",
        verbose_name=_("営業担当"),
    )
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="deals")
    starts_at = models.DateTimeField(_("商談日時"))
    is_online = models.BooleanField(_("オンライン"), default=True)
    place = models.CharField(_("場所・URL"), max_length=300)
    participants = models.CharField(_("参加者"), max_length=300)
    amount_yen = models.PositiveBigIntegerField(_("金額（円）"), null=True, blank=True)
    close_on = models.DateField(_("受注予定日"), null=True, blank=True)
    lost_reason = models.CharField(_("失注理由"), max_length=200, blank=True)
    held_at = models.DateTimeField(null=True)
    opportunity_at = models.DateTimeField(null=True)
    won_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    appointment_at = models.DateTimeField(help_text="when the appointment was won")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DealQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage="lost") | Q(lost_reason__gt=""),
                name="deal_lost_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(origin="inbound") | Q(appointment_call__isnull=False),
                name="deal_called_has_call",
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "stage", "starts_at"], name="deal_owner_stage"),
            models.Index(fields=["team", "appointment_at"], name="deal_team_time"),
        ]

    def __str__(self) -> str:
        return f"deal {self.pk} {self.stage}"


class DealMove(models.Model):
    """One move of a deal from stage to stage."""

    deal = models.ForeignKey(Deal, models.CASCADE, related_name="moves")
    from_stage = models.CharField(max_length=12, blank=True)
    to_stage = models.CharField(max_length=12, choices=Deal.Stage)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(from_stage=F("to_stage")), name="deal_move_moves")]

    def __str__(self) -> str:
        return f"{self.deal_id} {self.from_stage}→{self.to_stage}"


class Handover(models.Model):
    """The one-page sheet field sales gets with an appointment, and their answer to it."""

    class Status(models.TextChoices):
        PENDING = "pending", _("確認待ち")
        ACCEPTED = "accepted", _("受理")
        RETURNED = "returned", _("差戻し")

    deal = models.OneToOneField(Deal, models.CASCADE, related_name="handover")
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    sheet = models.JSONField(help_text="company, people, hearing and history as they stood at the hand-over")
    todo = models.TextField(_("次にやること"), blank=True)
    mail_due = models.BooleanField(default=True)
    mail_claimed_until = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    return_reason = models.CharField(_("差戻し理由"), max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="returned") | Q(return_reason__gt=""),
                name="handover_returned_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="handover_to_mail",
                condition=Q(mail_due=True, mailed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"hand-over of deal {self.deal_id}"


class CallingCost(models.Model):
    """What calling cost one team in one month, in yen; the numerator of CAC."""

    team = models.ForeignKey("accounts.Team", models.CASCADE, related_name="calling_costs")
    month = models.DateField(_("月"), help_text="first day of the month")
    people_yen = models.PositiveBigIntegerField(_("人件費"), default=0)
    agency_yen = models.PositiveBigIntegerField(_("代行費"), default=0)
    tools_yen = models.PositiveBigIntegerField(_("ツール費"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "month"], name="calling_cost_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="calling_cost_month_start"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.month:%Y-%m}"
