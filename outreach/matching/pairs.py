"""The plausible pairs side by side: which stand out, which need a person, and what each would need."""

from collections import Counter, defaultdict
from itertools import takewhile

from outreach.matching.assigning import Edge, assign
from outreach.matching.comparing import Comparison
from outreach.matching.judging import (
    AUTOMATIC_MARGIN,
    AUTOMATIC_SCORE,
    REVIEW_SCORE,
    RIVAL_MARGIN,
    RIVAL_WINDOW,
    contradiction,
    could_be,
    is_another_in_the_house,
    is_decisive,
    is_told_apart,
    lacking,
)
from outreach.matching.people import Person
from outreach.matching.records import Candidate, Decision, Reason
from outreach.matching.words import reasons

SHOWN = 3

Ranked = list[tuple[int, Comparison]]

COPY = Reason("contact", "copied", 0.0, "this contact stands in Spruce more than once")
OTHER_CONTACT = Reason("rivals", "contact", 0.0, "another contact fits this patient about as well")
OTHER_PATIENT = Reason("rivals", "patient", 0.0, "another patient fits this contact about as well")


class Pairs:
    """`comparisons` holds the plausible pairs; `new_owners`, by patient, how a contact compares that has the
    patient's number but is somebody else."""

    def __init__(self, comparisons: dict[Edge, Comparison], new_owners: dict[int, Comparison]):
        self.comparisons, self.new_owners = comparisons, new_owners
        self.of_patient: dict[int, Ranked] = defaultdict(list)
        self.of_contact: dict[int, Ranked] = defaultdict(list)
        for (patient, contact), found in comparisons.items():
            self.of_patient[patient].append((contact, found))
            self.of_contact[contact].append((patient, found))
        for ranked in (*self.of_patient.values(), *self.of_contact.values()):
            ranked.sort(key=lambda pair: (-pair[1].score, pair[0]))
        self.fitting = Counter(contact for (_, contact), found in comparisons.items() if could_be(found))

    def decide(self, people: list[Person], copied: set[int]) -> list[Decision]:
        """One decision for each person; `copied` are the contacts that have copies."""
        matched = self._automatic()
        taken = set(matched.values())
        decisions = []
        for person in people:
            if person.id in matched:
                decisions.append(self._matched(person.id, matched[person.id], copied))
            elif suggested := self._suggestions(person.id, matched, taken):
                decisions.append(self._review(person.id, suggested))
            else:
                decisions.append(self._none(person.id))
        return decisions

    def _automatic(self) -> dict[int, int]:
        """Patient to contact, for the pairs that need nobody's look."""
        margins = assign(
            {
                edge: max(found.score - REVIEW_SCORE, 0.0)
                for edge, found in self.comparisons.items()
                if not self._names_another_patient(edge, found)
            }
        )
        return {
            patient: contact
            for (patient, contact), margin in margins.items()
            if margin >= AUTOMATIC_MARGIN
            and is_decisive(self.comparisons[patient, contact])
            and not self._doubt(patient, contact)
        }

    def _names_another_patient(self, edge: Edge, found: Comparison) -> bool:
        """The wife's contact beside the husband, when the wife is on the list and it is clearly hers."""
        patient, contact = edge
        return any(
            other != patient and is_decisive(named) and is_another_in_the_house(found, beside=named)
            for other, named in self.of_contact[contact]
        )

    def _doubt(self, patient: int, contact: int, margin: float = RIVAL_MARGIN) -> Reason | None:
        """The rival that comes too near, whether or not it is better placed elsewhere."""
        found = self.comparisons[patient, contact]
        if self.fitting[contact] > 1 and not is_told_apart(found):
            return OTHER_PATIENT
        bound = found.score - margin
        if _comes_near(self.of_patient[patient], contact, found, bound):
            return OTHER_CONTACT
        if _comes_near(self.of_contact[contact], patient, found, bound):
            return OTHER_PATIENT
        return None

    def _suggestions(self, patient: int, matched: dict[int, int], taken: set[int]) -> Ranked:
        """The patient's pairs with contacts nobody has, unless they fit another open patient much better."""
        return [
            (contact, found)
            for contact, found in self.of_patient.get(patient, [])
            if contact not in taken and found.score >= self._best_open(contact, matched) - RIVAL_WINDOW
        ]

    def _best_open(self, contact: int, matched: dict[int, int]) -> float:
        return next(found.score for patient, found in self.of_contact[contact] if patient not in matched)

    def _matched(self, patient: int, contact: int, copied: set[int]) -> Decision:
        found = self.comparisons[patient, contact]
        told = (*reasons(found), COPY) if contact in copied else reasons(found)
        return Decision(patient, contact, "matched", round(found.score, 1), told, _candidates(self.of_patient[patient]))

    def _review(self, patient: int, suggested: Ranked) -> Decision:
        contact, found = suggested[0]
        doubt = self._doubt(patient, contact, AUTOMATIC_MARGIN)
        told = (*reasons(found), doubt) if doubt else reasons(found)
        needed = contradiction(found) or lacking(found) or _needed_against(doubt, found)
        return Decision(patient, contact, "review", round(found.score, 1), told, _candidates(suggested), needed)

    def _none(self, patient: int) -> Decision:
        candidates = _candidates(self.of_patient.get(patient, []))
        if patient in self.new_owners:
            told = reasons(self.new_owners[patient])
            needed = "the patient's present number: the one on the list seems to have changed hands"
            return Decision(patient, None, "none", 0.0, told, candidates, needed)
        needed = "a contact in Spruce with this patient's name and birth date or phone number"
        return Decision(patient, None, "none", 0.0, (), candidates, needed)


def _comes_near(ranked: Ranked, chosen: int, found: Comparison, bound: float) -> bool:
    near = takewhile(lambda pair: pair[1].score > bound, ranked)
    return any(end != chosen and not is_another_in_the_house(other, beside=found) for end, other in near)


def _needed_against(doubt: Reason | None, found: Comparison) -> str:
    if doubt is OTHER_CONTACT:
        return "one contact instead of two: join them in Spruce, or choose"
    if doubt is OTHER_PATIENT:
        return "what tells the two patients apart: a birth date on the contact"
    if found.score < AUTOMATIC_SCORE:
        return "more that agrees: the names are common or the number is shared by many"
    return "a clear lead over the other pairings in this household"


def _candidates(ranked: Ranked) -> tuple[Candidate, ...]:
    return tuple(Candidate(contact, round(found.score, 1), reasons(found)) for contact, found in ranked[:SHOWN])
