"""Imports: the files that filled a list, what became of each row, and which column went where."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.models.lists import LeadList


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
        UNDOING = "undoing", _("元に戻しています")
        UNDONE = "undone", _("元に戻し済み")

    class Policy(models.TextChoices):
        SKIP = "skip", _("既存は変更しない")
        FILL_BLANKS = "fill_blanks", _("空欄だけ補う")
        OVERWRITE = "overwrite", _("上書きする")
        CREATE_ANYWAY = "create_anyway", _("すべて新規で登録する")

    lead_list = models.ForeignKey(LeadList, models.PROTECT, related_name="imports", verbose_name=_("リスト"))
    status = models.CharField(_("状態"), max_length=20, choices=Status, default=Status.UPLOADED)
    policy = models.CharField(_("登録済みのリードの扱い"), max_length=20, choices=Policy, default=Policy.FILL_BLANKS)
    file = models.FileField(upload_to="imports/%Y/%m/")
    filename = models.CharField(_("ファイル"), max_length=255)
    sha256 = models.CharField(max_length=64, blank=True, db_index=True, help_text="of the file: the same one is known")
    format = models.CharField(max_length=10, default="csv", help_text="csv or xlsx, by content")
    encoding = models.CharField(_("文字コード"), max_length=20, blank=True)
    delimiter = models.CharField(_("区切り文字"), max_length=10, blank=True)
    header_line = models.PositiveIntegerField(
        _("見出しの行"), null=True, help_text="1-based line of the header, empty = none"
    )
    header = models.JSONField(default=list)
    signature = models.CharField(max_length=32, blank=True, db_index=True, help_text="by it a mapping is remembered")
    mapping = models.JSONField(default=dict, help_text='{"column index": "field", "extra" or "drop"}')
    first_phone = models.PositiveSmallIntegerField(
        null=True, help_text="index of the column whose number is called first, empty = the order of the labels"
    )
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
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undone_at = models.DateTimeField(null=True)
    undo_lifts_blocks = models.BooleanField(default=False, help_text="whether undoing also lifts the blocks it made")
    undo_counts = models.JSONField(default=dict, help_text="removed, restored, partly, kept, blocks_lifted")

    class Meta:
        indexes = [models.Index(fields=["-created_at", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"

    @property
    def is_open(self) -> bool:
        """Not yet finished, whichever way."""
        finished = (
            self.Status.DONE,
            self.Status.FAILED,
            self.Status.CANCELLED,
            self.Status.UNDOING,
            self.Status.UNDONE,
        )
        return self.status not in finished

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

    class Undo(models.TextChoices):
        """What undoing the import did with the row."""

        REMOVED = "removed", _("削除")
        RESTORED = "restored", _("元の値に戻した")
        PARTLY = "partly", _("一部を元の値に戻した")
        KEPT = "kept", _("そのまま")

    lead_import = models.ForeignKey(LeadImport, models.CASCADE, related_name="rows", db_index=False)
    line = models.PositiveIntegerField()
    lead = models.ForeignKey("leads.Lead", models.SET_NULL, null=True, related_name="import_rows")
    outcome = models.CharField(max_length=20, choices=Outcome)
    digest = models.CharField(max_length=24)
    changes = models.JSONField(default=dict, help_text='{"field": [from, to]} of an existing lead')
    undo = models.CharField(max_length=10, choices=Undo, blank=True, db_default="")
    undo_reasons = models.JSONField(null=True, help_text="why it was kept, wholly or in part: codes")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lead_import", "line"], name="import_row_once")]
        indexes = [models.Index(fields=["digest"], name="import_row_digest")]

    def __str__(self) -> str:
        return f"{self.lead_import_id}:{self.line} {self.outcome}"


class SavedMapping(models.Model):
    """A decision where the columns of a header go, under a name; proposed for every list with the same header."""

    name = models.CharField(_("名前"), max_length=100, unique=True)
    signature = models.CharField(max_length=32, db_index=True, help_text="of the header, see leads.importing.mapping")
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict, help_text='{"column index": "field", "extra" or "drop"}')
    first_phone = models.PositiveSmallIntegerField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
