"""Who of the invented patients is in the care-management programme (APCM), and at which level."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from explorer.demo import conditions
from explorer.demo.person import Person

BEGAN = date(2025, 1, 6)  # the programme's first Monday


def enrol(people: list[Person], *, active: int, removed: int, today: date, rng: Random) -> list[Person]:
    """Of those whom Original Medicare pays for, the asked number in the programme and out of it again."""
    payers = {*conditions.MEDICARE, conditions.QMB}
    eligible = [place for place, person in enumerate(people) if person.insurer in payers]
    chosen = rng.sample(eligible, min(active + removed, len(eligible)))
    enrolled = list(people)
    for number, place in enumerate(chosen):
        status = "active" if number < active else "removed"
        enrolled[place] = _enrolled(people[place], status, today, rng)
    return enrolled


def _enrolled(person: Person, status: str, today: date, rng: Random) -> Person:
    count = 1 if rng.random() < 0.17 else rng.choice((2, 2, 3, 3, 4, 5))
    weights = range(len(conditions.ICD10), 0, -1)
    drawn = dict.fromkeys(rng.choices(conditions.ICD10, weights, k=count * 3))
    signed_up = BEGAN + timedelta(days=rng.randrange(300))
    return replace(
        person,
        apcm=status,
        icd10=tuple(drawn)[:count],
        qmb=person.insurer == conditions.QMB,
        signed_up=min(signed_up, today),
    )
