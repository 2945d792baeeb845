"""Taking an applied import back, all of it or nothing, while nothing later rests on it."""

from collections.abc import Iterator

from auditlog.context import disable_auditlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_noop

from explorer.lib import clock, jobs
from explorer.lib.audit import record
from patients.actions.stored import APCM_FIELDS, PATIENT_FIELDS, for_the_column
from patients.models import ApcmEnrolment, DuplicatePair, ImportBatch, ImportRow, Patient, Phone

Kind, State = ImportBatch.Kind, ImportBatch.State
CHUNK = 500
UNDOING = gettext_noop("Taking back what was applied")


def can_be_undone(batch: ImportBatch) -> bool:
    """Whether there is anything to undo; `obstacles` says what stands against it."""
    return batch.state in (State.APPLIED, State.DISCARDED) and batch.rows.filter(applied=True).exists()


def what_undoing_does(batch: ImportBatch) -> dict[str, int]:
    """Rows by what undoing does with them: "removed", "restored", "brought back"."""
    applied = batch.rows.filter(applied=True)
    removed = applied.filter(patient_version=None).count()
    brought_back = applied.filter(outcome=ImportRow.Outcome.VANISHED).count()
    return {
        "removed": removed,
        "restored": applied.count() - removed - brought_back,
        "brought back": brought_back,
    }


def obstacles(batch: ImportBatch) -> list[str]:
    """Why the import cannot be undone, one sentence for each reason; empty when it can be."""
    noun = {Kind.PATIENTS: "patient", Kind.APCM: "enrolment"}[batch.kind]
    touched = _touched_since(batch).count()
    found = []
    if touched:
        one = touched == 1
        found.append(f"{touched:,} {noun}{'' if one else 's'} {'was' if one else 'were'} changed after this import.")
    if batch.kind == Kind.PATIENTS:
        found += [
            f"{count:,} added patient{'' if count == 1 else 's'} already stand{'s' if count == 1 else ''} in {what}."
            for what, count in _rests_on_created(batch)
        ]
    return found


@transaction.atomic
def undo(batch: ImportBatch, *, by, step=jobs.unseen) -> int:
    """Take everything back that the batch did; returns how many rows.

    Added patients are removed, changed fields and phones are as before, those set aside come back.
    Raises ValidationError, and changes nothing, when something later rests on what was applied.
    """
    locked = ImportBatch.objects.select_for_update().defer("raw").get(pk=batch.pk)
    rows = locked.rows.filter(applied=True)
    if locked.state == State.UNDONE:
        raise ValidationError("This import was undone before; nothing was done again.")
    if not can_be_undone(locked):
        raise ValidationError("This import has changed nothing, so there is nothing to undo.")
    list(Patient.objects.select_for_update().order_by("pk").filter(import_rows__in=rows).values_list("pk"))
    if found := obstacles(locked):
        cure = "Nothing was undone: correct these by hand, or undo first what came later."
        raise ValidationError([*found, cure])
    undone = rows.count()
    step.begin(undone, UNDOING)
    {Kind.PATIENTS: _undo_patients, Kind.APCM: _undo_enrolments}[locked.kind](locked, by, step)
    locked.state, locked.undone_at, locked.undone_by = State.UNDONE, clock.now(), by
    locked.save(update_fields=["state", "undone_at", "undone_by"])
    batch.refresh_from_db(fields=["state", "undone_at", "undone_by"])
    return undone


def _touched_since(batch: ImportBatch) -> QuerySet[ImportRow]:
    """Rows whose patient or enrolment is no longer the version that applying made of it.

    A later import that was undone has moved the version on by two, and changed nothing.
    """
    version = {Kind.PATIENTS: "patient__version", Kind.APCM: "patient__apcm__version"}[batch.kind]
    rows = batch.rows.filter(applied=True).annotate(made=Coalesce(F("patient_version"), 0) + 1)
    undone = ImportRow.objects.filter(
        batch__kind=batch.kind,
        batch__state=State.UNDONE,
        applied=True,
        patient=OuterRef("patient"),
        patient_version__gte=OuterRef("made"),
    )
    count = undone.order_by().values("patient").annotate(count=Count("pk")).values("count")
    return rows.exclude(**{version: F("made") + 2 * Coalesce(Subquery(count), 0)})


def _created(batch: ImportBatch) -> QuerySet[ImportRow]:
    return batch.rows.filter(applied=True, patient_version=None)


def _rests_on_created(batch: ImportBatch) -> Iterator[tuple[str, int]]:
    """Where else the database names patients whom this import added: (what it is, how many patients)."""
    patients = _created(batch).values("patient")
    many = {each.through: each.related_model for each in Patient._meta.related_objects if each.many_to_many}
    for relation in _relations():
        if relation.related_model is Phone:
            continue
        model, name = relation.related_model, relation.field.name
        referring = model._base_manager.filter(**{f"{name}__in": patients})
        what = many.get(model, model)._meta.verbose_name
        what = f"an {what}" if what[0] in "AEIOUaeiou" else f"a {what}"
        if model is ImportRow:
            referring = referring.filter(batch__state=State.APPLIED).exclude(batch=batch)
            what = "a list applied later"
        if model is DuplicatePair:
            referring = referring.exclude(verdict=DuplicatePair.Verdict.OPEN)
        if count := referring.values(name).distinct().count():
            yield what, count


def _relations() -> list:
    """Every foreign key to a patient, those without a way back too."""
    fields = Patient._meta.get_fields(include_hidden=True)
    return [each for each in fields if each.auto_created and (each.one_to_many or each.one_to_one)]


def _undo_patients(batch: ImportBatch, by, step) -> None:
    for rows in _chunks(batch.rows.filter(applied=True).exclude(patient_version=None)):
        patients = Patient.objects.in_bulk([row.patient_id for row in rows])
        entries = [_restore(row, patients[row.patient_id]) for row in rows]
        fields = [*PATIENT_FIELDS, "left_list_at", "search_name", "version", "changed_at"]
        Patient.objects.bulk_update(patients.values(), fields, batch_size=50)
        _restore_phones(rows)
        record(entries, by=by)
        step.went(len(rows))
    _remove_patients(_created(batch), by, step)


def _restore(row: ImportRow, patient: Patient) -> tuple[Patient, str, dict]:
    changes = {name: [new, old] for name, (old, new) in row.changes.items()}
    for name, (_, old) in changes.items():
        if name in PATIENT_FIELDS:
            setattr(patient, name, for_the_column(Patient, name, old))
    left = row.before.get("left_list_at")
    if patient.left_list_at or left:
        changes["left_list_at"] = [str(patient.left_list_at), left]
    patient.left_list_at = parse_datetime(left) if left else None
    patient.touch()
    return patient, "update", changes


def _restore_phones(rows: list[ImportRow]) -> None:
    """Numbers that came with the list go; labels and retirements are as they were."""
    before = {row.patient_id: row.before["phones"] for row in rows if "phones" in row.before}
    came, moved = [], []
    for phone in Phone.objects.filter(patient__in=before):
        label, retired = before[phone.patient_id].get(str(phone.pk), (None, None))
        if label is None:
            came.append(phone.pk)
        elif (phone.label, _text(phone.retired_at)) != (label, retired):
            phone.label, phone.retired_at = label, parse_datetime(retired) if retired else None
            moved.append(phone)
    with disable_auditlog():  # the patient's own entry names the numbers
        Phone.objects.filter(pk__in=came).delete()
    Phone.objects.bulk_update(moved, ["label", "retired_at"], batch_size=100)


def _remove_patients(rows: QuerySet[ImportRow], by, step) -> None:
    """Proposals of other imports lose their link, not their chart number: they are reviewed afresh when applied."""
    pks = list(rows.order_by("patient").values_list("patient", flat=True))
    for some in (pks[start : start + CHUNK] for start in range(0, len(pks), CHUNK)):
        record([(patient, "delete", {}) for patient in Patient.objects.filter(pk__in=some).only("pk")], by=by)
        ImportRow.objects.filter(patient__in=some).update(patient=None)
        DuplicatePair.objects.filter(Q(one__in=some) | Q(other__in=some), verdict=DuplicatePair.Verdict.OPEN).delete()
        with disable_auditlog():
            Phone.objects.filter(patient__in=some).delete()
            Patient.objects.filter(pk__in=some).delete()
        step.went(len(some))


def _undo_enrolments(batch: ImportBatch, by, step) -> None:
    for rows in _chunks(batch.rows.filter(applied=True).exclude(patient_version=None)):
        found = ApcmEnrolment.objects.filter(patient__in=[row.patient_id for row in rows])
        enrolments = {enrolment.patient_id: enrolment for enrolment in found}
        entries = []
        for row in rows:
            enrolment = enrolments[row.patient_id]
            for name, (old, _) in row.changes.items():
                setattr(enrolment, name, for_the_column(ApcmEnrolment, name, old))
            enrolment.version += 1
            enrolment.changed_at = clock.now()
            entries.append((enrolment, "update", {name: [new, old] for name, (old, new) in row.changes.items()}))
        ApcmEnrolment.objects.bulk_update(enrolments.values(), [*APCM_FIELDS, "version", "changed_at"], batch_size=50)
        record(entries, by=by)
        step.went(len(rows))
    for rows in _chunks(_created(batch)):
        added = ApcmEnrolment.objects.filter(patient__in=[row.patient_id for row in rows])
        record([(enrolment, "delete", {}) for enrolment in added], by=by)
        with disable_auditlog():
            added.delete()
        step.went(len(rows))


def _chunks(rows: QuerySet[ImportRow]) -> Iterator[list[ImportRow]]:
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), CHUNK):
        yield list(ImportRow.objects.filter(pk__in=pks[start : start + CHUNK]))


def _text(moment) -> str | None:
    return moment.isoformat() if moment else None
