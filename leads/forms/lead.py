"""The form of a lead: the company, the person, and up to four numbers (more where a list brought more)."""

from collections.abc import Callable, Iterator, Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.importing.identifiers import parse_corporate_number, parse_email, parse_url
from leads.importing.phones import Phone, parse_phones
from leads.importing.places import PREFECTURES, parse_postal
from leads.inputs import COMPANY_FIELDS, PERSON_FIELDS, CompanyInput, LeadInput, PhoneInput
from leads.models import Company, Lead, PhoneNumber

NUMBERS = 4
FIRST_LABELS = ("main", "direct", "mobile", "other")
MEMO_LIMIT = 5000
_CSS = {forms.Select: "form-select", forms.CheckboxInput: "form-check-input"}


class LeadForm(forms.Form):
    """Text in, plain values out (`lead_input`). `phones` are the lead's rows with `is_blocked` known, if it has any."""

    name = forms.CharField(label=gettext_lazy("氏名"), max_length=100, required=False)
    kana = forms.CharField(label=gettext_lazy("氏名カナ"), max_length=100, required=False)
    department = forms.CharField(label=gettext_lazy("部署"), max_length=100, required=False)
    title = forms.CharField(label=gettext_lazy("役職"), max_length=100, required=False)
    email = forms.CharField(
        label=gettext_lazy("メールアドレス"),
        max_length=254,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    source = forms.CharField(label=gettext_lazy("流入元"), max_length=100, required=False)

    company_name = forms.CharField(label=gettext_lazy("会社名"), max_length=200)
    company_kana = forms.CharField(label=gettext_lazy("会社名カナ"), max_length=200, required=False)
    company_corporate_number = forms.CharField(
        label=gettext_lazy("法人番号"), max_length=20, required=False, help_text=gettext_lazy("13桁の数字")
    )
    company_industry = forms.CharField(label=gettext_lazy("業種"), max_length=100, required=False)
    company_employees = forms.CharField(label=gettext_lazy("従業員数"), max_length=50, required=False)
    company_postal_code = forms.CharField(label=gettext_lazy("郵便番号"), max_length=12, required=False)
    company_prefecture = forms.ChoiceField(label=gettext_lazy("都道府県"), required=False)
    company_address = forms.CharField(label=gettext_lazy("住所"), max_length=300, required=False)
    company_url = forms.CharField(label=gettext_lazy("URL"), max_length=290, required=False)
    memo = forms.CharField(
        label=gettext_lazy("備考"),
        max_length=MEMO_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "aria-label": gettext_lazy("備考")}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data=None,
        *,
        lead: Lead | None = None,
        phones: Sequence[PhoneNumber] = (),
        company: Company | None = None,
    ):
        super().__init__(data)
        self.company = company
        self.known = {phone.raw: phone for phone in phones}
        if lead is not None:
            self.initial = {field: getattr(lead, field) for field in PERSON_FIELDS} | {"version": lead.version}
        self._add_company(company, lead.company if lead else None)
        self.rows = max(NUMBERS, len(phones))
        for at in range(self.rows):
            self._add_phone(at, phones[at] if at < len(phones) else None)
        self._style()

    def _add_company(self, given: Company | None, known: Company | None) -> None:
        """A new person of a company already known: its fields are not asked again."""
        if given is not None:
            for field in COMPANY_FIELDS:
                del self.fields[f"company_{field}"]
            return
        prefectures = list(PREFECTURES)
        if known and known.prefecture and known.prefecture not in prefectures:
            prefectures.append(known.prefecture)
        self.fields["company_prefecture"].choices = [("", "—"), *((name, name) for name in prefectures)]
        if known:
            self.initial |= {f"company_{field}": getattr(known, field) for field in COMPANY_FIELDS}

    def _add_phone(self, at: int, phone: PhoneNumber | None) -> None:
        self.fields[f"phone_{at}"] = forms.CharField(
            label=_("電話番号 %(n)s") % {"n": at + 1}, max_length=100, required=False
        )
        self.fields[f"phone_{at}"].widget.attrs |= {"inputmode": "tel", "autocomplete": "off"}
        self.fields[f"label_{at}"] = forms.ChoiceField(
            label=_("電話番号 %(n)s の種別") % {"n": at + 1}, choices=PhoneNumber.Label.choices, required=False
        )
        self.fields[f"out_{at}"] = forms.BooleanField(label=_("使われていない"), required=False)
        label = phone.label if phone else FIRST_LABELS[at] if at < len(FIRST_LABELS) else "other"
        self.initial |= {
            f"phone_{at}": phone.raw if phone else "",
            f"label_{at}": label,
            f"out_{at}": bool(phone and phone.e164 and not phone.is_valid),
        }

    def _style(self) -> None:
        for field in self.fields.values():
            field.widget.attrs["class"] = _CSS.get(type(field.widget), "form-control")

    # --- Reading --------------------------------------------------------------------------------------------------

    def clean_company_corporate_number(self) -> str:
        return self._read("company_corporate_number", parse_corporate_number, _BAD_CORPORATE_NUMBER)

    def clean_company_url(self) -> str:
        return self._read("company_url", parse_url, _BAD_URL)

    def clean_company_postal_code(self) -> str:
        return self._read("company_postal_code", _postal, _BAD_POSTAL)

    def clean_email(self) -> str:
        return self._read("email", parse_email, _BAD_EMAIL)

    def _read(self, name: str, parse: Callable[[str], str], refusal) -> str:
        """The value as the parser understands it; what a list brought in and nobody touched may stay as it is."""
        text = self.cleaned_data[name]
        if not text or text == self.initial.get(name):
            return text
        value = parse(text)
        if not value:
            raise ValidationError(refusal, code="unreadable")
        return value

    def clean(self):
        values = super().clean()
        self.numbers: list[PhoneInput] = []
        for at in range(self.rows):
            if phone := self._phone(at):
                self._take(at, phone)
        return values

    def _take(self, at: int, phone: PhoneInput) -> None:
        if any((phone.e164 or phone.raw) == (other.e164 or other.raw) for other in self.numbers):
            self.add_error(f"phone_{at}", ValidationError(_("同じ番号が2回入力されています。"), code="same_number"))
            return
        self.numbers.append(phone)

    def _phone(self, at: int) -> PhoneInput | None:
        text = (self.cleaned_data.get(f"phone_{at}") or "").strip()
        label = self.cleaned_data.get(f"label_{at}") or PhoneNumber.Label.MAIN
        is_out = bool(self.cleaned_data.get(f"out_{at}"))
        if not text:
            return None
        known = self.known.get(text)
        if known:
            return PhoneInput(text, known.e164, label, known.extension, is_valid=bool(known.e164) and not is_out)
        found = parse_phones(text, label)
        if len(found) != 1 or not found[0].is_valid:
            self.add_error(f"phone_{at}", _phone_error(found))
            return None
        phone = found[0]
        return PhoneInput(text, phone.e164, phone.label, phone.extension, is_valid=not is_out)

    # --- Answers --------------------------------------------------------------------------------------------------

    @property
    def lead_input(self) -> LeadInput:
        """What was typed, as the services take it; of a valid form."""
        values = self.cleaned_data
        if self.company is not None:
            company = CompanyInput(**{field: getattr(self.company, field) for field in COMPANY_FIELDS})
        else:
            company = CompanyInput(**{field: values[f"company_{field}"] for field in COMPANY_FIELDS})
        person = {field: values[field] for field in PERSON_FIELDS}
        return LeadInput(company=company, phones=tuple(self.numbers), **person)

    @property
    def confirmed_ids(self) -> set[int]:
        """Possible doubles somebody has seen and let pass."""
        return {int(pk) for pk in (self.data.get("confirmed") or "").split(",") if pk.isdecimal()}

    def phone_rows(self) -> Iterator[tuple]:
        """(number, label, out of use, known row) for the template."""
        for at in range(self.rows):
            known = self.known.get(str(self[f"phone_{at}"].value() or ""))
            if self[f"phone_{at}"].errors:
                self.fields[f"phone_{at}"].widget.attrs["class"] = "form-control is-invalid"
            yield self[f"phone_{at}"], self[f"label_{at}"], self[f"out_{at}"], known

    def differences_to(self, fresh: "LeadForm") -> list[tuple[str, str, str]]:
        """(label, what stands now, what was typed) of the fields that differ; both sides of a conflict."""
        shown = [name for name in self.fields if name not in ("version", "confirmed")]
        pairs = ((self[name], fresh[name]) for name in shown if name in fresh.fields)
        return [
            (str(mine.label), _said(theirs), _said(mine))
            for mine, theirs in pairs
            if (mine.value() or "") != (theirs.value() or "")
        ]


class NewLeadForm(LeadForm):
    """A new lead also says where it belongs."""

    team = forms.ModelChoiceField(None, label=gettext_lazy("チーム"))
    lead_list = forms.ModelChoiceField(
        None, label=gettext_lazy("リスト"), required=False, empty_label=gettext_lazy("リストなし")
    )

    def __init__(self, data=None, *, teams, lists, company: Company | None = None):
        super().__init__(data, company=company)
        self.fields["team"].queryset = teams
        self.fields["lead_list"].queryset = lists
        if len(teams) == 1:
            self.initial["team"] = teams[0]
        self._style()

    def clean(self):
        values = super().clean()
        if not (self.errors or self.numbers or values["name"] or values["email"]):
            nobody = _("氏名・電話番号・メールのいずれかを入力してください。")
            raise ValidationError(nobody, code="nobody")
        return values


_BAD_CORPORATE_NUMBER = gettext_lazy("法人番号として正しくありません。13桁の数字を確認してください。")
_BAD_URL = gettext_lazy("URLとして読み取れません。")
_BAD_POSTAL = gettext_lazy("郵便番号は7桁の数字で入力してください。")
_BAD_EMAIL = gettext_lazy("メールアドレスとして読み取れません。")


def _postal(text: str) -> str:
    postal = parse_postal(text)
    return "" if "postal_invalid" in postal.flags else postal.code


def _phone_error(found: tuple[Phone, ...]) -> ValidationError:
    if len(found) > 1:
        return ValidationError(_("番号は1つの欄に1つずつ入力してください。"), code="several_numbers")
    return ValidationError(
        _("電話番号として読み取れません。市外局番から入力してください（例: 03-1234-5678）。"), code="unreadable_number"
    )


def _said(field) -> str:
    """A field's value as a reader knows it: the words of a choice, yes or no of a box."""
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return _("はい") if value else _("いいえ")
    choices = dict(getattr(field.field, "choices", []) or [])
    return str(choices.get(value, value) or "")
