import time
from pathlib import Path

from explorer.backups.container import BadBackup
from explorer.backups.restoring import restore
from explorer.lib.commands import PracticeCommand, Refused


class Command(PracticeCommand):
    help = "Puts a backup in the place of the database. Texting stays locked until it was compared with Spruce."
    needs_database = False  # the one that is there may be damaged

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)

    def work(self, **options) -> dict:
        started = time.perf_counter()
        try:
            done = restore(options["file"])
        except BadBackup as problem:
            raise Refused(str(problem)) from None
        return {"ok": True, "rows": done.rows, "tables": done.tables, "made_at": done.made_at, "missing": done.missing,
                "kept": done.kept, "words": done.words, "texting": "locked",
                "seconds": round(time.perf_counter() - started, 2)}  # fmt: skip
