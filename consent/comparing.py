"""An answer beside the patients it may belong to: what agrees, what differs, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from consent.codes import CodeBook, show
from consent.form_export import Answer
from consent.judging import one_digit_apart, swapped
from consent.name_proof import EXACT, SLIP, VARIANT, Person, agreement

GOOD, WARN, BAD = "good", "warn", "bad"
_NAMES = {EXACT: (GOOD, "the same"), VARIANT: (GOOD, "another form of it"), SLIP: (WARN, "one letter differs")}


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the comparison for one patient. `known`: what the practice has; `mark`: good, warn or bad."""

    known: str
    mark: str
    words: str


def compare(answer: Answer, person: Person, codes: Iterable[str]) -> dict[str, Part]:
    """The parts code, dob and name for this patient. `codes`: those that cover the patient, of any age."""
    return {"code": _code(answer, codes), "dob": _birth(answer, person.born), "name": _name(answer, person)}


def _code(answer: Answer, codes: Iterable[str]) -> Part:
    codes = list(codes)
    if not codes:
        return Part("none", BAD, "this patient has no code")
    found = CodeBook(codes).find(answer.code_text)
    known = show(found.code or codes[0])
    if found.code:
        return Part(known, *((GOOD, "the same") if found.how == "exact" else (WARN, "has a slip")))
    return Part(known, BAD, "not given" if found.how == "missing" else "not this patient’s")


def _birth(answer: Answer, known: date | None) -> Part:
    if known is None:
        return Part("not known", BAD, "cannot be compared")
    shown = f"{known:%m/%d/%Y}"
    if not answer.births:
        return Part(shown, BAD, "cannot be read" if answer.birth_texts else "not given")
    if set(answer.births) == {known}:
        return Part(shown, GOOD, "the same")
    if known in answer.births:
        return Part(shown, WARN, "one of the two given is the same")
    if any(swapped(known, born) for born in answer.births):
        return Part(shown, WARN, "day and month are swapped")
    if any(one_digit_apart(known, born) for born in answer.births):
        return Part(shown, WARN, "one digit differs")
    return Part(shown, BAD, "differs")


def _name(answer: Answer, person: Person) -> Part:
    known = " ".join(filter(None, (person.first, person.middle, person.last, person.suffix)))
    if not answer.names:
        return Part(known, BAD, "not given")
    first, *others = (agreement(name, person) for name in answer.names)
    if first.suffix_clash:
        return Part(known, BAD, "the suffix differs")
    mark, words = _NAMES.get(first.rank, (BAD, "differs"))
    if any(not other.right for other in others):
        return Part(known, BAD, f"{words}, but the signature is another name")
    if first.middle < 0:
        return Part(known, WARN, f"{words}, but the middle name differs")
    return Part(known, mark, words)
