from pathlib import Path

from explorer.lib.commands import PracticeCommand
from explorer.lib.tables import write_table
from outreach import standings
from patients.models import Patient

COLUMNS = ("mrn", "standing", "records_ledger", "apcm_ledger", "notice_ledger", "texting_state")


class Command(PracticeCommand):
    help = "Where every patient stands; the counts add up to the number of patients."

    def add_arguments(self, parser) -> None:
        parser.add_argument("--export", type=Path, metavar="FILE", help="mrn,standing,records,apcm,notice,texting")

    def work(self, *, export: Path | None, **options) -> dict:
        if export:
            patients = standings.with_ledgers(standings.with_standing(Patient.objects.order_by("mrn")))
            rows = [list(row) for row in patients.values_list(*COLUMNS)]
            write_table(export, [["mrn", "standing", "records", "apcm", "notice", "texting"], *rows])
        return standings.counts()
