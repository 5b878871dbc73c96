"""The second call that is owed: the unit of the funnel."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Scope, scope_of


class FollowUpQuerySet(models.QuerySet):
    def live(self):
        """Not yet settled: still owed a call, the missed ones too."""
        return self.filter(state__in=FollowUp.LIVE)

    def callable_at(self, now):
        """Second calls that may be made now: window open or overdue."""
        return self.live().filter(opens_at__lte=now)

    def unattempted(self):
        return self.filter(first_attempted_at=None)

    def for_user(self, user):
        scope = scope_of(user, Permission.SEE_LEADS)
        if scope is Scope.ALL:
            return self
        if scope in (Scope.TEAM, Scope.TEAMS):
            return self.filter(lead__team_id__in=user.team_ids)
        if scope is Scope.ASSIGNED:
            return self.filter(lead__owner=user)
        if scope is Scope.DEALS:
            return self.filter(lead__deals__owner=user).distinct()
        return self.none()


class FollowUp(models.Model):
    """One reaction that is owed a second call, with the time of every step it reached.

    The raw window never changes; the stored window is the raw one moved onto callable time (`calls.window`).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("枠の開始前")
        OPEN = "open", _("架電可能")
        ATTEMPTED = "attempted", _("架電済・未接続")
        CONNECTED = "connected", _("接続済")
        MISSED = "missed", _("期限超過")
        CLOSED = "closed", _("完了")
        CANCELLED = "cancelled", _("取消")

    LIVE = (State.WAITING, State.OPEN, State.ATTEMPTED, State.CONNECTED, State.MISSED)

    lead = models.ForeignKey("leads.Lead", models.PROTECT, related_name="follow_ups")
    reaction_call = models.OneToOneField("calls.Call", models.PROTECT, null=True, related_name="opened_follow_up")
    reaction_signal = models.OneToOneField("leads.Signal", models.PROTECT, null=True, related_name="opened_follow_up")
    returned_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="reopened_as")
    reaction_at = models.DateTimeField()
    raw_opens_at = models.DateTimeField()
    raw_closes_at = models.DateTimeField()
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    window_reasons = models.JSONField(default=list, help_text="why the window moved, codes of calls.window")

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    close_reason = models.CharField(
        max_length=40,
        blank=True,
        help_text="result that closed it, or why cancelled or missed",
    )
    first_rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="follow_ups")
    attempted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="who made the first second call",
    )
    credited_rep_id = models.GeneratedField(
        expression=Coalesce("attempted_by_id", "rep_id"),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
        help_text="whose figure it is: who made the first second call, until then who is to make it",
    )
    team = models.ForeignKey(
        "accounts.Team",
        models.PROTECT,
        related_name="follow_ups",
        help_text="at the reaction",
    )
    is_agency = models.BooleanField(default=False, help_text="the credited rep is an agency's")
    tier = models.CharField(max_length=1, help_text="of the lead at the reaction")
    temperature = models.PositiveSmallIntegerField(null=True, help_text="of the lead at the reaction")
    facts = models.JSONField(
        default=dict, help_text="what was known of the lead at the reaction: leads.selectors.snapshot_of"
    )

    planned_at = models.DateTimeField(null=True)
    plan_reasons = models.JSONField(default=list)
    needs_plan = models.BooleanField(
        default=True,
        help_text="something changed: the planner looks at it on the next tick",
    )
    promised_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    first_attempted_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True, help_text="the person was reached")
    appointment_at = models.DateTimeField(null=True, help_text="when the appointment was won, not when it takes place")
    held_at = models.DateTimeField(null=True)
    opportunity_at = models.DateTimeField(null=True)
    won_at = models.DateTimeField(null=True)
    missed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                name="follow_up_one_open_per_lead",
                condition=Q(state__in=["waiting", "open", "attempted", "connected", "missed"]),
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")),
                name="follow_up_window_not_empty",
            ),
            models.CheckConstraint(
                condition=Q(raw_closes_at__gt=F("raw_opens_at")),
                name="follow_up_raw_window",
            ),
            models.CheckConstraint(
                condition=Q(reaction_call__isnull=False)
                | Q(reaction_signal__isnull=False)
                | Q(returned_from__isnull=False),
                name="follow_up_has_reaction",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | Q(close_reason__gt=""),
                name="follow_up_cancelled_with_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["rep", "closes_at"],
                name="follow_up_rep_due",
                condition=Q(state__in=["waiting", "open", "attempted", "connected", "missed"]),
            ),
            models.Index(
                fields=["team", "closes_at"],
                name="follow_up_team_due",
                condition=Q(state__in=["waiting", "open", "attempted", "connected", "missed"]),
            ),
            models.Index(fields=["id"], name="follow_up_to_plan", condition=Q(needs_plan=True)),
            models.Index(fields=["reaction_at", "team"], name="follow_up_reaction"),
            models.Index(fields=["first_attempted_at", "team"], name="follow_up_attempted"),
            models.Index(fields=["closes_at", "team"], name="follow_up_closes"),
        ]

    def __str__(self) -> str:
        return f"follow-up {self.pk} {self.state}"

    @property
    def is_live(self) -> bool:
        return self.state in self.LIVE


class FollowUpMove(models.Model):
    """One change of state of a follow-up."""

    follow_up = models.ForeignKey(FollowUp, models.CASCADE, related_name="moves")
    from_state = models.CharField(max_length=10, blank=True)
    to_state = models.CharField(max_length=10, choices=FollowUp.State)
    reason = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(from_state=F("to_state")), name="follow_up_move_moves"),
        ]
        indexes = [models.Index(fields=["follow_up", "at"], name="follow_up_move_time")]

    def __str__(self) -> str:
        return f"{self.follow_up_id} {self.from_state}→{self.to_state}"
