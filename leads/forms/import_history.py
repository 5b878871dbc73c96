"""What narrows the history of imports, and what is asked before one is undone."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.selectors.imports import lists_with_imports, people_with_imports


class HistoryFilterForm(forms.Form):
    """By list and by person. A value that means nothing is as if it were not there."""

    list = forms.ModelChoiceField(None, label=_("リスト"), required=False, empty_label=_("リスト: すべて"))
    by = forms.ModelChoiceField(None, label=_("取込者"), required=False, empty_label=_("取込者: すべて"))

    def __init__(self, data):
        super().__init__(data, auto_id="filter_%s")
        self.fields["list"].queryset = lists_with_imports()
        self.fields["by"].queryset = people_with_imports()
        for field in self.fields.values():
            field.widget.attrs |= {"class": "form-select", "aria-label": field.label, "data-autosubmit": ""}

    def wanted(self) -> dict:
        """What was asked for, as `import_history` takes it."""
        self.is_valid()
        return {"lead_list": self.cleaned_data.get("list"), "by": self.cleaned_data.get("by")}


class UndoForm(forms.Form):
    """Whether the refusals the list told of go too; they stand otherwise."""

    lifts_blocks = forms.BooleanField(label=_("架電禁止も解除する"), required=False)
