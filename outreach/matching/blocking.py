"""Which pairs are worth comparing: those that share a key, in blocks of bounded size."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from outreach.matching.people import Name, Person
from outreach.matching.weights import Frequencies
from patients.nicknames import name_families

# Pairs in one block. Where more share a key, the key says little and the pair is found by another.
LARGEST = {"phone": 40_000, "email": 40_000, "birth": 10_000, "name": 900, "sound": 900, "year": 400}

_CODES = str.maketrans("bfpvcgjkqsxzdtlmnr", "111122222222334556", "aeiouhwy")


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A phonetic code in the manner of Soundex, with first letters that sound alike made one."""
    word = re.sub(r"^(kn|gn|pn)", "n", re.sub(r"^ph", "f", re.sub(r"^wr", "r", word)))
    word = re.sub(r"^[cq]", "k", word)
    code = re.sub(r"(.)\1+", r"\1", word[1:].translate(_CODES))
    return (word[:1] + code)[:4]


def candidate_pairs(
    patients: list[Person], contacts: list[Person], frequencies: Frequencies
) -> Iterator[tuple[Person, list[Person]]]:
    """Each contact with the patients that share a key with it, in the order of the lists."""
    blocks = _patients_by_key(patients, frequencies)
    sizes = _contacts_per_key(contacts, frequencies, blocks)
    for contact in contacts:
        found = {
            position
            for key in keys(contact, frequencies)
            if key in blocks and sizes[key] * len(blocks[key]) <= LARGEST[key[0]]
            for position in blocks[key]
        }
        yield contact, [patients[position] for position in sorted(found)]


def _patients_by_key(patients: list[Person], frequencies: Frequencies) -> dict[tuple, list[int]]:
    blocks = defaultdict(list)
    for position, patient in enumerate(patients):
        for key in keys(patient, frequencies):
            blocks[key].append(position)
    return dict(blocks)


def _contacts_per_key(contacts: list[Person], frequencies: Frequencies, blocks) -> dict[tuple, int]:
    sizes = defaultdict(int)
    for contact in contacts:
        for key in keys(contact, frequencies):
            if key in blocks:
                sizes[key] += 1
    return sizes


def keys(person: Person, frequencies: Frequencies) -> set[tuple]:
    found = {("phone", phone) for phone in person.phones} | {("email", email) for email in person.emails}
    born = person.born if person.born and not frequencies.is_placeholder(person.born) else None
    for name in person.names:
        found.update(("name", *pair) for pair in _full_names(name))
        found.update(("sound", sound(given), sound(part)) for given in name.givens[:1] for part in name.parts)
        if born:
            found.update(("birth", born, letter) for letter in _initials(name))
            found.update(("year", born.year, sound(part)) for part in name.parts)
    return found


def _initials(name: Name) -> set[str]:
    return {word[0] for word in (*name.givens[:1], *name.middles[:1], *name.parts)}


def _full_names(name: Name) -> Iterator[tuple]:
    """Given and family name, by spelling and by nickname, in both orders."""
    for given in {*name.givens[:1], *name.also, *name.middles[:1]}:
        for form in (given, *name_families(given)):
            for part in {name.family, *name.parts}:
                yield form, part
    if name.givens:
        yield name.parts[0] if name.parts else name.family, name.givens[0]
