"""`make_lead(…)`: a lead with company, numbers and state as the services leave it."""

import pytest

from leads.inputs import CompanyInput, LeadInput, PhoneInput
from leads.models import Lead
from leads.services.leads import create_lead


@pytest.fixture
def make_lead(team, now):
    """`make_lead("03-1234-5678", company="…", owner=…, **person)`; numbers are Japanese, written with their zero."""

    def make(*numbers: str, company: str = "株式会社青空", owner=None, team=team, at=None, **values) -> Lead:
        phones = tuple(PhoneInput(raw, "+81" + raw.replace("-", "")[1:]) for raw in numbers)
        place = {field: values.pop(field) for field in ("kana_of_company", "prefecture", "industry") if field in values}
        known = {"kana" if field == "kana_of_company" else field: value for field, value in place.items()}
        person = {"name": "山田 太郎", **{field: values.pop(field) for field in list(values) if field in PERSON}}
        data = LeadInput(company=CompanyInput(name=company, **known), phones=phones, **person)
        return create_lead(data=data, team=team, owner=owner, by=None, now=at or now, **values)

    return make


PERSON = ("name", "kana", "department", "title", "email", "source", "memo")
