import time
from pathlib import Path

from explorer.backups import making
from explorer.lib.commands import PracticeCommand, Refused


class Command(PracticeCommand):
    help = "Makes an encrypted, consistent copy of the database while the program runs."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--to", type=Path, metavar="DIR", help="a folder, as of a disk for backups")

    def work(self, **options) -> dict:
        started = time.perf_counter()
        try:
            made = making.make_and_record(to=options["to"] and options["to"].absolute())
        except making.NoBackup as problem:
            raise Refused(str(problem)) from None
        return {"ok": True, "file": made.file, "bytes": made.bytes, "sha256": made.sha256,
                "seconds": round(time.perf_counter() - started, 2)}  # fmt: skip
