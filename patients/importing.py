"""What `import_patients` and `import_apcm` share."""

import time
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from explorer.lib.commands import PracticeCommand, Refused, read_file
from explorer.lib.tables import SHELL, UnreadableTable
from patients import actions
from patients.models import ImportBatch
from patients.proposing import counts


class ImportCommand(PracticeCommand):
    review, kind = None, ""

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path, nargs="?")
        parser.add_argument("--apply", action="store_true", help="store it; without this only the review")
        parser.add_argument("--sheet", default="", help="which sheet, when the file has several lists")
        parser.add_argument(
            "--column", action="append", default=[], metavar="FIELD=HEADING",
            help="which column is which field, as mrn='Account #'; kept with --apply; nothing after = leaves it out",
        )  # fmt: skip
        parser.add_argument("--undo", type=int, metavar="BATCH", help="take an applied import back, all of it")

    def work(self, *, file: Path | None, undo: int | None, **options) -> dict:
        if (file is None) == (undo is None):
            raise CommandError("Name either a file to import or, after --undo, the import to take back.", returncode=2)
        return self.take_in(file, **options) if file else self.take_back(undo)

    def take_in(self, file: Path, *, apply: bool, sheet: str, column: list[str], **options) -> dict:
        started = time.perf_counter()
        columns = _columns(column)
        content = read_file(file)
        try:
            review = type(self).review(content, file.name, limits=SHELL, apart=False, sheet=sheet, columns=columns)
        except actions.ColumnsNeeded as problem:
            raise Refused(f"{problem} From here: --column {next(iter(problem.fields))}=HEADING.") from None
        except UnreadableTable as problem:
            raise Refused(str(problem)) from None
        batch, applied = None, 0
        notes = _seen_before(review) + review.notes
        if apply:
            batch = actions.stage(review, content=content, by=None)
            applied = actions.apply(batch, by=None)
        return {
            **counts(review.proposals),
            **self.more(review),
            "applied": applied,
            "batch": batch.pk if batch else None,
            "seconds": round(time.perf_counter() - started, 3),
            "sheet": review.sheet,
            "columns": review.columns,
            "notes": notes,
            "errors": [
                {"row": proposal.row, **problem} for proposal in review.proposals for problem in proposal.problems
            ],
        }

    def take_back(self, undo: int) -> dict:
        batch = ImportBatch.objects.filter(pk=undo, kind=self.kind).defer("raw").first()
        if not batch:
            raise Refused(f"There is no import {undo} of this kind. --apply says the number of an import as batch.")
        started = time.perf_counter()
        try:
            undone = actions.undo(batch, by=None)
        except ValidationError as problem:
            raise Refused(" ".join(problem.messages)) from None
        return {"batch": batch.pk, "undone": undone, "seconds": round(time.perf_counter() - started, 3)}

    def more(self, review) -> dict:
        return {}


def _columns(pairs: list[str]) -> dict[str, str]:
    columns = {}
    for pair in pairs:
        name, equals, heading = pair.partition("=")
        if not equals:
            raise CommandError(f"--column {pair!r} is not FIELD=HEADING, as mrn='Account #'.", returncode=2)
        columns[name.strip()] = heading.strip()
    return columns


def _seen_before(review) -> list[str]:
    earlier = actions.applied_before(kind=review.kind, sha256=review.sha256)
    return [f"The same file was applied on {earlier.closed_at:%m/%d/%Y}."] if earlier else []
