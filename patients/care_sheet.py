"""A sheet of payers, QMB, conditions and visits, one row a patient, becomes facts. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from patients.dates import BadDate, read_date
from patients.models import CareFact

Kind, Payer, Source = CareFact.Kind, CareFact.Payer, CareFact.Source
COLUMNS = {
    "mrn": ("MRN", "chart number", "chart", "chart no", "patient number", "patient #", "patient id"),
    "month": ("month", "service month", "billing month"),
    "qmb": ("QMB", "QMB status", "qualified medicare beneficiary"),
    "payer": ("payer", "payer type", "who pays", "insurance type"),
    "on": ("checked on", "verified on", "verified", "date checked", "as of"),
    "source": ("source", "where from", "verified by"),
    "conditions": ("conditions", "chronic conditions", "number of conditions", "condition count"),
    "icd10": ("ICD-10", "ICD 10 codes", "diagnoses", "icd10"),
    "attested_by": ("attested by", "provider attesting"),
    "attested_on": ("attested on", "date attested"),
    "visit_on": ("last visit", "last face to face", "last face-to-face visit", "visit date"),
    "npi": ("NPI", "rendering NPI", "seen by NPI"),
    "visit_code": ("visit code", "code of the visit", "CPT", "visit CPT"),
    "initiating_on": ("initiating visit", "initiating visit on"),
    "other_code": ("other code", "excluded code", "code billed elsewhere"),
    "old_billed": ("old practice billed", "billed elsewhere", "APCM billed elsewhere"),
}
PAYERS = {
    "partb": Payer.PART_B, "originalmedicare": Payer.PART_B, "originalmedicarepartb": Payer.PART_B,
    "medicare": Payer.PART_B, "medicarepartb": Payer.PART_B, "ffs": Payer.PART_B, "traditionalmedicare": Payer.PART_B,
    "medicareadvantage": Payer.ADVANTAGE, "ma": Payer.ADVANTAGE, "advantage": Payer.ADVANTAGE, "partc": Payer.ADVANTAGE,
    "other": Payer.OTHER, "commercial": Payer.OTHER, "medicaid": Payer.OTHER, "selfpay": Payer.OTHER,
    "unknown": Payer.UNKNOWN,
}  # fmt: skip
SOURCES = {"270271": Source.HETS, "eligibility": Source.HETS, "era": Source.REMITTANCE, "ra": Source.REMITTANCE}
YES, NO = frozenset({"yes", "y", "true", "1", "x"}), frozenset({"no", "n", "false", "0"})
_MONTH = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.]\d{1,2}.*)?|(\d{1,2})[-/.](\d{4})")


@dataclass(frozen=True, slots=True)
class Problem:
    column: str
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """`facts`: [(kind, day, its other values)]; with a problem the whole row is refused."""

    row: int
    mrn: str
    facts: tuple[tuple[str, date, dict], ...]
    problems: tuple[Problem, ...]


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


HEADINGS = {_plain(name): field for field, names in COLUMNS.items() for name in names}


def knows_heading(text: str) -> bool:
    return _plain(text) in HEADINGS


def fields_of(headings: Sequence[str]) -> dict[str, int]:
    """{field: the first column that holds it}"""
    found: dict[str, int] = {}
    for place, heading in enumerate(headings):
        if field := HEADINGS.get(_plain(heading)):
            found.setdefault(field, place)
    return found


def read_row(number: int, cells: Mapping[str, str], *, checked_on: date, source: str) -> Row:
    """`checked_on` and `source` count where the row names none."""
    problems: list[Problem] = []
    reader = _Reader(cells, problems)
    facts = list(_facts(reader, checked_on, source))
    if not cells.get("mrn"):
        problems.append(Problem("MRN", "The chart number is missing."))
    if not facts and not problems:
        problems.append(Problem("", "The row says nothing to record."))
    return Row(number, cells.get("mrn", ""), tuple(facts), tuple(problems))


class _Reader:
    """Reads cells by field and notes what it cannot read."""

    def __init__(self, cells: Mapping[str, str], problems: list[Problem]) -> None:
        self.cells, self.problems = cells, problems

    def text(self, field: str) -> str:
        return self.cells.get(field, "")

    def fail(self, field: str, words: str) -> None:
        self.problems.append(Problem(COLUMNS[field][0], words))

    def day(self, field: str) -> date | None:
        try:
            return read_date(self.text(field)) if self.text(field) else None
        except BadDate as problem:
            return self.fail(field, str(problem))

    def month(self) -> date | None:
        if found := _MONTH.fullmatch(self.text("month")):
            year, month = (found[1], found[2]) if found[1] else (found[4], found[3])
            if 1 <= int(month) <= 12 and 2000 <= int(year) <= 2100:
                return date(int(year), int(month), 1)
        if day := self.day("month"):
            return day.replace(day=1)
        return None

    def yes_no(self, field: str) -> str:
        said = _plain(self.text(field))
        if not said or said in YES | NO:
            return {True: "yes", False: "no"}[said in YES] if said else ""
        self.fail(field, "Write yes or no.")
        return ""

    def number(self, field: str) -> int | None:
        said = self.text(field)
        if not said:
            return None
        if re.fullmatch(r"\d{1,2}(\.0+)?", said):
            return int(float(said))
        return self.fail(field, "Write a number, as 2.")


def _facts(reader: _Reader, checked_on: date, source: str):
    on = reader.day("on") or checked_on
    source = _source(reader, source)
    if payer := _payer(reader):
        yield Kind.PAYER, on, {"answer": payer, "source": source}
    month = reader.month() if reader.text("month") else None
    if qmb := reader.yes_no("qmb"):
        yield from _of_month(reader, "qmb", month, (Kind.QMB, on, {"answer": qmb, "source": source}))
    if code := reader.text("other_code"):
        yield from _of_month(reader, "other_code", month, (Kind.CODE, on, {"codes": code, "source": source}))
    if reader.yes_no("old_billed") == "yes":
        yield from _of_month(reader, "old_billed", month, (Kind.OLD_BILLED, on, {"source": source}))
    count, icd10 = reader.number("conditions"), reader.text("icd10")
    if count is not None or icd10:
        values = {"number": count, "codes": icd10, "person": reader.text("attested_by"), "source": source}
        yield Kind.CONDITIONS, reader.day("attested_on") or on, values
    npi, code = reader.text("npi"), reader.text("visit_code")
    if seen := reader.day("visit_on"):
        yield Kind.VISIT, seen, {"npi": npi, "codes": code, "source": source}
    if begun := reader.day("initiating_on"):
        yield Kind.INITIATING, begun, {"npi": npi, "codes": code, "source": source}


def _of_month(reader: _Reader, field: str, month: date | None, fact: tuple):
    if month:
        yield fact[0], fact[1], {**fact[2], "month": month}
    elif not any(problem.column == COLUMNS["month"][0] for problem in reader.problems):
        reader.fail("month", f"Say which month {COLUMNS[field][0]} is about, as 2027-01.")


def _payer(reader: _Reader) -> str:
    said = _plain(reader.text("payer"))
    if said and said not in PAYERS:
        reader.fail("payer", "Write Part B, Medicare Advantage, other or unknown.")
    return PAYERS.get(said, "")


def _source(reader: _Reader, source: str) -> str:
    said = _plain(reader.text("source"))
    if not said:
        return source
    for choice in Source:
        if said in (choice.value, _plain(choice.label)):
            return choice
    return SOURCES.get(said, Source.OTHER)
