"""What a person corrects by hand. A later list does not overwrite it."""

from collections.abc import Iterable

from django.db import transaction

from patients.actions.stored import LABELS, PATIENT_FIELDS
from patients.models import Patient, Phone


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
