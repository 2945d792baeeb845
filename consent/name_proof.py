"""How well a typed name agrees with a patient's: the third proof beside code and date of birth.

A slip of one letter is still the person; another known given name of the same family is not (Paul and Paula
live together). Suffixes may be left out, but never contradict.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

from consent.form_options import plain_text
from patients.names import fold
from patients.nicknames import is_known_given_name, same_given_name

EXACT, VARIANT, SLIP, NONE = 3, 2, 1, 0
_TITLES = frozenset("mr mrs ms miss mx dr rev prof sra srta senor senora dona herr frau".split())  # noqa: SIM905
_DEGREES = frozenset({"md", "do", "rn", "phd", "dds", "esq", "lpn", "np", "pa", "cpa"})
_SUFFIXES = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "2nd": "ii", "iii": "iii"}
_SUFFIXES |= {"3rd": "iii", "iv": "iv", "4th": "iv"}
_MARKS = _SUFFIXES.keys() | _DEGREES
_SAME_SUFFIX = frozenset({"jr", "ii"})
_PARTICLES = frozenset("de del la las los der den van von da dos di du le st".split())  # noqa: SIM905
_BY_ANOTHER = frozenset(
    {
        "for",
        "by",
        "poa",
        "behalf",
        "proxy",
        "guardian",
        "caregiver",
        "daughter",
        "son",
        "wife",
        "husband",
        "spouse",
    }
    | {"mother", "father", "sister", "brother", "and", "por", "hija", "hijo", "esposa", "esposo"}
)
_DEGREE_WITH_DOTS = re.compile(r"(?<=[,\s])(m|ph|d|r|n|p|j|s)\.(d|o|n|p|a|r)\.?$")
_MOST_WORDS = 9


class Agreement(NamedTuple):
    """`rank`: EXACT, VARIANT (nickname, initial, part of a double or former surname), SLIP or NONE.
    `middle`: 1 agrees, 0 unknown, -1 differs."""

    rank: int = NONE
    middle: int = 0
    suffix_clash: bool = False
    given: int = NONE  # the rank of the given name alone, which tells Marie from Mary where the surname is half

    @property
    def right(self) -> bool:
        return self.rank > NONE and not self.suffix_clash


@dataclass(frozen=True)
class Person:
    """A patient as the judge sees one. `former`: earlier surnames; `household`: the same for all of one."""

    id: int
    mrn: str = ""
    first: str = ""
    middle: str = ""
    last: str = ""
    suffix: str = ""
    preferred: str = ""
    former: tuple[str, ...] = ()
    born: object = None
    household: object = None

    @cached_property
    def surnames(self) -> dict[str, int]:
        """Every form of the surname, folded, with the rank of meeting it."""
        forms = dict.fromkeys((form for name in self.former for form in _surname_forms(name)), VARIANT)
        forms |= dict.fromkeys(_surname_forms(self.last), VARIANT)
        return forms | ({fold(self.last): EXACT} if fold(self.last) else {})

    @cached_property
    def given(self) -> tuple[str, ...]:
        return tuple(filter(None, (fold(self.first), fold(self.preferred))))

    @cached_property
    def other_given(self) -> tuple[str, ...]:
        """Names the person may go by as well: parts of a double first name, middle names."""
        words = _words(self.first)
        parts = words[:1] if len(words) > 1 else []
        return tuple(part for part in [*parts, *_words(self.middle)] if len(part) > 1)

    @cached_property
    def whole(self) -> frozenset[str]:
        names = (fold(self.first), fold(self.middle), fold(self.last))
        return frozenset({"".join(names), names[0] + names[2]}) if names[0] and names[2] else frozenset()

    @cached_property
    def all_words(self) -> frozenset[str]:
        return frozenset(_words(" ".join((self.first, self.middle, self.last, self.preferred))))

    @cached_property
    def suffix_word(self) -> str:
        return next((_SUFFIXES[word] for word in _words(self.suffix) if word in _SUFFIXES), "")


class TypedName(NamedTuple):
    words: tuple[str, ...]
    surname_first: tuple[str, ...]  # the words before a comma, where there is one
    suffix: str
    married: tuple[str, ...]  # the two halves of a surname written with a hyphen
    of_another: frozenset[str]  # words such as "for", "son", "and", which say that somebody else signed


@lru_cache(maxsize=4096)
def read_name(text: str) -> TypedName:
    plain = _DEGREE_WITH_DOTS.sub(r"\1\2", plain_text(text)[:200])
    bare = re.sub(r"\([^)]*\)|\"[^\"]*\"|[“][^”]*[”]", " ", plain)
    before, comma, after = bare.partition(",")
    left, right = _words(before), _words(after)
    suffix = next((_SUFFIXES[word] for word in [*left[1:], *right] if word in _SUFFIXES), "")
    left, right = _without_marks(left), [word for word in right if word not in _MARKS]
    return TypedName(
        words=tuple([*left, *right][: _MOST_WORDS + 1]),
        surname_first=tuple(left) if comma and right else (),
        suffix=suffix,
        married=_married(before if comma and right else bare),
        of_another=_BY_ANOTHER & {*_words(plain), *("and" for sign in ("&", " / ", "+") if sign in plain)},
    )


def agreement(text: str, person: Person, known_given: Container[str] = frozenset()) -> Agreement:
    """`known_given`: folded given names in use, so that a slip is not mistaken for somebody's real name."""
    typed = read_name(text)
    if not 1 <= len(typed.words) <= _MOST_WORDS or typed.of_another - person.all_words:
        return Agreement()
    clash = _suffix_clash(typed.suffix, person.suffix_word)
    if "".join(typed.words) in person.whole:
        return Agreement(EXACT, 1 if len(typed.words) > 2 and person.middle else 0, clash, EXACT)
    agreed = [_split_agreement(*split, person, known_given) for split in _splits(typed)]
    agreed += [_split_agreement(*split, person, known_given, most=VARIANT) for split in _half_splits(typed)]
    rank, of_given, middle = max(agreed, default=(NONE, NONE, 0))
    return Agreement(rank, middle, clash, of_given)


def _married(text: str) -> tuple[str, ...]:
    """The halves of "Smith-Jones" where it ends the name, or the part before a comma."""
    words = _without_marks([word.strip(".") for word in text.replace(",", " ").split()])
    halves = [_folded(half) for half in re.split("[-‐‑–]", words[-1])] if words else []
    return tuple(halves) if len(halves) == 2 and all(halves) else ()


@lru_cache(maxsize=4096)
def _folded(word: str) -> str:
    return fold(word)


def _words(text: str) -> list[str]:
    spaced = re.sub(r"[-/_.]+(?=\w)|[-/_]+|\s+", " ", plain_text(text))
    return [word for word in map(_folded, spaced.split()) if word]


def _without_marks(words: list[str]) -> list[str]:
    """The words without titles, suffixes and degrees. A first word "Sr." is señor."""
    if len(words) > 1 and (words[0] in _TITLES or words[0] == "sr"):
        words = words[1:]
    return [word for place, word in enumerate(words) if not place or word not in _MARKS]


def _surname_forms(name: str) -> list[str]:
    words = _words(name)
    main = [word for word in words if word not in _PARTICLES]
    return [form for form in ("".join(words), "".join(main), *(word for word in main if len(word) > 2)) if form]


def _suffix_clash(typed: str, known: str) -> bool:
    return bool(typed and known and typed != known and not {typed, known} <= _SAME_SUFFIX)


def _splits(typed: TypedName) -> Iterator[tuple[tuple[str, ...], str]]:
    """Given names and joined surname, in either order; a comma settles the order."""
    words, first = typed.words, len(typed.surname_first)
    if first:
        yield words[first:], "".join(words[:first])
        return
    for cut in range(1, len(words)):
        yield words[:cut], "".join(words[cut:])
        yield words[cut:], "".join(words[:cut])


def _half_splits(typed: TypedName) -> Iterator[tuple[tuple[str, ...], str]]:
    """A married name joined to the listed one, in either order; and "Don", which is a title or a given name."""
    if typed.married and not typed.surname_first:
        yield from ((typed.words[:-2], half) for half in typed.married)
    elif typed.married:
        yield from ((typed.words[len(typed.surname_first) :], half) for half in typed.married)
    if len(typed.words) > 2 and typed.words[0] == "don":
        yield typed.words[1:-1], typed.words[-1]


def _split_agreement(
    given: tuple[str, ...], surname: str, person: Person, known_given: Container[str], *, most: int = EXACT
) -> tuple[int, int, int]:
    of_surname = min(most, _surname_rank(surname, person))
    if not of_surname or not given or (most < EXACT and of_surname == SLIP):
        return NONE, NONE, 0
    of_given, rest = max(_given_ranks(given, person, known_given), key=lambda found: (found[0], -len(found[1])))
    if of_surname == of_given == SLIP:
        return NONE, NONE, 0
    return min(of_surname, of_given), of_given, _middle(rest, person)


def _surname_rank(surname: str, person: Person) -> int:
    if rank := person.surnames.get(surname):
        return rank
    return SLIP if any(_one_letter_apart(surname, form) for form in person.surnames) else NONE


def _given_ranks(
    given: tuple[str, ...], person: Person, known_given: Container[str]
) -> Iterator[tuple[int, tuple[str, ...]]]:
    for count in (1, 2)[: len(given)]:
        yield _given_rank("".join(given[:count]), person, known_given), given[count:]
    if len(given) > 1 and len(given[0]) == 1 and person.first[:1].casefold() == given[0]:
        yield min(VARIANT, _given_rank(given[1], person, known_given)), given[2:]  # J. Robert Smith


def _given_rank(name: str, person: Person, known_given: Container[str]) -> int:
    if name in person.given:
        return EXACT
    if any(same_given_name(name, known) for known in person.given) or name in person.other_given:
        return VARIANT
    if len(name) == 1:
        return VARIANT if person.given and person.given[0][0] == name else NONE
    if name in known_given or is_known_given_name(name):
        return NONE
    return SLIP if any(_one_letter_apart(name, known) for known in person.given) else NONE


def _one_letter_apart(typed: str, known: str) -> bool:
    return min(len(typed), len(known)) >= 3 and OSA.distance(typed, known, score_cutoff=1) == 1


def _middle(rest: tuple[str, ...], person: Person) -> int:
    known = _words(person.middle)
    if not rest or not known:
        return 0
    if any(word[0] == middle[0] for word in rest for middle in known if 1 in (len(word), len(middle))):
        return 1
    return 1 if any(same_given_name(word, m) or _one_letter_apart(word, m) for word in rest for m in known) else -1
