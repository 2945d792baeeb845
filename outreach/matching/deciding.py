"""One decision per patient: facts first, then what is decisive, then what a person should look at."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from outreach.matching.assigning import Edge, assign
from outreach.matching.blocking import candidate_pairs
from outreach.matching.comparing import Comparer, Comparison
from outreach.matching.duplicates import find_copies
from outreach.matching.judging import (
    AUTOMATIC_MARGIN,
    RIVAL_MARGIN,
    RIVAL_WINDOW,
    contradiction,
    is_decisive,
    is_plausible,
    lacking,
)
from outreach.matching.people import Person, person_from_contact, person_from_patient
from outreach.matching.records import Candidate, ContactRecord, Decision, PatientRecord, Reason
from outreach.matching.weights import Frequencies
from outreach.matching.words import reasons

CATEGORIES = frozenset({"patient", "unknown", ""})
SHOWN = 3

Settled = tuple[int, int, bool]


def match(
    patients: Collection[PatientRecord], contacts: Collection[ContactRecord], settled: Iterable[Settled] = ()
) -> list[Decision]:
    """One decision per patient, in the order of their ids.

    `settled` holds what people decided: (patient id, contact id, accepted). An accepted pair stands and its contact
    is taken; a rejected pair is never proposed again, even where it was also accepted.
    """
    accepted, rejected = _facts(settled)
    people = [person_from_patient(patient) for patient in sorted(patients, key=lambda patient: patient.id)]
    candidates = [
        person_from_contact(contact)
        for contact in sorted(contacts, key=lambda contact: contact.id)
        if contact.category.casefold() in CATEGORIES
    ]
    frequencies = Frequencies(people, candidates)
    taken = {contact for found in accepted.values() for contact in found}
    open_people = [person for person in people if person.id not in accepted]
    judged = taken | {contact for _, contact in rejected}
    copies = find_copies([contact for contact in candidates if contact.id not in judged])
    open_contacts = [contact for contact in candidates if contact.id not in taken and contact.id not in copies]
    comparisons = _compare(open_people, open_contacts, frequencies, rejected)
    return _decide(people, accepted, comparisons)


def _facts(settled: Iterable[Settled]) -> tuple[dict[int, list[int]], set[Edge]]:
    settled = list(settled)
    rejected = {(patient, contact) for patient, contact, agreed in settled if not agreed}
    accepted = defaultdict(list)
    for patient, contact, agreed in sorted(settled):
        if agreed and (patient, contact) not in rejected:
            accepted[patient].append(contact)
    return dict(accepted), rejected


def _compare(
    people: list[Person], contacts: list[Person], frequencies: Frequencies, rejected: set[Edge]
) -> dict[Edge, Comparison]:
    """The pairs that are plausible at all."""
    comparer = Comparer(frequencies)
    found = {}
    for contact, patients in candidate_pairs(people, contacts, frequencies):
        for patient in patients:
            if (patient.id, contact.id) in rejected:
                continue
            comparison = comparer.compare(patient, contact)
            if is_plausible(comparison):
                found[patient.id, contact.id] = comparison
    return found


def _decide(
    people: list[Person], accepted: dict[int, list[int]], comparisons: dict[Edge, Comparison]
) -> list[Decision]:
    floor = min((found.score for found in comparisons.values()), default=0.0) - 1.0
    ends = _Ends(comparisons)
    margins = assign({edge: found.score - floor for edge, found in comparisons.items()})
    matched = {
        patient: contact
        for (patient, contact), margin in margins.items()
        if margin >= AUTOMATIC_MARGIN and is_decisive(comparisons[patient, contact])
        and ends.leads((patient, contact), RIVAL_MARGIN)
    }
    taken = set(matched.values())
    by_patient = defaultdict(list)
    for (patient, contact), found in comparisons.items():
        by_patient[patient].append((contact, found))
    best_for_contact = _best_for_contact(comparisons, matched)
    decisions = []
    for person in people:
        ranked = sorted(by_patient[person.id], key=lambda pair: (-pair[1].score, pair[0]))
        if person.id in accepted:
            decisions.append(_accepted(person.id, accepted[person.id][0]))
        elif person.id in matched:
            decisions.append(_matched(person.id, matched[person.id], ranked))
        else:
            free = [
                (contact, found)
                for contact, found in ranked
                if contact not in taken and found.score >= best_for_contact[contact] - RIVAL_WINDOW
            ]
            decisions.append(_unmatched(person.id, free, ranked))
    return decisions


class _Ends:
    """The two best scores at each patient and at each contact."""

    def __init__(self, comparisons: dict[Edge, Comparison]):
        self.scores = {edge: found.score for edge, found in comparisons.items()}
        self.best: dict[tuple[int, int], list[float]] = defaultdict(list)
        for edge, score in self.scores.items():
            for end in enumerate(edge):
                self.best[end] = sorted([*self.best[end], score], reverse=True)[:2]

    def leads(self, edge: Edge, margin: float) -> bool:
        """Whether no other pair of this patient or this contact comes within the margin, assigned or not."""
        score = self.scores[edge]
        return all(self.best[end][0] == score and score - self.best[end][-1] >= margin or len(self.best[end]) == 1 for end in enumerate(edge))


def _best_for_contact(comparisons, matched) -> dict[int, float]:
    best = defaultdict(lambda: float("-inf"))
    for (patient, contact), found in comparisons.items():
        if patient not in matched:
            best[contact] = max(best[contact], found.score)
    return best


def _accepted(patient: int, contact: int) -> Decision:
    fact = Reason("decision", "accepted", 0.0, "a person confirmed this contact")
    return Decision(patient, contact, "matched", 0.0, (fact,))


def _matched(patient: int, contact: int, ranked) -> Decision:
    found = dict(ranked)[contact]
    return Decision(patient, contact, "matched", round(found.score, 1), reasons(found), _candidates(ranked))


def _unmatched(patient: int, free, ranked) -> Decision:
    if not free:
        return Decision(patient, None, "none", 0.0, (), _candidates(ranked), "a contact in Spruce")
    contact, found = free[0]
    needed = contradiction(found) or lacking(found) or "a clear difference from the other candidates"
    return Decision(patient, contact, "review", round(found.score, 1), reasons(found), _candidates(free), needed)


def _candidates(ranked) -> tuple[Candidate, ...]:
    return tuple(Candidate(contact, round(found.score, 1), reasons(found)) for contact, found in ranked[:SHOWN])
