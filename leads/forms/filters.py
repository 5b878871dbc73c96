"""What narrows a list: read from the address, lenient to nonsense, so that a shared link never breaks."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.importing.places import PREFECTURES
from leads.models import LeadList, Stage, Tier
from leads.selectors import DEFAULT_SORT, SORTS, LeadFilter, owners_for, teams_for

UNOWNED = "none"
STATES = [
    ("", _("架電可否: すべて")),
    ("callable", _("架電できる")),
    ("blocked", _("架電禁止")),
    ("no_number", _("有効な番号なし")),
]


class LeadFilterForm(forms.Form):
    """The filters of the lead list. A value that means nothing is as if it were not there."""

    q = forms.CharField(label=_("会社・氏名・電話番号・メール"), required=False, max_length=100)
    tier = forms.ChoiceField(label=_("Tier"), required=False)
    stage = forms.ChoiceField(label=_("状態"), required=False)
    state = forms.ChoiceField(label=_("架電可否"), required=False, choices=STATES)
    list = forms.ModelChoiceField(None, label=_("リスト"), required=False, empty_label=_("リスト: すべて"))
    owner = forms.ChoiceField(label=_("担当"), required=False)
    team = forms.ModelChoiceField(None, label=_("チーム"), required=False, empty_label=_("チーム: すべて"))
    prefecture = forms.ChoiceField(label=_("都道府県"), required=False)
    industry = forms.CharField(label=_("業種"), required=False, max_length=100)
    source = forms.CharField(label=_("流入元"), required=False, max_length=100)

    MORE = ("prefecture", "industry", "source")

    def __init__(self, data, *, user):
        super().__init__(data, auto_id="filter_%s")
        self.fields["tier"].choices = [("", _("Tier: すべて")), *Tier.choices]
        self.fields["stage"].choices = [("", _("状態: すべて")), *Stage.choices]
        self.fields["prefecture"].choices = [("", _("都道府県: すべて")), *((name, name) for name in PREFECTURES)]
        self.fields["list"].queryset = LeadList.objects.for_user(user).order_by("name", "pk")
        self.fields["team"].queryset = teams_for(user)
        self.owners = {str(person.pk): person for person in owners_for(user)}
        names = [(pk, person.name) for pk, person in self.owners.items()]
        self.fields["owner"].choices = [("", _("担当: すべて")), (UNOWNED, _("担当なし")), *names]
        self._fit_to(user)
        for name, field in self.fields.items():
            field.widget.attrs |= self._looks(name, field)

    def _looks(self, name: str, field: forms.Field) -> dict:
        """A choice applies at once; one that is set stays in sight on a phone."""
        mark = " is-set" if self.data.get(name) else ""
        if isinstance(field.widget, forms.Select):
            return {"class": f"form-select{mark}", "aria-label": field.label, "data-autosubmit": ""}
        return {"class": f"form-control{mark}", "aria-label": field.label, "placeholder": field.label}

    def _fit_to(self, user) -> None:
        """A choice of one is none: teams for those who see several, owners for those who see others' leads."""
        if len(self.fields["team"].queryset) < 2:
            del self.fields["team"]
        if not self.owners:
            del self.fields["owner"]

    def wanted(self) -> LeadFilter:
        """What was asked for, as the selector takes it."""
        self.is_valid()
        values = getattr(self, "cleaned_data", {})
        owner = values.get("owner", "")
        sort = self.data.get("sort", "")
        return LeadFilter(
            q=values.get("q", ""),
            tier=values.get("tier", ""),
            stage=values.get("stage", ""),
            state=values.get("state", ""),
            lead_list=values.get("list"),
            owner=self.owners.get(owner),
            unowned=owner == UNOWNED,
            team=values.get("team"),
            source=values.get("source", ""),
            prefecture=values.get("prefecture", ""),
            industry=values.get("industry", ""),
            sort=sort if sort in SORTS else DEFAULT_SORT,
        )

    def chosen(self) -> dict[str, str]:
        """The filters in force, name → word, for chips, file names and the audit trail."""
        wanted = self.wanted()
        values = {
            "q": wanted.q,
            "tier": wanted.tier,
            "stage": dict(Stage.choices).get(wanted.stage),
            "list": wanted.lead_list,
            "owner": dict(self.fields["owner"].choices)[UNOWNED] if wanted.unowned else wanted.owner,
            "team": wanted.team,
            "state": dict(STATES).get(wanted.state) if wanted.state else "",
            "prefecture": wanted.prefecture,
            "industry": wanted.industry,
            "source": wanted.source,
        }
        return {name: str(value) for name, value in values.items() if value}

    @property
    def shows_more(self) -> bool:
        """Whether one of the lesser filters is set, so that they are shown opened."""
        return any(self.data.get(name) for name in self.MORE)


class BlockFilterForm(forms.Form):
    """The filters of the list of blocks."""

    STATES = [("standing", _("禁止中")), ("lifted", _("解除済み")), ("all", _("すべて"))]

    q = forms.CharField(required=False, max_length=100)
    state = forms.ChoiceField(required=False, choices=STATES)

    def wanted(self) -> dict[str, str]:
        self.is_valid()
        values = getattr(self, "cleaned_data", {})
        return {"query": values.get("q", ""), "state": values.get("state") or "standing"}
