"""The APCM roster as the practice keeps it: two lines above the headings, nicknames, words as they came."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from explorer.demo.enrolment import BEGAN
from explorer.demo.listing import chart_number
from explorer.demo.person import Person
from explorer.demo.sheets import Row

HEADINGS = (
    "Patient #", "Last Name", "First Name", "Date Signed Up", "Level 1 (One DX) (G0556)",
    "Level 2 (2 + DX) (G0557)", "QMB (2 + DX) (G0558)", "Comments", "Insurance", "Copay", "APCM Status",
)  # fmt: skip
TITLE = "Advanced Primary Care Management 2025"
REMINDER = "Fill in one level column only. Moved or ended: cut the row and paste it on REMOVED."
NICKNAME_FORMS = ('{} "{}"', "{} “{}”", "{} '{}'", "{} ‘{}’", "{} ({})")

COMMENTS = (
    "Verbal consent at visit", "Signed at front desk", "Brochure given", "Prefers calls before noon",
    "Daughter helps with calls", "Care plan mailed", "Care plan due", "Needs new consent form",
    "Lab results pending", "Ask again about goals", "Left message 2x", "Wants paper copies",
)  # fmt: skip
REASONS_REMOVED = (
    "Asked to stop, end of month", "Moved out of state", "Now with another PCP", "In hospice",
    "Changed to Medicare Advantage", "Long-term care, seen there", "Did not want the copay",
)  # fmt: skip


def roster_sheets(people: Sequence[Person], newcomers: Sequence[Person]) -> dict[str, list[Row]]:
    """Two rows of "2025" have chart numbers that the first patient list does not know."""
    active = [person for person in people if person.apcm == "active"] + _unknown(people, newcomers)
    removed = [person for person in people if person.apcm == "removed"]
    return {
        "2025": [[TITLE], [REMINDER], HEADINGS, *_rows(active)],
        "REMOVED": [HEADINGS, *_rows(removed)],
    }


def _unknown(people: Sequence[Person], newcomers: Sequence[Person]) -> list[Person]:
    """One patient who comes with the newer list, and one number that nobody has."""
    enrolled = [replace(person, apcm="active", icd10=("I10", "E11.9"), signed_up=BEGAN) for person in newcomers[:2]]
    nobodys = str(1 + max(int(person.mrn) for person in [*people, *newcomers] if person.mrn.isdigit()))
    return [enrolled[0], replace(enrolled[1], mrn=nobodys)]


def _rows(people: Sequence[Person]) -> list[Row]:
    return [_row(person) for person in sorted(people, key=lambda person: (person.family, person.given))]


def _row(person: Person) -> Row:
    rng = Random(f"{person.mrn}:roster")
    levels = [", ".join(person.icd10) if person.apcm_level == level else None for level in (1, 2, 3)]
    comment = rng.choice(REASONS_REMOVED if person.apcm == "removed" else COMMENTS)
    return [
        chart_number(person.mrn),
        f"{person.family} {person.suffix}".strip(),
        _first_name(person, rng),
        person.signed_up,
        *levels,
        comment if person.apcm == "removed" or rng.random() < 0.35 else None,
        person.insurer,
        _copay(person, rng),
        "Removed" if person.apcm == "removed" else rng.choices(("Active", "Hold", "Pending"), (94, 4, 2))[0],
    ]


def _first_name(person: Person, rng: Random) -> str:
    form = rng.choice(NICKNAME_FORMS)
    return form.format(person.given, person.called) if person.called else person.given


def _copay(person: Person, rng: Random) -> float | str | None:
    if person.qmb:
        return 0
    return rng.choices((0, 3.27, 9.77, "$0", None), (40, 10, 40, 5, 5))[0]
