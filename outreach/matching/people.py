"""Patients and contacts in one shape, with their names taken apart for comparing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from outreach.matching.records import ContactRecord, PatientRecord
from patients.names import fold


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


GENERATIONS = {
    "sr": 1, "senior": 1, "jr": 2, "junior": 2, "ii": 2, "2nd": 2, "iii": 3, "3rd": 3, "iv": 4, "4th": 4,
}  # fmt: skip
TITLES = _set("mr mrs ms miss mx dr prof rev sr sra srta hon")
CREDENTIALS = _set("md dds dmd rn lpn crnp phd edd esq cpa dvm pharmd")
PARTICLES = _set(
    "de del dela la las los da das do dos di du van von vander vanden der den ter ten le st saint al el bin"
)
RELATIVES = _set(
    "dad daddy father mom mommy mother daughter dtr wife husband spouse sister brother caregiver carer poa "
    "guardian niece nephew granddaughter grandson grandmother grandfather grandma grandpa aunt uncle "
    "neighbor emergency"
)
# Words that are surnames too: they tell of a relative only in an aside or after a dash.
ASIDE_RELATIVES = RELATIVES | _set("son mum sis bro partner proxy cousin friend parent child kids care co")
_ASIDE = re.compile(r"[(\[{](.*?)[)\]}]|[\"“”](.+?)[\"“”]|(?<!\w)['‘’](\w[\w .]*)['‘’](?!\w)")
_TAIL = re.compile(r"\s[-–—]+\s|\bc/o\b|[;|]", re.IGNORECASE)
_WORD_BREAK = re.compile(r"[\s\-‐-―/_.,]+")
_COUPLE = re.compile(r"&|\s(?:\+|and)\s", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Name:
    """A name folded to bare letters.

    `givens` and `middles` are words, `parts` the surname's words without particles, `also` other given names
    the person goes by; `generation` is 1 for Sr, 2 for Jr and II, 0 when unsaid.
    """

    givens: tuple[str, ...] = ()
    given: str = ""
    middles: tuple[str, ...] = ()
    family: str = ""
    parts: tuple[str, ...] = ()
    generation: int = 0
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A patient or a contact; `for_another` when its name tells of a relative or of two people."""

    id: int
    names: tuple[Name, ...]
    born: date | None
    phones: frozenset[str]
    emails: frozenset[str]
    for_another: bool = False


@lru_cache(maxsize=50_000)
def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a name, split at blanks, hyphens, dots and commas."""
    return tuple(word for word in map(fold, _WORD_BREAK.split(text)) if word)


def _without_asides(text: str) -> tuple[str, tuple[str, ...]]:
    """'Robert (Bob) Smith' is 'Robert Smith' and the aside 'Bob'."""
    if not _ASIDE.search(text):
        return text, ()
    return _ASIDE.sub(" ", text), tuple("".join(groups) for groups in _ASIDE.findall(text))


def _take_suffixes(words: list[str]) -> int:
    """Takes trailing Jr, Sr, II … and credentials off the words; gives the generation."""
    generation = 0
    while len(words) > 1 and (words[-1] in GENERATIONS or words[-1] in CREDENTIALS):
        generation = GENERATIONS.get(words.pop(), generation)
    return generation


def _take_titles(words: list[str]) -> None:
    while len(words) > 1 and words[0] in TITLES:
        words.pop(0)


def make_name(given: str, middle: str, family: str, suffix: str = "", preferred: str = "") -> Name:
    """A name from its fields; suffixes, titles and nicknames typed into the wrong field find their place."""
    given, asides = _without_asides(given)
    family, more_asides = _without_asides(family)
    givens, middles, surnames = list(words_of(given)), list(words_of(middle)), list(words_of(family))
    generations = [GENERATIONS.get(fold(suffix), 0), *map(_take_suffixes, (surnames, givens, middles))]
    _take_titles(givens)
    nicknames = (fold(name) for name in (*asides, *more_asides, preferred) if len(words_of(name)) == 1)
    return Name(
        givens=tuple(givens),
        given="".join(givens),
        middles=tuple(middles),
        family="".join(surnames),
        parts=tuple(word for word in surnames if word not in PARTICLES) or tuple(surnames),
        generation=next(filter(None, generations), 0),
        also=tuple(name for name in nicknames if name not in ASIDE_RELATIVES),
    )


def name_from_display(display: str) -> Name:
    """A name from one string: "SMITH JR, JOHN A", "John A. Smith (dad)", "Mary Ann de la Cruz"."""
    text, asides = _without_asides(_TAIL.split(display, maxsplit=1)[0])
    if not _LETTER.search(text):
        return Name()
    before, _, after = text.partition(",")
    words = list(words_of(after))
    if set(words) - GENERATIONS.keys() - CREDENTIALS:
        generation = _take_suffixes(words)
        name = make_name(words[0], " ".join(words[1:]), before, preferred=" ".join(asides))
        return replace(name, generation=name.generation or generation)
    words = list(words_of(text))
    generation = _take_suffixes(words)
    _take_titles(words)
    start = _surname_start(words)
    name = make_name(words[0], " ".join(words[1:start]), " ".join(words[start:]), preferred=" ".join(asides))
    return replace(name, generation=generation)


def _surname_start(words: list[str]) -> int:
    """Where the surname of "mary ann de la cruz" begins: at its first particle, else at the last word."""
    for position in range(1, len(words) - 1):
        if words[position] in PARTICLES:
            return position
    return max(len(words) - 1, 1)


def person_from_patient(patient: PatientRecord) -> Person:
    name = make_name(patient.first, patient.middle, patient.last, patient.suffix, patient.preferred)
    emails = _addresses((patient.email,))
    return Person(patient.id, (name,), patient.date_of_birth, frozenset(patient.phones), emails)


def person_from_contact(contact: ContactRecord) -> Person:
    return Person(
        contact.id,
        tuple(_names_of(contact)),
        contact.date_of_birth,
        frozenset(contact.phones),
        _addresses(contact.emails),
        _speaks_for_another(contact),
    )


def _addresses(emails: tuple[str, ...]) -> frozenset[str]:
    return frozenset(filter(None, (email.strip().casefold() for email in emails)))


def _names_of(contact: ContactRecord) -> Iterator[Name]:
    """The name by its fields, and the displayed one where it says more."""
    if not (contact.given or contact.family):
        yield name_from_display(contact.display)
        return
    yield make_name(contact.given, contact.middle, contact.family)
    known = {*words_of(contact.given), *words_of(contact.middle), *words_of(contact.family)}
    if not known.issuperset(words_of(contact.display)):
        shown = name_from_display(contact.display)
        if shown.given and shown.family:
            yield shown


def _speaks_for_another(contact: ContactRecord) -> bool:
    texts = (contact.display, contact.given, contact.family)
    if any(map(_COUPLE.search, texts)):
        return True
    words = {word for text in texts for word in words_of(text)}
    asides = {word for text in texts for aside in _without_asides(text)[1] for word in words_of(aside)}
    tails = {word for tail in _TAIL.split(contact.display)[1:] for word in words_of(tail)}
    return not (RELATIVES.isdisjoint(words) and ASIDE_RELATIVES.isdisjoint(asides | tails))
