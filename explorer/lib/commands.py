"""What all commands of `manage.py` have in common (design 3)."""

import json
import os
import sys
import time
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import psutil
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from explorer.lib import clock
from explorer.lib.models import Practice


class Refused(Exception):
    """The work was refused or found a problem; the text is one clear sentence with the cure."""


class WrongUsage(Refused):
    """The command was called in a way that makes no sense; nothing was tried."""


class PracticeCommand(BaseCommand):
    """A command on a practice's data: `work()` returns the facts to print.

    Exit codes: 0 done, 1 refused or problems found (`Refused`, or `"ok": False` in the facts),
    2 wrong usage.
    """

    requires_system_checks = []
    needs_database = True

    def create_parser(self, prog_name, subcommand, **kwargs):
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")
        return parser

    def handle(self, *args, **options) -> None:
        try:
            if self.needs_database:
                prepare()
            facts = self.work(**options)
        except Refused as problem:
            self.tell({"ok": False, "error": str(problem)}, as_json=options["json"])
            sys.exit(2 if isinstance(problem, WrongUsage) else 1)
        self.tell(facts, as_json=options["json"])
        if facts.get("ok") is False:
            sys.exit(1)

    def work(self, **options) -> dict:
        raise NotImplementedError

    def tell(self, facts: dict, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(facts, default=str, ensure_ascii=False))
        elif "error" in facts:
            self.stderr.write(facts["error"])
        else:
            for name, value in facts.items():
                self.stdout.write(f"{name.replace('_', ' ')}: {value}")


def read_file(path: Path) -> bytes:
    """Raises Refused with one sentence when the file cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"There is no file {path}. Check its name and folder.") from None
    except OSError:
        raise Refused(f"{path} cannot be read. Close it in other programs and check that it is a file.") from None


def prepare() -> None:
    """The database exists, is migrated and belongs to this mode; raises Refused."""
    stamp = settings.HOME / "prepared"
    wanted = _migrations_fingerprint()
    try:
        if not stamp.exists() or stamp.read_text(encoding="ascii") != wanted:
            with _only_one(settings.HOME / "preparing"):
                call_command("migrate", verbosity=0, interactive=False)
                call_command("createcachetable", verbosity=0)
                Practice.objects.get_or_create(pk=1, defaults={"mode": settings.MODE})
                stamp.write_text(wanted, encoding="ascii")
        found = Practice.current().mode
    except DatabaseError as problem:
        if "not a database" not in str(problem):
            raise
        raise Refused(
            "The database does not open with this PC's key. Set PATIENT_EXPLORER_KEY to the key it was made with."
        ) from None
    if found != settings.MODE:
        raise Refused(
            f"The data folder {settings.HOME} belongs to a {found} practice. Set PATIENT_EXPLORER_MODE={found}, "
            "or PATIENT_EXPLORER_HOME to another folder."
        )
    if clock.is_set() and not clock_may_be_set():
        raise Refused(f"{clock.VARIABLE} is only for the demo, or for services that run on this PC.")


def clock_may_be_set() -> bool:
    """Design 2.7: only in demo mode, or with every service on this PC itself."""
    on_loopback = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")
    return settings.MODE == "demo" or (
        os.environ.get("PATIENT_EXPLORER_ALLOW_LOOPBACK_SERVICES") == "1"
        and os.environ.get("SPRUCE_API_URL", on_loopback[0]).startswith(on_loopback)
    )


def _migrations_fingerprint() -> str:
    ours = ("explorer", "explorer/lib", "patients", "consent", "outreach", "onenote_sync")
    names = [path.name for app in ours for path in sorted((settings.BASE_DIR / app / "migrations").glob("0*.py"))]
    names.append((settings.BASE_DIR / "requirements.txt").read_text(encoding="utf-8"))
    return sha256("\n".join(names).encode()).hexdigest()


@contextmanager
def _only_one(lock):
    """Two first starts at once: the second waits for the first. A lock of a dead process is taken over."""
    while True:
        try:
            handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            if _abandoned(lock):
                lock.unlink(missing_ok=True)
            time.sleep(0.1)
    try:
        os.write(handle, str(os.getpid()).encode())
        os.close(handle)
        yield
    finally:
        connection.close()
        lock.unlink(missing_ok=True)


def _abandoned(lock) -> bool:
    try:
        owner = lock.read_text(encoding="ascii")
        return bool(owner) and not psutil.pid_exists(int(owner))
    except (OSError, ValueError):
        return False
