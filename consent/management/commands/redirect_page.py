from pathlib import Path

from consent.form_link import BadSample
from consent.redirect_page import redirect_page
from explorer.lib.commands import PracticeCommand, Refused
from explorer.lib.models import Practice


class Command(PracticeCommand):
    help = "Writes the page that the practice may host, so that the link in a text is short."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="as index.html")

    def work(self, *, out: Path, **options) -> dict:
        practice = Practice.current()
        try:
            content = redirect_page(practice).encode()
        except BadSample as problem:
            raise Refused(f"The form's sample link cannot be used: {problem}") from None
        try:
            out.write_bytes(content)
        except OSError:
            raise Refused(f"{out} cannot be written. Choose another folder.") from None
        return {"file": str(out), "bytes": len(content), "short_link_base": practice.short_link_base}
