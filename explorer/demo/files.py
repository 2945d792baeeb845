"""The synthetic practice's workbooks: the patient list, the list a week later, the APCM roster."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from explorer.demo.bad_examples import write_bad_examples
from explorer.demo.desk import Desk
from explorer.demo.listing import HEADINGS, listed
from explorer.demo.people import SyntheticPractice, practice
from explorer.demo.person import Person
from explorer.demo.roster import roster_sheets
from explorer.demo.sheets import write_workbook

__all__ = ["NewerList", "write_apcm_workbook", "write_bad_examples", "write_newer_list", "write_patient_list"]

CORRECTIONS = {"phone": 10, "address": 8, "surname": 7}
VANISHED = 6


@dataclass(frozen=True, slots=True)
class NewerList:
    """What differs from the first list, as chart numbers."""

    corrected: dict[str, str]  # chart number: phone, address or surname
    new: list[str]
    vanished: list[str]
    repeated: str  # stands on two rows with two names
    born_in_future: str


def write_patient_list(path: Path, synthetic: SyntheticPractice | None = None) -> None:
    """The first list, headings on row 1."""
    synthetic = synthetic or practice()
    _write_list(path, synthetic.people)


def write_newer_list(path: Path, synthetic: SyntheticPractice | None = None) -> NewerList:
    """The same list a week later, with what a review has to find; one new row has no chart number at all."""
    synthetic = synthetic or practice()
    rng = Random("a week later")
    desk = Desk(rng, max(person.last_visit for person in synthetic.people))
    desk.reserve(synthetic.people + synthetic.newcomers)
    kinds = [kind for kind, number in CORRECTIONS.items() for _ in range(number)]
    women = [person for person in synthetic.people if person.sex == "female"]
    chosen = rng.sample(women, len(kinds) + VANISHED + 1)
    corrected = {person.mrn: _corrected(person, kind, desk) for person, kind in zip(chosen, kinds, strict=False)}
    vanished = [person.mrn for person in chosen[len(kinds) : -1]]
    *new, repeated, nameless, unborn = synthetic.newcomers
    repeated = replace(repeated, mrn=chosen[-1].mrn)
    unborn = replace(unborn, birth_date=unborn.birth_date.replace(year=unborn.birth_date.year + 100))
    staying = [corrected.get(person.mrn, person) for person in synthetic.people if person.mrn not in vanished]
    _write_list(path, [*staying, *new, repeated, replace(nameless, mrn=""), unborn])
    return NewerList(
        corrected=dict(zip(corrected, kinds, strict=True)),
        new=[person.mrn for person in new],
        vanished=vanished,
        repeated=repeated.mrn,
        born_in_future=unborn.mrn,
    )


def write_apcm_workbook(path: Path, synthetic: SyntheticPractice | None = None) -> None:
    """Sheets "2025" (headings on row 3) and "REMOVED" (headings on row 1)."""
    synthetic = synthetic or practice()
    write_workbook(path, roster_sheets(synthetic.people, synthetic.newcomers))


def _write_list(path: Path, people: list[Person]) -> None:
    write_workbook(path, {"Patients": [HEADINGS, *map(listed, people)]})


def _corrected(person: Person, kind: str, desk: Desk) -> Person:
    home = desk.home()
    if kind == "phone":
        return replace(person, cell_phone=desk.phone(home.town.area_codes), misprint="")
    if kind == "surname":
        return replace(person, family=desk.family(), born_as=person.family)
    return replace(
        person,
        address=home.address,
        city=home.town.name,
        state=home.town.state,
        zip_code=home.zip_code,
        unlisted=person.unlisted - {"zip_code"},
    )
