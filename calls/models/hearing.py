"""What a call learned: eight facts, each answered, asked in vain, or not asked."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

CORE_FACTS = ("problem", "decision_maker", "timing", "budget", "concerns")
MORE_FACTS = ("background", "approval_process", "competitors")
FACTS = CORE_FACTS + MORE_FACTS


class FactState(models.TextChoices):
    """Blank never means two things (product §3)."""

    NOT_ASKED = "not_asked", _("未確認")
    UNKNOWN = "unknown", _("聞けなかった")
    ANSWERED = "answered", _("確認済")


class DecisionMaker(models.TextChoices):
    SELF = "self", _("本人")
    SUPERIOR = "superior", _("上長")
    EXECUTIVE = "executive", _("役員")
    OTHER_DEPARTMENT = "other_department", _("別部署")


class Timing(models.TextChoices):
    WITHIN_1_MONTH = "within_1_month", _("1か月以内")
    WITHIN_3_MONTHS = "within_3_months", _("3か月以内")
    WITHIN_6_MONTHS = "within_6_months", _("半年以内")
    WITHIN_1_YEAR = "within_1_year", _("1年以内")
    UNDECIDED = "undecided", _("未定")


class Budget(models.TextChoices):
    SECURED = "secured", _("確保済")
    APPLYING = "applying", _("申請中")
    UNDECIDED = "undecided", _("未定")
    NONE = "none", _("なし")


def _state():
    return models.CharField(max_length=10, choices=FactState, default=FactState.NOT_ASKED)


class Hearing(models.Model):
    """The facts as one call left them; what a lead is known to be is the newest answer to each fact."""

    call = models.OneToOneField("calls.Call", models.CASCADE, related_name="hearing")
    lead = models.ForeignKey("leads.Lead", models.CASCADE, related_name="hearings")
    heard_at = models.DateTimeField()
    problem_state = _state()
    problem = models.TextField(_("課題"), blank=True)
    decision_maker_state = _state()
    decision_maker = models.CharField(_("意思決定者"), max_length=20, choices=DecisionMaker, blank=True)
    decision_maker_name = models.CharField(_("意思決定者の氏名"), max_length=100, blank=True)
    timing_state = _state()
    timing = models.CharField(_("検討時期"), max_length=20, choices=Timing, blank=True)
    timing_month = models.DateField(_("検討月"), null=True, blank=True, help_text="first day of the month")
    budget_state = _state()
    budget = models.CharField(_("予算感"), max_length=20, choices=Budget, blank=True)
    budget_yen = models.PositiveBigIntegerField(_("予算額（円）"), null=True, blank=True)
    concerns_state = _state()
    concerns = models.TextField(_("懸念点"), blank=True)
    background_state = _state()
    background = models.TextField(_("導入背景"), blank=True)
    approval_process_state = _state()
    approval_process = models.TextField(_("決裁プロセス"), blank=True)
    competitors_state = _state()
    competitors = models.TextField(_("競合比較"), blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(**{f"{fact}_state": "answered"}) & Q(**{f"{fact}__gt": ""}))
                | (~Q(**{f"{fact}_state": "answered"}) & Q(**{fact: ""})),
                name=f"hearing_{fact}_state",
            )
            for fact in FACTS
        ]
        indexes = [models.Index(fields=["lead", "-heard_at"], name="hearing_lead_time")]

    def __str__(self) -> str:
        return f"hearing of call {self.call_id}"
