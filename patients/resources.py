"""What django-import-export offers to choose: the lists that come in, and the list that goes out.

Reading and storing are ours (patients/actions.py); files that go out are written by explorer.lib.tables,
where no cell can turn into a formula.
"""

import io
from operator import attrgetter

from import_export.fields import Field
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource, Resource

from explorer.lib.tables import write_csv, write_xlsx
from patients.models import ApcmEnrolment, Patient, Phone

CELL, HOME, OTHER = (Phone.Label.CELL,), (Phone.Label.HOME,), (Phone.Label.WORK, Phone.Label.OTHER)


class PatientListResource(ModelResource):
    class Meta:
        model = Patient
        fields = ("mrn",)
        name = "Patient list"


class ApcmWorkbookResource(ModelResource):
    class Meta:
        model = ApcmEnrolment
        fields = ("level",)
        name = "APCM workbook"


def column(heading: str, value) -> Field:
    """`value` makes the cell from the patient. A date stays a date, so that Excel can sort it."""
    return Field(column_name=heading, dehydrate_method=value, readonly=True)


def shown_apcm(patient: Patient) -> str:
    """ "Level 2", "Removed" or nothing."""
    enrolment = getattr(patient, "apcm", None)
    if not enrolment:
        return ""
    if enrolment.status == ApcmEnrolment.Status.REMOVED:
        return "Removed"
    return f"Level {enrolment.level}" if enrolment.level else "Enrolled"


def _numbers(labels: tuple[str, ...]):
    def written(patient: Patient) -> str:
        own = (phone for phone in patient.phones.all() if phone.label in labels and not phone.retired_at)
        return ", ".join(phone.e164 for phone in own)

    return written


class PatientResource(Resource):
    """One row a patient, as stored. Wants `apcm` selected and `phones` prefetched."""

    mrn = column("MRN", attrgetter("mrn"))
    last_name = column("Last name", attrgetter("last_name"))
    first_name = column("First name", attrgetter("first_name"))
    middle_name = column("Middle name", attrgetter("middle_name"))
    suffix = column("Suffix", attrgetter("suffix"))
    preferred_name = column("Preferred name", attrgetter("preferred_name"))
    date_of_birth = column("Date of birth", attrgetter("date_of_birth"))
    sex = column("Sex", lambda patient: patient.get_sex_display() if patient.sex else "")
    cell_phone = column("Cell phone", _numbers(CELL))
    home_phone = column("Home phone", _numbers(HOME))
    other_phone = column("Other phone", _numbers(OTHER))
    email = column("E-mail", attrgetter("email"))
    address = column("Address", attrgetter("address"))
    address2 = column("Address 2", attrgetter("address2"))
    city = column("City", attrgetter("city"))
    state = column("State", attrgetter("state"))
    zip = column("ZIP", attrgetter("zip"))
    insurer = column("Insurer", attrgetter("insurer"))
    insurer_id = column("Insurance id", attrgetter("insurer_id"))
    apcm = column("APCM", shown_apcm)
    last_visit = column("Last visit", attrgetter("last_visit"))
    deceased = column("Deceased", lambda patient: "yes" if patient.deceased else "")
    left_list = column("No longer on the list", lambda patient: "yes" if patient.left_list_at else "")

    @classmethod
    def get_display_name(cls) -> str:
        return "Patients"


class SafeExcel(XLSX):
    def get_title(self) -> str:
        return "Excel workbook (.xlsx)"

    def export_data(self, dataset, **kwargs) -> bytes:
        target = io.BytesIO()
        write_xlsx(target, {"Patients": [dataset.headers, *dataset]})
        return target.getvalue()


class SafeCsv(CSV):
    def get_title(self) -> str:
        return "Text table (.csv)"

    def is_binary(self) -> bool:
        return True

    def export_data(self, dataset, **kwargs) -> bytes:
        target = io.StringIO(newline="")
        write_csv(target, [dataset.headers, *dataset])
        return target.getvalue().encode("utf-8-sig")
