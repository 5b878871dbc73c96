"""Calls, what can come out of them, who holds a card, what was promised next, and the scripts that were read."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Scope, scope_of


class Connection(models.TextChoices):
    NONE = "none", _("つながらず")
    YES = "yes", _("着電")


class Reached(models.TextChoices):
    NOBODY = "nobody", _("なし")
    OTHER = "other", _("別の方")
    GATEKEEPER = "gatekeeper", _("受付")
    PERSON = "person", _("担当者")


class Result(models.TextChoices):
    """What a call came to; flags of the outcome say what follows from it."""

    NO_ANSWER = "no_answer", _("不通")
    INVALID_NUMBER = "invalid_number", _("番号無効")
    WRONG_NUMBER = "wrong_number", _("番号違い")
    GATEKEEPER_REFUSED = "gatekeeper_refused", _("受付拒否")
    ABSENT = "absent", _("担当者不在")
    CALL_BACK = "call_back", _("かけ直し希望")
    REACTION = "reaction", _("反応あり")
    HEARING_DONE = "hearing_done", _("ヒアリング済")
    APPOINTMENT = "appointment", _("商談獲得")
    REFUSED = "refused", _("お断り")
    DO_NOT_CALL = "do_not_call", _("架電禁止の申し出")


class Outcome(models.Model):
    """One choice of the outcome list. An admin may relabel, reorder, hide and add; `result` carries the meaning."""

    code = models.SlugField(max_length=40, unique=True)
    label = models.CharField(_("表示名"), max_length=60)
    label_en = models.CharField(_("表示名（英語）"), max_length=60)
    connection = models.CharField(_("接続状況"), max_length=10, choices=Connection)
    reached = models.CharField(_("接続先"), max_length=12, choices=Reached)
    result = models.CharField(_("結果"), max_length=20, choices=Result)
    position = models.PositiveSmallIntegerField(_("並び順"), default=0)
    is_hidden = models.BooleanField(_("使わない"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(connection="none", reached="nobody") | (Q(connection="yes") & ~Q(reached="nobody")),
                name="outcome_reached_needs_connection",
            ),
        ]

    def __str__(self) -> str:
        return self.label_en if (get_language() or "").startswith("en") else self.label


class CallQuerySet(models.QuerySet):
    def for_user(self, user):
        """Calls on leads this person may see; field sales those on leads with a deal of theirs."""
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

    def second_calls(self):
        return self.filter(kind=Call.Kind.SECOND)


class Call(models.Model):
    """One dial and what came of it. Team and rep are written down as they were then."""

    class Kind(models.TextChoices):
        FIRST = "first", _("一次架電")
        SECOND = "second", _("二次架電")

    lead = models.ForeignKey("leads.Lead", models.PROTECT, related_name="calls")
    follow_up = models.ForeignKey("calls.FollowUp", models.PROTECT, null=True, related_name="calls")
    kind = models.CharField(max_length=6, choices=Kind)
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="calls")
    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="calls")
    is_agency = models.BooleanField(default=False)
    tier = models.CharField(max_length=1, help_text="of the lead when it was called")
    phone = models.ForeignKey("leads.PhoneNumber", models.SET_NULL, null=True, related_name="calls")
    outcome = models.ForeignKey(Outcome, models.PROTECT, related_name="calls")
    connection = models.CharField(max_length=10, choices=Connection)
    reached = models.CharField(max_length=12, choices=Reached)
    result = models.CharField(max_length=20, choices=Result)
    memo = models.TextField(_("メモ"), blank=True)
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    retry_at = models.DateTimeField(_("再架電"), null=True, blank=True)
    promised_at = models.DateTimeField(_("お約束"), null=True, blank=True)
    script_version = models.ForeignKey("calls.ScriptVersion", models.PROTECT, null=True, related_name="calls")
    started_at = models.DateTimeField(help_text="when the card was opened")
    called_at = models.DateTimeField(help_text="when the call was logged; the time every figure uses")
    form_key = models.UUIDField(unique=True, help_text="one per opened form: saving twice logs one call")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="first", follow_up=None) | Q(kind="second", follow_up__isnull=False),
                name="call_second_has_follow_up",
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "-called_at"], name="call_lead_time"),
            models.Index(fields=["called_at", "team", "kind"], name="call_time_team"),
            models.Index(fields=["rep", "called_at"], name="call_rep_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.result} {self.called_at:%Y-%m-%d %H:%M}"


class CallRevision(models.Model):
    """A call as it stood before a correction."""

    call = models.ForeignKey(Call, models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    data = models.JSONField(help_text="the call and its hearing, field by field")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["call", "version"], name="call_revision_once")]

    def __str__(self) -> str:
        return f"{self.call_id} v{self.version}"


class Lease(models.Model):
    """Who holds a lead's card. A live lease keeps colleagues off; an expired one waits in the rep's tray.

    The tray is 未登録の通話: cards that were opened and never wrapped up.
    """

    lead = models.OneToOneField("leads.Lead", models.CASCADE, related_name="lease")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="leases")
    token = models.PositiveIntegerField(default=1, help_text="rises with every hand-out: fences off a late save")
    form_key = models.UUIDField(help_text="of the form this card was opened with")
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.lead_id} {self.rep_id}"


class NextActionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_at=None, cancelled_at=None)


class NextAction(models.Model):
    """What somebody owes a lead after a call: what, who, by when."""

    class Kind(models.TextChoices):
        SEND_DOCUMENTS = "send_documents", _("資料送付")
        REMINDER_MAIL = "reminder_mail", _("リマインドメール")
        FOLLOW_UP_CALL = "follow_up_call", _("フォローコール")

    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="next_actions")
    call = models.ForeignKey(Call, models.CASCADE, related_name="next_actions")
    kind = models.CharField(_("次アクション"), max_length=20, choices=Kind)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="next_actions")
    due_at = models.DateTimeField(_("期限"))
    note = models.CharField(max_length=300, blank=True)
    done_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = NextActionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["owner", "due_at"],
                name="next_action_owed",
                condition=Q(done_at=None, cancelled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d}"


class Script(models.Model):
    """A talk script for first or for second calls."""

    name = models.CharField(_("スクリプト名"), max_length=100)
    kind = models.CharField(max_length=6, choices=Call.Kind)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class ScriptVersion(models.Model):
    """One version of a script: sections of lines; a line may ask for a hearing fact."""

    script = models.ForeignKey(Script, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    sections = models.JSONField(help_text='[{"title": "…", "lines": [{"text": "…", "fact": "problem" or null}]}]')
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["script", "number"], name="script_version_once")]

    def __str__(self) -> str:
        return f"{self.script} v{self.number}"
