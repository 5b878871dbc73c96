"""`manage.py load_demo`: fill an empty database with a sales team that does not exist and ninety days of its work."""

import datetime as dt
import time

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import Role, User
from calls.management.commands.demo_clock import seconds_ahead
from calls.models import Call, ClosedDay, FollowUp, Outcome
from calls.selectors import business_calendar, window_rule
from config import clock
from deals.models import Deal
from leads.models import Company, Lead
from reports.demo import people, records
from reports.demo.generate import MIN_DAYS, MIN_LEADS, Demo, generate
from reports.demo.imports import add_imports
from reports.demo.today import Today
from reports.demo.writer import Writer

LEADS, DAYS, SEED = 2000, 90, 20260401


class Command(BaseCommand):
    help = "Fill an empty database with generated Japanese demo data, up to this moment."

    def add_arguments(self, parser):
        parser.add_argument("--leads", type=int, default=LEADS, help=f"at least {MIN_LEADS}; default {LEADS}")
        parser.add_argument("--days", type=int, default=DAYS, help=f"at least {MIN_DAYS}; default {DAYS}")
        parser.add_argument("--seed", type=int, default=SEED, help="the same seed at the same moment: the same data")
        parser.add_argument("--if-empty", action="store_true", help="no error where data are: leave them alone")

    def handle(self, *args, leads, days, seed, if_empty, verbosity, **options):
        if leads < MIN_LEADS or days < MIN_DAYS:
            raise CommandError(f"A demo needs --leads of at least {MIN_LEADS} and --days of at least {MIN_DAYS}.")
        if _has_data():
            if not if_empty:
                raise CommandError("The database already has data; demo data go into an empty one only.")
            self.stdout.write("The database already has data: nothing loaded.")
            return
        started = time.monotonic()
        load(now=clock.now(), leads=leads, days=days, seed=seed)
        if verbosity:
            self._say_what_is_there(time.monotonic() - started)

    def _say_what_is_there(self, seconds: float) -> None:
        self.stdout.write(
            f"{Lead.objects.count()} leads, {Call.objects.count()} calls, {FollowUp.objects.count()} follow-ups, "
            f"{Deal.objects.count()} deals in {seconds:.1f} s."
        )
        for role, email, password in self.logins():
            self.stdout.write(f"  {email:<24} {password}  {role}")

    def logins(self) -> list[tuple[str, str, str]]:
        """(role, e-mail, password) of the people one can sign in as, one of each role first."""
        return [(str(Role(role).label), email, password) for role, email, password in people.logins()]

    def seconds_to_working_hours(self, now: dt.datetime) -> float:
        """How far a clock that shows `now` must be set forward to stand in callable time."""
        return seconds_ahead(now)


def _has_data() -> bool:
    return any(model.objects.exists() for model in (User, Company, Lead, ClosedDay))


@transaction.atomic
def load(*, now: dt.datetime, leads: int, days: int, seed: int) -> Demo:
    """Generate, write and go on to `now`: all of it or nothing."""
    outcomes = {
        row.code: records.Outcome(row.code, row.connection, row.reached, row.result) for row in Outcome.objects.all()
    }
    demo = generate(
        now=now,
        leads=leads,
        days=days,
        seed=seed,
        calendar=business_calendar(),
        rule=window_rule(),
        outcomes=outcomes,
        max_attempts=settings.MAX_ATTEMPTS,
    )
    writer = Writer(demo.world, dict(Outcome.objects.values_list("code", "pk")))
    writer.write()
    add_imports(demo.world, writer)
    Today(demo, writer).go_on()
    return demo
