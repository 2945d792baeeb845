"""Numbers that a person must look after: not the patient's, or the patient is said to have died. A query."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models.functions import Coalesce

from outreach.models import ContactPhone, Match, NumberCheck, Suppression
from patients.models import Patient, Phone

Reason = Suppression.Reason
ASKED_OF_A_PERSON = (Reason.WRONG_NUMBER, Reason.DECEASED)


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """`sharers`: how many patients have the number; which of them was meant, no machine knows."""

    stop: Suppression
    patient: Patient
    sharers: int


def open_checks() -> list[OpenCheck]:
    """Deaths first, then the oldest. A wrong number is done once the patient has another one; a death once a
    patient on the number is recorded as deceased; either when a person closes it, or allows texts again."""
    stops = list(Suppression.objects.in_force().filter(reason__in=ASKED_OF_A_PERSON).select_related("reply"))
    if not stops:
        return []
    owners = _owners({stop.phone for stop in stops})
    people = Patient.objects.in_bulk({pk for pks in owners.values() for pk in pks})
    numbers = _numbers(people, without=set(owners) | {stop.phone for stop in stops})
    closed = set(NumberCheck.objects.filter(suppression__in=stops).values_list("suppression", "patient"))
    found = []
    for stop in stops:
        sharers = [people[pk] for pk in owners[stop.phone] if pk in people]
        for patient in [] if _a_death_is_recorded(stop, sharers) else sharers:
            done = patient.deceased or (stop.reason == Reason.WRONG_NUMBER and numbers[patient.pk])
            if not done and (stop.pk, patient.pk) not in closed:
                found.append(OpenCheck(stop, patient, len(sharers)))
    return sorted(found, key=lambda check: (check.stop.reason != Reason.DECEASED, check.stop.since, check.patient.pk))


def _a_death_is_recorded(stop: Suppression, sharers: list[Patient]) -> bool:
    return stop.reason == Reason.DECEASED and any(patient.deceased for patient in sharers)


def _owners(numbers: set[str]) -> dict[str, set[int]]:
    """Everyone whose number it is or was, by the list or by a matched contact."""
    found: dict[str, set[int]] = defaultdict(set)
    for number, pk in Phone.objects.filter(e164__in=numbers).values_list("e164", "patient"):
        found[number].add(pk)
    for number, pk in _matched().filter(e164__in=numbers).values_list("e164", "owner"):
        found[number].add(pk)
    return found


def _matched():
    """The numbers of matched contacts, each with its `owner`."""
    linked = ContactPhone.objects.filter(contact__matches__verdict__in=Match.LINKED)
    return linked.annotate(owner=Coalesce("contact__matches__patient__merged_into", "contact__matches__patient"))


def _numbers(people: Iterable[int], *, without: set[str]) -> dict[int, set[str]]:
    """The other numbers of each patient that are still theirs."""
    found: dict[int, set[str]] = defaultdict(set)
    listed = Phone.objects.filter(patient__in=people, retired_at=None).exclude(e164__in=without)
    for pk, number in listed.values_list("patient", "e164"):
        found[pk].add(number)
    matched = _matched().filter(owner__in=people).exclude(e164__in=without)
    for pk, number in matched.values_list("owner", "e164"):
        found[pk].add(number)
    return found
