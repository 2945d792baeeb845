from explorer.lib.commands import PracticeCommand
from outreach.actions.sending import send_due
from outreach.command import spruce_or_refuse


class Command(PracticeCommand):
    help = "Sends the texts that are due now, each exactly once."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--max", type=int, metavar="N", help="no more than N texts")
        parser.add_argument("--until-idle", action="store_true", help="go on until nothing can be sent now")

    def work(self, *, until_idle: bool, **options) -> dict:
        with spruce_or_refuse() as spruce:
            return send_due(spruce, most=options["max"], until_idle=until_idle).as_facts()
