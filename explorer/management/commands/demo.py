import webbrowser
from datetime import timedelta

from django.conf import settings

from explorer.demo import afresh
from explorer.demo.loading import load_practice
from explorer.demo.opening import open_for_texting
from explorer.demo.sign_ins import sign_ins
from explorer.demo.trial import keep_fresh
from explorer.lib import clock
from explorer.lib.commands import PracticeCommand, Refused
from explorer.running import refuse_taken_port, run
from explorer.watching.family import only_watch
from patients.models import Patient


class Command(PracticeCommand):
    help = "A running practice with made-up patients; nothing leaves this PC. Ctrl-C stops it."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--day", type=int, metavar="N", help="as if the demo had begun N days ago")
        parser.add_argument("--no-browser", action="store_true")

    def work(self, *, port: int, day: int | None, no_browser: bool, **options) -> dict:
        if settings.MODE != "demo":
            raise Refused("PATIENT_EXPLORER_MODE is live. Unset it to run the demo, or use `start`.")
        with only_watch():
            refuse_taken_port(port)
            self.load(day)
            self.run(port, no_browser)
        return {"stopped": True}

    def load(self, day: int | None) -> None:
        if afresh.is_wanted():
            afresh.start_afresh()
        loaded = Patient.objects.exists()
        self.stdout.write("Opening the made-up practice ..." if loaded else "Loading the made-up practice ...")
        self.stdout.flush()
        load_practice()
        if day is not None:
            clock.jump_to(timedelta(days=day))
        open_for_texting()
        keep_fresh()

    def run(self, port: int, no_browser: bool) -> None:
        def when_up(address: str) -> None:
            self.say_welcome(address)
            if not no_browser:
                webbrowser.open(address)

        run(port, when_up=when_up)

    def say_welcome(self, address: str) -> None:
        self.stdout.write(f"\nPatient Explorer (demo) runs at {address}\n\nSign in as one of:")
        for person in sign_ins():
            self.stdout.write(f"  {person.username:<8} {person.password:<28} {person.role}")
        self.stdout.write("\nCtrl-C stops it.")
        self.stdout.flush()
