"""What a proposal of an import looks like to a person: labels, US dates, shown numbers. Pure display."""

from dataclasses import dataclass
from datetime import date

from patients import actions, mapping
from patients.models import ApcmEnrolment, ImportBatch, ImportRow, Patient
from patients.phones import display
from patients.reading import PHONE_FIELDS

Outcome = ImportRow.Outcome
OTHER_LABELS = {
    "listed_name": "name on the list",
    "suffix": "suffix",
    "level": "level",
    "status": "status",
    "icd10": "ICD-10 codes",
    "insurance": "insurance",
    "mrn": "chart number",
}
LABELS = {field.name: field.label for field in (*mapping.FIELDS, *mapping.APCM_FIELDS)} | OTHER_LABELS
DATES = ("date_of_birth", "last_visit", "signed_up_on")
CHOICES = {
    "sex": dict(Patient.Sex.choices),
    "level": dict(ApcmEnrolment.Level.choices),
    "status": dict(ApcmEnrolment.Status.choices),
    "deceased": {True: "yes", False: "no"},
}
LEFT_OUT = "left_out"
TABS = {
    Outcome.CONFLICT: "Conflict",
    Outcome.REJECTED: "Rejected",
    LEFT_OUT: "Cells left out",
    Outcome.CHANGED: "Changed",
    Outcome.NEW: "New",
    Outcome.VANISHED: "No longer on the list",
    Outcome.DUPLICATE: "Duplicate",
    Outcome.UNCHANGED: "Unchanged",
}
NOUNS = {
    ImportBatch.Kind.PATIENTS: ("patient", "patients"),
    ImportBatch.Kind.APCM: ("enrolment", "enrolments"),
}
NAME = ("first_name", "middle_name", "last_name", "suffix")
TELLING = ("date_of_birth", *PHONE_FIELDS, "level", "status", "signed_up_on")  # shown of a new row


@dataclass
class Shown:
    """A row of the review."""

    pk: int
    row: int | None
    mrn: str
    name: str
    ours: str  # the stored name, where the file has another for this chart number
    patient_id: int | None
    changes: list[tuple[str, str, str]]  # label, old, new
    facts: list[tuple[str, str]]  # of a new row: label, value
    problems: list[dict]
    choice: bool
    levels: list[tuple[int, str, bool]]  # of a row that fills several level columns: level, its name, chosen
    take: bool
    applied: bool


def rows_of(batch: ImportBatch, tab: str):
    """Rows that are taken in without some of their cells count in two tabs."""
    if tab == LEFT_OUT:
        taken_in = (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
        return batch.rows.filter(outcome__in=taken_in).exclude(problems=[])
    return batch.rows.filter(outcome=tab)


def tab_counts(batch: ImportBatch) -> dict[str, int]:
    return actions.outcome_counts(batch) | {LEFT_OUT: rows_of(batch, LEFT_OUT).count()}


def shown(row: ImportRow) -> Shown:
    return Shown(
        pk=row.pk,
        row=row.row,
        mrn=row.mrn,
        name=(name := _name(row)),
        ours=row.patient.sort_name if row.patient and row.patient.sort_name != name else "",
        patient_id=row.patient_id,
        changes=[(label(name), value(name, old), value(name, to)) for name, (old, to) in row.changes.items()],
        facts=[(label(name), value(name, given)) for name, given in row.values.items() if name in TELLING],
        problems=[{**problem, "column": _column(problem["column"])} for problem in row.problems],
        choice=actions.can_take(row),
        levels=[
            (level, f"{CHOICES['level'][level]}: {codes}", row.take and row.values.get("level") == level)
            for level, codes in actions.levels_to_choose(row).items()
        ],
        take=row.take,
        applied=row.applied,
    )


def label(name: str) -> str:
    words = LABELS.get(name, name.replace("_", " "))
    return words[:1].upper() + words[1:]


def value(name: str, given) -> str:
    if name in CHOICES:
        return str(CHOICES[name].get(given, given or ""))
    if name in DATES and given:
        return f"{date.fromisoformat(given):%m/%d/%Y}"
    if name in PHONE_FIELDS:
        return ", ".join(map(display, str(given).split()))
    return str(given)


def columns(batch: ImportBatch) -> list[tuple[int, str, str, str]]:
    """(its number, heading of the file, field it was read as, the field's label); both empty where unused"""
    fields = {heading: name for name, heading in batch.columns.items()}
    named = [(heading, fields.get(heading, "")) for heading in batch.headings or batch.columns.values()]
    return [(number, heading, name, label(name) if name else "") for number, (heading, name) in enumerate(named)]


def field_choices(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(name, label(name)) for name in fields_of(batch)]


def fields_of(batch: ImportBatch) -> list[str]:
    fields = {ImportBatch.Kind.PATIENTS: mapping.FIELDS, ImportBatch.Kind.APCM: mapping.APCM_FIELDS}[batch.kind]
    return [field.name for field in fields]


def undo_sentences(batch: ImportBatch) -> list[str]:
    """What undoing would do, one sentence for each kind of row."""
    counts = actions.what_undoing_does(batch)
    one, many = NOUNS[batch.kind]
    words = {
        "removed": "that the list added will be removed",
        "restored": "will be as before the import, phones included",
        "brought back": "who were set aside will be on the list again",
    }
    return [
        f"{counts[what]:,} {one if counts[what] == 1 else many} {sentence}."
        for what, sentence in words.items()
        if counts[what]
    ]


def plan_sentences(batch: ImportBatch) -> list[str]:
    """What applying would do, one sentence for each kind of row."""
    counts = actions.planned_counts(batch)
    one, many = NOUNS[batch.kind]
    words = (
        (Outcome.NEW, "will be added"),
        (Outcome.CHANGED, "will be changed"),
        (Outcome.CONFLICT, "in conflict will follow the list, as you chose"),
        (Outcome.VANISHED, "will be set aside, because the list no longer names them"),
    )
    return [
        f"{counts[outcome]:,} {one if counts[outcome] == 1 else many} {what}."
        for outcome, what in words
        if counts.get(outcome)
    ]


def _name(row: ImportRow) -> str:
    given = row.values
    if given.get("named"):
        return given["named"]
    if given.get("last_name"):
        return Patient(**{name: given.get(name, "") for name in NAME}).sort_name
    return row.patient.sort_name if row.patient else given.get("listed_name", "")


def _column(heading: str) -> str:
    return label(heading) if heading in LABELS else heading
