"""Reading a list: what would it change? Nothing is stored here."""

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext_noop

from explorer.lib import jobs
from explorer.lib.keys import decrypt
from explorer.lib.models import Practice
from explorer.lib.tables import (
    SHELL,
    Limits,
    Table,
    UnreadableTable,
    Workbook,
    choose_sheet,
    find_table,
    read_workbook,
    read_workbook_apart,
)
from patients import mapping
from patients.actions.stored import known_enrolments, known_patients
from patients.models import ColumnMapping, ImportBatch, Patient
from patients.proposing import MERGED, Incoming, Known, Proposal, propose
from patients.reading import apcm_rows, patient_rows

Kind = ImportBatch.Kind
APCM_HEADING = re.compile(r"\bG055[678]\b")
REMOVED_SHEET = "removed"
OPENING = gettext_noop("Opening the file")
READING = gettext_noop("Reading the rows")
COMPARING = gettext_noop("Comparing with the patients we have")
EXAMPLES = 3  # cells shown of a column that a person is asked about


class ColumnsNeeded(UnreadableTable):
    """A field that the list must have was not found, or two columns could be it: a person may say which it is."""

    def __init__(self, sentence: str, table: Table, fields: dict[str, str]):
        super().__init__(sentence)
        self.fields = fields  # name: label
        self.columns = [
            (heading, [text for text in (cells[place] for _, cells in table.rows[:50]) if text][:EXAMPLES])
            for place, heading in enumerate(mapping.numbered(table.headings))
            if heading
        ]


@dataclass
class Review:
    """What a file would do, not stored yet."""

    kind: str
    filename: str
    sha256: str
    sheet: str
    headings: list[str]
    columns: dict[str, str]
    notes: list[str]
    proposals: list[Proposal]
    signatures: list[str] = field(default_factory=list)  # one for each table
    chosen: dict[str, str] = field(default_factory=dict)  # columns that a person named


def review_patients(
    content: bytes, filename: str, *, limits: Limits, apart=True, sheet="", columns=None, step=jobs.unseen
) -> Review:
    """Read a patient list and say what it would change.

    `columns` is {field: heading} as a person says; an empty heading leaves the field out.
    Raises UnreadableTable; ColumnsNeeded where a person can help.
    """
    workbook = _read(content, filename, limits, apart, step)
    known_heading = mapping.knows(mapping.FIELDS)
    table = find_table(choose_sheet(workbook, known_heading, sheet or None), known_heading)
    workbook.sheets.clear()
    if any(APCM_HEADING.search(heading) for heading in table.headings):
        raise UnreadableTable(f"{filename} looks like an APCM workbook. Import it as such, not as a patient list.")
    _refuse_unknown_headings([table], columns or {}, mapping.FIELDS)
    review = Review(Kind.PATIENTS, filename, workbook.sha256, table.sheet_name, [], {}, [], [], chosen=columns or {})
    mapped = _mapped(table, review, mapping.FIELDS, mapping.PATIENT_NEEDS)
    _refuse_without_rows(table.rows, filename)
    step.begin(len(table.rows), READING)
    rows = []
    for row in patient_rows(table, mapped, today=Practice.current().today()):
        rows.append(row)
        step.went()
    step.begin(0, COMPARING)
    table.rows.clear()  # the cells of a long list are not needed beside the values read of them
    review.proposals = propose(rows, known_patients(), whole_list=True)
    return review


def review_apcm(
    content: bytes, filename: str, *, limits: Limits, apart=True, sheet="", columns=None, step=jobs.unseen
) -> Review:
    """Read an APCM workbook, each sheet that has level columns; a sheet named REMOVED lists those who left.

    A patient on both kinds of sheet ends as removed. Raises UnreadableTable, as review_patients.
    """
    workbook = _read(content, filename, limits, apart, step)
    review = Review(Kind.APCM, filename, workbook.sha256, "", [], {}, [], [], chosen=columns or {})
    tables = _apcm_tables(workbook, sheet, review.chosen)
    _refuse_unknown_headings(tables, review.chosen, mapping.APCM_FIELDS)
    rows: list[Incoming] = []
    for table in tables:
        mapped = _mapped(table, review, mapping.APCM_FIELDS, mapping.APCM_NEEDS)
        status = "removed" if REMOVED_SHEET in table.sheet_name.casefold() else "active"
        rows += apcm_rows(table, mapped, status=status)
        step.check()
    review.sheet = ", ".join(table.sheet_name for table in tables)
    _refuse_without_rows(rows, filename)
    rows.sort(key=lambda row: row.values["status"] != "removed")  # so that "removed" is what counts
    patients = {mrn: (pk, *names) for mrn, pk, *names in Patient.objects.values_list("mrn", "pk", *NAMES)}
    enrolments = known_enrolments()
    merged = dict(Patient.charts.exclude(merged_into=None).values_list("mrn", "merged_into__mrn"))
    for row in rows:
        _compare_with_patient(row, patients.get(row.mrn), merged.get(row.mrn))
        _keep_the_level_decided_before(row, enrolments.get(row.mrn))
    review.proposals = propose(rows, enrolments, whole_list=False)
    for proposal in review.proposals:
        proposal.patient_id = patients.get(proposal.mrn, (None,))[0]
    return review


NAMES = ("first_name", "last_name", "preferred_name")
REVIEWS = {Kind.PATIENTS: review_patients, Kind.APCM: review_apcm}


def review_again(batch: ImportBatch, columns: dict[str, str]) -> Review:
    """The stored file of a batch, read with these columns. Raises UnreadableTable."""
    if not batch.raw:
        raise UnreadableTable(
            "The file itself is no longer kept, so it cannot be read another way. Import the list again."
        )
    content = decrypt(bytes(batch.raw), "imports")
    return REVIEWS[batch.kind](content, batch.filename, limits=SHELL, sheet=batch.sheet, columns=columns)


def _read(content: bytes, filename: str, limits: Limits, apart: bool, step: jobs.Step) -> Workbook:
    if not apart:
        return read_workbook(content, filename, limits)
    step.begin(0, OPENING)
    return read_workbook_apart(content, filename, limits, meanwhile=step.check)


def _mapped(table: Table, review: Review, fields, needs) -> mapping.ColumnMap:
    """The table's columns; what a person said comes first, then what was said of the same headings before.

    Writes down in the review how the table was read and what was left out.
    """
    signature = mapping.signature(table.headings)
    remembered = ColumnMapping.objects.filter(kind=review.kind, signature=signature).first()
    wanted = review.chosen | {
        name: heading
        for name, heading in (remembered.columns if remembered else {}).items()
        if name not in review.chosen
    }
    columns = _columns(table, wanted, fields)
    if problems := mapping.missing(columns, needs, fields):
        sentence = f'The sheet "{table.sheet_name}", heading row {table.heading_row}, cannot be used: '
        raise ColumnsNeeded(sentence + " ".join(problems), table, _missing_fields(columns, needs, fields))
    headings = mapping.numbered(table.headings)
    review.signatures.append(signature)
    review.headings += [heading for heading in headings if heading and heading not in review.headings]
    review.columns |= {name: headings[place] for name, place in columns.columns.items()}
    review.notes += [*_notes(table), *_unused(table, columns, fields)]
    return columns


def _columns(table: Table, wanted: dict[str, str], fields) -> mapping.ColumnMap:
    asked = [each for each in fields if wanted.get(each.name) != ""]
    sample = [cells for _, cells in table.rows[: mapping.SAMPLE]]
    return mapping.map_columns(table.headings, sample, fields=asked, saved={n: h for n, h in wanted.items() if h})


def _missing_fields(columns: mapping.ColumnMap, needs, fields) -> dict[str, str]:
    labels = {each.name: each.label for each in fields}
    lacking = [names for names in needs if not any(name in columns.columns for name in names)]
    return {name: labels[name] for names in lacking for name in names}


def _refuse_unknown_headings(tables: list[Table], chosen: dict[str, str], fields) -> None:
    known = {each.name for each in fields}
    headings = [heading for table in tables for heading in mapping.numbered(table.headings) if heading]
    there = {mapping.normal(heading) for heading in headings}
    for name, heading in chosen.items():
        if name not in known:
            raise UnreadableTable(f'"{name}" is not a field; the fields are {", ".join(sorted(known))}.')
        if heading and mapping.normal(heading) not in there:
            raise UnreadableTable(f'There is no column "{heading}"; the columns are {", ".join(headings)}.')
    used = [mapping.normal(heading) for heading in chosen.values() if heading]
    twice = next((heading for heading in chosen.values() if heading and used.count(mapping.normal(heading)) > 1), None)
    if twice:
        raise UnreadableTable(f'The column "{twice}" was chosen for two fields: choose one of them.')


def _notes(table: Table) -> list[str]:
    return [f"{table.sheet_name}, row {number}: {why}." for number, why in table.skipped]


def _unused(table: Table, columns: mapping.ColumnMap, fields) -> list[str]:
    """What a person should look at: headings that were not placed, and cells merged over several rows."""
    labels = {each.name: each.label for each in fields}
    notes = [f'{table.sheet_name}: the column "{heading}" was not used.' for heading in columns.unmapped]
    for name, rivals in columns.ambiguous.items():
        quoted = " and ".join(f'"{heading}"' for heading in rivals)
        notes.append(f"{table.sheet_name}: {quoted} could each be the {labels[name]}; choose one under the columns.")
    if table.merged:
        cells = ", ".join(table.merged[:8]) + (" …" if len(table.merged) > 8 else "")
        notes.append(f"{table.sheet_name}: merged cells ({cells}) count for their first row only.")
    return notes


def _refuse_without_rows(rows: list, filename: str) -> None:
    if not rows:
        raise UnreadableTable(f"{filename} has a heading but no rows below it. Choose the file with the list.")


def _apcm_tables(workbook: Workbook, wanted: str, chosen: dict[str, str]) -> list[Table]:
    known_heading = mapping.knows(mapping.APCM_FIELDS)
    named = [sheet for sheet in workbook.sheets if sheet.name == wanted or sheet.name in wanted.split(", ")]
    if wanted:
        sheets = named or [choose_sheet(workbook, known_heading, wanted)]
        return [find_table(sheet, known_heading) for sheet in sheets]
    tables = []
    for sheet in workbook.sheets:
        if sheet.hidden or not sheet.rows:
            continue
        try:
            table = find_table(sheet, known_heading)
        except UnreadableTable:
            continue
        if any(name in _columns(table, chosen, mapping.APCM_FIELDS).columns for name in mapping.APCM_NEEDS[1]):
            tables.append(table)
    if not tables:
        raise UnreadableTable(
            "No sheet of this workbook looks like an APCM list: it needs a heading row with a patient number "
            "and the level columns (G0556, G0557, G0558)."
        )
    return tables


def _compare_with_patient(row: Incoming, patient: tuple | None, kept: str | None) -> None:
    """A chart number must be a known patient's, and not that of somebody with another first and last name."""
    if row.fatal:
        return
    if patient is None:
        problem = "No patient has this chart number. Import the patient list first, or correct the number."
        if kept:
            problem = f"{MERGED.format(kept)} Write that number in the workbook."
        row.problems.append({"column": "mrn", "problem": problem})
        row.fatal = True
    elif row.is_somebody_else(*patient[1:]):
        problem = "First and last name both differ from the patient we have under this chart number."
        row.doubts.append({"column": "mrn", "problem": problem})
        row.values["named"] = ", ".join(reversed(row.named))


def _keep_the_level_decided_before(row: Incoming, stored: Known | None) -> None:
    """Of two filled level columns a person has chosen one already, and its codes are still the same."""
    levels = row.values.get("levels", {})
    level = str(stored.values.get("level", "")) if stored else ""
    if level in levels and levels[level] == stored.values.get("icd10", ""):
        row.values |= {"level": int(level), "icd10": levels[level]}
        row.doubts = [doubt for doubt in row.doubts if not doubt["column"].startswith("level")]
