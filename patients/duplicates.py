"""Which charts are probably one person under two chart numbers. Pure; a person decides about each pair.

Twins, spouses, fathers and sons of one name live at one phone as well: what tells them apart (another given
name, another generation, another birth date) is never outweighed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations

from rapidfuzz.distance import OSA

from patients.names import fold
from patients.nicknames import could_be_initial, is_known_given_name, same_given_name

FACILITY_FROM = 5  # a number, address or e-mail of so many is a home's: it joins nobody
LARGEST_NAME = 200  # namesakes among whom a slip in the birth date is no longer telling
GENERATIONS = {"sr": 1, "senior": 1, "jr": 2, "junior": 2, "ii": 2, "2nd": 2, "iii": 3, "3rd": 3, "iv": 4, "4th": 4}
GIVEN = {
    "same": (95, "The same name"),
    "nickname": (85, "The given names are forms of one name"),
    "slip": (80, "The given names differ by one letter"),
    "middle": (75, "One goes by the other’s middle name"),
    "initial": (65, "One given name is only an initial"),
}
BIRTH = {"swapped": (80, "Day and month of birth are exchanged"), "slip": (75, "The birth dates differ by one digit")}


@dataclass(frozen=True)
class Person:
    """A chart as the finder sees it."""

    id: int
    first: str = ""
    middle: str = ""
    last: str = ""
    suffix: str = ""
    preferred: str = ""
    born: date | None = None
    sex: str = ""
    phones: frozenset[str] = frozenset()
    email: str = ""
    address: str = ""  # street and ZIP

    @cached_property
    def given(self) -> str:
        return fold(self.first)

    @cached_property
    def first_word(self) -> str:
        return fold(self.first.split()[0]) if self.first.split() else ""

    @cached_property
    def also(self) -> tuple[str, ...]:
        """Names the person may go by beside the given one."""
        words = [*self.first.split()[1:], *self.middle.split(), self.preferred]
        return tuple(folded for word in words if len(folded := fold(word)) > 1)

    @cached_property
    def family(self) -> str:
        return fold(self.last)

    @cached_property
    def parts(self) -> frozenset[str]:
        """The words of a double surname; particles are too short to be one."""
        words = self.last.replace("-", " ").split()
        return frozenset(part for word in words if len(part := fold(word)) > 3) | {self.family}

    @cached_property
    def generation(self) -> int:
        return GENERATIONS.get(fold(self.suffix), 0)


@dataclass(frozen=True, slots=True)
class Pair:
    """`one` has the smaller id. `score` up to 100; `reasons` are sentences without a person's data."""

    one: int
    other: int
    score: int
    reasons: tuple[str, ...]


def find(people: Iterable[Person]) -> list[Pair]:
    """The likeliest first. Compares only those who share a birth date, a phone, an e-mail or a name."""
    people = {person.id: person for person in people}
    birth_counts = Counter(person.born for person in people.values())
    most = 20 + len(people) // 2000
    defaults = {born for born, count in birth_counts.items() if count > most}  # 01/01/1900 and the like
    seen: set[tuple[int, int]] = set()
    pairs = []
    shared = _Shared(people.values())
    for block in _blocks(people.values(), defaults):
        for one, other in combinations(block, 2):
            key = (one, other) if one < other else (other, one)
            if key in seen:
                continue
            seen.add(key)
            if found := judge(people[key[0]], people[key[1]], shared, defaults):
                pairs.append(Pair(*key, *found))
    return sorted(pairs, key=lambda pair: (-pair.score, pair.one, pair.other))


def judge(one: Person, other: Person, shared: "_Shared", defaults=frozenset()) -> tuple[int, tuple[str, ...]] | None:
    """The score and its reasons; None when the two are not probably one person."""
    given, swapped = given_verdict(one, other), _is_swapped(one, other)
    if (given not in GIVEN and not swapped) or _other_generation(one, other):
        return None
    together = shared.words(one, other)
    birth = birth_verdict(one.born, other.born, defaults)
    if birth == "same" and swapped:
        return _sum(90, ("Given and family name are exchanged", "The same birth date"), together, one, other)
    if given not in GIVEN or _is_another_twin(one, other, given):
        return None
    family = family_verdict(one, other)
    score, words = GIVEN[given]
    if birth == "same" and family in ("same", "part", "slip"):
        if given == "initial" and not together:
            return None
        reasons = (words, *_FAMILY_WORDS.get(family, ()), "The same birth date")
        return _sum(score - (5 if family != "same" else 0), reasons, together, one, other)
    if given not in ("same", "nickname") or not together:
        return None
    if birth == "same":
        words = words.replace("The same name", "The same given name")
        reasons = (words, "The same birth date", "The surnames differ, as before and after a marriage")
        return _sum(score - 15, reasons, together, one, other)
    if family not in ("same", "part"):
        return None
    if birth in BIRTH:
        limit, told = BIRTH[birth]
        return _sum(min(limit, score), (words, told), together, one, other)
    if birth == "missing":
        return _sum(score - 25, (words, "A birth date is missing"), together, one, other)
    return None


def birth_verdict(one: date | None, other: date | None, defaults=frozenset()) -> str:
    """same, swapped (day and month), slip (one digit, within ten years), missing or differs."""
    if not one or not other or one in defaults or other in defaults:
        return "missing"
    if one == other:
        return "same"
    if one.year == other.year and (one.month, one.day) == (other.day, other.month):
        return "swapped"
    digits = sum(a != b for a, b in zip(one.isoformat(), other.isoformat(), strict=True))
    return "slip" if digits == 1 and abs(one.year - other.year) < 10 else "differs"


def given_verdict(one: Person, other: Person) -> str:
    """same, nickname, slip, middle, initial, missing or differs."""
    if not one.given or not other.given:
        return "missing"
    if one.given == other.given or one.first_word == other.first_word:
        return "same"
    if could_be_initial(one.first_word, other.first_word):
        return "initial"
    if min(len(one.first_word), len(other.first_word)) == 1:
        return "differs"
    if same_given_name(one.first_word, other.first_word) or {fold(one.preferred), fold(other.preferred)} & {
        one.given, other.given
    }:  # fmt: skip
        return "nickname"
    if one.first_word in other.also or other.first_word in one.also:
        return "middle"
    return "slip" if _is_slip(one.given, other.given) else "differs"


def family_verdict(one: Person, other: Person) -> str:
    """same, part (of a double name), slip or differs."""
    if one.family == other.family:
        return "same"
    if one.parts & other.parts:
        return "part"
    return "slip" if _one_edit(one.family, other.family) else "differs"


_FAMILY_WORDS = {
    "part": ("One surname is part of the other",),
    "slip": ("The surnames differ by one letter",),
}


def _is_slip(one: str, other: str) -> bool:
    """Joan is no slip for Jean, nor Pearline for Earline: twins are named alike."""
    return (
        one[0] == other[0] and _one_edit(one, other) and not (is_known_given_name(one) and is_known_given_name(other))
    )


def _one_edit(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= 4 and OSA.distance(one, other, score_cutoff=1) <= 1


def _is_swapped(one: Person, other: Person) -> bool:
    return bool(one.given) and one.given == other.family and one.family == other.given != one.given


def _other_generation(one: Person, other: Person) -> bool:
    """Father and son: the marks differ, or only one has a mark and the births differ."""
    if one.generation == other.generation:
        return False
    return bool(one.generation and other.generation) or one.born != other.born


def _is_another_twin(one: Person, other: Person, given: str) -> bool:
    """Mary Ann and Mary Lou; or a boy and a girl whose names are only alike."""
    if given != "same" and one.sex and other.sex and one.sex != other.sex:
        return True
    if given != "same" or one.given == other.given:
        return False
    second, its = one.given[len(one.first_word) :], other.given[len(other.first_word) :]
    return bool(second and its) and second[0] != its[0]


def _sum(score: int, reasons: tuple[str, ...], together: tuple[str, ...], one: Person, other: Person):
    against = []
    if one.sex and other.sex and one.sex != other.sex:
        against.append("The sex differs")
    if (a := fold(one.middle)) and (b := fold(other.middle)) and a[0] != b[0] and one.given == other.given:
        against.append("The middle names differ")
    score = min(score + (5 if together else 0), 100) - 20 * len(against)
    return (score, tuple(f"{words}." for words in (*reasons, *together, *against))) if score >= 50 else None


class _Shared:
    """What two persons have in common beside name and birth, unless a whole house has it."""

    def __init__(self, people: Iterable[Person]):
        self.phones, self.emails, self.addresses = Counter(), Counter(), Counter()
        for person in people:
            self.phones.update(person.phones)
            self.emails[person.email] += 1
            self.addresses[person.address] += 1

    def words(self, one: Person, other: Person) -> tuple[str, ...]:
        phones = any(self.phones[phone] < FACILITY_FROM for phone in one.phones & other.phones)
        email = one.email and one.email == other.email and self.emails[one.email] < FACILITY_FROM
        address = one.address and one.address == other.address and self.addresses[one.address] < FACILITY_FROM
        told = {"The same phone": phones, "The same e-mail": email, "The same address": address}
        return tuple(words for words, holds in told.items() if holds)


def _blocks(people: Iterable[Person], defaults) -> Iterator[list[int]]:
    births, phones, emails, names = (defaultdict(list) for _ in range(4))
    for person in people:
        if person.born and person.born not in defaults:
            births[person.born].append(person.id)
        for phone in person.phones:
            phones[phone].append(person.id)
        if person.email:
            emails[person.email].append(person.id)
        names[person.first_word, person.family].append(person.id)
    yield from births.values()
    for blocks, largest in ((phones, FACILITY_FROM - 1), (emails, FACILITY_FROM - 1), (names, LARGEST_NAME)):
        yield from (block for block in blocks.values() if len(block) <= largest)
