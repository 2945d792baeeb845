"""The demo's registration desk: hands out what no two patients may share, and what only chance decides."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple, TypeVar

from explorer.demo import conditions, names, places
from explorer.demo.person import Person

SPARE_AREA_CODES = (
    "404", "770", "678", "706", "615", "931", "601", "228", "352", "813", "904", "941", "864", "803", "704",
    "919", "901", "865", "504", "225", "318", "501", "479", "713", "214", "512",
)  # fmt: skip
MAILBOXES = ("example.com", "example.com", "example.org", "example.net")
DIRECTORY_ASSISTANCE = 1212


T = TypeVar("T")


class Home(NamedTuple):
    address: str
    town: places.Town
    zip_code: str


class Desk:
    def __init__(self, rng: Random, today: date):
        self.rng = rng
        self.today = today
        self._taken: set[str] = set()
        self._households = 0

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def common(self, choices: Sequence[T]) -> T:
        """One of the choices, the first ones more often."""
        return choices[int(len(choices) * self.rng.random() ** 1.7)]

    def _take(self, thing: str) -> bool:
        free = thing not in self._taken
        self._taken.add(thing)
        return free

    def reserve(self, people: Iterable[Person]) -> None:
        """Never hand out again what these people have."""
        for person in people:
            self._taken |= {person.home_phone, person.cell_phone, person.email, "mrn" + person.mrn}

    def household(self) -> str:
        self._households += 1
        return f"home-{self._households}"

    def chart_number(self) -> str:
        while True:
            number = str(self.rng.randrange(10_000, 2_000_000))
            if self._take("mrn" + number):
                return self._unusual_chart_number(number)

    def _unusual_chart_number(self, number: str) -> str:
        """Most are plain; one in fifty keeps a letter or zeros in front, at most seven signs in all."""
        roll = self.rng.random()
        if roll < 0.01 and len(number) < 7:
            return "A" + number
        if roll < 0.02 and len(number) < 7:
            return number.zfill(len(number) + 1)
        return number

    def phone(self, area_codes: Sequence[str]) -> str:
        for attempt in range(1_000):
            area_code = self.rng.choice(area_codes if attempt < 8 else SPARE_AREA_CODES)
            line = self.rng.randrange(100, 10_000)
            number = f"+1{area_code}555{line:04d}"
            if line != DIRECTORY_ASSISTANCE and self._take(number):
                return number
        raise ValueError("There are not enough invented telephone numbers for so many patients.")

    def email(self, given: str, family: str) -> str:
        while True:
            name = f"{_plain(given)}.{_plain(family)}{self.rng.randrange(1, 100)}"
            mailbox = f"{name}@{self.rng.choice(MAILBOXES)}"
            if self._take(mailbox):
                return mailbox

    def home(self) -> Home:
        roll = self.rng.random()
        towns = places.NEAR if roll < 0.80 else places.FAR if roll < 0.97 else places.OUT_OF_STATE
        town = self.common(towns)
        street = f"{self.rng.choice(places.STREETS)} {self.rng.choice(places.STREET_KINDS)}"
        flat = f" Apt {self.rng.randrange(1, 40)}" if self.chance(0.12) else ""
        return Home(f"{self.rng.randrange(100, 9_900)} {street}{flat}", town, self.rng.choice(town.zips))

    def family(self) -> str:
        return self.rng.choice(names.UNUSUAL_FAMILIES) if self.chance(0.07) else self.common(names.FAMILIES)

    def given(self, sex: str) -> str:
        if self.chance(0.05):
            return self.rng.choice(names.TWO_GIVEN_NAMES[sex])
        return self.common(names.WOMEN if sex == "female" else names.MEN)

    def middle(self, sex: str) -> str:
        name = self.common(names.WOMEN if sex == "female" else names.MEN)
        return "" if self.chance(0.3) else name if self.chance(0.25) else name[0]

    def suffix(self, sex: str) -> str:
        return self.rng.choice(("Jr", "Sr", "III", "II")) if sex == "male" and self.chance(0.04) else ""

    def day_between(self, first: date, last: date) -> date:
        return first + timedelta(days=self.rng.randrange((last - first).days + 1))

    def birth_date(self) -> date:
        """Mostly Medicare's ages; one in sixteen is younger, on Medicare for a disability."""
        if self.chance(0.06):
            return self.day_between(date(1962, 1, 1), date(1986, 12, 31))
        years = 0.0
        while not 65 <= years <= 101:
            years = self.rng.gauss(75, 7.5)
        return date(2026, 6, 30) - timedelta(days=int(years * 365.25))

    def last_visit(self) -> date:
        """A working day of the last three years, recent ones more often."""
        day = self.today - timedelta(days=3 + int(1_080 * self.rng.random() ** 1.6))
        return day - timedelta(days=max(0, day.weekday() - 4))

    def insurer(self, birth_date: date) -> str:
        roll = self.rng.random()
        if birth_date.year > 1961:
            return conditions.QMB if roll < 0.3 else conditions.MEDICARE[0]
        if roll < 0.68:
            return self.rng.choice(conditions.MEDICARE)
        if roll < 0.77:
            return conditions.QMB
        return self.rng.choice(conditions.ADVANTAGE if roll < 0.98 else conditions.COMMERCIAL)

    def register(
        self,
        home: Home,
        household: str,
        *,
        sex: str = "",
        given: str = "",
        family: str = "",
        suffix: str = "",
        birth_date: date | None = None,
    ) -> Person:
        """A new patient, alone on their telephone numbers; what is not asked for is left to chance."""
        sex = sex or ("female" if self.chance(0.57) else "male")
        given = given or self.given(sex)
        family = family or self.family()
        birth_date = birth_date or self.birth_date()
        codes = home.town.area_codes
        return Person(
            mrn=self.chart_number(),
            given=given,
            middle=self.middle(sex),
            family=family,
            suffix=suffix or self.suffix(sex),
            called=names.NICKNAMES.get(given, "") if self.chance(0.25) else "",
            born_as=self.family() if sex == "female" and self.chance(0.06) else "",
            sex=sex,
            birth_date=birth_date,
            household=household,
            address=home.address,
            city=home.town.name,
            state=home.town.state,
            zip_code=home.zip_code,
            insurer=self.insurer(birth_date),
            last_visit=self.last_visit(),
            email=self.email(given, family) if self.chance(0.65) else "",
            home_phone=self.phone(codes) if self.chance(0.66) else "",
            cell_phone=self.phone(codes) if self.chance(0.87) else "",
        )


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name).lower()
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalpha())
