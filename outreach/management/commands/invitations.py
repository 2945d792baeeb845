from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from consent.form_link import BadSample, FormLink, ShortLink, personal_links
from consent.invitations import BadToken, Token, take_over
from consent.models import Invitation
from explorer.lib import clock
from explorer.lib.commands import PracticeCommand, Refused, read_file
from explorer.lib.models import Practice
from explorer.lib.tables import SHELL, UnreadableTable, choose_sheet, find_table, read_workbook, write_table
from outreach.actions.invitations import create_missing
from outreach.models import Campaign
from patients.mapping import normal

COLUMNS = ("mrn", "token", "issued at", "expires at", "status")


class Command(PracticeCommand):
    help = "Makes missing personal codes, takes over codes issued elsewhere, exports them."

    def add_arguments(self, parser) -> None:
        cohorts = [value for value in Campaign.Cohort.values if value != Campaign.Cohort.CHOSEN]
        parser.add_argument("--create", action="store_true")
        parser.add_argument("--cohort", choices=cohorts, default=Campaign.Cohort.ALL)
        parser.add_argument("--import", dest="take_over", type=Path, metavar="FILE")
        parser.add_argument("--export", type=Path, metavar="FILE")

    def work(self, *, create: bool, cohort: str, take_over: Path | None, export: Path | None, **options) -> dict:
        facts = {}
        created = 0
        if take_over:
            facts = self.take_over(take_over)
            created += facts["imported"]
        if create:
            created += create_missing(cohort=cohort, by=None)
        if export:
            write_table(export, rows())
        return {"invitations": Invitation.objects.count(), "created": created, **facts}

    def take_over(self, path: Path) -> dict:
        practice = Practice.current()
        try:
            workbook = read_workbook(read_file(path), path.name, SHELL)
            table = find_table(choose_sheet(workbook, _knows), _knows, ", ".join(COLUMNS))
        except UnreadableTable as problem:
            raise Refused(str(problem)) from None
        places = {normal(heading): index for index, heading in enumerate(table.headings)}
        if not {"mrn", "token"} <= places.keys():
            raise Refused(f"{path.name} needs the columns mrn and token.")
        tokens, errors = [], []
        for number, cells in table.rows:
            row = {name: cells[places[name]] if name in places else "" for name in COLUMNS}
            try:
                tokens.append(_token(number, row, practice))
            except BadToken as problem:
                errors.append({"row": number, "column": problem.column, "problem": str(problem)})
        result = take_over(tokens, by=None)
        errors += [{"row": row, "column": column, "problem": problem} for row, column, problem in result.problems]
        return {"rows": len(table.rows), "imported": result.imported, "known": result.known, "errors": errors}


def _knows(heading: str) -> bool:
    return normal(heading) in COLUMNS


def _token(number: int, row: dict[str, str], practice: Practice) -> Token:
    return Token(
        row=number,
        mrn=row["mrn"],
        code=row["token"],
        issued_at=_moment(row["issued at"], "issued_at", practice),
        expires_at=_moment(row["expires at"], "expires_at", practice),
        status=row["status"].casefold(),
    )


def _moment(text: str, column: str, practice: Practice) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadToken(column, f"{column} must look like 2026-12-07 or 2026-12-07T10:00:00-06:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(practice.time_zone))


def rows() -> list[list]:
    link = _link()
    now = clock.now()
    table = [["code", "link", "mrns", "phone", "created_at", "expires_at", "status"]]
    for invitation in Invitation.objects.order_by("pk").prefetch_related("patients"):
        mrns = "|".join(sorted(patient.mrn for patient in invitation.patients.all()))
        table.append(
            [
                invitation.code,
                link.link_for(invitation.code) if link else "",
                mrns,
                invitation.phone,
                invitation.created_at.isoformat(),
                invitation.expires_at.isoformat(),
                invitation.status(now),
            ]
        )
    return table


def _link() -> FormLink | ShortLink | None:
    """Without a sample link the export has codes but no links."""
    try:
        return personal_links(Practice.current())
    except BadSample:
        return None
