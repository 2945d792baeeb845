import time
from pathlib import Path

from consent import intake
from consent.models import Wording
from explorer.lib.commands import PracticeCommand, Refused, WrongUsage, read_file
from explorer.lib.tables import SHELL, UnreadableTable, write_table
from patients.models import Patient


class Command(PracticeCommand):
    help = "Reads a Microsoft Forms export (.xlsx, .csv) and shows what it would do; --apply stores it."

    def add_arguments(self, parser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="store it; without this only the review")
        parser.add_argument("--sheet", default="", help="which sheet, when the file has several")
        parser.add_argument(
            "--wording", type=int, metavar="ID", help="the version of the form that these patients read"
        )
        parser.add_argument("--export", type=Path, metavar="FILE", help="one line for each row, with its outcome")

    def work(self, *, file: Path, apply: bool, sheet: str, wording: int | None, export: Path | None, **options) -> dict:
        started = time.perf_counter()
        content = read_file(file)
        version = _version(wording) if wording is not None else None
        try:
            review = intake.review_export(content, file.name, limits=SHELL, apart=False, sheet=sheet, judge=not apply)
        except UnreadableTable as problem:
            raise Refused(str(problem)) from None
        if apply:
            intake.take_in(review, content=content, by=None, wording=version)
        if export:
            write_table(export, lines(review))
        return review.counts | {
            "seconds": round(time.perf_counter() - started, 3),
            "columns": review.columns,
            "unused": list(review.form.unknown),
            "doubts": list(review.form.doubts),
        }


def _version(pk: int) -> Wording:
    found = Wording.objects.filter(pk=pk, kind=Wording.Kind.ONLINE_FORM).first()
    if found is None:
        raise WrongUsage(f"There is no version {pk} of the online form. See the page Wordings for their numbers.")
    return found


def lines(review: intake.Review) -> list[list]:
    mrns = dict(Patient.objects.values_list("pk", "mrn"))
    table = [["row", "response_id", "outcome", "mrn", "candidate_mrns", "reasons"]]
    for judgement in review.judgements:
        table.append(
            [
                judgement.row,
                judgement.response_id,
                judgement.outcome,
                mrns.get(judgement.patient_id, ""),
                "|".join(mrns[pk] for pk in judgement.candidates if pk in mrns),
                "; ".join(reason.words for reason in judgement.reasons),
            ]
        )
    return table
