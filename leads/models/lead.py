"""Companies and the people to reach there, with what tier and queue are decided from."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Scope, scope_of


class Tier(models.TextChoices):
    """How promising a lead is; decided by `leads.tiering`, never typed in."""

    A = "A", _("Tier A")
    B = "B", _("Tier B")
    C = "C", _("Tier C")


class Stage(models.TextChoices):
    """Where a lead stands; allowed moves are in `leads.stages`."""

    NEW = "new", _("未架電")
    CALLING = "calling", _("一次架電中")
    FOLLOW_UP = "follow_up", _("二次架電対象")
    NURTURING = "nurturing", _("継続検討")
    APPOINTMENT = "appointment", _("商談")
    OPPORTUNITY = "opportunity", _("案件")
    WON = "won", _("受注")
    LOST = "lost", _("失注")
    REFUSED = "refused", _("お断り")
    BLOCKED = "blocked", _("架電禁止")


class Company(models.Model):
    """One company as the lists name it; equal keys alone never make two companies one."""

    name = models.CharField(_("会社名"), max_length=200)
    name_key = models.CharField(max_length=200, help_text="leads.importing.companies key")
    kana = models.CharField(_("会社名カナ"), max_length=200, blank=True)
    corporate_number = models.CharField(_("法人番号"), max_length=13, blank=True)
    industry = models.CharField(_("業種"), max_length=100, blank=True)
    employees = models.CharField(_("従業員数"), max_length=50, blank=True)
    postal_code = models.CharField(_("郵便番号"), max_length=8, blank=True)
    prefecture = models.CharField(_("都道府県"), max_length=10, blank=True)
    address = models.CharField(_("住所"), max_length=300, blank=True)
    url = models.CharField(_("URL"), max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["name_key"], name="company_name_key"),
            models.Index(
                fields=["corporate_number"],
                name="company_corporate_number",
                condition=~Q(corporate_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LeadQuerySet(models.QuerySet):
    def for_user(self, user):
        """Leads this person may see (product §8); everything else answers 404."""
        scope = scope_of(user, Permission.SEE_LEADS)
        if scope is Scope.ALL:
            return self
        if scope in (Scope.TEAM, Scope.TEAMS):
            return self.filter(team_id__in=user.team_ids)
        if scope is Scope.ASSIGNED:
            return self.filter(owner=user)
        if scope is Scope.DEALS:
            return self.filter(deals__owner=user).distinct()
        return self.none()

    def locked(self, pk: int):
        """The lead as it stands now, held until the transaction ends; every change of a lead begins here."""
        return self.select_for_update(of=("self",)).select_related("company", "owner").get(pk=pk)

    def not_blocked(self):
        """Leads no standing block names, by person, company or every valid number."""
        return self.filter(is_blocked=False)

    def callable(self):
        """Leads that could be dialled: not blocked, with a valid number."""
        return self.not_blocked().filter(has_callable_phone=True)


class Lead(models.Model):
    """One person to reach at one company, with the facts its tier and place in the queue are decided from."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="leads", verbose_name=_("会社"))
    name = models.CharField(_("氏名"), max_length=100, blank=True)
    kana = models.CharField(_("氏名カナ"), max_length=100, blank=True)
    department = models.CharField(_("部署"), max_length=100, blank=True)
    title = models.CharField(_("役職"), max_length=100, blank=True)
    office = models.CharField(_("拠点"), max_length=200, blank=True, help_text="branch or facility of the company")
    email = models.EmailField(_("メールアドレス"), blank=True)
    memo = models.TextField(_("備考"), blank=True)
    extra = models.JSONField(
        default=dict,
        blank=True,
        help_text="columns of the list that have no field of their own",
    )

    # Keys that another index begins with have none of their own: each costs every imported row.
    team = models.ForeignKey(
        "accounts.Team", models.PROTECT, related_name="leads", verbose_name=_("チーム"), db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        db_index=False,
        verbose_name=_("担当"),
    )
    lead_list = models.ForeignKey(
        "leads.LeadList",
        models.PROTECT,
        null=True,
        related_name="leads",
        db_index=False,
        verbose_name=_("リスト"),
    )
    lead_import = models.ForeignKey("leads.LeadImport", models.SET_NULL, null=True, blank=True, related_name="leads")
    source = models.CharField(_("流入元"), max_length=100, blank=True)

    stage = models.CharField(_("状態"), max_length=20, choices=Stage, default=Stage.NEW)
    tier = models.CharField(_("Tier"), max_length=1, choices=Tier, default=Tier.C)
    tier_reasons = models.JSONField(default=list, help_text="codes with their numbers, see leads.tiering")
    temperature = models.PositiveSmallIntegerField(_("温度感"), default=0)
    tier_rule_version = models.CharField(max_length=40, blank=True)
    tiered_at = models.DateTimeField(null=True)
    tier_override = models.CharField(max_length=1, choices=Tier, blank=True)
    tier_override_reason = models.CharField(max_length=200, blank=True)
    tier_override_until = models.DateField(null=True, blank=True)
    tier_override_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )

    # Facts of calls and hearings, handed down by `calls` so that tier and lists need no query upwards.
    call_count = models.PositiveIntegerField(default=0)
    last_called_at = models.DateTimeField(_("最終架電"), null=True)
    last_result = models.CharField(max_length=20, blank=True, help_text="Call.result of that call")
    last_reached_at = models.DateTimeField(null=True)
    last_reaction_at = models.DateTimeField(_("最終反応"), null=True)
    problem_recorded_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    revive_on = models.DateField(null=True)
    timing = models.CharField(max_length=20, blank=True, help_text="latest answered Hearing.timing")
    budget = models.CharField(max_length=20, blank=True, help_text="latest answered Hearing.budget")
    decision_maker = models.CharField(max_length=20, blank=True, help_text="latest answered Hearing.decision_maker")
    next_call_at = models.DateTimeField(_("次回架電"), null=True, help_text="earliest retry, promise or next action")
    next_call_is_promise = models.BooleanField(default=False, help_text="the customer named that time")

    is_blocked = models.BooleanField(default=False, help_text="kept by leads.services.blocks")
    has_callable_phone = models.BooleanField(default=False, help_text="kept by leads.services.phones")
    search_text = models.TextField(blank=True, help_text="normalised company, kana, person, e-mail and digits")
    version = models.PositiveIntegerField(default=1, help_text="rises with every edit: a stale form is refused")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="lead_tier_known"),
            models.CheckConstraint(condition=Q(stage__in=Stage.values), name="lead_stage_known"),
            models.CheckConstraint(condition=Q(temperature__lte=100), name="lead_temperature_0_100"),
        ]
        indexes = [
            models.Index(fields=["email"], name="lead_email"),
            models.Index(fields=["team", "tier", "-temperature", "id"], name="lead_team_tier"),
            models.Index(fields=["owner", "tier", "-temperature", "id"], name="lead_owner_tier"),
            models.Index(
                fields=["team", "tier", "-temperature", "id"],
                name="lead_first_call_queue",
                condition=Q(
                    is_blocked=False,
                    has_callable_phone=True,
                    stage__in=["new", "calling"],
                ),
            ),
            models.Index(
                fields=["team", "next_call_at"], name="lead_next_call", condition=Q(next_call_at__isnull=False)
            ),
            models.Index(fields=["lead_list", "id"], name="lead_list_id"),
            models.Index(fields=["team", "-updated_at"], name="lead_team_updated"),
        ]

    def __str__(self) -> str:
        return f"{self.company} {self.name}".strip()

    def override_stands(self, today) -> bool:
        """Whether a manager's tier still wins over the rule on `today`, the last day included."""
        if not self.tier_override:
            return False
        return self.tier_override_until is None or self.tier_override_until >= today

    @property
    def display_name(self) -> str:
        """How the person is addressed on screens; a lead without a name is its office's 「ご担当者」."""
        return self.name or f"{self.office} {_('ご担当者')}".strip()


class StageMove(models.Model):
    """One move of a lead from stage to stage."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="stage_moves")
    from_stage = models.CharField(max_length=20, choices=Stage)
    to_stage = models.CharField(max_length=20, choices=Stage)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(from_stage=F("to_stage")), name="stage_move_moves"),
        ]
        indexes = [models.Index(fields=["lead", "at"], name="stage_move_lead")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.from_stage}→{self.to_stage}"
