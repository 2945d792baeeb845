from explorer.lib.commands import PracticeCommand
from outreach.actions import arming
from outreach.command import spruce_or_refuse
from outreach.models import LineState


class Command(PracticeCommand):
    help = "Compares a locked database with Spruce and, with --yes, lets it send again."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--yes", action="store_true", help="unlock after the comparison")

    def work(self, *, yes: bool, **options) -> dict:
        with spruce_or_refuse() as spruce:
            found = arming.reconcile(spruce)
        if yes:
            arming.arm(by=None)
        line = LineState.objects.get(pk=1)
        return {"found": found, "locked": line.disarmed_at is not None, "why": line.disarmed_why}
