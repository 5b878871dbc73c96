"""Rows that go in by COPY or a prepared statement come out as a model would have written them."""

import datetime as dt

import pytest

from leads.models import Company, ImportIssue, Lead, LeadImport, LeadList, Signal
from leads.services.imports.inserting import draft_of, insert_drafts, insert_rows
from leads.services.imports.lookups import rows_by

pytestmark = pytest.mark.django_db
TEXTS = ["", r"\N", r"\.", "NULL", '"', "a,b", "a\tb", "a\nb", "a\r\nb", "'", "\\", "%s", "𠮷 😀", "\u2028", " x "]


@pytest.fixture
def lead_import(team) -> LeadImport:
    return LeadImport.objects.create(lead_list=LeadList.objects.create(name="一覧", team=team), filename="a.csv")


@pytest.mark.parametrize("text", TEXTS, ids=repr)
def test_text_comes_out_as_it_went_in(text, now):
    draft = draft_of(Company)()
    draft.name, draft.name_key = text, text

    insert_drafts(Company, [draft], now)

    company = Company.objects.get(pk=draft.pk)
    assert (company.name, company.name_key, company.kana, company.created_at) == (text, text, "", now)


def test_nothing_stays_nothing_and_json_stays_json(lead_import, now):
    rows = [
        (lead_import.pk, 1, "列", "code", {"value": "\\N", "n": None}, True, ["", "a,b", "\\"]),
        (lead_import.pk, 2, "", "code", {}, False, []),
    ]

    insert_rows(ImportIssue, ("lead_import_id", "line", "column", "code", "params", "is_error", "cells"), rows, now)

    first, second = ImportIssue.objects.order_by("line")
    assert (first.params, first.cells, first.is_error) == ({"value": "\\N", "n": None}, ["", "a,b", "\\"], True)
    assert (second.params, second.cells, second.is_error) == ({}, [], False)


def test_draft_has_every_default_of_its_model(team, now):
    company = Company.objects.create(name="あ", name_key="あ")
    draft = draft_of(Lead)()
    draft.company_id, draft.team_id, draft.created_at = company.pk, team.pk, now

    insert_drafts(Lead, [draft], now)
    saved, usual = Lead.objects.get(pk=draft.pk), Lead.objects.create(company=company, team=team, created_at=now)

    usual.refresh_from_db()
    apart = {"id", "updated_at"}
    names = [field.attname for field in Lead._meta.concrete_fields if field.attname not in apart]
    assert [getattr(saved, name) for name in names] == [getattr(usual, name) for name in names]
    assert saved.updated_at == now


def test_next_row_of_the_model_gets_a_key_of_its_own(now):
    drafts = [draft_of(Company)() for _ in range(3)]
    insert_drafts(Company, drafts, now)

    assert Company.objects.create(name="い").pk > max(draft.pk for draft in drafts)


def test_rows_are_found_by_thousands_of_keys(team, now):
    company = Company.objects.create(name="あ", name_key="あ'\"\\")
    lead = Lead.objects.create(company=company, team=team)
    at = dt.datetime(2026, 6, 1, 9, 30, 1, 5, tzinfo=dt.UTC)
    Signal.objects.create(lead=lead, kind="seminar", occurred_at=at)

    assert rows_by(Company, ("pk",), "name_key", {company.name_key, *map(str, range(3000))}) == [(company.pk,)]
    assert rows_by(Signal, ("lead", "occurred_at"), "lead", [lead.pk, -1]) == [(lead.pk, at)]
    assert rows_by(Signal, ("pk",), "lead", [lead.pk], "t.kind = 'inquiry'") == []
    assert rows_by(Company, ("pk",), "pk", []) == []
