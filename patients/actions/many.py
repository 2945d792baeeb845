"""What is done to many patients at once, written in bulk, with an audit row for each."""

from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from explorer.lib import clock
from explorer.lib.audit import record
from patients.models import Note, NoteVersion, Patient, StaffTask

AT_ONCE = 500


@transaction.atomic
def hold(patients: Iterable[Patient], *, because: str, by) -> list[Patient]:
    """Nobody texts, calls or writes to them; those held already keep their reason. Returns whom it was done for.

    Raises ValidationError without a reason.
    """
    because = _reason(because)
    free = [patient for patient in _as_they_are(patients) if not patient.held]
    return _set_held(free, because, by)


@transaction.atomic
def contact_again(patients: Iterable[Patient], *, because: str, by) -> list[Patient]:
    """They may be asked again; the reason stays as a note. Returns whom it was done for. Raises ValidationError."""
    because = _reason(because)
    held = [patient for patient in _as_they_are(patients) if patient.held]
    write_notes(held, text=f"To be contacted again: {because}", kind=NoteVersion.Kind.CONTACT, by=by)
    return _set_held(held, "", by)


def _reason(because: str) -> str:
    because = because.strip()
    if not because:
        raise ValidationError({"because": "Say in a few words why."})
    if len(because) > Patient._meta.get_field("held").max_length:
        raise ValidationError({"because": "Say it in at most 120 letters."})
    return because


def _as_they_are(patients: Iterable[Patient]) -> list[Patient]:
    """Read anew and locked, in the order given."""
    asked = [patient.pk for patient in patients]
    found = Patient.objects.select_for_update().in_bulk(asked)
    return [found[pk] for pk in asked if pk in found]


def _set_held(patients: list[Patient], held: str, by) -> list[Patient]:
    changes = []
    for patient in patients:
        changes.append((patient, "update", {"held": [patient.held, held]}))
        patient.held = held
        patient.touch()
    Patient.objects.bulk_update(patients, ["held", "version", "changed_at", "search_name"], batch_size=AT_ONCE)
    record(changes, by=by)
    return patients


@transaction.atomic
def write_notes(patients: Iterable[Patient], *, text: str, by, kind: str = NoteVersion.Kind.GENERAL) -> int:
    """The same words for each; returns how many. Raises ValidationError for words that say nothing, or too much."""
    version = NoteVersion(number=1, kind=kind, text=text.strip(), by=by)
    version.full_clean(exclude=("note",))
    notes = Note.objects.bulk_create([Note(patient=patient) for patient in patients], batch_size=AT_ONCE)
    versions = NoteVersion.objects.bulk_create(
        [NoteVersion(note=note, number=1, kind=kind, text=version.text, by=by) for note in notes], batch_size=AT_ONCE
    )
    record([(note, "create", {"patient": [None, note.patient_id]}) for note in notes], by=by)
    record([(each, "create", {"note": [None, each.note_id], "kind": [None, each.kind]}) for each in versions], by=by)
    return len(notes)


@transaction.atomic
def add_tasks(
    patients: Iterable[Patient],
    *,
    title: str,
    by,
    kind: str = StaffTask.Kind.GENERAL,
    details: str = "",
    due_on: date | None = None,
    for_user=None,
) -> list[Patient]:
    """One each, but for those who have such a task open. Returns whom one was made for. Raises ValidationError."""
    told = {"kind": kind, "title": title.strip(), "details": details.strip(), "due_on": due_on, "for_user": for_user}
    StaffTask(**told, made_by=by).full_clean()
    has_one = set(
        StaffTask.objects.open()
        .filter(kind=kind, title=told["title"], patient__in=patients)
        .values_list("patient", flat=True)
    )
    asked = [patient for patient in patients if patient.pk not in has_one]
    tasks = StaffTask.objects.bulk_create(
        [StaffTask(**told, patient=patient, made_by=by, made_at=clock.now()) for patient in asked], batch_size=AT_ONCE
    )
    record([(task, "create", {"patient": [None, task.patient_id], "kind": [None, kind]}) for task in tasks], by=by)
    return asked
