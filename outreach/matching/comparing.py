"""Comparing one patient with one contact: a verdict and a weight for each field."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import log2

from rapidfuzz.distance import OSA

from outreach.matching.people import Name, Person
from outreach.matching.weights import (
    BIRTH,
    DISAGREE,
    FAMILY_COST,
    GENERATION,
    GIVEN_COST,
    HOUSEHOLD,
    Frequencies,
)
from patients.nicknames import is_known_given_name, same_given_name

FIELDS = ("given", "family", "middle", "generation", "birth", "phone", "email")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Verdicts by field, `weights` in the order of FIELDS, `score` with the prior odds, all in bits.

    `sharers` is how many patients and how many contacts hold the least shared of the common phones.
    """

    given: str
    family: str
    middle: str
    generation: str
    birth: str
    phone: str
    email: str
    weights: tuple[float, ...]
    score: float
    sharers: tuple[int, int]
    for_another: bool


class Comparer:
    def __init__(self, frequencies: Frequencies):
        self.frequencies = frequencies

    def compare(self, patient: Person, contact: Person) -> Comparison:
        names = [self._names(patient.names[0], name) for name in contact.names]
        given, family, middle, generation, name_weights = max(names, key=lambda found: sum(found[4]))
        birth, birth_weight = self._birth(patient.born, contact.born)
        phone, phone_weight, sharers = self._shared(
            patient.phones, contact.phones, self.frequencies.phone_holders, DISAGREE["phone"]
        )
        email, email_weight, _ = self._shared(
            patient.emails, contact.emails, self.frequencies.email_holders, DISAGREE["email"]
        )
        weights = (*name_weights, birth_weight, phone_weight, email_weight)
        score = self.frequencies.prior + sum(weights)
        return Comparison(
            given,
            family,
            middle,
            generation,
            birth,
            phone,
            email,
            weights,
            score,
            sharers,
            contact.for_another,
        )

    def _names(self, patient: Name, contact: Name) -> tuple[str, str, str, str, tuple[float, ...]]:
        given, family = given_verdict(patient, contact), family_verdict(patient, contact)
        if given == "differs" and not contact.family and contact.given in patient.parts:
            given, family = "missing", "same"
        if given == "differs" and family == "differs" and is_swapped(patient, contact):
            given = family = "swapped"
        if given == "typo" and not self._is_misspelt(patient.givens[0], contact.givens[0]):
            given = "alike"
        middle = middle_verdict(patient, contact) if given in ("same", "nickname") else "missing"
        generation = generation_verdict(patient.generation, contact.generation)
        if generation == "patient only" and self.frequencies.has_namesake(patient):
            generation = "unsure"
        weights = (
            *self._name_weights(patient, contact, given, family),
            {"same": 2.0, "differs": DISAGREE["middle"]}.get(middle, 0.0),
            DISAGREE["generation"] if generation == "differs" else GENERATION.get(generation, 0.0),
        )
        return given, family, middle, generation, weights

    def _name_weights(self, patient: Name, contact: Name, given: str, family: str) -> tuple[float, float]:
        common_given = self._common_given(patient, contact) if given in GIVEN_COST else 1.0
        common_family = self._common_family(patient, contact) if family in FAMILY_COST else 1.0
        given_weight = _agreement(given, common_given, GIVEN_COST, DISAGREE["given"])
        family_weight = _agreement(family, common_family, FAMILY_COST, DISAGREE["family"])
        namesakes = self.frequencies.namesakes(patient, contact)
        if namesakes and given in GIVEN_COST and family in FAMILY_COST:
            excess = given_weight + family_weight + log2(namesakes)
            family_weight -= max(excess, 0.0)
        return round(given_weight, 1), round(family_weight, 1)

    def _is_misspelt(self, first: str, other: str) -> bool:
        """Joan is no slip for Jean: one of the spellings must be as good as unknown, in the lists too."""
        if is_known_given_name(first) and is_known_given_name(other):
            return False
        rarer, commoner = sorted(map(self.frequencies.times_given, (first, other)))
        return rarer <= 1 + commoner / 50

    def _common_given(self, patient: Name, contact: Name) -> float:
        if min(len(patient.given), len(contact.given)) == 1:
            return 1 / 13
        words = {*patient.givens[:1], *contact.givens[:1]}
        return sum(map(self.frequencies.given, words))

    def _common_family(self, patient: Name, contact: Name) -> float:
        shared = set(patient.parts) & set(contact.parts) or {patient.family, contact.family}
        return max(map(self.frequencies.family, shared))

    def _birth(self, patient: date | None, contact: date | None) -> tuple[str, float]:
        if not patient or not contact:
            return "missing", 0.0
        if self.frequencies.is_placeholder(patient) or self.frequencies.is_placeholder(contact):
            return "missing", 0.0
        verdict = birth_verdict(patient, contact)
        if verdict == "same":
            return verdict, round(-log2(self.frequencies.birth(patient)), 1)
        return verdict, BIRTH.get(verdict, DISAGREE["birth"])

    def _shared(self, patient, contact, holders, disagreement) -> tuple[str, float, tuple[int, int]]:
        if not patient or not contact:
            return "missing", 0.0, (0, 0)
        common = patient & contact
        if not common:
            return "differs", disagreement, (0, 0)
        fewest = min(map(holders, common), key=lambda held: (max(held), sum(held)))
        weight = round(log2(0.85 * self.frequencies.size / max(fewest)), 1)
        return _sharing(max(fewest)), weight, fewest


def _agreement(verdict: str, common: float, cost: dict[str, float], disagreement: float) -> float:
    if verdict == "differs":
        return disagreement
    if verdict == "alike":
        return disagreement / 2
    if verdict not in cost:
        return 0.0
    return max(-log2(common) - cost[verdict], 0.5)


def _sharing(holders: int) -> str:
    if holders == 1:
        return "own"
    return "household" if holders <= HOUSEHOLD else "facility"


def given_verdict(patient: Name, contact: Name) -> str:
    if not patient.given or not contact.given:
        return "missing"
    if not {patient.given, _run_together(patient)}.isdisjoint((contact.given, _run_together(contact))):
        return "same"
    first, other = patient.givens[0], contact.givens[0]
    if first == other:
        return "same" if _second_words_agree(patient, contact) else "part"
    if same_given_name(first, other) or _goes_by(patient, contact) or _goes_by(contact, patient):
        return "nickname"
    if len(first) == 1 or len(other) == 1:
        return _initial_verdict(patient, contact)
    if other in (*patient.middles, *patient.givens[1:]) or first in (*contact.middles, *contact.givens[1:]):
        return "middle"
    if any(len(name) > 1 and same_given_name(name, other) for name in patient.middles):
        return "middle"
    return "typo" if is_slip(first, other) else "differs"


def _run_together(name: Name) -> str:
    """Mary Ann as Maryann, whichever field the second word is in."""
    return name.given + "".join(name.middles)


def _second_words_agree(patient: Name, contact: Name) -> bool:
    """Mary Ann and Mary are one; Mary Ann and Mary Lou are not quite."""
    second = patient.givens[1:2] or patient.middles[:1]
    other = contact.givens[1:2] or contact.middles[:1]
    return not second or not other or second[0][0] == other[0][0]


def _goes_by(person: Name, other: Name) -> bool:
    return any(same_given_name(name, other.givens[0]) for name in person.also)


def _initial_verdict(patient: Name, contact: Name) -> str:
    if patient.givens[0][0] == contact.givens[0][0]:
        return "initial"
    return "middle" if _is_middle_of(patient, contact) or _is_middle_of(contact, patient) else "differs"


def _is_middle_of(person: Name, other: Name) -> bool:
    """Whether the other goes by this person's middle name, of which the first is only an initial."""
    return len(person.givens[0]) == 1 and any(
        same_given_name(word, other.givens[0]) for word in person.middles if len(word) > 1
    )


def family_verdict(patient: Name, contact: Name) -> str:
    if not patient.family or not contact.family:
        return "missing"
    if patient.family == contact.family or patient.parts == contact.parts:
        return "same"
    if any(len(part) > 1 for part in set(patient.parts) & set(contact.parts)):
        return "part"
    if is_slip(patient.family, contact.family):
        return "typo"
    if contact.family in patient.middles or patient.family in contact.middles:
        return "middle"
    if any(is_slip(part, other) for part in patient.parts for other in contact.parts if len(part) > 4):
        return "typo"
    return "differs"


def is_swapped(patient: Name, contact: Name) -> bool:
    if not (patient.given and patient.family and contact.given and contact.family):
        return False
    other = contact.parts[0]
    return contact.given == patient.family and (
        other in (patient.givens[0], patient.given) or same_given_name(other, patient.givens[0])
    )


def middle_verdict(patient: Name, contact: Name) -> str:
    middle = patient.givens[1:2] or patient.middles[:1]
    other = contact.givens[1:2] or contact.middles[:1]
    if not middle or not other:
        return "missing"
    middle, other = middle[0], other[0]
    if _may_be_surname(middle) or _may_be_surname(other):
        return "same" if middle == other else "missing"
    if middle[0] != other[0]:
        return "differs"
    if min(len(middle), len(other)) == 1 or same_given_name(middle, other) or is_slip(middle, other):
        return "same"
    return "differs"


def _may_be_surname(middle: str) -> bool:
    """Married women often keep the maiden name as middle name, on one record and not on the other."""
    return len(middle) > 1 and not is_known_given_name(middle)


def generation_verdict(patient: int, contact: int) -> str:
    """Nobody need say Sr: only Jr, II, III … on one side alone make a difference."""
    if patient and contact:
        return "same" if patient == contact else "differs"
    if contact > 1:
        return "contact only"
    return "patient only" if patient > 1 else "missing"


@lru_cache(maxsize=50_000)
def is_slip(a: str, b: str) -> bool:
    """Whether one spelling is a slip of the keyboard from the other: one edit, two in a long word."""
    shortest = min(len(a), len(b))
    if shortest < 4:
        return False
    allowed = 2 if shortest >= 8 else 1
    return OSA.distance(a, b, score_cutoff=allowed) <= allowed


@lru_cache(maxsize=50_000)
def birth_verdict(a: date, b: date) -> str:
    """same; swapped (day and month); slip (one digit, or two neighbours exchanged); decade (a slip that moves
    the year by ten or more, as between parent and child); close (two of year, month and day); differs."""
    if a == b:
        return "same"
    if a.year == b.year and (a.month, a.day) == (b.day, b.month):
        return "swapped"
    if OSA.distance(a.isoformat(), b.isoformat(), score_cutoff=1) == 1:
        return "decade" if abs(a.year - b.year) >= 10 else "slip"
    same_components = (a.year == b.year) + (a.month == b.month) + (a.day == b.day)
    return "close" if same_components == 2 else "differs"
