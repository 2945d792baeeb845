"""What each agreement is worth, in bits: Fellegi–Sunter weights log2(m / u).

m, how often a field agrees when the two are one person, is set from experience with clinic lists; u, how
often it agrees by chance, is counted in the two lists: a shared Smith is worth less than a shared Szymanski.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from math import log2

from outreach.matching.people import Name, Person

# A list is a sample of a larger population: in a short one a name seen once is not thereby frequent.
POPULATION = 1_000
UNSEEN = 0.5
HOUSEHOLD = 5  # more holders than this and a phone is a facility's
PLACEHOLDER = 8  # a birth date so many times more frequent than chance is a filler such as 1/1/1950
DAYS_OF_BIRTH = 15_000
FILLERS = frozenset({date(1800, 1, 1), date(1899, 12, 30), date(1900, 1, 1), date(1901, 1, 1)})

DISAGREE = {
    "given": -5.0,
    "family": -4.0,
    "middle": -3.0,
    "generation": -8.0,
    "birth": -6.5,
    "phone": -3.0,
    "email": -1.0,
}
# What is taken off the weight of an agreement, the more the rarer its kind is between records of one person.
GIVEN_COST = {
    "same": 0.3,
    "nickname": 2.5,
    "part": 2.0,
    "middle": 4.0,
    "typo": 3.5,
    "initial": 0.0,
    "swapped": 3.0,
}
FAMILY_COST = {"same": 0.2, "part": 1.5, "middle": 3.0, "typo": 2.5, "swapped": 3.0}
BIRTH = {"swapped": 7.0, "slip": 4.0, "decade": 2.0, "close": -2.0}
GENERATION = {"same": 3.0, "contact only": -2.5, "patient only": -1.0, "unsure": -2.5}


class Frequencies:
    """How common names, birth dates, phones and e-mail addresses are in the two lists together."""

    def __init__(self, patients: Iterable[Person], contacts: Iterable[Person]):
        self.patients, self.contacts = _Side(patients), _Side(contacts)
        self.size = max(self.patients.size, self.contacts.size, POPULATION)
        self.people = self.patients.size + self.contacts.size + POPULATION
        self.prior = -log2(self.size)

    def given(self, word: str) -> float:
        return (self.times_given(word) + UNSEEN) / self.people

    def times_given(self, word: str) -> int:
        return self.patients.givens[word] + self.contacts.givens[word]

    def family(self, word: str) -> float:
        return (self.patients.families[word] + self.contacts.families[word] + UNSEEN) / self.people

    def namesakes(self, patient: Name, contact: Name) -> float:
        """The share of others who bear these very names."""
        others = max(self.patients.full_names[patient.given, patient.family] - 1, 0)
        other_contacts = max(self.contacts.full_names[contact.given, contact.family] - 1, 0)
        return max(others, other_contacts) / self.size

    def has_namesake(self, name: Name) -> bool:
        """Whether two patients or more bear the name."""
        return self.patients.full_names[name.given, name.family] > 1

    def birth(self, born) -> float:
        others = max(self.patients.births[born], self.contacts.births[born]) - 1
        return max(others / self.size, 1 / DAYS_OF_BIRTH)

    def is_placeholder(self, born) -> bool:
        holders = self.patients.births[born] + self.contacts.births[born]
        return born in FILLERS or holders > PLACEHOLDER * (1 + self.people / DAYS_OF_BIRTH)

    def phone_holders(self, phone: str) -> tuple[int, int]:
        return self.patients.phones[phone], self.contacts.phones[phone]

    def email_holders(self, email: str) -> tuple[int, int]:
        return self.patients.emails[email], self.contacts.emails[email]


class _Side:
    def __init__(self, people: Iterable[Person]):
        people = list(people)
        names = [name for person in people for name in person.names[:1]]
        self.size = len(people)
        self.givens = Counter(word for name in names for word in name.givens)
        self.families = Counter(word for name in names for word in {name.family, *name.parts})
        self.full_names = Counter((name.given, name.family) for name in names)
        self.births = Counter(person.born for person in people if person.born)
        self.phones = Counter(phone for person in people for phone in person.phones)
        self.emails = Counter(email for person in people for email in person.emails)
