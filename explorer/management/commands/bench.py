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
        parser.add_argument(
            "--forecast", type=int, metavar="N", help="only the forecast, on N invented campaigns of each kind"
        )
        parser.add_argument("--pages", action="store_true", help="what each page costs, in a practice that is kept")
        parser.add_argument("--only", default="", metavar="WORD", help="pages with this in their name (with --pages)")
        parser.add_argument("--kills", type=int, metavar="N", help="kill the sender N times; each text goes out once")
        parser.add_argument("--texts", type=int, metavar="M", help="about so many texts in a campaign (with --kills)")
        parser.add_argument("--seed", type=int, default=1, help="another course of kills, faults and STOPs")
        parser.add_argument("--per-minute", type=int, metavar="N", help="a limit of calls (with --kills)")
        parser.add_argument("--window", choices=["fixed", "sliding"], default="fixed", help="how the limit counts")
        parser.add_argument("--whole-start", action="store_true", help="kill `start`, web and worker (with --kills)")
        parser.add_argument("--sending", action="store_true", help="only the sender's speed (about five minutes)")
        parser.add_argument("--keep", type=Path, metavar="DIR", help="leave what was on the wire there (with --kills)")

    def handle(self, *args, **options) -> None:
        if options["kills"] is not None or options["sending"]:
            self.try_from_outside(**options)
            return
        if os.environ.get(INSIDE):
            super().handle(*args, **options)
            return
        if options["pages"]:
            sys.exit(self.again_in(settings.HOME / "bench" / str(options["patients"])))
        with tempfile.TemporaryDirectory(prefix="bench", ignore_cleanup_errors=True) as home:
            sys.exit(self.again_in(Path(home) / "home"))

    def again_in(self, home: Path) -> int:
        """This command once more, in a process with that data folder; its exit code."""
        env = {**os.environ, INSIDE: "1", "PATIENT_EXPLORER_HOME": str(home), "PATIENT_EXPLORER_MODE": "demo"}
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *sys.argv[1:]]
        return subprocess.call(command, env=env)  # noqa: S603

    def try_from_outside(self, *, kills: int | None, sending: bool, **options) -> None:
        """These set up a practice and processes of their own and see the sender from outside."""
        from explorer.bench import kills as killing
        from explorer.bench import speed, starts

        def tell(text: str) -> None:
            if not options["json"]:
                self.stderr.write(text)

        if sending:
            facts = speed.measure(tell)
        elif options["whole_start"]:
            facts = starts.run(kills, options["seed"], tell, keep=options["keep"])
        else:
            facts = killing.run(self.plan(kills, options), tell, keep=options["keep"])
        self.tell(facts, as_json=options["json"])
        if facts.get("ok") is False:
            sys.exit(1)

    def plan(self, kills: int, options: dict):
        from explorer.bench.kills import Plan

        texts = options["texts"] or max(200, kills + kills // 5)
        return Plan(kills, texts, options["seed"], per_minute=options["per_minute"], window=options["window"])

    def work(self, *, patients: int, matching: bool, pages: bool, forecast: int | None, **options) -> dict:
        from explorer.bench import figures, forecasts
        from explorer.bench import pages as walk
        from explorer.bench.matching import table

        if forecast is not None:
            return forecasts.summary(list(forecasts.trials(forecast, seed=options["seed"])))
        if pages:
            found = walk.measure(patients, only=options["only"])
            if not options["json"]:
                self.stdout.write(walk.told(found))
                return {}
            return found
        if not matching:
            return figures.measure(patients)
        return {f"{size} {name}": value for size, found in table().items() for name, value in found.items()}
