"""Who works here: users, teams, working hours, absences, and the audit trail of everything they change."""

import datetime as dt

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Role, Scope, scope_of


class Team(models.Model):
    """A group that shares leads and figures; an agency's people form a team of their own."""

    name = models.CharField(_("チーム名"), max_length=100, unique=True)
    is_agency = models.BooleanField(_("代行会社"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)

    def reps(self):
        """Everybody who may be given a call."""
        return self.filter(role__in=[Role.REP, Role.AGENCY_REP, Role.MANAGER, Role.ADMIN])

    def callers(self):
        """Those the planner gives calls to: active reps, in-house or from an agency."""
        return self.active().filter(role__in=[Role.REP, Role.AGENCY_REP])

    def invited(self):
        """Active, but no password chosen yet."""
        return self.active().filter(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def able_to_sign_in(self):
        return self.active().exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)

    def deactivated(self):
        return self.filter(is_active=False)

    def field_sales(self):
        return self.active().filter(role=Role.FIELD_SALES)

    def for_user(self, user):
        """People `user` may see: a manager the own teams', an admin everybody, others themselves."""
        scope = scope_of(user, Permission.SEE_PEOPLE)
        if scope is Scope.ALL:
            return self
        if scope is Scope.TEAMS:
            return self.filter(Q(team_id__in=user.team_ids) | Q(pk=user.pk))
        return self.filter(pk=user.pk)


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):
    def create_user(self, email: str, password: str | None = None, **fields):
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, **{"role": Role.ADMIN, "is_superuser": True, **fields})

    def get_by_natural_key(self, email: str):
        return self.get(email=email.lower())


class User(AbstractBaseUser, PermissionsMixin):
    """One person who signs in with an e-mail address."""

    email = models.EmailField(_("メールアドレス"), unique=True)
    name = models.CharField(_("氏名"), max_length=100)
    role = models.CharField(_("役割"), max_length=20, choices=Role, default=Role.REP)
    team = models.ForeignKey(
        Team,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="members",
        verbose_name=_("チーム"),
    )
    managed_teams = models.ManyToManyField(Team, blank=True, related_name="managers", verbose_name=_("管理するチーム"))
    language = models.CharField(
        _("表示言語"),
        max_length=5,
        choices=[("ja", "日本語"), ("en", "English")],
        default="ja",
    )
    slots_per_hour = models.PositiveSmallIntegerField(_("1時間に予定できる二次架電"), default=3)
    is_active = models.BooleanField(_("有効"), default=True)
    invited_at = models.DateTimeField(null=True, blank=True, help_text="when the last invitation mail went out")
    session_epoch = models.PositiveIntegerField(default=0, help_text="raised to end every session of this person")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="user_role_known"),
            models.CheckConstraint(
                condition=Q(slots_per_hour__gte=1, slots_per_hour__lte=20),
                name="user_slots_sane",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    @property
    def team_ids(self) -> list[int]:
        """Teams whose rows this person answers for: the own one, and a manager's managed ones (one query, kept)."""
        if not hasattr(self, "_team_ids"):
            ids = {self.team_id} if self.team_id else set()
            if self.role == Role.MANAGER:
                ids |= set(self.managed_teams.values_list("pk", flat=True))
            self._team_ids = sorted(ids)
        return self._team_ids

    @property
    def is_agency(self) -> bool:
        return self.role == Role.AGENCY_REP

    @property
    def is_invited(self) -> bool:
        """Invited, but no password chosen yet: this person cannot sign in."""
        return not self.has_usable_password()

    def get_session_auth_hash(self) -> str:
        """A session lives as long as this stays the same: until the password or the epoch changes."""
        return f"{self.session_epoch}.{super().get_session_auth_hash()}"

    def get_session_auth_fallback_hash(self):
        for fallback in super().get_session_auth_fallback_hash():
            yield f"{self.session_epoch}.{fallback}"


class WorkingHours(models.Model):
    """One block of a weekday in which somebody works, Asia/Tokyo wall-clock time.

    Somebody without any row works the business hours of the calendar.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(_("曜日"), help_text="0 = Monday")
    starts_at = models.TimeField(_("開始"), default=dt.time(9))
    ends_at = models.TimeField(_("終了"), default=dt.time(18))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "weekday", "starts_at"], name="working_hours_once"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="working_hours_end_after_start",
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="working_hours_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.weekday} {self.starts_at}–{self.ends_at}"


class AbsenceQuerySet(models.QuerySet):
    def covering(self, moment):
        return self.filter(starts_at__lte=moment, ends_at__gt=moment)

    def overlapping(self, start, end):
        return self.filter(starts_at__lt=end, ends_at__gt=start)


class Absence(models.Model):
    """A stretch in which somebody cannot call: holiday, illness, training."""

    user = models.ForeignKey(User, models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField(_("開始"))
    ends_at = models.DateTimeField(_("終了"))
    reason = models.CharField(_("理由"), max_length=200, blank=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_end_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.starts_at:%Y-%m-%d}"

    @property
    def first_day(self) -> dt.date:
        return timezone.localtime(self.starts_at).date()

    @property
    def last_day(self) -> dt.date:
        return timezone.localtime(self.ends_at - dt.timedelta(microseconds=1)).date()

    @property
    def is_whole_days(self) -> bool:
        """From midnight to midnight."""
        return {timezone.localtime(end).time() for end in (self.starts_at, self.ends_at)} == {dt.time.min}


class AuditEntryQuerySet(models.QuerySet):
    def about(self, target):
        return self.filter(target_type=target._meta.label_lower, target_id=target.pk)


class AuditEntry(models.Model):
    """One change: who did what to which row when, from what to what. Only ever added to."""

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="empty = the system",
    )
    verb = models.CharField(max_length=60)
    target_type = models.CharField(max_length=60)
    target_id = models.BigIntegerField(null=True)
    changes = models.JSONField(default=dict, help_text='{"field": [from, to]}')

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["target_type", "target_id", "at"], name="audit_target")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target_type}#{self.target_id}"
