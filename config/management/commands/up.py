"""`manage.py up`: the whole product on one machine, from an empty folder to a page that answers."""

import fcntl
import os
import socket
import time

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.utils import timezone

from config import clock
from config import demo as demonstration
from config.processes import Supervisor

START_SECONDS = 60


class Command(BaseCommand):
    help = "Prepare the database, then run web, worker and beat until Ctrl-C."

    def add_arguments(self, parser):
        parser.add_argument("--demo", action="store_true", help="fill an empty database with generated demo data")

    def handle(self, *args, demo, **options):
        host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8000"))
        lock = self._claim_folder()
        self._refuse_busy_port(host, port)
        self._prepare_database()
        logins = demonstration.prepare(self._say) if demo else []
        supervisor = Supervisor(say=self._say)
        supervisor.stop_on_signals()
        supervisor.run(ready=lambda: self._announce(host, port, logins, supervisor))
        lock.close()
        self._say("Stopped.")

    def _say(self, text):
        self.stdout.write(text)
        self.stdout.flush()

    def _claim_folder(self):
        """Two of these on one folder would be two beats on one database; the lock goes with the process."""
        lock = (settings.VAR_DIR / "up.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"It is already running on {settings.VAR_DIR}.") from error
        return lock

    def _refuse_busy_port(self, host, port):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} on {host} cannot be used ({error.strerror}). Choose another: PORT={port + 1} bin/run"
                ) from error

    def _prepare_database(self):
        self._say("Preparing the database ...")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)

    def _announce(self, host, port, logins, supervisor):
        if not _answers(host, port, supervisor):
            return
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host  # noqa: S104
        self._say(f"\n  開く / Open   http://{shown}:{port}/\n  止める / Stop  Ctrl-C\n")
        for role, email, password in logins:
            self._say(f"  {email:<28} {password:<20} {role}")
        if settings.DEMO_CLOCK_SHIFT:
            set_to = timezone.localtime(clock.now())
            day = f"{set_to.month}/{set_to.day}({'月火水木金土日'[set_to.weekday()]})"
            self._say(
                f"\n  デモの時計を {day} {set_to:%H:%M} に合わせています / The demo's clock says {set_to:%d %b %H:%M}\n"
            )


def _answers(host, port, supervisor) -> bool:
    """Wait until the web server accepts connections."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and not supervisor.stopping.wait(0.2):
        with socket.socket() as probe:
            if probe.connect_ex((host, port)) == 0:
                return True
    return False
