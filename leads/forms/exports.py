"""In which kind of file rows are taken out."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.exports import Format, ShiftJis
from leads.exports.xlsxfile import ROWS


class ExportForm(forms.Form):
    """`accepts` is asked for only where Shift_JIS cannot say everything."""

    FORMATS = [
        (Format.CSV.value, gettext_lazy("CSV（UTF-8）")),
        (Format.XLSX.value, gettext_lazy("Excel（XLSX）")),
        (Format.CP932.value, gettext_lazy("CSV（Shift_JIS）")),
    ]

    format = forms.ChoiceField(
        label=gettext_lazy("ファイルの形式"), choices=FORMATS, widget=forms.RadioSelect, initial=Format.CSV.value
    )
    accepts = forms.BooleanField(
        label=gettext_lazy("上の文字を置き換えて書き出す"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, data=None, *, rows: int):
        super().__init__(data)
        self.rows = rows

    def clean_format(self) -> Format:
        kind = Format(self.cleaned_data["format"])
        if kind is Format.XLSX and self.rows >= ROWS:
            too_many = _("Excelのシートに入るのは%(limit)s件までです。CSVで書き出すか、条件で絞り込んでください。")
            raise ValidationError(too_many, code="too_many_rows", params={"limit": f"{ROWS - 1:,}"})
        return kind

    def refuse(self, lost: ShiftJis) -> None:
        """Shift_JIS lacks characters that are there: the reader decides, knowing which."""
        count = sum(lost.replaced.values())
        message = _("Shift_JISにない文字が%(count)s文字あります。CSV（UTF-8）かExcelなら、そのまま書き出せます。")
        self.add_error("format", ValidationError(message, code="unwritable", params={"count": f"{count:,}"}))
