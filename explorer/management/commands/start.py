import webbrowser

from consent.actions.wordings import bring_defaults
from explorer.lib.commands import PracticeCommand, Refused
from explorer.models import User
from explorer.running import refuse_taken_port, run
from explorer.watching.family import only_watch


class Command(PracticeCommand):
    help = "Starts the web server and the worker for real use. Ctrl-C stops both."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--no-browser", action="store_true")

    def work(self, *, port: int, no_browser: bool, **options) -> dict:
        if not User.objects.filter(role=User.Role.ADMINISTRATOR, is_active=True).exists():
            raise Refused(
                "There is no administrator yet. Make one first: python3 manage.py person add NAME --role administrator"
            )
        bring_defaults()
        with only_watch():
            refuse_taken_port(port)
            self.run(port, no_browser)
        return {"stopped": True}

    def run(self, port: int, no_browser: bool) -> None:
        def when_up(address: str) -> None:
            self.stdout.write(f"Patient Explorer runs at {address}   (Ctrl-C stops it)")
            self.stdout.flush()
            if not no_browser:
                webbrowser.open(address)

        run(port, when_up=when_up)
