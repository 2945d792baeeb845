"""One invented patient."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Person:
    """A patient as they are; `unlisted` and `misprint` say where the practice's list falls short of that."""

    mrn: str
    given: str
    family: str
    sex: str  # Spruce's words: female, male
    birth_date: date
    household: str  # one word for all who live together
    address: str
    city: str
    state: str
    zip_code: str
    insurer: str
    last_visit: date
    middle: str = ""
    suffix: str = ""
    called: str = ""  # the name they go by
    born_as: str = ""  # the surname before a marriage
    email: str = ""
    home_phone: str = ""  # E.164
    cell_phone: str = ""  # E.164
    unlisted: frozenset[str] = frozenset()  # names of fields whose cell is blank on the list
    misprint: str = ""  # what stands in place of the cell phone
    apcm: str = ""  # active, removed
    icd10: tuple[str, ...] = ()
    qmb: bool = False
    signed_up: date | None = None

    @property
    def phone(self) -> str:
        """The number a text would go to."""
        return self.cell_phone or self.home_phone

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.given, self.middle, self.family, self.suffix)))

    @property
    def apcm_level(self) -> int | None:
        """1 for one condition, 2 for more, 3 for more and a Qualified Medicare Beneficiary."""
        if not self.apcm:
            return None
        if len(self.icd10) < 2:
            return 1
        return 3 if self.qmb else 2
