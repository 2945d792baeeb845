import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings

from explorer.lib.commands import PracticeCommand

INSIDE = "PATIENT_EXPLORER_BENCH"


class Command(PracticeCommand):
    help = "Measured figures on this machine, in a throw-away data folder."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--patients", type=int, default=1384)
        parser.add_argument(
            "--matching", action="store_true", help="only the matcher, on 1,384, 10,000 and 100,000 (a few minutes)"
        )

    def handle(self, *args, **options) -> None:
        if os.environ.get(INSIDE):
            super().handle(*args, **options)
            return
        with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as home:
            env = {
                **os.environ, INSIDE: "1", "PATIENT_EXPLORER_HOME": str(Path(home) / "home"),
                "PATIENT_EXPLORER_MODE": "demo",
            }  # fmt: skip
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *sys.argv[1:]]
            sys.exit(subprocess.call(command, env=env))  # noqa: S603

    def work(self, *, patients: int, matching: bool, **options) -> dict:
        from explorer.bench import figures
        from explorer.bench.matching import table

        if not matching:
            return figures.measure(patients)
        return {f"{size} {name}": value for size, found in table().items() for name, value in found.items()}
