"""The practice's Spruce contacts: most belong to a patient, kept the way busy people keep an address book."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from explorer.demo import names
from explorer.demo.desk import Desk
from explorer.demo.outsiders import outsiders, wrong_people
from explorer.demo.person import Person
from explorer.demo.spruce_contact import Draft, in_vendors_shape

KEPT = 0.885  # share of the patients with a telephone who are among the contacts
KEPT_WITHOUT_PHONE = 0.4
KEPT_TWICE = 0.013


@dataclass(slots=True)
class AddressBook:
    contacts: list[dict] = field(default_factory=list)
    truth: dict[str, str | None] = field(default_factory=dict)
    duplicates: dict[str, str] = field(default_factory=dict)


def address_book(people: Sequence[Person], size: int, desk: Desk) -> AddressBook:
    """About `size` contacts; strangers, pharmacies and colleagues fill up what the patients leave."""
    book = AddressBook(truth={person.mrn: None for person in people})
    for person in people:
        if desk.chance(KEPT if person.phone else KEPT_WITHOUT_PHONE):
            _keep(book, person, desk)
    book.contacts += [in_vendors_shape(draft, desk) for draft in wrong_people(people, book.truth, desk)]
    missing = size - len(book.contacts)
    book.contacts += [in_vendors_shape(draft, desk) for draft in outsiders(people, missing, desk)]
    desk.rng.shuffle(book.contacts)
    return book


def _keep(book: AddressBook, person: Person, desk: Desk) -> None:
    contact = in_vendors_shape(_as_kept(person, desk), desk)
    book.contacts.append(contact)
    book.truth[person.mrn] = contact["id"]
    if desk.chance(KEPT_TWICE):
        second = in_vendors_shape(_as_kept(person, desk), desk)
        book.contacts.append(second)
        book.duplicates[second["id"]] = person.mrn


def _as_kept(person: Person, desk: Desk) -> Draft:
    draft = Draft(
        given=person.given,
        middle=person.middle if desk.chance(0.35) else "",
        family=f"{person.family} {person.suffix}".strip() if desk.chance(0.7) else person.family,
        gender=person.sex if desk.chance(0.7) else "unknown",
        category="patient" if desk.chance(0.93) else "unknown",
        birth_date=person.birth_date if desk.chance(0.5) else None,
        phones=_phones(person, desk),
        emails=[person.email] if person.email and desk.chance(0.5) else [],
    )
    for share, spoil in DIRT:
        if desk.chance(share):
            spoil(draft, person, desk)
    return draft


def _phones(person: Person, desk: Desk) -> list[tuple[str, str]]:
    """Number and label; somebody without a number on the list has one that only Spruce knows."""
    phones = [(person.cell_phone, desk.rng.choice(("Mobile", "Cell", "")))] if person.cell_phone else []
    if person.home_phone and (not phones or desk.chance(0.3)):
        phones.append((person.home_phone, "Home"))
    if desk.chance(0.03) or not phones:
        phones.append((desk.phone(("205", "659")), desk.rng.choice(("Work", "Daughter", "Son", "Other"))))
    return phones


def _by_nickname(draft: Draft, person: Person, desk: Desk) -> None:
    draft.given = person.called or names.NICKNAMES.get(person.given, person.given)


def _by_maiden_name(draft: Draft, person: Person, desk: Desk) -> None:
    draft.family = person.born_as or draft.family


def _under_a_daughters_name(draft: Draft, person: Person, desk: Desk) -> None:
    draft.given, draft.middle, draft.gender = desk.rng.choice(names.DAUGHTERS), "", "female"
    draft.family, draft.birth_date = desk.family(), None


def _with_another_number(draft: Draft, person: Person, desk: Desk) -> None:
    """The number has changed since; a birth date or a mailbox is what is left to know them by."""
    draft.phones = [(desk.phone(("205", "256", "659")), "Mobile")]
    draft.birth_date = draft.birth_date or (None if person.email else person.birth_date)
    draft.emails = [person.email] if person.email else []


def _with_a_birth_date_mistyped(draft: Draft, person: Person, desk: Desk) -> None:
    born = person.birth_date
    swapped = date(born.year, born.day, born.month) if born.day <= 12 else born
    draft.birth_date = swapped if swapped != born else born.replace(year=born.year + 1, day=min(born.day, 28))


def _in_capitals(draft: Draft, person: Person, desk: Desk) -> None:
    draft.given, draft.middle, draft.family = draft.given.upper(), draft.middle.upper(), draft.family.upper()


def _swapped(draft: Draft, person: Person, desk: Desk) -> None:
    draft.given, draft.family = draft.family, draft.given


def _mistyped(draft: Draft, person: Person, desk: Desk) -> None:
    """Two neighbouring letters of the surname have changed places."""
    place = desk.rng.randrange(1, max(2, len(person.family) - 1))
    name = person.family
    draft.family = name[:place] + name[place : place + 2][::-1] + name[place + 2 :]


def _without_accents(draft: Draft, person: Person, desk: Desk) -> None:
    plain = draft.family.translate(str.maketrans("ñíáéüÉ", "niaeuE"))
    draft.family = plain.replace("-", " ").replace("'", "")


# The share of the contacts, and what happened to them; the later overrides the earlier.
DIRT: tuple[tuple[float, Callable[[Draft, Person, Desk], None]], ...] = (
    (0.25, _by_nickname),
    (0.25, _by_maiden_name),
    (0.40, _without_accents),
    (0.035, _with_another_number),
    (0.010, _with_a_birth_date_mistyped),
    (0.012, _mistyped),
    (0.004, _swapped),
    (0.060, _in_capitals),
    (0.009, _under_a_daughters_name),
)
