"""One decision per patient: facts first, then what is decisive, then what a person should look at."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from outreach.matching.assigning import Edge
from outreach.matching.blocking import candidate_pairs
from outreach.matching.comparing import Comparer, Comparison
from outreach.matching.duplicates import find_copies, find_second_contacts
from outreach.matching.judging import is_plausible, tells_of_new_owner
from outreach.matching.pairs import Pairs
from outreach.matching.people import Person, person_from_contact, person_from_patient
from outreach.matching.records import ContactRecord, Decision, PatientRecord, Reason
from outreach.matching.weights import Frequencies

CATEGORIES = frozenset({"patient", "unknown", ""})

Settled = tuple[int, int, bool]


def match(
    patients: Collection[PatientRecord],
    contacts: Collection[ContactRecord],
    settled: Iterable[Settled] = (),
    *,
    went: Callable[[int], object] = lambda contacts: None,
) -> list[Decision]:
    """One decision per patient, in the order of their ids.

    `settled` holds what people decided: (patient id, contact id, accepted). An accepted pair stands and its
    contact is taken; a rejected pair is never proposed again, even where it was also accepted.
    `went` is told how many of the contacts have been compared, again and again.
    """
    accepted, rejected = _facts(settled)
    people = [person_from_patient(patient) for patient in sorted(patients, key=lambda patient: patient.id)]
    candidates = [
        person_from_contact(contact)
        for contact in sorted(contacts, key=lambda contact: contact.id)
        if contact.category.strip().casefold() in CATEGORIES
    ]
    frequencies = Frequencies(people, candidates)
    taken = {contact for found in accepted.values() for contact in found}
    judged = taken | {contact for _, contact in rejected}
    copies = find_copies([contact for contact in candidates if contact.id not in judged], frequencies)
    people_left = [person for person in people if person.id not in accepted]
    contacts_left = [contact for contact in candidates if contact.id not in taken and contact.id not in copies]
    plausible, new_owners = _compare(people_left, contacts_left, frequencies, rejected, went)
    open_to_both = {contact.id: contact for contact in contacts_left if contact.id not in judged}
    seconds = find_second_contacts(plausible, open_to_both)
    plausible = {edge: found for edge, found in plausible.items() if edge[1] not in seconds}
    copied = {*copies.values(), *seconds.values()}
    decided = {each.patient_id: each for each in Pairs(plausible, new_owners).decide(people_left, copied)}
    return [decided.get(person.id) or _accepted(person.id, accepted[person.id]) for person in people]


def _facts(settled: Iterable[Settled]) -> tuple[dict[int, list[int]], set[Edge]]:
    settled = sorted(settled)
    rejected = {(patient, contact) for patient, contact, agreed in settled if not agreed}
    accepted = defaultdict(list)
    for patient, contact, agreed in settled:
        if agreed and (patient, contact) not in rejected:
            accepted[patient].append(contact)
    return dict(accepted), rejected


def _compare(
    people: list[Person],
    contacts: list[Person],
    frequencies: Frequencies,
    rejected: set[Edge],
    went: Callable[[int], object],
) -> tuple[dict[Edge, Comparison], dict[int, Comparison]]:
    """The plausible pairs, and for each patient a pair that tells that the number has changed hands."""
    comparer = Comparer(frequencies)
    plausible: dict[Edge, Comparison] = {}
    new_owners: dict[int, Comparison] = {}
    for number, (contact, patients) in enumerate(candidate_pairs(people, contacts, frequencies)):
        went(number)
        for patient in patients:
            edge = patient.id, contact.id
            if edge in rejected:
                continue
            found = comparer.compare(patient, contact)
            if is_plausible(found):
                plausible[edge] = found
            elif tells_of_new_owner(found):
                new_owners[patient.id] = found
    return plausible, new_owners


def _accepted(patient: int, contacts: list[int]) -> Decision:
    fact = Reason("decision", "accepted", 0.0, "a person confirmed this contact")
    return Decision(patient, contacts[0], "matched", 0.0, (fact,))
