from dataclasses import asdict

from explorer.checks import run_checks
from explorer.lib.commands import PracticeCommand


class Command(PracticeCommand):
    help = "Everything that must be right on this PC, with the cure for what is not."

    def work(self, **options) -> dict:
        checks = run_checks()
        return {"ok": all(check.ok for check in checks), "checks": [asdict(check) for check in checks]}

    def tell(self, facts: dict, *, as_json: bool) -> None:
        if as_json or "error" in facts:
            super().tell(facts, as_json=as_json)
            return
        for check in facts["checks"]:
            cure = "" if check["ok"] else f"  →  {check['cure']}"
            self.stdout.write(f"{'ok ' if check['ok'] else 'NOT'}  {check['message']}{cure}")
