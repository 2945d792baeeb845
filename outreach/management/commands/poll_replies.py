from explorer.lib.commands import PracticeCommand
from outreach.actions.polling import poll
from outreach.command import spruce_or_refuse


class Command(PracticeCommand):
    help = "Reads replies and confirmations from Spruce."

    def work(self, **options) -> dict:
        with spruce_or_refuse() as spruce:
            polled = poll(spruce)
        return {
            "items": polled.items,
            "new_replies": polled.new_replies,
            "opt_outs": polled.opt_outs,
            "confirmed": polled.confirmed,
        }
