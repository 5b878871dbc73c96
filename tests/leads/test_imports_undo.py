"""An import taken back: the base is as it was before, but for what somebody has worked on since."""

import datetime as dt

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from leads.inputs import CompanyInput, LeadInput, PhoneInput
from leads.models import Company, DoNotCall, ImportRow, Lead, LeadImport, LeadList, Merge, PhoneNumber, Signal, Tier
from leads.services.blocks import block_lead, block_number
from leads.services.imports.running import cancel_import, run_import
from leads.services.imports.undo_plan import plan_undo
from leads.services.imports.undoing import run_undo, start_undo
from leads.services.leads import assign_owner, update_lead
from leads.services.signals import add_signal
from leads.services.tiers import override_tier
from tests.leads.import_files import confirmed, content, imported, person, uploaded

pytestmark = pytest.mark.django_db
Status, Undo = LeadImport.Status, ImportRow.Undo

NO_DATA_OF_LEADS = {"leadimport", "importrow", "importissue", "leadlist", "savedmapping"}
CHANGES_ANYWAY = {"version", "created_at", "updated_at", "tiered_at"}


@pytest.fixture
def lead_list(team, admin) -> LeadList:
    return LeadList.objects.create(name="展示会リスト", team=team, created_by=admin)


@pytest.fixture
def bring(lead_list, admin, now):
    """`bring(rows, …)`: a finished import of these rows."""

    def run(rows, *, at=now, **values) -> LeadImport:
        return imported(content(rows), lead_list=lead_list, by=admin, now=at, **values)

    return run


@pytest.fixture
def undo(admin, now):
    """`undo(saved)`: the import undone, an hour later."""

    def run(saved: LeadImport, *, batch_size: int = 200, **values) -> LeadImport:
        start_undo(lead_import=saved, by=admin, now=now + dt.timedelta(hours=1), **values)
        run_undo(pk=saved.pk, clock=lambda: now + dt.timedelta(hours=1), batch_size=batch_size)
        saved.refresh_from_db()
        assert saved.status == Status.UNDONE
        return saved

    return run


def base() -> dict[str, list[dict]]:
    """Every row of the tables of leads, as they are told apart by what people see."""
    tables = {}
    for model in apps.get_app_config("leads").get_models():
        if model._meta.model_name in NO_DATA_OF_LEADS:
            continue
        rows = [
            {name: value for name, value in row.items() if name not in CHANGES_ANYWAY}
            for row in model.objects.order_by("pk").values()
        ]
        tables[model._meta.model_name] = rows
    return tables


def outcomes(saved: LeadImport) -> dict[str, int]:
    names = ("removed", "restored", "partly", "kept", "blocks_lifted")
    return {name: saved.undo_counts[name] for name in names if saved.undo_counts[name]}


def known(number: int, **values) -> dict[str, str]:
    """A row that is in the base before, with blanks to fill."""
    return person(number, メールアドレス="", 住所="", **values)


POLICIES = ("skip", "fill_blanks", "overwrite", "create_anyway")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("batch_size", [2, 200])
def test_base_is_as_it_was_before(bring, undo, policy, batch_size):
    bring([known(n) for n in range(1, 6)])
    before = base()
    rows = [
        *(person(n, 備考="二度目", 資料請求日="2026-06-10", 架電禁止="") for n in range(1, 4)),
        person(4, 電話番号="03-9999-0004", 資料請求日="2026-06-15"),
        person(5, 会社名="株式会社みほん00005", 電話番号="090-1111-2222", URL="https://www.example.co.jp"),
        *(person(n, 問合せ日="2026-06-14") for n in range(10, 16)),
        person(10, 備考="同じファイルの二行目", 管理番号="B-10"),
        person(11, 氏名="見本 別人", 電話番号="03-8888-0011", メールアドレス="other@example11.co.jp"),
    ]
    saved = bring(rows, policy=policy, batch_size=4)
    assert base() != before
    plan = plan_undo(saved)

    undo(saved, batch_size=batch_size)

    assert base() == before
    assert outcomes(saved) == {name: count for name, count in plan.as_json().items() if count}
    assert not saved.rows.filter(undo="").exists()
