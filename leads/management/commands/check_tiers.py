"""`manage.py check_tiers`: whether every stored tier is what a fresh computation says."""

import json

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config import clock
from leads.models import LeadList
from leads.services.tier_drift import Drift, DriftReport, check_tiers


class Command(BaseCommand):
    help = "Compare stored tiers with a fresh computation. Exit status 1 when a lead differs and is not put right."

    def add_arguments(self, parser):
        parser.add_argument("--fix", action="store_true", help="recompute the leads that differ")
        parser.add_argument("--list", dest="list_name", default="", help="only the leads of this list")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args, **options):
        report = check_tiers(now=clock.now(), lead_list=_list(options["list_name"]), fix=options["fix"])
        self._print_json(report) if options["json"] else self._print(report)
        if report.drifted > report.fixed:
            raise SystemExit(1)

    def _print_json(self, report: DriftReport) -> None:
        answer = {
            "checked": report.checked,
            "drifted": report.drifted,
            "fixed": report.fixed,
            "kinds": dict(report.kinds),
            "first": [{"lead": drift.lead_id, "differences": drift.differences} for drift in report.first],
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))

    def _print(self, report: DriftReport) -> None:
        self.stdout.write(
            _("確認 %(checked)s件・相違 %(drifted)s件・修正 %(fixed)s件")
            % {"checked": report.checked, "drifted": report.drifted, "fixed": report.fixed}
        )
        for kind, count in report.kinds.most_common():
            self.stdout.write(f"{kind}: {count}")
        for drift in report.first:
            self.stdout.write(_line(drift))


def _line(drift: Drift) -> str:
    told = (f"{kind} {_plain(stored)} → {_plain(fresh)}" for kind, (stored, fresh) in drift.differences.items())
    return f"#{drift.lead_id} " + " / ".join(told)


def _plain(value) -> str:
    """Reasons by their codes: what a manager wrote of a customer is nothing for a terminal."""
    return ",".join(reason["code"] for reason in value) if isinstance(value, list) else str(value)


def _list(name: str) -> LeadList | None:
    if not name:
        return None
    found = LeadList.objects.filter(name=name).first()
    if found is None:
        raise CommandError(_("リスト「%(name)s」はありません。") % {"name": name})
    return found
