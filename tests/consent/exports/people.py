"""A practice's patients with everything that makes people hard to tell apart, and the codes they were sent."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

WOMEN = "Mary Linda Barbara Patricia Elizabeth Jennifer Maria Susan Margaret Dorothy Lisa Nancy Karen Betty Helen Sandra Donna Carol Ruth Sharon Michelle Laura Sarah Kimberly Deborah Jessica Shirley Cynthia Angela Melissa Brenda Amy Anna Rebecca Virginia Kathleen Pamela Martha Debra Amanda Stephanie Carolyn Christine Marie Janet Catherine Frances Ann Joyce Diane Alice Julie Heather Teresa Doris Gloria Evelyn Jean Cheryl Mildred Katherine Joan Ashley Judith Rose Janice Kelly Nicole Judy Christina Kathy Theresa Beverly Denise Tammy Irene Jane Lori Rachel Marilyn Andrea Kathryn Louise Sara Anne Jacqueline Wanda Bonnie Julia Ruby Lois Tina Phyllis Norma Paula Diana Annie Lillian Emily Robin".split()  # noqa: E501, SIM905
MEN = "James John Robert Michael William David Richard Charles Joseph Thomas Christopher Daniel Paul Mark Donald George Kenneth Steven Edward Brian Ronald Anthony Kevin Jason Matthew Gary Timothy Jose Larry Jeffrey Frank Scott Eric Stephen Andrew Raymond Gregory Joshua Jerry Dennis Walter Patrick Peter Harold Douglas Henry Carl Arthur Ryan Roger Joe Juan Jack Albert Jonathan Justin Terry Gerald Keith Samuel Willie Ralph Lawrence Nicholas Roy Benjamin Bruce Brandon Adam Harry Fred Wayne Billy Steve Louis Jeremy Aaron Randy Howard Eugene Carlos Russell Bobby Victor Martin Ernest Phillip Todd Jesse Craig Alan Shawn Clarence Sean Philip Chris Johnny Earl Jimmy Antonio Danny Bryan Tony Luis Mike Stanley Leonard Nathan Dale Manuel Rodney Curtis Norman Allen Marvin Vincent Glenn".split()  # noqa: E501, SIM905
LASTS = "Smith Johnson Williams Jones Brown Davis Miller Wilson Moore Taylor Anderson Thomas Jackson White Harris Martin Thompson Garcia Martinez Robinson Clark Rodriguez Lewis Lee Walker Hall Allen Young Hernandez King Wright Lopez Hill Scott Green Adams Baker Gonzalez Nelson Carter Mitchell Perez Roberts Turner Phillips Campbell Parker Evans Edwards Collins Stewart Sanchez Morris Rogers Reed Cook Morgan Bell Murphy Bailey Rivera Cooper Richardson Cox Howard Ward Torres Peterson Gray Ramirez James Watson Brooks Kelly Sanders Price Bennett Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Patterson Hughes Flores Washington Butler Simmons Foster Gonzales Bryant Alexander Russell Griffin Diaz Hayes".split()  # noqa: E501, SIM905
ODD_LASTS = [
    "O'Brien",
    "O'Neal",
    "D'Angelo",
    "Garcia-Lopez",
    "Smith-Jones",
    "Nuñez",
    "Muñoz",
    "Peña",
    "de la Cruz",
    "Van Der Berg",
    "St. John",
    "McDonald",
    "MacLeod",
    "Müller",
    "Lefèvre",
    "Nguyen",
    "Ibáñez-Ruiz",
    "Le",
    "Ng",
]
ODD_FIRSTS = ["José", "María", "Mary Ann", "Anne-Marie", "Renée", "Zoë", "Jean-Paul", "DeShawn", "La'Keisha", "Ángel"]
NICKNAMES = {
    "Robert": "Bob",
    "William": "Bill",
    "Elizabeth": "Liz",
    "Margaret": "Peggy",
    "Katherine": "Kathy",
    "James": "Jim",
    "Richard": "Rick",
    "Patricia": "Pat",
    "Thomas": "Tom",
    "Deborah": "Debbie",
    "Michael": "Mike",
    "Joseph": "Joe",
    "Charles": "Chuck",
    "Susan": "Sue",
    "Edward": "Ed",
    "Barbara": "Barb",
}
MIDDLES = ["", "", "A", "B", "L", "Lee", "Ann", "Marie", "J", "Wayne", "Lynn"]


@dataclass(frozen=True)
class Person:
    mrn: str
    first: str
    last: str
    born: date
    phone: str
    middle: str = ""
    suffix: str = ""
    household: str = ""
    woman: bool = False

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.first, self.last, self.suffix)))


def people(random_: random.Random, size: int) -> list[Person]:
    """About `size` people. A household shares its phone, and so its code."""
    found: list[Person] = []
    used: set[tuple[str, str]] = set()

    def phone() -> str:
        return f"205555{len(found) + 1000:04}"

    def born(first=1928, last=1990) -> date:
        return date(first, 1, 1) + timedelta(days=random_.randrange(365 * (last - first)))

    def person(**given) -> Person:
        woman = given.pop("woman", random_.random() < 0.55)
        while True:
            first = random_.choice(ODD_FIRSTS) if random_.random() < 0.05 else random_.choice(WOMEN if woman else MEN)
            last = random_.choice(ODD_LASTS) if random_.random() < 0.12 else random_.choice(LASTS)
            made = Person(**{
                "mrn": f"{100000 + len(found) * 7}", "first": first, "last": last, "born": born(), "phone": phone(),
                "middle": random_.choice(MIDDLES), "woman": woman, **given,
            })  # fmt: skip
            if (made.first, made.last) not in used or given.get("last"):
                used.add((made.first, made.last))
                return made

    def add(*some: Person) -> None:
        for one in some:
            found.append(replace(one, mrn=f"{100000 + len(found) * 7}", household=one.household or one.phone))

    while len(found) < size:
        draw = random_.random()
        one = person()
        if draw < 0.06:  # a couple on one phone
            add(one, person(last=one.last, phone=one.phone, woman=not one.woman))
        elif draw < 0.08:  # twins on one phone
            twin = person(last=one.last, phone=one.phone, born=one.born, woman=one.woman)
            if twin.first[0] != one.first[0]:
                add(replace(one, middle=""), replace(twin, middle=""))
        elif draw < 0.10:  # father and son of one name, one phone
            man = person(woman=False)
            add(replace(man, suffix="Sr", middle="", born=born(1930, 1950)),
                replace(man, suffix="Jr", middle="", born=born(1955, 1975)))  # fmt: skip
        elif draw < 0.12:  # two people of one name
            add(one)
            add(replace(one, born=born(), phone=phone(), middle=""))
        elif draw < 0.16:  # two people of one birthday
            add(one)
            add(person(born=one.born, phone=phone()))
        else:
            add(one)
    return found


def list_of(persons: list[Person]) -> list[list]:
    """The practice's patient list."""
    rows = [["MRN", "DOB", "Patient Name", "Home Phone", "Cell Phone", "City", "State"]]
    for one in persons:
        last = f"{one.last} {one.suffix}".strip()
        name = f"{last}, {one.first} {one.middle}".strip()
        cell = f"({one.phone[:3]}) {one.phone[3:6]}-{one.phone[6:]}"
        rows.append([one.mrn, f"{one.born:%m/%d/%Y}", name, "", cell, "Birmingham", "AL"])
    return rows
