"""`manage.py explain_window`: the window of a reaction at a given time, and why it moved."""

import datetime as dt
import json
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError

from calls.calendar import JST, BusinessCalendar
from calls.selectors import business_calendar, window_rule
from calls.services.follow_ups import reasons_as_json
from calls.window import Window, window_for
from leads.models import Tier

MOMENTS = ("reaction_at", "raw_opens_at", "raw_closes_at", "opens_at", "closes_at")


class Command(BaseCommand):
    help = "Show the raw and the stored window of second calls for reactions at the given times, and why they differ."

    def add_arguments(self, parser):
        parser.add_argument("times", nargs="+", metavar="TIME", help='Japanese time, such as "2026-05-01 15:00"')
        parser.add_argument("--tier", choices=Tier.values, help="use this tier's rule")
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *args, times, tier, **options):
        reactions = [_reaction(text) for text in times]
        calendar, rule = self._calendar(), window_rule(tier)
        try:
            rows = [_row(window_for(reaction, calendar, rule)) for reaction in reactions]
        except (ValueError, OverflowError) as error:
            raise CommandError(f"No window can be reckoned: {error}") from error
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n\n".join(_text(row) for row in rows))

    def _calendar(self) -> BusinessCalendar:
        """The house's calendar; without a database to read it from, the standard one, and it says so."""
        try:
            return business_calendar()
        except DatabaseError:
            self.stderr.write(
                "The database has no calendar yet (run migrate): closed days of the company are left out."
            )
            return BusinessCalendar()


def _reaction(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise CommandError(f'"{text}" is not a time. Write it like "2026-05-01 15:00".') from error
    if ":" not in text:
        raise CommandError(f'"{text}" has no time of day. Write it like "2026-05-01 15:00".')
    return moment if moment.tzinfo else moment.replace(tzinfo=JST)


def _row(window: Window) -> dict[str, Any]:
    return {
        **{name: f"{getattr(window, name).astimezone(JST):%Y-%m-%dT%H:%M}" for name in MOMENTS},
        "callable_hours": round(window.callable_hours, 2),
        "reasons": reasons_as_json(window),
    }


def _text(row: dict[str, Any]) -> str:
    lines = [f"{name:<15} {row[name]}" for name in MOMENTS]
    lines.append(f"{'callable_hours':<15} {row['callable_hours']:.2f}")
    lines += [f"{'reasons':<15} {_line(reason)}" for reason in row["reasons"]] or [f"{'reasons':<15} -"]
    return "\n".join(lines)


def _line(reason: dict[str, Any]) -> str:
    hours = "" if reason["hours"] is None else f"{reason['hours']:.2f} h"
    words = (f"{reason['effect']}:", reason["code"], reason["name"], ", ".join(reason["dates"]), hours)
    return " ".join(word for word in words if word)
