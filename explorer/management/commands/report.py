import hashlib
import os
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError

from explorer import campaign_figures
from explorer.lib.commands import PracticeCommand, Refused, WrongUsage
from explorer.lib.models import Practice
from explorer.models import Report
from explorer.reports import actions
from explorer.reports.book import in_workbook, rows, workbook
from explorer.reports.final import patient_rows
from explorer.reports.sheet import Sheet, read
from patients.actions import record_export
from patients.models import Patient

Kind = Report.Kind


class Command(PracticeCommand):
    help = "A report as a PDF or an Excel workbook: of a day, its close-out, a week, a campaign, or the final status."

    def add_arguments(self, parser) -> None:
        parser.add_argument("kind", choices=Kind.values)
        parser.add_argument("--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="else today")
        parser.add_argument("--campaign", metavar="NAME", help="else the newest that was launched")
        parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="ends in .pdf or .xlsx")

    def work(self, *, kind: str, day: date | None, campaign: str | None, out: Path, **options) -> dict:
        ending = out.suffix.lower()
        if ending not in (".pdf", ".xlsx"):
            raise WrongUsage("The file's name must end in .pdf or .xlsx.")
        if out.exists():
            raise Refused(f"{out} is there already. Choose another name.")
        try:
            sheet, content, pages = _made(kind, day or Practice.current().today(), campaign, ending)
        except ValidationError as problem:
            raise Refused(" ".join(problem.messages)) from None
        _write(out, content)
        actions.record_taken(sheet, ending=f"{ending[1:]}, by command", by=None)
        return {"kind": kind, "about": sheet.about, "sha256": hashlib.sha256(content).hexdigest(), "pages": pages}


def _made(kind: str, day: date, campaign: str | None, ending: str) -> tuple[Sheet, bytes, int]:
    """Of a workbook the pages are its sheets. Raises ValidationError and Refused."""
    if kind == Kind.CLOSE_OUT:
        standing = actions.standing_close_out(day)
        if standing is None:
            raise Refused("This day is not closed. Close it in the program: Practice, Reports.")
        sheet = read(standing.figures)
        return (sheet, standing.pdf(), standing.pages) if ending == ".pdf" else (sheet, in_workbook(sheet), 1)
    sheet = actions.make(kind, day=day, campaign=_campaign(campaign) if kind == Kind.CAMPAIGN else None)
    if ending == ".pdf":
        return sheet, *actions.pdf_of(sheet)
    if kind != Kind.FINAL:
        return sheet, in_workbook(sheet), 1
    patients = list(patient_rows(Practice.current()))
    record_export(of=Patient, count=len(patients) - 1, what="final status list, by command", by=None)
    return sheet, workbook({sheet.title: rows(sheet), "Patients": patients}), 2


def _campaign(name: str | None):
    """Raises Refused."""
    launched = campaign_figures.newest_first()
    found = (launched.filter(name=name) if name else launched).first()
    if found is None:
        raise Refused("There is no such campaign that was launched. Look at its name with: campaign status NAME")
    return found


def _write(path: Path, content: bytes) -> None:
    """Readable by its owner alone, under its name only when it is whole. Raises Refused."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(
            os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        raise Refused(f"{path} cannot be written. Check the folder and the room on the disk.") from None
    finally:
        part.unlink(missing_ok=True)
