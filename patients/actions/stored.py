"""What the database holds, in the shape of a sheet's row, so that the two can be compared."""

from patients.models import ApcmEnrolment, Patient, Phone
from patients.proposing import Known

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


def known_patients() -> dict[str, Known]:
    phones: dict[int, dict[str, list[str]]] = {}
    for patient_id, label, e164 in Phone.objects.filter(retired_at=None).values_list("patient_id", "label", "e164"):
        phones.setdefault(patient_id, {}).setdefault(label, []).append(e164)
    known = {}
    columns = ("pk", "mrn", "version", "corrected", "merged_into__mrn", *PATIENT_FIELDS)
    for pk, mrn, version, corrected, into, *fields in Patient.charts.order_by().values_list(*columns).iterator():
        values = {name: _shown(value) for name, value in zip(PATIENT_FIELDS, fields, strict=True) if value}
        for label, numbers in phones.get(pk, {}).items():
            values[_FIELD_OF_LABEL[label]] = " ".join(sorted(numbers))
        known[mrn] = Known(pk, version, values, frozenset(corrected), into or "")
    return known


def known_enrolments() -> dict[str, Known]:
    columns = ("patient__mrn", "pk", "version", *APCM_FIELDS)
    return {
        mrn: Known(pk, version, {name: _shown(value) for name, value in zip(APCM_FIELDS, fields, strict=True) if value})
        for mrn, pk, version, *fields in ApcmEnrolment.objects.order_by().values_list(*columns)
    }


_FIELD_OF_LABEL = {label: name for name, label in LABELS.items()}


def _shown(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def for_the_column(model, name: str, value):
    """A value of a proposal's `changes` as the model takes it: nothing shown is the field's own nothing."""
    return model._meta.get_field(name).get_default() if value == "" else value
