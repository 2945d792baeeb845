"""What is known of a patient and what the rules say of it, as plain values."""

from dataclasses import dataclass, field
from datetime import date, datetime

ABOUT = {
    "V1": "QMB not verified",
    "V2": "Too few conditions",
    "V3": "No whole consent",
    "V4": "Stopped",
    "V5": "Somebody else has the month",
    "V6": "Before the practice may bill",
    "V7": "Initiating visit",
    "V8": "Deceased",
    "V9": "Another code in the month",
    "V10": "Consent with an impossible date",
    "V11": "Representative without authority",
    "V12": "Answer not checked",
    "V13": "No answer",
    "V14": "Stop not at a month’s end",
    "payer": "Payer",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A `patients.models.CareFact`: `kind` one of its kinds, `codes` apart."""

    kind: str
    on: date
    month: date | None = None
    answer: str = ""
    number: int | None = None
    codes: frozenset[str] = frozenset()
    npi: str = ""
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the APCM ledger that counts, or did until a later yes. `at` is when it was said, `on` that day here."""

    decision: str
    at: datetime
    on: date
    practitioner: int | None = None
    disclosed: frozenset[str] = frozenset()
    effective_on: date | None = None
    method: str = "phone"
    checked: bool = True  # False: a form's answer that nobody and no proof has tied to the patient
    given_by: str = ""
    authority: str = ""
    worded_from: date | None = None
    pk: int = 0


@dataclass(frozen=True, slots=True)
class Biller:
    pk: int
    name: str
    npi: str
    is_ours: bool
    bills: bool
    enrolled_from: date | None = None
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A month that was handed to the biller and is not void."""

    month: date
    practitioner: int
    level: int
    pk: int = 0


@dataclass(frozen=True, slots=True)
class House:
    """The practice: its first day after the move, its practitioners, today's day."""

    start: date | None
    today: date
    billers: dict[int, Biller] = field(default_factory=dict)

    @property
    def npis(self) -> frozenset[str]:
        """Of the clinicians who are at the practice; the one who moves has the same NPI at both."""
        return frozenset(biller.npi for biller in self.billers.values() if biller.is_ours)


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one patient."""

    born: date | None = None
    deceased: bool = False
    workbook_level: int | None = None
    facts: frozenset[Fact] = frozenset()
    said: frozenset[Said] = frozenset()
    claimed: frozenset[Claimed] = frozenset()
    contradicted: bool = False  # the APCM ledger's answers contradict each other
    yes_in_review: bool = False  # a form says yes and waits for a person

    def of_kind(self, kind: str, month: date | None = None) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind == kind and (month is None or fact.month == month)]


@dataclass(frozen=True, slots=True)
class Block:
    """Why not, and what to do; `door` names the page where that is done."""

    code: str
    words: str
    cure: str
    door: str


@dataclass(frozen=True, slots=True)
class Warned:
    code: str
    words: str
    door: str = ""


@dataclass(frozen=True, slots=True)
class Initiating:
    """`state`: not_needed, done, required or unknown; `last` is the last visit that counts."""

    state: str
    why: str
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """The three sources of a level and the one that counts. QMB: yes, no or unknown."""

    counts: int | None
    workbook: int | None
    derived: int | None
    override: int | None
    because: str
    conditions: int | None
    qmb: str

    @property
    def differs(self) -> bool:
        """Where QMB is not checked, nobody knows yet whether level 3 or 2 is right."""
        if (self.workbook, self.derived, self.qmb) == (3, 2, "unknown"):
            return False
        return None not in (self.workbook, self.derived) and self.workbook != self.derived


@dataclass(frozen=True, slots=True)
class Verdict:
    month: date
    level: Level
    initiating: Initiating
    consent: Said | None
    biller: Biller | None
    claimed: Claimed | None
    blocks: tuple[Block, ...]
    warnings: tuple[Warned, ...]

    @property
    def state(self) -> str:
        """ready, blocked or exported; each patient is in exactly one."""
        if self.claimed:
            return "exported"
        return "blocked" if self.blocks else "ready"

    @property
    def changed(self) -> list[str]:
        """What is no longer as it was when the month was handed to the biller."""
        if not self.claimed:
            return []
        level = self.level.counts
        differs = [f"The level was {self.claimed.level} and is {level or 'not known'}."] * (self.claimed.level != level)
        return [*differs, *(block.words for block in self.blocks)]


def first_service(case: Case, month: date) -> date | None:
    return min((fact.on for fact in case.of_kind("service", month)), default=None)


def newest_fact(facts: list[Fact], value) -> Fact | None:
    """The fact of the last day; None where that day's facts say different things."""
    if not facts:
        return None
    day = max(fact.on for fact in facts)
    last = [fact for fact in facts if fact.on == day]
    if len({value(fact) for fact in last}) > 1:
        return None
    return max(last, key=lambda fact: (fact.source, fact.note, sorted(fact.codes)))


def newest(facts: list[Fact], value):
    fact = newest_fact(facts, value)
    return None if fact is None else value(fact)
