"""Doing what a batch proposes, in chunks that each are whole."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery
from django.utils.translation import gettext_noop

from explorer.lib import clock, jobs
from explorer.lib.audit import record
from explorer.lib.bulk import insert
from explorer.lib.models import Practice
from patients.actions.closing import close
from patients.actions.stored import APCM_FIELDS, LABELS, PATIENT_FIELDS
from patients.merging import look_for_duplicates
from patients.models import ApcmEnrolment, ImportBatch, ImportRow, Patient, Phone
from patients.names import searchable
from patients.phones import kind_of
from patients.reading import PHONE_FIELDS

Kind, Outcome = ImportBatch.Kind, ImportRow.Outcome
CHUNK = 1000
APPLYING = gettext_noop("Changing the patients")
NAMES = ("first_name", "middle_name", "last_name", "preferred_name")
NOTHING = {name: Patient._meta.get_field(name).get_default() for name in PATIENT_FIELDS}


def apply(batch: ImportBatch, *, by, step=jobs.unseen) -> int:
    """Do what the batch proposes; returns how many rows were applied.

    A conflict is applied, and a patient whom the sheet does not name is set aside, only where a person
    took the list's side. Works in chunks: after a crash, applying again goes on where it stopped.
    A row whose patient changed since the review becomes a conflict instead.
    """
    write = {Kind.PATIENTS: _apply_patients, Kind.APCM: _apply_enrolments}[batch.kind]
    waiting = list(_applicable(batch).values_list("pk", flat=True))
    chunks = step.through(_chunks(waiting), APPLYING, weigh=len)
    applied = sum(_apply_chunk(batch, chunk, write, by) for chunk in chunks)
    step.finish_in_peace()
    close(batch, ImportBatch.State.APPLIED, by)
    if applied and batch.kind == Kind.PATIENTS:
        look_for_duplicates()
    return applied


def planned_counts(batch: ImportBatch) -> dict[str, int]:
    """What applying would still do: rows by outcome, conflicts and vanished only where taken."""
    return dict(_applicable(batch).order_by().values_list("outcome").annotate(Count("pk")))


def _applicable(batch: ImportBatch):
    wanted = batch.rows.filter(applied=False)
    return wanted.filter(Q(outcome__in=(Outcome.NEW, Outcome.CHANGED)) | Q(take=True))


@transaction.atomic
def _apply_chunk(batch: ImportBatch, pks: list[int], write: Callable, by) -> int:
    ImportBatch.objects.select_for_update().only("pk").get(pk=batch.pk, state=ImportBatch.State.PROPOSED)
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
    if not rows:
        return
    insert(Patient, ("mrn", *PATIENT_FIELDS, "search_name"), map(_new_patient, rows))
    patients = Patient.objects.only("mrn").in_bulk([row.mrn for row in rows], field_name="mrn")
    basis = Practice.current().texting_basis
    columns = ("patient_id", "e164", "label", "kind", "basis")
    insert(Phone, columns, (phone for row in rows for phone in _new_phones(patients[row.mrn].pk, row.values, basis)))
    owner = Patient.objects.filter(mrn=OuterRef("mrn")).values("pk")
    ImportRow.objects.filter(pk__in=[row.pk for row in rows]).update(patient=Subquery(owner))
    record(
        [
            (patients[row.mrn], "create", {name: [None, str(value)] for name, value in row.values.items()})
            for row in rows
        ],
        by=by,
    )


def _new_patient(row: ImportRow) -> tuple:
    values = [row.values.get(name, default) for name, default in NOTHING.items()]
    return row.mrn, *values, searchable(*(row.values.get(name, "") for name in NAMES))


def _new_phones(patient: int, values: dict, basis: str) -> list[tuple]:
    return [
        (patient, e164, LABELS[name], kind_of(e164), basis)
        for name in PHONE_FIELDS
        for e164 in values.get(name, "").split()
    ]


def _filled(patient: Patient, values: dict) -> Patient:
    for name in PATIENT_FIELDS:
        if name in values:
            setattr(patient, name, values[name])
    patient.search_name = patient.searchable()
    return patient


def _phone(patient: Patient, e164: str, label: str, basis: str) -> Phone:
    return Phone(patient=patient, e164=e164, label=label, kind=kind_of(e164), basis=basis)


def _change_patients(rows: list[ImportRow], stored: dict[str, Patient], by) -> None:
    changed, entries = [], []
    for row in rows:
        patient = stored[row.mrn]
        if row.outcome == Outcome.VANISHED:
            row.before = {"left_list_at": None}
            patient.left_list_at = clock.now()
            entries.append((patient, "update", {"left_list_at": [None, str(patient.left_list_at)]}))
        else:
            new = {name: pair[1] for name, pair in row.changes.items()}
            row.before = _before(patient, new)
            _filled(patient, new)
            _change_phones(patient, new)
            patient.left_list_at = None
            entries.append((patient, "update", row.changes))
        patient.touch()
        changed.append(patient)
    fields = [*PATIENT_FIELDS, "left_list_at", "search_name", "version", "changed_at"]
    Patient.objects.bulk_update(changed, fields, batch_size=50)
    ImportRow.objects.bulk_update(rows, ["before"], batch_size=400)
    record(entries, by=by)


def _before(patient: Patient, new: dict) -> dict:
    """What undoing needs beside the row's changes; phones only where the list changes any."""
    before = {"left_list_at": patient.left_list_at.isoformat() if patient.left_list_at else None}
    if LABELS.keys() & new.keys():
        before["phones"] = {
            phone.pk: [phone.label, phone.retired_at.isoformat() if phone.retired_at else None]
            for phone in patient.phones.all()
        }
    return before


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
