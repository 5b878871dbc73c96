"""The files the lists came from: each written as Japanese Excel writes it, and put in as an upload that is done."""

import csv
import io

from django.core.files.uploadedfile import SimpleUploadedFile

from leads.models import Lead, LeadImport, LeadList, Signal
from leads.services.imports.columns import columns_of
from leads.services.imports.running import COUNTS
from leads.services.imports.uploads import create_import
from reports.demo.records import Lead as LeadRecord
from reports.demo.records import World
from reports.demo.words.lists import REQUESTS
from reports.demo.writer import Writer

HEADER = (
    "会社名",
    "会社名カナ",
    "業種",
    "従業員数",
    "氏名",
    "氏名カナ",
    "部署",
    "役職",
    "電話番号",
    "直通電話",
    "FAX",
    "メールアドレス",
    "都道府県",
    "住所",
)


def add_imports(world: World, writer: Writer) -> None:
    """One import for each list that came as a file; the request sites' leads came one by one."""
    for item in world.lists:
        if item.source == REQUESTS:
            continue
        leads = [lead for lead in world.leads if lead.lead_list is item]
        saved = _upload(writer.row_of(item), leads, writer)
        counts = dict.fromkeys(COUNTS, 0) | {"new": len(leads)}
        LeadImport.objects.filter(pk=saved.pk).update(
            status=LeadImport.Status.DONE,
            mapping={str(column.index): column.target for column in columns_of(saved)},
            counts=counts,
            rows_total=len(leads),
            rows_done=len(leads),
            created_at=item.imported_at,
            started_at=item.imported_at,
            finished_at=item.imported_at,
        )
        rows = Lead.objects.filter(lead_list=writer.row_of(item))
        rows.update(lead_import=saved)
        Signal.objects.filter(lead__in=rows, created_by=None).update(lead_import=saved)


def _upload(lead_list: LeadList, leads: list[LeadRecord], writer: Writer) -> LeadImport:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([HEADER, *(_cells(lead) for lead in leads)])
    name = f"{lead_list.name}.csv"
    admin, at = writer.row_of(writer.world.people["admin"]), leads[0].created_at
    file = SimpleUploadedFile(name, text.getvalue().encode("cp932"), content_type="text/csv")
    return create_import(file=file, filename=name, lead_list=lead_list, by=admin, now=at)


def _cells(lead: LeadRecord) -> list[str]:
    company, numbers = lead.company, {phone.label: phone.raw for phone in lead.phones}
    return [
        company.name,
        company.kana,
        company.industry,
        company.employees,
        lead.name,
        lead.kana,
        lead.department,
        lead.title,
        numbers.get("main", ""),
        numbers.get("direct", ""),
        numbers.get("fax", ""),
        lead.email,
        company.prefecture,
        company.address,
    ]
