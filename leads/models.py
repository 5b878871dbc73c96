"""Who we might call: companies, leads, their numbers and signals, lists, imports and blocks."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


class SignalKind(models.TextChoices):
    """What a lead did that may be worth a call."""

    DOCUMENT_REQUEST = "document_request", _("資料請求")
    INQUIRY = "inquiry", _("問合せ")
    SEMINAR = "seminar", _("セミナー参加")
    REPLY = "reply", _("返信")
    BUSINESS_CARD = "business_card", _("名刺交換")
    CALL_REACTION = "call_reaction", _("架電で反応あり")


REACTING_SIGNALS = (SignalKind.DOCUMENT_REQUEST, SignalKind.INQUIRY, SignalKind.REPLY)
"""Signals that are owed a second call even without a first one (product §4)."""


class Company(models.Model):
    """One company as the lists name it; equal keys alone never make two companies one."""

    name = models.CharField(_("会社名"), max_length=200)
    name_key = models.CharField(max_length=200, db_index=True, help_text="leads.importing.companies key")
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
            models.Index(
                fields=["corporate_number"],
                name="company_corporate_number",
                condition=~Q(corporate_number=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LeadListQuerySet(models.QuerySet):
    def for_user(self, user):
        """Lists that hold a lead the user may see, or belong to one of the user's teams."""
        scope = scope_of(user, Permission.SEE_LEADS)
        if scope is Scope.ALL:
            return self
        if scope in (Scope.TEAM, Scope.TEAMS):
            return self.filter(team_id__in=user.team_ids)
        return self.filter(Exists(Lead.objects.for_user(user).filter(lead_list=OuterRef("pk"))))


class LeadList(models.Model):
    """One list: where its people come from and what they may be called for (取得元, 取得日, 利用目的)."""

    name = models.CharField(_("リスト名"), max_length=200, unique=True)
    team = models.ForeignKey(
        "accounts.Team",
        models.PROTECT,
        related_name="lead_lists",
        verbose_name=_("チーム"),
    )
    source = models.CharField(_("取得元"), max_length=200, blank=True)
    acquired_on = models.DateField(_("取得日"), null=True, blank=True)
    purpose = models.CharField(_("利用目的"), max_length=300, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LeadListQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class LeadImport(models.Model):
    """One uploaded file on its way into a list: detected, mapped, previewed, confirmed, run."""

    class Status(models.TextChoices):
        UPLOADED = "uploaded", _("アップロード済み")
        PREVIEWING = "previewing", _("確認中")
        PREVIEWED = "previewed", _("確認待ち")
        QUEUED = "queued", _("取込待ち")
        RUNNING = "running", _("取込中")
        DONE = "done", pgettext_lazy("import", "完了")
        FAILED = "failed", _("失敗")
        CANCELLED = "cancelled", _("取消")

    class Policy(models.TextChoices):
        SKIP = "skip", _("既存は変更しない")
        FILL_BLANKS = "fill_blanks", _("空欄だけ補う")
        OVERWRITE = "overwrite", _("上書きする")

    lead_list = models.ForeignKey(LeadList, models.PROTECT, related_name="imports", verbose_name=_("リスト"))
    status = models.CharField(_("状態"), max_length=20, choices=Status, default=Status.UPLOADED)
    policy = models.CharField(_("登録済みのリードの扱い"), max_length=20, choices=Policy, default=Policy.FILL_BLANKS)
    file = models.FileField(upload_to="imports/%Y/%m/")
    filename = models.CharField(_("ファイル"), max_length=255)
    format = models.CharField(max_length=10, default="csv", help_text="csv or xlsx, by content")
    encoding = models.CharField(_("文字コード"), max_length=20, blank=True)
    delimiter = models.CharField(_("区切り文字"), max_length=10, blank=True)
    header_line = models.PositiveIntegerField(
        _("見出しの行"), null=True, help_text="1-based line of the header, empty = none"
    )
    header = models.JSONField(default=list)
    signature = models.CharField(max_length=32, blank=True, db_index=True, help_text="by it a mapping is remembered")
    mapping = models.JSONField(default=dict, help_text='{"column index": "field", "extra" or "drop"}')
    samples = models.JSONField(default=list)
    notes = models.JSONField(default=list, help_text="what is worth knowing of the file: code, line, params")
    preview = models.JSONField(default=dict, help_text="counts per policy, first rows of each outcome, before → after")
    counts = models.JSONField(
        default=dict,
        help_text="new, updated, duplicate_in_file, duplicate_in_base, blocked, error",
    )
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0, help_text="rows whose batch is committed")
    last_line = models.PositiveIntegerField(
        default=0, help_text="line of the last of them: a resumed run goes on behind"
    )
    warnings = models.JSONField(default=dict, help_text='{"code": how many rows}')
    failure = models.JSONField(null=True, help_text="code and params of what stopped the import")
    token = models.PositiveIntegerField(default=0, help_text="rises with every claim: a late worker's batch is refused")
    claimed_until = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"

    @property
    def is_open(self) -> bool:
        """Not yet finished, whichever way."""
        return self.status not in (self.Status.DONE, self.Status.FAILED, self.Status.CANCELLED)

    @property
    def can_be_mapped(self) -> bool:
        """Nothing of the file is in the base yet, so columns and encoding may still be chosen."""
        return self.status in (self.Status.UPLOADED, self.Status.PREVIEWED)


class ImportIssue(models.Model):
    """A row of an import that was refused or needs a look: line, column, reason and the row as uploaded."""

    lead_import = models.ForeignKey(LeadImport, models.CASCADE, related_name="issues")
    line = models.PositiveIntegerField()
    column = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=50)
    params = models.JSONField(default=dict)
    is_error = models.BooleanField(default=True, help_text="refused, as against taken with a warning")
    cells = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["lead_import", "line"], name="import_issue_line")]

    def __str__(self) -> str:
        return f"{self.lead_import_id}:{self.line} {self.code}"


class ImportRow(models.Model):
    """A row of a file that was taken: which lead it is, and what it changed there.

    By `digest` the very same row is recognised when its file comes again, whatever was edited since.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("新規")
        UPDATED = "updated", _("更新")
        DUPLICATE_IN_FILE = "duplicate_in_file", _("ファイル内の重複")
        DUPLICATE_IN_BASE = "duplicate_in_base", _("登録済み")

    lead_import = models.ForeignKey(LeadImport, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    lead = models.ForeignKey("leads.Lead", models.SET_NULL, null=True, related_name="import_rows")
    outcome = models.CharField(max_length=20, choices=Outcome)
    digest = models.CharField(max_length=24, db_index=True)
    changes = models.JSONField(default=dict, help_text='{"field": [from, to]} of an existing lead')

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead_import", "line"], name="import_row_once")]

    def __str__(self) -> str:
        return f"{self.lead_import_id}:{self.line} {self.outcome}"


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
    email = models.EmailField(_("メールアドレス"), blank=True, db_index=True)
    memo = models.TextField(_("備考"), blank=True)
    extra = models.JSONField(
        default=dict,
        blank=True,
        help_text="columns of the list that have no field of their own",
    )

    team = models.ForeignKey("accounts.Team", models.PROTECT, related_name="leads", verbose_name=_("チーム"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("担当"),
    )
    lead_list = models.ForeignKey(
        LeadList,
        models.PROTECT,
        null=True,
        related_name="leads",
        verbose_name=_("リスト"),
    )
    lead_import = models.ForeignKey(LeadImport, models.SET_NULL, null=True, blank=True, related_name="leads")
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
    tier_override_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    # Facts of calls and hearings, handed down by `calls` so that tier and lists need no query upwards.
    call_count = models.PositiveIntegerField(default=0)
    last_called_at = models.DateTimeField(_("最終架電"), null=True)
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

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="phones")
    label = models.CharField(max_length=10, choices=Label, default=Label.MAIN)
    raw = models.CharField(_("電話番号"), max_length=100)
    e164 = models.CharField(max_length=20, blank=True, db_index=True, help_text="empty = could not be read")
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

    def __str__(self) -> str:
        return self.raw


class Signal(models.Model):
    """Something a lead did at a moment, and where we know it from."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="signals")
    kind = models.CharField(_("種類"), max_length=20, choices=SignalKind)
    occurred_at = models.DateTimeField(_("日時"))
    note = models.CharField(_("メモ"), max_length=300, blank=True)
    lead_import = models.ForeignKey(LeadImport, models.SET_NULL, null=True, related_name="signals")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    needs_follow_up = models.BooleanField(
        default=False, help_text="a reacting signal whose follow-up is not yet opened"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["lead", "kind", "occurred_at"], name="signal_once"),
            models.CheckConstraint(condition=Q(kind__in=SignalKind.values), name="signal_kind_known"),
        ]
        indexes = [
            models.Index(fields=["lead", "-occurred_at"], name="signal_lead_time"),
            models.Index(fields=["id"], name="signal_owed", condition=Q(needs_follow_up=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.occurred_at:%Y-%m-%d}"


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
    company = models.ForeignKey(Company, models.SET_NULL, null=True, blank=True, related_name="blocks")
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="blocks")
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
