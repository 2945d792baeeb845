"""A patient as a row of the practice's list, the way an EMR exports it and people have edited it since."""

from datetime import date
from random import Random

from explorer.demo.person import Person

HEADINGS = (
    "MRN", "DOB", "Patient Name", "Address", "City", "State", "Zip", "Last Date of Service", "Email",
    "Home Phone", "Cell Phone", "Insurance",
)  # fmt: skip

Cell = str | int | date | None


def listed(person: Person) -> list[Cell]:
    """Cells in the order of the headings; a patient's row looks the same in every list."""
    rng = Random(f"{person.mrn}:listing")
    name, zip_code = listed_name(person, rng), _zip(person.zip_code, rng)
    home, cell = _phone(person.home_phone, rng), _phone(person.cell_phone, rng)
    return [
        chart_number(person.mrn),
        None if "birth_date" in person.unlisted else person.birth_date,
        name,
        person.address,
        person.city,
        person.state,
        None if "zip_code" in person.unlisted else zip_code,
        person.last_visit,
        person.email or None,
        home,
        person.misprint or cell,
        person.insurer,
    ]


def chart_number(mrn: str) -> str | int | None:
    """Excel keeps digits as a number unless a letter or a zero in front holds them back."""
    return int(mrn) if mrn.isdigit() and mrn[0] != "0" else mrn or None


def listed_name(person: Person, rng: Random) -> str:
    """LAST, FIRST M in capitals; the suffix stands behind either name; a few rows are in mixed case."""
    given = f"{person.given} {person.middle}".strip()
    family_first = rng.random() < 0.5
    if person.suffix and family_first:
        name = f"{person.family} {person.suffix}, {given}"
    else:
        name = f"{person.family}, {given} {person.suffix}".strip()
    return name if rng.random() < 0.03 else name.upper()


def _zip(zip_code: str, rng: Random) -> str | int:
    """Mostly a number, so that Maine's 04101 becomes 4101; else text, sometimes with four digits more."""
    roll = rng.random()
    if roll < 0.7:
        return int(zip_code)
    return zip_code if roll < 0.92 else f"{zip_code}-{rng.randrange(1_000, 9_999)}"


def _phone(e164: str, rng: Random) -> str | int | None:
    roll = rng.random()
    if not e164:
        return None
    area, exchange, line = e164[2:5], e164[5:8], e164[8:]
    if roll < 0.2:
        return int(area + exchange + line)
    separators = ("(%s) %s-%s", "%s-%s-%s", "%s.%s.%s", "%s%s%s", "1-%s-%s-%s")
    weights = (60, 25, 5, 8, 2)
    return rng.choices(separators, weights)[0] % (area, exchange, line)
