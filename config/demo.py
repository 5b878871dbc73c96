"""What `up --demo` does beyond `up`: fill an empty database, set the clock to working hours, name the log-ins.

The data come from the command `load_demo`. Besides being run it answers two questions:
`logins() -> [(role, e-mail, password)]` and `seconds_to_working_hours(now) -> float`.
"""

import os
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, call_command, get_commands, load_command_class

from config import clock

SHIFT_FILE = "demo_clock"


def prepare(say: Callable[[str], None]) -> list[tuple[str, str, str]]:
    """Make the demonstration ready and return its log-ins; nothing at all on a database that holds other data."""
    command = _command()
    if command is None:
        say("There is no demo data to load; create a user: manage.py createsuperuser")
        return []
    shift_file = settings.VAR_DIR / SHIFT_FILE
    is_empty = not get_user_model().objects.exists()
    if not is_empty and not shift_file.exists():
        return []
    if "DEMO_CLOCK_SHIFT" not in os.environ:
        _set_clock(float(shift_file.read_text()) if shift_file.exists() else 0.0, command)
    if is_empty:
        say("Loading demo data ...")
        call_command(command, verbosity=0)
    shift_file.write_text(str(settings.DEMO_CLOCK_SHIFT))
    return command.logins()


def _set_clock(shift: float, command: BaseCommand) -> None:
    """Here and, by the environment, in the processes started from here. The shift only grows: time never runs back."""
    settings.DEMO_CLOCK_SHIFT = shift
    settings.DEMO_CLOCK_SHIFT += command.seconds_to_working_hours(clock.now())
    os.environ["DEMO_CLOCK_SHIFT"] = str(settings.DEMO_CLOCK_SHIFT)


def _command() -> BaseCommand | None:
    app = get_commands().get("load_demo")
    return load_command_class(app, "load_demo") if app else None
