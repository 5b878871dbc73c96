"""`manage.py undo_import ID`: an import taken back from a shell, by the services the pages use."""

import json

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config import clock
from leads.labels import kept_because
from leads.models import ImportRow, LeadImport, LeadList
from leads.selectors.imports import blocks_standing, rows_kept
from leads.services.imports.undo_plan import plan_undo
from leads.services.imports.undoing import COUNTS, can_be_undone, run_undo, start_undo


class Command(BaseCommand):
    help = "Undo an import. Exit status 1 when there is nothing to undo or somebody else is at it."

    def add_arguments(self, parser):
        parser.add_argument("id", type=int, help="number of the import, as its page's address has it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--lift-blocks", action="store_true", help="lift the do-not-call blocks it made, too")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args, **options):
        saved = LeadImport.objects.filter(pk=options["id"]).first()
        if saved is None:
            raise CommandError(_("取込%(id)sはありません。") % {"id": options["id"]})
        self._refuse_what_is_done(saved)
        answer = self._dry_run(saved) if options["dry_run"] else self._undo(saved, lifts_blocks=options["lift_blocks"])
        self._print({"import": saved.pk, "file": saved.filename, "list": _list_of(saved), **answer}, options)

    def _refuse_what_is_done(self, saved: LeadImport) -> None:
        if saved.status == LeadImport.Status.UNDONE:
            raise CommandError(_("この取込はすでに元に戻されています。"))
        if saved.status != LeadImport.Status.UNDOING and not can_be_undone(saved):
            raise CommandError(_("この取込は元に戻せません。登録された行がありません。"))

    def _dry_run(self, saved: LeadImport) -> dict:
        plan = plan_undo(saved)
        stays = [{"lead": stay.lead.pk, "undo": stay.undo, "reasons": _told(stay.reasons)} for stay in plan.stays]
        return {"dry_run": True, "counts": plan.as_json(), "stays": stays}

    def _undo(self, saved: LeadImport, *, lifts_blocks: bool) -> dict:
        try:
            start_undo(lead_import=saved, by=None, now=clock.now(), lifts_blocks=lifts_blocks)
        except ValidationError as refused:
            raise CommandError(" ".join(refused.messages)) from None
        while run_undo(pk=saved.pk, clock=clock.now):
            pass
        saved.refresh_from_db()
        if saved.status != LeadImport.Status.UNDONE:
            raise CommandError(_("ほかの処理がこの取込を元に戻しています。"))
        stays = [
            {"line": row.line, "lead": row.lead_id, "undo": row.undo, "reasons": _told(row.undo_reasons or [])}
            for row in rows_kept(saved)
        ]
        counts = {name: saved.undo_counts[name] for name in COUNTS}
        return {"dry_run": False, "counts": counts, "blocks_left": blocks_standing(saved).count(), "stays": stays}

    def _print(self, answer: dict, options) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{answer['file']} → {answer['list']}")
        for name, count in answer["counts"].items():
            self.stdout.write(f"{name}: {count}")
        if "blocks_left" in answer:
            self.stdout.write(f"blocks_left: {answer['blocks_left']}")
        for stay in answer["stays"]:
            reasons = " / ".join(reason["reason"] for reason in stay["reasons"])
            self.stdout.write(f"{_whom(stay)}: {reasons}")


def _whom(stay: dict) -> str:
    if stay["lead"] is None:
        return _("%(line)s行目") % {"line": stay["line"]}
    return f"#{stay['lead']} {ImportRow.Undo(stay['undo']).label}"


def _list_of(saved: LeadImport) -> str:
    return LeadList.objects.values_list("name", flat=True).get(pk=saved.lead_list_id)


def _told(reasons: list[str]) -> list[dict[str, str]]:
    return [{"code": code, "reason": kept_because(code)} for code in reasons]
