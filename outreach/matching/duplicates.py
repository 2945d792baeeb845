"""Second contacts of one person: entered twice, under one name on one phone, so that either will do for a text.

Of two, the one is kept that has the birth date, then the patient's phone, then fits the patient best, then says
most, then is the older.
"""

from collections import defaultdict

from outreach.matching.assigning import Edge
from outreach.matching.comparing import Comparison
from outreach.matching.judging import PERSONAL, RIVAL_MARGIN, could_be, is_decisive
from outreach.matching.people import Person
from outreach.matching.weights import Frequencies


def find_copies(contacts: list[Person], frequencies: Frequencies) -> dict[int, int]:
    """Contacts alike in name and phones: each copy's id with the id of the contact it repeats.

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
    said = (contact.emails, contact.names[0].middles)
    return contact.born is None, -sum(map(bool, said)), contact.id


def _likeness(contact: Person) -> tuple:
    name = contact.names[0]
    return contact.phones, name.given, name.family, name.generation, contact.for_another


def _may_be_one(original: Person, other: Person) -> bool:
    births = {person.born for person in (original, other) if person.born}
    middles = {person.names[0].middles[0][0] for person in (original, other) if person.names[0].middles}
    return len(births) <= 1 and len(middles) <= 1


def find_second_contacts(comparisons: dict[Edge, Comparison], contacts: dict[int, Person]) -> dict[int, int]:
    """Contacts written in two ways, each of which would do for the same patient and for nobody else: the id of
    the one left out with the id of the one kept."""
    decisive, doubtful = defaultdict(list), _wanted_by_two(comparisons)
    for (patient, contact), found in comparisons.items():
        if contact in contacts and contact not in doubtful and is_decisive(found):
            decisive[patient].append((contact, found))
    seconds = {}
    for pairs in decisive.values():
        (kept, _), *others = sorted(pairs, key=lambda pair: _best_first(pair[1], contacts[pair[0]]))
        for other, _ in others:
            if _are_one(contacts[kept], contacts[other]):
                seconds[other] = kept
    return seconds


def _wanted_by_two(comparisons: dict[Edge, Comparison]) -> set[int]:
    """The contacts that fit two patients, or the best of them by little."""
    fits = defaultdict(list)
    for (_, contact), found in comparisons.items():
        fits[contact].append(found)
    return {
        contact
        for contact, found in fits.items()
        if len(found) > 1 and (sum(map(could_be, found)) > 1 or _lead(found) < RIVAL_MARGIN)
    }


def _lead(found: list[Comparison]) -> float:
    best, second, *_ = sorted((each.score for each in found), reverse=True)
    return best - second


def _best_first(found: Comparison, contact: Person) -> tuple:
    return found.birth != "same", found.phone not in PERSONAL, -found.score, *_fullest_first(contact)


def _are_one(kept: Person, other: Person) -> bool:
    generations = {kept.names[0].generation, other.names[0].generation}
    return len(generations) == 1 and bool(kept.phones & other.phones) and _may_be_one(kept, other)
