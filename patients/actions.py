"""Taking in lists: read, propose, store the proposals for review, apply or discard them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery

from explorer.lib import clock
from explorer.lib.audit import record
from explorer.lib.keys import encrypt
from explorer.lib.models import Practice
from explorer.lib.tables import (
    Limits,
    UnreadableTable,
    Workbook,
    choose_sheet,
    find_table,
    read_workbook,
    read_workbook_apart,
)
from patients import mapping
from patients.merging import look_for_duplicates
from patients.models import ApcmEnrolment, ImportBatch, ImportRow, Patient, Phone
from patients.phones import read_phone
from patients.proposing import MERGED, Incoming, Known, Proposal, propose
from patients.reading import PHONE_FIELDS, apcm_rows, patient_rows

Kind, Outcome = ImportBatch.Kind, ImportRow.Outcome
CHUNK = 1000
LABELS = {"cell_phone": "cell", "home_phone": "home", "work_phone": "work", "phone": "other"}
PATIENT_FIELDS = (
    "listed_name",
    "first_name",
    "middle_name",
    "last_name",
    "suffix",
    "preferred_name",
    "date_of_birth",
    "sex",
    "email",
    "address",
    "address2",
    "city",
    "state",
    "zip",
    "insurer",
    "insurer_id",
    "last_visit",
    "deceased",
)
APCM_FIELDS = ("status", "level", "icd10", "signed_up_on", "insurance", "copay", "comments", "status_text")
REMOVED_SHEET = "removed"


@dataclass
class Review:
    """What a file would do, not stored yet."""

    kind: str
    filename: str
    sha256: str
    sheet: str
    columns: dict[str, str]
    notes: list[str]
    proposals: list[Proposal]


def review_patients(content: bytes, filename: str, *, limits: Limits, apart=True, sheet="") -> Review:
    """Read a patient list and say what it would change. Raises UnreadableTable."""
    workbook = _read(content, filename, limits, apart)
    known_heading = mapping.knows(mapping.FIELDS)
    table = find_table(choose_sheet(workbook, known_heading, sheet or None), known_heading)
    columns = _mapped(table, mapping.FIELDS, mapping.PATIENT_NEEDS)
    rows = list(patient_rows(table, columns, today=Practice.current().today()))
    _refuse_without_rows(rows, filename)
    proposals = propose(rows, _known_patients(), whole_list=True)
    named, notes = _named(table, columns), _notes(table) + _unused(table, columns)
    return Review(Kind.PATIENTS, filename, workbook.sha256, table.sheet_name, named, notes, proposals)


def review_apcm(content: bytes, filename: str, *, limits: Limits, apart=True, sheet="") -> Review:
    """Read an APCM workbook, each sheet that has level columns; a sheet named REMOVED lists those who left.

    A patient on both kinds of sheet ends as removed. Raises UnreadableTable.
    """
    workbook = _read(content, filename, limits, apart)
    rows, columns, notes, sheets = [], {}, [], []
    for table in _apcm_tables(workbook, sheet):
        mapped = _mapped(table, mapping.APCM_FIELDS, mapping.APCM_NEEDS)
        status = "removed" if REMOVED_SHEET in table.sheet_name.casefold() else "active"
        rows += apcm_rows(table, mapped, status=status)
        columns |= _named(table, mapped)
        notes += _notes(table) + _unused(table, mapped)
        sheets.append(table.sheet_name)
    _refuse_without_rows(rows, filename)
    rows.sort(key=lambda row: row.values["status"] != "removed")  # so that "removed" is what counts
    known_mrns = dict(Patient.objects.values_list("mrn", "pk"))
    merged = dict(Patient.charts.exclude(merged_into=None).values_list("mrn", "merged_into__mrn"))
    for row in rows:
        if not row.fatal and row.mrn not in known_mrns:
            problem = "No patient has this chart number. Import the patient list first, or correct the number."
            if row.mrn in merged:
                problem = f"{MERGED.format(merged[row.mrn])} Write that number in the workbook."
            row.problems.append({"column": "mrn", "problem": problem})
            row.fatal = True
    proposals = propose(rows, _known_enrolments(), whole_list=False)
    for proposal in proposals:
        proposal.patient_id = known_mrns.get(proposal.mrn)
    return Review(Kind.APCM, filename, workbook.sha256, ", ".join(sheets), columns, notes, proposals)


@transaction.atomic
def stage(review: Review, *, content: bytes, by) -> ImportBatch:
    """Store a review so that a person can look at it. Nothing about a patient changes."""
    batch = ImportBatch.objects.create(
        kind=review.kind,
        filename=review.filename[:200],
        sha256=review.sha256,
        sheet=review.sheet[:200],
        columns=review.columns,
        notes=review.notes + _seen_before(review),
        raw=encrypt(content, "imports"),
        uploaded_by=by,
    )
    ImportRow.objects.bulk_create(
        [
            ImportRow(
                batch=batch,
                row=proposal.row,
                outcome=proposal.outcome,
                mrn=proposal.mrn[:80],
                patient_id=proposal.patient_id,
                patient_version=proposal.version,
                values=proposal.values,
                changes=proposal.changes,
                problems=proposal.problems,
            )
            for proposal in review.proposals
        ],
        batch_size=500,
    )
    return batch


def apply(batch: ImportBatch, *, by) -> int:
    """Do what the batch proposes; returns how many rows were applied.

    A conflict is applied, and a patient whom the sheet does not name is set aside, only where a person
    took the list's side. Works in chunks: after a crash, applying again goes on where it stopped.
    A row whose patient changed since the review becomes a conflict instead.
    """
    write = {Kind.PATIENTS: _apply_patients, Kind.APCM: _apply_enrolments}[batch.kind]
    waiting = list(_applicable(batch).values_list("pk", flat=True))
    applied = sum(_apply_chunk(batch, chunk, write, by) for chunk in _chunks(waiting))
    _close(batch, ImportBatch.State.APPLIED, by)
    if applied and batch.kind == Kind.PATIENTS:
        look_for_duplicates()
    return applied


def discard(batch: ImportBatch, *, by) -> None:
    _close(batch, ImportBatch.State.DISCARDED, by)


def can_take(row: ImportRow) -> bool:
    """Whether the list's side can be taken; not where the list contradicts itself about a known patient."""
    if row.outcome == Outcome.CONFLICT:
        return bool(row.changes) or row.patient_version is None
    return row.outcome == Outcome.VANISHED


@transaction.atomic
def choose(batch: ImportBatch, picks: dict[int, bool], *, by) -> None:
    """A person's side in conflicts and for vanished patients: {row id: take the list's side}.

    Raises ValidationError when the import is closed, or two rows for one chart number are taken.
    """
    _refuse_closed(batch)
    rows = [row for row in batch.rows.filter(pk__in=picks) if can_take(row) and row.take != picks[row.pk]]
    for row in rows:
        row.take = picks[row.pk]
    ImportRow.objects.bulk_update(rows, ["take"], batch_size=200)
    _refuse_taking_two(batch)
    record([(row, "update", {"take": [not row.take, row.take]}) for row in rows], by=by)


@transaction.atomic
def choose_all_vanished(batch: ImportBatch, *, set_aside: bool, by) -> None:
    """Whether everybody whom the list no longer names is set aside. Raises ValidationError when closed."""
    _refuse_closed(batch)
    changed = batch.rows.filter(outcome=Outcome.VANISHED).update(take=set_aside)
    record([(batch, "update", {"vanished set aside": [None, changed if set_aside else 0]})], by=by)


def _refuse_taking_two(batch: ImportBatch) -> None:
    taken = batch.rows.filter(take=True, outcome=Outcome.CONFLICT).order_by("row").values_list("mrn", "row")
    rows: dict[str, list[int]] = {}
    for mrn, row in taken:
        rows.setdefault(mrn, []).append(row)
    for same in rows.values():
        if len(same) > 1:
            numbers = " and ".join(map(str, same))
            raise ValidationError(f"Rows {numbers} have the same chart number: take only one of them.")


def _refuse_closed(batch: ImportBatch) -> None:
    waiting = ImportBatch.objects.select_for_update().filter(state=ImportBatch.State.PROPOSED)
    if not waiting.filter(pk=batch.pk).exists():
        raise ValidationError("This import is closed; import the list again to change more.")


def planned_counts(batch: ImportBatch) -> dict[str, int]:
    """What applying would still do: rows by outcome, conflicts and vanished only where taken."""
    return dict(_applicable(batch).order_by().values_list("outcome").annotate(Count("pk")))


def record_export(*, of, count: int, what: str, by) -> None:
    """One line of the audit log for rows that left the program: how many of which model, and what."""
    LogEntry.objects.create(
        content_type=ContentType.objects.get_for_model(of),
        object_pk="",
        object_repr="export",
        action=LogEntry.Action.ACCESS,
        changes={"exported": [None, f"{count} rows: {what}"]},
        actor=by,
        timestamp=clock.now(),
    )


@transaction.atomic
def correct(patient: Patient, *, fields: Iterable[str], by) -> None:
    """Save what a person typed in these fields. A later list does not overwrite them."""
    patient.corrected = sorted({*patient.corrected, *(name for name in fields if name in PATIENT_FIELDS)})
    patient.touch()
    patient.save()


@transaction.atomic
def correct_phones(patient: Patient, phones: list[Phone], *, by) -> None:
    """Save numbers that a person added, labelled anew, retired or brought back.

    A later list does not overwrite the numbers under these labels: that it names a retired number is then
    a conflict for a person to decide.
    """
    before = Phone.objects.in_bulk([phone.pk for phone in phones if phone.pk])
    labels = set()
    for phone in phones:
        known = before.get(phone.pk)
        if known is None:
            phone.source = Phone.Source.STAFF
        if known is None or (known.label, known.retired_at) != (phone.label, phone.retired_at):
            labels |= {phone.label, known.label if known else phone.label}
        phone.save()
    fields = {name for name, label in LABELS.items() if label in labels}
    patient.corrected = sorted({*patient.corrected, *fields})
    patient.touch()
    patient.save(update_fields=["corrected", "version", "changed_at", "search_name"])


@transaction.atomic
def let_list_decide(patient: Patient, *, fields: Iterable[str], by) -> None:
    """The next list may overwrite these fields again."""
    patient.corrected = sorted(set(patient.corrected) - set(fields))
    patient.touch()
    patient.save(update_fields=["corrected", "version", "changed_at", "search_name"])


def outcome_counts(batch: ImportBatch) -> dict[str, int]:
    found = dict(batch.rows.order_by().values_list("outcome").annotate(Count("pk")))
    return {outcome: found.get(outcome, 0) for outcome in Outcome.values}


def _read(content: bytes, filename: str, limits: Limits, apart: bool) -> Workbook:
    return (read_workbook_apart if apart else read_workbook)(content, filename, limits)


def _mapped(table, fields, needs) -> mapping.ColumnMap:
    columns = mapping.map_columns(table.headings, [cells for _, cells in table.rows[:200]], fields=fields)
    if problems := mapping.missing(columns, needs, fields):
        raise UnreadableTable(
            f'The sheet "{table.sheet_name}", heading row {table.heading_row}, cannot be used: ' + " ".join(problems)
        )
    return columns


def _named(table, columns) -> dict[str, str]:
    return {field: table.headings[index] for field, index in columns.columns.items()}


def _notes(table) -> list[str]:
    notes = [f"{table.sheet_name}, row {number}: {why}." for number, why in table.skipped]
    if table.merged:
        cells = ", ".join(table.merged[:10]) + (" …" if len(table.merged) > 10 else "")
        notes.append(f"{table.sheet_name}: merged cells {cells}; only the first row of each has the value.")
    return notes


def _unused(table, columns) -> list[str]:
    """What a person should look at: headings that were not placed, and cells merged over several rows."""
    notes = [f'{table.sheet_name}: the column "{heading}" was not used.' for heading in columns.unmapped]
    if table.merged:
        cells = ", ".join(table.merged[:8]) + (" …" if len(table.merged) > 8 else "")
        notes.append(f"{table.sheet_name}: merged cells ({cells}) count for their first row only.")
    return notes


def _refuse_without_rows(rows: list[Incoming], filename: str) -> None:
    if not rows:
        raise UnreadableTable(f"{filename} has a heading but no rows below it. Choose the file with the list.")


def _seen_before(review: Review) -> list[str]:
    earlier = ImportBatch.objects.filter(sha256=review.sha256, state=ImportBatch.State.APPLIED).first()
    return [f"The same file was applied on {earlier.closed_at:%m/%d/%Y}."] if earlier else []


def _apcm_tables(workbook: Workbook, wanted: str):
    known_heading = mapping.knows(mapping.APCM_FIELDS)
    if wanted:
        return [find_table(choose_sheet(workbook, known_heading, wanted), known_heading)]
    tables = []
    for sheet in workbook.sheets:
        if sheet.hidden or not sheet.rows:
            continue
        try:
            table = find_table(sheet, known_heading)
        except UnreadableTable:
            continue
        columns = mapping.map_columns(table.headings, [], fields=mapping.APCM_FIELDS)
        if not mapping.missing(columns, mapping.APCM_NEEDS, mapping.APCM_FIELDS):
            tables.append(table)
    if not tables:
        raise UnreadableTable(
            "No sheet of this workbook looks like an APCM list: it needs a heading row with a patient number "
            "and the level columns (G0556, G0557, G0558)."
        )
    return tables


def _known_patients() -> dict[str, Known]:
    phones: dict[int, dict[str, list[str]]] = {}
    for patient_id, label, e164 in Phone.objects.filter(retired_at=None).values_list("patient_id", "label", "e164"):
        phones.setdefault(patient_id, {}).setdefault(label, []).append(e164)
    known = {}
    columns = ("pk", "mrn", "version", "corrected", "merged_into__mrn", *PATIENT_FIELDS)
    for pk, mrn, version, corrected, into, *fields in Patient.charts.order_by().values_list(*columns).iterator():
        values = dict(zip(PATIENT_FIELDS, map(_stored, fields), strict=True))
        own = phones.get(pk, {})
        values |= {name: " ".join(sorted(own.get(label, ()))) for name, label in LABELS.items()}
        known[mrn] = Known(pk, version, values, frozenset(corrected), into or "")
    return known


def _known_enrolments() -> dict[str, Known]:
    columns = ("patient__mrn", "pk", "version", *APCM_FIELDS)
    return {
        mrn: Known(pk, version, dict(zip(APCM_FIELDS, map(_stored, fields), strict=True)))
        for mrn, pk, version, *fields in ApcmEnrolment.objects.order_by().values_list(*columns)
    }


def _stored(value):
    if value is None:
        return ""
    return value.isoformat() if hasattr(value, "isoformat") else value


def _applicable(batch: ImportBatch):
    wanted = batch.rows.filter(applied=False)
    return wanted.filter(Q(outcome__in=(Outcome.NEW, Outcome.CHANGED)) | Q(take=True))


@transaction.atomic
def _apply_chunk(batch: ImportBatch, pks: list[int], write: Callable, by) -> int:
    ImportBatch.objects.select_for_update().get(pk=batch.pk, state=ImportBatch.State.PROPOSED)
    rows = list(_applicable(batch).filter(pk__in=pks))
    done = write(rows, by)
    done_pks = {row.pk for row in done}
    ImportRow.objects.filter(pk__in=done_pks).update(applied=True)
    late = [row for row in rows if row.pk not in done_pks]
    for row in late:
        row.outcome = Outcome.CONFLICT
        row.problems = [
            *row.problems,
            {"column": "mrn", "problem": "Changed since the review; import again."},
        ]
    ImportRow.objects.bulk_update(late, ["outcome", "problems"])
    return len(done)


def _chunks(pks: list[int]) -> list[list[int]]:
    return [pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK)]


def _close(batch: ImportBatch, state: str, by) -> None:
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if locked.state != ImportBatch.State.PROPOSED:
            return
        locked.state, locked.closed_at, locked.closed_by = state, clock.now(), by
        locked.save(update_fields=["state", "closed_at", "closed_by"])
    batch.refresh_from_db(fields=["state", "closed_at", "closed_by"])


def _apply_patients(rows: list[ImportRow], by) -> list[ImportRow]:
    stored = Patient.objects.in_bulk([row.mrn for row in rows], field_name="mrn")
    fresh = [row for row in rows if _still_as_reviewed(row, stored.get(row.mrn))]
    new = [row for row in fresh if row.mrn not in stored]
    _create_patients(new, by)
    _change_patients([row for row in fresh if row.mrn in stored], stored, by)
    return fresh


def _still_as_reviewed(row: ImportRow, patient: Patient | None) -> bool:
    return (patient.version if patient else None) == row.patient_version


def _create_patients(rows: list[ImportRow], by) -> None:
    patients = [_filled(Patient(mrn=row.mrn), row.values) for row in rows]
    Patient.objects.bulk_create(patients, batch_size=200)
    basis = Practice.current().texting_basis
    phones = [
        phone for patient, row in zip(patients, rows, strict=True) for phone in _phones(patient, row.values, basis)
    ]
    Phone.objects.bulk_create(phones, batch_size=500)
    owner = Patient.objects.filter(mrn=OuterRef("mrn")).values("pk")
    ImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(patient=Subquery(owner))
    record(
        [
            (patient, "create", {name: [None, str(value)] for name, value in row.values.items()})
            for patient, row in zip(patients, rows, strict=True)
        ],
        by=by,
    )


def _filled(patient: Patient, values: dict) -> Patient:
    for name in PATIENT_FIELDS:
        if name in values:
            setattr(patient, name, values[name])
    patient.search_name = patient.searchable()
    return patient


def _phones(patient: Patient, values: dict, basis: str) -> list[Phone]:
    return [
        _phone(patient, e164, LABELS[name], basis) for name in PHONE_FIELDS for e164 in values.get(name, "").split()
    ]


def _phone(patient: Patient, e164: str, label: str, basis: str) -> Phone:
    return Phone(patient=patient, e164=e164, label=label, kind=read_phone(e164).kind, basis=basis)


def _change_patients(rows: list[ImportRow], stored: dict[str, Patient], by) -> None:
    changed, entries = [], []
    for row in rows:
        patient = stored[row.mrn]
        if row.outcome == Outcome.VANISHED:
            patient.left_list_at = clock.now()
            entries.append((patient, "update", {"left_list_at": [None, str(patient.left_list_at)]}))
        else:
            new = {name: pair[1] for name, pair in row.changes.items()}
            _filled(patient, new)
            _change_phones(patient, new)
            patient.left_list_at = None
            entries.append((patient, "update", row.changes))
        patient.touch()
        changed.append(patient)
    fields = [*PATIENT_FIELDS, "left_list_at", "search_name", "version", "changed_at"]
    Patient.objects.bulk_update(changed, fields, batch_size=50)
    record(entries, by=by)


def _change_phones(patient: Patient, new: dict) -> None:
    """The list's numbers under a label replace the list's earlier ones; numbers set by staff stay."""
    for name, label in LABELS.items():
        if name not in new:
            continue
        wanted = set(new[name].split())
        earlier = patient.phones.filter(label=label, source=Phone.Source.LIST, retired_at=None)
        earlier.exclude(e164__in=wanted).update(retired_at=clock.now())
        for e164 in wanted:
            fresh = _phone(patient, e164, label, Practice.current().texting_basis)
            known, created = Phone.objects.get_or_create(
                patient=patient,
                e164=e164,
                defaults={"label": label, "kind": fresh.kind, "basis": fresh.basis},
            )
            if not created:
                known.label, known.retired_at = label, None
                known.save(update_fields=["label", "retired_at"])


def _apply_enrolments(rows: list[ImportRow], by) -> list[ImportRow]:
    stored = {
        enrolment.patient_id: enrolment
        for enrolment in ApcmEnrolment.objects.filter(patient__in=[row.patient_id for row in rows])
    }
    fresh = [row for row in rows if _enrolment_as_reviewed(row, stored.get(row.patient_id))]
    new = [
        _enrolled(ApcmEnrolment(patient_id=row.patient_id), row.values) for row in fresh if row.patient_id not in stored
    ]
    ApcmEnrolment.objects.bulk_create(new, batch_size=200)
    changed = []
    for row in fresh:
        if row.patient_id in stored:
            enrolment = _enrolled(stored[row.patient_id], {name: pair[1] for name, pair in row.changes.items()})
            enrolment.version += 1
            enrolment.changed_at = clock.now()
            changed.append((enrolment, "update", row.changes))
    ApcmEnrolment.objects.bulk_update(
        [enrolment for enrolment, _, _ in changed], [*APCM_FIELDS, "version", "changed_at"], batch_size=50
    )
    created = [
        (enrolment, "create", {"status": [None, enrolment.status], "level": [None, enrolment.level]})
        for enrolment in new
    ]
    record([*created, *changed], by=by)
    return fresh


def _enrolment_as_reviewed(row: ImportRow, enrolment: ApcmEnrolment | None) -> bool:
    return (enrolment.version if enrolment else None) == row.patient_version


def _enrolled(enrolment: ApcmEnrolment, values: dict) -> ApcmEnrolment:
    for name in APCM_FIELDS:
        if name in values:
            setattr(enrolment, name, values[name])
    return enrolment
