from explorer.lib.commands import PracticeCommand
from outreach.actions.contacts import sync_contacts
from outreach.command import spruce_or_refuse


class Command(PracticeCommand):
    help = "Reads all contacts from Spruce. A listing that breaks off changes nothing."

    def work(self, **options) -> dict:
        with spruce_or_refuse() as spruce:
            synced = sync_contacts(spruce)
        return {
            "contacts": synced.contacts,
            "new": synced.new,
            "changed": synced.changed,
            "gone": synced.gone,
            "requests": spruce.requests_made,
        }
