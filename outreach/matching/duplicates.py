"""Contacts entered twice: one person under one name on the same phones, so that either will do for a text."""

from collections import defaultdict

from outreach.matching.people import Person
from outreach.matching.weights import Frequencies


def find_copies(contacts: list[Person], frequencies: Frequencies) -> dict[int, int]:
    """Each copy's id with the id of the contact it repeats: the one that says most, or else was first.

    Where two patients of the list bear that name, father and son perhaps, the contacts may be theirs.
    """
    alike = defaultdict(list)
    for contact in sorted(contacts, key=_fullest_first):
        name = contact.names[0]
        if contact.phones and name.given and name.family and not frequencies.has_namesake(name):
            alike[_likeness(contact)].append(contact)
    return {
        contact.id: original.id
        for original, *others in alike.values()
        for contact in others
        if _may_be_one(original, contact)
    }


def _fullest_first(contact: Person) -> tuple:
    said = (contact.born, contact.emails, contact.names[0].middles)
    return -sum(map(bool, said)), contact.id


def _likeness(contact: Person) -> tuple:
    name = contact.names[0]
    return contact.phones, name.given, name.family, name.generation, contact.for_another


def _may_be_one(original: Person, other: Person) -> bool:
    births = {person.born for person in (original, other) if person.born}
    middles = {person.names[0].middles[0][0] for person in (original, other) if person.names[0].middles}
    return len(births) <= 1 and len(middles) <= 1
