"""Plain builders for tests."""

import io
from collections.abc import Iterable
from datetime import date

from explorer.lib.tables import UPLOAD, write_xlsx
from outreach.models import Contact, ContactPhone
from patients import actions
from patients.models import Patient, Phone

HEADINGS = [
    "MRN", "DOB", "Patient Name", "Address", "City", "State", "Zip", "Last Date of Service", "Email", "Home Phone",
    "Cell Phone",
]  # fmt: skip


def workbook(rows: Iterable[list], sheet: str = "Patients") -> bytes:
    """An .xlsx file with these rows, the first being the heading."""
    stream = io.BytesIO()
    write_xlsx(stream, {sheet: rows})
    return stream.getvalue()


def line(mrn="1001", name="SMITH, JOHN A", dob=date(1950, 1, 2), home="", cell="(205) 555-0123", **other) -> list:
    """One row of a patient list under HEADINGS."""
    row = dict.fromkeys(HEADINGS, "") | {
        "MRN": mrn, "DOB": dob, "Patient Name": name, "Home Phone": home, "Cell Phone": cell, "City": "Birmingham",
        "State": "AL", "Zip": "35205",
    }  # fmt: skip
    return list((row | other).values())


def review(rows: list[list], headings=HEADINGS, before: list[list] = ()):
    content = workbook([*before, headings, *rows])
    return actions.review_patients(content, "list.xlsx", limits=UPLOAD, apart=False), content


def take_in(rows: list[list], headings=HEADINGS, before: list[list] = ()):
    """Import a list as a user would, and return what was found."""
    found, content = review(rows, headings, before)
    actions.apply(actions.stage(found, content=content, by=None), by=None)
    return found


def patient(mrn="1001", first="John", last="Smith", phone="+12055550123", basis="provided_to_provider", **fields):
    made = Patient(mrn=mrn, first_name=first, last_name=last, **{"date_of_birth": date(1950, 1, 2), **fields})
    made.search_name = made.searchable()
    made.save()
    if phone:
        Phone.objects.create(patient=made, e164=phone, label="cell", kind="fixed_or_mobile", basis=basis)
    return made


def contact(spruce_id="entity_1", given="John", family="Smith", phone="+12055550123", **fields):
    made = Contact.objects.create(
        spruce_id=spruce_id, given_name=given, family_name=family, display_name=f"{given} {family}".strip(),
        **{"category": "patient", "date_of_birth": date(1950, 1, 2), **fields},
    )  # fmt: skip
    if phone:
        ContactPhone.objects.create(contact=made, e164=phone, label="mobile")
    return made
