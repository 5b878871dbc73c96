"""Lists: where people come from and what they may be called for."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts.permissions import Permission, Scope, scope_of
from leads.models.lead import Lead


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
