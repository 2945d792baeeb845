"""The patients of a practice that does not exist: the same seed gives the same people on every machine."""

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from random import Random

from explorer.demo.contacts import address_book
from explorer.demo.desk import Desk
from explorer.demo.enrolment import enrol
from explorer.demo.households import KINDS, alone
from explorer.demo.person import Person

SEED = 1384
PATIENTS = 1384
ENROLLED = 486
REMOVED = 25
CONTACTS = 1430
NEWCOMERS = 15  # on the newer list only
TODAY = date(2026, 11, 2)


@dataclass(frozen=True, slots=True)
class SyntheticPractice:
    people: list[Person]
    newcomers: list[Person]
    contacts: list[dict]  # as the vendor's GET /contacts returns them
    truth: dict[str, str | None]  # chart number: the contact kept for this patient
    duplicates: dict[str, str]  # a second contact of a patient: the chart number


def practice(seed: int = SEED, patients: int = PATIENTS, today: date = TODAY) -> SyntheticPractice:
    """People depend on the seed alone; `today` only moves visits, enrolments and when contacts were made."""
    people, newcomers = _population(seed, patients, today)
    desk = Desk(Random(f"{seed}:contacts"), today)
    desk.reserve(people + newcomers)
    book = address_book(people, round(CONTACTS * patients / PATIENTS), desk)
    return SyntheticPractice(list(people), list(newcomers), book.contacts, book.truth, book.duplicates)


@cache
def _population(seed: int, patients: int, today: date) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
    rng = Random(f"{seed}:people")
    desk = Desk(rng, today)
    people = _everybody(desk, patients)
    active, removed = (round(usual * patients / PATIENTS) for usual in (ENROLLED, REMOVED))
    people = enrol(people, active=active, removed=removed, today=today, rng=rng)
    newcomers = [alone(desk)[0] for _ in range(NEWCOMERS)]
    return tuple(_fall_short(people, rng)), tuple(newcomers)


def _everybody(desk: Desk, wanted: int) -> list[Person]:
    together = [maker(desk) for maker, usual in KINDS for _ in range(usual * wanted // PATIENTS)]
    people = [person for household in together for person in household]
    people += [alone(desk)[0] for _ in range(wanted - len(people))]
    desk.rng.shuffle(people)
    return people


def _fall_short(people: list[Person], rng: Random) -> list[Person]:
    """What a real list lacks: a few birth dates and zips, and some cell phones that are none."""
    people = list(people)
    some = max(1, len(people) // 200)
    with_cell = [place for place, person in enumerate(people) if person.cell_phone]
    for place in rng.sample(range(len(people)), min(len(people), some)):
        people[place] = replace(people[place], unlisted=frozenset({"birth_date"}))
    for place in rng.sample(range(len(people)), min(len(people), some + 2)):
        people[place] = replace(people[place], unlisted=people[place].unlisted | {"zip_code"})
    for number, place in enumerate(rng.sample(with_cell, min(len(with_cell), some + 2))):
        people[place] = replace(people[place], misprint=_misprint(people[place].cell_phone, number))
    return people


def _misprint(e164: str, number: int) -> str:
    digits = e164.removeprefix("+1")
    digits_wrong = (digits[:-1], digits[3:], digits + "0", digits[:6], "000-000-0000")
    misprints = (*digits_wrong, "NONE", f"{digits[:3]}-555-", "SAME AS HOME")
    return misprints[number % len(misprints)]
