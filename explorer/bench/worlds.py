"""Synthetic practices: a patient list, the contacts in Spruce, and who is who.

Each seed draws its own climate (how common shared phones, missing birth dates, typing slips and so on are),
so that a matcher is not tuned to one mixture. All people and numbers are invented.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from random import Random

from explorer.bench.names import BEGINNINGS, ENDINGS, FAMILIES, MEN, NICKNAMES, PARTICLED, WOMEN
from outreach.matching import ContactRecord, PatientRecord


@dataclass(frozen=True, slots=True)
class Climate:
    """Shares of patients, unless another base is named."""

    invented_families: float
    crowding: float  # how unevenly names are spread: 0 even, 1 as in life
    couples: float
    couples_on_one_phone: float  # of couples
    children: float
    juniors: float
    twins: float
    residents: float  # of a facility with one number
    namesakes: float
    without_contact: float
    unlisted_spouses: float  # contacts who are a patient's spouse and no patients
    strangers_with_a_patients_name: float
    reassigned: float  # the number on the list is a stranger's by now
    under_a_relative: float
    duplicates: float
    professionals: float
    born_unknown: float  # of contacts
    born_slip: float
    born_exchanged: float
    nickname: float
    maiden: float
    double_name: float
    given_slip: float
    family_slip: float
    swapped: float
    by_middle_name: float
    initial_only: float
    new_phone: float
    home_phone_only: float
    with_email: float
    shown_only: float  # contacts with a display name alone
    aside: float
    suffix_lost: float
    capitals: float


RANGES = {
    "invented_families": (0.0, 0.6),
    "crowding": (0.3, 0.9),
    "couples": (0.2, 0.5),
    "couples_on_one_phone": (0.3, 0.8),
    "children": (0.02, 0.08),
    "juniors": (0.008, 0.025),
    "twins": (0.002, 0.01),
    "residents": (0.01, 0.04),
    "namesakes": (0.005, 0.02),
    "without_contact": (0.08, 0.13),
    "unlisted_spouses": (0.003, 0.015),
    "strangers_with_a_patients_name": (0.003, 0.01),
    "reassigned": (0.003, 0.01),
    "under_a_relative": (0.003, 0.010),
    "duplicates": (0.008, 0.025),
    "professionals": (0.01, 0.03),
    "born_unknown": (0.35, 0.65),
    "born_slip": (0.01, 0.025),
    "born_exchanged": (0.003, 0.01),
    "nickname": (0.04, 0.12),
    "maiden": (0.006, 0.02),
    "double_name": (0.005, 0.02),
    "given_slip": (0.005, 0.02),
    "family_slip": (0.005, 0.02),
    "swapped": (0.002, 0.01),
    "by_middle_name": (0.003, 0.015),
    "initial_only": (0.001, 0.005),
    "new_phone": (0.005, 0.03),
    "home_phone_only": (0.05, 0.25),
    "with_email": (0.2, 0.5),
    "shown_only": (0.02, 0.3),
    "aside": (0.0, 0.01),
    "suffix_lost": (0.2, 0.6),
    "capitals": (0.0, 1.0),
}

# A practice that kept its lists less well, and more people in Spruce who are nobody on the list. Here every
# patient whose number changed and whose birth date Spruce lacks looks like the strangers of the same name.
HARSH_RANGES = RANGES | {
    "invented_families": (0.2, 1.0),
    "crowding": (0.2, 1.2),
    "without_contact": (0.12, 0.2),
    "unlisted_spouses": (0.005, 0.02),
    "strangers_with_a_patients_name": (0.005, 0.015),
    "reassigned": (0.005, 0.015),
    "under_a_relative": (0.005, 0.02),
    "duplicates": (0.01, 0.03),
    "born_unknown": (0.3, 0.7),
    "family_slip": (0.01, 0.03),
    "given_slip": (0.01, 0.03),
    "new_phone": (0.03, 0.07),
    "shown_only": (0.1, 0.4),
}


@dataclass(frozen=True, slots=True)
class World:
    """`truth` is each patient's contact or None; `duplicates` gives the patient of a second contact."""

    patients: list[PatientRecord]
    contacts: list[ContactRecord]
    truth: dict[int, int | None]
    duplicates: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Human:
    first: str
    middle: str
    last: str
    woman: bool
    born: date
    cell: str
    home: str = ""
    email: str = ""
    suffix: str = ""
    preferred: str = ""
    lost_number: bool = False


def world(seed: int, patients: int = 1384, ranges: dict[str, tuple[float, float]] = RANGES) -> World:
    return _Maker(seed, patients, ranges).make()


class _Maker:
    def __init__(self, seed: int, size: int, ranges: dict[str, tuple[float, float]]):
        self.random = Random(seed)
        self.size = size
        self.climate = Climate(**{name: self.random.uniform(*ends) for name, ends in ranges.items()})
        self.numbers = count(self.random.randrange(7_900_000))
        self.contact_ids = count(1)
        self.families = self._families()
        self.contacts: list[ContactRecord] = []
        self.duplicates: dict[int, int] = {}

    def chance(self, name: str) -> bool:
        return self.random.random() < getattr(self.climate, name)

    def make(self) -> World:
        people = self._people()
        patients = [self._patient(number, human) for number, human in enumerate(people, 1)]
        truth: dict[int, int | None] = {}
        for patient, human in zip(patients, people, strict=True):
            truth[patient.id] = None if self.chance("without_contact") else self._contact_of(human, patient.id)
        self._add_nobodies(people)
        renumbered = self._shuffle()
        self.random.shuffle(patients)
        return World(
            patients,
            self.contacts,
            {patient: renumbered.get(contact) for patient, contact in truth.items()},
            {renumbered[contact]: patient for contact, patient in self.duplicates.items()},
        )

    def _shuffle(self) -> dict[int, int]:
        self.random.shuffle(self.contacts)
        renumbered = {contact.id: number for number, contact in enumerate(self.contacts, 1)}
        self.contacts = [replace(contact, id=renumbered[contact.id]) for contact in self.contacts]
        return renumbered

    # People

    def _families(self) -> list[str]:
        invented = [start + end for start in BEGINNINGS for end in ENDINGS]
        self.random.shuffle(invented)
        wanted = int(self.climate.invented_families * len(invented))
        return [*FAMILIES, *PARTICLED, *invented[:wanted]]

    def _pick(self, names) -> str:
        """Earlier names more often, the more so the higher the crowding."""
        position = int(len(names) * self.random.random() ** (1 + 1.5 * self.climate.crowding))
        return names[position]

    def _phone(self) -> str:
        number = next(self.numbers)
        return f"+1{200 + number // 10_000 % 790}555{number % 10_000:04d}"

    def _human(self, woman: bool | None = None, last: str = "", born: date | None = None) -> Human:
        woman = self.random.random() < 0.57 if woman is None else woman
        first = self._pick(WOMEN if woman else MEN)
        middle = self._pick(WOMEN if woman else MEN) if self.random.random() < 0.7 else ""
        born = born or date(1925, 1, 1) + timedelta(days=int(self.random.triangular(0, 27_000, 9_000)))
        return Human(first, middle, last or self._pick(self.families), woman, born, self._phone())

    def _people(self) -> list[Human]:
        people: list[Human] = []
        facilities = [self._phone() for _ in range(max(1, self.size // 700))]
        makers: list[tuple[float, Callable[[], list[Human]]]] = [
            (self.climate.couples / 2, self._couple),
            (self.climate.children / 2, self._parent_and_child),
            (self.climate.juniors / 2, self._senior_and_junior),
            (self.climate.twins / 2, self._twins),
            (self.climate.residents, lambda: [replace(self._human(), cell=self.random.choice(facilities))]),
        ]
        while len(people) < self.size:
            draw = self.random.random()
            for share, maker in makers:
                if draw < share:
                    people += maker()
                    break
                draw -= share
            else:
                people.append(self._single(people))
        for human in people:
            self._finish(human)
        return people[: self.size]

    def _finish(self, human: Human) -> None:
        human.lost_number = self.chance("reassigned")
        if not human.home and self.random.random() < 0.4:
            human.home = self._phone()
        if not human.email and self.random.random() < 0.6:
            human.email = f"{human.first}.{human.last}{next(self.numbers)}@example.com".lower().replace(" ", "")

    def _single(self, people: list[Human]) -> Human:
        if people and self.chance("namesakes"):
            other = self.random.choice(people)
            return replace(
                self._human(other.woman, other.last),
                first=other.first,
                middle=self.random.choice([other.middle, ""]),
            )
        return self._human()

    def _couple(self) -> list[Human]:
        man = self._human(woman=False)
        woman = self._human(True, man.last, man.born + timedelta(days=self.random.randint(-3000, 3500)))
        self._share(man, woman, self.chance("couples_on_one_phone"))
        return [man, woman]

    def _share(self, one: Human, other: Human, one_phone: bool) -> None:
        if one_phone:
            other.cell = one.cell
        if self.random.random() < 0.5:
            one.home = other.home = self._phone()
        if self.random.random() < 0.3:
            one.email = other.email = f"{one.last}{next(self.numbers)}@example.com".lower().replace(" ", "")

    def _parent_and_child(self) -> list[Human]:
        parent = self._human()
        child = self._human(last=parent.last, born=parent.born + timedelta(days=self.random.randint(7000, 12000)))
        self._share(parent, child, self.random.random() < 0.5)
        return [parent, child]

    def _senior_and_junior(self) -> list[Human]:
        senior = self._human(woman=False)
        born = senior.born + timedelta(days=self.random.randint(7000, 12000))
        suffix = self.random.choice(["Jr", "Jr.", "II", "III", ""])
        junior = replace(senior, born=born, cell=self._phone(), suffix=suffix)
        if self.random.random() < 0.3:
            junior.middle = self._pick(MEN)
        senior.suffix = self.random.choice(["Sr", "", ""])
        self._share(senior, junior, self.random.random() < 0.3)
        return [senior, junior]

    def _twins(self) -> list[Human]:
        one = self._human()
        other = self._human(self.random.choice([one.woman, not one.woman]), one.last, one.born)
        if self.random.random() < 0.5:
            names = WOMEN if other.woman else MEN
            alike = [name for name in names if name[0] == one.first[0] and name != one.first]
            other.first = self.random.choice(alike or [other.first])
        if other.first == one.first:
            other.first = "Zelda" if other.woman else "Zeke"
        self._share(one, other, self.random.random() < 0.4)
        return [one, other]

    # The list

    def _patient(self, number: int, human: Human) -> PatientRecord:
        phones = [human.cell, human.home] if human.home else [human.cell]
        if human.home and self.random.random() < 0.05:
            phones = [human.home]
        if self.random.random() < 0.01:
            phones = []
        return PatientRecord(
            number,
            self._slip(human.first) if self.random.random() < 0.004 else human.first,
            self.random.choice([human.middle, human.middle[:1], ""]),
            self._slip(human.last) if self.random.random() < 0.004 else human.last,
            human.suffix,
            human.preferred,
            human.born if self.random.random() > 0.005 else None,
            tuple(phones),
            human.email if self.random.random() < 0.7 else "",
        )

    # The contacts

    def _contact_of(self, human: Human, patient: int) -> int:
        contact = self._contact(human)
        if self.chance("under_a_relative"):
            relative = self._human(last=human.last if self.random.random() < 0.4 else "")
            contact = self._contact(replace(relative, cell=human.cell, home=human.home, born=human.born))
            contact = replace(contact, date_of_birth=human.born if self.random.random() < 0.2 else None)
        self.contacts.append(contact)
        if self.chance("duplicates"):
            self._add_duplicate(human, contact, patient)
        return contact.id

    def _add_duplicate(self, human: Human, contact: ContactRecord, patient: int) -> None:
        again = self._contact(human)
        if self.random.random() < 0.5:
            again = replace(again, date_of_birth=None)
        if self.random.random() < 0.3:
            again = replace(contact, id=again.id)
        self.contacts.append(again)
        self.duplicates[again.id] = patient

    def _contact(self, human: Human) -> ContactRecord:
        given, middle, family = self._contact_name(human)
        suffix = "" if not human.suffix or self.chance("suffix_lost") else human.suffix
        return self._written(
            ContactRecord(
                next(self.contact_ids),
                given,
                middle,
                f"{family} {suffix}".strip(),
                "",
                self._contact_birth(human.born),
                self._contact_phones(human),
                (human.email,) if human.email and self.chance("with_email") else (),
                "unknown" if self.random.random() < 0.1 else "patient",
            )
        )

    def _written(self, contact: ContactRecord) -> ContactRecord:
        """The name in the ways people write it: capitals, comma, an aside, the display name alone."""
        full = " ".join(filter(None, (contact.given, contact.middle, contact.family)))
        turned = f"{contact.family}, {contact.given} {contact.middle}".strip()
        display = turned if self.random.random() < 0.15 else full
        if self.random.random() < 0.1 * self.climate.capitals:
            display = display.upper()
            contact = replace(contact, given=contact.given.upper(), family=contact.family.upper())
        if self.chance("aside"):
            display += self.random.choice([" (dad)", " (mom)", " (new cell)", " - daughter's phone", " (patient)"])
        if self.chance("shown_only"):
            contact = replace(contact, given="", middle="", family="")
        return replace(contact, display=display)

    def _contact_name(self, human: Human) -> tuple[str, str, str]:
        given, family = human.first, human.last
        middle = self.random.choice([human.middle, human.middle[:1], "", ""])
        if self.chance("nickname"):
            given = NICKNAMES.get(given, given)
        if human.middle and self.chance("by_middle_name"):
            given, middle = human.middle, self.random.choice([human.first, human.first[0], ""])
        if human.woman and self.chance("maiden"):
            family = self._pick(self.families)
        elif human.woman and self.chance("double_name"):
            family = f"{family}{self.random.choice('- ')}{self._pick(self.families)}"
        if self.chance("given_slip"):
            given = self._slip(given)
        if self.chance("family_slip"):
            family = self._slip(family)
        if self.chance("initial_only"):
            given = given[0]
        if self.chance("swapped"):
            given, family = family, given
        return given, middle, family

    def _contact_birth(self, born: date) -> date | None:
        if self.chance("born_unknown"):
            return None
        if self.chance("born_exchanged") and born.day <= 12:
            return date(born.year, born.day, born.month)
        return self._date_slip(born) if self.chance("born_slip") else born

    def _date_slip(self, born: date) -> date:
        text = list(born.isoformat())
        text[self.random.choice([2, 3, 3, 6, 8, 9, 9])] = str(self.random.randrange(10))
        try:
            return date.fromisoformat("".join(text))
        except ValueError:
            return born + timedelta(days=1)

    def _contact_phones(self, human: Human) -> tuple[str, ...]:
        if human.lost_number or self.chance("new_phone"):
            return (self._phone(),)
        if human.home and self.chance("home_phone_only"):
            return (human.home,)
        return (human.cell, self._phone()) if self.random.random() < 0.1 else (human.cell,)

    def _slip(self, name: str) -> str:
        if len(name) < 4:
            return name
        position = self.random.randrange(1, len(name) - 1)
        before, letter, after = name[:position], name[position], name[position + 1 :]
        return self.random.choice(
            [
                before + after,
                before + letter * 2 + after,
                before + after[0] + letter + after[1:],
                before + self.random.choice("aeiourstlnm") + after,
            ]
        )

    # Contacts who are nobody on the list

    def _add_nobodies(self, people: list[Human]) -> None:
        for human in people:
            if human.lost_number:
                self.contacts.append(self._contact(replace(self._human(), cell=human.cell, home="")))
            if self.chance("unlisted_spouses"):
                spouse = self._human(not human.woman, human.last, human.born + timedelta(days=700))
                self.contacts.append(self._contact(replace(spouse, cell=human.cell, home=human.home)))
            if self.chance("strangers_with_a_patients_name"):
                stranger = replace(self._human(human.woman), first=human.first, last=human.last)
                self.contacts.append(self._contact(stranger))
            if self.chance("professionals"):
                self._add_professional(human)
        while len(self.contacts) < self.size * 1.035:
            self.contacts.append(self._contact(self._human()))

    def _add_professional(self, human: Human) -> None:
        category = self.random.choice(["professional", "clinic"])
        name = f"Dr. {human.first} {human.last}" if category == "professional" else f"{human.last} Family Clinic"
        contact = ContactRecord(next(self.contact_ids), human.first, "", human.last, name, None, (self._phone(),))
        self.contacts.append(replace(contact, category=category))
