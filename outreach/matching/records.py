"""What goes into matching and what comes out: plain values, no database."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """A patient of the list. Phones in E.164."""

    id: int
    first: str = ""
    middle: str = ""
    last: str = ""
    suffix: str = ""
    preferred: str = ""
    date_of_birth: date | None = None
    phones: tuple[str, ...] = ()
    email: str = ""
    zip: str = ""


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A contact in Spruce; given and family name may be empty and the display name all there is."""

    id: int
    given: str = ""
    middle: str = ""
    family: str = ""
    display: str = ""
    date_of_birth: date | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    category: str = "patient"


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence: `weight` in bits, for (+) or against (−) the two being one person."""

    field: str
    verdict: str
    weight: float
    words: str


@dataclass(frozen=True, slots=True)
class Candidate:
    contact_id: int
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one patient.

    `contact_id` is the match, or in review the best suggestion; two patients may be shown the same
    suggestion, never be matched to the same contact. `score` is in bits: the odds double with each. `needed`
    says what would make the decision automatic; it is empty when it is.
    """

    patient_id: int
    contact_id: int | None
    band: str
    score: float
    reasons: tuple[Reason, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    needed: str = ""
