"""Spruce contacts that belong to no patient: strangers, colleagues, pharmacies, and those easily mistaken."""

from collections import Counter
from collections.abc import Mapping, Sequence

from explorer.demo import places
from explorer.demo.desk import Desk
from explorer.demo.person import Person
from explorer.demo.spruce_contact import Draft

AREA_CODES = ("205", "659")
PHARMACIES = (
    "Cahaba Corner Pharmacy", "Sweetgum Drugs", "Red Mountain Apothecary", "Dogwood Discount Pharmacy",
    "Valley Ridge Pharmacy",
)  # fmt: skip
CLINICS = (
    "Shades Crest Cardiology", "Magnolia Imaging Center", "Overlook Eye Associates", "Hickory Home Health",
    "Bluff Park Physical Therapy", "Eagle Point Laboratory", "Camellia Hospice",
)  # fmt: skip


def wrong_people(people: Sequence[Person], truth: Mapping[str, str | None], desk: Desk) -> list[Draft]:
    """One in 100 patients' numbers went to somebody else; one in 150 unknown patients has a namesake here."""
    with_phone = [person for person in people if person.cell_phone and not truth[person.mrn]]
    unknown = [person for person in people if not truth[person.mrn] and "birth_date" not in person.unlisted]
    taken_over = desk.rng.sample(with_phone, min(len(people) // 100, len(with_phone)))
    namesakes = desk.rng.sample(unknown, min(len(people) // 150, len(unknown)))
    new_owners = [_with_number_of(person, desk) for person in taken_over]
    return new_owners + [_namesake(person, desk) for person in namesakes]


def outsiders(people: Sequence[Person], number: int, desk: Desk) -> list[Draft]:
    drafts = _facilities(people)
    share = max(0, number - len(drafts))
    drafts += [_colleague(desk) for _ in range(share // 5)]
    drafts += [_place(desk) for _ in range(share // 5)]
    drafts += [_nameless(desk) for _ in range(share // 20)]
    return drafts + [_stranger(desk) for _ in range(number - len(drafts))]


def _stranger(desk: Desk) -> Draft:
    person = desk.register(desk.home(), "")
    phone = person.phone or desk.phone(AREA_CODES)
    return Draft(
        given=person.given,
        family=person.family,
        gender=person.sex,
        category="patient" if desk.chance(0.6) else "unknown",
        birth_date=person.birth_date if desk.chance(0.4) else None,
        phones=[(phone, "Mobile")],
    )


def _with_number_of(person: Person, desk: Desk) -> Draft:
    draft = _stranger(desk)
    draft.phones = [(person.cell_phone, "Mobile")]
    return draft


def _namesake(person: Person, desk: Desk) -> Draft:
    """The birth date is always known, and years away: only a careless eye takes one for the other."""
    draft = _stranger(desk)
    years = desk.rng.choice((-21, -14, -9, 8, 11, 17))
    born = person.birth_date
    draft.given, draft.family, draft.gender = person.given, person.family, person.sex
    draft.birth_date = born.replace(year=min(born.year + years, 1990), day=min(born.day, 28))
    return draft


def _colleague(desk: Desk) -> Draft:
    person = desk.register(desk.home(), "")
    title = desk.rng.choice(("MD", "DO", "NP", "RN", "PA-C", "DPT"))
    return Draft(
        given=person.given,
        family=f"{person.family}, {title}",
        company=desk.rng.choice(CLINICS),
        category="professional",
        phones=[(desk.phone(AREA_CODES), "Work")],
    )


def _place(desk: Desk) -> Draft:
    town = desk.rng.choice(places.NEAR).name
    company = f"{desk.rng.choice(PHARMACIES + CLINICS)} {town}"
    return Draft(company=company, category="clinic", phones=[(desk.phone(AREA_CODES), "Work")])


def _nameless(desk: Desk) -> Draft:
    return Draft(phones=[(desk.phone(AREA_CODES), "")])


def _facilities(people: Sequence[Person]) -> list[Draft]:
    """The houses whose one number stands for many residents."""
    counted = Counter(person.home_phone for person in people if person.home_phone)
    lines = [line for line, residents in counted.most_common(len(places.FACILITIES)) if residents > 5]
    return [
        Draft(company=name, category="clinic", phones=[(line, "Front desk")])
        for name, line in zip(places.FACILITIES, lines, strict=False)
    ]
