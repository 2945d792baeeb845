"""What `import_patients` and `import_apcm` share."""

import time
from pathlib import Path

from explorer.lib.commands import PracticeCommand, Refused, read_file
from explorer.lib.tables import SHELL, UnreadableTable
from patients import actions
from patients.proposing import counts


class ImportCommand(PracticeCommand):
    review = None

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="store it; without this only the review")
        parser.add_argument("--sheet", default="", help="which sheet, when the file has several lists")

    def work(self, *, file: Path, apply: bool, sheet: str, **options) -> dict:
        started = time.perf_counter()
        content = read_file(file)
        try:
            review = type(self).review(content, file.name, limits=SHELL, apart=False, sheet=sheet)
        except UnreadableTable as problem:
            raise Refused(str(problem)) from None
        applied = actions.apply(actions.stage(review, content=content, by=None), by=None) if apply else 0
        return {
            **counts(review.proposals),
            **self.more(review),
            "applied": applied,
            "seconds": round(time.perf_counter() - started, 3),
            "sheet": review.sheet,
            "columns": review.columns,
            "notes": review.notes,
            "errors": [
                {"row": proposal.row, **problem} for proposal in review.proposals for problem in proposal.problems
            ],
        }

    def more(self, review) -> dict:
        return {}
