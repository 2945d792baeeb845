"""To which address a letter goes: the patient's present one, kept as a version once a letter uses it."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction

from consent.models import AddressVersion
from consent.models.letters import ADDRESS, OF_PATIENT
from explorer.lib import clock
from explorer.lib.audit import record
from patients.models import Patient

Source = AddressVersion.Source
Address = tuple[str, ...]  # street, second line, city, state, ZIP
_STATE = re.compile(r"[A-Za-z][A-Za-z. ]*[A-Za-z.]")
_ZIP = re.compile(r"\d{5}(-?\d{4})?")


def present_address(patient: Patient) -> Address:
    return tuple(getattr(patient, name) for name in OF_PATIENT.values())


def is_missing(address: Address) -> bool:
    street, _, city, _, _ = address
    return not street.strip() or not city.strip()


def is_incomplete(address: Address) -> bool:
    _, _, _, state, zip_code = address
    return not _STATE.fullmatch(state.strip()) or not _ZIP.fullmatch(zip_code.strip())


def bad_addresses(patients) -> set[int]:
    """Those of these patients whose present address mail came back from and nobody has corrected."""
    return set(AddressVersion.objects.to_correct().filter(patient__in=patients).values_list("patient_id", flat=True))


@transaction.atomic
def freeze_addresses(patients: list[Patient], *, by) -> dict[int, AddressVersion]:
    """The good version of each patient's present address, made where there is none, by patient."""
    pks = [patient.pk for patient in patients]
    versions = list(AddressVersion.objects.filter(patient__in=pks))
    had_bad = {version.patient_id for version in versions if version.bad_at}
    good = {(version.patient_id, _address(version)): version for version in versions if not version.bad_at}
    made = [
        _version(patient, patient.pk in had_bad)
        for patient in patients
        if (patient.pk, present_address(patient)) not in good
    ]
    AddressVersion.objects.bulk_create(made, batch_size=200)
    record([(version, "create", {"source": [None, version.source]}) for version in made], by=by)
    good |= {(version.patient_id, _address(version)): version for version in made}
    return {patient.pk: good[patient.pk, present_address(patient)] for patient in patients}


def _version(patient: Patient, came_back: bool) -> AddressVersion:
    by_hand = Source.STAFF if set(OF_PATIENT.values()) & set(patient.corrected) else Source.LIST
    source = Source.RETURNED if came_back else by_hand
    return AddressVersion(patient=patient, source=source, **dict(zip(ADDRESS, present_address(patient), strict=True)))


def _address(version: AddressVersion) -> Address:
    return tuple(getattr(version, name) for name in ADDRESS)


@transaction.atomic
def mark_bad(version: AddressVersion) -> None:
    """Mail to it came back. It stays bad for ever; the same words can become a new version.

    Of a chart that was merged meanwhile, the patient's own version of these words is as bad.
    """
    version = AddressVersion.objects.select_for_update().select_related("patient").get(pk=version.pk)
    owner = version.patient.merged_into_id or version.patient_id
    words = dict(zip(ADDRESS, _address(version), strict=True))
    alike = AddressVersion.objects.select_for_update().good().filter(patient=owner, **words)
    for bad in {version, *alike}:
        if bad.bad_at is None:
            bad.bad_at = clock.now()
            bad.save(update_fields=["bad_at"])


@transaction.atomic
def confirm_address(patient: Patient, *, by) -> AddressVersion:
    """A person found that the address is right although mail came back. Raises ValidationError."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    if not bad_addresses([patient.pk]):
        raise ValidationError("This address is not in doubt any more. Nothing was changed.")
    return freeze_addresses([patient], by=by)[patient.pk]
