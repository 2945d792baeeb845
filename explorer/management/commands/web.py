import waitress

from explorer.lib.commands import PracticeCommand
from explorer.running import HOST, end_with_parent


class Command(PracticeCommand):
    help = "The web server alone; `start` and `demo` run it."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def work(self, *, port: int, **options) -> dict:
        from explorer.wsgi import application, settle

        end_with_parent()
        settle()
        waitress.serve(application, host=HOST, port=port, threads=8, ident=None, clear_untrusted_proxy_headers=True)
        return {}
