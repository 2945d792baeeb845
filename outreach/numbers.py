"""Numbers and contacts that are not what the list takes them for: a number that answers for somebody else by
now, and a second contact of a patient who has one."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef

from outreach.matching import ContactRecord, PatientRecord, names_agree
from outreach.models import Contact, ContactPhone, Match
from patients.models import Patient, Phone
from patients.phones import display

ABOUT_IT = (*Match.LINKED, Match.Verdict.REVIEW)


def held_by_somebody_else():
    """Of a phone on the list: Spruce has the number, and under no contact of a patient who lists it.

    A couple's number under the wife's contact is theirs; without any contact nobody else is known to answer.
    """
    holders = ContactPhone.objects.filter(e164=OuterRef("e164"), contact__gone_at=None)
    of_the_house = Match.objects.linked().filter(
        contact=OuterRef("contact"), patient__phones__e164=OuterRef("e164"), patient__phones__retired_at=None
    )
    return Exists(holders) & ~Exists(holders.filter(Exists(of_the_house)))


@dataclass(frozen=True, slots=True)
class ChangedNumber:
    """A listed number and who has it in Spruce."""

    patient: Patient
    e164: str
    contacts: tuple[Contact, ...]

    @property
    def number(self) -> str:
        return display(self.e164)


def changed_numbers(patients) -> list[ChangedNumber]:
    """For a queryset of patients: listed numbers that in Spruce are clearly another person's.

    Not where a match or a question about the pair is open, nor where the names are the patient's own.
    """
    phones = Phone.objects.filter(patient__in=patients, retired_at=None).filter(held_by_somebody_else())
    listed = list(phones.select_related("patient").order_by("patient__last_name", "patient__first_name", "pk"))
    holders = defaultdict(list)
    held = ContactPhone.objects.filter(e164__in={phone.e164 for phone in listed}, contact__gone_at=None)
    for each in held.select_related("contact").order_by("pk"):
        holders[each.e164].append(each.contact)
    asked = Match.objects.filter(patient__in=patients, verdict__in=ABOUT_IT)
    asked = set(asked.values_list("patient_id", "contact_id"))
    return [
        ChangedNumber(phone.patient, phone.e164, tuple(holders[phone.e164]))
        for phone in listed
        if not any(
            (phone.patient_id, contact.pk) in asked or is_name_of(phone.patient, contact)
            for contact in holders[phone.e164]
        )
    ]


def second_contacts(contact: Contact, patient: Patient) -> list[Contact]:
    """Other contacts of this patient's name on a phone of the patient's contact, which nobody has."""
    phones = contact.phones.values("e164")
    found = Contact.objects.present().filter(phones__e164__in=phones).exclude(pk=contact.pk)
    free = found.exclude(matches__verdict__in=ABOUT_IT).exclude(matches__patient=patient).distinct()
    return [other for other in free if is_name_of(patient, other)]


def matched_namesakes(contacts: list[Contact], *, besides: Patient) -> dict[int, Patient]:
    """For contacts with their phones: the matched patient whose second contact each seems to be."""
    phones = {phone.e164 for contact in contacts for phone in contact.phones.all()}
    linked = Match.objects.linked().exclude(patient=besides).filter(contact__phones__e164__in=phones)
    found = {}
    for match in linked.annotate(shared=F("contact__phones__e164")).select_related("patient").order_by("-pk"):
        for contact in contacts:
            shares = match.contact_id != contact.pk and match.shared in {phone.e164 for phone in contact.phones.all()}
            if shares and is_name_of(match.patient, contact):
                found[contact.pk] = match.patient
    return found


def is_name_of(patient: Patient, contact: Contact) -> bool:
    return names_agree(
        PatientRecord(
            patient.pk,
            patient.first_name,
            patient.middle_name,
            patient.last_name,
            patient.suffix,
            patient.preferred_name,
        ),
        ContactRecord(contact.pk, contact.given_name, contact.middle_name, contact.family_name, contact.display_name),
    )
