"""Forms of an import: the file with its list, how it is read, where its columns go, what happens to known people."""

from collections.abc import Collection, Sequence
from pathlib import Path

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Team
from leads.importing.encoding import LABELS
from leads.importing.fields import FIELDS, REPEATABLE
from leads.importing.limits import DEFAULT_LIMITS, MIB
from leads.importing.tabular import AUTO
from leads.inputs import DROP, EXTRA, UNDECIDED, Column, NewList, Reading
from leads.labels import DROP_LABEL, EXTRA_LABEL, FIELD_GROUPS, field_label
from leads.models import LeadImport, LeadList, SavedMapping

LONGEST_NAME = 200


class UploadForm(forms.Form):
    """A file, and the list it goes to: one that is there or a new one with its provenance."""

    file = forms.FileField(
        label=_("ファイル"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    lead_list = forms.ModelChoiceField(
        LeadList.objects.none(), label=_("取込先のリスト"), required=False, empty_label=_("新しいリストを作る")
    )
    name = forms.CharField(
        label=_("リスト名"), required=False, max_length=LONGEST_NAME, help_text=_("空欄ならファイル名を使います。")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), label=_("チーム"), required=False, empty_label=_("選んでください")
    )
    source = forms.CharField(
        label=_("取得元"),
        required=False,
        max_length=200,
        help_text=_("例：展示会名、名刺交換。購入したリストは、提供会社の名称と、その会社が取得した経緯も"),
    )
    acquired_on = forms.DateField(
        label=_("取得日"),
        required=False,
        help_text=_("名刺を集めた日、リストを購入した日"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    purpose = forms.CharField(
        label=_("利用目的"),
        required=False,
        max_length=300,
        help_text=_("例：自社サービスのご案内。取得したときにお知らせした目的の範囲で"),
    )

    def __init__(self, *args, held_name: str = "", **kwargs):
        """`held_name`: the file of the last try, which stands in as long as no other one is chosen."""
        super().__init__(*args, **kwargs)
        self.held_name = held_name
        teams = Team.objects.order_by("name")
        self.fields["lead_list"].queryset = LeadList.objects.order_by("name")
        self.fields["team"].queryset = teams
        if len(teams) == 1:
            self.fields["team"].initial = teams[0]

    def clean_file(self):
        file = self.cleaned_data["file"]
        limit = DEFAULT_LIMITS.file_bytes
        if file and file.size > limit:
            raise ValidationError(
                _("ファイルが大きすぎます（上限 %(limit)s MB）。分割して取り込んでください。"),
                code="file_too_big",
                params={"limit": limit // MIB},
            )
        return file

    def clean(self):
        values = super().clean()
        if not self.filename() and "file" not in self.errors:
            self.add_error("file", ValidationError(_("ファイルを選んでください。"), code="required"))
        if values.get("lead_list") or "lead_list" in self.errors:
            return values
        if not values.get("team") and "team" not in self.errors:
            self.add_error("team", ValidationError(_("新しいリストのチームを選んでください。"), code="team_required"))
        if not values.get("name"):
            values["name"] = Path(self.filename()).stem[:LONGEST_NAME]
        if values.get("name") and LeadList.objects.filter(name=values["name"]).exists():
            message = _("「%(name)s」というリストがすでにあります。別の名前にするか、取込先として選んでください。")
            self.add_error("name", ValidationError(message, code="list_name_taken", params={"name": values["name"]}))
        return values

    @property
    def team_value(self) -> str:
        """The chosen team as the page's options have it."""
        value = self["team"].value()
        return str(getattr(value, "pk", value) or "")

    def filename(self) -> str:
        """What the file is called where it comes from."""
        file = self.cleaned_data.get("file")
        return file.name if file else self.held_name

    def wanted_list(self) -> LeadList | NewList:
        values = self.cleaned_data
        if values["lead_list"]:
            return values["lead_list"]
        return NewList(values["name"], values["team"], values["source"], values["acquired_on"], values["purpose"])


class ReadingForm(forms.Form):
    """How the file is read, when what was found out is wrong."""

    DELIMITERS = [(",", _("カンマ")), ("\t", _("タブ")), (";", _("セミコロン"))]

    encoding = forms.ChoiceField(label=_("文字コード"), required=False, choices=[("", _("自動判定")), *LABELS.items()])
    delimiter = forms.ChoiceField(label=_("区切り文字"), required=False, choices=[("", _("自動判定")), *DELIMITERS])
    header_line = forms.IntegerField(
        label=_("見出しの行"),
        required=False,
        min_value=0,
        max_value=60,
        help_text=_("見出しがないファイルは 0"),
    )

    def reading(self) -> Reading:
        values, line = self.cleaned_data, self.cleaned_data["header_line"]
        return Reading(values["encoding"], values["delimiter"], AUTO if line is None else line or None)


class ColumnSelect(forms.Select):
    """A select whose options are put together once for all columns: a file may have five hundred."""

    def __init__(self, options: str, first: Sequence[tuple[str, str]] = ()):
        super().__init__()
        self.options, self.first = options, first

    def render(self, name, value, attrs=None, renderer=None):
        own = format_html_join("", '<option value="{}">{}</option>', self.first)
        options, marked = own + self.options, f'<option value="{escape(value or "")}">'
        # Only the first: a candidate stands at the top and once more in its group.
        chosen = options.replace(marked, marked.replace(">", " selected>"), 1)
        rest = format_html_join("", ' {}="{}"', (attrs or {}).items())
        return format_html(
            '<select name="{}" class="form-select form-select-sm"{}>{}</select>',
            name,
            rest,
            mark_safe(chosen),  # noqa: S308
        )


class ColumnField(forms.Field):
    """Where one column goes: any of `targets`."""

    def __init__(self, *, targets: Collection[str], **values):
        super().__init__(**values)
        self.targets = targets

    def validate(self, value):
        super().validate(value)
        if value not in self.targets:
            raise ValidationError(_("この項目は選べません。選び直してください。"), code="invalid_choice")


class MappingForm(forms.Form):
    """One choice for each column of the file; a column that could mean two things starts without one.

    Beside them: whose number is called first, and a name under which the decision is kept.
    """

    def __init__(self, *args, columns: list[Column], first_phone: int | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.columns = columns
        groups = [(str(name), [(field, field_label(field)) for field in fields]) for name, fields in _groups()]
        choices = [(EXTRA, _(EXTRA_LABEL)), (DROP, _(DROP_LABEL)), *groups]
        options, targets = _options(choices), frozenset((EXTRA, DROP, *FIELDS))
        for column in columns:
            own = [(name, field_label(name)) for name in column.choices]
            first = [("", _("選んでください")), *own] if column.must_ask else own
            asked = gettext("%(choices)sのどれかを選んでください。") % {
                "choices": gettext("、").join(str(label) for _name, label in own)
            }
            self.fields[f"c{column.index}"] = ColumnField(
                targets=targets,
                label=column.header,
                initial=column.target,
                widget=ColumnSelect(options, first),
                error_messages={"required": asked if own else _("取り込む項目を選んでください。")},
            )
        self.fields["first_phone"] = forms.IntegerField(required=False, initial=first_phone)
        self.fields["save_as"] = forms.CharField(
            label=_("この割り当てに名前を付けて保存"),
            required=False,
            initial="",
            widget=forms.TextInput(attrs={"class": "form-control form-control-sm"}),
            max_length=SavedMapping._meta.get_field("name").max_length,
        )

    def clean(self):
        """A field that takes one column, given to several: said at each of them."""
        values = super().clean()
        given: dict[str, list[Column]] = {}
        for column in self.columns:
            given.setdefault(values.get(f"c{column.index}", ""), []).append(column)
        for field, columns in given.items():
            if field in FIELDS and field not in REPEATABLE and len(columns) > 1:
                for column in columns:
                    self._refuse_twice(field, column, [other for other in columns if other is not column])
        return values

    def _refuse_twice(self, field: str, column: Column, others: list[Column]) -> None:
        message = _("「%(field)s」は「%(others)s」にも割り当てられています。どちらか一つにしてください。")
        params = {"field": field_label(field), "others": gettext("、").join(other.header for other in others)}
        self.add_error(f"c{column.index}", ValidationError(message, code="mapping_twice", params=params))

    def rows(self) -> list[tuple[Column, forms.BoundField]]:
        return [(column, self[f"c{column.index}"]) for column in self.columns]

    def targets(self) -> dict[str, str]:
        return {str(column.index): self.cleaned_data[f"c{column.index}"] for column in self.columns}

    def target_now(self, column: Column) -> str:
        """What the page shows as chosen, whether or not it would be accepted."""
        return self[f"c{column.index}"].value() or UNDECIDED


def _options(choices) -> str:
    """Options and groups of options, as Django's own select writes them."""
    parts = []
    for value, label in choices:
        if isinstance(label, list):
            inner = format_html_join("", '<option value="{}">{}</option>', label)
            parts.append(format_html('<optgroup label="{}">{}</optgroup>', value, inner))
        else:
            parts.append(format_html('<option value="{}">{}</option>', value, label))
    return format_html_join("", "{}", ((part,) for part in parts))


class NameForm(forms.ModelForm):
    """Another name for a kept decision."""

    class Meta:
        model = SavedMapping
        fields = ("name",)

    def validate_unique(self):
        """Said by the service, which looks while it holds the row."""


def _groups():
    return [(_(name), fields) for name, fields in FIELD_GROUPS]


class PolicyForm(forms.Form):
    """What happens to people who are already in the base."""

    policy = forms.ChoiceField(label=_("登録済みのリードの扱い"), choices=LeadImport.Policy.choices)
