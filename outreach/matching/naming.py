"""Whether a patient's and a contact's names are one person's, whatever else is known of them."""

from outreach.matching.comparing import family_verdict, given_verdict, is_swapped
from outreach.matching.judging import FULL_FAMILY, FULL_GIVEN, NEAR_FAMILY, NEAR_GIVEN
from outreach.matching.people import Name, person_from_contact, person_from_patient
from outreach.matching.records import ContactRecord, PatientRecord


def names_agree(patient: PatientRecord, contact: ContactRecord) -> bool:
    """Also with a nickname or a slip of the keyboard."""
    ours = person_from_patient(patient).names[0]
    return any(_fit(ours, theirs) for theirs in person_from_contact(contact).names)


def _fit(ours: Name, theirs: Name) -> bool:
    if not (theirs.given and theirs.family):
        return False
    given, family = given_verdict(ours, theirs), family_verdict(ours, theirs)
    return (given in FULL_GIVEN | NEAR_GIVEN and family in FULL_FAMILY | NEAR_FAMILY) or is_swapped(ours, theirs)
