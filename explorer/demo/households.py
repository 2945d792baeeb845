"""Who lives together in the synthetic practice, and which telephone numbers they share."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from explorer.demo import names, places
from explorer.demo.desk import Desk, Home
from explorer.demo.person import Person


def alone(desk: Desk) -> list[Person]:
    return [desk.register(desk.home(), desk.household())]


def couple(desk: Desk) -> list[Person]:
    """Husband and wife: one cell phone for both, or a cell phone each and one line at home, or that alone."""
    home, household, family = desk.home(), desk.household(), desk.family()
    husband = desk.register(home, household, sex="male", family=family)
    born = husband.birth_date + timedelta(days=int(desk.rng.gauss(500, 900)))
    wife = desk.register(home, household, sex="female", family=_wifes_name(desk, family), birth_date=born)
    if desk.chance(0.25) and husband.email:
        wife = replace(wife, email=husband.email)
    return _sharing(desk, home, husband, wife)


def _wifes_name(desk: Desk, family: str) -> str:
    if desk.chance(0.9) or "-" in family or " " in family:
        return family
    own = desk.common(names.FAMILIES)
    return f"{own}-{family}" if desk.chance(0.5) else own


def _sharing(desk: Desk, home: Home, first: Person, second: Person) -> list[Person]:
    line = desk.phone(home.town.area_codes)
    cell = first.cell_phone or second.cell_phone or desk.phone(home.town.area_codes)
    roll = desk.rng.random()
    if roll < 0.4:
        return [replace(person, cell_phone=cell) for person in (first, second)]
    if roll < 0.9:
        return [replace(person, home_phone=line) for person in (first, second)]
    return [replace(person, home_phone=line, cell_phone="") for person in (first, second)]


def parent_and_child(desk: Desk) -> list[Person]:
    """An old parent and a grown child of the same sex or not, the child's number standing for both."""
    home, household, family = desk.home(), desk.household(), desk.family()
    parent = desk.register(home, household, family=family, birth_date=_of_age(desk, 1928, 1938))
    child = desk.register(home, household, family=family, birth_date=_of_age(desk, 1954, 1972))
    if not child.phone:
        child = replace(child, cell_phone=desk.phone(home.town.area_codes))
    if desk.chance(0.7):
        parent = replace(parent, cell_phone=child.phone)
    return [parent, replace(child, suffix="")]


def senior_and_junior(desk: Desk) -> list[Person]:
    """Father and son of one name on one line."""
    home, household, family = desk.home(), desk.household(), desk.family()
    given = desk.common(names.MEN)
    father, son = (
        desk.register(home, household, sex="male", given=given, family=family, suffix=suffix, birth_date=born)
        for suffix, born in (("Sr", _of_age(desk, 1930, 1938)), ("Jr", _of_age(desk, 1955, 1962)))
    )
    middle = father.middle or "Lee"
    return _sharing(desk, home, replace(father, middle=middle), replace(son, middle=middle))


def twins(desk: Desk) -> list[Person]:
    home, household, family = desk.home(), desk.household(), desk.family()
    pair, born = desk.rng.choice(names.TWINS), _of_age(desk, 1940, 1958)
    sex = "male" if pair[0] in names.MEN else "female"
    return [
        desk.register(place, household, sex=sex, given=given, family=family, birth_date=born)
        for given, place in zip(pair, (home, home if desk.chance(0.5) else desk.home()), strict=True)
    ]


def facility(desk: Desk) -> list[Person]:
    """A dozen residents of one house, most of them reached by its number alone."""
    house, household = desk.home(), desk.household()
    line = desk.phone(house.town.area_codes)
    street = house.address.partition(" Apt")[0]
    residents = []
    for room in range(1, desk.rng.randrange(10, 15)):
        home = house._replace(address=f"{street} Rm {room}")
        resident = desk.register(home, household, birth_date=_of_age(desk, 1926, 1944))
        cell = resident.cell_phone if desk.chance(0.25) else ""
        residents.append(replace(resident, home_phone=line, cell_phone=cell))
    return residents


def namesakes(desk: Desk) -> list[Person]:
    """Two people of one name who have nothing to do with each other."""
    first = alone(desk)[0]
    second = desk.register(desk.home(), desk.household(), sex=first.sex, given=first.given, family=first.family)
    return [first, replace(second, middle=first.middle, suffix=first.suffix)]


def _of_age(desk: Desk, oldest: int, youngest: int) -> date:
    return desk.day_between(date(oldest, 1, 1), date(youngest, 12, 31))


# How many households of each kind a practice of 1,384 has; who is left lives alone.
KINDS: tuple[tuple[Callable[[Desk], list[Person]], int], ...] = (
    (couple, 215),
    (parent_and_child, 38),
    (senior_and_junior, 11),
    (twins, 5),
    (facility, len(places.FACILITIES)),
    (namesakes, 7),
)
