"""`manage.py train_temperature`: learn the temperature from outcomes now, and say what came of it."""

import json

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from calls.learning import NEEDED, NEEDED_OF_EACH
from calls.services.learning import Attempt, train
from config import clock
from leads.models import TemperatureModel
from leads.reasons import feature_words


class Command(BaseCommand):
    help = "Learn the temperature from known outcomes, judge it on the newest 30 %, keep it as an offer or a failure."

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
        parser.add_argument("--dry-run", action="store_true", help="say what would come of it, write nothing")

    def handle(self, *args, **options):
        attempt = train(now=clock.now(), save=not options["dry_run"])
        self.stdout.write(json.dumps(_figures(attempt), ensure_ascii=False) if options["json"] else _words(attempt))


def _figures(attempt: Attempt) -> dict:
    figures = {"outcomes": attempt.n, "won": attempt.won, "needed": NEEDED, "needed_of_each": NEEDED_OF_EACH}
    if not attempt.status:
        return {"status": "thin", **figures}
    measured = {name: value for name, value in attempt.metrics.items() if name not in ("preview", "rules")}
    card = {"base": attempt.card.base, "points": dict(attempt.card.points)}
    model = attempt.model.pk if attempt.model else None
    return {"status": str(attempt.status), "model": model, **figures, "metrics": measured, "card": card}


def _words(attempt: Attempt) -> str:
    if not attempt.status:
        return _("まだ学習できません（結果がわかった反応 %(n)s件・うち商談 %(won)s件、必要 %(needed)s件）") % {
            "n": attempt.n,
            "won": attempt.won,
            "needed": NEEDED,
        }
    metrics, card = attempt.metrics, attempt.card
    judged = _("AUC %(auc).3f（ルール %(rule).3f、差 %(by)+.3f、95%%区間 %(low)+.3f〜%(high)+.3f、n=%(n)s）") % {
        "auc": metrics["auc"],
        "rule": metrics["rule_auc"],
        "by": metrics["difference"],
        "low": metrics["low"],
        "high": metrics["high"],
        "n": metrics["n"],
    }
    ordered = sorted(card.points.items(), key=lambda pair: -abs(pair[1]))
    lines = [f"{points:+4d}  {feature_words(name, card.names.get(name, ''))}" for name, points in ordered]
    return "\n".join(
        [str(TemperatureModel.Status(attempt.status).label), judged, f"{card.base:+4d}  {_('基準点')}", *lines]
    )
